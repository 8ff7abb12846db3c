"""SQuAD (Rajpurkar et al. 2016, arXiv:1606.05250; 2018, arXiv:1806.03822) as reading examples.

A file is read in either of two forms, gzip by its suffix: SQuAD's own, one object with `data[{"title",
"paragraphs": [{"context", "qas"}]}]`, or a paragraph a line: `{"title", "context", "questions":
[{"question", "answers", "start"}]}`, where `start`, of the first answer, may be left out. A line may be an
article of SQuAD's own file too.
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
    """A question.

    Attributes:
        question: What is asked.
        answers: The right answers; none where the passage holds none.
        start: Where the first one begins, if that's told.
        id: What the question is called, if it's told.
    """

    question: str
    answers: tuple[str, ...]
    start: int | None
    id: str | None = None


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
    whole = _whole(text)
    rows: Iterator[tuple[str, Any]]
    if whole is None:
        rows = ((f"line {n}", line) for n, line in enumerate(text.split("\n"), 1) if line.strip())
    else:
        rows = ((f"article {n}", article) for n, article in enumerate(whole, 1))
    for place, row in rows:
        try:
            found = parsed(json.loads(row) if whole is None else row, place)
        except ValueError as error:
            raise UsageError(f"{path}, {place}: not a paragraph with questions ({error})") from error
        yield from found


def articles(record: Any) -> Sequence[Any] | None:
    """The articles that the object of SQuAD's own file holds; None for any other object."""
    found = record.get("data") if isinstance(record, Mapping) else None
    return found if isinstance(found, list) else None


def parsed(record: Any, place: str) -> list[Paragraph]:
    """The paragraphs of a record: those of an article of SQuAD's own file, or the one that a line holds.

    Args:
        record: Of either form.
        place: Where it stands.

    Raises:
        ValueError: It's of neither form.
    """
    try:
        # Without a title nobody would know which paragraphs belong together.
        title = _text(record["title"], "title")
        if "questions" in record:
            return [_paragraph(title, record["context"], record["questions"], place)]
        return [_paragraph(title, one["context"], one["qas"], place) for one in record["paragraphs"]]
    except KeyError as error:
        raise ValueError(f"it has no {error}") from error
    except (TypeError, AttributeError) as error:
        raise ValueError(str(error)) from error


def texts(answers: Any) -> list[str]:
    """Answers as texts, which SQuAD has as objects in its own file and as one object of columns on the hub.

    Raises:
        KeyError: An object has no text.
        TypeError: They're something else.
    """
    found = answers["text"] if isinstance(answers, Mapping) else answers
    if not isinstance(found, list):
        raise TypeError("answers must be a list")
    return [_text(one["text"] if isinstance(one, Mapping) else one, "an answer") for one in found]


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


def _whole(text: str) -> Sequence[Any] | None:
    """The articles of SQuAD's own file; None for any other text."""
    try:
        return articles(json.loads(text))
    except ValueError:
        return None


def _paragraph(title: str, context: Any, questions: Any, place: str) -> Paragraph:
    return Paragraph(title, _text(context, "context"), tuple(map(_asked, questions)), place)


def _asked(row: Mapping[str, Any]) -> Asked:
    answers = row["answers"]
    start = row.get("start")
    if start is None and isinstance(answers, list) and answers and isinstance(answers[0], Mapping):
        start = answers[0].get("answer_start")
    named = str(row["id"]) if "id" in row else None
    return Asked(_text(row["question"], "question"), tuple(texts(answers)), start, named)


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{what} must be text")
    return value
