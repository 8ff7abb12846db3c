"""Where training text comes from: sources, generated conversations, and their preparation into tokens."""
