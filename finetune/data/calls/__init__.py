"""Examples of tool calling, from public data and generated."""
