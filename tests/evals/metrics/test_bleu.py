import pytest

from evals.metrics.bleu import bleu, corpus_bleu

RIGHT = "the quick fox jumped over the old fence"


def test_the_reference_itself_scores_one_and_strangers_zero() -> None:
    assert bleu(RIGHT, [RIGHT]) == pytest.approx(1.0)
    assert bleu("nothing alike", [RIGHT]) == 0.0
    assert bleu("", [RIGHT]) == 0.0


def test_a_text_shorter_than_four_words_can_be_right() -> None:
    assert bleu("two words", ["two words"]) == pytest.approx(1.0)


def test_what_is_too_short_pays_for_its_brevity() -> None:
    # All of its n-grams are right: only the brevity penalty exp(1 − 8/4) is left.
    assert bleu("the quick fox jumped", [RIGHT]) == pytest.approx(2.718281828459045**-1)


def test_texts_may_have_different_numbers_of_references() -> None:
    both = corpus_bleu([RIGHT, "a b c d e"], [["x y z", RIGHT], ["a b c d e"]])
    assert both == pytest.approx(1.0)


@pytest.mark.parametrize(("texts", "references"), [([], []), (["a"], [[]]), (["a", "b"], [["a"]])])
def test_without_references_there_is_no_figure(texts: list[str], references: list[list[str]]) -> None:
    with pytest.raises(ValueError, match=r"reference|equally long"):
        corpus_bleu(texts, references)
    with pytest.raises(ValueError, match="at least one reference"):
        bleu("a", [])
