"""What the command line writes: results to standard output, all else to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

# Control characters beside line feed and tab: a model's or a stranger's text mustn't steer the terminal.
_UNSAFE = {code: "" for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A)}


def printable(text: str) -> str:
    """Returns `text` without what would steer a terminal."""
    return text.translate(_UNSAFE)


def write(text: str) -> None:
    """Writes a piece of an answer to standard output, at once; raw if that isn't a terminal."""
    sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
    sys.stdout.flush()


def emit(value: Any) -> None:
    """Writes one JSON object, all that a ``--json`` command puts on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def complain(line: str) -> None:
    """Writes one line about what went wrong."""
    sys.stderr.write(f"homespun: {printable(line)}\n")
    sys.stderr.flush()


def note(line: str) -> None:
    """Writes a remark for people; silent where nobody watches."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{printable(line)}\n")
        sys.stderr.flush()


def columns(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Writes a table: columns as wide as they need to be, two spaces apart."""
    lines = [[" ".join(printable(str(cell)).splitlines()) for cell in row] for row in (head, *rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        print(
            printable("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))).rstrip()
        )


def size(count: float, unit: str = "") -> str:
    """Returns a number as people read it: 5.6 M, 11 M, 812."""
    for step, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= step:
            scaled = count / step
            return f"{scaled:.1f} {letter}{unit}" if scaled < 10 else f"{scaled:.0f} {letter}{unit}"
    return f"{count:.0f} {unit}".rstrip()
