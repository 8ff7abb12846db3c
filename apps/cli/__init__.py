"""The command line. `main` is the console script `homespun`; nothing else is imported before it runs."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status: 0, 1 for a failure, 2 for misuse, 130 for Ctrl-C."""
    try:
        from apps.cli.entry import run

        status = run(argv)
    except KeyboardInterrupt:  # so early or so late that nothing else has dealt with it
        if sys.stderr is not None:
            sys.stderr.write("homespun: stopped\n")
        status = 130
    if argv is None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the interpreter is about to end
    return status
