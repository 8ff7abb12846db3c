"""`python -m finetune` as a process: killed, interrupted, without disk."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from finetune.__main__ import main

ROOT = Path(__file__).resolve().parents[2]


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def arguments(make_folder: Callable[..., Path], tiny: dict[str, Any]) -> Callable[..., list[str]]:
    """Command line of a small deterministic run into a folder."""
    tokens = make_folder()
    settings = {
        "window": 32,
        "batch_tokens": 256,
        "max_tokens": 256 * 120,
        "precision": "fp32",
        "device": "cpu",
        "compile": "off",
        "log_every": 1,
        "eval_every": 50,
        "eval_tokens": 320,
        "checkpoint_every_steps": 20,
        "threads": 1,
        **{f"model.{key}": json.dumps(value) for key, value in tiny.items()},
    }

    def make(out: Path, *more: str, **changes: object) -> list[str]:
        pairs = [x for key, value in {**settings, **changes}.items() for x in ("--set", f"{key}={value}")]
        return [str(tokens), str(out), *pairs, *more]

    return make


def start(arguments: list[str], limit: int | None = None) -> subprocess.Popen[str]:
    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-m", "finetune", *arguments],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limited,
    )


def metrics(out: Path) -> list[dict[str, Any]]:
    wanted = ("step", "loss", "grad_norm", "valid_loss", "valid_bpb")
    lines = (out / "metrics.jsonl").read_text().splitlines()
    return [{key: row[key] for key in wanted if key in row} for row in map(json.loads, lines)]


def wait_for_step(out: Path, step: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and process.poll() is None:
        if (out / "metrics.jsonl").exists() and (out / "metrics.jsonl").read_bytes().count(b"\n") >= step:
            return
        time.sleep(0.002)
    raise AssertionError(f"step {step} was not reached: {process.communicate()}")


def test_killed_and_resumed_gives_the_numbers_of_an_uninterrupted_run(
    arguments: Callable[..., list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert main(arguments(whole)) == 0
    assert capsys.readouterr().out.startswith("homespun chat --model ")
    process = start(arguments(broken))
    wait_for_step(broken, 33, process)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.communicate()
    assert 33 <= len(metrics(broken)) < 120
    assert main(arguments(broken, "--resume")) == 0
    assert "resuming at step" in capsys.readouterr().err
    assert metrics(broken) == metrics(whole)
    weights = [(out / "model" / "model.safetensors").read_bytes() for out in (whole, broken)]
    assert weights[0] == weights[1]


@pytest.mark.parametrize("kills", [2, pytest.param(200, marks=pytest.mark.stress)])
def test_kills_at_random_moments_change_no_number(
    arguments: Callable[..., list[str]],
    tmp_path: Path,
    zygote: Any,
    kills: int,
    record_property: Callable[[str, object], None],
) -> None:
    def train(out: Path) -> int:
        small = {"max_tokens": 256 * 60, "checkpoint_every_steps": 5, "eval_every": 20}
        return zygote.start("finetune", *arguments(out, "--quiet", "--resume", **small))

    def outcome(out: Path) -> tuple[Any, ...]:
        left = sorted(path.name for path in out.iterdir())  # no half-written file among them
        return metrics(out), (out / "model" / "model.safetensors").read_bytes(), left

    begun = time.monotonic()
    assert zygote.wait(train(tmp_path / "whole")) == 0
    took = time.monotonic() - begun
    expected = outcome(tmp_path / "whole")
    assert len(expected[0]) == 63
    random, killed, runs = Random(kills), 0, 0
    while killed < kills:
        out, status, runs = tmp_path / f"broken{runs}", -1, runs + 1
        while status != 0:
            process = train(out)
            if killed < kills:
                time.sleep(random.uniform(0, took))
                status = zygote.kill(process, signal.SIGKILL)
            else:
                status = zygote.wait(process)
            assert status in (0, -signal.SIGKILL), zygote.err.read_text()
            killed += status != 0
        assert outcome(out) == expected
        shutil.rmtree(out)
    record_property("kills", killed)
    record_property("runs that were killed and came to their end", runs)


def test_ctrl_c_saves_prints_one_line_and_leaves_with_130(
    arguments: Callable[..., list[str]], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    process = start(arguments(out, "--quiet", max_tokens=10**9, checkpoint_every_steps=0))
    wait_for_step(out, 20, process)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate()
    assert process.returncode == 130
    assert printed == ""
    assert len(errors.splitlines()) == 1
    assert "--resume" in errors
    assert len(list(out.glob("step-*.pt"))) == 1


def test_a_full_disk_keeps_the_checkpoint_before_and_prints_one_line(
    arguments: Callable[..., list[str]], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    assert main(arguments(out, "--quiet", max_tokens=256 * 40)) == 0
    kept = {path: path.read_bytes() for path in out.glob("step-*.pt")}
    size = max(map(len, kept.values()))
    process = start(arguments(out, "--quiet", "--resume", max_tokens=256 * 80), limit=size // 2)
    _, errors = process.communicate()
    assert process.returncode == 1
    assert len(errors.splitlines()) == 1
    assert "no space for a checkpoint" in errors
    assert "step-000000040.pt" in errors
    assert {path: path.read_bytes() for path in out.glob("step-*.pt")} == kept
    assert not [path for path in out.iterdir() if path.name.startswith(".")]
    assert main(arguments(out, "--quiet", "--resume", max_tokens=256 * 80)) == 0


def test_misuse_is_one_line_and_status_2(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    nowhere = str(tmp_path / "nowhere")
    for arguments, words in (
        (["--set", "max_token=5"], "Did you mean max_tokens"),
        (["--set", "window"], "key=value"),
        (["--set", "window=many"], "whole number"),
        ([], "no folder of prepared tokens"),
    ):
        assert main([nowhere, str(tmp_path / "out"), *arguments]) == 2
        captured = capfd.readouterr()
        assert captured.out == ""
        assert len(captured.err.splitlines()) == 1
        assert words in captured.err
