"""SQuAD (Rajpurkar et al. 2016, arXiv:1606.05250; 2018, arXiv:1806.03822) as reading examples.

A file is read in either of two forms, gzip by its suffix: SQuAD's own, one object with `data[{"title",
"paragraphs": [{"context", "qas"}]}]`, or a paragraph a line: `{"title", "context", "questions":
[{"question", "answers", "start"}]}`, where `start`, of the first answer, may be left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.data.sources import lines, missing
from homespun.errors import UsageError

FILES = ("squad-v1.1.jsonl.gz", "train-v1.1.json")
"""The training part in a folder of public data, under either name."""


@dataclass(frozen=True)
class Asked:
    """A question: its right answers, none where the passage holds none, and where the first one begins."""

    question: str
    answers: tuple[str, ...]
    start: int | None


@dataclass(frozen=True)
class Paragraph:
    """A passage of an article and what is asked about it; `place` says where it stands, for messages."""

    title: str
    context: str
    questions: tuple[Asked, ...]
    place: str


@dataclass(frozen=True)
class ReadingExample:
    """A question on a passage.

    Attributes:
        group: The article.
        question: What is asked.
        passage: The text that is read.
        start: Of the answer, in characters; -1 where the passage holds none.
        end: After its last character; -1 likewise.
        kind: "squad", or how an unanswerable one was made.
    """

    group: str
    question: str
    passage: str
    start: int = -1
    end: int = -1
    kind: str = "squad"

    @property
    def answer(self) -> str:
        """The answer; "" where there is none."""
        return self.passage[self.start : self.end] if self.start >= 0 else ""


def find(folder: Path) -> Path:
    """The training part in a folder of public data.

    Raises:
        UsageError: It isn't there.
    """
    for name in FILES:
        if (folder / name).is_file():
            return folder / name
    raise missing(folder / FILES[0], *FILES[1:])


def paragraphs(path: Path) -> Iterator[Paragraph]:
    """Gives the paragraphs of a file, of either form, in its order.

    Raises:
        UsageError: There is no such file, it can't be read, or something in it is of neither form.
    """
    if not path.is_file():
        raise UsageError(f"{path} is missing: name a file of paragraphs with questions, such as SQuAD's")
    text = "".join(lines(path))
    articles = _articles(text)
    rows: Iterator[tuple[str, Any]]
    if articles is None:
        rows = ((f"line {n}", line) for n, line in enumerate(text.split("\n"), 1) if line.strip())
    else:
        rows = ((f"article {n}", article) for n, article in enumerate(articles, 1))
    for place, row in rows:
        try:
            found = [_ours(json.loads(row), place)] if articles is None else list(_own(row, place))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise UsageError(f"{path}, {place}: not a paragraph with questions ({error})") from error
        yield from found


def read(folder: Path) -> Iterator[ReadingExample]:
    """Gives the questions in the order of the file, each with its first answer.

    Raises:
        UsageError: There is no such file in `folder`, or something in it is of another form.
    """
    path = find(folder)
    for paragraph in paragraphs(path):
        for asked in paragraph.questions:
            answer = asked.answers[0] if asked.answers else ""
            start = paragraph.context.find(answer) if asked.start is None else asked.start
            if not answer or start < 0:
                raise UsageError(f"{path}, {paragraph.place}: the passage lacks an answer to a question")
            yield ReadingExample(
                paragraph.title, asked.question.strip(), paragraph.context, start, start + len(answer)
            )


def _articles(text: str) -> Sequence[Any] | None:
    """The articles of SQuAD's own file; None for any other text."""
    try:
        whole = json.loads(text)
    except ValueError:
        return None
    found = whole.get("data") if isinstance(whole, dict) else None
    return found if isinstance(found, list) else None


def _ours(row: Mapping[str, Any], place: str) -> Paragraph:
    asked = (Asked(one["question"], tuple(one["answers"]), one.get("start")) for one in row["questions"])
    return Paragraph(row.get("title", ""), row["context"], tuple(asked), place)


def _own(article: Mapping[str, Any], place: str) -> Iterator[Paragraph]:
    for paragraph in article["paragraphs"]:
        asked = []
        for one in paragraph["qas"]:
            answers = one["answers"]
            start = answers[0]["answer_start"] if answers else None
            asked.append(Asked(one["question"], tuple(answer["text"] for answer in answers), start))
        yield Paragraph(article["title"], paragraph["context"], tuple(asked), place)
