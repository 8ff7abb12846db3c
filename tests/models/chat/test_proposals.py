"""What may come next in a JSON text of which a part is written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.chat.proposals import CallProposals, Slot, call_head, compact, in_object, place

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-999, 999)
    | st.floats(-9, 9, allow_nan=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)
OBJECTS = st.dictionaries(st.text(max_size=4), VALUES, max_size=4)


@given(OBJECTS)
def test_a_place_says_what_is_written_and_what_is_begun(made):
    text = compact(made)
    for size in range(len(text) + 1):
        here = place(text[:size])
        keys = list(made)[: len(here.written)]
        assert list(here.written) == keys
        if here.key is not None:
            assert here.key == list(made)[len(keys)]
            assert compact(made[here.key]).startswith(here.partial)
    assert place(text).ended


@given(OBJECTS, st.data())
def test_what_is_proposed_can_be_written_to_its_end(made, data):
    slots = [Slot(name, data.draw(st.sampled_from([0.1, 0.9, 1.0])), ((value, 0.7), ("else", 0.2)))
             for name, value in made.items()]  # fmt: skip
    text = compact(made)
    at = 0
    while at < len(text):
        coming = in_object(slots, text[:at])
        rests = [rest for rest, probability in coming.texts if text.startswith(rest, at) and probability > 0]
        if not made and at == 0:
            assert [rest for rest, _ in coming.texts] == ["{}"]
        assert rests, (text[:at], coming)
        assert all(0 <= probability <= 1 for _, probability in coming.texts)
        at += data.draw(st.integers(1, max(map(len, rests))))
    assert in_object(slots, text).texts == ()


def test_a_property_is_left_out_as_often_as_it_is_not_used():
    slots = [Slot("a", 0.2, ()), Slot("b", 1.0, ()), Slot("c", 0.5, ())]
    assert dict(in_object(slots, "").texts) == pytest.approx({'{"a":': 0.2, '{"b":': 0.8})
    assert dict(in_object(slots, '{"b":1').texts) == {}
    slots[1] = Slot("b", 1.0, ((1, 0.9),))
    assert dict(in_object(slots, '{"b":1').texts) == pytest.approx({',"c":': 0.45, "}": 0.45})


@pytest.mark.parametrize(("written", "rest"), [("", "0.85"), ("0", ".85"), ("0.", "85"), ("0.8", "5")])
def test_a_number_goes_on_until_something_else_follows(written, rest):
    slots = [Slot("a", 1.0, ((0.85, 0.9),))]
    assert in_object(slots, '{"a":' + written).texts == ((rest, 0.9),)


def test_the_place_changes_with_the_slot_and_what_is_left_stays():
    slots = [Slot("a", 1.0, (("one", 0.6), ("other", 0.3)))]
    first, second = in_object(slots, '{"a":'), in_object(slots, '{"a":"ot')
    assert first.place == second.place
    assert first.left == second.left == pytest.approx(0.1)
    assert second.texts == (('her"', 0.3),)
    assert in_object(slots, '{"a":"x').texts == ()
    assert in_object(slots, '{"a":"other"').place != first.place


def test_a_call_is_named_before_its_arguments_are_looked_for():
    asked = []

    def slots(name):
        asked.append(name)
        return [Slot("x", 1.0, ((1, 1.0),))]

    calls = CallProposals({"go": 0.7, "go_on": 0.3}, slots)
    assert [probability for _, probability in calls.next("").texts] == [0.7, 0.3]
    assert calls.next('{"name":"go').texts == (('","arguments":', 0.7), ('_on","arguments":', 0.3))
    assert calls.next('{"name":"stop').texts == ()
    assert asked == []
    assert calls.next(call_head("go_on")).texts == (('{"x":', 1.0),)
    assert asked == ["go_on"]
    assert json.loads(call_head('é"') + "{}}") == {"name": 'é"', "arguments": {}}
