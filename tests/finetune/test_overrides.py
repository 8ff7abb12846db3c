import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.adapting.config import AdaptConfig
from finetune.overrides import changed, split_overrides
from homespun.errors import UsageError


def test_settings_are_read_by_their_types() -> None:
    found = changed(
        AdaptConfig(),
        {"lr": "1e-4", "rank": "8", "full": "yes", "targets": "up, down", "widths": "8, 16", "init_from": ""},
    )
    assert (found.lr, found.rank, found.full, found.init_from) == (1e-4, 8, True, None)
    assert (found.targets, found.widths) == (("up", "down"), (8, 16))


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("rnak", "8", "Did you mean rank"),
        ("rank", "many", "rank takes a whole number"),
        ("widths", "8, wide", "widths takes a whole number"),
        ("full", "perhaps", "full takes true or false"),
        ("rank.x", "8", "no training setting 'rank.x'"),
    ],
)
def test_a_value_that_makes_no_sense_is_told(key: str, value: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        changed(AdaptConfig(), {key: value})


def test_pairs_are_split_at_the_first_equals_sign() -> None:
    assert split_overrides(["name=a=b", "eval-every=5"]) == {"name": "a=b", "eval_every": "5"}


@settings(deadline=None)
@given(st.text().filter(lambda text: "=" not in text))
def test_a_pair_without_equals_sign_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="key=value"):
        split_overrides([text])
