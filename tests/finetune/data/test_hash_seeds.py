"""Generated data depend on their seed alone, not on the order that a process gives to sets."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SOURCES = {
    "calls": "from finetune.data.calls.generated import generated; made = generated(977, 60)",
    "conversations": "from finetune.data.conversations import conversations; made = conversations(3, 60)",
    "memories": (
        "from finetune.data.conversations.memory import remembered;"
        "made = (talk.messages for talk in remembered(3, 60))"
    ),
    "copying": "from finetune.data.instructions.copying import copying; made = copying(3, 60)",
    "plans": "from finetune.data.instructions.plans import plans; made = plans(3, 60)",
    "scenes": "from finetune.data.scened import scened; made = scened(3, 60)",
}
# Frozen sets among the examples are shown sorted.
SHOWN = """
from dataclasses import fields, is_dataclass
def shown(one):
    if is_dataclass(one):
        return {field.name: shown(getattr(one, field.name)) for field in fields(one)}
    if isinstance(one, (set, frozenset)):
        return sorted(map(shown, one))
    if isinstance(one, dict):
        return {key: shown(value) for key, value in one.items()}
    return [shown(part) for part in one] if isinstance(one, (list, tuple)) else one
print([shown(one) for one in made])
"""


@pytest.mark.parametrize("source", SOURCES)
def test_equal_seeds_give_equal_data_in_every_process(source: str) -> None:
    made = {
        subprocess.run(
            [sys.executable, "-c", f"{SOURCES[source]}\n{SHOWN}"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(made) == 1
    assert len(made.pop()) > 2000
