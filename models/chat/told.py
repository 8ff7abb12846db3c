"""What the user told in a conversation, as one text in which a reader can look a question up.

Only what the user said counts: what the assistant repeated may be wrong, and what a system message holds may
not be for telling. A question of the assistant's stays before the answer to it, which often says nothing by
itself ("Ada."). What the user said in other conversations a system message may hold as well: in a block that
`known_block` writes, whose lines count as told before all else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from homespun.text.sentences import split
from models.chat.passages import apart

KNOWN = "What the user has told you before:"
"""The line that begins a block of known facts; lines that begin with "- " follow it, one a fact."""
_ITEM = "- "
_LONGEST = 8000
"""Characters of what was told that are read, the newest; some two thousand tokens, half a second."""
_SHORT = 60
"""Characters of an answer that may need its question."""
_TEXT = 60
"""Characters from which on what stands beside a question is a text to be asked about."""
_OURS = re.compile(
    r"\b(?:my|mine|our|ours)\b|\b(?:do|did|have) (?:i|we)\b|\b(?:how old|who) am i\b"
    r"|\b(?:i|we) (?:live|work|said|told)\b",
    re.IGNORECASE,
)
_WANTED = re.compile(
    r"^(?:and |so |but |by the way,? |please,? )*"
    r"(?:what|what's|which|who|who's|whose|where|where's|when|when's|how old|how many|tell me|name|say|"
    r"do you (?:know|remember|recall)|can you (?:recall|remember|tell me)|remind me)\b",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\b(?:should|could|can|would|might|must|shall|may|will|to do|need|have to|best|better)\b",
    re.IGNORECASE,
)
_NO_LONGER = re.compile(
    r"((?:my|our|the)\s[\w' -]{1,40}?)\s+(?:isn't|is not|aren't|are not|is no longer|are no longer)\s"
    r"[^,;:]{1,60}[,;:]\s+(?:and |but )?(\S.+)$",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"(?:i|we) (?=[^,;:]*\b(?:no longer|now|any ?more|any longer)\b)(?:don't|do not|no longer)\s"
    r"[^,;:]{1,60}[,;:]\s+(?:and |but |instead |now )*(\S.+)$",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"[^.!?\n]*\?\s*$")


def told(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line for each message that tells something, behind those of known facts.

    Args:
        rows: Template dictionaries, oldest first.
    """
    lines = [_settled(line) for line in known(rows)]
    asked = ""
    for row in rows:
        content = row["content"].strip()
        if row["role"] == "assistant":
            found = _QUESTION.search(content)
            asked = found[0].strip() if found else ""
        elif row["role"] == "user" and content:
            if asked and len(content) <= _SHORT:
                lines.append(asked)
            lines.append(content)
            asked = ""
    return "\n".join(lines)[-_LONGEST:]


def asked(rows: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """What the user's newest message asks, and all that was told before it and beside it.

    Args:
        rows: Template dictionaries, oldest first; the last one is the user's.
    """
    beside, question = _divided(rows[-1]["content"])
    if not question:
        beside, question = "", beside
    return question, "\n".join(part for part in (told(rows[:-1]), beside) if part)


def known_block(lines: Iterable[str]) -> str:
    """Known facts as a system message may hold them, each in a line of its own; "" where there are none.

    Args:
        lines: In the user's own words, the newest last.
    """
    items = [_ITEM + " ".join(line.split()) for line in lines if line.strip()]
    return "\n".join([KNOWN, *items]) if items else ""


def known(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The known facts that system messages hold, in their order.

    Args:
        rows: Template dictionaries.
    """
    return [line for row in rows if row["role"] == "system" for line in _without_known(row["content"])[1]]


def without_known(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The conversation without known facts, and without a system message that holds nothing else.

    Args:
        rows: Template dictionaries; those without such a block stay as they are.
    """
    left: list[Mapping[str, Any]] = []
    for row in rows:
        rest, facts = _without_known(row["content"]) if row["role"] == "system" else ("", [])
        if not facts:
            left.append(row)
        elif rest:
            left.append({**row, "content": rest})
    return left


def _settled(line: str) -> str:
    """A fact without what it says is no longer so, which a reader would take for an answer."""
    if (found := _NO_LONGER.match(line)) is not None:
        return f"{found[1]}: {found[2]}"
    found = _GIVEN_UP.match(line)
    return found[1] if found else line


def _without_known(text: str) -> tuple[str, list[str]]:
    """A system message's text without its blocks of known facts, and these."""
    rest: list[str] = []
    facts: list[str] = []
    within = False
    for line in text.splitlines():
        if line.strip() == KNOWN:
            within = True
        elif within and line.startswith(_ITEM):
            facts.append(line.removeprefix(_ITEM).strip())
        else:
            within = False
            rest.append(line)
    return "\n".join(rest).strip(), facts


def has_text(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the user gave a text that could be asked about: something of a length, a question apart.

    Args:
        rows: Template dictionaries.
    """
    return any(len(_divided(row["content"])[0]) >= _TEXT for row in rows if row["role"] == "user")


def _divided(message: str) -> tuple[str, str]:
    """A message without its question, and that; either may be ""."""
    beside, question = apart(message.strip())
    spans = split(question)
    if beside or len(spans) < 2:
        return beside, question
    # In one breath: "My name is Ada. What is my name?"
    place = spans[-1].start
    beside, last = question[:place].strip(), question[place:]
    if asks_back(last) or (len(beside) >= _TEXT and last.endswith("?")):
        return beside, last
    return "", question


def asks_back(question: str) -> bool:
    """Whether a question asks for what only the user can have told, by its English words.

    It errs towards no: advice about "my cold" isn't asked back.
    """
    text = question.strip().replace("\u2019", "'")
    wanted = _WANTED.match(text)
    # "Can you recall my code?" begins like a plea for advice, so what counts is what comes behind it.
    return bool(wanted and _OURS.search(text) and not _ADVICE.search(text, wanted.end()))
