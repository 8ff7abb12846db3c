"""Kept answers: what a system said to a sample, by the sample's content, in an append-only file.

Contract: one JSON object a line, ``{"key": …, "output": {…}}``, written in one piece. A process may be killed
at any byte: a torn line is passed over when the file is read, and never joined to the next one. Two processes
may write at once; of two lines with one key the later counts. Only answers are kept, never errors.

What it does not know: whether an answer is still worth having; the file's name says which suite, system and
seed it belongs to.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from evals.sample import Output
from homespun.files import atomic_write, no_space_is_clear

# A kill loses nothing that was written; only a power cut loses what isn't synced, at most this much work.
SYNC_SECONDS = 0.1


def to_plain(output: Output) -> dict[str, Any]:
    """Returns an output as JSON has it: what is scored is what a later run reads back.

    Raises:
        TypeError: if it holds what JSON doesn't know.
        ValueError: if it holds a number that isn't finite.
    """
    value = {
        "answer": output.answer,
        "passages": list(output.passages),
        "trace": output.trace,
        "usage": _numbers(output.usage),
        "timing": _numbers(output.timing),
    }
    # A lone surrogate can't be written as UTF-8 in a report later.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace").decode()
    plain: dict[str, Any] = json.loads(text)
    return plain


def from_plain(value: Mapping[str, Any]) -> Output:
    """Returns the output of `to_plain`'s value."""
    return Output(
        answer=value["answer"],
        passages=tuple(value["passages"]),
        trace=value["trace"],
        usage=value["usage"],
        timing=value["timing"],
    )


class Answers:
    """The answers of one system to one suite's samples, open for adding. Threads may share it.

    Args:
        path: the file; it and its folder are made when the first answer is added.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._handle: int | None = None
        self._torn = False
        self._ended = False
        self._synced = 0.0
        self._held = _read(path)

    def __enter__(self) -> Answers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: str) -> Output | None:
        """Returns the answer that is kept for a sample's digest, or None."""
        value = self._held.get(key)
        return None if value is None else from_plain(value)

    def put(self, key: str, output: Output) -> Output:
        """Adds an answer and returns it as it will be read back.

        Raises:
            TypeError: if it can't be kept because it's no plain value; nothing is written.
            ValueError: if a number in it isn't finite; nothing is written.
            OutOfSpace: if the disk is full; what was kept before still is.
        """
        value = to_plain(output)
        line = json.dumps({"key": key, "output": value}, ensure_ascii=False).encode() + b"\n"
        with self._lock:
            self._append(line)
            self._held[key] = value
        return from_plain(value)

    def forget(self, keys: Iterable[str]) -> None:
        """Removes answers, so that they are asked for anew.

        Raises:
            OutOfSpace: if the disk is full; all answers are still kept.
        """
        dropped = set(keys)
        with self._lock:
            if not dropped & self._held.keys():
                return
            self._close()
            kept = {key: value for key, value in _read(self.path).items() if key not in dropped}
            lines = (
                json.dumps({"key": key, "output": value}, ensure_ascii=False) for key, value in kept.items()
            )
            atomic_write(self.path, "".join(line + "\n" for line in lines))
            self._held = kept

    def close(self) -> None:
        """Makes sure that all is on the disk. A thread that is late may still add what it has."""
        with self._lock:
            self._ended = True
            self._close()

    def _append(self, line: bytes) -> None:
        with no_space_is_clear(self.path):
            if self._handle is None:
                self._open()
            assert self._handle is not None
            data = b"\n" + line if self._torn else line
            self._torn = True  # until the whole line is there
            while data:
                data = data[os.write(self._handle, data) :]
            self._torn = False
            if time.monotonic() - self._synced >= SYNC_SECONDS:
                os.fsync(self._handle)
                self._synced = time.monotonic()
        if self._ended:
            self._close()

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        size = os.fstat(self._handle).st_size
        self._torn = size > 0 and os.pread(self._handle, 1, size - 1) != b"\n"

    def _close(self) -> None:
        if self._handle is not None:
            handle, self._handle = self._handle, None
            try:
                with no_space_is_clear(self.path):
                    os.fsync(handle)
            finally:
                os.close(handle)


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    return {str(key): value for key, value in values.items() if value is not None}


def _read(path: Path) -> dict[str, dict[str, Any]]:
    held: dict[str, dict[str, Any]] = {}
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return held
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            key, output = row["key"], row["output"]
            from_plain(output)
        except (ValueError, KeyError, TypeError):
            continue  # torn by a crash, or not ours: the sample is asked again
        held[str(key)] = output
    return held
