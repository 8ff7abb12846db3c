"""The README's table of results is what the kept reports give, and the reports are of what is shipped."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from apps.systems import open_systems
from evals.result import (
    Estimate,
    JudgeVerdict,
    Report,
    SuiteResult,
    SuiteTimings,
    SystemResult,
    Timings,
)
from evals.run_folder import read_report, to_json
from evals.sample import digest
from evals.selection import select
from evals.suite import Source
from evals.suites import SUITES
from finetune.marks import BEGIN, END, with_results
from homespun.errors import ModelNotFound
from homespun.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]
KEPT = sorted((ROOT / "evals" / "results").glob("*.json"))
OURS = ("home", "home:recall", "read", "caller", "lexical", "length", "cosine")
"""Systems that are made the same way whoever runs this; the encoder that some need may be missing."""
FOLDER = re.compile(r"(?<![\w<./])(?:~|/[\w.-]+|[A-Za-z]:\\)/?[\w.-]*[/\\][\w.-]+")
"""An absolute path, wherever it stands; no web address, no unit such as tokens/s."""

suites = [
    pytest.param(result, id=f"{path.stem}-{result.suite}-{result.system.name}")
    for path in KEPT
    for result in read_report(path).suites
]


@pytest.fixture(scope="module")
def results() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_results", ROOT / "docs" / "results.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(value: float = 0.617, *, failed: float = 0.0, system: str = "home", **about: object) -> Report:
    estimates = [
        Estimate(measure="recalled", value=value, low=0.491, high=0.743, n=57, groups=20, primary=True),
        Estimate(measure="aside", value=0.5, n=57, groups=20),
        Estimate(measure="failure_rate", value=failed, n=60, groups=20, better="lower", primary=True),
    ]
    beside = SystemResult(name="echo | 1", fingerprint="e", estimates=estimates[:1], samples=[])
    return Report(
        suites=[
            SuiteResult(
                suite="chat_memory", version=1, about="", data="built-in", digest="d", seed=0, limit=None,
                system=SystemResult(name=system, fingerprint="f", estimates=estimates, samples=[]),
                baselines=[beside], **about,
            )
        ]
    )  # fmt: skip


def test_the_readme_has_what_the_reports_give(results: ModuleType) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    made = with_results(readme, results.render([read_report(path) for path in KEPT]))
    assert readme == made, "run `python docs/results.py`"


@pytest.mark.parametrize("result", suites)
def test_a_kept_report_is_of_this_suite_and_data(result: SuiteResult) -> None:
    suite = SUITES[result.suite]
    assert result.version == suite.version, f"run `homespun eval {suite.name}` again"
    if result.data == "built-in":
        samples = select(suite.samples(Source(seed=result.seed)), result.limit, result.seed)
        assert result.digest == digest([sample.digest for sample in samples]), "the data has changed"


@pytest.mark.parametrize("result", suites)
def test_a_kept_report_is_of_what_is_shipped(result: SuiteResult, tmp_path: Path) -> None:
    if result.system.name not in OURS:
        pytest.skip(f"{result.system.name} isn't shipped")
    with open_systems(load_settings(home=tmp_path)) as systems:
        try:
            system = systems.make(SUITES[result.suite].kind, result.system.name)
        except ModelNotFound as error:
            pytest.skip(str(error))
    assert result.system.fingerprint == system.fingerprint, f"{system.name} has changed since"


@pytest.mark.parametrize("result", suites)
def test_a_kept_reports_baselines_are_what_is_shipped(result: SuiteResult) -> None:
    shipped = {one.name: one.fingerprint for one in SUITES[result.suite].baselines()}
    for system in result.baselines:
        assert system.fingerprint == shipped[system.name], f"{system.name} has changed since"


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_kept_report_names_data_without_its_folder(path: Path) -> None:
    for result in read_report(path).suites:
        assert result.data == "built-in" or result.data.startswith("hf:") or "/" not in result.data
    text = path.read_text(encoding="utf-8")
    assert not FOLDER.search(text), "it names a folder of the machine it was made on"


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_a_kept_report_holds_no_samples(path: Path, results: ModuleType) -> None:
    kept = read_report(path)
    assert kept == results.compact(kept)
    assert path.read_text(encoding="utf-8") == to_json(kept)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"data": "/home/me/claims.jsonl"', True),
        ('"name": "chat:hf:/srv/models/x"', True),
        ("~/models/x", True),
        ("C:\\Users\\me", True),
        ('"hf:org/name", "tokens/s", "https://host/a/b", "</b>", "and/or/not"', False),
    ],
)
def test_folders_of_a_machine_are_told_from_addresses(text: str, found: bool) -> None:
    assert bool(FOLDER.search(text)) == found


def test_a_row_holds_the_headline_its_interval_and_the_baselines(results: ModuleType) -> None:
    text = results.render([report()])
    row = "| chat memory | recalled ↑ | home | **61.7 %** | 49.1–74.3 | 57/20 | echo \\| 1 61.7 % |"
    assert row in text.split("\n")
    assert "aside" not in text
    assert "failure rate" not in text


def test_of_time_the_table_says_only_the_least(results: ModuleType) -> None:
    names = ("first_token_p50", "first_token_p95", "throughput", "peak_memory")
    clocked = [Estimate(measure=name, value=2.0, n=8, groups=8, unit="s") for name in names]
    suite = SuiteTimings(suite="chat_memory", system="home", wall_s=1.0, estimates=clocked)
    timings = Timings(started="", wall_s=1.0, machine={"cores": 2}, suites=[suite])
    text = results.render([report().model_copy(update={"timings": timings})])
    assert [name for name in ("p50", "p95", "throughput", "peak memory") if name in text] == [
        "p50",
        "throughput",
        "peak memory",
    ]
    assert "times and memory: cores 2" in text


def test_failures_and_the_verdict_on_a_judge_are_told(results: ModuleType) -> None:
    verdict = JudgeVerdict(
        judge="j", fingerprint="f", data="d", n=1, auroc=0.7, auroc_low=0.6, auroc_high=0.8,
        balanced_accuracy=0.6, threshold=0.5, text="Trust it little.",
    )  # fmt: skip
    text = results.render([report(failed=0.05, judge=verdict), report(failed=0.05, judge=verdict)])
    assert text.count("failure rate ↓") == 2
    assert text.count("Trust it little.") == 1


def test_what_one_suite_says_of_several_systems_stands_together(results: ModuleType) -> None:
    one, other = report(), report(system="home:recall")
    one.suites.append(one.suites[0].model_copy(update={"suite": "safety"}))
    text = results.render([one, other])
    assert [line.split("|")[1].strip() for line in text.splitlines() if "home" in line] == [
        "chat memory",
        "chat memory",
        "safety",
    ]


def test_figures_that_the_text_speaks_of_are_told_where_they_are_defined(results: ModuleType) -> None:
    made = report()
    estimates = made.suites[0].system.estimates
    estimates.append(estimates[0].model_copy(update={"measure": "best_span_f1", "primary": False}))
    estimates.append(
        estimates[0].model_copy(update={"measure": "irrelevance", "primary": False, "value": None})
    )
    text = results.render([made])
    assert "best span F1" in text
    assert "irrelevance" not in text


@pytest.fixture
def page(tmp_path: Path, results: ModuleType) -> Path:
    file = tmp_path / "README.md"
    file.write_text(f"# Top\n\n{BEGIN}\nwhat stood here\n{END}\n\nrest\n", encoding="utf-8")
    return file


def test_writing_then_checking_is_quiet_and_a_changed_report_is_noticed(
    page: Path, results: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = page.parent / "kept"
    kept.mkdir()
    (kept / "home.json").write_text(to_json(report()), encoding="utf-8")
    before = page.read_text(encoding="utf-8")
    assert results.main(["--check"], readme=page, kept=kept, weights=kept) == 1
    assert "stale" in capsys.readouterr().err
    assert page.read_text(encoding="utf-8") == before
    assert results.main([], readme=page, kept=kept, weights=kept) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Top\n\n")
    assert text.endswith("\n\nrest\n")
    assert "61.7 %" in text
    assert "what stood here" not in text
    assert results.main(["--check"], readme=page, kept=kept, weights=kept) == 0
    (kept / "home.json").write_text(to_json(report(0.7)), encoding="utf-8")
    assert results.main(["--check"], readme=page, kept=kept, weights=kept) == 1


def test_a_run_is_kept_without_its_samples(page: Path, results: ModuleType, tmp_path: Path) -> None:
    run = tmp_path / "run.json"
    whole = report(system="hf:org/name")
    run.write_text(to_json(whole), encoding="utf-8")
    kept = tmp_path / "kept"
    assert results.main(["--add", str(run)], readme=page, kept=kept, weights=kept) == 0
    assert [path.name for path in kept.iterdir()] == ["hf-org-name.json"]
    assert read_report(kept / "hf-org-name.json") == results.compact(whole)
    assert results.main(["--add", "no-such-run"], readme=page, kept=kept, weights=kept) == 2
