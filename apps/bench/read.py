"""How long the reader takes for a question and passages, ours beside `transformers` on the same encoder.

Contract: `run()` returns plain figures in milliseconds and prints nothing. Each engine is measured at each
thread count in a process of its own, by turns. Questions and passages are made of what suite `reading` has
built in, its texts in a row cut into passages of as many words as are wanted. The peer is the bare encoder
with a head of random weights: it lays pairs out and takes the best start and end, and knows no windows. Where
other work shares the machine, the processor's time on one thread is the steadier figure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from apps.bench.apart import by_threads, serve, spread, timed
from homespun.errors import UsageError

Case = tuple[str, list[str]]


def run(
    model: str = "read",
    *,
    passages: int = 5,
    words: int = 150,
    questions: int = 8,
    threads: Sequence[int] = (1, 2),
    repeat: int = 3,
    rounds: int = 2,
    peer: bool = True,
) -> dict[str, Any]:
    """Time the reader.

    Args:
        model: An adapter's name or folder.
        passages: How many are read for a question.
        words: Of a passage.
        questions: Different ones, each with other passages.
        threads: Thread counts to try.
        repeat: How often each question is timed in a process, after once to warm up.
        rounds: Processes at each thread count.
        peer: Whether `transformers` is measured too, if it's installed.

    Returns:
        Figures; `ratio` is the peer's best median over ours, `cpu_ratio` that of processor time on the
        fewest threads.

    Raises:
        UsageError: If a number is not positive, or the adapter is no reader.
        ModelNotFound: If there is no such adapter.
        HomespunError: If a measuring process fails.
    """
    if not threads or min(passages, words, questions, repeat, rounds, *threads) < 1:
        raise UsageError("passages, words, questions, threads, repeat and rounds must be positive")
    from homespun.settings import load_settings
    from models.encoders.read import load_reader

    home = load_settings().home
    adapter = load_reader(model, home=home).adapter
    asked = cases(questions, passages, words)
    job = {"adapter": str(adapter.folder.resolve()), "home": str(home), "cases": asked, "repeat": repeat}
    ours, told = by_threads(__name__, {**job, "engine": "ours"}, threads, rounds, "the reader")
    found = {
        "model": adapter.name,
        "questions": questions,
        "passages": passages,
        "words": words,
        "tokens": told["tokens"],
        **spread(ours),
    }
    if peer and _installed():
        theirs, _ = by_threads(__name__, {**job, "engine": "transformers"}, threads, rounds, "transformers")
        beside = spread(theirs)
        found["transformers"] = beside
        found["ratio"] = round(beside["best_median_ms"] / found["best_median_ms"], 2)
        few = str(min(threads))
        found["cpu_ratio"] = round(beside["cpu_median_ms"][few] / found["cpu_median_ms"][few], 2)
    return found


def cases(questions: int, passages: int, words: int) -> list[Case]:
    """Returns questions with passages; the texts begin again where they end."""
    from evals.suites.reading import BUILT_IN

    rows = [json.loads(line) for line in BUILT_IN.read_text(encoding="utf-8").splitlines()]
    texts = dict.fromkeys(text for row in rows for text in row["passages"])
    stream = " ".join(texts).split()
    stream *= 1 + (words + len(stream)) // len(stream)
    size = sum(len(text.split()) for text in texts)
    starts = [(place * words) % size for place in range(questions * passages)]
    parts = [" ".join(stream[start : start + words]) for start in starts]
    asked = [rows[place * len(rows) // questions % len(rows)]["question"] for place in range(questions)]
    return [(asked[place], parts[place * passages : (place + 1) * passages]) for place in range(questions)]


def _installed() -> bool:
    from importlib.util import find_spec

    return find_spec("transformers") is not None


def _work(job: dict[str, Any]) -> dict[str, Any]:
    """Measure one engine at one thread count, in this process."""
    import torch

    torch.set_num_threads(job["threads"])
    ask, tokens = (_ours if job["engine"] == "ours" else _theirs)(job)
    return {**timed(ask, job["cases"], job["repeat"]), "tokens": tokens}


def _ours(job: dict[str, Any]) -> tuple[Callable[[Case], object], int]:
    from pathlib import Path

    from models.encoders.read import load_reader
    from models.encoders.trunk import locate, open_trunk

    home = Path(job["home"])
    reader = load_reader(job["adapter"], home=home, threads=job["threads"])
    pieces = open_trunk(locate(home=home)).tokenizer.encode_batch(job["cases"][0][1])
    return lambda case: reader.read(case[0], case[1]), sum(len(row.ids) for row in pieces)


def _theirs(job: dict[str, Any]) -> tuple[Callable[[Case], object], int]:
    from pathlib import Path

    import torch
    from transformers import AutoModel, PreTrainedTokenizerFast

    from models.encoders.places import find_minilm

    folder = find_minilm(Path(job["home"]))
    net = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    special = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]"}
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), **special)
    head = torch.nn.Linear(net.config.hidden_size, 2)

    def ask(case: Case) -> object:
        question, passages = case
        rows = tokenizer(
            [question] * len(passages),
            passages,
            truncation="only_second",
            max_length=384,
            padding=True,
            return_tensors="pt",
        )
        with torch.inference_mode():
            return head(net(**rows).last_hidden_state).argmax(dim=1).tolist()

    return ask, 0


if __name__ == "__main__":
    serve(_work)
