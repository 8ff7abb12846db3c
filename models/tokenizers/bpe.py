"""Byte-level byte-pair encoding, readable and exact: the reference that the fast tokenizer must equal.

Contract: `decode(encode(text)) == text` for every text that UTF-8 can hold (a lone surrogate becomes
U+FFFD), no text encodes to a special token, and `to_json()` makes a tokenizer.json that gives equal ids in
the Rust `tokenizers` runtime. What it does not do: speed (use `models.tokenizers.fast.Tokenizer` in hot
paths) and normalisation (none).
"""

import heapq
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from homespun.errors import HomespunError, UsageError
from homespun.files import atomic_write
from models.tokenizers import special
from models.tokenizers.pretokens import PATTERN, split
from models.tokenizers.special import BYTE_OFFSET, FIRST_MERGE, SPECIALS
from models.tokenizers.training import MAX_VOCAB, learn_merges

Merge = tuple[int, int]
_CACHED_WORDS = 1 << 16
_GONE = -1


@dataclass(frozen=True)
class Explanation:
    """How one pre-token became tokens: `steps[0]` are its bytes, each later step is one merge further."""

    pretoken: str
    steps: list[list[bytes]]
    merges: list[int]
    ids: list[int]

    def __str__(self) -> str:
        lines = [f"{self.pretoken!r} -> {self.ids}"]
        for number, pieces in enumerate(self.steps):
            label = f"merge {self.merges[number - 1]}" if number else "bytes"
            lines.append(f"  {label:>12}: " + " ".join(special.to_printable(piece) for piece in pieces))
        return "\n".join(lines)


class BPETokenizer:
    """A vocabulary of 16 special tokens, 256 bytes and the given merges.

    Args:
        merges: pairs of ids; pair number i makes token `272 + i` and is preferred to all later pairs.

    Raises:
        HomespunError: if a merge names an id that does not exist before it, or repeats a token.
    """

    def __init__(self, merges: Sequence[Merge] = ()) -> None:
        self.merges: list[Merge] = [(left, right) for left, right in merges]
        pieces = [name.encode() for name in SPECIALS] + [bytes([byte]) for byte in range(256)]
        for rank, (left, right) in enumerate(self.merges):
            if not (BYTE_OFFSET <= left < len(pieces) and BYTE_OFFSET <= right < len(pieces)):
                raise HomespunError(
                    f"merge {rank} of the tokenizer joins an id that does not exist before it"
                )
            pieces.append(pieces[left] + pieces[right])
        if len(set(pieces)) != len(pieces):
            raise HomespunError("two tokens of the tokenizer have the same bytes")
        self._pieces = pieces
        self._ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self._words: dict[str, list[int]] = {}

    @classmethod
    def train(cls, texts: Iterable[str], vocab_size: int) -> Self:
        """Learns a vocabulary from a stream of texts; the result does not depend on their order.

        Args:
            texts: documents; each is read once and not kept.
            vocab_size: tokens wanted, at least 272; fewer come back when no pair repeats any more.

        Raises:
            UsageError: if `vocab_size` is out of range.
        """
        if not FIRST_MERGE <= vocab_size <= MAX_VOCAB:
            raise UsageError(f"vocab_size must be between {FIRST_MERGE} and {MAX_VOCAB}, not {vocab_size}")
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(split(special.well_formed(text)))
        words = {word.encode(): count for word, count in counts.items()}
        return cls(learn_merges(words, vocab_size - FIRST_MERGE, [name.encode() for name in SPECIALS]))

    @property
    def vocab_size(self) -> int:
        """Number of ids, special tokens and bytes included."""
        return len(self._pieces)

    def special(self, name: str) -> int:
        """Returns the id of a special token, named `"<|end|>"` or `"end"`; UsageError if there is none."""
        return special.special_id(name)

    def token_bytes(self, token: int) -> bytes:
        """Returns the bytes that a token stands for; a special token stands for none."""
        self._check(token)
        return b"" if token < BYTE_OFFSET else self._pieces[token]

    def encode(self, text: str) -> list[int]:
        """Turns ordinary text into ids; what looks like a special token is encoded as its characters."""
        ids: list[int] = []
        words = self._words
        for pretoken in split(special.well_formed(text)):
            known = words.get(pretoken)
            if known is None:
                known = self._merged(pretoken)
                if len(words) >= _CACHED_WORDS:
                    words.clear()
                words[pretoken] = known
            ids += known
        return ids

    def decode(self, ids: Iterable[int], skip_special: bool = True) -> str:
        """Turns ids into text; bytes that are no UTF-8 become U+FFFD.

        Raises:
            UsageError: if an id is outside the vocabulary.
        """
        parts: list[bytes] = []
        for token in ids:
            self._check(token)
            if token >= BYTE_OFFSET or not skip_special:
                parts.append(self._pieces[token])
        return b"".join(parts).decode("utf-8", "replace")

    def explain(self, text: str) -> list[Explanation]:
        """Shows for each pre-token which merges made its tokens, in the order in which they were applied."""
        result = []
        for pretoken in split(special.well_formed(text)):
            steps: list[tuple[int, list[int]]] = []
            ids = self._merged(pretoken, steps)
            shown = [[self._pieces[token] for token in step] for _, step in steps]
            result.append(Explanation(pretoken, shown, [rank for rank, _ in steps[1:]], ids))
        return result

    def _check(self, token: int) -> None:
        if not 0 <= token < len(self._pieces):
            raise UsageError(f"token id {token} is outside the vocabulary of {len(self._pieces)} tokens")

    def _merged(self, pretoken: str, steps: list[tuple[int, list[int]]] | None = None) -> list[int]:
        """Merges the earliest learnt pair first, the leftmost of equals, until none is left.

        A heap of candidate places over a linked list: O(n log n) for n bytes, however long the pre-token is.
        If `steps` is given, it receives (rank of the merge, ids after it), beginning with (-1, bytes).
        """
        tokens = [BYTE_OFFSET + byte for byte in pretoken.encode()]
        size = len(tokens)
        after = [*range(1, size), -1]
        before = list(range(-1, size - 1))
        ranks = self._ranks
        heap = [
            (ranks[pair], place) for place, pair in enumerate(itertools.pairwise(tokens)) if pair in ranks
        ]
        heapq.heapify(heap)
        if steps is not None:
            steps.append((-1, tokens.copy()))
        while heap:
            rank, place = heapq.heappop(heap)
            follower = after[place]
            # An earlier merge may have changed either side since this candidate was noted.
            if follower < 0 or ranks.get((tokens[place], tokens[follower])) != rank:
                continue
            tokens[place], tokens[follower] = FIRST_MERGE + rank, _GONE
            beyond = after[place] = after[follower]
            if beyond >= 0:
                before[beyond] = place
            for start, end in ((before[place], place), (place, beyond)):
                if start >= 0 and end >= 0:
                    candidate = ranks.get((tokens[start], tokens[end]))
                    if candidate is not None:
                        heapq.heappush(heap, (candidate, start))
            if steps is not None:
                steps.append((rank, [token for token in tokens if token != _GONE]))
        return [token for token in tokens if token != _GONE]

    def to_json(self) -> str:
        """Writes the tokenizer.json that the Rust `tokenizers` runtime and `transformers` read."""
        names = [*SPECIALS, *map(special.to_printable, self._pieces[BYTE_OFFSET:])]
        byte_level = {
            "type": "ByteLevel",
            "add_prefix_space": False,
            "trim_offsets": True,
            "use_regex": False,
        }
        pattern = {"type": "Split", "pattern": {"Regex": PATTERN}, "behavior": "Isolated", "invert": False}
        flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        content: dict[str, Any] = {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [{"id": token, "content": name, **flags} for token, name in enumerate(SPECIALS)],
            "normalizer": None,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [pattern, byte_level]},
            "post_processor": None,
            "decoder": byte_level,
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": None,
                "end_of_word_suffix": None,
                "fuse_unk": False,
                "byte_fallback": False,
                "ignore_merges": False,
                "vocab": {name: token for token, name in enumerate(names)},
                "merges": [[names[left], names[right]] for left, right in self.merges],
            },
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"

    @classmethod
    def from_json(cls, content: str, source: str = "tokenizer.json") -> Self:
        """Reads a tokenizer.json that `to_json` wrote.

        Raises:
            HomespunError: if it is not one; the message names `source`.
        """
        try:
            model = json.loads(content)["model"]
            ids: dict[str, int] = model["vocab"]
            tokenizer = cls([(ids[left], ids[right]) for left, right in model["merges"]])
            whole = json.loads(tokenizer.to_json()) == json.loads(content)
        except (ValueError, KeyError, TypeError, HomespunError) as error:
            raise HomespunError(f"{source} is damaged or no tokenizer of this project: {error}") from error
        if not whole:
            raise HomespunError(f"{source} is damaged or was not made by this project")
        return tokenizer

    def save(self, path: str | Path) -> None:
        """Writes tokenizer.json to `path`, whole or not at all."""
        atomic_write(Path(path), self.to_json())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads what `save` wrote; HomespunError if the file is missing or damaged."""
        return cls.from_json(read_text(path), str(path))


def read_text(path: str | Path) -> str:
    """Reads a tokenizer file; HomespunError, in one line, if it can't be read."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise HomespunError(f"the tokenizer {path} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise HomespunError(f"{path} is damaged: it is not UTF-8 text") from error
