"""Metrics for other systems, each through its own library: none is imported until its module here is."""
