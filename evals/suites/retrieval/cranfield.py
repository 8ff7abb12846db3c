"""The Cranfield collection (Cleverdon 1967) as three files: abstracts, queries and judgements.

The files look like XML and aren't always: there may be no root, or a bare "&". So they're taken apart by
their tags. The judgements name queries by their place in the file of queries, not by the number that they
have there; every grade above 0 is relevant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from html import unescape
from pathlib import Path

from evals.data import read_lines
from evals.suites.retrieval.collection import Collection, Query, collected
from evals.systems import Passage
from homespun.errors import UsageError

DOCUMENTS, QUERIES, JUDGEMENTS = "cran.all.1400.xml", "cran.qry.xml", "cranqrel.trec.txt"

_DOCUMENT = re.compile(r"<doc>(.*?)</doc>", re.DOTALL)
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_TEXT = re.compile(r"<text>(.*?)</text>", re.DOTALL)
_NUMBER = re.compile(r"<docno>\s*(\d+)\s*</docno>")


def recognised(folder: Path) -> bool:
    """Returns whether a folder holds Cranfield's abstracts."""
    return (folder / DOCUMENTS).is_file()


def read(folder: Path) -> Collection:
    """Reads the three files.

    Raises:
        UsageError: if one is missing or isn't what it should be.
    """
    for name in (QUERIES, JUDGEMENTS):
        if not (folder / name).is_file():
            raise UsageError(f"{folder} lacks {name}: Cranfield is read from three files.")
    passages = {}
    for place, found in enumerate(_DOCUMENT.finditer(_whole(folder / DOCUMENTS)), 1):
        number = _NUMBER.search(found[1])
        if number is None:
            raise UsageError(f"{folder / DOCUMENTS}: document {place} has no number.")
        passages[number[1]] = Passage(_inside(_TITLE, found[1]), _inside(_TEXT, found[1]))
    grades = _judgements(folder / JUDGEMENTS)
    asked = [
        Query(str(place), _flat(text), grades.get(str(place), {}))
        for place, text in enumerate(_TITLE.findall(_whole(folder / QUERIES)), 1)
    ]
    return collected(folder.name, passages, asked)


def _judgements(path: Path) -> dict[str, dict[str, float]]:
    """Grades above 0 by the query's place and the document's number."""
    grades: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        try:
            query, _, passage, grade = line.split()
            if float(grade) > 0:
                grades[query][passage] = 1.0
        except ValueError as error:
            raise UsageError(f"{path}, line {number}: four columns are wanted, a grade the last.") from error
    return grades


def _whole(path: Path) -> str:
    return "\n".join(read_lines(path))


def _inside(tag: re.Pattern[str], text: str) -> str:
    found = tag.search(text)
    return _flat(found[1]) if found else ""


def _flat(text: str) -> str:
    """On one line, as the line breaks are those of punched cards."""
    return " ".join(unescape(text).split())
