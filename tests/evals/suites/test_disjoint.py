"""Nothing that suites ask or tell in conversations was in training's generated conversations.

Training's patterns are small grammars (`[a|b]`, `{slot}`), so they aren't sampled but searched: every run of
five words that they can produce, and every text that they can be.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import finetune.data.conversations as training
from evals.suite import Source
from evals.suites import SUITES
from evals.suites.chat_memory.phrasebook import kinds, small_talk, values
from evals.suites.first_contact.prompts import prompts
from evals.suites.long_memory.people import lines as later_lines
from finetune.data.conversations.grammar import _parse
from finetune.data.conversations.words import lexicon, read_pattern_file

FOLDER = Path(training.__file__).parent
RUN = 5
# Lists of training that aren't values: parts of invented words, and words to be spelled.
PARTS = {"onset", "vowel", "coda", "spelling", "num"}
# What everybody says first; no suite of first contact could leave it out.
UNAVOIDABLE = {"hello", "Good morning!", "Thanks", "bye"}
SLOT = "\0"
# Slots that only code fills: sums.
NUMBERS = {"a": r"\d+", "b": r"\d+", "op": "(?:plus|minus|times|x)", "n": r"(?:\d+|[a-z]{3,5})"}


def _patterns() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every pattern of training with the keys that its ``{k}`` may be."""
    for path in sorted((FOLDER / "patterns").glob("*.txt")):
        if path.stem == "words":
            continue
        lines = read_pattern_file(path.stem)
        for at, line in enumerate(lines):
            keys: tuple[str, ...] = ()
            if path.stem == "relations":
                table = next((later for later in lines[at:] if " = " in later), "")
                keys = tuple(pair.split(" = ")[0].strip() for pair in table.split(","))
            if " = " not in line and not line.startswith(("==", "--", "-?")):
                yield line, keys
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                yield node.value, ()


@cache
def _parsed() -> tuple[tuple[str, Any, tuple[str, ...]], ...]:
    found = []
    for line, keys in _patterns():
        try:
            found.append((line, _parse(line), keys))
        except ValueError:
            continue  # a regular expression or a docstring
    return tuple(found)


def _words(text: str) -> list[str]:
    text = re.sub(r"\{[^}]*\}", f" {SLOT} ", text.lower().replace("’", "'"))
    return re.findall(rf"[\w']+|{SLOT}", text)


def _edges(parts: Any) -> tuple[list[list[tuple[str, int]]], int]:
    """A pattern as a graph whose edges carry text; edges without text join the ends of alternatives."""
    graph: list[list[tuple[str, int]]] = [[]]

    def add(content: Any, start: int) -> int:
        for kind, inner in content:
            if kind == "pick":
                graph.append([])
                end = len(graph) - 1
                for option in inner:
                    last = add(option, start)
                    graph[last].append(("", end))
            else:
                graph.append([])
                end = len(graph) - 1
                graph[start].append((f" {SLOT} " if kind == "slot" else inner.lower(), end))
            start = end
        return start

    return graph, add(parts, 0)


Tree = dict[str, Any]


def _shared(parts: Any, tree: Tree) -> set[str]:
    """The runs of words of `tree` that a pattern can produce."""
    graph, _ = _edges(parts)
    found: set[str] = set()
    # (node, edge's rest, letters of the word begun, place in the tree, words so far)
    stack: list[tuple[int, str, str, Tree, tuple[str, ...]]] = []
    for edges in graph:
        for text, after in edges:
            for at in range(len(text)):
                if _inner(text[at]) and (at == 0 or not _inner(text[at - 1])):
                    stack.append((after, text[at:], "", tree, ()))
    seen = set()
    while stack:
        state = stack.pop()
        node, rest, word, place, run = state
        key = (node, rest, word, run)
        if key in seen:
            continue
        seen.add(key)
        for char in rest:
            if _inner(char):
                word += char
                continue
            if word:
                if word not in place:
                    break
                place, run, word = place[word], (*run, word), ""
                if len(run) == RUN:
                    found.add(" ".join(run))
                    break
        else:
            if graph[node]:
                stack += [(after, text, word, place, run) for text, after in graph[node]]
            elif word in place and len(run) == RUN - 1:
                found.add(" ".join((*run, word)))
    return found


def _inner(char: str) -> bool:
    return char.isalnum() or char in "'_" or char == SLOT


def _tree(lines: list[str]) -> Tree:
    tree: Tree = {}
    for line in lines:
        words = _words(line)
        for at in range(len(words) - RUN + 1):
            place = tree
            for word in words[at : at + RUN]:
                place = place.setdefault(word, {})
    return tree


def _lines() -> list[str]:
    told: list[str] = []
    for kind in kinds().values():
        told += (*kind.tell_plain, *kind.tell, *kind.ask_plain, *kind.ask, *kind.other, *kind.fix)
    for later in later_lines().values():
        told += (*later.change, *later.ask)
    return [*told, *small_talk()]


def test_the_search_finds_what_a_grammar_can_say() -> None:
    parts = _parse("[What|Which] [town|city {x}] do I live in[| now]?")
    found = _shared(parts, _tree(["which city {y} do i, which town do i live in now"]))
    assert found == {
        f"which city {SLOT} do i",
        "which town do i live",
        "town do i live in",
        "do i live in now",
    }
    assert not _shared(parts, _tree(["what town city do i", "do we live in now"]))


def test_dialogues_share_no_run_of_five_words_with_training() -> None:
    tree = _tree(_lines())
    shared = set().union(*(_shared(parts, tree) for _, parts, _ in _parsed()))
    assert not shared, sorted(shared)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


@pytest.mark.parametrize(
    "suite", ["answers", "judge", "latency", "lm", "reading", "recorded", "retrieval", "safety", "tools"]
)
def test_built_in_samples_share_no_run_of_five_words_with_training(suite: str) -> None:
    tree = _tree([text for sample in SUITES[suite].samples(Source()) for text in _texts(sample.input)])
    shared = set().union(*(_shared(parts, tree) for _, parts, _ in _parsed()))
    assert not shared, sorted(shared)


def test_there_are_patterns_to_compare_with() -> None:
    assert len(_parsed()) > 1500
    # A phrase that training has is found by the same search.
    assert any(
        _shared(parts, _tree(["do you remember what my job is", "the capital of {k} is {v}"]))
        for _, parts, _ in _parsed()
    )


def test_dialogues_share_no_value_with_training() -> None:
    ours = {value.casefold() for held in values().values() for value in held}
    ours |= {value.removeprefix("the ") for value in ours} | {value.removeprefix("my ") for value in ours}
    theirs = {value.casefold() for name, held in lexicon().items() if name not in PARTS for value in held}
    assert not ours & theirs


def test_dialogues_have_many_ways_to_tell_and_to_ask() -> None:
    for kind in kinds().values():
        assert len(set(kind.tell_plain)) >= 6, kind.name
        assert len(set(kind.ask_plain)) >= 6, kind.name
        assert len(set(kind.tell)) >= 8, kind.name
        assert len(set(kind.ask)) >= 8, kind.name
        assert len(kind.other) >= 3, kind.name
        assert len(kind.fix) >= 3, kind.name
    assert len(small_talk()) >= 60


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _expression(parts: Any, keys: tuple[str, ...]) -> str:
    """A regular expression of all texts of a pattern, blanks and punctuation left out.

    Slots stand for what may fill them.
    """
    out = ""
    for kind, inner in parts:
        if kind == "text":
            out += re.escape(_plain(inner))
        elif kind == "pick":
            out += "(?:" + "|".join(_expression(option, keys) for option in inner) + ")"
        else:
            name = inner.rpartition(":")[2]
            known = keys if name == "k" and keys else lexicon().get(name.rstrip("0123456789"), ())
            out += (
                "(?:" + "|".join(re.escape(_plain(value)) for value in known) + ")"
                if known
                else NUMBERS.get(name, ".{1,16}")
            )
    return out


@cache
def _expressions() -> tuple[tuple[str, re.Pattern[str]], ...]:
    found = []
    for line, parts, keys in _parsed():
        expression = _expression(parts, keys)
        if len(_plain(re.sub(r"\{[^}]*\}", "", line))) >= 4:
            found.append((line, re.compile(expression)))
    return tuple(found)


def _equal(parts: Any, tree: Tree) -> bool:
    """Whether a pattern can be one of the lines of `tree`, which end in a line break."""
    graph, end = _edges(parts)
    stack: list[tuple[int, str, str, Tree]] = [(0, "", "", tree)]
    while stack:
        node, rest, word, place = stack.pop()
        for char in rest:
            if _inner(char):
                word += char
            elif word:
                if word not in place:
                    break
                place, word = place[word], ""
        else:
            if node == end and "\n" in (place.get(word, {}) if word else place):
                return True
            stack += [(after, text, word, place) for text, after in graph[node]]
    return False


def test_no_line_of_a_dialogue_is_a_pattern_of_training() -> None:
    tree: Tree = {}
    for line in _lines():
        place = tree
        for word in (*_words(line), "\n"):
            place = place.setdefault(word, {})
    assert not [line for line, parts, _ in _parsed() if len(_plain(line)) > 3 and _equal(parts, tree)]
    assert _equal(_parse("[I think |]my {k} is[ really|] {v}."), {"my": {SLOT: {"is": {SLOT: {"\n": {}}}}}})


def _trained(text: str) -> str | None:
    plain = _plain(text)
    return next((line for line, expression in _expressions() if plain and expression.fullmatch(plain)), None)


@pytest.mark.parametrize(
    "text", ["Hello, nice to meet you", "What is the capital of France?", "How are you today"]
)
def test_what_training_says_is_recognised(text: str) -> None:
    assert _trained(text)


def test_prompts_of_first_contact_are_not_patterns_of_training() -> None:
    equal = {prompt.text: _trained(prompt.text) for prompt in prompts()}
    assert {text for text, line in equal.items() if line} == UNAVOIDABLE, equal
