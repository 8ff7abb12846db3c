"""Our metrics give what the field's own implementations give, on random inputs."""

from __future__ import annotations

import math
import random
import string
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from evals.metrics.auroc import auroc
from evals.metrics.average_precision import average_precision
from evals.metrics.balanced_accuracy import balanced_accuracy
from evals.metrics.bleu import bleu, corpus_bleu
from evals.metrics.brier import brier
from evals.metrics.chrf import chrf, corpus_chrf
from evals.metrics.ece import ece
from evals.metrics.exact_match import exact_match
from evals.metrics.ndcg import ndcg
from evals.metrics.precision_at_k import precision_at_k
from evals.metrics.recall_at_k import recall_at_k
from evals.metrics.reciprocal_rank import reciprocal_rank
from evals.metrics.reliability import Binning, reliability_bins
from evals.metrics.rouge import rouge
from evals.metrics.token_f1 import token_f1

EXACT = 1e-9
MANY = pytest.mark.parametrize("count", [200, pytest.param(5000, marks=pytest.mark.stress)])
WORDS = (
    *("the", "a", "an", "The", "fox", "foxes", "jumped,", "jumps", "over!", "over", "lazy-dog"),
    *("42", "4.2", "été", "naïve", "It's", "—", "the.", "boats"),
)


def _text(rng: random.Random, most: int = 12, least: int = 0) -> str:
    return rng.choice([" ", "  "]).join(rng.choices(WORDS, k=rng.randint(least, most)))


def _answers(count: int, seed: int) -> Iterator[tuple[str, list[str]]]:
    """Answers with one to four references, often close to one of them."""
    rng = random.Random(seed)
    for _ in range(count):
        references = [_text(rng, 5, 1) for _ in range(rng.randint(1, 4))]
        answer = rng.choice([_text(rng, 5), rng.choice(references), rng.choice(references).upper() + "?"])
        yield answer, references


@pytest.fixture
def doubles() -> Iterator[None]:
    """torchmetrics reckons in torch's default type."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.mark.usefixtures("doubles")
@MANY
def test_exact_match_and_f1_are_squads(count: int) -> None:
    from torchmetrics.functional.text import squad

    from evals.metrics.exact_match import normalise

    compared = 0
    for answer, references in _answers(count, 1):
        if not all(map(normalise, references)):
            continue  # version 1.1, which torchmetrics has, keeps references that are empty when normalised
        theirs = squad(
            [{"prediction_text": answer, "id": "1"}],
            [{"answers": {"answer_start": [0] * len(references), "text": references}, "id": "1"}],
        )
        assert exact_match(answer, references) == pytest.approx(float(theirs["exact_match"]) / 100, abs=EXACT)
        assert token_f1(answer, references) == pytest.approx(float(theirs["f1"]) / 100, abs=EXACT)
        compared += 1
    assert compared > count / 2


def test_exact_match_and_f1_follow_version_two_where_texts_are_empty() -> None:
    for answer, references in _answers(600, 2):
        given = [answer, "", "the!"][len(answer) % 3]
        right = [*references, "A", ""][: len(references) % 3] if len(answer) % 2 else ["the", " an. "]
        assert (exact_match(given, right), token_f1(given, right)) == pytest.approx(
            _squad_2(given, right), abs=EXACT
        )


def _squad_2(answer: str, references: list[str]) -> tuple[float, float]:
    """The rule of SQuAD 2.0's paper and evaluation, told anew with sorted lists instead of counters."""

    def words(text: str) -> list[str]:
        kept = "".join(character for character in text.lower() if character not in string.punctuation)
        return [word for word in kept.split() if word not in ("a", "an", "the")]

    def f1(given: list[str], right: list[str]) -> float:
        if not given or not right:
            return 1.0 if given == right else 0.0
        left, shared = list(right), 0
        for word in given:
            if word in left:
                left.remove(word)
                shared += 1
        if not shared:
            return 0.0
        precision, recall = shared / len(given), shared / len(right)
        return 2 * precision * recall / (precision + recall)

    right = [words(text) for text in references if words(text)] or [[]]
    given = words(answer)
    return float(max(given == one for one in right)), max(f1(given, one) for one in right)


def test_ranked_lists_are_scored_as_by_trec_eval() -> None:
    import pytrec_eval

    rng = random.Random(3)
    judged: dict[str, dict[str, int]] = {}
    runs: dict[str, dict[str, float]] = {}
    for number in range(400):
        ids = [f"d{i}" for i in range(rng.randint(1, 40))]
        judged[str(number)] = {
            name: rng.choice([-1, 0, 0, 1, 1, 2, 3]) for name in rng.sample(ids, rng.randint(1, len(ids)))
        }
        found = rng.sample(ids, rng.randint(1, len(ids)))
        runs[str(number)] = {name: float(len(found) - place) for place, name in enumerate(found)}
    cuts = (1, 3, 5, 10, 50)
    shown = ",".join(map(str, cuts))
    names = {"recip_rank", "map", "ndcg"} | {
        f"{name}.{shown}" for name in ("ndcg_cut", "map_cut", "P", "recall")
    }
    theirs = pytrec_eval.RelevanceEvaluator(judged, names).evaluate(runs)
    undefined = 0
    for name, scores in theirs.items():
        ranked, grades = list(runs[name]), judged[name]
        ours: dict[str, float | None] = {
            "recip_rank": reciprocal_rank(ranked, grades),
            "map": average_precision(ranked, grades),
            "ndcg": ndcg(ranked, grades),
        }
        for k in cuts:
            ours |= {
                f"ndcg_cut_{k}": ndcg(ranked, grades, k),
                f"map_cut_{k}": average_precision(ranked, grades, k),
                f"P_{k}": precision_at_k(ranked, grades, k),
                f"recall_{k}": recall_at_k(ranked, grades, k),
            }
        assert ours.keys() == scores.keys()
        undefined += None in ours.values()
        # Where nothing is relevant trec_eval says 0 and we say that there is no figure.
        assert {key: 0.0 if value is None else value for key, value in ours.items()} == pytest.approx(
            scores, abs=EXACT
        )
    assert len(theirs) == 400
    assert 0 < undefined < 200


@MANY
def test_texts_are_scored_as_by_sacrebleu(count: int) -> None:
    import sacrebleu

    rng = random.Random(4)
    for _ in range(count):
        text, references = _text(rng, 14), [_text(rng, 14, 1) for _ in range(rng.randint(1, 3))]
        assert bleu(text, references) == pytest.approx(
            sacrebleu.sentence_bleu(text, references).score / 100, abs=EXACT
        )
        assert chrf(text, references) == pytest.approx(
            sacrebleu.sentence_chrf(text, references).score / 100, abs=EXACT
        )
    for _ in range(count // 5):
        texts = [_text(rng, 14, 1) for _ in range(rng.randint(1, 8))]
        two = [[_text(rng, 14, 1), text + " " + _text(rng, 6, 1)] for text in texts]
        streams = [list(column) for column in zip(*two, strict=True)]
        assert corpus_bleu(texts, two) == pytest.approx(
            sacrebleu.corpus_bleu(texts, streams).score / 100, abs=EXACT
        )
        assert corpus_chrf(texts, two) == pytest.approx(
            sacrebleu.corpus_chrf(texts, streams).score / 100, abs=EXACT
        )


@MANY
@pytest.mark.parametrize("stem", [True, False])
def test_texts_are_scored_as_by_rouge_score(stem: bool, count: int) -> None:
    from rouge_score.rouge_scorer import RougeScorer

    rng = random.Random(5)
    theirs = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=stem)
    for _ in range(count // 2):
        text, references = _text(rng, 14), [_text(rng, 14, 1) for _ in range(rng.randint(1, 3))]
        each = [theirs.score(reference, text) for reference in references]
        wanted = {kind: max(one[kind].fmeasure for one in each) for kind in each[0]}
        assert rouge(text, references, stem=stem) == pytest.approx(wanted, abs=EXACT)


def _scored(count: int, seed: int) -> Iterator[tuple[Any, Any, Any]]:
    """Scores, labels and weights: with ties or without, few or many, weights of zero among them."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        size = int(rng.integers(2, 200))
        scores = rng.random(size)
        if number % 3:
            scores = scores.round(number % 3)
        labels = (rng.random(size) < scores ** rng.uniform(0.3, 3)).astype(int)
        labels[:2] = 0, 1
        weights = rng.integers(0, 4, size) if number % 2 else rng.uniform(0.1, 3, size)
        weights[:2] = 1
        yield scores, labels, weights


@MANY
def test_scores_are_judged_as_by_scikit_learn(count: int) -> None:
    from sklearn.metrics import balanced_accuracy_score, brier_score_loss, roc_auc_score

    for scores, labels, weights in _scored(count // 2, 6):
        for given in (None, weights):
            wanted = roc_auc_score(labels, scores, sample_weight=given)
            assert auroc(scores, labels, given) == pytest.approx(wanted, abs=EXACT)
            wanted = brier_score_loss(labels, scores, sample_weight=given)
            assert brier(scores, labels, given) == pytest.approx(wanted, abs=EXACT)
            wanted = balanced_accuracy_score(labels, scores >= 0.3, sample_weight=given)
            assert balanced_accuracy(scores, labels, given, threshold=0.3) == pytest.approx(wanted, abs=EXACT)


@pytest.mark.parametrize(("binning", "strategy"), [("width", "uniform"), ("mass", "quantile")])
def test_bins_are_scikit_learns(binning: Binning, strategy: str) -> None:
    from sklearn.calibration import calibration_curve

    for number, (scores, labels, _) in enumerate(_scored(300, 7)):
        # Where a quantile is a row's own score, their edge may miss it by a rounding error; ours can't.
        bins = next(bins for bins in range(2 + number % 14, 999) if math.gcd(bins, len(scores) - 1) == 1)
        true, said = calibration_curve(labels, scores, n_bins=bins, strategy=strategy)
        ours = reliability_bins(scores, labels, bins=bins, binning=binning)
        assert [one.label for one in ours] == pytest.approx(true, abs=EXACT)
        assert [one.score for one in ours] == pytest.approx(said, abs=EXACT)
        wanted = sum(one.weight * abs(t - s) for one, t, s in zip(ours, true, said, strict=True)) / len(
            scores
        )
        assert sum(one.weight for one in ours) == len(scores)
        assert ece(scores, labels, bins=bins, binning=binning) == pytest.approx(wanted, abs=EXACT)


@pytest.mark.usefixtures("doubles")
def test_calibration_error_is_that_of_torchmetrics() -> None:
    import torch
    from torchmetrics.functional.classification import binary_calibration_error

    # Its bins are closed to the left and ours to the right: no score lies on an edge here.
    for number, (scores, labels, _) in enumerate(_scored(150, 8)):
        bins = 2 + number % 14
        inside = np.clip(scores * 0.97 + 0.0113, 0, 1)
        wanted = binary_calibration_error(torch.tensor(inside), torch.tensor(labels), n_bins=bins)
        assert ece(inside, labels, bins=bins) == pytest.approx(float(wanted), abs=EXACT)
