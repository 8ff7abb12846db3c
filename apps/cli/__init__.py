"""The command line. `main` is the console script `homespun`; nothing else is imported before it runs."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status: 0, 1 for a failure, 2 for misuse, 130 for Ctrl-C."""
    from apps.cli.entry import run

    return run(argv)
