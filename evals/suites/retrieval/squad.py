"""SQuAD as a collection: each question against all paragraphs of the file, right being its own.

An article's title is the title of its paragraphs, and its questions are one group. Questions that their
paragraph doesn't answer (version 2.0) are left out.
"""

from __future__ import annotations

from pathlib import Path

from evals.suites.retrieval.collection import Collection, Query, collected
from evals.systems import Passage
from finetune.data.reading.squad import paragraphs
from homespun.errors import UsageError


def read(path: Path) -> Collection:
    """Reads SQuAD's own file, or a paragraph a line, gzipped or not.

    Raises:
        UsageError: if it's neither.
    """
    # Some paragraphs are there twice; which of the two a question is from can't be known from it.
    ids: dict[Passage, str] = {}
    asked: list[Query] = []
    try:
        for number, paragraph in enumerate(paragraphs(path), 1):
            title = paragraph.title.replace("_", " ")
            key = ids.setdefault(Passage(title, paragraph.context), str(number))
            for place, one in enumerate(paragraph.questions, 1):
                if one.answers:
                    name = one.id if one.id is not None else f"{number}-{place}"
                    asked.append(Query(name, one.question, {key: 1.0}, paragraph.title))
    except UsageError as error:
        raise UsageError(f"{error}; docs/data.md tells what a collection looks like.") from error
    if not ids:
        raise UsageError(f"{path} is empty; it should hold paragraphs with questions.")
    return collected(str(path), {key: passage for passage, key in ids.items()}, asked)
