"""How often a detector is right, beside how fast it is."""
