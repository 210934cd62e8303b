"""Runs a pipeline over a file: readers, what drives it, sinks."""
