"""Tuning adapters on the encoder: rows with marked tokens, batches by length, one loop for all tasks."""
