"""How a text becomes the stems that are counted.

Contract: the same text gives the same stems in every process, and whatever could change them changes the
`fingerprint`, so an index knows whether it was made by the analysis that asks it.

Words are runs of letters and digits in lower case: "COVID-19" is `covid` and `19`, "mp3" stays whole, and so
do decimals and numbers with thousands ("1,000" is `1000`). Dotted initials are one word ("U.S.A." is
`usa`), English endings after an apostrophe are dropped, accents on Latin letters too. English function
words are left out; the others are stemmed by Snowball's English rules. Scripts that are written without
spaces (and Korean) give each character and each pair of neighbours.
"""

from __future__ import annotations

import hashlib
import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from rag.lexical.stopwords import STOPWORDS

RULES = "1"
"""Goes up with any change of what this file does to a text."""

# Han, kana, Hangul, Thai, Lao, Burmese and Khmer.
_UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e50-\u0e59\u0e81-\u0edf\u1000-\u1049\u1050-\u109f\u1100-\u11ff\u1780-\u17d3"
    "\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff"
)
# Vowel signs and accents that are characters of their own, which Python's \w leaves out.
_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09cd\u0a01-\u0a03\u0a3c-\u0a4d"
    "\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b4d\u0b82\u0bbe-\u0bcd\u0c00-\u0c04\u0c3e-\u0c4d\u0c81-\u0c83"
    "\u0cbc-\u0ccd\u0d00-\u0d03\u0d3b-\u0d4d\u0d81-\u0d83\u0dca-\u0ddf"
)
_WORD = re.compile(
    rf"\d+(?:[.,]\d+)+|[^\W\d_](?:\.[^\W\d_])+(?![^\W_])|[{_UNSPACED}]+"
    rf"|[^\W_{_UNSPACED}](?:[^\W_{_UNSPACED}]|[{_MARKS}])*"
)
_CLITIC = re.compile(r"(?:n['’]t|['’](?:s|re|ve|ll|d|m))(?![^\W_])")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_RUN = re.compile(rf"[{_UNSPACED}]+")
_LONGEST = 64
"""A longer word is no word: its first characters are kept, so that it can still be found."""
_REMEMBERED = 1 << 17


class Analyzer:
    """Text → stems. Any number of threads may use one.

    Example:
        ```python
        Analyzer().stems("The mills of COVID-19")  # ["mill", "covid", "19"]
        ```
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()  # a Snowball stemmer has state
        self._known: dict[str, tuple[str, ...]] = {}

    @property
    def fingerprint(self) -> str:
        """Changes with anything that could change a stem; hexadecimal."""
        return _fingerprint()

    def words(self, text: str) -> list[str]:
        """Returns the words as they are written, in order, in lower case; function words too."""
        lower = text.lower()
        if "'" in lower or "’" in lower:
            lower = _CLITIC.sub("", lower)
        return _WORD.findall(lower)

    def stems(self, text: str) -> list[str]:
        """Returns the stems of a text in order, with repetitions; none for a text without words."""
        return [stem for word in self.words(text) for stem in self.of(word)]

    def of(self, word: str) -> tuple[str, ...]:
        """Returns the stems of one of `words`: mostly one, none for a function word."""
        found = self._known.get(word)
        if found is None:
            found = tuple(self._stemmed(word))
            if len(self._known) >= _REMEMBERED:
                self._known = {}
            self._known[word] = found
        return found

    def _stemmed(self, word: str) -> Iterator[str]:
        for part in _parts(word):
            if part not in STOPWORDS:
                if _RUN.match(part):
                    yield part
                else:
                    with self._lock:
                        yield _stemmer()(part[:_LONGEST])


def _parts(word: str) -> Iterable[str]:
    """Gives what is stemmed of a word."""
    if word[0].isdigit() and ("," in word or "." in word):
        if _GROUPED.fullmatch(word):
            return [word.replace(",", "")]
        return [word] if "," not in word else word.split(",")
    if "." in word:
        return [word.replace(".", "")]
    if _RUN.fullmatch(word):
        run = unicodedata.normalize("NFKC", word)
        return [*run, *(run[place : place + 2] for place in range(len(run) - 1))]
    return [word if word.isascii() else _folded(word)]


def _folded(word: str) -> str:
    """The word in compatible forms, Latin letters without their accents."""
    kept: list[str] = []
    latin = False
    for char in unicodedata.normalize("NFKD", word):
        if unicodedata.combining(char) and latin:
            continue
        latin = char.isascii()
        kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


@lru_cache(maxsize=1)
def _stemmer() -> Callable[[str], str]:
    import Stemmer

    # Ours is the cache: it spares the call too.
    stem: Callable[[str], str] = Stemmer.Stemmer("english", 0).stemWord
    return stem


@lru_cache(maxsize=1)
def _fingerprint() -> str:
    import Stemmer

    parts = [RULES, sorted(STOPWORDS), _WORD.pattern, _CLITIC.pattern, _LONGEST, Stemmer.version()]
    parts.append(unicodedata.unidata_version)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
