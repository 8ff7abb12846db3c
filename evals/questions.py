"""Questions with passages, from JSON Lines of five forms, told apart by their fields.

- ours: ``id, title, source, question, passages[], answers[]``;
- SQuAD, a paragraph a line: ``title, context, questions[{question, answers[]}]``; the paragraph is the only
  passage, and no answers means that it doesn't hold one;
- SQuAD's own file: one object with ``data[{title, paragraphs[{context, qas[]}]}]``, on however many lines;
- SQuAD's rows on the hub: ``title, context, question, answers{text[]}``;
- ClapNQ: ``id, input, passages[{title, text}], output[{answer}]``; an empty answer means the same.

A sample's tag `source` is the record's own field, else the title. Results are broken down by it where there
are few of them. A folder is read as all its ``.jsonl`` and ``.jsonl.gz`` files in the order of their names.
``hf:<org/name>`` must have one of these forms.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.data import existing, is_hub, located, read_lines
from evals.sample import Sample
from finetune.data.reading import squad
from homespun.errors import UsageError

WHAT = "questions with passages"
WANTED = (
    "question, passages[] and answers[]; or SQuAD's form, with context and questions[] or as its own file; "
    "or ClapNQ's input, passages[] and output[]"
)

Row = Mapping[str, Any]


def read(where: str | Path) -> Iterator[Sample]:
    """Gives the questions of a file, a folder or a public set.

    Raises:
        UsageError: if a record has none of the forms, or there is none.
    """
    number = 0
    some = False
    for file in _files(where):
        for line, row in _rows(file):
            number += 1
            try:
                for sample in _samples(row, line, number):
                    some = True
                    yield sample
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise UsageError(f"{line}: {WHAT} need {WANTED}, as docs/data.md tells.") from error
    if not some:
        raise UsageError(f"{where} holds no {WHAT}.")


def _files(where: str | Path) -> Sequence[str | Path]:
    if is_hub(str(where)) or not Path(where).expanduser().is_dir():
        return [where]
    found = [path for path in sorted(Path(where).expanduser().iterdir()) if _is_lines(path)]
    if not found:
        raise UsageError(f"{where} holds no .jsonl file of {WHAT}.")
    return found


def _is_lines(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith(".jsonl")


def _rows(where: str | Path) -> Iterator[tuple[str, Row]]:
    """The records with where they stand; of SQuAD's own file, its articles."""
    whole = None if is_hub(str(where)) else _whole(existing(where, WHAT))
    rows = located(where, what=WHAT, fields=(), empty=True) if whole is None else [(str(where), whole)]
    for line, row in rows:
        articles = squad.articles(row)
        if articles is None:
            yield line, row
        else:
            yield from ((f"{line}, article {n}", article) for n, article in enumerate(articles, 1))


def _whole(path: Path) -> dict[str, Any] | None:
    """The one object that a file holds on several lines; None if its lines are objects, or nothing at all."""
    lines = read_lines(path)
    first = next((line for line in lines if line.strip()), "{}")
    if _parsed(first) is not None:
        return None
    found = _parsed("\n".join([first, *lines]))
    return found if isinstance(found, dict) else None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None  # told by whoever reads line by line


def _samples(row: Row, line: str, number: int) -> Iterator[Sample]:
    if "questions" in row or "paragraphs" in row:
        for place, part in enumerate(squad.parsed(row, line), 1):
            prefix = f"{number}-" if "questions" in row else f"{number}-{place}-"
            yield from _paragraph(part, _source(row), prefix)
    elif "context" in row:
        title, identity = str(row.get("title", "")), str(row.get("id", number))
        answers = squad.texts(row["answers"])
        yield _sample(identity, row["question"], [row["context"]], answers, title, _source(row))
    elif "input" in row:
        passages = [passage["text"] for passage in row["passages"]]
        answers = [one["answer"] for one in row["output"] if one["answer"].strip()]
        first = {"title": next((one.get("title") for one in row["passages"]), "")}
        yield _sample(str(row["id"]), row["input"], passages, answers, "", _source({**first, **row}))
    else:
        group = str(row.get("title", ""))
        identity = str(row.get("id", number))
        yield _sample(identity, row["question"], row["passages"], row["answers"], group, _source(row))


def _paragraph(part: squad.Paragraph, source: str, prefix: str) -> Iterator[Sample]:
    for place, one in enumerate(part.questions, 1):
        identity = one.id if one.id is not None else f"{prefix}{place}"
        yield _sample(identity, one.question, [part.context], list(one.answers), part.title, source)


def _source(row: Row) -> str:
    """What kind of text, or which, the passages are: the record's `source`, else its title."""
    return str(row.get("source") or row.get("title") or "")


def _sample(identity: str, question: Any, passages: Any, answers: Any, group: str, source: str) -> Sample:
    for texts in ([question], passages, answers):
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise TypeError("texts are wanted")
    # The same right answer is often given by several people; each counts once.
    right = list(dict.fromkeys(answers))
    return Sample(
        id=identity,
        input={"question": question, "passages": passages},
        target=right,
        group=group,
        tags={
            "kind": "answerable" if right else "unanswerable",
            **({"source": source} if source else {}),
        },
    )
