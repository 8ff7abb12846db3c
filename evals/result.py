"""What a run found: estimates, systems, suites, and the report that holds them. Plain Pydantic models.

Contract: `Report` without `timings` is the same to the byte for the same samples, systems and seed. A figure
that isn't defined is None with a reason in `note`, never NaN.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT = 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Estimate(_Frozen):
    """One measure of one system on one set of samples."""

    measure: str
    value: float | None
    low: float | None = None
    """Lower end of the 95 % confidence interval."""
    high: float | None = None
    n: int
    """Samples counted."""
    groups: int
    """Independent groups among them."""
    method: str = ""
    """How the interval was made."""
    mde: float | None = None
    """Smallest true difference between two runs of this size that a paired test finds in 80 % of cases."""
    note: str = ""
    better: Literal["higher", "lower", "neither"] = "higher"
    unit: str = ""
    primary: bool = False
    about: str = ""


class Scored(_Frozen):
    """One sample's row in a report: enough to compare two runs; texts are in the log."""

    id: str
    digest: str
    group: str
    tags: dict[str, str] = Field(default_factory=dict)
    scores: dict[str, float | None] = Field(default_factory=dict)
    error: str | None = None


class SystemResult(_Frozen):
    """One system on one suite."""

    name: str
    fingerprint: str
    about: dict[str, Any] = Field(default_factory=dict)
    estimates: list[Estimate]
    slices: dict[str, dict[str, list[Estimate]]] = Field(default_factory=dict)
    """Tag → value → estimates of those samples."""
    failures: int = 0
    """Samples that raised; also an estimate named failure_rate."""
    samples: list[Scored]


class JudgeVerdict(_Frozen):
    """How far the judge behind a figure can be trusted, against human labels."""

    judge: str
    fingerprint: str
    data: str
    n: int
    auroc: float
    auroc_low: float
    auroc_high: float
    balanced_accuracy: float
    threshold: float
    text: str
    """One sentence for people."""


class SuiteResult(_Frozen):
    """One suite on one system, with baselines beside."""

    suite: str
    version: int
    about: str
    data: str
    """"built-in" or the address given (a file's name without its folder)."""
    digest: str
    """SHA-256 over the samples' digests."""
    seed: int
    limit: int | None
    system: SystemResult
    baselines: list[SystemResult] = Field(default_factory=list)
    judge: JudgeVerdict | None = None


class SuiteTimings(_Frozen):
    """What was measured in seconds and bytes, and is never the same twice."""

    suite: str
    system: str
    wall_s: float
    asked: int = 0
    """Answers that the system gave in this run."""
    kept: int = 0
    """Answers that an earlier run had left."""
    estimates: list[Estimate] = Field(default_factory=list)


class Timings(_Frozen):
    """When, where, how long."""

    started: str
    wall_s: float
    machine: dict[str, Any] = Field(default_factory=dict)
    suites: list[SuiteTimings] = Field(default_factory=list)


class Report(_Frozen):
    """All suites of one command."""

    format: int = FORMAT
    versions: dict[str, str] = Field(default_factory=dict)
    """Of Homespun and of the packages that could change an answer."""
    suites: list[SuiteResult]
    skipped: dict[str, str] = Field(default_factory=dict)
    """Suites that were asked for together with others and couldn't run → why."""
    timings: Timings | None = None


class Asked(_Frozen):
    """The sample of a record: everything that `evals.sample.Sample` holds."""

    id: str
    input: Any = None
    target: Any = None
    group: str = ""
    tags: dict[str, str] = Field(default_factory=dict)


class Answered(_Frozen):
    """The output of a record: everything that `evals.sample.Output` holds."""

    answer: Any = None
    passages: list[str] = Field(default_factory=list)
    trace: Any = None
    usage: dict[str, float] = Field(default_factory=dict)
    timing: dict[str, float] = Field(default_factory=dict)


class Record(_Frozen):
    """One line of `samples.jsonl`: one sample, one system, all that is known."""

    suite: str
    system: str
    baseline: bool = False
    sample: Asked
    digest: str
    output: Answered | None = None
    error: str | None = None
    scores: dict[str, float | None] = Field(default_factory=dict)
    """The suite's columns and those of usage; timing is in the output."""
