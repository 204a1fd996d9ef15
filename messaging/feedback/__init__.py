"""What email providers tell us of our mail: verified, stored, answered, and worked on from the row."""
