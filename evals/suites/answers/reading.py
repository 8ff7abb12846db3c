"""Questions with passages, from JSON Lines of three forms, told apart by their fields.

- ours: ``id, title, source, question, passages[], answers[]``;
- SQuAD, a paragraph a line: ``title, context, questions[{question, answers[]}]``; the paragraph is the only
  passage, and no answers means that it doesn't hold one;
- ClapNQ: ``id, input, passages[{title, text}], output[{answer}]``; an empty answer means the same.

A sample's tag `source` is the record's own field, else the title. Results are broken down by it where there
are few of them. A folder is read as all its ``.jsonl`` and ``.jsonl.gz`` files in the order of their names.
``hf:<org/name>`` must have one of these forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.data import is_hub, located
from evals.sample import Sample
from homespun.errors import UsageError

WANTED = (
    "question, passages[] and answers[]; or SQuAD's context and questions[]; or ClapNQ's input, passages[] "
    "and output[]"
)


def read(where: str | Path) -> Iterator[Sample]:
    """Gives the questions of a file, a folder or a public set.

    Raises:
        UsageError: if a record has none of the forms, or there is none.
    """
    number = 0
    some = False
    for file in _files(where):
        for line, row in located(file, what="questions with passages", fields=(), empty=True):
            number += 1
            try:
                for sample in _samples(row, number):
                    some = True
                    yield sample
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise UsageError(
                    f"{line}: questions with passages need {WANTED}, as docs/data.md tells."
                ) from error
    if not some:
        raise UsageError(f"{where} holds no questions with passages.")


def _files(where: str | Path) -> Sequence[str | Path]:
    if is_hub(str(where)) or not Path(where).expanduser().is_dir():
        return [where]
    found = [path for path in sorted(Path(where).expanduser().iterdir()) if _is_lines(path)]
    if not found:
        raise UsageError(f"{where} holds no .jsonl file of questions with passages.")
    return found


def _is_lines(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith(".jsonl")


def _samples(row: Mapping[str, Any], number: int) -> Iterator[Sample]:
    if "questions" in row:
        for place, one in enumerate(row["questions"], 1):
            title = str(row["title"])
            yield _sample(
                f"{number}-{place}", one["question"], [row["context"]], one["answers"], title, _source(row)
            )
    elif "input" in row:
        passages = [passage["text"] for passage in row["passages"]]
        answers = [one["answer"] for one in row["output"] if one["answer"].strip()]
        first = {"title": next((one.get("title") for one in row["passages"]), "")}
        yield _sample(str(row["id"]), row["input"], passages, answers, "", _source({**first, **row}))
    else:
        group = str(row.get("title", ""))
        identity = str(row.get("id", number))
        yield _sample(identity, row["question"], row["passages"], row["answers"], group, _source(row))


def _source(row: Mapping[str, Any]) -> str:
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
