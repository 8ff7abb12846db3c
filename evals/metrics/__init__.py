"""Metrics: pure functions of plain values that import nothing of ours."""
