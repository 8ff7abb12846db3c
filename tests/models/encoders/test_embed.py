import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from homespun.errors import ModelNotFound, UsageError
from models.encoders import embed, load_embeddings
from models.encoders.embed import LocalEmbeddings
from models.encoders.trunk import locate, open_trunk

TEXTS = ["a cat sat on the mat .", "", "the old ring", "dog " * 90, "Lina found it, near Paris. 日本 😀", "a"]


@torch.inference_mode()
def test_a_vector_is_the_mean_of_the_tokens_states_at_length_one(plain: Path) -> None:
    trunk = open_trunk(locate(str(plain)))
    found = LocalEmbeddings(str(plain)).embed(TEXTS)
    for vector, row in zip(found, trunk.encode(TEXTS), strict=True):
        mean = trunk.net(torch.tensor([row]))[0].mean(0)
        np.testing.assert_allclose(vector, (mean / mean.norm()).numpy(), atol=1e-6)


def test_order_and_company_do_not_matter(plain: Path) -> None:
    embeddings = LocalEmbeddings(str(plain))
    together = embeddings.embed_documents(TEXTS)
    np.testing.assert_allclose(embeddings.embed_documents(TEXTS[::-1])[::-1], together, atol=1e-6)
    np.testing.assert_allclose([embeddings.embed_query(text) for text in TEXTS], together, atol=1e-6)
    alone = LocalEmbeddings(str(plain), batch_tokens=1)
    assert alone.embed_documents(TEXTS) == [alone.embed_query(text) for text in TEXTS]


def test_without_a_way_it_takes_the_quickest(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embed, "quickest_to_embed", lambda: "int8")
    found = LocalEmbeddings(str(plain), way=None).embed(TEXTS)
    np.testing.assert_array_equal(found, LocalEmbeddings(str(plain), way="int8").embed(TEXTS))
    assert np.abs(found - LocalEmbeddings(str(plain)).embed(TEXTS)).max() > 1e-5


def test_no_text_gives_no_vector(plain: Path) -> None:
    assert LocalEmbeddings(str(plain)).embed_documents([]) == []
    assert LocalEmbeddings(str(plain)).embed([]).shape == (0, 24)


def test_making_one_loads_no_weights(plain: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(plain, tmp_path / "copy")
    (folder / "model.safetensors").unlink()
    made = LocalEmbeddings(str(folder))
    with pytest.raises(UsageError, match=r"model\.safetensors"):
        made.embed_query("a")


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import models.encoders, sys; print(sorted({'torch', 'langchain_core', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_addresses(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import langchain.embeddings

    asked: list[str] = []
    monkeypatch.setattr(langchain.embeddings, "init_embeddings", asked.append)
    assert isinstance(load_embeddings(str(plain), threads=1), LocalEmbeddings)
    load_embeddings("ollama:nomic-embed-text")
    assert asked == ["ollama:nomic-embed-text"]


def test_addresses_that_lead_nowhere_say_so() -> None:
    with pytest.raises(ModelNotFound, match="package"):
        load_embeddings("cohere:embed-english-v3.0")
    with pytest.raises(ModelNotFound, match="nowhere"):
        load_embeddings("nobody:knows")
    with pytest.raises(ModelNotFound, match="hf download"):
        load_embeddings("hf:org/none-of-this-name")
    for name, threads in ((" ", None), ("minilm", 0)):
        with pytest.raises(UsageError):
            load_embeddings(name, threads=threads)


def test_near_in_meaning_is_near_in_the_real_encoder(minilm: str) -> None:
    near, said, far = LocalEmbeddings(minilm, threads=1).embed(
        ["A kitten sleeps on the sofa.", "A young cat is napping on the couch.", "The court raised taxes."]
    )
    assert near @ said > 0.6 > 0.3 > near @ far
