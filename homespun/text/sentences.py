"""Sentences of a text, as exact character spans.

Contract: the spans are in order, don't overlap, neither begin nor end with white space, and hold every other
character of the text exactly once. Lines give the first cut: fenced and indented code is one span, and so
is a heading; list items and table rows are never joined with their neighbours. Inside the rest a sentence
ends at a stop that isn't an abbreviation's, a number's or an initial's, with the quotes, brackets and
citations ("[1]", "(Smith, 2020)") that follow it. English rules; other languages are cut at their stops.

What it doesn't know: whether "Will" after "U.S." is a name; speech inside quotes is cut like any other text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from homespun.text import abbreviations as known

WRAPPED = 120
"""A line longer than this wasn't broken to fit a page, so its end is a boundary."""


class Span(NamedTuple):
    """Characters ``text[start:end]``."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Returns these characters of `text`."""
        return text[self.start : self.end]


_FENCE = re.compile(r"[ \t]{0,3}(```+|~~~+)")
_INDENTED = re.compile(r"(?: {4}|\t)[ \t]*\S")
_HEADING = re.compile(r"[ \t]{0,3}#{1,6}(?:[ \t]|$)")
_UNDERLINE = re.compile(r"[ \t]{0,3}(?:=+|-{2,})[ \t]*$")
_ITEM = re.compile(r"[ \t]*(?:[-*+•‣⁃◦▪·–—]|\(?\d{1,3}[.)]|\(?[a-zA-Z]\)|[ivx]{1,4}[.)])(?:[ \t]+|$)")
_ROW = re.compile(r"[ \t]*\|")
_QUOTE = re.compile(r"[ \t]{0,3}>")
_BARE = re.compile(r"[\W_]*$")

_CLOSERS = "\"'”’»›)\\]}」』】）〉》*_`"
_CITED = r"(?:[ \t]*\[\^?[\w.*]{1,12}(?:\s?[,;–-]\s?[\w.*]{1,12})*\](?!\()|[⁰¹²³⁴-⁹]+)"
_YEAR = r"(?:[ \t]*\([^()\n]{2,80}\b(?:1[5-9]|20)\d\d[a-z]?\)\.?(?=\s|$))"
_STOP = re.compile(
    rf"(?P<stop>\.(?:[ ]\.){{2,3}}|[.!?…؟।]+|[。！？｡]+)(?P<close>(?:[ ]?''(?=\s|$)|[{_CLOSERS}])*)"
    rf"(?P<cited>(?:{_CITED}|{_YEAR})*)(?P<close2>[{_CLOSERS}]*)(?P<gap>\s+|$|)"
)
_NEXT = re.compile(r"[\"'“‘«‹(\[{「『【（*_`¿¡#>–—-]*(?P<word>[^\W_][\w'’.]*)?")
_TOKEN = re.compile(r"[^\s\"“”‘«»()\[\]{}—–/*_`]+$")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]", re.ASCII)
_GLUED = re.compile(r"[A-Z][a-z]*(?:[ ,'’]|$)")
_DOMAINS = frozenset({"Com", "Net", "Org", "Edu", "Gov", "Co"})
_NUMBER = re.compile(r"[\s\"'“‘«(\[{*_#>•⁃‣-]*(?:\d*|[a-z])")
_SOLID = re.compile(r"\S")
_REACH = 60
"""How far back a word before a stop may begin."""
_HIDDEN = re.compile(r"`[^`\n]+`|\([^()]{1,300}\)|\[[^\[\]]{1,300}\]")


def split(text: str) -> list[Span]:
    """Returns the spans of the sentences of `text`; none for a text of white space."""
    return [span for start, end, prose in _blocks(text) for span in _block(text, start, end, prose)]


def sentences(text: str) -> list[str]:
    """Returns the sentences themselves."""
    return [span.of(text) for span in split(text)]


def _blocks(text: str) -> Iterator[tuple[int, int, bool]]:
    """Gives (start, end, prose): runs of lines that belong together; what isn't prose stays whole."""
    begun: int | None = None  # where the open paragraph starts
    ended, last = 0, ""  # where its last line ends, and that line
    indented_before, blank_before, in_list = False, True, False
    fence = ""
    place = 0
    for line in text.splitlines(keepends=True):
        start, place = place, place + len(line)
        bare = line.rstrip()
        if fence:
            ended = place
            if bare.strip().startswith(fence) and not bare.strip().strip(fence[0]):
                yield _kept(begun), ended, False
                begun, fence, blank_before = None, "", True
            continue
        if not bare:
            if begun is not None and not indented_before:
                yield begun, ended, True
                begun = None
            blank_before = True
            continue
        if indented_before and begun is not None:
            if _INDENTED.match(line):
                ended, blank_before = place, False
                continue
            yield begun, ended, False
            begun, indented_before = None, False
        opened = _FENCE.match(line)
        if opened or (blank_before and not in_list and _INDENTED.match(line)):
            if begun is not None:
                yield begun, ended, True
            begun, ended = start, place
            fence, indented_before = (opened[1], False) if opened else ("", True)
            blank_before = False
            continue
        if begun is not None and _UNDERLINE.match(bare) and len(last) <= WRAPPED:
            yield begun, place, False
            begun, blank_before = None, True
            continue
        starts = bool(_HEADING.match(bare) or _ITEM.match(line) or _ROW.match(line))
        if begun is not None and (starts or _BARE.match(bare) or _breaks(last, bare)):
            yield begun, ended, True
            begun = None
        in_list = bool(_ITEM.match(line)) or (in_list and (line[:1] in " \t" or not blank_before))
        blank_before = False
        if _HEADING.match(bare) or _ROW.match(line):
            yield start, place, False
            blank_before = bool(_HEADING.match(bare))
            continue
        begun = start if begun is None else begun
        ended, last = place, bare
    if begun is not None:
        yield begun, ended, not (fence or indented_before)


def _kept(begun: int | None) -> int:
    if begun is None:
        raise AssertionError("a fence is open, so a block is")
    return begun


def _breaks(last: str, line: str) -> bool:
    """Whether a line begins something new, rather than going on with the last one's sentence."""
    if len(last) > WRAPPED or last.endswith((":", ";")):
        return True
    if last.endswith((".", "!", "?", "…", ",", "-", "–", "—")) or _QUOTE.match(line):
        return False  # the stops decide, or it plainly goes on
    first = line.lstrip(" \t\"'“‘«([{*_`")[:1]
    return not first.islower() and len(last) < 50


def _block(text: str, start: int, end: int, prose: bool) -> Iterator[Span]:
    """Gives the sentences of one block; a piece without a letter or digit joins the one before."""
    held: Span | None = None
    for piece in _pieces(text, start, end) if prose else [(start, end)]:
        span = _trim(text, *piece)
        if span is None:
            continue
        if held is None:
            held = span
        elif _BARE.match(text[span.start : span.end]):
            held = Span(held.start, span.end)
        else:
            yield held
            held = span
    if held is not None:
        yield held


def _trim(text: str, start: int, end: int) -> Span | None:
    piece = text[start:end]
    inner = piece.strip()
    if not inner:
        return None
    first = start + len(piece) - len(piece.lstrip())
    return Span(first, first + len(inner))


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    hidden = [(found.start(), found.end()) for found in _HIDDEN.finditer(text, start, end)]
    begun, item = start, _ITEM.match(text, start, end)
    place = item.end() if item else start
    passed = 0
    while found := _STOP.search(text, place, end):
        stop, after = found.start("stop"), found.end()
        while passed < len(hidden) and hidden[passed][1] <= stop:
            passed += 1
        if (
            passed < len(hidden)
            and hidden[passed][0] < stop
            and _SOLID.search(text, begun, hidden[passed][0])
        ):
            place = hidden[passed][1]  # an aside belongs to the sentence around it
            continue
        if _ends(text, begun, found, end):
            yield begun, after
            begun = after
        place = after if after > stop else stop + 1
    if begun < end:
        yield begun, end


def _ends(text: str, begun: int, found: re.Match[str], end: int) -> bool:
    """Whether a stop ends the sentence that began at `begun`."""
    after = found.end()
    if after >= end:
        return True
    stop = found["stop"]
    if stop[-1] in "。！？｡":
        return text[after] not in "，、,"
    token = _TOKEN.search(text, max(begun, found.start() - _REACH), found.start())
    before = token[0] if token else ""
    if not found["gap"]:
        return _glued(text, before, stop, after, end)
    following = _NEXT.match(text, after, end)
    word = (following["word"] or "") if following else ""
    closed = found["close"] + found["close2"]
    if not word:
        return False  # only marks follow; they join this sentence
    small, digit = word[0].islower(), word[0].isdigit()
    if "." not in stop or not set(stop) <= {".", " "}:
        return _called(stop, before, closed, word, small)
    if len(stop) > 1:
        return not small and word.rstrip(".") not in {"I", "I'm", "I’m", "I'd", "I'll", "I've"}
    if closed.strip("*_`") and small and "''" not in closed:
        return bool(found["cited"])
    if _NUMBER.fullmatch(text, begun, min(found.start(), begun + _REACH)) and found.start() < begun + _REACH:
        return False  # the number of a list's item
    return _full_stop(before, word, small=small, digit=digit)


def _called(stop: str, before: str, closed: str, word: str, small: bool) -> bool:
    """Whether "!", "?" or "…" ends a sentence: not inside `"Really?" he asked`, nor in "Yahoo! is"."""
    if not small:
        return "…" not in stop or word not in {"I", "I'm", "I’m"}
    return not (closed.strip("*_`") or "…" in stop or before.lower() in known.SHOUTS)


def _full_stop(before: str, word: str, *, small: bool, digit: bool) -> bool:
    """Whether one full stop ends a sentence, by the words on both sides of it."""
    token = before.lower()
    follower = word.rstrip(".").lower().replace("’", "'")
    starts = not small and not digit and follower in known.STARTERS and not word.endswith(".")
    if token in known.NUMBERED:
        if digit:
            return False
        return token in known.WORDS or token not in known.TITLES
    if token in known.WORDS and not (small or digit):
        return True
    if token in known.TITLES:
        return False
    if token in known.FREE and not (small or digit):
        return follower not in known.HOURS
    if token in known.OPEN or _INITIALS.fullmatch(before):
        return starts
    if len(before) == 1 and before.isalpha() and before.isascii():
        return starts if before.isupper() else not small
    return True


def _glued(text: str, before: str, stop: str, after: int, end: int) -> bool:
    """Whether a stop without a space after it ends a sentence all the same: "at home.The man"."""
    last = before[-2:]
    if stop not in {".", "!", "?"} or len(last) < 2 or not last.isalpha() or not last.islower():
        return False
    if any(mark in before for mark in ".@:\\=&#%") or not _GLUED.match(text, after, end):
        return False
    word = re.match(r"[A-Za-z]+", text[after : after + 40])
    return word is not None and word[0] not in _DOMAINS and (len(word[0]) > 1 or word[0] in "AI")
