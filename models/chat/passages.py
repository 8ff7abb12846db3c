"""From messages to a question and the passages that it is to be answered from.

The newest human message is the question, or a text to be asked about. Passages are, in the order in which
they stand:

- content blocks that hold a document, in any message: LangChain's `text-plain`, a `file` of text, and what
  Anthropic calls `document` and `search_result`; their titles and addresses are kept;
- a tool's message;
- a human message that asks nothing;
- what stands in a human message before a line `Question: …`, or beside its question: the last or first
  paragraph or line that asks. Of earlier messages this is read only if the newest brings nothing of the kind;
- of a system message what is numbered, or follows a line such as `Context:`; else it's instruction.

A text whose paragraphs are numbered `[1] …`, `[2] …` is as many passages, any other text is one. Where an
instruction shows such a mark within a line, answers are to be marked so.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import (
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from homespun.errors import UsageError
from models.chat.messages import block_text

_NUMBER = re.compile(r"^[ \t]*\[(\d+)\][ \t]*", re.MULTILINE)
_MARK = re.compile(r"\[(?:\d+|n)\]")
_QUESTION = re.compile(r"^[ \t]*(?:question|query|q)[ \t]*:[ \t]*", re.IGNORECASE | re.MULTILINE)
_ANSWER = re.compile(r"\n\s*(?:short |final )?(?:answer|a)[ \t]*:\s*\Z", re.IGNORECASE)
_HEADING = re.compile(
    r"^[ \t]*(?:context|contexts|passages?|documents?|sources?|excerpts?|search results|text)[ \t]*:[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")
_CLOSED = r"[\"'”’»)\]*_]*\Z"
_ASKED = re.compile(rf"[?？]{_CLOSED}")
_STOPPED = re.compile(rf"[.!…。！]{_CLOSED}")
_OPENING = re.compile(
    r"(?:(?:and|but|so|in|on|at|by|to|for|from|of|with|about|since|until|under) )?"
    r"(?:who|whom|whose|what|when|where|which|why|how)\b"
    r"|(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b",
    re.IGNORECASE,
)
_DEMAND = re.compile(
    r"(?:please )?(?:(?:tell|give|show|find) (?:me|us)|"
    r"(?:name|list|find|explain|describe) (?:the|all|every|who|what|when|where|which|why|how))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Passage:
    """A text to read, with its title and address, "" where it has none."""

    text: str
    title: str = ""
    url: str = ""


@dataclass(frozen=True)
class Asked:
    """A question, what it's to be answered from, and whether the answer is to be marked like `[1]`.

    The question is "" where the newest human message only gives a text.
    """

    question: str
    passages: tuple[Passage, ...]
    marked: bool = False


@dataclass
class _Pile:
    passages: list[Passage] = field(default_factory=list)
    marked: bool = False

    def instruct(self, text: str) -> None:
        self.marked = self.marked or _MARK.search(text) is not None

    def add(self, text: str) -> None:
        _, parts = _numbered(text)
        self.passages += [Passage(part) for part in parts or [text] if part.strip()]

    def put(self, place: int, other: _Pile) -> None:
        self.passages[place:place] = other.passages
        self.marked = self.marked or other.marked


def asked(messages: Sequence[BaseMessage]) -> Asked:
    """Take a conversation apart.

    Raises:
        UsageError: There is no message, no human one, the newest human one is blank, or something is no text.
    """
    if not messages:
        raise UsageError("there is no message to answer: give at least one")
    newest = max((place for place, one in enumerate(messages) if _role(one) == "human"), default=-1)
    if newest < 0:
        raise UsageError("there is no question: the newest human message is what's answered")
    contents = [_read(message, place) for place, message in enumerate(messages, 1)]
    said = contents[newest][0].strip()
    if not said:
        raise UsageError(f"message {newest + 1} is blank: write something to be answered")
    question, own = _human(said)
    pile, typed, here = _Pile(), 0, 0
    for place, (text, documents) in enumerate(contents):
        pile.passages += documents
        role = _role(messages[place])
        if place == newest:
            here = len(pile.passages)
        elif role == "human":
            before, given = _human(text)
            if not (before and question and own.passages):
                pile.put(len(pile.passages), given)
                typed += len(given.passages)
        elif role == "tool":
            pile.add(text)
        elif role == "system":
            _system(text, pile)
    # Who has given passages asks about them also without a question mark; who only types may type on.
    if not question and pile.passages and not (typed == len(pile.passages) and _STOPPED.search(said)):
        return Asked(said, tuple(pile.passages), pile.marked)
    pile.put(here, own)
    return Asked(question, tuple(pile.passages), pile.marked)


def _role(message: BaseMessage) -> str:
    if isinstance(message, ChatMessage):
        return {"user": "human", "human": "human", "system": "system"}.get(message.role, "")
    if isinstance(message, HumanMessage):
        return "human"
    if isinstance(message, SystemMessage):
        return "system"
    return "tool" if isinstance(message, (ToolMessage, FunctionMessage)) else ""


def _human(text: str) -> tuple[str, _Pile]:
    """The question in a human message, "" where there's none, and what stands beside it."""
    text, pile = _ANSWER.sub("", text).strip(), _Pile()
    marks = list(_QUESTION.finditer(text))
    if marks and text[marks[-1].end() :].strip():
        _context(text[: marks[-1].start()], pile)
        return text[marks[-1].end() :].strip(), pile
    before, parts = _numbered(text)
    question = before.strip()
    if parts and not question:
        parts[-1], question = apart(parts[-1])
        *others, last = _PARAGRAPHS.split(parts[-1])
        if not question and others and not _STOPPED.search(last):
            parts[-1], question = parts[-1].removesuffix(last).rstrip(), last
    elif not parts:
        beside, question = apart(text)
        pile.add(beside)
    pile.passages += [Passage(part) for part in parts if part]
    return question, pile


def apart(text: str) -> tuple[str, str]:
    """A text without its question, and that: its last or first paragraph or line, or all of it, or ""."""
    if not text:
        return "", ""
    paragraphs = _PARAGRAPHS.split(text)
    first, last = paragraphs[0], paragraphs[-1]
    head, _, line = last.rpartition("\n")
    if head.strip() and not _asks(head) and _ASKED.search(line):
        last = line
    if _asks(last):
        return text.removesuffix(last).rstrip(), last.strip()
    lead = first if _ASKED.search(first) else first.partition("\n")[0].rstrip()
    if _ASKED.search(lead):
        return text.removeprefix(lead).lstrip(), lead
    return text, ""


def _asks(text: str) -> bool:
    """Whether a text is a question: by its mark, or by how its only line begins (in English)."""
    text = text.strip()
    if _ASKED.search(text) or "\n" in text:
        return bool(_ASKED.search(text))
    return bool(_DEMAND.match(text) or (_OPENING.match(text) and not _STOPPED.search(text)))


def _context(text: str, pile: _Pile) -> None:
    """What stands before a question: instruction up to a heading or a number, then passages."""
    before, parts = _numbered(text)
    heading = _HEADING.search(text)
    if parts:
        pile.instruct(before)
        pile.passages += [Passage(part) for part in parts]
    elif heading:
        pile.instruct(text[: heading.start()])
        pile.add(text[heading.end() :].strip())
    elif text.strip():
        pile.add(text.strip())


def _system(text: str, pile: _Pile) -> None:
    before, parts = _numbered(text)
    heading = _HEADING.search(text)
    if parts or heading:
        _context(text, pile)
    else:
        pile.instruct(before)


def _numbered(text: str) -> tuple[str, list[str]]:
    """What stands before a text's `[1]`, and its numbered parts; numbers must count up from 1."""
    marks: list[re.Match[str]] = []
    for mark in _NUMBER.finditer(text):
        if int(mark[1]) == len(marks) + 1:
            marks.append(mark)
    if not marks:
        return text, []
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    parts = [text[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)]
    return text[: marks[0].start()], parts


def _read(message: BaseMessage, place: int) -> tuple[str, list[Passage]]:
    """A message's own text, and the documents among its blocks."""
    content = message.content
    if isinstance(content, str):
        return content, []
    texts, documents = [], []
    for block in content:
        document = _document(block, place) if isinstance(block, Mapping) else None
        if document is not None:
            documents.append(document)
        elif _role(message):  # what the model itself said is not read
            texts.append(block_text(block, place))
    return "".join(texts), documents


def _document(block: Mapping[str, Any], place: int) -> Passage | None:
    """The passage that a content block holds; None where it's no document."""
    kind, source = block.get("type"), block.get("source")
    if kind == "search_result":
        text, url = _joined(block.get("content"), place), str(source or "")
    elif kind == "document" and isinstance(source, Mapping):
        inner = source.get("content") if source.get("type") == "content" else source.get("data")
        coded = source.get("type") == "base64"
        text, url = _decoded(inner, place) if coded else _joined(inner, place), str(source.get("url") or "")
    elif kind == "text-plain" or (kind == "file" and (block.get("text") or _plain(block))):
        coded = block.get("base64") or (block.get("data") if block.get("source_type") == "base64" else None)
        text = str(block["text"]) if block.get("text") else _decoded(coded, place)
        url = str(block.get("url") or "")
    else:
        return None
    return Passage(text, str(block.get("title") or ""), url)


def _plain(block: Mapping[str, Any]) -> bool:
    return str(block.get("mime_type") or "").startswith("text/")


def _joined(content: Any, place: int) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        raise UsageError(f"message {place} holds a document without text: give its text")
    return "\n".join(block_text(part, place) for part in content)


def _decoded(data: Any, place: int) -> str:
    try:
        return (
            base64.b64decode(str(data or ""), validate=True).decode("utf-8") if data else _joined(None, place)
        )
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UsageError(
            f"message {place} holds a document that is no text in UTF-8: give its text"
        ) from error
