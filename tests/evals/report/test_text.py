"""Reports as text: in a terminal and in Markdown."""

import re

import pytest

from evals.compare import Difference, Row
from evals.report import changes, html, markdown, terminal
from evals.report.figures import columns_of
from evals.result import Estimate, Record, Report, SuiteResult, SystemResult

Whole = tuple[Report, list[Record]]


def nasty(text: str) -> Report:
    """A report in which everything that can come from outside is `text`."""
    system = SystemResult(
        name=text,
        fingerprint=text,
        estimates=[Estimate(measure=text, value=0.5, n=1, groups=1, note=text, about=text)],
        samples=[],
    )
    suite = SuiteResult(
        suite=text, version=1, about=text, data=text, digest="", seed=0, limit=None, system=system,
        baselines=[system],
    )  # fmt: skip
    return Report(versions={text: text}, suites=[suite], skipped={text: text})


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_every_line_fits_the_terminal(whole: Whole, difference: Difference, width: int) -> None:
    lines = terminal.render(whole[0], width=width, difference=difference).split("\n")
    assert max(map(columns_of, lines)) <= width


def test_at_eighty_columns_nothing_is_cut(whole: Whole, difference: Difference) -> None:
    assert "…" not in terminal.render(whole[0], width=80, difference=difference)


def row_of(text: str, begin: str) -> list[str]:
    return next(line for line in text.split("\n") if line.startswith(begin)).split()


def test_a_row_holds_value_interval_n_effect_and_baselines(whole: Whole) -> None:
    text = terminal.render(whole[0], width=120)
    said = " ".join(row_of(text, "remembered"))
    assert said == "remembered ↑ 61.7 % 49.1–74.3 57/20 25.2 points 21.0 % 10.7 %"


def test_an_undefined_figure_says_why(whole: Whole) -> None:
    text = terminal.render(whole[0], width=100)
    assert "– abstained when untold: applies to none of the samples" in text


def test_a_figure_that_leaves_samples_out_says_so() -> None:
    note = "42 of 100 samples failed and aren't counted"
    about = {"n": 58, "groups": 58}
    estimates = [
        Estimate(measure="accuracy", value=0.5, note=note, **about),
        Estimate(measure="token_f1", value=0.4, note=note, **about),
        Estimate(measure="recalled", value=None, note="applies to none of the samples", n=0, groups=0),
        Estimate(measure="failure_rate", value=0.42, n=100, groups=100),
    ]
    system = SystemResult(name="home", fingerprint="", estimates=estimates, samples=[], failures=42)
    suite = SuiteResult(
        suite="tools", version=1, about="", data="built-in", digest="", seed=0, limit=None, system=system
    )
    report = Report(suites=[suite])
    said = f"all figures but failure rate: {note}"
    assert said in terminal.render(report, width=100)
    assert said in markdown.render(report)
    assert html.render(report, []).count(note.replace("'", "&#39;")) == 2
    assert "not defined: 42" not in html.render(report, [])
    alone = system.model_copy(update={"estimates": [estimates[0], *estimates[2:]]})
    text = terminal.render(Report(suites=[suite.model_copy(update={"system": alone})]), width=100)
    assert f"accuracy: {note}" in text


def test_failures_skipped_suites_and_the_verdict_on_the_judge_are_told(whole: Whole) -> None:
    text = " ".join(terminal.render(whole[0], width=100).split())
    assert "3 of 60 samples failed; the first, dialogue-007: TimeoutError" in text
    assert "tools: Model home can't call tools." in text
    assert text.count("AUROC 76.2 (74.1–78.3)") == 2
    assert "took 42.3 s; 50 answered now, 10 kept from earlier" in text


def test_two_systems_on_one_suite_are_told_apart(whole: Whole) -> None:
    judge = next(result for result in whole[0].suites if result.suite == "judge")
    other = judge.model_copy(update={"system": judge.system.model_copy(update={"name": "cosine"})})
    text = terminal.render(Report(suites=[judge, other]), width=80)
    assert "── judge: lexical ─" in text
    assert "── judge: cosine ─" in text


def test_regressions_are_said_in_words(difference: Difference) -> None:
    assert changes.verdict(difference).startswith("1 of 3 tested figures got significantly worse")
    (sentence,) = changes.sentences(difference)
    assert sentence == (
        "chat memory: remembered fell from 77.2 % to 61.7 % (−15.5 points; 95 % interval −24.0 to −7.0; "
        "p = 0.004). Of 57 samples 14 went worse, 1 better, 42 the same."
    )


def test_better_carries_the_p_of_a_change(difference: Difference) -> None:
    better = next(one for one in changes.changed(difference) if one.finding == "better")
    assert better.p == "0.008"


def test_nothing_tested_is_no_clean_bill_and_said_once() -> None:
    row = Row(suite="lm", measure="x", better="lower", gated=False, verdict="shown only", n=1)
    note = "Nothing was tested: a regression can't be found here."
    found = Difference(alpha=0.05, rows=[row], notes=[note])
    assert changes.verdict(found).startswith("Nothing was tested")
    report = Report(suites=[])
    for made in (terminal.render(report, difference=found), markdown.render(report, found)):
        assert made.count("Nothing was tested") == 1
    assert html.render(report, [], found).count("Nothing was tested") == 1


def test_what_was_not_tested_has_no_p() -> None:
    row = Row(
        suite="sums", measure="digits", better="higher", gated=False, baseline=0.5, now=0.25,
        difference=-0.25, p=0.0004, adjusted=0.0004, effect=-1.25, ties=1, losses=["a"], n=2, groups=2,
        verdict="shown only",
    )  # fmt: skip
    for rows in (
        [row],
        [row, row.model_copy(update={"measure": "words", "note": "timed, not tested", "n": 9})],
    ):
        found = Difference(alpha=0.05, rows=rows)
        for made in (
            terminal.render(Report(suites=[]), width=140, difference=found),
            markdown.render(Report(suites=[]), found),
            html.render(Report(suites=[]), [], found),
        ):
            assert "0.001" not in made
            assert "baseline and now: the 2 shared samples" in made
            assert "effect: the change in standard deviations of the paired difference" in made
            assert "chance of so large a change" not in made


def test_shared_samples_are_told_by_suite(difference: Difference) -> None:
    said = changes.legend(changes.changed(difference))[0]
    assert said == (
        "baseline and now: the shared samples (chat memory 57, judge 200, lm 40, answers 12); "
        "what the clock said, over each whole run"
    )


def test_a_figure_without_an_interval_says_why() -> None:
    why = "no interval: all samples are of one group"
    estimate = Estimate(measure="right", value=0.05, n=3, groups=1, note=why)
    system = SystemResult(name="m", fingerprint="", estimates=[estimate], samples=[])
    suite = SuiteResult(
        suite="sums", version=1, about="", data="built-in", digest="", seed=0, limit=None, system=system
    )
    text = terminal.render(Report(suites=[suite]), width=100)
    assert row_of(text, "right")[2:] == ["5.0", "%", "–", "3/1"]
    assert f"all figures: {why}" in text
    assert "| 5.0 % | – | 3/1 |" in markdown.render(Report(suites=[suite]))
    assert '<td class="num">–</td>' in html.render(Report(suites=[suite]), [])


def test_markdown_tables_are_whole(whole: Whole, difference: Difference) -> None:
    text = markdown.render(whole[0], difference)
    blocks = [block.split("\n") for block in text.split("\n\n") if block.startswith("| ")]
    assert len(blocks) == 6
    for block in blocks:
        assert len({line.count("|") for line in block}) == 1
    assert "| remembered ↑ | **61.7 %** | 49.1–74.3 | 57/20 | 25.2 points | 21.0 % | 10.7 % |" in text
    assert text.index("Against the baseline") < text.index("## lm")


@pytest.mark.parametrize("text", ["a | b", "</td><script>x</script>", "[x](http://y)", "a\nb", "*_`"])
def test_markdown_shows_names_as_they_are(text: str) -> None:
    made = markdown.render(nasty(text))
    assert "<script" not in made
    assert not re.search(r"(?<!\\)\]\(", made)
    lines = [line for line in made.split("\n") if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in lines} == {6}


def test_a_name_cannot_steer_the_terminal() -> None:
    made = terminal.render(nasty("\x1b[2J\u202e\r\x07x"), width=80)
    assert not set(made) & set("\x1b\u202e\r\x07")


def test_a_report_without_suites_is_still_a_report() -> None:
    empty = Report(suites=[])
    assert terminal.render(empty, width=80).strip() == ""
    assert markdown.render(empty).startswith("# Evaluation")
