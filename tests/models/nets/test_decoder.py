import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from homespun.errors import UsageError
from models.nets.decoder import Decoder, DecoderConfig, positions_in_documents

SHAPES = {
    "gpt2": DecoderConfig.gpt2(61, 32, 2, 4, max_positions=64),
    "llama": DecoderConfig.llama(61, 32, 2, 4, num_kv_heads=2, max_positions=64, tie_embeddings=False),
    "qwen2": DecoderConfig.llama(61, 32, 2, 4, max_positions=64, attention_bias=True, output_bias=False),
    "qwen3": DecoderConfig.llama(61, 32, 2, 4, num_kv_heads=1, head_dim=16, max_positions=64, qk_norm=True),
    "window": DecoderConfig.llama(61, 32, 2, 4, num_kv_heads=2, max_positions=64, sliding_window=4),
    "sinusoidal": DecoderConfig.gpt2(61, 32, 2, 4, max_positions=64, positions="sinusoidal"),
    "relu2": DecoderConfig.llama(61, 32, 2, 4, max_positions=64, activation="relu2", mlp_bias=True),
}
every_shape = pytest.mark.parametrize("name", sorted(SHAPES))


def make(name: str, **changes) -> Decoder:
    """A net whose weights are large enough that what a token sees clearly shows in its logits."""
    torch.manual_seed(0)
    net = Decoder(DecoderConfig.from_dict(SHAPES[name].to_dict() | changes)).eval()
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.dim() > 1:
                parameter.mul_(8)
            else:
                parameter.add_(0.1 * torch.randn_like(parameter))
    return net


def tokens(*shape: int, seed: int = 1) -> Tensor:
    return torch.randint(0, 61, shape, generator=torch.Generator().manual_seed(seed))


def close(left: Tensor, right: Tensor) -> None:
    torch.testing.assert_close(left, right, rtol=0, atol=1e-4)


@every_shape
def test_parameter_count_is_the_formula(name: str) -> None:
    net = make(name)
    assert net.num_parameters() == net.config.num_parameters()
    assert sum(value.numel() for value in net.state_dict().values()) == net.num_parameters()


def test_initialisation_statistics() -> None:
    torch.manual_seed(0)
    net = Decoder(DecoderConfig.gpt2(4096, 128, 8, 4, max_positions=256, tie_embeddings=False))
    for name, parameter in net.named_parameters():
        if parameter.dim() == 1:
            assert (parameter == (0.0 if name.endswith("bias") else 1.0)).all(), name
            continue
        written = name.endswith(("output.weight", "down.weight"))
        expected = 0.02 / math.sqrt(16) if written else 0.02
        assert parameter.std().item() == pytest.approx(expected, rel=0.03), name
        assert abs(parameter.mean().item()) < 0.03 * expected, name


def test_a_fresh_net_guesses_evenly() -> None:
    torch.manual_seed(0)
    net = Decoder(DecoderConfig.llama(512, 64, 4, 4, max_positions=64)).eval()
    ids = torch.randint(0, 512, (8, 64))
    loss = torch.nn.functional.cross_entropy(net(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
    assert loss.item() == pytest.approx(math.log(512), abs=0.15)


@every_shape
def test_written_out_equals_fused(name: str) -> None:
    ids = tokens(2, 20)
    documents = torch.tensor([[0] * 9 + [1] * 11, [0] * 15 + [-1] * 5])
    fused, written = make(name, fused_attention=True), make(name, fused_attention=False)
    close(fused(ids), written(ids))
    close(fused(ids, documents=documents), written(ids, documents=documents))


@every_shape
@pytest.mark.parametrize("chunks", [[1] * 12, [5, 1, 1, 5], [11, 1], [1, 11]])
def test_cached_in_any_pieces_equals_uncached(name: str, chunks: list[int]) -> None:
    net, ids = make(name), tokens(2, 12)
    expected, cache, at = net(ids), net.new_cache(2, 16), 0
    with torch.no_grad():
        for chunk in chunks:
            close(net(ids[:, at : at + chunk], cache=cache), expected[:, at : at + chunk])
            at += chunk
    assert cache.length == 12


@every_shape
def test_last_only_is_the_last(name: str) -> None:
    net, ids = make(name), tokens(2, 9)
    last = net(ids, last_only=True)
    assert last.shape == (2, 1, 61)
    close(last, net(ids)[:, -1:])


@every_shape
@pytest.mark.parametrize("side", ["left", "right"])
def test_padded_rows_equal_single_rows(name: str, side: str) -> None:
    net, lengths = make(name), (3, 10, 7)
    ids, documents = torch.full((3, 10), 1), torch.full((3, 10), -1)
    for row, length in enumerate(lengths):
        part = slice(0, length) if side == "right" else slice(10 - length, 10)
        ids[row, part], documents[row, part] = tokens(length, seed=row), 0
    logits = net(ids, documents=documents)
    assert torch.isfinite(logits).all()
    for row, length in enumerate(lengths):
        part = slice(0, length) if side == "right" else slice(10 - length, 10)
        close(logits[row, part], net(tokens(1, length, seed=row))[0])


@every_shape
def test_batched_decoding_over_left_padding_equals_single_rows(name: str) -> None:
    net, lengths, steps = make(name), (3, 8), 4
    rows = [tokens(1, length + steps, seed=length) for length in lengths]
    documents = torch.tensor([[-1] * 5 + [0] * 3, [0] * 8])
    ids = torch.cat((torch.cat((torch.ones(1, 5, dtype=torch.long), rows[0][:, :3]), 1), rows[1][:, :8]))
    cache = net.new_cache(2, 12)
    with torch.no_grad():
        net(ids, documents=documents, cache=cache)
        for step in range(steps):
            documents = torch.cat((documents, torch.zeros(2, 1, dtype=torch.long)), 1)
            column = torch.cat(
                [row[:, length + step, None] for row, length in zip(rows, lengths, strict=True)]
            )
            logits = net(column, documents=documents, cache=cache)
            for at, (row, length) in enumerate(zip(rows, lengths, strict=True)):
                close(logits[at], net(row[:, : length + step + 1])[0, -1:])


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(sorted(SHAPES)),
    lengths=st.lists(st.integers(1, 6), min_size=2, max_size=5),
    data=st.data(),
)
def test_changing_one_packed_document_never_changes_another(name: str, lengths: list[int], data) -> None:
    net, total = make(name), sum(lengths)
    chosen = data.draw(st.integers(0, len(lengths) - 1))
    documents = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))[None]
    ids = tokens(1, total)
    changed = torch.where(documents == chosen, (ids + 1 + tokens(1, total, seed=2) % 60) % 61, ids)
    before, after = net(ids, documents=documents), net(changed, documents=documents)
    others = (documents != chosen)[0]
    assert torch.equal(before[0, others], after[0, others])
    assert not torch.allclose(before[0, ~others], after[0, ~others], atol=1e-3)


@every_shape
def test_a_packed_document_equals_the_document_alone(name: str) -> None:
    net, ids = make(name), tokens(1, 15)
    documents = torch.tensor([[4] * 6 + [9] * 2 + [2] * 7])
    packed = net(ids, documents=documents)
    for begin, end in ((0, 6), (6, 8), (8, 15)):
        close(packed[:, begin:end], net(ids[:, begin:end]))


@every_shape
def test_the_future_never_changes_the_past(name: str) -> None:
    net, ids = make(name), tokens(1, 12)
    before = net(ids)
    for place in range(12):
        changed = ids.clone()
        changed[0, place] = (ids[0, place] + 1) % 61
        after = net(changed)
        assert torch.equal(before[0, :place], after[0, :place])
        assert not torch.allclose(before[0, place], after[0, place], atol=1e-3)


def test_a_sliding_window_never_sees_further() -> None:
    net = make("window", num_layers=1)  # every further layer sees a window further
    ids = tokens(1, 16)
    changed = ids.clone()
    changed[0, 5] = (ids[0, 5] + 1) % 61
    different = (net(ids) - net(changed)).abs().amax(-1)[0] > 1e-5
    assert different.nonzero().flatten().tolist() == [5, 6, 7, 8]


def test_learned_positions_start_anew_in_each_document() -> None:
    documents = torch.tensor([[3, 3, 3, 1, 2, 2, -1, -1], [-1, 0, 0, 0, 0, 1, 1, 1]])
    expected = [[0, 1, 2, 0, 0, 1, 0, 1], [0, 0, 1, 2, 3, 0, 1, 2]]
    assert positions_in_documents(documents).tolist() == expected


@pytest.mark.parametrize("name", ["gpt2", "qwen3", "sinusoidal"])
def test_given_positions_are_used(name: str) -> None:
    net, ids = make(name), tokens(2, 6)
    close(net(ids, positions=torch.arange(6).expand(2, 6)), net(ids))
    scattered = torch.tensor([[0, 3, 4, 9, 11, 20]]).expand(2, 6)
    assert not torch.allclose(net(ids, positions=scattered), net(ids), atol=1e-3)


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_training_compiles_without_graph_breaks(name: str) -> None:
    net = make(name, dropout=0.1, qk_norm=True).train()
    ids, documents = tokens(2, 16), torch.tensor([[0] * 7 + [1] * 9, [5] * 14 + [-1] * 2])
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    with torch.autocast("cpu", torch.bfloat16):
        loss = torch.nn.functional.cross_entropy(
            compiled(ids, documents=documents).flatten(0, 1), ids.flatten()
        )
    loss.backward()
    torch._dynamo.reset()
    assert math.isfinite(loss.item())
    for key, parameter in net.named_parameters():
        assert parameter.grad is not None, key
        assert torch.isfinite(parameter.grad).all(), key


def test_a_small_net_learns_its_text_by_heart() -> None:
    torch.manual_seed(0)
    net = Decoder(DecoderConfig.llama(61, 32, 2, 4, num_kv_heads=2, max_positions=64, qk_norm=True))
    optimizer = torch.optim.AdamW(net.parameters(), 1e-2)
    ids, first = tokens(2, 24), 0.0
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(net(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        first = first or loss.item()
    assert first > 3.5
    assert loss.item() < 0.1


@pytest.mark.parametrize("name", ["gpt2", "llama"])
def test_too_long_input_is_refused(name: str) -> None:
    net = make(name)
    with pytest.raises(UsageError, match="65 tokens are too many"):
        net(tokens(1, 65))
    cache = net.new_cache(1, 80)
    net(tokens(1, 60), cache=cache)
    with pytest.raises(UsageError, match="context is 64"):
        net(tokens(1, 5), cache=cache)


def test_wrong_shapes_are_refused() -> None:
    net = make("llama")
    with pytest.raises(UsageError, match="ids must have the shape"):
        net(tokens(5))
    with pytest.raises(UsageError, match="ids must have the shape"):
        net(tokens(1, 0))
    with pytest.raises(UsageError, match="documents must have the shape"):
        net(tokens(1, 5), documents=torch.zeros(1, 4, dtype=torch.long))
