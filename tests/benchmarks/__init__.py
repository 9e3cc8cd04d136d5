"""Measurements of the goals of ../shared/performance.md: `python -m tests.benchmarks [subject …]`.

Each figure is a ratio of two times taken in the same run, side by side, median of at least three rounds; only such ratios
carry over to another machine. The result is printed and written to docs/performance.md.
"""
