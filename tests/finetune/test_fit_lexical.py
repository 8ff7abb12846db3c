from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from finetune.fit_lexical import Claims, auroc, fit, main, read, threshold
from homespun.errors import UsageError


def _claims(count: int = 400, seed: int = 0) -> Claims:
    """Labels drawn from a known logistic model of the first two figures; the others are noise."""
    rng = np.random.default_rng(seed)
    figures = rng.random((count, 5))
    odds = 6 * figures[:, 0] + 2 * figures[:, 1] - 4
    labels = (rng.random(count) < 1 / (1 + np.exp(-odds))).astype(float)
    return Claims(figures, labels, np.asarray(["a", "b"] * (count // 2)))


def test_weights_of_a_known_model_are_found() -> None:
    weights, constant = fit(_claims(20_000))
    # The decay makes all of them smaller, by about a fifth.
    assert weights[:2] == pytest.approx([0.82 * 6, 0.82 * 2], rel=0.1)
    assert (weights[2:] < 0.3).all()
    assert constant < 0


def test_weights_are_never_negative() -> None:
    claims = _claims()
    weights, _ = fit(Claims(-claims.figures, claims.labels, claims.sources))
    assert (weights >= 0).all()
    assert weights[0] == 0


def test_equal_to_scikit_learn_where_no_bound_is_met() -> None:
    from sklearn.linear_model import LogisticRegression

    claims = _claims(600)
    claims = Claims(claims.figures[:, :2], claims.labels, claims.sources)
    weights = claims.weights
    centre = weights @ claims.figures
    spread = np.sqrt(weights @ (claims.figures - centre) ** 2)
    # Its loss is Σ wᵢ·lossᵢ + |w|²/(2C); ours has λ·|w|² with λ = 0.01.
    theirs = LogisticRegression(C=50, tol=1e-10, max_iter=1000).fit(
        (claims.figures - centre) / spread, claims.labels, sample_weight=weights
    )
    ours, _ = fit(claims)
    assert ours * spread == pytest.approx(theirs.coef_[0], abs=1e-4)


def test_each_source_and_label_weighs_the_same() -> None:
    claims = Claims(np.zeros((5, 5)), np.array([1.0, 1, 0, 1, 0]), np.array(["a", "a", "a", "b", "b"]))
    assert claims.weights.tolist() == pytest.approx([1 / 8, 1 / 8, 1 / 4, 1 / 4, 1 / 4])


def test_the_threshold_gets_most_right() -> None:
    claims = Claims(np.zeros((4, 5)), np.array([0.0, 0, 1, 1]), np.array(["a"] * 4))
    found = threshold(claims, np.array([0.1, 0.3, 0.6, 0.9]))
    assert 0.3 < found <= 0.6
    assert auroc(claims.labels, np.array([0.1, 0.3, 0.3, 0.9])) == pytest.approx(3.5 / 4)


def _file(path: Path, rows: list[tuple[str, str, int]]) -> Path:
    text = "".join(
        json.dumps(
            {"source": source, "premise": "The red mill closed in 1950.", "claim": claim, "label": label}
        )
        + "\n"
        for source, claim, label in rows
    )
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


ROWS = [
    (source, claim, label)
    for source in ("a", "b")
    for claim, label in (("The mill closed.", 1), ("Ann ate nine figs.", 0))
]


@pytest.mark.parametrize("name", ["claims.jsonl", "claims.jsonl.gz"])
def test_the_command_prints_the_figures(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(_file(tmp_path / name, ROWS))]) == 0
    said = capsys.readouterr().out
    assert "WEIGHTS = Overlap(copied=" in said
    assert "THRESHOLD = " in said
    assert "a: 2 claims, AUROC 100.0, fitted on the others 100.0" in said


def test_one_source_can_be_chosen(tmp_path: Path) -> None:
    assert set(read(_file(tmp_path / "claims.jsonl", ROWS), ["b"]).sources) == {"b"}


def test_what_cannot_be_fitted_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="label 0 and with label 1"):
        read(_file(tmp_path / "claims.jsonl", ROWS[:1]))
    with pytest.raises(UsageError, match="'c'"):
        read(_file(tmp_path / "claims.jsonl", ROWS), ["c"])
    assert main([str(tmp_path / "none.jsonl")]) == 2
    assert "isn't a file of claims" in capsys.readouterr().err
