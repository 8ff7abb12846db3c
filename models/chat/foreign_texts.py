"""Text to ids by a checkpoint's tokenizer.json, where nobody's text can forge a conversation's structure.

Special tokens, and those that the chat template itself writes, are hidden from the template where somebody
only spells them out in a text, and come out as characters. What the model itself said may hold tokens that
aren't special, such as Qwen's `<tool_call>`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from homespun.errors import CorruptWeights

# Characters of Unicode's private use stand for hidden tokens, by their numbers.
_HIDDEN = re.compile("\ue000([0-9]+)\ue001")
_TAG = re.compile(r"<.*>|\[.*\]")


class ForeignTexts:
    """A tokenizer.

    Attributes:
        named: Ids of tokens with a name of their own that aren't special, such as Qwen's `<think>`.

    Args:
        text: The content of tokenizer.json.
        folder: Where it lies, for messages.
        template: The source of the chat template.

    Raises:
        CorruptWeights: It's damaged.
    """

    def __init__(self, text: str, folder: Path, template: str = "") -> None:
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
        tags = {
            number: token.content
            for number, token in added.items()
            if not token.special and _TAG.fullmatch(token.content)
        }
        self.named = sorted(tags)
        special = [token.content for token in added.values() if token.special]
        self._tokens = special + [name for name in tags.values() if name in template]
        self._special, self._any = _any_of(special), _any_of(self._tokens)

    def number(self, token: str | None) -> int | None:
        """The id of a token, if it's known."""
        found: int | None = None if token is None else self._structure.token_to_id(token)
        return found

    def encode(self, text: str) -> list[int]:
        """Ids of ordinary text."""
        return list(self._plain.encode(text, add_special_tokens=False).ids)

    def hide_in_rows(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Messages for a template to write: `encode_around` takes what it writes."""
        return [self._hide(row, self._special if row["role"] == "assistant" else self._any) for row in rows]

    def hide_in_tools(self, tools: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]] | None:
        """The same for tools."""
        return None if tools is None else [self._hide(tool, self._any) for tool in tools]

    def encode_around(self, written: str) -> list[int]:
        """Ids of what a template wrote: its own special tokens are tokens, the hidden ones are characters."""
        ids: list[int] = []
        for place, part in enumerate(_HIDDEN.split(written)):
            if place % 2 == 0:
                ids += self._structure.encode(part, add_special_tokens=False).ids
            elif int(part) < len(self._tokens):
                name = self._tokens[int(part)]
                ids += self.encode(name[:1]) + self.encode(name[1:])  # in two parts, it's no token
        return ids

    def _hide(self, value: Any, tokens: re.Pattern[str] | None) -> Any:
        if isinstance(value, str):
            return value if tokens is None else tokens.sub(self._stand_in, value)
        if isinstance(value, Mapping):
            return {key: self._hide(inner, tokens) for key, inner in value.items()}
        if isinstance(value, Sequence):
            return [self._hide(inner, tokens) for inner in value]
        return value

    def _stand_in(self, match: re.Match[str]) -> str:
        return f"\ue000{self._tokens.index(match[0])}\ue001"


def _any_of(names: Sequence[str]) -> re.Pattern[str] | None:
    longest = sorted(filter(None, names), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest))) if longest else None
