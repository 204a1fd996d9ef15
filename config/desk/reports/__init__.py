"""What opted out, why, how fast it counted, and how close the business is to being cut off."""
