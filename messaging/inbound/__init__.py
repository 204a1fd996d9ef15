"""What comes in from providers: verified, stored, answered, and worked on from its row."""
