"""Speed of embedding texts: our encoder, run in each way, beside sentence-transformers on the same weights.

Contract: `run()` returns plain figures and prints nothing. Every engine gets the same texts, tokenizes them
and gives float32 vectors; each is measured at each thread count in a process of its own, by turns, and
compared at its better count, sentence-transformers at its best size of batches too. Agreement is the cosine
of a text's vector with theirs. Wall time is what counts; where other work shares the machine the ratios of
processor time, on the fewest threads, are the steadier figures.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.bench.apart import measured, serve, timed
from homespun.errors import UsageError
from models.encoders.passes import WAYS, Way, check_way

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

Embed = Callable[[list[str]], "NDArray[float32]"]

_THEIRS = "sentence-transformers"
_DATA = Path(__file__).parents[2] / "evals" / "suites" / "data"
# What the vectors of a way must keep for its speed to count.
_COSINE, _EXACT = 0.995, 1e-5


def run(
    model: str = "minilm",
    *,
    texts: str | Path | None = None,
    ways: Sequence[Way] = WAYS,
    batch_sizes: Sequence[int] = (8, 32),
    threads: Sequence[int] = (1, 2),
    repeat: int = 3,
    rounds: int = 2,
) -> dict[str, Any]:
    """Embed texts with every engine.

    Args:
        model: The encoder's address.
        texts: A file with a text a line; None takes questions, claims and passages that ship with the suites,
            and passages joined to sections of up to about 300 tokens.
        ways: Those of ours to measure.
        batch_sizes: Texts of a pass of sentence-transformers (its default is 32); the quickest counts.
        threads: Thread counts to try.
        repeat: Measured runs over all texts of a process, after one to warm up; the quickest counts.
        rounds: Processes of each engine at each thread count; the quickest counts.

    Returns:
        Figures; `ratio` is the sentences/s of our quickest way of whose vectors each agrees (cosine of at
        least 0.995) over theirs, `exact_ratio` that of the quickest that is equal within 1e-5.

    Raises:
        UsageError: If a number is not positive, a way is unknown, there are no texts, or
            sentence-transformers is missing.
        ModelNotFound: If there is no such encoder.
        HomespunError: If a measuring process fails.
    """
    if not threads or not batch_sizes or min(repeat, rounds, *batch_sizes, *threads) < 1:
        raise UsageError("batch_sizes, threads, repeat and rounds must be positive")
    if not ways:
        raise UsageError(f"name at least one way: {', '.join(WAYS)}")
    for way in ways:
        check_way(way)
    # Not imported here: that takes seconds, and only the measuring process needs it.
    if find_spec("sentence_transformers") is None:
        raise UsageError("this comparison needs sentence-transformers: pip install sentence-transformers")
    import numpy as np

    from models.encoders.trunk import locate, open_trunk

    given = _texts(texts)
    source = locate(model)
    tokens = [len(row) for row in open_trunk(source).encode(given)]
    wall: dict[tuple[str, int], list[float]] = {}
    cpu: dict[tuple[str, int], list[float]] = {}
    vectors: dict[str, NDArray[float32]] = {}
    job = {"model": str(source.folder), "texts": given, "batch_sizes": list(batch_sizes), "repeat": repeat}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        for _ in range(rounds):
            for engine, count in itertools.product((*ways, _THEIRS), threads):
                file = Path(temporary) / f"{engine}.npy"
                asked = {**job, "engine": engine, "threads": count, "file": str(file)}
                times = measured(__name__, asked, f"{engine} on {count} threads")
                wall.setdefault((engine, count), []).extend(times["wall_ms"])
                cpu.setdefault((engine, count), []).extend(times["cpu_ms"])
                vectors[engine] = np.load(file)
    speeds = {
        engine: {str(count): round(1e3 * len(given) / min(wall[engine, count]), 1) for count in threads}
        for engine in (*ways, _THEIRS)
    }
    best = {engine: max(by_count.values()) for engine, by_count in speeds.items()}
    agreement = {way: _agreement(vectors[way], vectors[_THEIRS]) for way in ways}
    found = {
        "model": model,
        "texts": len(given),
        "tokens": sum(tokens),
        "tokens_of_a_text": [min(tokens), sorted(tokens)[len(tokens) // 2], max(tokens)],
        "sentences_per_second": speeds,
        "agreement": agreement,
    }
    few = min(threads)
    agreeing = [way for way in ways if agreement[way]["cosine_min"] >= _COSINE]
    exact = [way for way in ways if agreement[way]["difference"] <= _EXACT]
    for prefix, choice in (("", agreeing), ("exact_", exact)):
        chosen = max(choice, key=lambda way: best[way], default=None)
        found[f"{prefix}way"] = chosen
        if chosen is not None:
            found[f"{prefix}ratio"] = round(best[chosen] / best[_THEIRS], 2)
            found[f"{prefix}cpu_ratio"] = round(min(cpu[_THEIRS, few]) / min(cpu[chosen, few]), 2)
    return found


def _texts(file: str | Path | None) -> list[str]:
    """The texts to embed, each once."""
    if file is not None:
        path = Path(file)
        if not path.is_file():
            raise UsageError(f"there is no file {path}")
        lines = path.read_text(encoding="utf-8").splitlines()
        found = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
        if not found:
            raise UsageError(f"{path} holds no text")
        return found
    short: list[str] = []
    passages: dict[str, None] = {}
    for row in _rows("answers.jsonl"):
        short.append(row["question"])
        passages |= dict.fromkeys(row["passages"])
    for row in _rows("judge.jsonl"):
        short.append(row["claim"])
        passages[row["premise"]] = None
    left, sizes = iter(passages), itertools.cycle((2, 3, 4, 5))
    sections: list[str] = []
    while part := list(itertools.islice(left, next(sizes))):
        sections.append("\n".join(part))
    return list(dict.fromkeys((*short, *passages, *sections)))


def _rows(name: str) -> list[dict[str, Any]]:
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _agreement(ours: NDArray[float32], theirs: NDArray[float32]) -> dict[str, float]:
    import numpy as np

    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    cosines = (ours * theirs).sum(1, dtype=np.float64) / lengths
    return {
        "cosine_min": round(float(cosines.min()), 6),
        "cosine_mean": round(float(cosines.mean()), 6),
        "difference": float(f"{np.abs(ours - theirs).max():.1e}"),
    }


def _work(job: dict[str, Any]) -> dict[str, Any]:
    """Measure one engine at one thread count, in this process."""
    import numpy as np
    import torch

    torch.set_num_threads(job["threads"])
    embedders = _theirs(job) if job["engine"] == _THEIRS else [_ours(job)]
    np.save(job["file"], embedders[0](job["texts"]))
    found = [timed(embed, [job["texts"]], job["repeat"]) for embed in embedders]
    return min(found, key=lambda times: min(times["wall_ms"]))


def _ours(job: dict[str, Any]) -> Embed:
    from models.encoders.embed import LocalEmbeddings

    return LocalEmbeddings(job["model"], threads=job["threads"], way=job["engine"]).embed


def _theirs(job: dict[str, Any]) -> list[Embed]:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(job["model"], device="cpu")
    return [partial(model.encode, batch_size=size, show_progress_bar=False) for size in job["batch_sizes"]]


if __name__ == "__main__":
    serve(_work)
