from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
