"""SQuAD v1.1 (Rajpurkar et al. 2016, arXiv:1606.05250) as reading examples.

A line of the file is one paragraph: `{"title", "context", "questions": [{"question", "answers", "start"}]}`.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from homespun.errors import UsageError

FILE = "squad-v1.1.jsonl.gz"


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


def read(folder: Path) -> Iterator[ReadingExample]:
    """Gives the questions in the order of the file, each with its first answer.

    Raises:
        UsageError: There is no such file in `folder`, or a line is not of this form.
    """
    path = folder / FILE
    if not path.is_file():
        raise UsageError(f"{path} is missing: set HOMESPUN_DATA to the folder of prepared public data")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                for asked in row["questions"]:
                    start, answer = asked["start"], asked["answers"][0]
                    yield ReadingExample(
                        row["title"], asked["question"].strip(), row["context"], start, start + len(answer)
                    )
            except (ValueError, KeyError, IndexError, TypeError) as error:
                raise UsageError(
                    f"{path}, line {number}: not a paragraph with questions ({error})"
                ) from error
