import pytest

from evals.metrics.token_f1 import token_f1


@pytest.mark.parametrize(
    ("answer", "references", "wanted"),
    [
        ("the red boat", ["red boat"], 1.0),
        ("red", ["red boat"], 2 / 3),
        ("red red", ["red boat"], 0.5),  # a word counts as often as both have it
        ("blue", ["red", "blue car"], 2 / 3),
        ("blue", ["red"], 0.0),
        ("", [], 1.0),
        ("blue", [], 0.0),
        ("", ["red"], 0.0),
        ("", ["the", "red"], 0.0),
    ],
)
def test_it_follows_the_rule_of_squad(answer: str, references: list[str], wanted: float) -> None:
    assert token_f1(answer, references) == pytest.approx(wanted)
