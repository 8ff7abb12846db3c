"""Readers of public data sets from a folder, one function a source.

Each reader takes the folder that the setting `data` (`HOMESPUN_DATA`) names and yields `Document`s in the
order of the files; it never shuffles. The layout that is expected is in each reader's docstring, which also
says what is left out; `finetune.data.hub` brings sets from the Hugging Face hub into that layout. None of
it is shipped; its licences are named in the card of the model that read it.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from finetune.data.documents import Document, Message
from homespun.errors import UsageError
from homespun.names import Table


def lines(path: Path) -> Iterator[str]:
    """Lines of a UTF-8 text file, gzip by its suffix.

    Raises:
        UsageError: the file is missing or can't be read.
    """
    if not path.is_file():
        raise missing(path)
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            yield from file
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} can't be read: it isn't UTF-8 text") from error
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path} can't be read: {error}") from error


def missing(path: Path, *others: str) -> UsageError:
    """The error for a file that isn't there, under any of its names."""
    names = " or ".join([str(path), *others])
    return UsageError(f"{names} is missing: set HOMESPUN_DATA to a folder of public data that holds it")


def existing(folder: Path) -> Path:
    """The folder of public data, which is there.

    Raises:
        UsageError: it isn't.
    """
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is no folder: set HOMESPUN_DATA to a folder of public data "
            "(docs/training.md says which)"
        )
    return folder


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Records of a JSON-lines file."""
    for line in lines(path):
        if line.strip():
            yield json.loads(line)


def wikipedia(folder: Path) -> Iterator[Document]:
    """`text/wikipedia-*.jsonl.gz`, `{title, text}`: every article's opening, which says what it is."""
    for path in sorted((folder / "text").glob("wikipedia-*.jsonl.gz")):
        for record in records(path):
            paragraphs = [part.strip() for part in record["text"].split("\n") if len(part.strip()) > 120]
            opening = "\n".join(paragraphs[:4])[:3000]
            if opening:
                yield f"{record['title']}\n{opening}"


def textbooks(folder: Path) -> Iterator[Document]:
    """`text/openstax-*.txt.gz`: textbooks in pieces of about 3,000 characters, cut between paragraphs."""
    for path in sorted((folder / "text").glob("openstax-*.txt.gz")):
        yield from _pieces("".join(lines(path)), 3000)


def novels(folder: Path) -> Iterator[Document]:
    """`text/novel-*.txt`: fiction in pieces of about 3,000 characters."""
    for path in sorted((folder / "text").glob("novel-*.txt")):
        yield from _pieces("".join(lines(path)), 3000)


def stories(folder: Path) -> Iterator[Document]:
    """`text/stories.jsonl.gz`, `{text}`: short stories in simple words."""
    for record in records(folder / "text" / "stories.jsonl.gz"):
        yield record["text"].strip()


def simple_news(folder: Path) -> Iterator[Document]:
    """`text/onestopenglish.jsonl`, `{title, text}`: news retold in simple English."""
    for record in records(folder / "text" / "onestopenglish.jsonl"):
        yield record["text"].replace("\ufeff", "").strip()


def dialogues(folder: Path) -> Iterator[Document]:
    """`sgd.jsonl.gz`, `{turns[{speaker, text}]}`: an assistant books, finds and plays."""
    for record in records(folder / "sgd.jsonl.gz"):
        messages: list[Message] = []
        for turn in record["turns"]:
            role = "user" if turn["speaker"] == "user" else "assistant"
            messages.append({"role": role, "content": turn["text"].strip()})
        if len(messages) > 1:
            yield messages


def orders(folder: Path) -> Iterator[Document]:
    """`taskmaster4.jsonl`, `{turns[{role, text?}]}`: ordering by chat, without the program's calls."""
    for record in records(folder / "taskmaster4.jsonl"):
        messages: list[Message] = []
        for turn in record["turns"]:
            if not turn.get("text"):
                continue
            role = "user" if turn["role"] == "user" else "assistant"
            if messages and messages[-1]["role"] == role:
                messages[-1] = {"role": role, "content": messages[-1]["content"] + " " + turn["text"].strip()}
            else:
                messages.append({"role": role, "content": turn["text"].strip()})
        if messages and messages[0]["role"] == "assistant":
            messages = messages[1:]
        if len(messages) > 1:
            yield messages


def reading(folder: Path) -> Iterator[Document]:
    """SQuAD's training part, as `finetune.data.reading.squad` finds it: a paragraph, then questions.

    The answer stands word for word in the paragraph, which teaches copying from the context.
    """
    from finetune.data.reading.squad import find, paragraphs  # which reads its lines by what stands above

    for number, paragraph in enumerate(paragraphs(find(folder))):
        asked = random.Random(number).sample(paragraph.questions, min(3, len(paragraph.questions)))
        messages: list[Message] = []
        for turn, question in enumerate(asked):
            if not question.answers:
                continue
            text = question.question.strip()
            messages.append({"role": "user", "content": text if turn else f"{paragraph.context}\n\n{text}"})
            messages.append({"role": "assistant", "content": question.answers[0].strip()})
        if messages and len(paragraph.context) < 1400:
            yield messages


def countries(folder: Path) -> Iterator[Document]:
    """`factbook.jsonl.gz`, `{facts[{path, text}]}`: a country's capital and place, asked and answered."""
    asked = {
        "Capital": ("What is the capital of {}?", "Which city is the capital of {}?", "capital of {}"),
        "Location": ("Where is {}?", "Where in the world is {}?", "Tell me where {} is."),
        "Languages": ("Which languages do people speak in {}?", "What language is spoken in {}?"),
    }
    for number, record in enumerate(records(folder / "factbook.jsonl.gz")):
        facts = {"/".join(fact["path"]): fact["text"] for fact in record["facts"]}
        name = facts.get("Government/Country name/conventional short form", "").strip()
        if not name or name == "none" or len(name) > 40:
            continue
        values = {
            "Capital": facts.get("Government/Capital/name", ""),
            "Location": facts.get("Geography/Location", ""),
            "Languages": facts.get("People and Society/Languages", ""),
        }
        rng = random.Random(number)
        messages: list[Message] = []
        for topic, value in values.items():
            value = re.split(r"[;(\n]|note:", value)[0].strip()
            if not value or len(value) > 120:
                continue
            messages.append({"role": "user", "content": rng.choice(asked[topic]).format(name)})
            if topic == "Capital":
                answer = f"The capital of {name} is {value}."
            elif topic == "Location":
                answer = f"{name} is in {value}."
            else:
                answer = f"In {name} people speak {value}."
            messages.append({"role": "assistant", "content": answer})
        if messages:
            yield messages


def _pieces(text: str, size: int) -> Iterator[str]:
    """Cut between paragraphs, each piece at least `size` characters but the last."""
    piece: list[str] = []
    length = 0
    for paragraph in re.split(r"\n\s*\n", text):
        piece.append(paragraph.strip())
        length += len(paragraph)
        if length >= size:
            yield "\n\n".join(piece)
            piece, length = [], 0
    if length:
        yield "\n\n".join(piece)


SOURCES: Table[Any] = Table(
    "source",
    {
        name: f"finetune.data.sources:{name}"
        for name in (
            "wikipedia",
            "textbooks",
            "novels",
            "stories",
            "simple_news",
            "dialogues",
            "orders",
            "reading",
            "countries",
        )
    },
)
