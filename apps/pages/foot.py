"""The small print under an answer: what it rests on, and which model gave it.

Contract: everything comes from the message (LangChain's citations, `response_metadata`), so it's there again
after a reload. What a model or a passage says can't become markup. Nothing here knows Gradio.
"""

from __future__ import annotations

import re
from html import escape

from langchain_core.messages import AIMessage
from langchain_core.messages.content import Citation

QUOTED = 240
"""The most characters of a quotation that are shown."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_LINK = re.compile(r"https?://\S+")


def answered_by(message: AIMessage) -> str:
    """Returns the name of the model that gave an answer, "" where nobody noted it."""
    return str(message.response_metadata.get("model_name") or "")


def sources(message: AIMessage) -> list[str]:
    """Returns what an answer cites, each source once, as HTML without blank lines."""
    found = [
        _source(note, block["text"][note.get("start_index") or 0 : note.get("end_index")])
        for block in message.content_blocks
        if block["type"] == "text"
        for note in block.get("annotations") or ()
        if note["type"] == "citation"
    ]
    return list(dict.fromkeys(line for line in found if line))


def footed(text: str, lines: list[str]) -> str:
    """Returns Markdown with small print under it.

    Args:
        text: Markdown; a code block that it leaves open is closed.
        lines: HTML without blank lines; if there are none, the text stays as it is.
    """
    if not lines:
        return text
    # One block of HTML: within it Markdown isn't looked for, so escaped text stays as it is.
    small = "".join(f"<p>{line}</p>" for line in lines)
    return f'{text}{_closing(text)}\n\n<div class="foot">{small}</div>'


def _source(note: Citation, answer: str) -> str:
    title, url, quoted = (
        _line(text) for text in (note.get("title"), note.get("url"), note.get("cited_text"))
    )
    number = (note.get("extras") or {}).get("passage")
    where = escape(title or url)
    if _LINK.fullmatch(url):
        where = f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{where}</a>'
    named = ", ".join(
        part for part in (f"Passage {number}" if isinstance(number, int) else "", where) if part
    )
    return ": ".join(part for part in (named, quoted and _quotation(quoted, _line(answer))) if part)


def _quotation(quoted: str, answer: str) -> str:
    """The quoted text, with the answer in it made to stand out where it's clear which words are meant."""
    if len(quoted) > QUOTED:
        quoted = f"{quoted[: QUOTED - 1]}…"
    before, found, after = quoted.partition(answer) if answer else (quoted, "", "")
    if not found or found == quoted or answer in after:
        return f"<q>{escape(quoted)}</q>"
    return f"<q>{escape(before)}<strong>{escape(found)}</strong>{escape(after)}</q>"


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _closing(text: str) -> str:
    """What ends a fenced code block that `text` leaves open, as CommonMark has it."""
    fence = ""
    for line in text.splitlines():
        match = _FENCE.match(line)
        if match is None:
            continue
        if not fence:
            # A fence of backticks with backticks behind it is code within a line.
            if match[1][0] == "~" or "`" not in line[match.end() :]:
                fence = match[1]
        elif match[1].startswith(fence) and not line[match.end() :].strip():
            fence = ""
    return f"\n{fence}" if fence else ""
