"""A pytest plugin: tests that pass only when a model is good enough for certain.

```python
@pytest.mark.evaluation("tools", min=0.6)  # the headline measure
def test_calls_the_right_tool(evaluation):  # the SuiteResult, for further assertions
    assert evaluation.system.failures == 0


@pytest.mark.evaluation("lm", max=2.5, measure="bits_per_byte", model="home", limit=100)
def test_predicts_text(): ...
```

Contract: the bound that counts is the 95 % confidence interval's, not the figure. `min` passes when the lower
end is at least that, `max` when the upper end is at most that; too few samples fail. A measure of which
higher is better takes `min`, of which lower is better `max`, any other both. A model that fails to answer
would leave its hard samples out of the figure, so failures fail the test too, beyond the share `failures`
(default 0). A mistaken mark (no such suite or measure, a bound on the wrong side) is an error of its test
alone, told before anything is asked for it.

The run is that of `homespun eval`: same answers kept, same report folder. Within one session the same request
is run once. `model`, `limit`, `data`, `seed` and `judge` are as on the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from apps.evaluation import Finished, Request
    from evals.result import Estimate, SuiteResult

MARK = "evaluation"
WORST = 3
_runs: pytest.StashKey[dict[Request, Finished]] = pytest.StashKey()
_asked: pytest.StashKey[Asked] = pytest.StashKey()
_mistaken: pytest.StashKey[str] = pytest.StashKey()
_lines: pytest.StashKey[list[str]] = pytest.StashKey()


@dataclass(frozen=True)
class Asked:
    """What a mark asks for.

    Attributes:
        request: what is run.
        measure: whose bounds count; None is the suite's headline.
        low: least allowed lower end.
        high: greatest allowed upper end.
        failures: greatest allowed share of samples that failed.
    """

    request: Request
    measure: str | None
    low: float | None
    high: float | None
    failures: float


def pytest_configure(config: pytest.Config) -> None:
    """Makes the mark known."""
    config.addinivalue_line(
        "markers",
        "evaluation(suite, min=None, max=None, measure=None, model=None, limit=None, data=None, seed=0, "
        "judge=None, failures=0.0): passes when the whole interval is on the right side",
    )
    config.stash[_runs] = {}
    config.stash[_lines] = []


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Reads the marks; what is wrong with one is told when its test's turn comes."""
    from homespun.errors import HomespunError

    for item in items:
        mark = item.get_closest_marker(MARK)
        if mark is None or not isinstance(item, pytest.Function):
            continue
        try:
            item.stash[_asked] = read_mark(*mark.args, **mark.kwargs)
        except (HomespunError, TypeError) as error:
            item.stash[_mistaken] = str(error).replace("read_mark()", f"pytest.mark.{MARK}()")
            continue
        if MARK not in item.fixturenames:
            item.fixturenames.append(MARK)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Makes a mistaken mark an error of its test, before any fixture is made."""
    if text := item.stash.get(_mistaken, ""):
        pytest.fail(text, pytrace=False)


@pytest.fixture
def evaluation(request: pytest.FixtureRequest) -> SuiteResult:
    """The result of the suite that the test's mark names."""
    asked = request.node.stash.get(_asked, None)
    if asked is None:
        pytest.fail(f"the fixture {MARK} needs @pytest.mark.{MARK}(suite)", pytrace=False)
    return _result(_finished(request.config, asked))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Holds the bound before the test's own lines run."""
    asked = item.stash.get(_asked, None)
    if asked is not None:
        finished = _finished(item.config, asked)
        estimate = _estimate(finished, asked)
        trouble = _trouble(_result(finished), estimate, asked)
        item.config.stash[_lines].append(
            f"{'FAILED' if trouble else 'passed'}  {item.nodeid}  {_figure(_result(finished), estimate)}"
        )
        if trouble:
            pytest.fail(_text(finished, estimate, asked, trouble), pytrace=False)
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Shows the figures of all evaluations, also of those that passed."""
    if lines := config.stash[_lines]:
        terminalreporter.section("evaluations")
        for line in lines:
            terminalreporter.write_line(line)


def read_mark(
    suite: str,
    *,
    min: float | None = None,  # noqa: A002
    max: float | None = None,  # noqa: A002
    measure: str | None = None,
    model: str | None = None,
    limit: int | None = None,
    data: str | None = None,
    seed: int = 0,
    judge: str | None = None,
    failures: float = 0.0,
) -> Asked:
    """Returns what a mark asks for; the arguments are the mark's.

    Raises:
        UsageError: if there is no such suite or measure, or the bound is on the wrong side.
    """
    from apps import compose
    from apps.evaluation import Request
    from homespun.errors import UsageError
    from homespun.names import unknown
    from homespun.settings import load_settings

    measures = {one.name: one for one in compose.suites(load_settings())[suite].measures}
    if measure is not None and measure not in measures:
        raise UsageError(unknown(f"measure of {suite}", measure, measures))
    chosen = measures[measure] if measure is not None else next(iter(measures.values()))
    for name, bound, wrong in (("min", min, "lower"), ("max", max, "higher")):
        if bound is not None and chosen.better == wrong:
            other = "max" if name == "min" else "min"
            raise UsageError(f"{wrong} is better for {chosen.name} of {suite}: give {other}, not {name}.")
    request = Request((suite,), model=model, data=data, limit=limit, seed=seed, judge=judge)
    return Asked(request, chosen.name, min, max, failures)


def _finished(config: pytest.Config, asked: Asked) -> Finished:
    from apps.evaluation import execute
    from homespun.errors import HomespunError
    from homespun.settings import load_settings

    runs = config.stash[_runs]
    if asked.request not in runs:
        trouble = ""
        try:
            runs[asked.request] = execute(load_settings(), asked.request)
        except HomespunError as error:
            trouble = str(error)
        if trouble:  # outside of the handler, or pytest would show where the error came from
            pytest.fail(trouble, pytrace=False)
    return runs[asked.request]


def _result(finished: Finished) -> SuiteResult:
    first, *others = finished.report.suites
    if others:
        names = ", ".join(result.system.name for result in finished.report.suites)
        pytest.fail(f"{first.suite} measures several systems, say which as model: {names}", pytrace=False)
    return first


def _estimate(finished: Finished, asked: Asked) -> Estimate:
    timings = finished.report.timings
    timed = [one for suite in timings.suites for one in suite.estimates] if timings else []
    found = [*_result(finished).system.estimates, *timed]
    return next(one for one in found if one.measure == asked.measure)


def _trouble(result: SuiteResult, estimate: Estimate, asked: Asked) -> str:
    """Returns why the test fails, or ""."""
    count = len(result.system.samples)
    if result.system.failures > asked.failures * count:
        return f"{result.system.failures} of {count} samples failed"
    if asked.low is None and asked.high is None:
        return ""
    if estimate.value is None:
        return f"{estimate.measure} isn't defined: {estimate.note or 'no samples'}"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.measure} has {estimate.method or 'no interval'}"
    if asked.low is not None and not estimate.low >= asked.low:
        value = "so is the figure" if estimate.value < asked.low else "the figure alone isn't enough"
        return f"the lower end of {estimate.measure}, {estimate.low:.4g}, is below min={asked.low:g}; {value}"
    if asked.high is not None and not estimate.high <= asked.high:
        value = "so is the figure" if estimate.value > asked.high else "the figure alone isn't enough"
        return (
            f"the upper end of {estimate.measure}, {estimate.high:.4g}, is above max={asked.high:g}; {value}"
        )
    return ""


def _figure(result: SuiteResult, estimate: Estimate) -> str:
    value = "not defined" if estimate.value is None else f"{estimate.value:.4g}"
    ends = "" if estimate.low is None else f" [{estimate.low:.4g}, {estimate.high:.4g}]"
    unit = f" {estimate.unit}" * bool(estimate.unit)
    groups = f" in {estimate.groups} groups" * (estimate.groups != estimate.n)
    return f"{result.suite} {estimate.measure} {value}{ends}{unit}, n={estimate.n}{groups}"


def _text(finished: Finished, estimate: Estimate, asked: Asked, trouble: str) -> str:
    result = _result(finished)
    method = f"{estimate.method}, 95 %" if estimate.low is not None else estimate.method or "no interval"
    lines = [
        f"{result.suite} on {result.system.name}: {trouble}",
        f"  {_figure(result, estimate)} ({method})",
    ]
    lines += [f"  failed: {one.id}: {one.error}" for one in result.system.samples if one.error][:WORST]
    lines += [f"  worst: {name}: {value:.4g}" for name, value in _worst(result, asked, estimate)]
    return "\n".join([*lines, f"  all samples: {finished.folder}"])


def _worst(result: SuiteResult, asked: Asked, estimate: Estimate) -> list[tuple[str, float]]:
    """Returns the samples that pull the figure most to the bad side, where samples have figures."""
    from apps import compose
    from evals.measure import Mean, Ratio
    from homespun.settings import load_settings

    suite = compose.suites(load_settings())[result.suite]
    statistic = next(one.statistic for one in suite.measures if one.name == asked.measure)
    if not isinstance(statistic, Mean | Ratio):
        return []
    found = []
    for sample in result.system.samples:
        values = [sample.scores.get(name) for name in statistic.needs]
        first, below = values[0], values[1] if len(values) > 1 else 1.0
        if first is not None and below:
            factor = statistic.factor if isinstance(statistic, Ratio) else 1.0
            found.append((sample.id, factor * first / below))
    high_is_bad = estimate.better == "lower" or (estimate.better == "neither" and asked.low is None)
    found.sort(key=lambda one: -one[1] if high_is_bad else one[1])
    return [one for one in found if one[1] != found[-1][1]][:WORST]
