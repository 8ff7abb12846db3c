"""Search by words: texts are analysed into stems, and BM25 (`bm25s`) ranks them in an index kept on disk."""
