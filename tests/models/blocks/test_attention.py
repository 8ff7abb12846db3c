import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from homespun.errors import UsageError
from models.blocks.attention import Attention, attend, attend_fused, attention_mask
from models.blocks.positions import Rotary


def reference_of(ours: Attention, size: int) -> nn.MultiheadAttention:
    """torch's own module with the weights of `ours`, which has as many key-value heads as heads."""
    theirs = nn.MultiheadAttention(size, ours.num_heads, batch_first=True)
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.normal_(0, 0.3)
        parts = (ours.query, ours.key, ours.value)
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        theirs.out_proj.load_state_dict(ours.output.state_dict())
    return theirs


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("kind", ["bidirectional", "causal", "masked", "cross"])
def test_multi_head_attention_equals_torch(kind: str, fused: bool) -> None:
    torch.manual_seed(0)
    ours = Attention(16, 4, 4, 4, bias=True, output_bias=True, fused=fused)
    theirs = reference_of(ours, 16)
    x, source = torch.randn(2, 6, 16), torch.randn(2, 9, 16)
    if kind == "bidirectional":
        out, expected = ours(x), theirs(x, x, x)[0]
    elif kind == "cross":
        out, expected = ours(x, source=source), theirs(x, source, source)[0]
    else:
        mask = attention_mask(6, window=None if kind == "causal" else 3)
        assert mask is not None
        expected = theirs(x, x, x, attn_mask=~mask[0, 0])[0]
        out = ours(x, causal=True) if kind == "causal" else ours(x, mask=mask)
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("kv_heads", [1, 2, 4])
@pytest.mark.parametrize("masking", ["none", "causal", "window", "documents"])
@pytest.mark.parametrize("qk_norm", [True, False])
def test_written_out_equals_fused_forward_and_backward(kv_heads: int, masking: str, qk_norm: bool) -> None:
    torch.manual_seed(1)
    block = Attention(16, 4, kv_heads, 8, qk_norm=qk_norm)
    rope = Rotary(8, 12)(torch.arange(12))
    documents = torch.tensor([[0] * 5 + [1] * 7, [-1, -1] + [3] * 10])
    mask = {
        "window": attention_mask(12, window=4),
        "documents": attention_mask(12, documents=documents),
    }.get(masking)
    results = []
    for fused in (True, False):
        block.fused = fused
        x = torch.randn(2, 12, 16, generator=torch.Generator().manual_seed(2), requires_grad=True)
        out = block(x, rope=rope, mask=mask, causal=masking == "causal")
        out.square().sum().backward()
        results.append((out, x.grad))
    torch.testing.assert_close(results[0][0], results[1][0], rtol=0, atol=1e-5)
    torch.testing.assert_close(results[0][1], results[1][1], rtol=1e-4, atol=1e-5)


def test_grouped_heads_equal_repeated_key_value_heads() -> None:
    torch.manual_seed(0)
    grouped, full = Attention(16, 4, 2, 8), Attention(16, 4, 4, 8)
    with torch.no_grad():
        full.query.load_state_dict(grouped.query.state_dict())
        full.output.load_state_dict(grouped.output.state_dict())
        for name in ("key", "value"):
            heads = getattr(grouped, name).weight.view(2, 8, 16)
            getattr(full, name).weight.copy_(heads[[0, 0, 1, 1]].reshape(32, 16))
    for length in (1, 5):  # one query takes a road of its own
        x, source = torch.randn(3, length, 16), torch.randn(3, 7, 16)
        torch.testing.assert_close(grouped(x, source=source), full(x, source=source), rtol=0, atol=1e-5)


@pytest.mark.parametrize("attention", [attend, attend_fused])
def test_a_query_that_may_see_nothing_gives_zeros_and_finite_gradients(attention) -> None:
    torch.manual_seed(0)
    q, k, v = (torch.randn(1, 2, 3, 8, requires_grad=True) for _ in range(3))
    mask = torch.tensor([[True, False, False], [False, False, False], [True, True, True]])[None, None]
    out = attention(q, k, v, mask=mask)
    assert torch.equal(out[:, :, 1], torch.zeros(1, 2, 8))
    out.sum().backward()
    assert all(torch.isfinite(part.grad).all() for part in (q, k, v))


def allowed(i: int, j: int, causal: bool, window: int | None, row: list[int] | None) -> bool:
    distance = i - j
    inside = window is None or abs(distance) < window
    return inside and (distance >= 0 or not causal) and (row is None or row[i] == row[j])


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(0, 4),
    length=st.integers(1, 6),
    causal=st.booleans(),
    window=st.none() | st.integers(1, 12),
    data=st.data(),
)
def test_mask_equals_its_definition(start: int, length: int, causal: bool, window: int | None, data) -> None:
    total = start + length
    ids = st.lists(st.integers(-1, 2), min_size=total, max_size=total)
    rows = data.draw(st.none() | st.lists(ids, min_size=2, max_size=2))
    documents = None if rows is None else torch.tensor(rows)
    mask = attention_mask(length, start=start, causal=causal, window=window, documents=documents)
    full: Tensor = torch.ones(2, 1, length, total, dtype=torch.bool) if mask is None else mask
    full = full.expand(2, 1, length, total)
    for b in range(2):
        row = None if rows is None else rows[b]
        expected = [[allowed(i, j, causal, window, row) for j in range(total)] for i in range(start, total)]
        assert full[b, 0].tolist() == expected


def test_heads_that_do_not_divide_are_refused() -> None:
    with pytest.raises(UsageError, match="multiple of num_kv_heads"):
        Attention(16, 4, 3, 4)
