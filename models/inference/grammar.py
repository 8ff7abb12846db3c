"""Grammar-constrained decoding over llguidance: which tokens may come next, and which must.

A `Grammar` is a description that is checked when it is made; it knows no tokenizer. A `GrammarVocabulary` is
a tokenizer as llguidance sees it, built once and shared. A `GrammarState` follows one output: the engine asks
it for the allowed tokens, tells it the chosen one, and takes from it the tokens that are forced (most of a
tool call), which need no choice and go through the network in one pass. JSON is written without whitespace.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from llguidance import LLMatcher, LLTokenizer
from numpy.typing import NDArray

from homespun.errors import HomespunError, UsageError

_COMPACT = {"whitespace_flexible": False}


@dataclass(frozen=True)
class Grammar:
    """What an output must look like.

    Attributes:
        definition: llguidance's own form of the grammar.
    """

    definition: str

    @classmethod
    def from_json_schema(cls, schema: Mapping[str, Any] | str) -> Grammar:
        """Compact JSON that satisfies a schema (Draft 2020-12, as far as llguidance enforces it).

        Unbounded parts can run to the token limit: see `models.inference.schema.bounded`.

        Raises:
            UsageError: If the schema is malformed, cannot be satisfied, or has keywords that cannot be
                enforced while writing; the message names them.
        """
        text = schema if isinstance(schema, str) else json.dumps(schema)
        try:
            definition = LLMatcher.grammar_from_json_schema(text, overrides=_COMPACT)
        except ValueError as error:
            raise UsageError(f"this is no JSON schema: {error}") from error
        return cls._checked(definition, "JSON schema")

    @classmethod
    def from_lark(cls, text: str) -> Grammar:
        r"""A grammar in llguidance's Lark dialect; special tokens stand bare, as in `start: <|call|> …`.

        JSON inside goes through `embedded`, which writes a `%json` rule without whitespace. Call or text:
        `"start: <|call|> call | text\ncall: " + embedded(schema) + "\ntext: /(.|\\n)+/"`.

        Raises:
            UsageError: If the grammar is malformed.
        """
        return cls._checked(LLMatcher.grammar_from_lark(text), "Lark grammar")

    @classmethod
    def from_regex(cls, pattern: str) -> Grammar:
        """Text that matches a regular expression (Rust syntax, without look-around) from end to end.

        Raises:
            UsageError: If the expression is malformed.
        """
        return cls._checked(LLMatcher.grammar_from_regex(pattern), "regular expression")

    @classmethod
    def _checked(cls, definition: str, kind: str) -> Grammar:
        failed, messages = LLMatcher.validate_grammar_with_warnings(definition)
        if failed:
            raise UsageError(_explain(messages[0], kind))
        return cls(definition)


def embedded(schema: Mapping[str, Any]) -> str:
    """A JSON schema as a `%json` rule for a Lark grammar, compact like `Grammar.from_json_schema`."""
    return "%json " + json.dumps({**schema, "x-guidance": _COMPACT})


def _explain(message: str, kind: str) -> str:
    unknown = re.search(r"Unimplemented keys: \[(.*?)\]", message)
    if unknown:
        names = unknown.group(1).replace('"', "")
        return (
            f"the {kind} uses what cannot be enforced while writing ({names}): leave it out, check afterwards"
        )
    return f"the {kind} cannot be used: {message}"


class GrammarVocabulary:
    """A tokenizer as llguidance needs it."""

    def __init__(self, tokenizer_json: str, vocab_size: int, end: int) -> None:
        """Build llguidance's view of a tokenizer (milliseconds for a few thousand tokens).

        Args:
            tokenizer_json: Content of tokenizer.json.
            vocab_size: Number of logits of the model; it may exceed the tokenizer's vocabulary.
            end: The token that ends an output.

        Raises:
            UsageError: If tokens can't be told as bytes: byte-level vocabularies and those that fall back to
                bytes can.
        """
        self.size = vocab_size
        try:
            self.tokenizer = LLTokenizer(tokenizer_json, n_vocab=vocab_size, eos_token=end)
        except ValueError as error:
            reason = str(error).partition("(")[0].strip()
            raise UsageError(f"grammars can't follow this tokenizer ({reason}): use another model") from error
        self.end = end


class GrammarState:
    """How far one output has come in its grammar."""

    def __init__(self, grammar: Grammar, vocabulary: GrammarVocabulary, stop_ids: Iterable[int] = ()) -> None:
        """Stand at the beginning.

        Args:
            grammar: What the output must look like.
            vocabulary: The model's tokens.
            stop_ids: Tokens that end the output; allowed exactly where the grammar is satisfied.

        Raises:
            UsageError: If the grammar does not fit the vocabulary (say, names a special token that it lacks).
        """
        self._vocabulary = vocabulary
        self._stop = np.array(sorted(stop_ids), dtype=np.int64)
        self._matcher = LLMatcher(vocabulary.tokenizer, grammar.definition, log_level=0)
        if self._matcher.is_error():
            raise UsageError(_explain(self._matcher.get_error(), "grammar"))

    @property
    def satisfied(self) -> bool:
        """Whether the output may end here."""
        return bool(self._matcher.is_accepting())

    @property
    def finished(self) -> bool:
        """Whether the output must end here: it satisfies the grammar and nothing can follow."""
        return bool(self._matcher.is_stopped()) and not self._matcher.is_error()

    def allowed(self) -> NDArray[np.bool_]:
        """Which tokens may come next `[vocab]`; the stop tokens exactly where the output may end.

        Raises:
            HomespunError: If the grammar's limits on its own complexity are exceeded.
        """
        packed = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        self._check()
        bits = np.unpackbits(packed, count=self._vocabulary.size, bitorder="little")
        mask = bits.view(np.bool_)
        # llguidance ends with its own token only, and only where the parser accepts; a request may name
        # others, or none. A stop token that the grammar itself asks for here stays allowed.
        if self.satisfied:
            mask[self._vocabulary.end] = False
            mask[self._stop] = True
        return mask

    def accept(self, token: int) -> None:
        """Go on by one token, drawn or forced.

        Raises:
            HomespunError: If the grammar does not allow the token here.
        """
        if not self._matcher.consume_token(token):
            self._check()
            raise HomespunError(f"the grammar does not allow token {token} here")

    def forced(self) -> list[int]:
        """The tokens that must come next, as far as there is no choice; they still have to be accepted."""
        return list(self._matcher.compute_ff_tokens())

    def _check(self) -> None:
        if self._matcher.is_error():
            # The first line says what happened; the rest is the parser's state.
            reason = self._matcher.get_error().partition("\n")[0]
            raise HomespunError(f"constrained decoding failed: {reason}")
