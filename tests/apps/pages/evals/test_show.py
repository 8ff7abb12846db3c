"""What the Evals page shows of a run."""

from __future__ import annotations

from pathlib import Path

from apps.pages.evals.show import choice, difference, entry, summary
from evals.compare import Difference, Row
from evals.result import Estimate, Report, SuiteResult, SystemResult
from evals.run_folder import RunInfo


def test_a_figure_over_some_of_the_samples_says_so() -> None:
    note = "2 of 5 samples failed and aren't counted"
    estimate = Estimate(measure="right", value=0.5, low=0.2, high=0.8, n=3, groups=3, note=note)
    system = SystemResult(name="<b>m</b>", fingerprint="f", estimates=[estimate], failures=2, samples=[])
    suite = SuiteResult(
        suite="sums", version=1, about="", data="built-in", digest="d", seed=0, limit=None, system=system
    )
    shown = summary(Report(suites=[suite]))
    assert "2 of 5 samples failed and aren't counted" in shown
    assert "<b>m</b>" not in shown


def info(*systems: str, samples: int = 4, run: str = "judge-judges-0123abcd") -> RunInfo:
    return RunInfo(run, Path(run), "2026-01-02T03:04:00+00:00", ("judge",), systems, samples, 0)


def test_a_figure_of_several_systems_names_its_own() -> None:
    suites = [
        SuiteResult(
            suite="judge", version=1, about="", data="built-in", digest="d", seed=0, limit=4,
            system=SystemResult(name=name, fingerprint="f", estimates=[figure], samples=[]),
        )
        for name in ("lexical", "cosine")
        for figure in [Estimate(measure="auroc", value=0.05, low=0.0, high=1.0, n=4, groups=4)]
    ]  # fmt: skip
    said = entry(info("lexical", "cosine"), Report(suites=suites)).split("\n")
    assert said[1] == "2 systems · AUROC of lexical 5.0 % (0.0–100.0)"
    assert said[2].endswith(" · 4 samples")
    alone = entry(info("lexical", samples=1), Report(suites=suites[:1])).split("\n")
    assert alone[1] == "lexical · AUROC 5.0 % (0.0–100.0)"
    assert alone[2].endswith(" · 1 sample")


def test_a_choice_tells_runs_apart() -> None:
    first, other = choice(info("m")), choice(info("m", run="judge-judges-0123abce"))
    assert first.startswith("judge · m · 4 samples · 2026-01-0")
    assert first.endswith(" · 0123abcd")
    assert first != other


def test_what_was_not_tested_has_no_p_on_the_page_either() -> None:
    row = Row(
        suite="sums", measure="digits", better="higher", gated=False, baseline=0.5, now=0.25,
        difference=-0.25, p=0.0004, adjusted=0.0004, effect=-1.25, n=2, groups=2, verdict="shown only",
    )  # fmt: skip
    note = "Nothing was tested: a regression can't be found here."
    shown = difference(Difference(alpha=0.05, rows=[row], notes=[note]))
    assert "0.001" not in shown
    assert "baseline and now: the 2 shared samples" in shown
    assert shown.count("Nothing was tested") == 1
    assert ">p</th>" not in shown
    assert ">effect</th>" in shown
    assert "<td>50.0 %</td><td>25.0 %</td><td>−25.0 points</td><td>–</td>" in shown
