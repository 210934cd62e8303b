"""The conformance workloads for two other tools: asv, which follows them over commits, and pytest-benchmark.

Neither can say which of two is faster: both take the mean or minimum of each on its own. `harness compare` does.
"""
