"""Namespaces as bytes that sort like their tuples, so that an index finds all that begin with some labels.

Contract: each label is its UTF-8 bytes and a zero byte, which no label holds. ``("a",)`` is therefore not the
beginning of ``("ab",)``, and bytes are in the order of the tuples.
"""

from __future__ import annotations

from collections.abc import Sequence

from langgraph.store.base import MatchCondition

_END = b"\0"
_PAST_ALL = b"\xff"
"""No byte of a text is as great."""


def encode(text: str) -> bytes:
    """Returns the bytes of any text, also of halves of surrogate pairs, which JSON may hold."""
    return text.encode("utf-8", "surrogatepass")


def decode(data: bytes) -> str:
    """Returns the text of what `encode` gave."""
    return data.decode("utf-8", "surrogatepass")


def encode_namespace(labels: Sequence[str]) -> bytes:
    """Returns the bytes of a namespace whose labels hold no zero character."""
    return b"".join(encode(label) + _END for label in labels)


def decode_namespace(data: bytes) -> tuple[str, ...]:
    """Returns the labels of what `encode_namespace` gave."""
    return tuple(decode(label) for label in data.split(_END)[:-1])


def bounds(labels: Sequence[str]) -> tuple[bytes, bytes]:
    """Returns the least bytes of namespaces that begin with `labels`, and what is past all of them."""
    least = encode_namespace(labels)
    return least, least + _PAST_ALL


def fits(labels: tuple[str, ...], condition: MatchCondition) -> bool:
    """Says whether a namespace begins or ends as a condition asks; ``*`` stands for any one label.

    Raises:
        ValueError: If the condition is of neither kind.
    """
    kind, path = condition
    if kind not in ("prefix", "suffix"):
        raise ValueError(f"Namespaces are matched by prefix or suffix, not by {kind!r}.")
    if len(labels) < len(path):
        return False
    part = labels[: len(path)] if kind == "prefix" else labels[len(labels) - len(path) :]
    return all(wanted in ("*", label) for wanted, label in zip(path, part, strict=True))
