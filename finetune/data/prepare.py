"""Documents into a folder of tokens that training reads, and nothing else is needed to train from it.

The folder holds `tokenizer.json`, `train.bin` and `valid.bin` (unsigned 16-bit little-endian token ids, every
document beginning with id 0), with conversations optionally `train.loss.bin` and `valid.loss.bin` (unsigned
8-bit, one a token: 1 where the token counts as a target), and `meta.json`, written last.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from finetune.data.documents import Document, characters
from homespun.errors import UsageError
from homespun.files import atomic_write
from models.tokenizers.bpe import BPETokenizer
from models.tokenizers.chat_template import render_training
from models.tokenizers.fast import Tokenizer

_BATCH = 512


def take(documents: Iterable[Document], limit: int, rng: random.Random) -> list[Document]:
    """About `limit` characters of the documents, drawn evenly over the whole source.

    Everything is read once and shuffled, so a limit smaller than the source never means only its beginning.
    """
    everything = list(documents)
    rng.shuffle(everything)
    taken: list[Document] = []
    size = 0
    for document in everything:
        if size >= limit:
            break
        taken.append(document)
        size += characters(document)
    return taken


def texts(documents: Iterable[Document]) -> Iterator[str]:
    """The plain text of documents, as a tokenizer is trained on it."""
    for document in documents:
        if isinstance(document, str):
            yield document
        else:
            yield from (message["content"] for message in document)


def prepare(
    documents: dict[str, list[Document]],
    folder: Path,
    *,
    vocab_size: int = 4096,
    tokenizer: Tokenizer | None = None,
    valid_share: float = 0.01,
    tokenizer_characters: int = 12_000_000,
    mask_prompts: bool = False,
    repeat: Mapping[str, int] | None = None,
    notes: Mapping[str, Any] | None = None,
    seed: int = 0,
    report: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Train a tokenizer where none is given, encode, split off validation, shuffle, and write the folder.

    Args:
        documents: source name → its documents; validation takes the same share of each source.
        folder: where to write; made if missing.
        vocab_size: size of a new tokenizer's vocabulary, specials and bytes included.
        tokenizer: use this one instead of training.
        valid_share: share of documents kept for validation, at least one a source.
        tokenizer_characters: how much text a new tokenizer sees, spread over the sources by their size.
        repeat: source name → how often its training documents stand in the stream; once where not named.
        mask_prompts: write loss masks, so that only what the assistant says is learnt.
        notes: what else `meta.json` is to hold, plain values: what was dropped beforehand.
        seed: decides order and split.
        report: called with a line at each step.

    Returns:
        What `meta.json` holds. Of each source: documents and characters, each once, and the tokens of both
        splits, as often as they stand in them.

    Raises:
        UsageError: there are no documents, or the vocabulary does not fit 16 bits.
        OutOfSpace: the disk is full; `meta.json` is then absent and the folder is no token folder.
    """
    if not any(documents.values()):
        raise UsageError("there is nothing to prepare: no source gave a document")
    if vocab_size > 65_536:
        raise UsageError(f"a vocabulary of {vocab_size} does not fit 16-bit tokens; choose at most 65536")
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "meta.json").unlink(missing_ok=True)
    splits: dict[str, list[tuple[str, Document]]] = {"train": [], "valid": []}
    for name in sorted(documents):
        own = [(name, document) for document in documents[name]]
        rng.shuffle(own)
        held = max(1, round(len(own) * valid_share)) if len(own) > 1 else 0
        splits["valid"] += own[:held]
        splits["train"] += own[held:] * (repeat or {}).get(name, 1)
    for split in splits.values():
        rng.shuffle(split)
    if tokenizer is None:
        report(f"training a tokenizer of {vocab_size} tokens")
        training = (document for _, document in splits["train"])
        sample = take(training, tokenizer_characters, random.Random(seed))
        tokenizer = Tokenizer.from_json(BPETokenizer.train(texts(sample), vocab_size).to_json())
    atomic_write(folder / "tokenizer.json", tokenizer.json)
    meta: dict[str, Any] = {"vocab_size": tokenizer.vocab_size, "sources": {}, **(notes or {})}
    for name, held_in in documents.items():
        size = sum(map(characters, held_in))
        meta["sources"][name] = {"documents": len(held_in), "characters": size, "tokens": 0}
    for name, split in splits.items():
        report(f"encoding {len(split):,} documents for {name}")
        ids, loss, lengths, size = _encode([document for _, document in split], tokenizer)
        for (source, _), length in zip(split, lengths, strict=True):
            meta["sources"][source]["tokens"] += length
        atomic_write(folder / f"{name}.bin", ids.tobytes())
        if mask_prompts:
            atomic_write(folder / f"{name}.loss.bin", loss.tobytes())
        meta[f"tokens_{name}"] = len(ids)
        meta[f"bytes_{name}"] = size
    atomic_write(folder / "meta.json", json.dumps(meta, indent=1) + "\n")
    return meta


def _encode(documents: list[Document], tokenizer: Tokenizer) -> tuple[np.ndarray, np.ndarray, list[int], int]:
    """Tokens, loss mask, how many tokens each document has, and the size of the text in bytes."""
    ids: list[np.ndarray] = []
    masks: list[np.ndarray] = []
    size = 0
    for start in range(0, len(documents), _BATCH):
        batch = documents[start : start + _BATCH]
        plain = iter(tokenizer.encode_batch([document for document in batch if isinstance(document, str)]))
        for document in batch:
            if isinstance(document, str):
                tokens = [0, *next(plain)]
                mask = [0] + [1] * (len(tokens) - 1)
                size += len(document.encode())
            else:
                tokens, mask = render_training(document, tokenizer)
                size += sum(len(message["content"].encode()) for message in document)
            ids.append(np.asarray(tokens, dtype="<u2"))
            masks.append(np.asarray(mask, dtype=np.uint8))
    empty = np.zeros(0, dtype="<u2")
    lengths = [len(one) for one in ids]
    return np.concatenate([empty, *ids]), np.concatenate([empty.astype(np.uint8), *masks]), lengths, size
