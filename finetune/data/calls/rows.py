"""Examples of tool calling as rows for the encoder: for `fill` one a parameter, for `choose` one a tool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from finetune.adapting.losses import LISTS, OPTIONS, SPANS
from finetune.adapting.rows import Mark, Row
from finetune.data.calls.example import CallExample
from models.encoders import parameters as asked
from models.encoders.windows import Layout, Pieces, Window

_KINDS = {asked.SPAN: SPANS, asked.OPTIONS: OPTIONS, asked.LIST: LISTS}


def fill_units(examples: Iterable[CallExample], layout: Layout) -> Iterator[list[Row]]:
    """One row for each parameter of the tool that is called, each a unit of its own.

    Left out are parameters of which nothing sure is known, objects, and copied values that don't stand in
    the window that is read.
    """
    for one in examples:
        if one.tool is None:
            continue
        told = asked.conversation([(turn.role, turn.text) for turn in one.turns])
        second = layout.pieces([told.text])[0]
        functions = {str(function["name"]): function for function in one.tools}
        for parameter in asked.parameters(functions[one.tool]):
            if parameter.name in one.unsure or parameter.type == "object":
                continue
            argument = one.arguments.get(parameter.name)
            words = asked.question(parameter)
            first = layout.pieces([words.text])[0]
            windows = layout.windows(first, second)
            kind = _KINDS[parameter.way]
            if argument is None:
                marks = _options(words, first, layout, None) if kind == OPTIONS else {}
                yield [Row(windows[-1].ids, windows[-1].second, marks, kind)]
            elif kind == OPTIONS:
                at = next((n for n, option in enumerate(parameter.options) if option == argument.value), None)
                if at is not None:
                    marks = _options(words, first, layout, at)
                    yield [Row(windows[-1].ids, windows[-1].second, marks, kind)]
            else:
                places = [(told.starts[t] + start, told.starts[t] + end) for t, start, end in argument.places]
                row = _marked(windows, second, places, kind)
                if row is not None:
                    yield [row]


def choose_units(examples: Iterable[CallExample], layout: Layout, most: int) -> Iterator[list[Row]]:
    """For each example one unit: a row for each tool on offer, the right one marked; at most `most` tools."""
    for one in examples:
        told = asked.conversation([(turn.role, turn.text) for turn in one.turns])
        tools: list[Mapping[str, Any]] = list(one.tools)
        if len(tools) > most:
            right = [tool for tool in tools if tool["name"] == one.tool]
            tools = (right + [tool for tool in tools if tool["name"] != one.tool])[:most]
        pieces = layout.pieces([told.text, *map(asked.tool_text, tools)])
        unit = []
        for tool, first in zip(tools, pieces[1:], strict=True):
            window = layout.windows(first, pieces[0])[-1]
            right_one = Mark.RIGHT if tool["name"] == one.tool else Mark.NONE
            unit.append(Row(window.ids, window.second, {0: Mark.OPTION | right_one}))
        if unit:
            yield unit


def _options(words: asked.Question, first: Pieces, layout: Layout, right: int | None) -> dict[int, Mark]:
    """Marks on the first token of each option that is not cut off."""
    marks: dict[int, Mark] = {}
    for number, begin in enumerate(words.options):
        tokens = first.tokens(begin, begin + 1)
        if tokens is not None and tokens[0] < layout.most_first:
            marks[1 + tokens[0]] = Mark.OPTION | (Mark.RIGHT if number == right else Mark.NONE)
    return marks


def _marked(windows: list[Window], second: Pieces, places: list[tuple[int, int]], kind: int) -> Row | None:
    tokens = []
    for start, end in places:
        found = second.tokens(start, end)
        if found is None:
            return None
        tokens.append(found)
    for window in reversed(windows):
        stop = window.first_piece + window.pieces
        held = [(a, b) for a, b in tokens if window.first_piece <= a and b < stop]
        if held and (kind == SPANS or len(held) == len(tokens)):
            offset = window.second - window.first_piece
            marks: dict[int, Mark] = {}
            for a, b in held:
                for place in range(a, b + 1):
                    marks[place + offset] = marks.get(place + offset, Mark.NONE) | Mark.INSIDE
                marks[a + offset] |= Mark.START
                marks[b + offset] |= Mark.END
            return Row(window.ids, window.second, marks, kind)
    return None
