"""The library: named collections of documents, indexed and kept whole on disk."""

DEFAULT = "default"
"""The collection that's meant where none is named."""
LOCAL = "local"
"""The user of whoever owns the machine."""
