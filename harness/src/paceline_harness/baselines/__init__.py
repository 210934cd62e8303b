"""What the work is compared against: published code as it was published, and what users would pick today."""
