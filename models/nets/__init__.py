"""Whole nets: the decoder family (GPT-2 to Llama and Qwen by configuration)."""
