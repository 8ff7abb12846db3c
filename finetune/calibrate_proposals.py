"""How much proposals should count beside a decoder: ``python -m finetune.calibrate_proposals MODEL``.

Calls are written with the decoder alone, with the proposals alone and with both, for generated requests
that no adapter was trained on; the whole call must be right. ``--write`` keeps the best in the model's
configuration, and the figures for its card.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homespun.errors import HomespunError, UsageError

if TYPE_CHECKING:
    from finetune.data.calls.example import CallExample
    from models.chat.weights import Source
    from models.inference.guide import Balance

SEED = 990_001
"""Of the requests; training's are others."""
ARMS: Mapping[str, tuple[float, float]] = {
    "decoder alone": (1.0, 0.0),
    "proposals alone": (0.0, 1.0),
    "both, decoder a quarter": (0.25, 1.0),
    "both alike": (1.0, 1.0),
}
"""Exponents of the decoder's and of the proposals' probabilities."""


@dataclass(frozen=True)
class Score:
    """One arm: how many requests were answered rightly, of those with a call and of those without."""

    arm: str
    right: int
    calls: int
    silent: int
    none: int

    @property
    def accuracy(self) -> float:
        """Share of all that was right."""
        return (self.right + self.silent) / max(1, self.calls + self.none)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0] + ".")
    parser.add_argument("model", help="name or folder of a model with proposals in its configuration")
    parser.add_argument("--requests", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--write", action="store_true", help="keep the best in the model's configuration")
    given = parser.parse_args(arguments)
    try:
        from finetune.ablations import note
        from homespun.settings import load_settings
        from models.chat.weights import locate

        source = locate(given.model, load_settings().home)
        if source.guidance is None:
            raise UsageError(
                f"{given.model} has no proposals in its configuration, or the encoder isn't here"
            )
        found = list(measured(source, given.requests))
        best = max(found, key=lambda score: score.accuracy)
        if given.write:
            _write(source.folder, ARMS[best.arm])
            note(
                source.folder,
                f"Who writes calls, on {given.requests} generated requests that no adapter was trained on",
                ("who", "calls wholly right", "of", "rightly without a call", "of"),
                [(one.arm, one.right, one.calls, one.silent, one.none) for one in found],
            )
    except HomespunError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    sys.stdout.write(f"best: {best.arm}\n")
    return 0


def measured(source: Source, requests: int) -> Iterator[Score]:
    """Yield each arm's score, and print it as it's there.

    Args:
        source: A model with proposals.
        requests: How many requests.
    """
    from finetune.data.calls.generated import generated
    from models.inference.guide import Balance

    examples = list(generated(SEED, requests))
    for arm, weights in ARMS.items():
        score = _score(arm, source, Balance(*weights), examples)
        sys.stdout.write(
            f"{arm}: {score.right}/{score.calls} calls wholly right, "
            f"{score.silent}/{score.none} rightly without a call\n"
        )
        sys.stdout.flush()
        yield score


def _score(arm: str, source: Source, balance: Balance, examples: Sequence[CallExample]) -> Score:
    from models.chat.answer import Options, answer
    from models.chat.tools import plan
    from models.chat.weights import open_brain
    from models.inference.sampling import SamplingParams

    assert source.guidance is not None
    guidance = replace(source.guidance, choice=balance, values=balance)
    brain = open_brain(replace(source, guidance=guidance, fingerprint=f"{source.fingerprint} {balance}"))
    options = Options(SamplingParams(temperature=0.0), 256, 256)
    counts = dict.fromkeys(("right", "calls", "silent", "none"), 0)
    for example in examples:
        rows = [{"role": turn.role, "content": turn.text} for turn in example.turns]
        ways = plan(
            [{"type": "function", "function": dict(tool)} for tool in example.tools], None, None, None
        )
        deltas = answer(brain, rows, ways, options, source.context_length, threading.Event())
        while True:
            try:
                next(deltas)
            except StopIteration as end:
                made = [(call.name, call.text) for call, wrong in end.value.calls if wrong is None]
                break
        if example.tool is None:
            counts["none"] += 1
            counts["silent"] += not made
            continue
        counts["calls"] += 1
        counts["right"] += len(made) == 1 and made[0][0] == example.tool and _same(made[0][1], example)
    return Score(arm, **counts)


def _same(written: str, example: CallExample) -> bool:
    arguments: dict[str, Any] = json.loads(written)
    wanted = {name: argument.value for name, argument in example.arguments.items()}
    return {key: value for key, value in arguments.items() if key not in example.unsure} == wanted


def _write(folder: Path, weights: tuple[float, float]) -> None:
    from homespun.files import atomic_write
    from models.folders import CONFIG, config_text
    from models.store import read_config

    config = read_config(folder)
    balance = dict(zip(("net", "proposals"), weights, strict=True))
    config["proposals"] = {**config["proposals"], "choice": balance, "values": balance}
    atomic_write(folder / CONFIG, config_text(config))


if __name__ == "__main__":
    sys.exit(main())
