"""Benchmarks: run them with ``make bench``. Ratios count; absolute times move with the machine."""
