import re

import pytest

from finetune.adapting.card import ABOUT, BEGIN, END, render, with_results
from finetune.adapting.tasks import TASKS
from homespun.errors import UsageError

CONFIG = {
    "task": "read",
    "outputs": 2,
    "lora": {"rank": 4, "alpha": 4.0, "targets": ["query", "up"]},
    "settings": {"max_length": 64},
    "training": {
        "examples": 1200,
        "steps": 30,
        "hours": 0.5,
        "valid_loss": 1.25,
        "curve": [[600, 2.0], [1200, 1.25]],
        "sources": {"reading": 1100},
        "config": {"threads": 1, "batch_tokens": 512, "lr": 0.003},
    },
}


def test_a_card_names_what_was_read_and_how():
    card = render("read", CONFIG)
    assert card.startswith("---\nlicense: cc-by-sa-4.0\n")
    assert "| SQuAD 1.1, training part | CC BY-SA 4.0 | 1,100 |" in card
    assert "1,200 examples in 30 steps" in card
    assert "| 1,200 | 1.250 |" in card
    assert "rank 4 (alpha 4) on query, up" in card


def test_every_task_says_what_it_does_and_what_it_cannot():
    assert ABOUT.keys() == TASKS.keys()
    for does, use, limits in ABOUT.values():
        compile(use, "card", "exec")
        assert does.endswith(".")
        assert limits.endswith(".")


def test_results_are_put_between_the_marks():
    card = with_results(render("read", CONFIG), "F1 80")
    assert "\nF1 80\n" in card
    again = with_results(card, "F1 81")
    assert "F1 80" not in again
    assert again.count("F1 81") == 1
    assert with_results(again, "F1 81") == again


@pytest.mark.parametrize("page", ["# read\n", f"{BEGIN}\n", f"{END}\n{BEGIN}\n", f"{BEGIN}{BEGIN}{END}"])
def test_a_page_without_the_marks_once_each_is_refused(page):
    with pytest.raises(UsageError, match=re.escape(BEGIN)):
        with_results(page, "F1 80")
