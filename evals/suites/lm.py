"""Suite `lm`: how well a language model predicts text.

Contract: built in are short passages of English prose and a few of dialogue. Data may be

- plain text (``.txt``, ``.txt.gz``): with WikiText's headings (a line `` = Title = ``), each article is a
  sample; without, paragraphs (between blank lines) are joined to passages of about `PASSAGE` characters;
- JSON Lines with `text` (``.jsonl``, ``.jsonl.gz``), each a sample;
- a public set, ``hf:<org/name>[/<config>][@<split>][:<column>]`` (column `text` unless named), of which the
  first `HUB_ROWS` rows are read: as plain text if they're lines of articles, else each a sample.

A text is read as it stands, so figures on WikiText are of its raw spelling (`` @-@ ``, ``<unk>``). Bits per
byte are comparable between models; perplexity and token accuracy only between models of one tokenizer.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from evals.data import existing, is_hub, located, read_lines
from evals.measure import Array, Measure, Ratio, Whole
from evals.metrics.perplexity import perplexity
from evals.sample import Output, Sample
from evals.suite import Scores, Source, Suite, System
from evals.systems import Likelihood, Loss
from homespun.errors import UsageError

BUILT_IN = Path(__file__).parent / "data" / "lm.jsonl"
PASSAGE = 2000
HUB_ROWS = 5000
FORMS = "one .txt or .jsonl file, gzipped (.gz) or not, or a public set as hf:<org/name>"

_HEADING = re.compile(r"\s*= [^=\s](?:.*[^=\s])? =\s*")


def _perplexity(nats: Array, tokens: Array, weights: Array) -> float | None:
    with suppress(ValueError):  # no tokens, or too large for a number
        return perplexity(float(weights @ nats), float(weights @ tokens))
    return None


class LanguageModel(Suite[Likelihood]):
    """Loss on texts."""

    name = "lm"
    about = "how well the model predicts text: fewer bits per byte are better, 8 is a blind guess"
    kind = "likelihood"
    measures = (
        Measure(
            "bits_per_byte",
            Ratio("nats", "bytes", 1 / math.log(2)),
            "lower",
            about="loss per byte of text, whatever the tokenizer",
            unit="bits",
            primary=True,
        ),
        Measure(
            "perplexity",
            Whole(("nats", "tokens"), _perplexity),
            "lower",
            about="per token of the model's own tokenizer",
            unit="choices",
        ),
        Measure("cross_entropy", Ratio("nats", "tokens"), "lower", about="mean loss per token", unit="nats"),
        Measure(
            "token_accuracy", Ratio("right", "tokens"), about="how often the likeliest next token was right"
        ),
    )

    def samples(self, source: Source) -> Iterator[Sample]:
        """Gives the texts that hold more than blanks."""
        rows = _rows(source.data) if source.data else _passages(BUILT_IN)
        blank = True
        for number, (name, text, tags) in enumerate(rows, 1):
            if text.strip():
                blank = False
                yield Sample(id=name or str(number), input={"text": text}, tags=tags)
        if blank:
            raise UsageError(f"{source.data} holds no text.")

    def answer(self, system: Likelihood, sample: Sample, seed: int) -> Output:
        """Asks for the text's loss.

        Raises:
            ValueError: if it isn't finite.
        """
        del seed  # nothing is drawn
        loss = system(sample.input["text"])
        if not math.isfinite(loss.nats):
            raise ValueError(f"the loss is {loss.nats}: the model's weights or logits aren't finite")
        return Output({"nats": loss.nats, "tokens": loss.tokens, "bytes": loss.bytes, "right": loss.right})

    def score(self, sample: Sample, output: Output) -> Scores:
        """Returns nats and bytes, and tokens and right where the system has tokens."""
        del sample
        loss = output.answer
        has_tokens = loss["tokens"] > 0
        return {
            "nats": loss["nats"],
            "bytes": loss["bytes"],
            "tokens": loss["tokens"] if has_tokens else None,
            "right": loss["right"] if has_tokens else None,
        }

    def baselines(self) -> Sequence[System[Likelihood]]:
        """A general-purpose compressor: what needs no model at all."""
        return (System("deflate", Deflate(), f"deflate {zlib.ZLIB_RUNTIME_VERSION}"),)


@dataclass(frozen=True)
class Deflate:
    """The size of a text compressed by itself with DEFLATE (RFC 1951), as a loss. It has no tokens."""

    def __call__(self, text: str) -> Loss:
        """Returns eight bits for each compressed byte."""
        data = text.encode("utf-8", "replace")
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        size = len(packer.compress(data) + packer.flush())
        return Loss(nats=size * 8 * math.log(2), tokens=0, bytes=len(data), right=0)


_Row = tuple[str, str, dict[str, str]]


def _rows(data: str) -> Iterator[_Row]:
    """Name ("" for its number), text and tags of whatever data there is."""
    if is_hub(data):
        rows = islice(located(data, what="texts", fields=["text"]), HUB_ROWS)
        texts = (_text(row, where) for where, row in rows)
        head = []
        for text in texts:  # WikiText comes as lines, blank ones first
            head.append(text)
            if text.strip():
                break
        lines = chain(head, texts)
        found = articles(lines) if head and _HEADING.fullmatch(head[-1]) else lines
        return (("", text, {}) for text in found)
    name = Path(data).name.removesuffix(".gz")
    if name.endswith((".jsonl", ".json")):
        return _passages(Path(data).expanduser())
    if not name.endswith(".txt"):
        if Path(data).expanduser().is_dir():
            raise UsageError(f"{data} is a folder; lm reads {FORMS}.")
        existing(data, "texts")
        raise UsageError(f"{data} isn't known to be text; lm reads {FORMS}.")
    path = existing(data, "texts")
    split = articles if any(map(_HEADING.fullmatch, read_lines(path))) else passages
    return (("", text, {}) for text in split(read_lines(path)))


def _passages(path: Path) -> Iterator[_Row]:
    for where, row in located(path, what="texts", fields=["text"]):
        if path == BUILT_IN:
            yield row["id"], _text(row, where), {"kind": row["kind"]}
        else:
            yield "", _text(row, where), {}


def _text(row: Mapping[str, Any], where: str) -> str:
    if not isinstance(row["text"], str):
        raise UsageError(f"{where}: a text must be a string, not {type(row['text']).__name__}.")
    return row["text"]


def articles(lines: Iterable[str]) -> Iterator[str]:
    """Splits lines before headings of the first level; what stands before the first is an article too."""
    held: list[str] = []
    for line in lines:
        if _HEADING.fullmatch(line):
            yield "\n".join(held).strip("\n")
            held = []
        held.append(line.removesuffix("\n"))
    yield "\n".join(held).strip("\n")


def passages(lines: Iterable[str], size: int = PASSAGE) -> Iterator[str]:
    """Puts paragraphs together until there are `size` characters; none is parted, so some are longer."""
    held: list[str] = []
    length = 0
    for line in lines:
        if not line.strip() and length >= size:
            yield "\n".join(held).strip("\n")
            held, length = [], 0
        held.append(line)
        length += len(line) + 1
    yield "\n".join(held).strip("\n")


SUITE = LanguageModel()
