"""The errors a user may meet.

Contract: ``str(error)`` is one clear line that says what to do, and ``exit_status`` is what the command
line leaves with: 2 for misuse, 1 for a failure, 130 for an interruption. Anything that isn't a
`HomespunError` is a defect of this program.
"""

# Named after what happened, as the user would say it.
# ruff: noqa: N818

from __future__ import annotations


class HomespunError(Exception):
    """A failure that can be told to the user in one line."""

    exit_status: int = 1

    def __str__(self) -> str:
        # Foreign text in a message (an operating system error, a validation report) may hold line breaks.
        return " ".join(" ".join(str(part) for part in self.args).split())


class UsageError(HomespunError):
    """The request itself can't be carried out: a wrong name, value or combination."""

    exit_status = 2


class UnknownName(UsageError, KeyError):
    """A name that isn't in a table. It's a `KeyError` too, so tables behave as mappings do."""


class ModelNotFound(UsageError):
    """No model answers to this name."""


class CorruptWeights(HomespunError):
    """A model's files are missing or don't have the hashes that its config.json states."""


class OutOfSpace(HomespunError):
    """The disk, the quota or the file size limit is exhausted; what was there before is unchanged."""


class Cancelled(HomespunError):
    """The user stopped the work."""

    exit_status = 130
