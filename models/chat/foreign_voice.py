"""How a foreign checkpoint converses: its tokenizer.json, its chat template, its ends.

Text and tokens go by tokenizer.json alone, which the grammars see too, so they can't disagree.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homespun.errors import UsageError
from models.chat.foreign_rows import CLOSING, MARKER, ForeignRows
from models.chat.foreign_template import ForeignTemplate
from models.chat.foreign_texts import ForeignTexts
from models.chat.weights import Voice
from models.interop.files import read_json, read_text
from models.tokenizers.special import byte_alphabet, from_printable


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
    texts = ForeignTexts(text, folder, template.source)
    rows = ForeignRows(template)
    ends = _ends(folder, texts.number(template.end))
    begin, end = texts.number(MARKER), texts.number(CLOSING)

    def render(messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None) -> list[int]:
        return texts.encode_around(rows.write(texts.hide_in_rows(messages), texts.hide_in_tools(tools)))

    voice = Voice(
        render=render,
        encode=texts.encode,
        token_bytes=_token_bytes(json.loads(text), folder),
        stop_ids=frozenset(ends),
        call_token=begin,
        call_marker=MARKER if begin is None else None,
        call_opening=(f'"{MARKER}" ' if begin is None else f"<[{begin}]> ") + r'"\n"',
        call_closing=r'"\n" ' + (f'"{CLOSING}"' if end is None else f"<[{end}]>"),
        text_tokens=tuple(number for number in texts.named if number not in {begin, end, *ends}),
    )
    return voice, ForeignTokenizer(text, ends[0])


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
