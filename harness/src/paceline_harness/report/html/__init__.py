"""One self-contained page: every figure of a run, with nothing loaded from anywhere."""
