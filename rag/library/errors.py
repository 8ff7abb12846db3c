"""What can go wrong with a collection, in words for its user."""

from __future__ import annotations

from homespun.errors import UsageError

DAMAGED = (
    "Delete the collection (`homespun collections delete NAME`) and index its files again; what was embedded "
    "before isn't embedded anew."
)
"""What to do about records that can't be read."""


class NoCollection(UsageError):  # noqa: N818
    """There is none of this name, or none that this user may read: which of both isn't told."""
