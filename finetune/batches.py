"""Prepared-token folders and the batches that training draws from them.

A folder holds `meta.json`, `tokenizer.json`, `train.bin` and `valid.bin` (uint16, little-endian; every
document begins with id 0) and optionally `train.loss.bin`/`valid.loss.bin` (uint8, 1 = counts as a target).
Streams are memory-mapped, so a folder may be larger than memory.

Every draw is a pure function of (seed, epoch, position): the state of a `Batches` is two integers, and
resuming is exact.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from finetune.parts import lying_in_parts
from homespun.errors import UsageError

DOCUMENT_START = 0
PAD = 1
IGNORE = -100


@dataclass(frozen=True)
class Batch:
    """Rows ready for a net; all [rows, window] int64.

    `targets` are the next tokens, `IGNORE` where the loss does not count; `documents` number the documents
    within a row (-1 = padding); `positions` restart at each document.
    """

    ids: Tensor
    targets: Tensor
    documents: Tensor
    positions: Tensor

    @property
    def counted(self) -> int:
        """Targets that count in the loss."""
        return int((self.targets != IGNORE).sum())

    def to(self, device: torch.device) -> "Batch":
        """The same on a device; copies to CUDA are asynchronous from pinned memory."""
        if device.type == "cpu":
            return self
        moved = [
            (t.pin_memory() if device.type == "cuda" else t).to(device, non_blocking=True)
            for t in (self.ids, self.targets, self.documents, self.positions)
        ]
        return Batch(*moved)


@dataclass(frozen=True)
class Stream:
    """One token stream on disk: ids, and per-token loss marks or None."""

    ids: NDArray[np.uint16]
    loss: NDArray[np.uint8] | None

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Offsets at which documents begin; offset 0 always counts as one."""
        step = 1 << 24  # whole-stream comparisons would make a temporary as large as the file
        found = [
            np.flatnonzero(self.ids[at : at + step] == DOCUMENT_START).astype(np.int64) + at
            for at in range(0, len(self.ids), step)
        ]
        starts = np.concatenate(found) if found else np.zeros(0, np.int64)
        return starts if len(starts) and starts[0] == 0 else np.concatenate([np.zeros(1, np.int64), starts])


class TokenFolder:
    """A prepared-token folder, opened and checked."""

    def __init__(self, folder: Path | str) -> None:
        """Open a folder.

        Raises:
            UsageError: A file is missing, damaged, in parts, or its size contradicts another.
        """
        self.folder = Path(folder)
        if names := lying_in_parts(self.folder):
            raise UsageError(
                f"{', '.join(names)} of {self.folder} lies in parts: "
                f"make it whole by `python -m finetune.parts join {self.folder}`"
            )
        path = self.folder / "meta.json"
        try:
            self.meta = json.loads(path.read_text(encoding="utf-8"))
            self.tokenizer_json = (self.folder / "tokenizer.json").read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"{self.folder} is no folder of prepared tokens ({error.filename}: {error.strerror}); "
                "prepare one with finetune.data.prepare"
            ) from error
        except ValueError as error:
            raise UsageError(f"{path} or tokenizer.json is damaged; prepare the folder again") from error
        size = self.meta.get("vocab_size") if isinstance(self.meta, dict) else None
        if not isinstance(size, int) or size < 1:
            raise UsageError(f"{path} is damaged: it tells no vocab_size; prepare the folder again")
        self.vocab_size = size
        self.train = self._open("train")
        self.valid = self._open("valid")

    def _open(self, name: str) -> Stream:
        path, marks = self.folder / f"{name}.bin", self.folder / f"{name}.loss.bin"
        if not path.is_file() or path.stat().st_size < 4 or path.stat().st_size % 2:
            raise UsageError(f"{path} is missing or no stream of 16-bit tokens; prepare the folder again")
        ids = np.memmap(path, dtype="<u2", mode="r")
        loss = np.memmap(marks, dtype=np.uint8, mode="r") if marks.is_file() else None
        if loss is not None and len(loss) != len(ids):
            raise UsageError(f"{marks} has {len(loss)} marks for {len(ids)} tokens; prepare the folder again")
        return Stream(ids, loss)

    @cached_property
    def token_bytes(self) -> NDArray[np.int64]:
        """UTF-8 bytes that each token stands for, [vocab_size]; 0 for special tokens."""
        described = json.loads(self.tokenizer_json)
        lengths = np.zeros(self.vocab_size, np.int64)
        for token, i in described["model"]["vocab"].items():
            if i < self.vocab_size:
                lengths[i] = len(token)  # the byte-level alphabet writes one character a byte
        for added in described.get("added_tokens", []):
            if added["id"] < self.vocab_size:
                lengths[added["id"]] = 0
        return lengths


def make_batch(rows: NDArray[np.int64], marks: NDArray[np.bool_], documents: NDArray[np.int64]) -> Batch:
    """Shift rows into inputs and targets.

    Args:
        rows: [n, window + 1] token ids.
        marks: Same shape; whether a token counts as a target.
        documents: Same shape; number of the document that a token belongs to, -1 = padding.
    """
    n, width = rows.shape
    places = np.broadcast_to(np.arange(width), (n, width))
    first = np.ones((n, width), bool)
    first[:, 1:] = documents[:, 1:] != documents[:, :-1]
    begun = np.maximum.accumulate(np.where(first, places, 0), axis=1)
    targets = np.where(marks[:, 1:], rows[:, 1:], IGNORE)
    arrays = (rows[:, :-1], targets, documents[:, :-1], (places - begun)[:, :-1])
    return Batch(*(torch.from_numpy(np.ascontiguousarray(a)) for a in arrays))


def read_windows(stream: Stream, offsets: NDArray[np.int64], window: int) -> Batch:
    """Windows of window + 1 tokens at given offsets. The end of a document predicts the start of the next."""
    index = offsets[:, None] + np.arange(window + 1)
    rows = stream.ids[index].astype(np.int64)
    marks = np.ones(rows.shape, bool) if stream.loss is None else stream.loss[index].astype(bool)
    return make_batch(rows, marks, np.cumsum(rows == DOCUMENT_START, axis=1))


def read_documents(stream: Stream, order: NDArray[np.int64], window: int, rows: int) -> tuple[Batch, int]:
    """Pack whole documents into rows, in the given order.

    A document that does not fit begins the next row; one longer than a row is cut. Targets never reach into
    another document.

    Args:
        stream: The tokens.
        order: Numbers of documents, in reading order.
        window: Tokens in a row.
        rows: Rows to fill.

    Returns:
        The batch, and how many documents of `order` it took; rows are padded where `order` ran out.
    """
    width = window + 1
    ids = np.full((rows, width), PAD, np.int64)
    marks = np.zeros((rows, width), bool)
    documents = np.full((rows, width), -1, np.int64)
    starts = stream.starts
    row = column = number = taken = 0
    for which in order:
        begin = int(starts[which])
        end = int(starts[which + 1]) if which + 1 < len(starts) else len(stream)
        length = min(end - begin, width)
        if column + length > width:
            row, column, number = row + 1, 0, 0
            if row == rows:
                break
        place = slice(column, column + length)
        ids[row, place] = stream.ids[begin : begin + length]
        marks[row, place] = True if stream.loss is None else stream.loss[begin : begin + length] != 0
        marks[row, column] = False  # nothing before a document may predict its start
        documents[row, place] = number
        column, number, taken = column + length, number + 1, taken + 1
    return make_batch(ids, marks, documents), taken


class Batches:
    """Endless shuffled batches of a stream; each epoch visits every token (or document) once.

    `packing="stream"` cuts the stream anew each epoch, at a random phase, and shuffles the windows;
    `"documents"` shuffles documents and packs whole ones.
    """

    def __init__(self, stream: Stream, window: int, *, seed: int, packing: str = "stream") -> None:
        """Begin at epoch 0.

        Raises:
            UsageError: The stream is shorter than one window, or the packing is unknown.
        """
        if packing not in ("stream", "documents"):
            raise UsageError(f"packing is {packing!r}: choose stream or documents")
        if packing == "stream" and len(stream) < 2 * window + 1:
            raise UsageError(
                f"{len(stream)} tokens are too few for windows of {window}; choose a smaller window"
            )
        self.stream, self.window, self.seed, self.packing = stream, window, seed, packing
        self.epoch = self.position = 0
        self._planned, self._order = -1, np.zeros(0, np.int64)

    def _plan(self) -> NDArray[np.int64]:
        if self._planned != self.epoch:
            draw = np.random.default_rng([self.seed, self.epoch])
            if self.packing == "stream":
                phase = int(draw.integers(self.window))
                cuts = (len(self.stream) - 1 - phase) // self.window
                self._order = draw.permutation(cuts).astype(np.int64) * self.window + phase
            else:
                self._order = draw.permutation(len(self.stream.starts)).astype(np.int64)
            self._planned = self.epoch
        return self._order

    def next(self, rows: int) -> Batch:
        """The next [rows, window] batch; goes over into the next epoch where needed."""
        if self.packing == "documents":
            order = self._plan()[self.position :]
            batch, taken = read_documents(self.stream, order, self.window, rows)
            self._move(taken)
            return batch
        offsets: list[NDArray[np.int64]] = []
        while (missing := rows - sum(map(len, offsets))) > 0:
            part = self._plan()[self.position : self.position + missing]
            offsets.append(part)
            self._move(len(part))
        return read_windows(self.stream, np.concatenate(offsets), self.window)

    def _move(self, count: int) -> None:
        self.position += count
        if self.position >= len(self._plan()):
            self.epoch, self.position = self.epoch + 1, 0

    def state_dict(self) -> dict[str, int]:
        """Where the next batch begins."""
        return {"epoch": self.epoch, "position": self.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go to where `state_dict` was taken."""
        self.epoch, self.position = int(state["epoch"]), int(state["position"])


def validation_batches(
    stream: Stream, window: int, rows: int, tokens: int, packing: str = "stream"
) -> list[Batch]:
    """A fixed subset of a validation stream: about `tokens` tokens, evenly spread, the same in every run."""
    if packing == "documents":
        order, found = np.arange(len(stream.starts)), []
        if len(stream) > tokens:
            keep = max(1, len(order) * tokens // len(stream))
            order = order[np.linspace(0, len(order) - 1, keep).astype(np.int64)]
        while len(order):
            batch, taken = read_documents(stream, order, window, rows)
            found.append(batch)
            order = order[taken:]
        return found
    cuts = (len(stream) - 1) // window
    if cuts < 1:
        raise UsageError(f"{len(stream)} validation tokens are too few for windows of {window}")
    keep = min(cuts, max(1, tokens // window))
    offsets = np.linspace(0, cuts - 1, keep).astype(np.int64) * window
    return [read_windows(stream, offsets[at : at + rows], window) for at in range(0, keep, rows)]
