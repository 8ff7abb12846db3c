"""The card says what config.json and the answers say, and nothing is left out."""

import pytest

from finetune.card import carried_over, render, render_adapter
from finetune.marks import BEGIN, END, with_results
from homespun.errors import UsageError

NET = {
    "num_layers": 2,
    "hidden_size": 32,
    "num_heads": 4,
    "num_kv_heads": 2,
    "activation": "swiglu",
    "intermediate_size": 64,
    "positions": "rope",
    "max_positions": 128,
    "vocab_size": 300,
}


def stage(name: str, **more: object) -> dict:
    return {
        "tokens": 12345,
        "steps": 7,
        "hours": 0.25,
        "valid_loss": 2.5,
        "valid_bits_per_byte": 1.25,
        "config": {"name": name, "window": 64, "batch_tokens": 512, "optimizer": "muon", "threads": 1},
        **more,
    }


def test_both_stages_and_their_sources_are_named() -> None:
    base = stage(
        "base", sources={"reading": {"documents": 3, "characters": 4567}}, curve=[[100, 3.5], [200, 2.5]]
    )
    tuned = stage("talker", sources={"conversations": {"documents": 1, "characters": 89}}, base=base)
    card = render("talker", {"net": NET, "training": tuned})
    assert "| SQuAD 1.1, training part | CC BY-SA 4.0 | 4,567 | base |" in card
    assert "| 89 | talker |" in card
    assert "| 200 | 2.500 |" in card
    assert card.index("**base**") < card.index("**talker**")
    assert "license: cc-by-sa-4.0" in card


def test_all_stages_are_told_and_none_of_their_sources_is_lost() -> None:
    first = stage("first", sources={"reading": {"documents": 3, "characters": 4567}})
    third = stage("third", base=stage("second", base=first))
    card = render("third", {"net": NET, "training": third})
    assert card.index("**first**") < card.index("**second**") < card.index("**third**")
    assert "license: cc-by-sa-4.0" in card


def test_who_proposes_is_named_and_results_have_their_place() -> None:
    card = render("talker", {"net": NET, "proposals": {"chooser": "choose", "told": "told"}})
    assert "`choose` (chooser), `told` (told)" in card
    assert "who proposes" not in render("talker", {"net": NET}).lower()
    assert "F1 80" in with_results(card, "F1 80")


def test_what_was_only_generated_here_needs_no_share_alike() -> None:
    own = stage("mine", sources={"conversations": {"documents": 1, "characters": 5}})
    assert "license: apache-2.0" in render("mine", {"net": NET, "training": own})


def test_the_recipe_says_what_the_model_is_and_cannot_do() -> None:
    own = stage("mine")
    own["config"] |= {"description": "It hums.", "limits": "It can't sing."}
    card = render("mine", {"net": NET, "training": own})
    assert card.index("It hums.") < card.index("## Limits\n\nIt can't sing.")


def test_an_unknown_source_has_no_stated_licence() -> None:
    own = stage("mine", sources={"diary": {"documents": 1, "characters": 5}})
    card = render("mine", {"net": NET, "training": own})
    assert "| diary | not stated | 5 | mine |" in card
    assert "license: other" in card


def test_every_answer_stands_in_the_order_asked() -> None:
    answers = [(f"question {number}?", f"answer {number}.") for number in range(30)]
    card = render("mine", {"net": NET}, answers)
    places = [card.index(f"> {question}\n\n{answer}") for question, answer in answers]
    assert places == sorted(places)


def test_a_card_without_answers_claims_none() -> None:
    assert "## Answers" not in render("mine", {"net": NET})


LORA = {"lora": {"rank": 2, "alpha": 8.0, "targets": ["query"]}, "training": stage("one")}


def test_results_and_answers_that_were_added_since_are_carried_over() -> None:
    card = render_adapter("m:one", LORA)
    before = with_results(card, "a table") + "\n## Answers\n\n> Hi\n\nHello.\n"
    assert carried_over(card, before) == before
    assert carried_over(card, before, results=False) == before.replace(
        with_results("\n".join([BEGIN, END]), "a table"), card[card.index(BEGIN) : card.index(END) + len(END)]
    )
    assert carried_over(card, before, answers=False) == with_results(card, "a table")


def test_without_results_before_there_are_those_of_training() -> None:
    card = render_adapter("m:one", LORA)
    for before in ("", "# old\n", f"# old\n\n{BEGIN}\n{END}\n"):
        assert carried_over(card, before) == card


def test_results_between_broken_marks_are_not_lost_in_silence() -> None:
    with pytest.raises(UsageError, match="each once"):
        carried_over(render_adapter("m:one", LORA), f"{BEGIN}\na table\n")
