"""BEIR's layout (Thakur et al. 2021, arXiv:2104.08663): three kinds of files in a folder.

``corpus.jsonl`` has ``_id, title, text``, ``queries.jsonl`` ``_id, text``, either gzipped or not, and
``qrels/<split>.tsv`` a heading and then ``query-id, corpus-id, score``. A query may also have ``group`` and
``tags``, which are ours. As in BEIR's own evaluation, a passage with the query's id is passed over, unless
it's judged right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.data import SPLITS, located, read_lines
from evals.suites.retrieval.collection import Collection, Query, collected
from evals.systems import Passage
from homespun.errors import UsageError

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels"


def recognised(folder: Path) -> bool:
    """Returns whether a folder holds a corpus of this layout."""
    return _file(folder, CORPUS) is not None


def read(folder: Path) -> Collection:
    """Reads a folder; of several splits, the first there is of test, validation, dev and train.

    Raises:
        UsageError: if a file is missing or something in it isn't as it should be.
    """
    corpus, queries = _file(folder, CORPUS), _file(folder, QUERIES)
    if corpus is None or queries is None:
        raise UsageError(f"{folder} lacks {CORPUS if corpus is None else QUERIES}.")
    passages: dict[str, Passage] = {}
    for line, row in located(corpus, what="passages", fields=("_id", "text")):
        key, title, text = _texts(line, row["_id"], row.get("title") or "", row["text"])
        if key in passages:
            raise UsageError(f"{line}: a second passage has the id {key!r}.")
        passages[key] = Passage(title, text)
    grades = _judgements(_split(folder / QRELS))
    asked: list[Query] = []
    for line, row in located(queries, what="queries", fields=("_id", "text")):
        key, text = _texts(line, row["_id"], row["text"])
        relevant = grades.get(key, {})
        if not relevant:
            continue  # it's of another split
        hidden = key if key in passages and key not in relevant else ""
        asked.append(Query(key, text, relevant, _group(row, relevant), _tags(row, line), hidden))
    return collected(folder.name, passages, asked)


def _file(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def _split(folder: Path) -> Path:
    found = {path.stem: path for path in sorted(folder.glob("*.tsv"))} if folder.is_dir() else {}
    if not found:
        raise UsageError(f"{folder} should be a folder that holds judgements, such as test.tsv.")
    return found[next((name for name in SPLITS if name in found), next(iter(found)))]


def _judgements(path: Path) -> Mapping[str, dict[str, float]]:
    """Grades above 0 by query and passage."""
    grades: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for number, line in enumerate(read_lines(path), 1):
        parts = line.split("\t")
        if not line.strip() or (number == 1 and parts[-1].strip() == "score"):
            continue
        try:
            query, passage, score = (part.strip() for part in parts)
            grade = float(score)
        except ValueError as error:
            raise UsageError(
                f"{path}, line {number}: query-id, corpus-id and score are wanted, with tabs between them."
            ) from error
        if 0 < grade < float("inf"):
            grades[query][passage] = grade
    return grades


def _group(row: Mapping[str, Any], relevant: Mapping[str, float]) -> str:
    """The query's own group; else the one passage that is right, for which others may ask too."""
    return str(row.get("group") or (next(iter(relevant)) if len(relevant) == 1 else ""))


def _tags(row: Mapping[str, Any], line: str) -> dict[str, str]:
    tags = row.get("tags") or {}
    if not isinstance(tags, dict):
        raise UsageError(f"{line}: tags must be an object.")
    return {str(name): str(value) for name, value in tags.items()}


def _texts(line: str, *values: Any) -> Iterator[str]:
    for value in values:
        if not isinstance(value, str | int):
            raise UsageError(f"{line}: _id, title and text must be texts.")
        yield str(value)
