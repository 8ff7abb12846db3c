import re

import pytest

from finetune.adapting.card import ABOUT, render, rewrite
from finetune.adapting.tasks import TASKS
from finetune.marks import BEGIN, END, with_results
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
    assert ABOUT.keys() == {*TASKS, "told"}
    for does, use, limits in ABOUT.values():
        compile(use, "card", "exec")
        assert does.endswith(".")
        assert limits.endswith(".")


def test_a_card_that_is_written_anew_keeps_its_results(tmp_path, monkeypatch):
    monkeypatch.setattr("finetune.adapting.card.read_config", lambda _: CONFIG)
    card = tmp_path / "README.md"
    rewrite(tmp_path)
    made = card.read_text()
    assert made == render(tmp_path.name, CONFIG)
    card.write_text(with_results(f"# old\n\n{BEGIN}{END}\n", "F1 80"))
    rewrite(tmp_path)
    assert card.read_text() == with_results(made, "F1 80")


def test_a_card_whose_marks_are_broken_stays_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("finetune.adapting.card.read_config", lambda _: CONFIG)
    card = tmp_path / "README.md"
    card.write_text(broken := f"{BEGIN}\nF1 80\n{BEGIN}\nF1 81\n{END}\n")
    with pytest.raises(UsageError, match=re.escape(BEGIN)):
        rewrite(tmp_path)
    assert card.read_text() == broken
