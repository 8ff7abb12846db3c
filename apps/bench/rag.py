"""The library's speed and memory, beside LangChain's FAISS store, `BM25Retriever` and `EnsembleRetriever`.

Contract: `run()` returns plain figures and prints nothing. Both get the same texts, the same encoder's
weights and the same questions, each in a process of its own. Ours reads files, cuts them up, embeds, and
keeps everything on disk; theirs is given our chunks as documents, so it neither reads nor cuts. Past
`embedded` chunks neither
embeds: each chunk gets the same drawn vector from a table in both, since what a search costs doesn't depend
on what a vector means; indexing there is told as measured, without embedding, and with it, reckoned from the
rate of the largest size that was embedded.
"""

from __future__ import annotations

import itertools
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from apps.bench.apart import measured, serve
from evals.metrics.latency import percentile
from homespun.errors import UsageError

if TYPE_CHECKING:
    from langchain_core.retrievers import BaseRetriever

OURS, THEIRS = "homespun", "langchain"
_WIDTH = 384
_OF_A_FILE = 10
_DATA = Path(__file__).parents[2] / "evals" / "suites" / "data"


def run(
    sizes: Sequence[int] = (1_000, 10_000),
    *,
    embedded: int = 10_000,
    words: int = 60,
    queries: int = 100,
    k: int = 10,
    threads: int = 2,
    seed: int = 0,
    texts: str | Path | None = None,
) -> dict[str, Any]:
    """Index and search with both.

    Args:
        sizes: Numbers of chunks, about.
        embedded: Up to how many chunks the encoder reads them.
        words: Of a chunk, about.
        queries: Questions at each size, after five to warm up.
        k: How many documents a question asks for. Ours takes 100 of each arm to fuse, theirs k.
        threads: Of the encoder.
        seed: Of the texts' making.
        texts: A file with a sentence a line; None takes the sentences that ship with the suites.

    Returns:
        By size: chunks a second, the time of indexing again what is unchanged as a share of the first time,
        seconds to open, milliseconds of a hybrid question (median and 95th percentile), megabytes of memory
        and of disk; and ratios, above 1 where ours is better.

    Raises:
        UsageError: A number isn't positive, or the other stack isn't installed.
        HomespunError: A measuring process fails.
    """
    if not sizes or min(*sizes, embedded, words, queries, k, threads) < 1:
        raise UsageError("sizes, embedded, words, queries, k and threads must be positive")
    for package in ("langchain_community", "langchain_classic", "langchain_huggingface", "rank_bm25"):
        if find_spec(package) is None:
            raise UsageError(f"this comparison needs {package}: pip install {package.replace('_', '-')}")
    found: dict[str, Any] = {"k": k, "threads": threads, "sizes": {}}
    rates: dict[str, float] = {}
    for size in sorted(sizes):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
            folder = Path(temporary)
            asked = _prepare(folder, size, words, queries, seed, _sentences(texts))
            job = {
                "folder": temporary,
                "queries": asked,
                "k": k,
                "threads": threads,
                "embed": size <= embedded,
                "seed": seed,
            }
            figures = {
                engine: measured(__name__, {**job, "engine": engine}, f"{engine} at {size} chunks")
                for engine in (OURS, THEIRS)
            }
        chunks = figures[OURS]["chunks"]
        for engine, told in figures.items():
            told["chunks_per_second"] = round(chunks / told["index_s"], 1)
            if size <= embedded:
                rates[engine] = chunks / told["embed_s"] if told["embed_s"] else 0.0
            elif rates.get(engine):
                told["embedding_reckoned_s"] = round(chunks / rates[engine], 1)
                told["chunks_per_second_with_embedding"] = round(
                    chunks / (told["index_s"] + chunks / rates[engine]), 1
                )
        found["sizes"][str(size)] = {**figures, "ratios": _ratios(figures[OURS], figures[THEIRS])}
    return found


def _ratios(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, float]:
    speed = "chunks_per_second_with_embedding"
    speed = speed if speed in ours else "chunks_per_second"
    return {
        "indexing": round(ours[speed] / theirs[speed], 2),
        "query_p50": round(theirs["query_p50_ms"] / ours["query_p50_ms"], 2),
        "query_p95": round(theirs["query_p95_ms"] / ours["query_p95_ms"], 2),
        "queries_per_second": round(ours["queries_per_second"] / theirs["queries_per_second"], 2),
        "memory": round(theirs["memory_mb"] / ours["memory_mb"], 2),
    }


def _sentences(file: str | Path | None) -> list[str]:
    if file is not None:
        path = Path(file)
        if not path.is_file():
            raise UsageError(f"there is no file {path}")
        found = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    else:
        from homespun.text.sentences import sentences

        found = []
        for line in (_DATA / "answers.jsonl").read_text(encoding="utf-8").splitlines():
            for passage in json.loads(line)["passages"]:
                found += sentences(passage)
        for line in (_DATA / "judge.jsonl").read_text(encoding="utf-8").splitlines():
            found += sentences(json.loads(line)["premise"])
    if not found:
        raise UsageError(f"{file} holds no text")
    return list(dict.fromkeys(found))


def _prepare(
    folder: Path, size: int, words: int, queries: int, seed: int, sentences: Sequence[str]
) -> list[str]:
    """Writes about `size` chunks as Markdown files, a section each, and returns questions.

    Sentences are put together anew and given names of their own, as many as a library of that size would
    have: the fewest words stand in most texts and most words in few.
    """
    draw = random.Random(seed)
    vocabulary = [_name(draw) for _ in range(max(1_000, size // 4))]
    weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(len(vocabulary))))
    documents = folder / "documents"
    documents.mkdir()
    asked: list[str] = []
    every = range(0, size, _OF_A_FILE)
    for first in every:
        lines = [f"# Volume {first // _OF_A_FILE}"]
        for number in range(first, min(first + _OF_A_FILE, size)):
            text: list[str] = []
            while sum(len(part.split()) for part in text) < words:
                sentence = draw.choice(sentences)
                one, other = draw.choices(vocabulary, cum_weights=weights, k=2)
                text.append(f"{sentence[:-1]}, as {one.capitalize()} told {other.capitalize()}.")
            lines += ["", f"## Entry {number}", "", " ".join(text)]
            if len(asked) < queries + 5 and draw.random() < (queries + 5) * 2 / size:
                chosen = draw.choice(text).rstrip(".").split()
                asked.append(" ".join(chosen[-9:]))
        (documents / f"{first // _OF_A_FILE:06}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    while len(asked) < queries + 5:
        asked.append(" ".join(draw.choice(sentences).split()[:9]))
    return asked


def _name(draw: random.Random) -> str:
    return "".join(
        draw.choice("bdfgklmnprstvz") + draw.choice("aeiou") for _ in range(draw.choice((2, 3, 3, 4)))
    )


class _Drawn(Embeddings):
    """Vectors that are drawn by the hash of a text: they cost next to nothing and mean nothing."""

    def __init__(self, seed: int) -> None:
        import numpy as np

        self._table = np.random.default_rng(seed).standard_normal((4096, _WIDTH)).astype(np.float32)
        self._table /= np.linalg.norm(self._table, axis=1, keepdims=True)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        import zlib

        import numpy as np

        keys = [zlib.crc32(text.encode()) for text in texts]
        rows = self._table[[key % 4096 for key in keys]] + self._table[[(key >> 12) % 4096 for key in keys]]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        found: list[list[float]] = rows.tolist()
        return found

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self.embed_documents([text])[0]


def _work(job: dict[str, Any]) -> dict[str, Any]:
    """Measures one of the two, in this process."""
    import torch

    torch.set_num_threads(job["threads"])
    return _ours(job) if job["engine"] == OURS else _theirs(job)


def _ours(job: dict[str, Any]) -> dict[str, Any]:
    from rag.library.library import Library

    folder = Path(job["folder"])
    encoder: str | Embeddings = "minilm" if job["embed"] else _Drawn(job["seed"])
    library = Library(folder / "library", encoder=encoder, threads=job["threads"])
    collection = library.collection()
    collection.embeddings.embed_query("to warm up")
    stages: dict[str, float] = {}
    stage, began = "", time.perf_counter()

    def told(progress: Any) -> None:
        nonlocal stage, began
        now = time.perf_counter()
        stages[stage] = stages.get(stage, 0.0) + now - began
        stage, began = progress.stage, now

    first = collection.index([folder / "documents"], told)
    again = collection.index([folder / "documents"])
    # What the others are given in place of files.
    with (folder / "chunks.jsonl").open("w", encoding="utf-8") as stream:
        for record in collection.sources():
            for chunk in collection.chunks(record.name):
                stream.write(json.dumps({"text": chunk.page_content, "metadata": chunk.metadata}) + "\n")
    library.close()
    start = time.perf_counter()
    library = Library(folder / "library", encoder=encoder, threads=job["threads"])
    retriever = library.collection().retriever("hybrid", k=job["k"])
    retriever.invoke("to open it")
    opened = time.perf_counter() - start
    figures = {
        "chunks": first.chunks,
        "index_s": first.seconds,
        "embed_s": stages.get("embedding", 0.0) if job["embed"] else 0.0,
        "again_share": round(again.seconds / first.seconds, 4),
        "open_s": round(opened, 3),
        **_asked(retriever, job["queries"]),
        "disk_mb": round(sum(file.stat().st_size for file in _files(folder / "library")) / 1e6, 1),
    }
    library.close()
    return figures


def _theirs(job: dict[str, Any]) -> dict[str, Any]:
    import warnings

    from langchain_core.documents import Document

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the package says that it's being sunset
        from langchain_community.retrievers import BM25Retriever
        from langchain_community.vectorstores import FAISS
    from langchain_classic.retrievers import EnsembleRetriever

    folder = Path(job["folder"])
    documents = []
    for line in (folder / "chunks.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        documents.append(Document(page_content=row["text"], metadata=row["metadata"]))
    embeddings: Embeddings = _Drawn(job["seed"])
    if job["embed"]:
        from langchain_huggingface import HuggingFaceEmbeddings

        from models.encoders.trunk import locate

        embeddings = HuggingFaceEmbeddings(
            model_name=str(locate("minilm").folder), model_kwargs={"device": "cpu"}
        )
    embeddings.embed_query("to warm up")
    timed = _Timed(embeddings)
    began = time.perf_counter()
    store = FAISS.from_documents(documents, timed)
    words = BM25Retriever.from_documents(documents, k=job["k"])
    store.save_local(str(folder / "faiss"))
    seconds = time.perf_counter() - began
    retriever = EnsembleRetriever(
        retrievers=[words, store.as_retriever(search_kwargs={"k": job["k"]})], weights=[0.3, 0.7]
    )
    return {
        "chunks": len(documents),
        "index_s": seconds,
        "embed_s": timed.seconds if job["embed"] else 0.0,
        **_asked(retriever, job["queries"]),
        "disk_mb": round(sum(file.stat().st_size for file in _files(folder / "faiss")) / 1e6, 1),
    }


class _Timed(Embeddings):
    """Another's embeddings, and how long documents took."""

    def __init__(self, inner: Embeddings) -> None:
        self.inner, self.seconds = inner, 0.0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Passes on, and counts."""
        began = time.perf_counter()
        rows = self.inner.embed_documents(texts)
        self.seconds += time.perf_counter() - began
        return rows

    def embed_query(self, text: str) -> list[float]:
        """Passes on."""
        return self.inner.embed_query(text)


def _asked(retriever: BaseRetriever, queries: Sequence[str]) -> dict[str, float]:
    import psutil

    ask: Callable[[str], object] = retriever.invoke
    for query in queries[:5]:
        ask(query)
    times = []
    for query in queries[5:]:
        began = time.perf_counter()
        ask(query)
        times.append(1e3 * (time.perf_counter() - began))
    return {
        "query_p50_ms": round(percentile(times, q=50) or 0.0, 2),
        "query_p95_ms": round(percentile(times, q=95) or 0.0, 2),
        "queries_per_second": round(1e3 * len(times) / sum(times), 1),
        "memory_mb": round(psutil.Process().memory_info().rss / 1e6, 1),
    }


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file())


if __name__ == "__main__":
    serve(_work)
