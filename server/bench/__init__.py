"""Benchmarks, each beside its yardstick of the same run."""
