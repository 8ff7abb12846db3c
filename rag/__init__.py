"""What the library knows: load, chunk, index, retrieve, rerank, cite and ground documents."""
