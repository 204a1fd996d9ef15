"""The pages of broadcasts and campaigns: writing one, looking at it beforehand, sending it, and how far it is."""
