"""The brains: nets from raw tensors, tokenizers, inference, chat-model wrappers, weights."""
