"""The library's speed and memory, beside LangChain's FAISS store, `BM25Retriever` and `EnsembleRetriever`.

Contract: `run()` returns plain figures and prints nothing. Both get the same texts, the same encoder's
weights and the same questions; each indexes in one process and searches in another. Ours reads files, cuts
them up, embeds, and keeps everything on disk; theirs is given what ours embedded as documents, so it neither
reads nor cuts. Past `embedded` chunks neither embeds: each text gets the same drawn vector in both, as what a
search costs doesn't depend on what a vector means; indexing there is told as measured, without embedding, and
with it, reckoned from the rate of the largest size that was embedded.
"""

from __future__ import annotations

import itertools
import json
import random
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from apps.bench.apart import measured, serve
from evals.metrics.latency import percentile
from homespun.errors import UsageError

if TYPE_CHECKING:
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever

    from rag.library.library import Library
    from rag.library.report import Progress

OURS, THEIRS = "homespun", "langchain"
INDEX, SEARCH = "index", "search"
CHUNKS = "chunks.jsonl"
WARMING = 5
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
            figures: dict[str, dict[str, Any]] = {}
            for engine, stage in itertools.product((OURS, THEIRS), (INDEX, SEARCH)):
                what = f"{stage} of {engine} at {size} chunks"
                told = measured(__name__, {**job, "engine": engine, "stage": stage}, what)
                figures[engine] = {**figures.get(engine, {}), **told}
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
        "memory": round(theirs["search_memory_mb"] / ours["search_memory_mb"], 2),
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
            if len(asked) < queries + WARMING and draw.random() < (queries + WARMING) * 2 / size:
                chosen = draw.choice(text).rstrip(".").split()
                asked.append(" ".join(chosen[-9:]))
        (documents / f"{first // _OF_A_FILE:06}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    while len(asked) < queries + WARMING:
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
    """Measures one of the two in one of its stages, in this process."""
    import torch

    torch.set_num_threads(job["threads"])
    stages = {
        (OURS, INDEX): _our_index,
        (OURS, SEARCH): _our_search,
        (THEIRS, INDEX): _their_index,
        (THEIRS, SEARCH): _their_search,
    }
    return {**stages[job["engine"], job["stage"]](job), **_memory(job["stage"])}


def _our_index(job: dict[str, Any]) -> dict[str, Any]:
    from rag.library.units import indexed

    folder = Path(job["folder"])
    library = _library(job)
    collection = library.collection()
    collection.embeddings.embed_query("to warm up")
    stages: dict[str, float] = {}
    stage, began = "", time.perf_counter()

    def told(progress: Progress) -> None:
        nonlocal stage, began
        now = time.perf_counter()
        stages[stage] = stages.get(stage, 0.0) + now - began
        stage, began = progress.stage, now

    first = collection.index([folder / "documents"], told)
    again = collection.index([folder / "documents"])
    # What the others are given in place of files: the same texts to embed.
    with (folder / CHUNKS).open("w", encoding="utf-8") as stream:
        for record in collection.sources():
            for chunk in collection.chunks(record.name):
                stream.write(json.dumps({"text": indexed(chunk), "metadata": chunk.metadata}) + "\n")
    library.close()
    return {
        "chunks": first.chunks,
        "index_s": round(first.seconds, 3),
        "embed_s": round(stages.get("embedding", 0.0), 3) if job["embed"] else 0.0,
        "again_share": round(again.seconds / first.seconds, 4),
        "disk_mb": _size(folder / "library"),
    }


def _our_search(job: dict[str, Any]) -> dict[str, Any]:
    start = time.perf_counter()
    library = _library(job)
    retriever = library.collection().retriever("hybrid", k=job["k"])
    retriever.invoke("to open it")
    opened = time.perf_counter() - start
    figures = {"open_s": round(opened, 3), **_asked(retriever, job["queries"])}
    library.close()
    return figures


def _library(job: dict[str, Any]) -> Library:
    from rag.library.library import Library

    encoder: str | Embeddings = "minilm" if job["embed"] else _Drawn(job["seed"])
    return Library(Path(job["folder"]) / "library", encoder=encoder, threads=job["threads"])


def _their_index(job: dict[str, Any]) -> dict[str, Any]:
    folder = Path(job["folder"])
    documents = _documents(folder)
    embeddings = _Timed(_their_embeddings(job))
    embeddings.embed_query("to warm up")
    began = time.perf_counter()
    store = _faiss().from_documents(documents, embeddings)
    _bm25().from_documents(documents, k=job["k"])
    store.save_local(str(folder / "faiss"))
    return {
        "chunks": len(documents),
        "index_s": round(time.perf_counter() - began, 3),
        "embed_s": round(embeddings.seconds, 3) if job["embed"] else 0.0,
        "disk_mb": _size(folder / "faiss"),
    }


def _their_search(job: dict[str, Any]) -> dict[str, Any]:
    from langchain_classic.retrievers import EnsembleRetriever

    folder = Path(job["folder"])
    start = time.perf_counter()
    store = _faiss().load_local(
        str(folder / "faiss"), _their_embeddings(job), allow_dangerous_deserialization=True
    )
    # Its index of words isn't kept: it's made anew.
    words = _bm25().from_documents(_documents(folder), k=job["k"])
    retriever = EnsembleRetriever(
        retrievers=[words, store.as_retriever(search_kwargs={"k": job["k"]})], weights=[0.3, 0.7]
    )
    retriever.invoke("to open it")
    opened = time.perf_counter() - start
    return {"open_s": round(opened, 3), **_asked(retriever, job["queries"])}


def _documents(folder: Path) -> list[Document]:
    from langchain_core.documents import Document

    rows = map(json.loads, (folder / CHUNKS).read_text(encoding="utf-8").splitlines())
    return [Document(page_content=row["text"], metadata=row["metadata"]) for row in rows]


def _their_embeddings(job: dict[str, Any]) -> Embeddings:
    if not job["embed"]:
        return _Drawn(job["seed"])
    from langchain_huggingface import HuggingFaceEmbeddings

    from models.encoders.trunk import locate

    return HuggingFaceEmbeddings(model_name=str(locate("minilm").folder), model_kwargs={"device": "cpu"})


def _faiss() -> Any:
    with _sunset():
        from langchain_community.vectorstores import FAISS
    return FAISS


def _bm25() -> Any:
    with _sunset():
        from langchain_community.retrievers import BM25Retriever
    return BM25Retriever


@contextmanager
def _sunset() -> Iterator[None]:
    """Passes over the package's warning that it's being sunset."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


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
    for query in queries[:WARMING]:
        retriever.invoke(query)
    times = []
    for query in queries[WARMING:]:
        began = time.perf_counter()
        retriever.invoke(query)
        times.append(1e3 * (time.perf_counter() - began))
    return {
        "query_p50_ms": round(percentile(times, q=50) or 0.0, 2),
        "query_p95_ms": round(percentile(times, q=95) or 0.0, 2),
        "queries_per_second": round(1e3 * len(times) / sum(times), 1),
    }


def _memory(stage: str) -> dict[str, float]:
    import psutil

    return {f"{stage}_memory_mb": round(psutil.Process().memory_info().rss / 1e6, 1)}


def _size(folder: Path) -> float:
    """Megabytes of all files."""
    return round(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6, 1)


if __name__ == "__main__":
    serve(_work)
