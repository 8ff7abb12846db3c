"""How long the filler takes for all arguments of one call: four parameters, a request of about forty words.

Contract: `run()` returns plain figures in milliseconds and prints nothing. Each thread count is measured in a
process of its own, by turns. Where other work shares the machine, the processor's time on one thread is the
steadier figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.bench.apart import by_threads, serve, spread, timed
from homespun.errors import UsageError

_TEXT, _COUNT = {"type": "string"}, {"type": "integer"}
CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "Hello, we'd like to cross from Tarn Harbour to the Isle of Sule on the fourteenth of June, there "
        "are five of us and we come with a camper van, so please book whatever leaves first in the morning "
        "if there is still room.",
        {
            "name": "crossing_book",
            "description": "Books a place on a ferry.",
            "parameters": {
                "type": "object",
                "properties": {
                    "destination": {**_TEXT, "description": "Where the ferry goes."},
                    "date": {**_TEXT, "description": "Day of the crossing."},
                    "travellers": {**_COUNT, "description": "How many people travel."},
                    "vehicle": {
                        "type": "string",
                        "enum": ["none", "bicycle", "car", "camper van"],
                        "description": "What they bring.",
                    },
                },
                "required": ["destination", "date", "travellers"],
            },
        },
    ),
    (
        "The seedlings in the third greenhouse are drooping again. Can you open the valve there for "
        "twenty-five minutes at half past nine tonight, and send a note to Ruta when the watering is over, "
        "because she wants to look at the roots afterwards?",
        {
            "name": "watering_schedule",
            "description": "Waters a greenhouse at a time.",
            "parameters": {
                "type": "object",
                "properties": {
                    "greenhouse": {**_COUNT, "description": "Number of the greenhouse."},
                    "minutes": {**_COUNT, "description": "How long the valve stays open."},
                    "begins": {**_TEXT, "description": "When it opens."},
                    "notify": {**_TEXT, "description": "Who is told afterwards."},
                },
                "required": ["greenhouse", "minutes"],
            },
        },
    ),
    (
        "I need the recordings of the choir from the last three concerts, but only the ones that Benedikt "
        "mixed, as lossless files and not as the small ones on the web page, and put them all into the "
        "folder called Advent, please.",
        {
            "name": "recordings_export",
            "description": "Exports recordings of concerts.",
            "parameters": {
                "type": "object",
                "properties": {
                    "concerts": {**_COUNT, "description": "How many of the last concerts."},
                    "mixed_by": {**_TEXT, "description": "The engineer who mixed them."},
                    "lossless": {"type": "boolean", "description": "Whether nothing is compressed away."},
                    "folder": {**_TEXT, "description": "Where the files go."},
                },
                "required": ["concerts", "folder"],
            },
        },
    ),
)


def run(
    model: str = "fill", *, threads: Sequence[int] = (1, 2), repeat: int = 10, rounds: int = 2
) -> dict[str, Any]:
    """Time the filler.

    Args:
        model: An adapter's name or folder.
        threads: Thread counts to try.
        repeat: How often each request is timed in a process, after once to warm up.
        rounds: Processes at each thread count.

    Raises:
        UsageError: If a number is not positive, or the adapter is for something else.
        ModelNotFound: If there is no such adapter.
        HomespunError: If a measuring process fails.
    """
    if not threads or min(repeat, rounds, *threads) < 1:
        raise UsageError("threads, repeat and rounds must be positive")
    from homespun.settings import load_settings
    from models.encoders.fill import load_filler

    home = load_settings().home
    adapter = load_filler(model, home=home).adapter
    job = {"adapter": str(adapter.folder.resolve()), "home": str(home), "repeat": repeat}
    times, told = by_threads(__name__, job, threads, rounds, "the filler")
    return {
        "model": adapter.name,
        "requests": len(CASES),
        "words": round(sum(len(text.split()) for text, _ in CASES) / len(CASES)),
        "parameters": 4,
        "tokens": told["tokens"],
        **spread(times),
    }


def _work(job: dict[str, Any]) -> dict[str, Any]:
    """Measure at one thread count, in this process."""
    from pathlib import Path

    import torch

    from models.encoders.fill import load_filler

    torch.set_num_threads(job["threads"])
    filler = load_filler(job["adapter"], home=Path(job["home"]), threads=job["threads"])
    first = filler.fill([("user", CASES[0][0])], CASES[0][1])

    def ask(case: tuple[str, dict[str, Any]]) -> object:
        return filler.fill([("user", case[0])], case[1])

    return {**timed(ask, CASES, job["repeat"]), "tokens": sum(argument.tokens for argument in first)}


if __name__ == "__main__":
    serve(_work)
