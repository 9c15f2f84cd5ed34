"""The pure core: algorithms, workloads, the node that joins them, the history they leave, and its verdict.

Nothing in here performs anything: no input or output, no clock, no randomness (tests/test_architecture.py holds it).
"""
