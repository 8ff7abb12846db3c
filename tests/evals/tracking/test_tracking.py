from __future__ import annotations

import json
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from evals.result import Report
from evals.tracking import TRACKERS
from evals.tracking.points import facts, points
from homespun.errors import UnknownName, UsageError

NUMBERS = {
    "echo/right": 0.95,
    "echo/right/low": 0.835,
    "echo/right/high": 0.986,
    "echo/always yes/right": 0.5,
    "echo/seconds": 0.1,
}


def test_points_are_all_figures_that_are_defined(report: Report) -> None:
    assert {k: v for point in points(report) for k, v in point.numbers.items()} == NUMBERS
    assert [point.baseline for point in points(report)] == [False, True, False]


def test_systems_on_one_suite_have_points_of_their_own(report: Report) -> None:
    other = report.suites[0].model_copy(
        update={"system": report.suites[0].system.model_copy(update={"name": "hf:a/b"}), "baselines": []}
    )
    both = report.model_copy(update={"suites": [*report.suites, other]})
    names = [point.name for point in points(both)]
    assert names == ["echo/home/right", "echo/always yes/right", "echo/hf:a-b/right", "echo/home/seconds"]


def test_facts_say_what_was_run(report: Report) -> None:
    assert facts(report)["echo/system"] == "home"
    assert facts(report)["echo/seed"] == 3
    assert facts(report)["version/homespun"] == "0.1.0"


def test_an_unknown_tracker_is_refused(report: Report, folder: Path) -> None:
    with pytest.raises(UnknownName, match="wandb"):
        TRACKERS["wanbd"](report, folder)


@pytest.mark.parametrize(
    ("tracker", "package"), [("wandb", "wandb"), ("tensorboard", "torch.utils.tensorboard")]
)
def test_a_missing_extra_is_told(
    tracker: str, package: str, report: Report, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=f"isn't installed: pip install {tracker}"):
        TRACKERS[tracker](report, folder)
    assert not any(folder.iterdir())


@pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard")
def test_tensorboard_reads_the_figures_back(report: Report, folder: Path) -> None:
    pytest.importorskip("tensorboard")
    for _ in range(2):  # a second time replaces the first
        told = TRACKERS["tensorboard"](report, folder)
    assert told == f"TensorBoard: tensorboard --logdir {folder.parent}"
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (events,) = (folder / "tensorboard").iterdir()
    read = EventAccumulator(str(folder / "tensorboard"))
    read.Reload()
    found = {tag: [one.value for one in read.Scalars(tag)] for tag in read.Tags()["scalars"]}
    assert found == {name: [pytest.approx(value)] for name, value in NUMBERS.items()}
    assert b"secret" not in events.read_bytes()
    assert b"echo/fingerprint" in events.read_bytes()


def records(path: Path) -> Iterator[Any]:
    """Reads wandb's offline file: 7 bytes, then records in blocks of 32 KiB, as in LevelDB's log."""
    from wandb.proto import wandb_internal_pb2

    data, place, parts = path.read_bytes(), 7, b""
    assert data.startswith(b":W&B")
    while place + 7 <= len(data):
        left = 32768 - place % 32768
        if left < 7:
            place += left
            continue
        _, length, kind = struct.unpack("<IHB", data[place : place + 7])
        parts += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            record = wandb_internal_pb2.Record()
            record.ParseFromString(parts)
            parts = b""
            yield record


def test_wandb_keeps_the_figures_offline(
    report: Report, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setitem(sys.modules, "langchain", ModuleType("langchain"))  # it would speak up for its tracer
    for name in ("CONFIG", "CACHE", "DATA"):
        monkeypatch.setenv(f"WANDB_{name}_DIR", str(folder / name))
    told = TRACKERS["wandb"](report, folder)
    assert capfd.readouterr() == ("", "")
    (run,) = (folder / "wandb").glob("offline-run-*")
    assert told == f"Weights & Biases, offline: wandb sync {run}"
    (kept,) = run.glob("*.wandb")
    summary: dict[str, Any] = {}
    config: dict[str, Any] = {}
    for record in records(kept):
        for update in (*record.summary.update, *record.run.summary.update):
            summary["/".join(update.nested_key) or update.key] = json.loads(update.value_json)
        for update in (*record.config.update, *record.run.config.update):
            config["/".join(update.nested_key) or update.key] = json.loads(update.value_json)
        if record.run.project:
            assert record.run.project == "homespun"
            assert record.run.display_name == folder.name
            assert record.run.host == "-"
    assert {name: summary[name] for name in NUMBERS} == NUMBERS
    assert config["echo/system"] == "home"
    (table,) = run.glob("files/media/table/*.json")
    assert json.loads(table.read_text())["data"][0][:5] == ["echo", "home", False, "right", 0.95]
    assert all(b"secret" not in path.read_bytes() for path in run.rglob("*") if path.is_file())


def test_wandb_without_an_account_says_what_to_do(
    report: Report, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandb = pytest.importorskip("wandb")

    def refuse(**_: Any) -> None:
        raise wandb.errors.UsageError("No API key configured.")

    monkeypatch.setattr(wandb, "init", refuse)
    with pytest.raises(UsageError, match=r"No API key configured\. \(`wandb login`"):
        TRACKERS["wandb"](report, folder)
