"""Speed of the tokenizer: training and encoding, ours beside the Rust runtime's, in one run.

Contract: `run()` returns plain figures (seconds, MB/s of UTF-8 bytes, ratios) and prints nothing. Both
trainers get the same texts, pre-tokenisation and vocabulary size, each in the form in which it is fastest,
and the faster of `repeat` runs counts. The merges may differ in ties only, so the tokens made of the same
text are reported for both.
"""

import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from homespun.errors import UsageError
from models.tokenizers.bpe import BPETokenizer
from models.tokenizers.fast import Tokenizer
from models.tokenizers.special import SPECIALS

_DOCUMENT = 20_000


def run(
    text: str | Path | None = None, *, megabytes: float = 10.0, vocab_size: int = 8192, repeat: int = 2
) -> dict[str, Any]:
    """Trains and encodes, ours and theirs.

    Args:
        text: a text file or a folder of `.txt` and `.md` files; None takes Python's standard library,
            code with much English in it, which is on every machine.
        megabytes: how much of it to use; a shorter text is repeated.
        vocab_size: tokens in both vocabularies.
        repeat: runs of each measurement.

    Returns:
        Figures; `train_ratio` is our time over the Rust trainer's (below 5 is the aim), `encode_ratio`
        is the speed of the fast tokenizer over that of the readable one, which remembers the words it met.

    Raises:
        UsageError: if `text` holds nothing to read, or a size is not positive.
    """
    if megabytes <= 0 or repeat < 1:
        raise UsageError("megabytes and repeat must be positive")
    texts = _documents(text, int(megabytes * 1e6))
    size = sum(len(document.encode()) for document in texts)

    ours_seconds, ours = _best(repeat, lambda: BPETokenizer.train(texts, vocab_size))
    exported = ours.to_json()
    rust_seconds, theirs = _best(repeat, lambda: _train_rust(exported, texts, vocab_size))
    fast = Tokenizer.from_json(exported)

    # A new tokenizer each time: both remember words that they have met.
    readable_seconds, ids = _best(repeat, lambda: _encode_all(BPETokenizer(ours.merges), texts))
    fast_seconds, fast_ids = _best(repeat, lambda: _encode_all(Tokenizer.from_json(exported), texts))
    batch_seconds, _ = _best(repeat, lambda: Tokenizer.from_json(exported).encode_batch(texts))
    return {
        "megabytes": round(size / 1e6, 3),
        "vocab_size": ours.vocab_size,
        "train_seconds": round(ours_seconds, 3),
        "train_seconds_rust": round(rust_seconds, 3),
        "train_ratio": round(ours_seconds / rust_seconds, 2),
        "bytes_per_token": round(size / sum(map(len, ids)), 3),
        "bytes_per_token_rust": round(size / sum(map(len, theirs.encode_batch(texts))), 3),
        "encode_mb_per_second": round(size / 1e6 / readable_seconds, 2),
        "encode_mb_per_second_fast": round(size / 1e6 / fast_seconds, 2),
        "encode_mb_per_second_fast_batch": round(size / 1e6 / batch_seconds, 2),
        "encode_ratio": round(readable_seconds / fast_seconds, 2),
        "equal_ids": ids == fast_ids,
        "decodes_back": all(fast.decode(part) == document for part, document in zip(ids, texts, strict=True)),
    }


def _encode_all(tokenizer: BPETokenizer | Tokenizer, texts: list[str]) -> list[list[int]]:
    return [tokenizer.encode(document) for document in texts]


def _best(repeat: int, work: Callable[[], Any]) -> tuple[float, Any]:
    """Returns the shortest time of several runs, in seconds, and the last result."""
    times = []
    result = None
    for _ in range(repeat):
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return min(times), result


def _train_rust(exported: str, texts: list[str], vocab_size: int) -> "_RustTokenizer":
    import tokenizers
    from tokenizers import models, trainers

    runtime = tokenizers.Tokenizer.from_str(exported)
    runtime.model = models.BPE()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=2,
        show_progress=False,
        special_tokens=list(SPECIALS),
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
    )
    runtime.train_from_iterator(texts, trainer)
    return _RustTokenizer(runtime)


class _RustTokenizer:
    """What the Rust trainer made."""

    def __init__(self, runtime: Any) -> None:
        self._runtime = runtime

    def encode_batch(self, texts: list[str]) -> list[list[int]]:
        return [found.ids for found in self._runtime.encode_batch_fast(texts, add_special_tokens=False)]


def _documents(text: str | Path | None, size: int) -> list[str]:
    """Reads documents of some kilobytes, `size` bytes in all, from the start again if there are too few."""
    documents: list[str] = []
    total = 0
    while total < size:
        before = total
        for document in _read(text):
            documents.append(document[: size - total])
            total += len(documents[-1].encode())
            if total >= size:
                break
        if total == before:
            raise UsageError(f"there is no text to measure with in {text}")
    return documents


def _read(text: str | Path | None) -> Iterator[str]:
    root = Path(sysconfig.get_paths()["stdlib"]) if text is None else Path(text)
    endings = {".py"} if text is None else {".txt", ".md"}
    if root.is_file():
        files = [root]
    else:
        files = sorted(path for path in root.rglob("*") if path.suffix in endings and path.is_file())
    for path in files:
        if "site-packages" in path.parts and text is None:
            continue
        try:
            content = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        for start in range(0, len(content), _DOCUMENT):
            yield content[start : start + _DOCUMENT]
