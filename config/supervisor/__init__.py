"""Starting, watching and stopping everything that Heed consists of."""
