"""An adapter for one task: what it must be and which settings it must have, before anything is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from homespun.errors import CorruptWeights, UsageError
from models.blocks.lora import LoRAConfig
from models.encoders.adapters import save_adapter
from models.encoders.call import Caller
from models.encoders.choose import Chooser
from models.encoders.fill import Filler
from models.encoders.skill import Skill, settings_of

LENGTHS = {"max_length": 256, "stride": 32, "most_first": 96}
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes an adapter that nothing can be done with but to look at its settings; gives its folder."""

    def put(task: str, **settings: Any) -> str:
        folder = save_adapter(
            tmp_path / task,
            task=task,
            trunk="0" * 64,
            lora=LoRAConfig(1),
            state={},
            head=nn.Linear(2, 1),
            settings=settings,
            training={},
        )
        return str(folder)

    return put


def test_it_is_found_by_its_folder_and_nothing_is_loaded(write: Write) -> None:
    skill = Skill(write("choose", **LENGTHS), "choose", "choosing", None, 1)
    assert skill.adapter.settings == LENGTHS


def test_one_for_another_encoder_is_refused_at_the_first_choice(write: Write, minilm: str) -> None:
    chooser = Chooser(write("choose", **LENGTHS))
    with pytest.raises(CorruptWeights, match="another encoder"):
        chooser.choose([("user", "Hello")], [{"name": "sing"}])


def test_another_task_and_no_threads_are_refused(write: Write) -> None:
    folder = write("fill", **LENGTHS)
    with pytest.raises(UsageError, match="is an adapter for fill, not for choosing"):
        Skill(folder, "choose", "choosing", None, None)
    with pytest.raises(UsageError, match="threads must be 1 or more, not 0"):
        Skill(folder, "fill", "filling", None, 0)


@pytest.mark.parametrize(
    "wrong", [{"stride": None}, {"stride": "x"}, {"stride": float("inf")}, {"stride": float("nan")}]
)
def test_lengths_that_are_none_are_refused_with_the_folder(write: Write, wrong: dict[str, Any]) -> None:
    folder = write("choose", **{**LENGTHS, **wrong})
    with pytest.raises(CorruptWeights, match=r"the settings of .* are wrong") as caught:
        Chooser(folder)
    assert folder in str(caught.value)


def test_what_is_lacking_is_named(write: Write) -> None:
    with pytest.raises(CorruptWeights, match="most_first"):
        Chooser(write("choose", max_length=256, stride=32))


@pytest.mark.parametrize("wrong", [{"max_answer": "many"}, {"threshold": []}, {"list_threshold": None}])
def test_settings_of_the_filler_are_checked_when_it_is_made(write: Write, wrong: dict[str, Any]) -> None:
    with pytest.raises(CorruptWeights, match="the settings of"):
        Filler(write("fill", **{**LENGTHS, **wrong}))


def test_a_calibration_in_the_settings_is_told_with_the_folder(write: Write) -> None:
    filler = Filler(write("fill", **LENGTHS))
    chooser = Chooser(write("choose", **LENGTHS, call={"weights": {"luck": 1}, "constant": 0}))
    with pytest.raises(CorruptWeights, match="weighs luck; known are odds, required") as caught:
        Caller(chooser, filler)
    assert str(chooser.adapter.folder) in str(caught.value)


def test_other_errors_inside_are_left_alone(write: Write) -> None:
    skill = Skill(write("choose", **LENGTHS), "choose", "choosing", None, None)
    with pytest.raises(UsageError, match="mine"), settings_of(skill.adapter):
        raise UsageError("mine")
