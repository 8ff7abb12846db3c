"""From tokens to text as a reader may see it: whole characters only, and nothing past a stop string.

A token may end inside a UTF-8 character, and a stop string may lie across any number of tokens. `TextStream`
takes the bytes of each token and gives back the text that is certain by then. Bytes that are no UTF-8 (a
model may write any) are dropped, also a character that is unfinished at the end: what comes out never holds
U+FFFD unless the model wrote that very character.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from homespun.errors import UsageError


class TextStream:
    """Joins token bytes into text and watches for stop strings.

    The chunks together are the whole text, or what comes before the first stop string: the one that is
    complete first, and the longest of those. How the bytes are split into tokens changes nothing but the
    chunks.

    Attributes:
        stopped: The stop string that was met, or `None`.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        """Begin a text.

        Args:
            stop: Strings that end the text; they are not part of it.

        Raises:
            UsageError: If a stop string is empty.
        """
        if any(not string for string in stop):
            raise UsageError("a stop string must not be empty")
        self.stopped: str | None = None
        self._stop = tuple(stop)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        self._held = ""

    def push(self, token_bytes: bytes) -> str:
        """Take the bytes of one more token; give the text that became certain, often empty."""
        if self.stopped is not None:
            return ""
        return self._emit(self._decoder.decode(token_bytes))

    def finish(self) -> str:
        """End the text; give what was held back. An unfinished character is dropped."""
        if self.stopped is not None:
            return ""
        rest = self._emit(self._decoder.decode(b"", final=True))
        if self.stopped is None:
            rest, self._held = rest + self._held, ""
        return rest

    def _emit(self, new: str) -> str:
        if not new:
            return ""
        text = self._held + new
        if not self._stop:
            return text
        found = [(text.find(string), string) for string in self._stop]
        ends = [(start + len(string), start, string) for start, string in found if start >= 0]
        if ends:
            _, start, self.stopped = min(ends)
            self._held = ""
            return text[:start]
        held = max(_overlap(text, string) for string in self._stop)
        certain = len(text) - held
        self._held = text[certain:]
        return text[:certain]


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of `text` that begins `stop` without completing it."""
    for size in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:size]):
            return size
    return 0
