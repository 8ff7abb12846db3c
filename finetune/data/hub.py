"""Public data sets from the Hugging Face hub, written in the layout that `finetune.data.sources` reads.

Needs the extra `data` (`pip install -e ".[data]"`) and a network. What is written stays on this machine.
Licences, as the sets' own pages state them: Wikipedia CC BY-SA, SQuAD CC BY-SA 4.0, TinyStories CDLA-
Sharing-1.0.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homespun.errors import HomespunError, UsageError

Row = Mapping[str, Any]


@dataclass(frozen=True)
class HubSet:
    """A data set on the hub, and how its rows become ours.

    Attributes:
        path: organisation and name on the hub.
        config: the configuration's name, None for the only one.
        file: where it goes in the data folder.
        records: rows → records of that file.
        rows: read at most this many.
    """

    path: str
    config: str | None
    file: str
    records: Callable[[Iterable[Row]], Iterator[dict[str, Any]]]
    rows: int


def articles(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """`{title, text}` as it is."""
    for row in rows:
        yield {"title": row["title"], "text": row["text"]}


def stories(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """`{text}` as it is."""
    for row in rows:
        yield {"text": row["text"]}


def paragraphs(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """SQuAD's rows, one a question, gathered by their paragraph (they stand together)."""
    current: dict[str, Any] | None = None
    for row in rows:
        if current is None or current["context"] != row["context"]:
            if current:
                yield current
            current = {"title": row["title"], "context": row["context"], "questions": []}
        current["questions"].append({"question": row["question"], "answers": list(row["answers"]["text"])})
    if current:
        yield current


HUB: Mapping[str, HubSet] = {
    "wikipedia": HubSet(
        "wikimedia/wikipedia", "20231101.simple", "text/wikipedia-simple.jsonl.gz", articles, 60_000
    ),
    "reading": HubSet("rajpurkar/squad", None, "squad-v1.1.jsonl.gz", paragraphs, 90_000),
    "stories": HubSet("roneneldan/TinyStories", None, "text/stories.jsonl.gz", stories, 60_000),
}


def fetch(
    folder: Path,
    *,
    sets: Mapping[str, HubSet] = HUB,
    load: Callable[..., Iterable[Row]] | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> None:
    """Download what is missing; a set that is already there is left alone.

    Args:
        folder: the data folder, made if missing.
        sets: source name → data set.
        load: `datasets.load_dataset` or something that takes the same arguments.
        report: called with a line for each set.

    Raises:
        UsageError: the package `datasets` is not installed.
        HomespunError: the hub can't be reached, or a set is not there.
    """
    missing = {name: hub_set for name, hub_set in sets.items() if not (folder / hub_set.file).is_file()}
    if not missing:
        return
    if load is None:
        try:
            from datasets import load_dataset
        except ImportError as error:
            raise UsageError(
                "no data folder is set: name one with HOMESPUN_DATA, or install the extra that downloads "
                'public sets: pip install -e ".[data]"'
            ) from error
        load = load_dataset
    for name, hub_set in missing.items():
        report(f"downloading {name} ({hub_set.path})")
        try:
            rows = load(hub_set.path, hub_set.config, split="train", streaming=True)
            _write(folder / hub_set.file, hub_set.records(_first(rows, hub_set.rows)))
        except (OSError, ValueError, RuntimeError) as error:
            raise HomespunError(
                f"{hub_set.path} can't be downloaded ({type(error).__name__}: {str(error)[:200]!r}); "
                "check the network, or name a folder of prepared data with HOMESPUN_DATA"
            ) from error


def _first(rows: Iterable[Row], count: int) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number >= count:
            return
        yield row


def _write(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    """Written beside its place and renamed, so that a broken download never looks like a whole one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with gzip.open(part, "wt", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
