"""Examples of reading: questions, passages and where the answer stands, from public data."""
