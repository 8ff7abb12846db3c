import pytest

from evals.metrics.exact_match import exact_match, normalise


@pytest.mark.parametrize(
    ("answer", "references", "wanted"),
    [
        ("The  Eiffel tower!", ["eiffel tower"], 1.0),
        ("Eiffel", ["eiffel tower"], 0.0),
        ("b", ["a c", "B."], 1.0),
        ("", [], 1.0),
        ("the", [], 1.0),  # empty when normalised
        ("something", [], 0.0),
        ("", ["something"], 0.0),
        ("the", ["the"], 1.0),  # no reference is left: only an empty answer is right
        ("", ["the", "cat"], 0.0),  # "the" isn't a reference any more
    ],
)
def test_it_follows_the_rule_of_squad(answer: str, references: list[str], wanted: float) -> None:
    assert exact_match(answer, references) == wanted


def test_normalising_takes_articles_only_as_words_and_punctuation_only_of_ascii() -> None:
    assert normalise("An  anthem, the-theme of A.") == "anthem thetheme of"
    assert normalise("«Été»") == "«été»"
