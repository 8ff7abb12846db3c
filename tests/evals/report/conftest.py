"""A report such as a run gives, with every kind of trouble in it, and its records. Nothing is computed."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import pytest

from evals.compare import Difference, Row
from evals.result import (
    Answered,
    Asked,
    Estimate,
    JudgeVerdict,
    Record,
    Report,
    Scored,
    SuiteResult,
    SuiteTimings,
    SystemResult,
    Timings,
)

VERDICT = JudgeVerdict(
    judge="lexical",
    fingerprint="f" * 64,
    data="claims.jsonl",
    n=1600,
    auroc=0.762,
    auroc_low=0.741,
    auroc_high=0.783,
    balanced_accuracy=0.688,
    threshold=0.53,
    text="The judge lexical tells supported claims from unsupported ones with AUROC 76.2 (74.1–78.3) on "
    "1,600 claims labelled by people: read its figures as a hint.",
)
NASTY = (
    '</script><script>window.hurt=1</script><img src=x onerror="window.hurt=1"> <!--<script> '
    "\u202egnirts\u202c {{7*7}} &amp; ]]> \\u003c \u2028"
)


def share(
    name: str, value: float | None, n: int = 60, *, groups: int | None = None, **about: Any
) -> Estimate:
    """A share with an interval about as wide as n samples give."""
    if value is None:
        return Estimate(
            measure=name, value=None, n=0, groups=0, note="applies to none of the samples", **about
        )
    half = 1.96 * math.sqrt(max(value * (1 - value), 0.004) / n)
    return Estimate(
        measure=name,
        value=value,
        low=max(0.0, value - half),
        high=min(1.0, value + half),
        n=n,
        groups=n if groups is None else groups,
        method="bootstrap",
        mde=half * 2,
        **about,
    )


def _system(name: str, estimates: list[Estimate], samples: Sequence[Scored], **about: Any) -> SystemResult:
    return SystemResult(
        name=name,
        fingerprint=(name.encode().hex() * 8)[:64],
        estimates=estimates,
        samples=list(samples),
        failures=sum(sample.error is not None for sample in samples),
        **about,
    )


def _scored(records: Sequence[Record]) -> list[Scored]:
    return [
        Scored(
            id=one.sample.id,
            digest=one.digest,
            group=one.sample.group,
            tags=one.sample.tags,
            scores=one.scores,
            error=one.error,
        )
        for one in records
    ]


def memory(n: int = 60) -> tuple[SuiteResult, list[Record]]:
    """Conversations: turns in the trace, failures, slices, two baselines."""
    draw = random.Random(1)
    records = []
    for i in range(n):
        depth = ("near", "far", "after a change")[i % 3]
        right = draw.random() < (0.9, 0.6, 0.35)[i % 3]
        error = "TimeoutError: no answer within 60 s" if i % 20 == 7 else None
        turns = [
            {"role": "user", "content": "My sister lives in Tallinn."},
            {"role": "assistant", "content": "How nice! Do you see her often?"},
            {"role": "user", "content": "Twice a year. Where does my sister live?"},
            {"role": "assistant", "content": "In Tallinn." if right else "I don't know."},
        ]
        records.append(
            Record(
                suite="chat_memory",
                system="home",
                sample=Asked(
                    id=f"dialogue-{i:03}",
                    input={"turns": [turn["content"] for turn in turns if turn["role"] == "user"]},
                    target={"answer": "Tallinn"},
                    group=f"family-{i // 3}",
                    tags={"depth": depth, "kind": ("place", "name")[i % 2]},
                ),
                digest=f"{i:064x}",
                output=None
                if error
                else Answered(
                    answer=turns[-1]["content"],
                    trace={"turns": turns},
                    usage={"input_tokens": 44 + i, "output_tokens": 6},
                    timing={"seconds": 0.21 + i / 1000},
                ),
                error=error,
                scores={}
                if error
                else {"remembered": float(right), "usage.input_tokens": 44.0 + i, "f1": draw.random()},
            )
        )
    measures = [
        share("remembered", 0.617, 57, groups=20, primary=True, about="says what it was told"),
        share("token_f1", 0.541, 57, groups=20, about="overlap of words with the right answer"),
        share("hallucinated_name", 0.123, 57, groups=20, better="lower"),
        share("abstained_when_untold", None, better="higher"),
        Estimate(measure="answer_length", value=6.42, low=5.9, high=7.1, n=57, groups=20, unit="tokens",
                 better="neither"),
        share("failure_rate", 0.05, n, groups=20, better="lower", primary=True),
    ]  # fmt: skip
    slices = {
        "depth": {
            value: [
                share("remembered", x, 19),
                share("token_f1", x * 0.9, 19),
                share("failure_rate", 0.05, 20),
            ]
            for value, x in (("near", 0.895), ("far", 0.632), ("after a change", 0.316))
        },
        "kind": {
            value: [share("remembered", x, 28), share("token_f1", x, 28), share("failure_rate", 0.05, 30)]
            for value, x in (("name", 0.55), ("place", 0.68))
        },
    }
    beside = [
        _system("says the last noun", [share("remembered", 0.21), share("failure_rate", 0.0)], []),
        _system("longest word", [share("remembered", 0.107), share("failure_rate", 0.0)], []),
    ]
    others = [
        record.model_copy(update={"system": "says the last noun", "baseline": True, "error": None})
        for record in records[:10]
    ]
    result = SuiteResult(
        suite="chat_memory",
        version=1,
        about="told something early in a conversation, does it say it when asked later?",
        data="built-in",
        digest="a1" * 32,
        seed=0,
        limit=n,
        system=_system("home", measures, _scored(records), slices=slices, about={"parameters": 4_700_000}),
        baselines=beside,
    )
    return result, records + others


def answers(n: int = 12) -> tuple[SuiteResult, list[Record]]:
    """Answers from passages, with sentences checked by a judge; one record is hostile, one long."""
    passages = [
        "The mill at Arden was built in 1821 by the brothers Holt. "
        "It burned down in 1874 and wasn't rebuilt.",
        "Arden lies on the river Wen. Its market is held on Thursdays.",
    ]
    answer = (
        "The mill was built in 1821 by the brothers Holt. It was rebuilt in 1880. The market is on Thursdays."
    )
    support = [
        {"start": 0, "end": 48, "verdict": "supported", "probability": 0.97,
         "passage": 0, "evidence": [{"passage": 0, "start": 0, "end": 57}]},
        {"start": 49, "end": 72, "verdict": "unsupported", "probability": 0.08, "passage": 0,
         "evidence": [[0, 58, 100]], "findings": [{"kind": "number", "start": 67, "end": 71}]},
        {"start": 73, "end": len(answer), "verdict": "supported", "probability": 0.91,
         "passage": 1, "passage_start": 30, "passage_end": 62},
    ]  # fmt: skip
    records = []
    for i in range(n):
        text = NASTY if i == 4 else "long " * 2_000 if i == 5 else answer
        records.append(
            Record(
                suite="answers",
                system="home",
                sample=Asked(
                    id=f"{NASTY}#{i}" if i == 4 else f"arden-{i}",
                    input={"question": "When was the mill built, and when is the market?"},
                    target=NASTY if i == 4 else "In 1821; on Thursdays.",
                    group="arden",
                    tags={"source": NASTY if i == 4 else ("news", "encyclopaedia")[i % 2]},
                ),
                digest=f"{i + 1000:064x}",
                output=Answered(
                    answer=text,
                    passages=[NASTY] if i == 4 else passages,
                    trace={"support": support if text == answer else []},
                    timing={"seconds": 1.2},
                ),
                scores={"sentences": 3.0, "supported": 2.0, "faithfulness": 2 / 3},
            )
        )
    result = SuiteResult(
        suite="answers",
        version=2,
        about="is every sentence of an answer borne out by its passages?",
        data="arden.jsonl",
        digest="b2" * 32,
        seed=0,
        limit=None,
        system=_system(
            "home",
            [
                share("faithfulness", 0.667, 36, groups=12, primary=True),
                share("hallucination_rate", 0.333, 36, groups=12, better="lower"),
                share("failure_rate", 0.0, n, better="lower", primary=True),
            ],
            _scored(records),
        ),
        judge=VERDICT,
    )
    return result, records


def judge(n: int = 200) -> tuple[SuiteResult, list[Record]]:
    """A judge of support against labels."""
    draw = random.Random(2)
    records = []
    for i in range(n):
        label = float(draw.random() < 0.6)
        score = min(0.999, max(0.001, draw.gauss(0.66 if label else 0.42, 0.2)))
        records.append(
            Record(
                suite="judge",
                system="lexical",
                sample=Asked(
                    id=f"claim-{i}",
                    input={"premise": "The mill burned down in 1874.", "claim": "The mill burned in 1874."},
                    target=label,
                    tags={"source": ("news", "dialogue", "summaries")[i % 3]},
                ),
                digest=f"{i + 5000:064x}",
                output=Answered(answer=score),
                scores={"score": score, "label": label, "right": float((score > 0.53) == bool(label))},
            )
        )
    result = SuiteResult(
        suite="judge",
        version=1,
        about="does the judge agree with people on what a passage supports?",
        data="built-in",
        digest="c3" * 32,
        seed=0,
        limit=None,
        system=_system(
            "lexical",
            [
                share("auroc", 0.762, n, primary=True),
                share("balanced_accuracy", 0.688, n),
                share("ece", 0.094, n, better="lower"),
                share("brier", 0.199, n, better="lower"),
                share("failure_rate", 0.0, n, better="lower", primary=True),
            ],
            _scored(records),
        ),
        baselines=[
            _system("length", [share("auroc", 0.542, n), share("balanced_accuracy", 0.51, n)], []),
        ],
        judge=VERDICT,
    )
    return result, records


def latency() -> tuple[SuiteResult, list[Record]]:
    """A suite of which all figures are the clock's."""
    result = SuiteResult(
        suite="latency",
        version=1,
        about="how long until the first token, and how fast after it?",
        data="built-in",
        digest="d4" * 32,
        seed=0,
        limit=20,
        system=_system("home", [share("failure_rate", 0.0, 20, better="lower", primary=True)], []),
    )
    return result, []


def language() -> tuple[SuiteResult, list[Record]]:
    """A language model: bits, and a whole that isn't a share."""
    result = SuiteResult(
        suite="lm",
        version=1,
        about="how well does it predict text that it hasn't seen?",
        data="built-in",
        digest="e5" * 32,
        seed=0,
        limit=None,
        system=_system(
            "home",
            [
                Estimate(measure="bits_per_byte", value=1.4132, low=1.391, high=1.438, n=40, groups=40,
                         mde=0.0121, unit="bits", better="lower", primary=True),
                Estimate(measure="perplexity", value=31.72, low=29.9, high=33.6, n=40, groups=40, mde=1.31,
                         unit="per token", better="lower"),
                share("token_accuracy", 0.381, 40),
                share("failure_rate", 0.0, 40, better="lower", primary=True),
            ],
            [],
        ),
        baselines=[
            _system("letter frequencies", [
                Estimate(measure="bits_per_byte", value=4.21, low=4.18, high=4.24, n=40, groups=40,
                         unit="bits", better="lower")], []),
        ],
    )  # fmt: skip
    return result, []


def timings(*suites: SuiteResult) -> Timings:
    clocked = [
        Estimate(measure="first_token_p50", value=0.0312, low=0.0301, high=0.0344, n=20, groups=20, unit="s",
                 better="lower"),
        Estimate(measure="throughput", value=143.2, low=139.0, high=146.5, n=20, groups=20, unit="tokens/s"),
        Estimate(measure="peak_memory", value=412_300_000, n=20, groups=20, unit="bytes", better="lower"),
    ]  # fmt: skip
    return Timings(
        started="2025-11-21T09:30:00+00:00",
        wall_s=312.4,
        machine={"processor": "x86_64", "cores": 2, "memory": 16_000_000_000},
        suites=[
            SuiteTimings(
                suite=one.suite,
                system=one.system.name,
                wall_s=42.3,
                asked=50,
                kept=10,
                estimates=clocked if one.suite == "latency" else [],
            )
            for one in suites
        ],
    )


def full() -> tuple[Report, list[Record]]:
    """All of it."""
    made = [language(), memory(), judge(), answers(), latency()]
    suites = [suite for suite, _ in made]
    report = Report(
        versions={"homespun": "0.3.0", "torch": "2.9.1", "langchain-core": "1.1.0"},
        suites=suites,
        skipped={"tools": "Model home can't call tools."},
        timings=timings(*suites),
    )
    return report, [record for _, records in made for record in records]


def compared() -> Difference:
    """One figure worse, one better, one that can't be told, one too small, and what the clock said."""
    lost = [f"dialogue-{i:03}" for i in range(1, 15)]
    return Difference(
        alpha=0.05,
        rows=[
            Row(suite="chat_memory", measure="remembered", better="higher", gated=True, baseline=0.772,
                now=0.617, difference=-0.155, low=-0.24, high=-0.07, p=0.002, p_worse=0.001, adjusted=0.004,
                adjusted_two_sided=0.006, effect=-0.71, wins=["dialogue-000"], losses=lost, ties=42, n=57,
                groups=20, verdict="worse"),
            Row(suite="judge", measure="auroc", better="higher", gated=True, baseline=0.7, now=0.762,
                difference=0.062, low=0.02, high=0.104, p=0.004, p_worse=0.998, adjusted=1.0,
                adjusted_two_sided=0.008, effect=0.4, n=200, groups=200, verdict="better"),
            Row(suite="lm", measure="bits_per_byte", better="lower", unit="bits", gated=True, baseline=1.4141,
                now=1.4132, difference=-0.0009, low=-0.004, high=0.0022, p=0.55, p_worse=0.72, adjusted=1.0,
                adjusted_two_sided=1.0, effect=-0.1, wins=["a"] * 22, losses=["b"] * 18, ties=0, n=40,
                groups=40, verdict="no difference found"),
            Row(suite="answers", measure="faithfulness", better="higher", gated=False, baseline=0.7,
                now=0.667, difference=-0.033, n=12, groups=1, verdict="too few to judge",
                note="1 group of samples, and a test needs 6"),
            Row(suite="latency", measure="first_token_p50", better="lower", unit="s", gated=False,
                baseline=0.0298, now=0.0312, n=20, groups=20, verdict="shown only", note="timed, not tested"),
        ],
        notes=["tools of home: only in the baseline."],
    )  # fmt: skip


@pytest.fixture(scope="session")
def difference() -> Difference:
    """A comparison of `whole` with an earlier report."""
    return compared()


@pytest.fixture(scope="session")
def whole() -> tuple[Report, list[Record]]:
    """A report of five suites with records; nothing in it may be changed."""
    return full()
