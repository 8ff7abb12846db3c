import subprocess
import sys

import numpy as np
import pytest

from homespun.errors import ModelNotFound
from models.encoders.embed import LocalEmbeddings
from rag.judges.cosine import MIDDLE, SLOPE, Cosine, build

PREMISE = "Lina found the ring near the river. It was silver. The town is old."


@pytest.fixture(scope="module")
def judge() -> Cosine:
    try:
        return build(threads=1)
    except ModelNotFound as error:
        pytest.skip(str(error))


def test_a_score_is_the_curve_at_the_nearest_sentences_cosine(judge: Cosine) -> None:
    claim, *parts = LocalEmbeddings(threads=1).embed(
        [
            "The ring is made of silver.",
            "Lina found the ring near the river.",
            "It was silver.",
            "The town is old.",
        ]
    )
    nearest = max(float(claim @ part) for part in parts)
    [score] = judge.score([(PREMISE, "The ring is made of silver.")])
    assert score == pytest.approx(1 / (1 + np.exp(-SLOPE * (nearest - MIDDLE))), abs=1e-5)


def test_what_the_premise_says_is_supported_and_what_is_elsewhere_is_not(judge: Cosine) -> None:
    said = judge.supports([(PREMISE, "The town is old."), (PREMISE, "The stock market fell by two percent.")])
    assert said == [True, False]


def test_a_pair_scores_the_same_to_the_bit_in_any_company(judge: Cosine) -> None:
    pairs = [
        (PREMISE, "It was gold."),
        (PREMISE * 5, "A ring."),
        ("No.", "It was gold."),
        ("Yes", "x " * 500),
    ]
    together = judge.score(pairs)
    assert [judge.score([pair])[0] for pair in pairs] == together
    assert judge.score(pairs[::-1])[::-1] == together


def test_its_fingerprint_is_the_encoders_and_names_a_file(judge: Cosine) -> None:
    assert judge.fingerprint == build().fingerprint
    assert judge.fingerprint.replace("-", "").isalnum()
    assert (judge.name, build("minilm").name) == ("cosine", "cosine:minilm")


def test_an_encoder_that_is_not_there_is_an_error_when_it_is_made() -> None:
    with pytest.raises(ModelNotFound, match="hf download"):
        build("org/none-of-this-name")


def test_making_one_imports_no_torch() -> None:
    code = (
        "import sys\nfrom homespun.errors import ModelNotFound\nfrom rag.judges.loading import load_judge\n"
        "try:\n    load_judge('cosine')\nexcept ModelNotFound:\n    pass\nprint('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
