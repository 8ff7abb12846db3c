"""The small print under an answer, such as what it rests on.

Contract: what a model or a passage says can't become markup. Nothing here knows Gradio.
"""

from __future__ import annotations

import re
from html import escape

from apps.citations import Source
from graphs.chatbot.branches import Choice

QUOTED = 240
"""The most characters of a quotation that are shown."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_LINK = re.compile(r"https?://\S+")


def named(source: Source) -> str:
    """Returns a source as a line of HTML."""
    where = escape(source.title or source.url)
    if _LINK.fullmatch(source.url):
        where = f'<a href="{escape(source.url)}" target="_blank" rel="noopener noreferrer">{where}</a>'
    number = "" if source.passage is None else f"Passage {source.passage}"
    parts = (", ".join(filter(None, (number, where))), source.quoted and _quotation(source))
    return ": ".join(filter(None, parts))


def branch_links(choice: Choice) -> str:
    """Returns the switch between alternatives, as HTML: which one this is, and the ways to its neighbours."""
    at, count = choice.at, len(choice.messages)
    before = _way(choice.messages[at - 1], "‹", "Back to the version before") if at else _no_way("‹")
    behind = _way(choice.messages[at + 1], "›", "On to the next version") if at + 1 < count else _no_way("›")
    return f'<span class="branch">{before} {at + 1}/{count} {behind}</span>'


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


def _way(message: str, sign: str, label: str) -> str:
    # Gradio takes scripts and handlers out; homespun.js hears the click.
    return f'<a class="way" href="#branch-{escape(message)}" title="{label}">{sign}</a>'


def _no_way(sign: str) -> str:
    return f'<span class="none">{sign}</span>'


def _quotation(source: Source) -> str:
    """The quoted text, with the answer in it made to stand out where it's clear which words are meant."""
    quoted, answer = source.quoted, source.answer
    if len(quoted) > QUOTED:
        quoted = f"{quoted[: QUOTED - 1]}…"
    before, found, after = quoted.partition(answer) if answer else (quoted, "", "")
    if not found or found == quoted or answer in after:
        return f"<q>{escape(quoted)}</q>"
    return f"<q>{escape(before)}<strong>{escape(found)}</strong>{escape(after)}</q>"


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
