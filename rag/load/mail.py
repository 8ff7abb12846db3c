"""Mail: who wrote to whom about what and when, then the words; what is attached is named, not read.

Contract: the text is its own original, since mail is packed in ways of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage

from rag.load import html, text
from rag.load.bounds import check, too_many
from rag.load.decoding import decode
from rag.load.draft import Draft, Piece
from rag.load.media import media_of
from rag.parsed import Parsed, Unreadable

_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_MOST_PARTS = 1_000
_SHOWN_PARTS = 100
_LONGEST = 2_000
# Headers that are taken apart, with the lines that go on with them. The time for one grows with its square.
_TAKEN_APART = re.compile(
    rb"(?:^|[\r\n])(?:content-[a-z-]+|subject|from|to|cc|date):[^\n]*+(?:\n[ \t][^\n]*+)*+", re.IGNORECASE
)
_HEADER_BYTES, _HEADERS_BYTES = 1 << 15, 1 << 20


def load(name: str, data: bytes) -> Parsed:
    """Returns the headers, the names of what is attached, and the plain words, or else the page.

    What has no headers of mail is loaded as text.

    Raises:
        Unreadable: it has too many parts or lines, or headers that are too long.
    """
    from email import message_from_bytes, policy

    check(runs=data.count(b"\n"))
    if data.count(b"\n--") > _MOST_PARTS:
        raise too_many(_MOST_PARTS)
    lengths = [found.end() - found.start() for found in _TAKEN_APART.finditer(data)]
    if max(lengths, default=0) > _HEADER_BYTES or sum(lengths) > _HEADERS_BYTES:
        raise Unreadable("has headers that are too long")
    message = message_from_bytes(data, policy=policy.default)
    facts = {key: words for key in _HEADERS if (words := _header(message, key))}
    if not facts:
        return text.load(name, data)
    draft = Draft()
    attached = ", ".join(_attached(message))
    lines = [
        *(f"{key}: {words}" for key, words in facts.items()),
        *([f"Attached: {attached}"] if attached else []),
    ]
    draft.add("paragraph", [Piece("\n".join(lines))])
    body = message.get_body(("plain", "html"))
    if body is not None:
        payload = body.get_payload(decode=True)
        words = decode(payload, body.get_content_charset())[0] if isinstance(payload, bytes) else ""
        load_body = html.load if body.get_content_type() == "text/html" else text.load
        parsed = load_body(name, words.encode("utf-8", "replace"))
        for block in parsed.blocks:
            draft.add(block.kind, [Piece(parsed.text[block.start : block.end])], block.level)
    author = {"author": facts["From"]} if "From" in facts else {}
    return draft.parsed(media_of(name, "mail"), facts.get("Subject", ""), {**author})


def _header(message: EmailMessage, key: str) -> str:
    try:
        return " ".join(str(message[key] or "").split())[:_LONGEST]
    except Exception:  # the package stumbles over some damaged headers, which shouldn't cost the words
        return ""


def _attached(message: EmailMessage) -> Iterator[str]:
    if not message.is_multipart():
        return
    for number, part in enumerate(message.iter_attachments()):
        if number == _SHOWN_PARTS:
            break
        named = part.get_filename()
        yield " ".join(str(named).split())[:_LONGEST] if named else part.get_content_type()
