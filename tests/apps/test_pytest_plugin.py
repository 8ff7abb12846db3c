from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apps.pytest_plugin import read_mark
from homespun.errors import UsageError

ROOT = Path(__file__).parents[2]
OPTIONS = (
    "-p",
    "apps.pytest_plugin",
    "-p",
    "no:asyncio",
    "-p",
    "no:cacheprovider",
    "-W",
    "error",
    "-rA",
    "-q",
)
SUITES = """
from evals.measure import Mean, Measure
from evals.sample import Output, Sample
from evals.suite import Suite

class Yes(Suite):
    name = "yes"
    about = "says yes"
    kind = "chat"
    measures = (
        Measure("right", Mean("right"), primary=True),
        Measure("words", Mean("words"), "lower", unit="words"),
        Measure("never", Mean("never")),
        Measure("s", Mean("timing.s"), "lower", unit="s", timing=True),
    )
    wrong = 2
    broken = 0

    def samples(self, source):
        for number in range(40):
            kind = "fail" if number < self.broken else "no" if number < self.broken + self.wrong else "yes"
            yield Sample(f"q{number:02}", kind)

    def answer(self, system, sample, seed):
        if sample.input == "fail":
            raise RuntimeError("the server is gone")
        return Output(system.invoke(sample.input).text, timing={"s": 0.1})

    def score(self, sample, output):
        right = float(output.answer == sample.input)
        return {"right": right, "words": 1.0 + (sample.id == "q07"), "never": None}

class Broken(Yes):
    name = "broken"
    broken = 2
    wrong = 0

YES, BROKEN = Yes(), Broken()
"""
TESTS = """
import pytest

@pytest.mark.evaluation("yes", min=0.8)
def test_good_enough():
    pass

@pytest.mark.evaluation("yes", min=0.9)
def test_the_figure_is_above_and_the_lower_end_is_not():
    raise AssertionError("the bound is held first")

@pytest.mark.evaluation("yes", max=1.3, measure="words")
def test_upper_end(evaluation):
    assert evaluation.suite == "yes"
    assert evaluation.system.failures == 0

@pytest.mark.evaluation("yes", max=1.01, measure="words")
def test_upper_end_above():
    pass

@pytest.mark.evaluation("yes", max=1, measure="s", limit=10)
def test_nothing_varies_in_what_was_timed():
    pass

@pytest.mark.evaluation("yes", min=0.1, measure="never")
def test_not_defined():
    pass

@pytest.mark.evaluation("broken", min=0.5)
def test_failures_fail():
    pass

@pytest.mark.evaluation("broken", min=0.5, failures=0.05)
def test_failures_allowed():
    pass

@pytest.mark.evaluation("yes")
def test_own_assertion(evaluation):
    assert evaluation.system.estimates[0].value == 2

@pytest.mark.evaluation("yes", min=0.8, model="scripted:/nowhere.json")
def test_no_model():
    pass

def test_without_a_mark(evaluation):
    pass

@pytest.mark.evaluation("yess", min=0.8)
def test_no_such_suite():
    raise AssertionError("it isn't run")

@pytest.mark.evaluation("yes", min=0.8, measure="rigth")
def test_no_such_measure():
    raise AssertionError("it isn't run")

@pytest.mark.evaluation("yes", min=0.8, measure="words")
def test_wrong_side():
    raise AssertionError("it isn't run")

@pytest.mark.evaluation("yes", min=0.8, measure="words")
def test_wrong_side_with_the_fixture(evaluation):
    raise AssertionError("it isn't run")

@pytest.mark.evaluation("yes", min=0.8)
class TestAll:
    def test_one(self):
        pass
"""


class Project:
    """A folder with tests, and what running them says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "plugged_suites.py").write_text(SUITES)
        script = folder / "script.json"
        script.write_text(json.dumps([{"text": "yes", "repeat": True}]))
        home = folder / "home"
        home.mkdir()
        (home / "homespun.toml").write_text(
            f'model = "scripted:{script}"\n[plugins.suites]\n'
            'yes = "plugged_suites:YES"\nbroken = "plugged_suites:BROKEN"\n'
        )

    def run(self, tests: str) -> tuple[int, str]:
        (self.folder / "test_them.py").write_text(tests)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *OPTIONS, "--rootdir", str(self.folder), "test_them.py"],
            cwd=self.folder,
            env={
                **os.environ,
                "HOMESPUN_HOME": str(self.folder / "home"),
                "PYTHONPATH": f"{ROOT}{os.pathsep}{self.folder}",
            },
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def told(project: Project) -> str:
    status, told = project.run(TESTS)
    assert status == 1
    return told


@pytest.mark.parametrize(
    "name", ["test_good_enough", "test_upper_end", "test_failures_allowed", "TestAll::test_one"]
)
def test_passes_when_the_bound_says_so(told: str, name: str) -> None:
    assert f"PASSED test_them.py::{name}\n" in told


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (
            "test_the_figure_is_above_and_the_lower_end_is_not",
            "the lower end of right, 0.835, is below min=0.9; the figure alone isn't enough",
        ),
        ("test_upper_end_above", "the upper end of words, "),
        ("test_nothing_varies_in_what_was_timed", "s has no interval: the samples were timed together"),
        ("test_not_defined", "never isn't defined: applies to none of the samples"),
        ("test_failures_fail", "broken on scripted:"),
        ("test_no_model", "nowhere.json"),
        ("test_own_assertion", "assert 0.95 == 2"),
    ],
)
def test_fails_with_the_reason(told: str, name: str, why: str) -> None:
    assert f"test_them.py::{name}" in told.split("short test summary")[1].replace("PASSED test_them.py", "")
    assert why in told
    assert f"PASSED test_them.py::{name}\n" not in told


def test_a_failure_gives_figure_interval_and_worst_samples(told: str) -> None:
    assert "yes right 0.95 [0.835, 0.9862], n=40 (Wilson, 95 %)" in told
    assert "  worst: q00: 0\n  worst: q01: 0\n" in told
    assert "  worst: q07: 2\n" in told
    assert "2 of 40 samples failed" in told
    assert "  failed: q00: RuntimeError: the server is gone" in told
    assert "  all samples: " in told
    assert "Traceback" not in told


def test_the_figures_are_shown_together(told: str) -> None:
    figures = told.split(" evaluations ")[1]
    assert "passed  test_them.py::test_good_enough  yes right 0.95 [0.835, 0.9862], n=40" in figures
    assert "FAILED  test_them.py::test_upper_end_above  yes words 1.025" in figures


def test_the_fixture_needs_the_mark(told: str) -> None:
    assert "the fixture evaluation needs @pytest.mark.evaluation(suite)" in told


def test_a_request_is_run_once_and_kept(project: Project, told: str) -> None:
    runs = [path.name for path in (project.folder / "home/runs/evals").iterdir() if path.name != "answers"]
    assert len(runs) == 3  # yes, yes with a limit, broken
    assert told


def test_a_mistaken_mark_is_an_error_of_its_test_alone(told: str) -> None:
    details, summary = told.split("short test summary")
    for name, why in (
        ("test_no_such_suite", "Did you mean yes?"),
        ("test_no_such_measure", "Did you mean right?"),
        ("test_wrong_side", "lower is better for words of yes: give max, not min"),
        ("test_wrong_side_with_the_fixture", "lower is better for words of yes: give max, not min"),
    ):
        assert re.search(rf"^ERROR test_them\.py::{name} - Failed: ", summary, re.MULTILINE)
        (said,) = re.findall(rf"_ ERROR at setup of {name} _+\n(.*)\n", details)
        assert why in said
    errors = re.findall(r"^ERROR test_them\.py::(\w+)", summary, re.MULTILINE)
    assert len(errors) == 6  # and two whose fixture can't be made


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        ({"suite": "tolos", "min": 1}, "Did you mean tools"),
        ({"suite": "lm", "min": 1}, "lower is better for .* of lm: give max, not min"),
        ({"suite": "lm", "measure": "bits_per_bite"}, "Did you mean bits_per_byte"),
        ({"suite": "lm", "least": 1}, "unexpected keyword argument 'least'"),
        ({"min": 1}, "missing 1 required positional argument: 'suite'"),
    ],
)
def test_a_mistaken_mark_is_refused(mark: dict[str, Any], why: str) -> None:
    with pytest.raises((UsageError, TypeError), match=why):
        read_mark(**mark)
