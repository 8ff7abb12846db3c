"""The bench of embeddings, on few texts."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from apps.bench.embed import _agreement, _texts, run
from homespun.errors import ModelNotFound, UsageError
from models.encoders.places import find_minilm
from models.encoders.trunk import locate, open_trunk

pytestmark = pytest.mark.skipif(
    find_spec("sentence_transformers") is None, reason="sentence-transformers is not installed"
)


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "lines.txt"
    path.write_text("A cat sat on the mat.\n\nWho wrote the book?\nWho wrote the book?\n", encoding="utf-8")
    return path


@pytest.fixture
def minilm() -> Path:
    try:
        return find_minilm()
    except ModelNotFound as error:
        pytest.skip(str(error))


def test_both_embed_the_same_texts_with_the_same_weights(lines: Path, minilm: Path) -> None:
    figures = run(texts=lines, ways=("fused",), threads=(1,), repeat=1, rounds=1)
    assert json.loads(json.dumps(figures)) == figures
    assert (figures["texts"], figures["tokens_of_a_text"]) == (2, [7, 9, 9])
    assert figures["agreement"]["fused"]["cosine_min"] == pytest.approx(1)
    assert figures["agreement"]["fused"]["difference"] < 1e-5
    assert figures["way"] == figures["exact_way"] == "fused"
    speeds = figures["sentences_per_second"]
    assert speeds.keys() == {"fused", "sentence-transformers"}
    ratio = speeds["fused"]["1"] / speeds["sentence-transformers"]["1"]
    assert figures["ratio"] == figures["exact_ratio"] == pytest.approx(ratio, abs=0.01)
    assert figures["cpu_ratio"] > 0


def test_the_texts_are_queries_and_passages_of_all_lengths(minilm: Path) -> None:
    lengths = [len(row) for row in open_trunk(locate()).encode(_texts(None))]
    assert len(lengths) > 200
    assert min(lengths) < 12
    assert all(any(low <= length < low + 50 for length in lengths) for low in (20, 70, 120, 170, 206))


def test_agreement_is_the_cosine_whatever_the_lengths() -> None:
    ours = np.array([[2.0, 0.0], [1.0, 1.0]], dtype=np.float32)
    theirs = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    assert _agreement(ours, theirs) == {"cosine_min": 0.707107, "cosine_mean": 0.853553, "difference": 1.0}


def test_bad_settings_are_refused(lines: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("\n\n")
    with pytest.raises(UsageError, match="positive"):
        run(repeat=0)
    with pytest.raises(UsageError, match="eager, fused, bfloat16, int8"):
        run(ways=("fastest",))
    with pytest.raises(UsageError, match="at least one way"):
        run(ways=())
    with pytest.raises(UsageError, match="no text"):
        run(texts=empty)
    with pytest.raises(UsageError, match="no file"):
        run(texts=tmp_path / "absent.txt")
    with pytest.raises(ModelNotFound):
        run("org/none-of-this-name", texts=lines)
