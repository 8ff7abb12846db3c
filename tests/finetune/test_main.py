"""`python -m finetune` as a process: killed, interrupted, without disk."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def start(make_folder: Callable[..., Path], tiny: dict[str, Any]) -> Callable[..., subprocess.Popen[str]]:
    tokens = make_folder()
    settings = {
        "window": 32,
        "batch_tokens": 256,
        "max_tokens": 256 * 400,
        "precision": "fp32",
        "device": "cpu",
        "compile": "off",
        "log_every": 1,
        "eval_every": 100,
        "eval_tokens": 320,
        "checkpoint_every_steps": 20,
        "threads": 1,
        **{f"model.{key}": json.dumps(value) for key, value in tiny.items()},
    }

    def run(out: Path, *more: str, limit: int | None = None, **changes: object) -> subprocess.Popen[str]:
        pairs = [x for key, value in {**settings, **changes}.items() for x in ("--set", f"{key}={value}")]

        def limited() -> None:
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return subprocess.Popen(
            [sys.executable, "-m", "finetune", str(tokens), str(out), *pairs, *more],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "HOMESPUN_HOME": str(tokens.parent / "home")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limited,
        )

    return run


def metrics(out: Path) -> list[dict[str, Any]]:
    wanted = ("step", "loss", "grad_norm", "valid_loss", "valid_bpb")
    lines = (out / "metrics.jsonl").read_text().splitlines()
    return [{key: row[key] for key in wanted if key in row} for row in map(json.loads, lines)]


def wait_for_step(out: Path, step: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if (out / "metrics.jsonl").exists() and (out / "metrics.jsonl").read_bytes().count(b"\n") >= step:
            return
        time.sleep(0.005)
    raise AssertionError(f"step {step} was not reached: {process.communicate()}")


def test_killed_and_resumed_gives_the_numbers_of_an_uninterrupted_run(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert start(whole).wait() == 0
    process = start(broken)
    wait_for_step(broken, 130, process)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    reached = len(metrics(broken))
    assert reached < 400
    again = start(broken, "--resume")
    out, err = again.communicate()
    assert again.returncode == 0, err
    assert "resuming at step" in err
    assert out.startswith("homespun chat --model ")
    assert metrics(broken) == metrics(whole)
    assert (broken / "model" / "model.safetensors").read_bytes() == (
        whole / "model" / "model.safetensors"
    ).read_bytes()


def test_ctrl_c_saves_prints_one_line_and_leaves_with_130(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = start(tmp_path / "run", "--quiet", max_tokens=10**8, checkpoint_every_steps=0)
    wait_for_step(tmp_path / "run", 20, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "--resume" in err
    assert len(list((tmp_path / "run").glob("step-*.pt"))) == 1


def test_a_full_disk_keeps_the_checkpoint_before_and_prints_one_line(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    assert start(out, "--quiet", max_tokens=256 * 40).wait() == 0
    kept = {path: path.read_bytes() for path in out.glob("step-*.pt")}
    size = max(map(len, kept.values()))
    process = start(out, "--quiet", "--resume", max_tokens=256 * 80, limit=size // 2)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert len(err.splitlines()) == 1
    assert "no space for a checkpoint" in err
    assert "step-000000040.pt" in err
    assert {path: path.read_bytes() for path in out.glob("step-*.pt")} == kept
    assert not [path for path in out.iterdir() if path.name.startswith(".")]
    again = start(out, "--resume", max_tokens=256 * 80)
    _, err = again.communicate(timeout=60)
    assert again.returncode == 0, err
    assert "resuming at step 40" in err


def test_misuse_is_one_line_and_status_2(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from finetune.__main__ import main

    nowhere = str(tmp_path / "nowhere")
    for arguments, words in (
        (["--set", "max_token=5"], "did you mean max_tokens"),
        (["--set", "window"], "key=value"),
        (["--set", "window=many"], "whole number"),
        ([], "no folder of prepared tokens"),
    ):
        assert main([nowhere, str(tmp_path / "out"), *arguments]) == 2
        captured = capfd.readouterr()
        assert captured.out == ""
        assert len(captured.err.splitlines()) == 1
        assert words in captured.err
