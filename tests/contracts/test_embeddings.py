"""LangChain's standard tests of embeddings, and equality with sentence-transformers."""

from __future__ import annotations

import random

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

from homespun.errors import ModelNotFound
from models.encoders.embed import LocalEmbeddings
from models.encoders.places import find_minilm


@pytest.fixture(autouse=True)
def _installed() -> None:
    try:
        find_minilm()
    except ModelNotFound as error:
        pytest.skip(str(error))


class TestUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return LocalEmbeddings

    @property
    def embedding_model_params(self) -> dict:
        return {"threads": 1}


class TestIntegration(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return LocalEmbeddings

    @property
    def embedding_model_params(self) -> dict:
        return {"threads": 1}


def test_vectors_are_those_of_sentence_transformers() -> None:
    theirs = pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")
    draw = random.Random(4)
    words = [
        "the",
        "Rain",
        "in",
        "Spain,",
        "1987",
        "falls;",
        "mainly?",
        "naïve",
        "café",
        "zürich",
        "北京",
        "😀",
    ]
    words += ["don't", "re-read", "U.S.", "e=mc²", "\n\t", "<b>"]
    texts = [" ".join(draw.choices(words, k=draw.choice((1, 3, 9, 30, 60)))) for _ in range(14)]
    texts += ["", " ", "word " * 400, "[SEP] [CLS] [PAD]", "a"]
    wanted = theirs.SentenceTransformer(str(find_minilm()), device="cpu").encode(
        texts, show_progress_bar=False
    )
    found = LocalEmbeddings(threads=1).embed_documents(texts)
    assert all(type(number) is float for number in found[0])
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)
