"""One verb of the command per file."""
