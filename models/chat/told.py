"""What the user told in a conversation, as one text in which a reader can look a question up.

Only what the user said counts: what the assistant repeated may be wrong, and what a system message holds may
not be for telling. A question of the assistant's stays before the answer to it, which often says nothing by
itself ("Ada.").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from homespun.text.sentences import split
from models.chat.passages import apart

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
    r"\b(?:should|could|can|would|might|must|shall|may|will|to do|best|better)\b", re.IGNORECASE
)
_QUESTION = re.compile(r"[^.!?\n]*\?\s*$")


def told(rows: Sequence[Mapping[str, Any]]) -> str:
    """A line for each message that tells something.

    Args:
        rows: Template dictionaries, oldest first.
    """
    lines: list[str] = []
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
    return bool(_WANTED.match(text) and _OURS.search(text) and not _ADVICE.search(text))
