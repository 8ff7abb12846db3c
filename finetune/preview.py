"""What training data looks like: documents in pieces, each a target of training or not.

Contract: a conversation is shown with the markup that training reads, made by the same template. Nothing
is trained and nothing is written.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from finetune.data.documents import Document
from homespun.errors import UsageError
from homespun.names import unknown
from models.tokenizers.chat_template import render_training
from models.tokenizers.special import SPECIALS, special_id

if TYPE_CHECKING:
    from finetune.batches import Stream, TokenFolder
    from models.tokenizers.fast import Tokenizer

_POOL = 8
"""Of how many documents for each that is wanted the draw is."""
_LEAST = 32
_BEYOND = 0x110000  # special tokens stand behind all letters


class Piece(NamedTuple):
    """A stretch of a document, and whether its tokens count as targets."""

    text: str
    target: bool


Pieces = tuple[Piece, ...]


@dataclass(frozen=True)
class Preview:
    """What a recipe would learn from.

    Attributes:
        kinds: Kind → its first documents, or pieces where it learns from something else; read when wanted.
        masked: Whether of conversations only what the assistant says counts.
        lacking: Kinds that can't be shown here, and why.
    """

    kinds: Mapping[str, Iterable[Document | Pieces]]
    masked: bool = True
    lacking: Mapping[str, str] = field(default_factory=dict)


class Found(NamedTuple):
    """Documents of each kind, and the kinds of which there are none, with the reason."""

    kinds: dict[str, list[Pieces]]
    lacking: dict[str, str]

    def missed(self) -> list[str]:
        """A line for each reason."""
        return [
            f"{', '.join(name for name in self.lacking if self.lacking[name] == why)} can't be shown: {why}"
            for why in dict.fromkeys(self.lacking.values())
        ]


def look(make: Callable[[int], Preview], kind: str | None = None, count: int = 3, seed: int = 0) -> Found:
    """Draw documents from the beginning of what a recipe would learn from.

    Args:
        make: Gives a preview of at least so many documents of each kind, where there are as many.
        kind: Only this one.
        count: How many of each.
        seed: Decides which.

    Raises:
        UsageError: There is no such kind, or nothing to show.
    """
    pool = max(_LEAST, _POOL * count)
    preview = make(pool)
    lacking = dict(preview.lacking)
    if kind is not None and kind not in (known := [*preview.kinds, *lacking]):
        raise UsageError(unknown("kind of document", kind, known))
    found: dict[str, list[Pieces]] = {}
    for name, documents in preview.kinds.items():
        if kind not in (None, name):
            continue
        try:
            first = list(islice(documents, pool))
        except UsageError as error:
            lacking[name] = str(error)
            continue
        drawn = _drawn(len(first), count, f"{seed}:{name}")
        found[name] = [_shown(first[place], preview.masked) for place in drawn]
    if kind is not None:
        lacking = {name: why for name, why in lacking.items() if name == kind}
    seen = Found(found, lacking)
    if not any(found.values()):
        raise UsageError("; ".join(seen.missed()) or "there is no document to show")
    return seen


def _shown(document: Document | Pieces, masked: bool) -> Pieces:
    return document if isinstance(document, tuple) else pieces(document, masked)


def pieces(document: Document, masked: bool = True) -> Pieces:
    """A document with the markup around its messages, cut where targets begin and end.

    Args:
        document: Plain text, all of which counts, or a conversation.
        masked: Whether only what the assistant says counts; else everything does but the first token.
    """
    if isinstance(document, str):
        ids, mask = [_BEYOND, *map(ord, document)], [0] + [1] * len(document)
    else:
        ids, mask = render_training(document, _Letters())
        if not masked:
            mask = [0] + [1] * (len(ids) - 1)
    return _cut(ids, mask, _letters)


class _Letters:
    """A tokenizer whose tokens are letters, so that what is rendered can be read again."""

    def encode(self, text: str) -> list[int]:
        return list(map(ord, text))

    def special(self, name: str) -> int:
        return _BEYOND + special_id(name)


def _letters(ids: list[int]) -> str:
    return "".join(SPECIALS[one - _BEYOND] if one >= _BEYOND else chr(one) for one in ids)


def _cut(ids: Sequence[int], mask: Sequence[int], read: Callable[[list[int]], str]) -> Pieces:
    runs = groupby(zip(ids, mask, strict=True), key=lambda pair: bool(pair[1]))
    return tuple(Piece(read([token for token, _ in run]), target) for target, run in runs)


def _drawn(many: int, count: int, seed: str) -> list[int]:
    """Places of `count` of `many` documents, in their order."""
    return sorted(random.Random(seed).sample(range(many), min(count, many)))


def tokens_in(folder: Path) -> Path:
    """The folder of prepared tokens that is meant: itself, or the one of a run.

    Raises:
        UsageError: It's neither.
    """
    if (folder / "meta.json").is_file() and (folder / "tokenizer.json").is_file():
        return folder
    if (folder / "tokens").is_dir():
        return folder / "tokens"
    if (folder / "rows").is_dir():
        raise UsageError(
            f"{folder} is the run of an adapter on the encoder, which has rows and no documents: "
            "preview its recipe"
        )
    try:
        told = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("tokens")
    except (OSError, ValueError, AttributeError):
        told = None
    if isinstance(told, str) and Path(told).is_dir():
        return Path(told)
    raise UsageError(f"{folder} holds no prepared tokens: name a folder with meta.json, or that of a run")


def look_into(
    folder: Path, kind: str | None = None, count: int = 3, seed: int = 0
) -> tuple[dict[str, list[Pieces]], dict[str, Any]]:
    """Draw documents from prepared tokens.

    Args:
        folder: Of the tokens.
        kind: "train" or "valid"; None takes both.
        count: How many of each.
        seed: Decides which.

    Returns:
        Split → documents, and plain values: what `meta.json` holds, how many tokens and documents each split
        has (`tokens_train`, `tokens_valid`, `documents`), and whether there are marks of targets (`masked`).

    Raises:
        UsageError: The folder isn't whole, or there's no such kind.
    """
    from finetune.batches import TokenFolder
    from models.tokenizers.fast import Tokenizer

    held = TokenFolder(folder)
    tokenizer = Tokenizer.from_json(held.tokenizer_json)
    streams = {"train": held.train, "valid": held.valid}
    if kind is not None and kind not in streams:
        raise UsageError(unknown("part of prepared tokens", kind, streams))
    found = {
        name: [
            _decoded(stream, place, tokenizer)
            for place in _drawn(len(stream.starts), count, f"{seed}:{name}")
        ]
        for name, stream in streams.items()
        if kind in (None, name)
    }
    return found, _facts(held, streams)


def _facts(held: TokenFolder, streams: Mapping[str, Stream]) -> dict[str, Any]:
    return {
        **held.meta,
        **{f"tokens_{name}": len(stream) for name, stream in streams.items()},
        "documents": {name: len(stream.starts) for name, stream in streams.items()},
        "masked": held.train.loss is not None,
    }


def _decoded(stream: Stream, place: int, tokenizer: Tokenizer) -> Pieces:
    begin, end = [*stream.starts[place : place + 2].tolist(), len(stream)][:2]
    ids = stream.ids[begin:end].tolist()
    mask = [0] + [1] * (len(ids) - 1) if stream.loss is None else stream.loss[begin:end].tolist()
    return _cut(ids, mask, lambda run: tokenizer.decode(run, skip_special=False))
