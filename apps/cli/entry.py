"""From arguments to an exit status: every error becomes one line on standard error.

Contract: standard output holds results only. A traceback is shown only with ``--debug``, which may stand
anywhere before ``--``. Ctrl-C and SIGTERM end with 130, a closed pipe quietly with 141.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import typer

from apps.cli.app import app
from apps.cli.output import complain
from homespun.errors import HomespunError

FAILED, MISUSED, INTERRUPTED, PIPE_CLOSED = 1, 2, 130, 141


def run(argv: Sequence[str] | None = None) -> int:
    """Runs the command line on `argv` (default: the process's arguments) and returns the exit status."""
    arguments, debug = _take_debug(sys.argv[1:] if argv is None else argv)
    if not _streams():
        complain("Standard output is closed: there's nowhere to write to. Use > /dev/null if that's meant.")
        return FAILED
    status = 0
    try:
        with _CtrlC() as ctrl_c:
            status = _status(arguments, debug, ctrl_c)
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer has nowhere to go; the interpreter would complain about it at exit.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return PIPE_CLOSED
        if status == 0:
            with contextlib.suppress(OSError):
                complain(f"Can't write to standard output: {error.strerror}.")
        return status or FAILED
    if status == INTERRUPTED and argv is None and threading.active_count() > 1:
        # A model that was interrupted may still be at its first token; nobody waits for it.
        sys.stderr.flush()
        os._exit(status)
    return status


def _streams() -> bool:
    """Makes the streams fit for any text; False if there is no standard output."""
    # In this order, so that each takes the number of the one that's missing, and no database does.
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        return False
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # A terminal that can't show a character, or a pipe of odd bytes, mustn't end a conversation.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    return True


def _status(arguments: list[str], debug: bool, ctrl_c: _CtrlC) -> int:
    try:
        result = app(arguments or ["--help"], standalone_mode=False, prog_name="homespun")
    except (KeyboardInterrupt, typer.Abort):
        complain("stopped")
        return INTERRUPTED
    except SystemExit:
        return PIPE_CLOSED  # the one thing that typer deals with in this way
    except HomespunError as error:
        if debug:
            traceback.print_exc()
        complain(str(error))
        return error.exit_status
    except typer.TyperException as error:
        return _misuse(error)
    except Exception as error:
        if ctrl_c.pressed:
            complain("stopped")
            return INTERRUPTED
        if debug:
            traceback.print_exc()
        from models.chat.provider import explain

        if (known := explain(error)) is not None:
            complain(str(known))
            return known.exit_status
        if isinstance(error, OSError) and error.strerror:
            where = f"use {error.filename}" if error.filename else "go on"
            complain(
                f"Can't {where}: {error.strerror}. Look at the rights and at the disk's free space "
                "(--debug shows where)."
            )
            return FAILED
        if type(error).__module__ == "sqlite3":
            complain(
                f"Can't keep the conversation: {error}. Look at the disk's free space and at its rights."
            )
            return FAILED
        first = " ".join(str(error).split())[:500]
        complain(f"{type(error).__name__}: {first or 'no further word'} (--debug shows where)")
        return FAILED
    if result == INTERRUPTED:  # Ctrl-C, as typer hands it on
        complain("stopped")
    return result if isinstance(result, int) else 0


class _CtrlC:
    """Remembers that Ctrl-C was pressed: a library that is just being imported may turn it into any error.

    SIGTERM counts as Ctrl-C: a service manager that ends the program loses nothing either.
    """

    def __init__(self) -> None:
        self.pressed = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> _CtrlC:
        # Not in a thread, and not where the program that started this one wants the signal ignored.
        if threading.current_thread() is threading.main_thread():
            for number, default in (
                (signal.SIGINT, signal.default_int_handler),
                (signal.SIGTERM, signal.SIG_DFL),
            ):
                if signal.getsignal(number) is default:
                    self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self.pressed = True
        raise KeyboardInterrupt


def _misuse(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    message = getattr(error, "format_message", lambda: str(error))()
    hint = f" '{context.command_path} --help' shows how." if context is not None else ""
    line = " ".join(str(message).split())
    complain(line + ("" if line.endswith((".", "?", "!")) else ".") + hint)
    return int(getattr(error, "exit_code", MISUSED))


def _take_debug(arguments: Sequence[str]) -> tuple[list[str], bool]:
    given = list(arguments)
    end = given.index("--") if "--" in given else len(given)
    kept = [argument for argument in given[:end] if argument != "--debug"]
    return kept + given[end:], len(kept) < end
