"""The library: named collections of documents, indexed and kept whole on disk."""
