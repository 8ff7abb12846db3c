"""A collection: a corpus, queries, and which passages are right for each.

Contract: plain values, read from one of three layouts, told apart by what is there:

- a folder with ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/*.tsv`` (BEIR's, `beir`);
- a folder with Cranfield's three files (`cranfield`);
- a file of SQuAD's, each question against all paragraphs (`squad`).

A query without a right passage isn't given: nothing can be measured with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from evals.data import is_hub
from evals.sample import digest
from evals.systems import Corpus, Passage
from homespun.errors import UsageError

WANTED = (
    "a folder with corpus.jsonl, queries.jsonl and qrels/, a folder with Cranfield's three files, "
    "or a file of SQuAD's; docs/data.md tells more"
)


@dataclass(frozen=True)
class Query:
    """One query and its judgements.

    Attributes:
        id: unique in its collection.
        text: what is looked for.
        relevant: grades above 0, by the passage's id.
        group: queries that rise and fall together; "" for one by itself.
        tags: by what figures are broken down.
        hidden: a passage that isn't counted if it's found, since it's the query itself; "" for none.
    """

    id: str
    text: str
    relevant: Mapping[str, float]
    group: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    hidden: str = ""


@dataclass(frozen=True)
class Collection:
    """What is searched, and for what."""

    corpus: Corpus
    queries: tuple[Query, ...]


def collected(name: str, passages: Mapping[str, Passage], queries: Iterable[Query]) -> Collection:
    """Puts a collection together.

    Raises:
        UsageError: if there are no passages, no query has a right one, or none of the right ones is there.
    """
    kept = tuple(query for query in queries if query.relevant)
    if not passages:
        raise UsageError(f"{name} holds no passages.")
    if not kept:
        raise UsageError(f"{name} holds no queries for which a passage is right.")
    if not any(passage in passages for query in kept for passage in query.relevant):
        raise UsageError(f"{name}: none of the passages that are judged is in the corpus.")
    fingerprint = digest([[key, *passage] for key, passage in passages.items()])
    return Collection(Corpus(name, dict(passages), fingerprint), kept)


def read(where: str | Path) -> Collection:
    """Reads the collection at a path.

    Raises:
        UsageError: if there is none, or it isn't of one of the three layouts.
    """
    from evals.suites.retrieval import beir, cranfield, squad

    if is_hub(str(where)):
        raise UsageError(f"{where}: collections are read from this machine only: {WANTED}.")
    path = Path(where).expanduser()
    if beir.recognised(path):
        return beir.read(path)
    if cranfield.recognised(path):
        return cranfield.read(path)
    if path.is_dir():
        raise UsageError(f"{path} holds no collection. Name {WANTED}.")
    if not path.is_file():
        raise UsageError(f"There is no file or folder {path}. Name {WANTED}.")
    return squad.read(path)
