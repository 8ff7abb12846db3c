"""What an answer cites: LangChain's citations, the annotations of its text.

Contract: everything comes from the message, so it's there again when a thread is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from langchain_core.messages import AIMessage
from langchain_core.messages.content import Citation


@dataclass(frozen=True)
class Source:
    """What an answer rests on; each text stands on one line, "" where it isn't told.

    Attributes:
        passage: the passage's number, None where it has none.
        title: what the source is called.
        url: where it is.
        quoted: its words.
        answer: the words of the answer that rest on it; the same source is the same whatever rests on it.
    """

    passage: int | None
    title: str
    url: str
    quoted: str
    answer: str = field(compare=False)


def citations(message: AIMessage) -> list[tuple[Citation, str]]:
    """Returns the citations as they are, each with the words of the answer that it's for."""
    return [
        (note, block["text"][note.get("start_index") or 0 : note.get("end_index")])
        for block in message.content_blocks
        if block["type"] == "text"
        for note in block.get("annotations") or ()
        if note["type"] == "citation"
    ]


def sources(message: AIMessage) -> list[Source]:
    """Returns what the citations name, each source once."""
    found = dict.fromkeys(_source(note, answer) for note, answer in citations(message))
    return [one for one in found if one.passage is not None or one.title or one.url or one.quoted]


def _source(note: Citation, answer: str) -> Source:
    number = (note.get("extras") or {}).get("passage")
    return Source(
        passage=number if isinstance(number, int) else None,
        title=_line(note.get("title")),
        url=_line(note.get("url")),
        quoted=_line(note.get("cited_text")),
        answer=_line(answer),
    )


def _line(text: str | None) -> str:
    return " ".join((text or "").split())
