"""One verb of the `harness` command per file."""
