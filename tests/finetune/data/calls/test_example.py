"""An example refuses what no trainer could use."""

import pytest

from finetune.data.calls.example import Argument, CallExample, Turn
from homespun.errors import UsageError

TOOL = {
    "name": "find",
    "description": "",
    "parameters": {"type": "object", "properties": {"city": {}, "day": {}}},
}
TURNS = (Turn("user", "in Rome"),)


def test_an_unsure_parameter_has_no_value() -> None:
    rome = {"city": Argument("Rome", ((0, 3, 7),))}
    assert CallExample("made", TURNS, (TOOL,), "find", rome, unsure=frozenset({"day"})).unsure == {"day"}
    with pytest.raises(UsageError, match="city can't be unsure"):
        CallExample("made", TURNS, (TOOL,), "find", rome, unsure=frozenset({"city"}))


def test_an_unsure_parameter_is_the_tools() -> None:
    with pytest.raises(UsageError, match="hour can't be unsure"):
        CallExample("made", TURNS, (TOOL,), "find", unsure=frozenset({"hour"}))
    with pytest.raises(UsageError, match="day can't be unsure"):
        CallExample("made", TURNS, (TOOL,), None, unsure=frozenset({"day"}))
