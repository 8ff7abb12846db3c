"""The parts nets are made of, written from raw tensors: attention, positions, norms, feed-forward."""
