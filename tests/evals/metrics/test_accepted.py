from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.accepted import optional, standard, value_fault

TYPE, ITEM, VALUE = "wrong_type", "wrong_item_type", "wrong_value"


def of(kind: str, items: str | None = None) -> dict[str, Any]:
    return {"type": kind, **({"items": {"type": items}} if items else {})}


RULES: list[tuple[str, dict[str, Any], list[Any], Any, str | None]] = [
    # strings
    ("a string is itself", of("string"), ["Oslo"], "Oslo", None),
    ("case doesn't matter", of("string"), ["Oslo"], "OSLO", None),
    ("nor do blanks, commas and points", of("string"), ["April 1, 2024"], "april 1 2024", None),
    ("nor slashes, hyphens, underscores, stars and carets", of("string"), ["a/b-c_d*e^f"], "abcdef", None),
    ("single quotes are double ones", of("string"), ["it's"], 'it"s', None),
    ("other signs count", of("string"), ["a:b"], "ab", VALUE),
    ("another string is wrong", of("string"), ["Oslo"], "Bergen", VALUE),
    ("any of several will do", of("string"), ["NYC", "New York"], "new-york", None),
    ("a number isn't a string", of("string"), ["5"], 5, TYPE),
    ("nothing isn't a string", of("string"), ["x"], None, TYPE),
    ("an empty string is given where it may be left out", of("string"), ["x", ""], "", None),
    ("any is a string", of("any"), ["x"], "X", None),
    ("any is no number", of("any"), ["5"], 5, TYPE),
    # numbers
    ("an integer is itself", of("integer"), [3], 3, None),
    ("another integer is wrong", of("integer"), [3], 4, VALUE),
    ("a whole float is no integer", of("integer"), [3], 3.0, TYPE),
    ("a string of digits is no integer", of("integer"), [3], "3", TYPE),
    ("True is no integer", of("integer"), [1], True, TYPE),
    ("a whole number will do for a float", of("float"), [3.0], 3, None),
    ("also by JSON Schema's name of it", of("number"), [3.0], 3, None),
    ("a float must be equal", of("float"), [0.1], 0.1000001, VALUE),
    ("True is no float", of("float"), [1.0], True, TYPE),
    ("an integer too large for a float is wrong", of("float"), [1.0], 10**400, TYPE),
    # booleans
    ("a boolean is itself", of("boolean"), [True], True, None),
    ("the other boolean is wrong", of("boolean"), [True], False, VALUE),
    ("1 is no boolean", of("boolean"), [True], 1, TYPE),
    ("'true' is no boolean", of("boolean"), [True], "true", TYPE),
    # variables
    ("a value of the truth's own type is a variable", of("integer"), ["n"], "n", None),
    ("a variable must be spelt exactly", of("integer"), ["count"], "Count", VALUE),
    ("a variable for an array", of("array", "integer"), ["numbers"], "numbers", None),
    ("None where the truth says None", of("integer"), [None], None, None),
    ("where the truth is a variable, values must be equal", of("string"), [None, "Oslo"], "oslo", VALUE),
    ("the first type in the truth is the variable's", of("integer"), ["", "n"], "n", None),
    # arrays
    ("a list is itself", of("array", "integer"), [[1, 2]], [1, 2], None),
    ("order counts", of("array", "integer"), [[1, 2]], [2, 1], VALUE),
    ("length counts", of("array", "integer"), [[1, 2]], [1, 2, 2], VALUE),
    ("any of several lists will do", of("array", "integer"), [[1], [2]], [2], None),
    ("items have the type that is stated", of("array", "integer"), [[1]], ["1"], ITEM),
    ("True is no integer in a list either", of("array", "integer"), [[1]], [True], ITEM),
    ("whole numbers won't do for floats in a list", of("array", "float"), [[1.0]], [1], ITEM),
    ("unless the truth has whole ones", of("array", "float"), [[1, 2]], [1, 2], None),
    ("strings in a list are standardised", of("array", "string"), [["New York"]], ["new-york"], None),
    ("a list isn't its only item", of("array", "string"), [["a"]], "a", TYPE),
    ("an empty list where it may be left out", of("array", "string"), [["a"], ""], [], None),
    ("and not where it may not", of("array", "string"), [["a"]], [], VALUE),
    ("a list of lists is compared as it is", of("array", "array"), [[[1, 2], [3]]], [[1, 2], [3]], None),
    ("strings two levels deep must be equal", of("array", "array"), [[["A"]]], [["a"]], VALUE),
    ("a list for a tuple", of("tuple", "float"), [[1.5, 2.5]], [1.5, 2.5], None),
    ("a tuple for a tuple", of("tuple", "float"), [[1.5, 2.5]], (1.5, 2.5), None),
    ("a tuple is no list", of("array", "float"), [[1.5]], (1.5,), TYPE),
    ("an array of whatever", of("array"), [["A", 1]], ["a", 1], None),
    # dictionaries
    ("each key has accepted values", of("dict"), [{"a": [1, 2]}], {"a": 2}, None),
    ("also by JSON Schema's name of it", of("object"), [{"a": [1, 2]}], {"a": 2}, None),
    ("a key's value may be wrong", of("dict"), [{"a": [1]}], {"a": 2}, VALUE),
    ("a key may be missing", of("dict"), [{"a": [1], "b": [2]}], {"a": 1}, VALUE),
    ("unless it may be left out", of("dict"), [{"a": [1], "b": [2, ""]}], {"a": 1}, None),
    ("a key may be unknown", of("dict"), [{"a": [1]}], {"a": 1, "b": 2}, VALUE),
    ("strings in a dictionary are standardised", of("dict"), [{"a": ["New Y"]}], {"a": "newy"}, None),
    ("values in a dictionary have no type", of("dict"), [{"a": [1]}], {"a": True}, None),
    ("the second dictionary will do", of("dict"), [{"a": [1]}, {"b": [1]}], {"b": 1}, None),
    ("inner dictionaries are compared as they are", of("dict"), [{"a": [{"b": 1}]}], {"a": {"b": 1}}, None),
    ("and lists of strings", of("dict"), [{"a": [["X"]]}], {"a": ["x"]}, VALUE),
    ("an empty dictionary isn't the same as none", of("dict"), [""], {}, VALUE),
    ("a list is no dictionary", of("dict"), [{"a": [1]}], [1], TYPE),
    # lists of dictionaries
    ("one by one", of("array", "dict"), [[{"a": [1]}, {"a": [2]}]], [{"a": 1}, {"a": 2}], None),
    ("in order", of("array", "dict"), [[{"a": [1]}, {"a": [2]}]], [{"a": 2}, {"a": 1}], VALUE),
    ("as many", of("array", "dict"), [[{"a": [1]}]], [{"a": 1}, {"a": 1}], VALUE),
    ("any of several", of("array", "dict"), [[{"a": [1]}], [{"b": [2]}]], [{"b": 2}], None),
    ("items must be dictionaries", of("array", "dict"), [[{"a": [1]}]], ["a"], ITEM),
    # truth that is malformed
    ("a key without a list has one value", of("dict"), [{"a": 1}], {"a": 1}, None),
    ("None where a dictionary belongs", of("dict"), [{"a": [1]}, None], {"b": 1}, VALUE),
    ("None where a list belongs", of("array", "integer"), [[1], None], [2], VALUE),
    ("a type that nobody knows", of("matrix"), ["x"], "X", None),
    ("no accepted value at all", of("string"), [], "x", VALUE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "accepted", "value", "problem"), [r[1:] for r in RULES], ids=[r[0] for r in RULES]
)
def test_rule(schema: dict[str, Any], accepted: list[Any], value: Any, problem: str | None) -> None:
    fault = value_fault(value, accepted, schema)
    assert (fault.problem if fault else None) == problem


def test_a_fault_says_what_was_expected() -> None:
    assert value_fault("5", [5], {"type": "integer"}).message == "must be int, not str '5'"  # type: ignore[union-attr]
    assert value_fault(4, [5, 6], {"type": "integer"}).message == "4 is none of [5, 6]"  # type: ignore[union-attr]


def test_only_the_empty_string_marks_what_may_be_left_out() -> None:
    assert optional([1, ""])
    assert not optional([0, False, None, [], {}])


@given(st.text())
def test_standard_form_is_stable(text: str) -> None:
    assert standard(standard(text)) == standard(text)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)


@given(
    values,
    st.lists(values, max_size=3),
    st.sampled_from(["string", "integer", "float", "boolean", "array", "tuple", "dict", "any", "odd"]),
    st.sampled_from([None, "string", "integer", "float", "boolean", "array", "dict"]),
)
def test_whatever_is_given_gets_a_verdict(
    value: Any, accepted: list[Any], kind: str, items: str | None
) -> None:
    fault = value_fault(value, accepted, of(kind, items))
    assert fault is None or fault.problem in (TYPE, ITEM, VALUE)
