"""Measures promoter-view beside the limit of the machine: ``python -m benchmarks`` (benchmarks/README.md)."""
