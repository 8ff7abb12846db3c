"""The suite `lm`: which texts it reads, and what it makes of their losses."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evals.data
from evals.harness import run
from evals.sample import Output, Sample
from evals.suite import Source, System
from evals.suites.lm import SUITE, Deflate, articles, passages
from evals.systems import Loss
from homespun.errors import UsageError
from models.inference.likelihood import load_likelihood

WIKI = [
    " ",
    " = One = ",
    "",
    " First . ",
    " = = Part = = ",
    " More = less . ",
    " = Two of them = ",
    " Second . ",
]


def _texts(data: Path | str) -> list[str]:
    return [sample.input["text"] for sample in SUITE.samples(Source(str(data)))]


def test_built_in_are_many_short_passages_of_two_kinds() -> None:
    samples = list(SUITE.samples(Source()))
    assert len({sample.id for sample in samples}) == len({s.input["text"] for s in samples}) == len(samples)
    assert len(samples) >= 45
    assert {sample.tags["kind"] for sample in samples} == {"prose", "dialogue"}
    assert 10_000 < sum(len(sample.input["text"]) for sample in samples) < 20_000
    assert all(len(sample.input["text"]) < 600 for sample in samples)


def test_an_article_begins_at_a_heading_of_the_first_level(tmp_path: Path) -> None:
    path = tmp_path / "wiki.txt"
    path.write_text("\n".join(WIKI))
    wanted = [" = One = \n\n First . \n = = Part = = \n More = less . ", " = Two of them = \n Second . "]
    assert _texts(path) == wanted
    zipped = tmp_path / "wiki.txt.gz"
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    assert _texts(zipped) == wanted


def test_plain_text_is_read_in_passages_that_part_no_paragraph(tmp_path: Path) -> None:
    paragraphs = [f"{number} " + "word " * 150 for number in range(10)]
    path = tmp_path / "plain.txt"
    path.write_text("\n\n".join(paragraphs) + "\n")
    found = _texts(path)
    assert "\n\n".join(found).split("\n\n") == paragraphs
    assert [text.count("\n\n") + 1 for text in found] == [3, 3, 3, 1]


@given(st.lists(st.sampled_from(["", " ", "a line", "another, longer line", " = Title = "]), max_size=30))
def test_splitting_loses_no_line(lines: list[str]) -> None:
    kept = [line for line in lines if line.strip()]
    for split in (articles(lines), passages(lines, size=20)):
        assert [line for text in split for line in text.split("\n") if line.strip()] == kept


def test_records_are_texts_each(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in ("one", "  ", "two\nlines")))
    assert _texts(path) == ["one", "two\nlines"]
    assert [sample.id for sample in SUITE.samples(Source(str(path)))] == ["1", "3"]


def _hub(rows: Sequence[dict[str, object]]) -> object:
    return lambda *_, **__: {"test": iter(rows)}


def test_a_public_set_is_read_as_records_or_as_lines_of_articles(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"body": "one"}, {"body": ""}, {"body": "two"}]
    monkeypatch.setattr(evals.data, "_loader", lambda: _hub(rows))
    assert _texts("hf:org/set:body") == ["one", "two"]
    rows = [{"text": line + "\n"} for line in WIKI]
    monkeypatch.setattr(evals.data, "_loader", lambda: _hub(rows))
    assert [text.split("\n")[0] for text in _texts("hf:org/wiki/raw")] == [" = One = ", " = Two of them = "]
    monkeypatch.setattr(evals.data, "_loader", lambda: _hub([]))
    with pytest.raises(UsageError, match="hf:org/set is empty"):
        _texts("hf:org/set")
    monkeypatch.setattr(evals.data, "_loader", lambda: _hub([{"text": " "}]))
    with pytest.raises(UsageError, match="hf:org/set holds no text"):
        _texts("hf:org/set")


def test_data_of_another_kind_is_told(tmp_path: Path) -> None:
    numbers, table = tmp_path / "rows.jsonl", tmp_path / "table.csv"
    numbers.write_text('{"text": 5}\n')
    table.write_text("a,b\n")
    for path, wrong in (
        (numbers, "must be a string, not int"),
        (table, "isn't known to be text"),
        (tmp_path, "is a folder; lm reads one .txt or .jsonl file"),
        (tmp_path / "none.txt", "There is no file"),
        (tmp_path / "none.csv", "There is no file"),
    ):
        with pytest.raises(UsageError, match=wrong):
            _texts(path)


def test_figures_are_of_all_texts_together(tiny_model: Path) -> None:
    model = load_likelihood(str(tiny_model))
    result, _, records = run(SUITE, System("tiny", model, "x"), limit=6, resamples=50)
    losses = [model(record.sample.input["text"]) for record in records if not record.baseline]
    nats, tokens = sum(loss.nats for loss in losses), sum(loss.tokens for loss in losses)
    found = {estimate.measure: estimate.value for estimate in result.system.estimates}
    assert found["bits_per_byte"] == pytest.approx(
        nats / math.log(2) / sum(loss.bytes for loss in losses), rel=1e-9
    )
    assert found["perplexity"] == pytest.approx(math.exp(nats / tokens), rel=1e-9)
    assert found["cross_entropy"] == pytest.approx(nats / tokens, rel=1e-9)
    assert found["token_accuracy"] == pytest.approx(sum(loss.right for loss in losses) / tokens, rel=1e-9)
    assert found["failure_rate"] == 0


def test_the_compressor_beside_it_has_bytes_but_no_tokens() -> None:
    result, _, _ = run(SUITE, System("also", Deflate(), "x"), limit=6, resamples=50)
    (beside,) = result.baselines
    for one in (result.system, beside):
        found = {estimate.measure: estimate.value for estimate in one.estimates}
        assert 4 < (found["bits_per_byte"] or 0) < 7
        assert found["perplexity"] is found["token_accuracy"] is None
    assert Deflate()("ab" * 1000).nats < Deflate()("ab" * 10).nats * 5


@pytest.mark.parametrize("nats", [math.inf, math.nan])
def test_a_loss_that_is_no_number_is_a_failure(nats: float) -> None:
    with pytest.raises(ValueError, match="the loss is"):
        SUITE.answer(lambda _: Loss(nats, 1, 1, 0), Sample("1", {"text": "a"}), 0)


def test_a_text_of_no_tokens_counts_in_no_token_figure() -> None:
    output = Output({"nats": 0.0, "tokens": 0, "bytes": 3, "right": 0})
    assert SUITE.score(Sample("1", {}), output) == {"nats": 0.0, "bytes": 3, "tokens": None, "right": None}


def test_a_perplexity_past_all_numbers_is_no_figure() -> None:
    perplexity = next(measure for measure in SUITE.measures if measure.name == "perplexity")
    columns = {"nats": np.array([1e6]), "tokens": np.array([1.0])}
    assert np.isnan(perplexity.statistic(columns, np.array([1.0])))
