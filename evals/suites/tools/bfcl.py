"""Reading function-calling samples: BFCL's own files, or one file with questions and truth together.

Contract: a line is ``{"id", "question", "function", "ground_truth"}``. Where it has no `ground_truth`, that
stands under the same id in ``possible_answer/<the file's name>`` beside the file, as BFCL ships it. The
category is the id without its number (``live_simple_5-3-1`` is `live_simple`). Categories that aren't one
answer to one question in Python's types (several turns, memory, web search, Java, JavaScript) aren't read: in
a folder they're passed over, a file of them is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.data import is_hub, located, numbered
from evals.sample import Sample, digest
from homespun.errors import UsageError

CATEGORIES = (
    "simple",
    "simple_python",
    "multiple",
    "parallel",
    "parallel_multiple",
    "irrelevance",
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
    "live_irrelevance",
    "live_relevance",
)
"""What can be read, in the order in which a folder's files are."""
_ID = re.compile(r"(?P<category>[a-z_]+)_(?P<number>\d+)(-(?P<set>\d+)-\d+)?")


def read(address: str | Path) -> Iterator[Sample]:
    """Gives the samples of a file, gzipped or not, of all files in a folder, or of a public set.

    Raises:
        UsageError: There is no such data, or it doesn't hold what is described above.
        HomespunError: The hub can't be reached.
    """
    path = Path(address).expanduser()
    if is_hub(str(address)) or path.is_file():
        yield from _file(address if is_hub(str(address)) else path)
        return
    if not path.is_dir():
        raise UsageError(f"There is no file or folder {path}: give a BFCL file or a folder of them.")
    files = [(category, file) for file in sorted(path.iterdir()) if (category := _category_in(file))]
    if not files:
        raise UsageError(
            f"{path} holds no .jsonl or .json file of a category among: {', '.join(CATEGORIES)}."
        )
    for _, file in sorted(files, key=lambda pair: (CATEGORIES.index(pair[0]), pair[1].name)):
        yield from _file(file)


def category_of(name: str) -> str:
    """Returns the category in a sample's id; "" if there is none."""
    found = _ID.fullmatch(name)
    return found["category"] if found else ""


def _category_in(file: Path) -> str:
    if not file.name.removesuffix(".gz").endswith((".json", ".jsonl")) or not file.is_file():
        return ""
    for _, row in numbered(file):
        category = category_of(str(row.get("id", "")))
        return category if category in CATEGORIES else ""
    return ""


def _file(address: str | Path) -> Iterator[Sample]:
    answers: Mapping[str, Any] | None = None
    fields = ("id", "question", "function")
    for where, row in located(address, what="questions with tools", fields=fields):
        name, question, functions = str(row["id"]), row["question"], row["function"]
        category = category_of(name)
        if category not in CATEGORIES:
            raise UsageError(f"{where}: {name!r} is of no category among: {', '.join(CATEGORIES)}.")
        truth = row.get("ground_truth")
        if truth is None and "relevance" not in category:
            answers = _answers(address) if answers is None else answers
            if name not in answers:
                raise UsageError(
                    f"{where}: {name} has no ground_truth, and its file in possible_answer has none either."
                )
            truth = answers[name]
        functions = functions if isinstance(functions, list) else [functions]
        try:
            messages = [
                {"role": message["role"], "content": message["content"]}
                for turn in question
                for message in (turn if isinstance(turn, list) else [turn])
            ]
            known = {function["name"] for function in functions}
            unknown = [called for call in truth or () for called in call if called not in known]
        except (KeyError, TypeError) as error:
            raise UsageError(
                f"{where}: question, function or ground_truth can't be read ({error})."
            ) from None
        if unknown:
            raise UsageError(f"{where}: the truth calls {unknown[0]!r}, which is not among the functions.")
        yield Sample(
            id=name,
            input={"messages": messages, "functions": functions},
            target=truth,
            group=_group(name, functions),
            tags={"category": category},
        )


def _group(name: str, functions: list[Mapping[str, Any]]) -> str:
    """Samples about one set of functions: BFCL's live samples number it, others are known by the names."""
    found = _ID.fullmatch(name)
    if found and found["set"]:
        return f"{found['category']}-{found['set']}"
    return digest(sorted(function["name"] for function in functions))[:16]


def _answers(address: str | Path) -> Mapping[str, Any]:
    if is_hub(str(address)):
        return {}
    path = Path(address)
    for name in (path.name, path.name.removesuffix(".gz")):
        if (beside := path.parent / "possible_answer" / name).is_file():
            return {str(row.get("id")): row.get("ground_truth") for _, row in numbered(beside)}
    return {}
