from __future__ import annotations

import json
import random
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.cli.progress import Progress
from apps.evaluation import Step

WORDS = [f"word{number}" for number in range(10)]


@pytest.fixture
def turns(tmp_path: Path) -> str:
    """Ten recorded questions."""
    path = tmp_path / "turns.jsonl"
    rows = [
        {
            "messages": [{"role": "user", "content": f"Say {word}."}],
            "answer": word,
            "accept": [f"{word}!"],
            "thread": f"t{number // 2}",
        }
        for number, word in enumerate(WORDS)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


@pytest.fixture
def model(scripted: Callable[..., str]) -> Callable[..., str]:
    """A model that says each word, slowly if that's asked, except for those it gets wrong."""

    def make(*wrong: str, delay: float = 0.0, error: str | None = None) -> str:
        return scripted(
            *(
                {
                    "match": f"{word}\\.",
                    "text": "no idea" if word in wrong else f"{word}!",
                    "repeat": True,
                    "delay": delay,
                    **({"error": error} if error else {}),
                }
                for word in WORDS
            )
        )

    return make


def _accepted(report: dict[str, Any]) -> float:
    (result,) = report["suites"]
    return float(next(e["value"] for e in result["system"]["estimates"] if e["measure"] == "accepted"))


def test_suites_are_listed_with_what_they_tell(homespun: Any) -> None:
    listed = homespun("eval", "--json").json["suites"]
    assert [row["name"] for row in listed][:2] == ["lm", "chat_memory"]
    assert all(row["about"] and row["measures"] for row in listed)
    lines = homespun("eval").out.splitlines()
    assert [line.split()[0] for line in lines] == ["SUITE", *(row["name"] for row in listed)]


def test_a_run_prints_its_figures_and_where_the_report_lies(homespun: Any, model: Any, turns: str) -> None:
    done = homespun("eval", "recorded", "--model", model("word3"), "--data", turns)
    assert (done.status, done.err) == (0, "")
    assert "90.0 %" in done.out
    page = Path(done.out.rstrip().splitlines()[-1].removeprefix("report: "))
    assert page.name == "report.html"
    assert page.is_file()


def test_json_is_one_object_that_serves_as_a_baseline(
    homespun: Any, model: Any, turns: str, tmp_path: Path
) -> None:
    output = tmp_path / "new" / "out.json"
    command = ("eval", "recorded", "-m", model("word3"), "--data", turns, "--json", "-o", str(output))
    first = homespun(*command)
    report = first.json
    assert first.status == 0
    assert _accepted(report) == 0.9
    assert report["timings"]["suites"][0]["asked"] == 10
    assert report["run"].startswith("recorded-")
    written = json.loads(output.read_text())
    assert written == {key: value for key, value in report.items() if key not in ("run", "folder")}
    again = homespun(*command).json
    assert again["timings"]["suites"][0]["kept"] == 10
    assert again["suites"] == report["suites"]
    printed = tmp_path / "printed.json"
    printed.write_text(json.dumps(report))
    for baseline in (str(printed), str(output), report["run"], report["folder"]):
        done = homespun(*command[:-3], "--json", "--baseline", baseline)
        assert done.json["difference"]["rows"][0]["n"] == 10


def test_a_reader_is_measured_on_squads_lines(
    homespun: Any, encoder_adapter: Callable[..., Path], tmp_path: Path
) -> None:
    encoder_adapter("read")
    asked = [{"question": f"What is {word}?", "answers": [word], "start": 0} for word in WORDS[:4]]
    rows = [{"title": word, "context": f"{word} is here.", "questions": asked} for word in WORDS[:5]]
    data = tmp_path / "squad.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ("eval", "reading", "--model", "read", "--data", str(data), "--limit", "0", "--json")
    done = homespun(*command)
    assert done.status == 0, done.err
    (result,) = done.json["suites"]
    assert result["data"] == "squad.jsonl"
    found = {one["measure"]: one for one in result["system"]["estimates"]}
    assert (found["f1"]["n"], found["f1"]["groups"], found["exact_offsets"]["value"]) == (20, 5, 1)
    assert result["baselines"][0]["name"] == "always abstains"
    timings = done.json["timings"]["suites"][0]
    assert [one["measure"] for one in timings["estimates"]] == ["time_per_question"]
    assert homespun(*command).json["suites"] == done.json["suites"]
    missing = homespun("eval", "reading", "--model", "raed")
    assert (missing.status, "read" in missing.line) == (2, True)


def test_a_significant_fall_leaves_with_1(homespun: Any, model: Any, turns: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    homespun("eval", "recorded", "-m", model(), "--data", turns, "-o", str(good))
    done = homespun("eval", "recorded", "-m", model(*WORDS[1:]), "--data", turns, "-o", str(bad))
    assert done.status == 0
    for report in (good, bad):
        # Ten samples in five groups: no swap of groups is rare enough to be significant.
        untold = homespun("eval", "--show", str(report), "--baseline", str(good))
        assert untold.status == 1
        assert "nothing was tested against the baseline" in untold.line
    rows = [json.loads(line) | {"thread": ""} for line in Path(turns).read_text().splitlines()]
    alone = tmp_path / "alone.jsonl"
    alone.write_text("".join(json.dumps(row) + "\n" for row in rows))
    homespun("eval", "recorded", "-m", model(), "--data", str(alone), "-o", str(good))
    worse = homespun(
        "eval", "recorded", "-m", model(*WORDS[1:]), "--data", str(alone), "--baseline", str(good)
    )
    assert worse.status == 1
    assert "accepted" in worse.line
    better = homespun("eval", "recorded", "-m", model(), "--data", str(alone), "--baseline", str(good))
    assert better.status == 0


def test_what_the_baseline_has_and_the_run_lacks_leaves_with_1(
    homespun: Any, model: Any, turns: str, tmp_path: Path
) -> None:
    rows = [json.loads(line) | {"thread": ""} for line in Path(turns).read_text().splitlines()]
    Path(turns).write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ("eval", "recorded", "-m", model(), "--data", turns)
    more = tmp_path / "more.json"
    report = homespun(*command, "--json").json
    assert homespun(*command, "--baseline", report["run"]).status == 0
    gone = report["suites"][0] | {"suite": "gone"}
    more.write_text(json.dumps(report | {"suites": [*report["suites"], gone]}))
    shown = homespun("eval", "--show", report["run"], "--baseline", str(more))
    assert shown.status == 1
    assert "gone of scripted:" in shown.line
    # Asked for by name, it's the only one that is missed.
    assert homespun(*command, "--baseline", str(more)).status == 0
    older = json.loads(json.dumps(report))
    older["suites"][0]["version"] = 99
    more.write_text(json.dumps(older))
    untested = homespun(*command, "--baseline", str(more))
    assert untested.status == 1
    assert "recorded wasn't tested against the baseline: not tested, for the suite's version" in untested.line


def test_if_every_sample_fails_the_reason_is_told(homespun: Any, model: Any, turns: str) -> None:
    address = model(error="nobody there")
    done = homespun("eval", "recorded", "-m", address, "--data", turns, "--limit", "2")
    assert done.status == 1
    assert done.line == (
        f"homespun: every sample of recorded failed on {address}, the first with RuntimeError: nobody there\n"
    )
    assert "100.0 %" in done.out


def test_if_some_samples_fail_that_is_told_with_the_most_frequent_error(
    homespun: Any, scripted: Any, turns: str
) -> None:
    errors = {"word1": "busy", "word3": "gone", "word5": "gone"}
    address = scripted(
        *(
            {"match": f"{word}\\.", "text": "", "repeat": True}
            | ({"error": errors[word]} if word in errors else {"text": f"{word}!"})
            for word in WORDS
        )
    )
    done = homespun("eval", "recorded", "-m", address, "--data", turns, "--json")
    assert done.status == 0
    assert done.line == "homespun: 3 of 10 samples of recorded failed: RuntimeError: gone\n"
    assert done.json["suites"][0]["system"]["failures"] == 3


def test_a_run_whose_times_are_replaced_is_named(
    homespun: Any, model: Any, turns: str, tiny_model: Path
) -> None:
    timed = ("eval", "latency", "-m", str(tiny_model), "--limit", "1", "--json")
    first = homespun(*timed)
    assert (first.status, first.err) == (0, "")
    again = homespun(*timed)
    when = first.json["timings"]["started"][:16].replace("T", " ")
    assert again.json["run"] == first.json["run"]
    assert again.line == f"homespun: replaces the run of {when}; its times are gone; --output keeps a copy\n"
    untimed = ("eval", "recorded", "-m", model(), "--data", turns)
    assert [homespun(*untimed, "--fresh").err for _ in range(2)] == ["", ""]


def test_a_beginning_that_several_runs_share_is_refused_with_their_ids(
    homespun: Any, model: Any, turns: str
) -> None:
    address = model()
    made = [
        homespun("eval", "recorded", "-m", address, "--data", turns, "--limit", limit, "--json").json["run"]
        for limit in ("2", "3")
    ]
    done = homespun("eval", "--show", "recorded-")
    assert (done.status, done.out) == (2, "")
    assert ", ".join(sorted(made)) in done.line


def test_runs_are_listed_and_shown(homespun: Any, model: Any, turns: str) -> None:
    assert homespun("eval", "--runs").out == ""
    made = homespun("eval", "recorded", "-m", model(), "--data", turns, "--json").json
    (listed,) = homespun("eval", "--runs", "--json").json["runs"]
    assert (listed["run"], listed["samples"], listed["failures"]) == (made["run"], 10, 0)
    assert made["run"] in homespun("eval", "--runs").out
    shown = homespun("eval", "--show", made["run"][:12], "--json").json
    assert shown["suites"] == made["suites"]
    assert shown["timings"] == made["timings"]
    assert "100.0 %" in homespun("eval", "--show", made["run"]).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lmm",), "lm"),
        (("lm", "--model", "nosuch"), "nosuch"),
        (("lm", "recorded", "--data", "x"), "one suite"),
        (("recorded", "--data", "/nosuch/file"), "/nosuch/file"),
        (("recorded", "--baseline", "nosuch"), "nosuch"),
        (("recorded", "--limit", "-1"), "limit"),
        (("recorded", "--track", "nosuch"), "nosuch"),
        (("--show", "nosuch"), "nosuch"),
        (("lm", "--runs"), "without a suite"),
        (("--output", "x"), "which suite"),
    ],
)
def test_misuse_is_one_line_and_asks_nothing(homespun: Any, arguments: tuple[str, ...], said: str) -> None:
    done = homespun("eval", *arguments)
    assert done.status == 2
    assert said in done.line
    assert done.out == ""


def test_a_baseline_that_is_no_report_is_refused(homespun: Any, tmp_path: Path) -> None:
    for number, text in enumerate(("{", "[]", "{}", '{"format": 99}')):
        path = tmp_path / f"{number}.json"
        path.write_text(text)
        done = homespun("eval", "recorded", "--baseline", str(path))
        assert (done.status, str(path) in done.line) == (2, True)


def _report(home: Path) -> bytes | None:
    found = list((home / "runs" / "evals").glob("*/report.json"))
    return found[0].read_bytes() if found else None


def _answers(home: Path) -> int:
    files = (home / "runs" / "evals" / "answers" / "recorded").glob("*.jsonl")
    return sum(file.read_bytes().count(b"\n") for file in files)


def test_ctrl_c_keeps_what_was_answered_and_says_how_to_go_on(
    zygote: Any, model: Any, turns: str, homespun_home: Path
) -> None:
    address = model(delay=0.1)
    pid = zygote.start("homespun", "eval", "recorded", "--model", address, "--data", turns, "--fresh")
    while _answers(homespun_home) < 3:
        time.sleep(0.01)
    assert zygote.kill(pid, signal.SIGINT) == 130
    said = zygote.err.read_text()
    found = re.fullmatch(
        r"homespun: stopped in recorded with (\d+) of 10 samples answered; what was answered is kept, and "
        rf"homespun eval recorded --model {re.escape(address)} --data {re.escape(turns)} goes on\n",
        said,
    )
    assert found is not None, said
    assert 2 <= int(found[1]) <= _answers(homespun_home)
    assert _report(homespun_home) is None
    assert 0 < _answers(homespun_home) < 10


class Killed:
    """One command in two homes: run whole in the one, killed again and again in the other."""

    def __init__(
        self, zygote: Any, command: list[str], monkeypatch: pytest.MonkeyPatch, folder: Path
    ) -> None:
        self.zygote, self.command, self.home = zygote, command, folder / "killed"
        monkeypatch.setenv("HOMESPUN_HOME", str(folder / "whole"))
        began = time.monotonic()
        assert zygote.wait(zygote.start(*command)) == 0
        self.lasted = time.monotonic() - began
        self.whole = _report(folder / "whole")
        assert self.whole is not None
        monkeypatch.setenv("HOMESPUN_HOME", str(self.home))

    def once_there_are(self, answers: int) -> None:
        """Kills a run when so many answers are kept."""
        pid = self.zygote.start(*self.command)
        while _answers(self.home) < answers:
            time.sleep(0.002)
        assert self.zygote.kill(pid, signal.SIGKILL) == -signal.SIGKILL
        assert answers <= _answers(self.home) < len(WORDS)
        assert _report(self.home) is None

    def after(self, share: float) -> None:
        """Kills a run after a share of the time that the whole one took."""
        before = _answers(self.home)
        pid = self.zygote.start(*self.command)
        time.sleep(share * self.lasted)
        self.zygote.kill(pid, signal.SIGKILL)
        assert _answers(self.home) >= before

    def end(self) -> None:
        """Lets a run end, and looks at what it found."""
        assert self.zygote.wait(self.zygote.start(*self.command)) == 0
        assert _report(self.home) == self.whole
        assert _answers(self.home) == len(WORDS)  # none was asked twice
        (folder,) = {path.parent for path in (self.home / "runs" / "evals").glob("*/report.json")}
        assert (folder / "report.html").is_file()


def test_a_killed_run_goes_on_to_the_same_report(
    zygote: Any, model: Any, turns: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["homespun", "eval", "recorded", "--model", model("word3", delay=0.05), "--data", turns]
    killed = Killed(zygote, command, monkeypatch, tmp_path)
    for answers in (1, 3, 6, 8):
        killed.once_there_are(answers)
    killed.end()


@pytest.mark.stress
@pytest.mark.parametrize("workers", [1, 4])
def test_a_run_killed_over_and_over_goes_on_to_the_same_report(
    workers: int, zygote: Any, model: Any, turns: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(workers)
    address = model("word3", delay=0.05)
    for seed in range(20):
        command = ["homespun", "eval", "recorded", "--model", address, "--data", turns]
        command += ["--seed", str(seed), "--workers", str(workers)]
        killed = Killed(zygote, command, monkeypatch, tmp_path / str(seed))
        for _ in range(6):
            killed.after(chance.uniform(0.05, 1))
        killed.end()


def test_progress_is_a_bar_on_a_terminal_and_a_line_now_and_then_elsewhere() -> None:
    class Stream:
        def __init__(self, live: bool) -> None:
            self.live, self.text = live, ""

        def isatty(self) -> bool:
            return self.live

        def write(self, text: str) -> None:
            self.text += text

        def flush(self) -> None:
            pass

    def step(done: int, failures: int = 0, number: int = 1) -> Step:
        return Step("lm", "home", number, 2, done, 100, failures)

    now = 0.0
    terminal, file = Stream(True), Stream(False)
    shown = [Progress(stream, clock=lambda: now) for stream in (terminal, file)]  # type: ignore[arg-type]
    steps = (
        (0.0, step(50)),
        (10.0, step(60, 1)),
        (20.0, step(75, 2)),
        (20.05, step(76)),
        (21.0, step(100)),
    )
    for at, one in steps:
        now = at
        for progress in shown:
            progress(one)
    assert file.text == "lm · home (1 of 2): 75/100, 2 failed, 20s left\n"
    # 50 were kept and came at once.
    assert "\r[##############..........] lm · home (1 of 2): 60/100, 1 failed, 40s left" in terminal.text
    assert "76/100" not in terminal.text
    shown[0].clear()
    assert terminal.text.endswith(" \r")
    before = terminal.text
    shown[0].clear()
    assert terminal.text == before


def test_the_state_folder_is_all_that_is_written(
    homespun: Any, model: Any, turns: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    homespun("eval", "recorded", "-m", model(), "--data", turns)
    assert list(here.iterdir()) == []
