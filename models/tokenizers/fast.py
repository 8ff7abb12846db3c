"""The tokenizer of hot paths: the same ids as `BPETokenizer`, computed by the Rust `tokenizers` runtime.

Contract: `encode`, `decode`, `token_bytes` and `special` equal those of `BPETokenizer` on the same
tokenizer.json; ordinary text never yields a special id. Safe to share between threads. It reads any
byte-level tokenizer.json that begins with this project's special tokens; it does not train.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from homespun.errors import HomespunError, UsageError
from models.tokenizers import special
from models.tokenizers.bpe import read_text
from models.tokenizers.special import BYTE_OFFSET, SPECIALS


class Tokenizer:
    """Encodes and decodes with the Rust runtime; made by `Tokenizer.load(path)` or `.from_json(text)`.

    Args:
        json: the content of tokenizer.json.
        source: what error messages call it.

    Raises:
        HomespunError: if `json` is damaged or not a byte-level vocabulary with this project's special tokens.
    """

    def __init__(self, json: str, source: str = "tokenizer.json") -> None:
        import tokenizers

        self.json = json
        try:
            runtime: Any = tokenizers.Tokenizer.from_str(json)
        except Exception as error:  # the runtime raises bare Exception
            raise HomespunError(f"{source} is damaged or no tokenizer: {error}") from error
        # Text that a person wrote must not be able to end a message or start a system prompt.
        runtime.encode_special_tokens = True
        runtime.no_truncation()
        runtime.no_padding()
        self._runtime = runtime
        self.vocab_size: int = runtime.get_vocab_size(with_added_tokens=True)
        names = [runtime.id_to_token(token) for token in range(self.vocab_size)]
        if tuple(names[:BYTE_OFFSET]) != SPECIALS:
            raise HomespunError(f"{source} does not begin with this project's special tokens")
        try:
            texts = [special.from_printable(name) for name in names[BYTE_OFFSET:]]
        except (KeyError, TypeError) as error:
            raise HomespunError(f"{source} holds a token that is not made of bytes: {error}") from error
        self._bytes = [b""] * BYTE_OFFSET + texts

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads a tokenizer.json; HomespunError if it is missing or damaged."""
        return cls(read_text(path), str(path))

    @classmethod
    def from_json(cls, json: str) -> Self:
        """Makes a tokenizer from the content of a tokenizer.json."""
        return cls(json)

    def special(self, name: str) -> int:
        """Returns the id of a special token, named `"<|end|>"` or `"end"`; UsageError if there is none."""
        return special.special_id(name)

    def token_bytes(self, token: int) -> bytes:
        """Returns the bytes that a token stands for; a special token stands for none."""
        self._check((token,))
        return self._bytes[token]

    def encode(self, text: str) -> list[int]:
        """Turns ordinary text into ids; what looks like a special token is encoded as its characters."""
        ids: list[int] = self._runtime.encode(special.well_formed(text), add_special_tokens=False).ids
        return ids

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """Encodes many texts, on all cores."""
        clean = [special.well_formed(text) for text in texts]
        return [found.ids for found in self._runtime.encode_batch_fast(clean, add_special_tokens=False)]

    def decode(self, ids: Iterable[int], skip_special: bool = True) -> str:
        """Turns ids into text; bytes that are no UTF-8 become U+FFFD.

        Raises:
            UsageError: if an id is outside the vocabulary.
        """
        tokens = list(ids)
        self._check(tokens)
        if not skip_special:
            pieces = [self._bytes[token] or SPECIALS[token].encode() for token in tokens]
        else:
            pieces = [self._bytes[token] for token in tokens]
        return b"".join(pieces).decode("utf-8", "replace")

    def _check(self, tokens: Sequence[int]) -> None:
        if tokens and not (min(tokens) >= 0 and max(tokens) < self.vocab_size):
            wrong = next(token for token in tokens if not 0 <= token < self.vocab_size)
            raise UsageError(f"token id {wrong} is outside the vocabulary of {self.vocab_size} tokens")
