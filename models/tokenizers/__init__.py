"""Byte-level BPE written here, its fast twin over the Rust runtime, and the chat template."""
