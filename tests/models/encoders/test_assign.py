from hypothesis import given
from hypothesis import strategies as st

from models.encoders.assign import Candidate, Slot, assign, overlaps


def words(start: int, end: int, odds: float) -> Candidate:
    return Candidate(start, end, odds, f"{start}-{end}", "")


def slot(
    *candidates: Candidate, mentioned: float = 0.99, required: bool = True, kind: str = "string"
) -> Slot:
    return Slot(candidates, mentioned, required, kind)


def test_two_parameters_do_not_take_the_same_words() -> None:
    oslo, bergen = words(5, 9, 8.0), words(13, 19, 6.5)
    assert assign([slot(oslo, bergen), slot(oslo, bergen)]) == [oslo, bergen]


def test_what_could_be_swapped_stands_in_the_schemas_order() -> None:
    first, second = words(0, 2, 5.0), words(7, 9, 5.0)
    assert assign([slot(second, first), slot(second, first)]) == [first, second]


def test_a_clear_preference_is_stronger_than_the_order() -> None:
    early, late = words(0, 2, 2.0), words(7, 9, 7.0)
    swapped = [slot(early, late), slot(words(0, 2, 7.0), words(7, 9, 2.0))]
    assert [one.start for one in assign(swapped) if one] == [7, 0]


def test_an_optional_parameter_leaves_words_to_one_that_needs_them() -> None:
    only = words(0, 4, 9.0)
    found = assign([slot(only), slot(only, mentioned=1.0, required=False)])
    assert found == [only, None]


def test_what_was_not_mentioned_takes_nothing_unless_it_is_demanded() -> None:
    one = words(0, 4, -2.0)
    assert assign([slot(one, mentioned=0.2, required=False)]) == [None]
    assert assign([slot(one, mentioned=0.2)]) == [one]
    assert assign([slot(mentioned=0.9)]) == [None]
    assert assign([]) == []


spans = st.tuples(st.integers(0, 40), st.integers(1, 6), st.floats(-9, 9)).map(
    lambda one: words(one[0], one[0] + one[1], one[2])
)
slots = st.builds(
    Slot,
    st.lists(spans, max_size=6),
    st.floats(0, 1),
    st.booleans(),
    st.sampled_from(["string", "number"]),
)


@given(st.lists(slots, max_size=6))
def test_each_parameter_takes_one_of_its_own_candidates(wanted: list[Slot]) -> None:
    found = assign(wanted)
    assert len(found) == len(wanted)
    for one, taken in zip(wanted, found, strict=True):
        assert taken is None or taken in one.candidates


def test_overlap_is_of_characters() -> None:
    taken = [words(3, 6, 0.0), None]
    assert overlaps(5, 9, taken)
    assert not overlaps(6, 9, taken)
    assert not overlaps(0, 3, taken)
