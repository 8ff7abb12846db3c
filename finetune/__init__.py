"""What changes weights: pretraining, tuning, recipes, data."""
