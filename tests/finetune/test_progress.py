import errno
import io
import json
import os
from pathlib import Path

import pytest

from finetune.progress import MetricsLog, Reporter, duration
from homespun.errors import OutOfSpace


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_come_at_the_interval_and_carry_speed_and_time_left() -> None:
    stream = io.StringIO()
    reporter = Reporter(stream, every_s=10)
    for now in (0.0, 1.0, 9.9, 10.0, 15.0):
        reporter.update(now, 0.25, 7, 2.5, "6,543 tok/s", 3725.0)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert all(part in lines[0] for part in ("25.0%", "step 7", "loss 2.500", "6,543 tok/s", "1h02m left"))


def test_a_terminal_gets_one_bar_redrawn_in_place() -> None:
    stream = Terminal()
    reporter = Reporter(stream)
    reporter.update(0.0, 0.5, 1, 2.0, "10 tok/s", None)
    reporter.update(1.0, 1.0, 2, 1.0, "10 tok/s", 0.0)
    assert "\n" not in stream.getvalue()
    assert f"[{'#' * 12}{'.' * 12}]" in stream.getvalue()
    reporter.say("done")
    assert stream.getvalue().endswith("\rdone\n")


def test_quiet_still_warns() -> None:
    stream = io.StringIO()
    reporter = Reporter(stream, quiet=True)
    reporter.say("hello")
    reporter.update(0.0, 0.5, 1, 2.0, "10 tok/s", None)
    reporter.warn("slow")
    assert stream.getvalue() == "warning: slow\n"


def test_rewinding_drops_later_rows_and_a_torn_last_line(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path / "metrics.jsonl")
    for step in range(1, 6):
        log.append({"step": step})
    with log.path.open("a") as file:
        file.write('{"step": 3, "lo')
    log.rewind(3)
    assert [json.loads(line)["step"] for line in log.path.read_text().splitlines()] == [1, 2, 3]


def test_a_full_disk_while_rewinding_loses_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = MetricsLog(tmp_path / "metrics.jsonl")
    for step in range(1, 6):
        log.append({"step": step})
    before = log.path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutOfSpace):
        log.rewind(3)
    assert log.path.read_bytes() == before


def test_durations_read_well() -> None:
    assert [duration(s) for s in (0, 59.9, 60, 185, 7620)] == ["0s", "59s", "1m00s", "3m05s", "2h07m"]


def test_a_curve_keeps_its_ends_and_at_most_so_many_points(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path / "metrics.jsonl")
    assert log.curve("valid_bpb") == []
    for step in range(1, 31):
        log.append({"step": step, "tokens": step * 10, "loss": 1.0})
        log.append({"step": step, "tokens": step * 10, "valid_bpb": 4.0 - step / 10})
    assert log.curve("valid_bpb", points=4) == [(10, 3.9), (110, 2.9), (200, 2.0), (300, 1.0)]
    assert len(log.curve("valid_bpb", points=100)) == 30
