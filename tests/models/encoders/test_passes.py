import copy
import gc
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch

from homespun.errors import UsageError
from models.blocks.lora import LoRAConfig, adapted, adapter_parameters
from models.encoders.embed import WAY, LocalEmbeddings
from models.encoders.passes import WAYS, quickest, quickest_to_embed
from models.encoders.trunk import Trunk, locate, open_trunk
from models.inference import encoder_step, rounded
from models.inference.rounded import has_bytes
from models.nets.encoder import Encoder

ROWS = [[2, 7, 9, 3, 8, 3], [2, 6, 3], [2] + 40 * [11] + [3], [2, 6, 9], [5]]
TYPES = [[0] * (len(row) // 2) + [1] * (len(row) - len(row) // 2) for row in ROWS]
# Of a token's state, by cosine with the reference's; a text's vector comes nearer (below).
LEAST = {"eager": 1.0 - 1e-6, "fused": 1.0 - 1e-6, "bfloat16": 0.999, "int8": 0.99}


@pytest.fixture
def trunk(plain: Path) -> Trunk:
    return open_trunk(locate(str(plain)))


def with_adapter(net: Encoder, seed: int = 5) -> Encoder:
    tuned = adapted(net, LoRAConfig(4))
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(seed)
        for parameter in adapter_parameters(tuned):
            parameter.normal_(0.0, 0.3)
    return tuned.eval().requires_grad_(False)


@torch.inference_mode()
def by_itself(net: Encoder) -> list[torch.Tensor]:
    return [
        net(torch.tensor([row]), types=torch.tensor([kinds]))[0]
        for row, kinds in zip(ROWS, TYPES, strict=True)
    ]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("tuned", [False, True])
def test_every_way_agrees_with_the_net_on_ragged_rows(trunk: Trunk, way: str, tuned: bool) -> None:
    net = with_adapter(trunk.net) if tuned else None
    before = torch.get_num_threads()
    states, mask = trunk.states(ROWS, before + 1, types=TYPES, net=net, way=way)
    assert torch.get_num_threads() == before
    assert states.shape == (5, 42, 24)
    assert [int(row.sum()) for row in mask] == [len(row) for row in ROWS]
    assert not states[~mask].any()
    flat = trunk.flat(ROWS, types=TYPES, net=net, way=way)
    wanted = by_itself(net or trunk.net)
    for found in (flat, states[mask]):
        assert torch.cosine_similarity(found, torch.cat(wanted)).min() > LEAST[way]
    if way in {"eager", "fused"}:
        torch.testing.assert_close(states[mask], torch.cat(wanted), atol=1e-5, rtol=0)
        torch.testing.assert_close(flat, torch.cat(wanted), atol=1e-5, rtol=0)


def test_the_default_way_is_exact() -> None:
    assert WAY in {"eager", "fused"}


@pytest.mark.parametrize("way", WAYS)
def test_vectors_of_the_real_encoder_agree(minilm: str, way: str) -> None:
    texts = [
        "How do I index a folder?",
        "A kitten sleeps on the sofa. " * 12,
        "The court raised taxes in 1998, said Ms. Ødegaard (Oslo).",
        "print([x ** 2 for x in range(10)])",
        "",
    ]
    wanted = LocalEmbeddings(minilm, threads=1, way="eager").embed(texts)
    found = LocalEmbeddings(minilm, threads=1, way=way).embed(texts)
    least = (found * wanted).sum(1).min()
    assert least > {"bfloat16": 0.9995, "int8": 0.98}.get(way, 1 - 1e-6)
    if way == WAY:
        np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_the_quickest_way_to_embed_is_bytes_where_they_are_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounded, "has_bytes", lambda: True)
    assert quickest_to_embed() == "int8"
    monkeypatch.setattr(rounded, "has_bytes", lambda: False)
    assert quickest_to_embed() == quickest() != "int8"


@pytest.mark.skipif(not has_bytes(), reason="no quick products of bytes here")
def test_vectors_in_bytes_are_near_the_exact_ones_and_the_same_in_any_company(minilm: str) -> None:
    prose = [
        "The mill by the river was sold in 1911 and has ground no corn since; its wheel is still there.",
        "Prices of copper fell by 3.4 % in March, after the mines in the north had opened again. " * 5,
        "Which of the two bridges is older, and who paid for it?",
        "def area(radius: float) -> float:\n    return math.pi * radius**2\n",
        "Der Zug nach Lyon fährt um 14:05 von Gleis 7.",
    ]
    short = ["a", "Hello", "42", ""]
    exact = LocalEmbeddings(minilm, threads=1, way="eager").embed(prose + short)
    embeddings = LocalEmbeddings(minilm, threads=1, way="int8")
    found = embeddings.embed(prose + short)
    cosines = (found * exact).sum(1)
    assert cosines[: len(prose)].min() > 0.995
    assert cosines[len(prose) :].min() > 0.985
    alone = np.concatenate([embeddings.embed([text]) for text in prose + short])
    np.testing.assert_allclose(alone, found, atol=1e-3)
    np.testing.assert_array_equal(embeddings.embed(prose + short), found)


def test_an_adapter_that_is_being_trained_is_read_anew_and_its_base_is_not_laid_out_again(
    trunk: Trunk, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_out: list[object] = []
    matrix = encoder_step.Matrix
    monkeypatch.setattr(encoder_step, "Matrix", lambda *parts: laid_out.append(parts) or matrix(*parts))
    # One that shares no tensor with the trunk: as in training, which casts and copies.
    own = copy.deepcopy(trunk.net)
    tuned = with_adapter(own)
    states = [trunk.flat(ROWS, net=tuned)]
    before = len(laid_out)
    assert before > 0
    for _ in range(2):
        with torch.no_grad():
            adapter_parameters(tuned)[0].mul_(3.0)
        states.append(trunk.flat(ROWS, net=tuned))
    assert not torch.allclose(states[0], states[1], atol=1e-3)
    assert not torch.allclose(states[1], states[2], atol=1e-3)
    torch.testing.assert_close(states[2], trunk.flat(ROWS, net=tuned, way="eager"), atol=1e-5, rtol=0)
    # Adapters on the trunk itself need none of their own.
    trunk.flat(ROWS, net=with_adapter(trunk.net, seed=8))
    assert len(laid_out) == before


def test_what_was_laid_out_for_a_net_goes_with_it(trunk: Trunk) -> None:
    tuned = with_adapter(trunk.net)
    trunk.flat(ROWS, net=tuned)
    gone = weakref.ref(tuned)
    del tuned
    gc.collect()
    assert gone() is None
    assert len(trunk._passes._steps) <= 1


def test_a_net_of_another_type_goes_its_own_way(trunk: Trunk) -> None:
    half = copy.deepcopy(trunk.net).bfloat16()
    found = trunk.flat(ROWS, net=half)
    assert found.dtype == torch.float32
    assert torch.cosine_similarity(found, trunk.flat(ROWS)).min() > 0.99


def test_what_it_cannot_run_is_refused(trunk: Trunk, plain: Path) -> None:
    for way in ("eager", "fused"):
        with pytest.raises(UsageError, match="as long as"):
            trunk.states(ROWS, types=[[0], *TYPES[1:]], way=way)
        with pytest.raises(UsageError, match="49 tokens"):
            trunk.states([[2] * 49], way=way)
    with pytest.raises(UsageError, match="eager, fused, bfloat16, int8"):
        LocalEmbeddings(str(plain), way="fastest")
