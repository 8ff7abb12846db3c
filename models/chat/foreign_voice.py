"""How a foreign checkpoint converses: its tokenizer.json, its chat template, its ends.

Special tokens that are spelt out in what somebody says are characters: they're hidden from the template and
the tokenizer, so no text can forge structure. Text and tokens go by tokenizer.json alone, which the grammars
see too, so they can't disagree.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homespun.errors import CorruptWeights, UsageError
from models.chat.foreign_rows import MARKER, ForeignRows
from models.chat.foreign_template import ForeignTemplate
from models.chat.weights import Voice
from models.interop.files import read_json, read_text
from models.tokenizers.special import byte_alphabet, from_printable

_OPENING, _CLOSING = r'"<tool_call>\n"', r'"\n</tool_call>"'
# Characters of Unicode's private use stand for hidden tokens, by their numbers.
_HIDDEN = re.compile("\ue000([0-9]+)\ue001")


@dataclass(frozen=True)
class ForeignTokenizer:
    """A tokenizer.json as the engine's grammars need it; `end` ends an output."""

    json: str
    end: int

    def special(self, name: str) -> int:  # noqa: ARG002 (the only one that is asked for)
        """The token that ends an output."""
        return self.end


def foreign_voice(folder: Path) -> tuple[Voice, ForeignTokenizer]:
    """Read how the checkpoint in a folder converses.

    Raises:
        UsageError: It has no chat template, names no token that ends an answer, or its tokenizer is of an
            unknown kind.
        CorruptWeights: A file is damaged.
    """
    text = read_text(folder / "tokenizer.json")
    template = ForeignTemplate(folder)
    texts = _Texts(text, folder)
    rows = ForeignRows(template)
    ends = _ends(folder, texts.number(template.end))

    def render(messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None) -> list[int]:
        return texts.encode_around(rows.write(texts.hide(messages), texts.hide(tools)))

    voice = Voice(
        render=render,
        encode=texts.encode,
        token_bytes=_token_bytes(json.loads(text), folder),
        stop_ids=frozenset(ends),
        call_marker=MARKER,
        call_opening=_OPENING,
        call_closing=_CLOSING,
    )
    return voice, ForeignTokenizer(text, ends[0])


class _Texts:
    """Text to ids, with and without special tokens."""

    def __init__(self, text: str, folder: Path) -> None:
        from tokenizers import Tokenizer

        try:
            self._structure, self._plain = (Tokenizer.from_str(text) for _ in range(2))
        except Exception as error:  # the runtime raises bare Exception
            raise CorruptWeights(f"{folder / 'tokenizer.json'} is damaged: copy the folder again") from error
        for runtime in (self._structure, self._plain):
            runtime.no_truncation()
            runtime.no_padding()
        self._plain.encode_special_tokens = True
        added = self._structure.get_added_tokens_decoder()
        self._special = [token.content for token in added.values() if token.special]
        longest = sorted(self._special, key=len, reverse=True)
        self._spelt = re.compile("|".join(map(re.escape, longest))) if longest else None

    def number(self, token: str | None) -> int | None:
        """The id of a token, if it's known."""
        found: int | None = None if token is None else self._structure.token_to_id(token)
        return found

    def encode(self, text: str) -> list[int]:
        """Ids of ordinary text."""
        return list(self._plain.encode(text, add_special_tokens=False).ids)

    def hide(self, value: Any) -> Any:
        """The same rows or tools, with special tokens in their texts hidden."""
        if isinstance(value, str):
            return value if self._spelt is None else self._spelt.sub(self._number, value)
        if isinstance(value, Mapping):
            return {key: self.hide(inner) for key, inner in value.items()}
        if isinstance(value, Sequence):
            return [self.hide(inner) for inner in value]
        return value

    def encode_around(self, written: str) -> list[int]:
        """Ids of what a template wrote: its special tokens are tokens, the hidden ones are characters."""
        ids: list[int] = []
        for place, part in enumerate(_HIDDEN.split(written)):
            if place % 2 == 0:
                ids += self._structure.encode(part, add_special_tokens=False).ids
            elif int(part) < len(self._special):
                ids += self.encode(self._special[int(part)])
        return ids

    def _number(self, match: re.Match[str]) -> str:
        return f"\ue000{self._special.index(match[0])}\ue001"


def _ends(folder: Path, known: int | None) -> list[int]:
    found: list[int] = [] if known is None else [known]
    for name in ("generation_config.json", "config.json"):
        value = read_json(folder / name).get("eos_token_id")
        found += value if isinstance(value, list) else [] if value is None else [value]
    if not found:
        raise UsageError(f"{folder} names no eos_token_id, so its answers would never end")
    return list(dict.fromkeys(found))


def _token_bytes(description: Mapping[str, Any], folder: Path) -> Callable[[int], bytes]:
    """What tokens stand for: byte-level (GPT-2) or SentencePiece-like vocabularies."""
    model = description["model"]
    vocabulary = model.get("vocab")
    if isinstance(vocabulary, list):  # Unigram: tokens with their scores, in order
        vocabulary = {row[0]: number for number, row in enumerate(vocabulary)}
    if not isinstance(vocabulary, dict) or model.get("type", "BPE") not in ("BPE", "Unigram"):
        raise UsageError(
            f"{folder / 'tokenizer.json'} is of the kind {model.get('type')!r}: BPE and Unigram can be used"
        )
    added = {row["id"]: row for row in description.get("added_tokens", ())}
    byte_level = "ByteLevel" in json.dumps([description.get("decoder"), description.get("pre_tokenizer")])
    alphabet = set(byte_alphabet())

    def spell(token: str) -> bytes:
        if byte_level and set(token) <= alphabet:
            return from_printable(token)
        if token.startswith("<0x") and token.endswith(">") and len(token) == 6:
            return bytes([int(token[3:5], 16)])
        return token.replace("\u2581", " ").encode()

    table = {number: spell(token) for token, number in vocabulary.items()}
    table |= {number: b"" if row["special"] else row["content"].encode() for number, row in added.items()}
    # The net may have more rows than the tokenizer has tokens.
    return lambda token: table.get(token, b"")
