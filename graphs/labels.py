"""Names of users and threads as labels of a LangGraph store's namespaces, which may not hold a full stop."""

from __future__ import annotations


def label(name: str) -> str:
    """Returns the label of a name; different names have different ones."""
    return name.replace("%", "%25").replace(".", "%2E")


def unlabel(text: str) -> str:
    """Returns the name of a label."""
    return text.replace("%2E", ".").replace("%25", "%")
