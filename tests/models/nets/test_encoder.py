import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from homespun.errors import UsageError
from models.nets.encoder import Encoder, EncoderConfig

SMALL = {
    "vocab_size": 61,
    "hidden_size": 32,
    "num_layers": 2,
    "num_heads": 4,
    "intermediate_size": 48,
    "max_positions": 24,
}


def make(**changes) -> Encoder:
    """A net whose weights are large enough that what a token sees clearly shows in its state."""
    torch.manual_seed(0)
    net = Encoder(EncoderConfig.from_dict(SMALL | changes)).eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return net.requires_grad_(False)


def tokens(*shape: int, seed: int = 1) -> Tensor:
    return torch.randint(0, 61, shape, generator=torch.Generator().manual_seed(seed))


def close(left: Tensor, right: Tensor) -> None:
    torch.testing.assert_close(left, right, rtol=0, atol=1e-5)


@pytest.mark.parametrize("changes", [{}, {"pooler": True, "num_types": 1, "position_offset": 2}])
def test_parameter_count_is_the_formula(changes: dict) -> None:
    net = make(**changes)
    assert net.num_parameters() == net.config.num_parameters()


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 24), min_size=1, max_size=5), st.booleans())
def test_a_row_gives_the_same_states_alone_as_padded_among_others(lengths: list[int], fused: bool) -> None:
    net = make(fused_attention=fused)
    rows = [tokens(length, seed=length) for length in lengths]
    ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=7)
    mask = torch.arange(ids.shape[1])[None, :] < torch.tensor(lengths)[:, None]
    states = net(ids, mask=mask)
    assert states.isfinite().all()
    for row, state in zip(rows, states, strict=True):
        close(state[: len(row)], net(row[None])[0])


def test_the_fused_path_gives_the_same() -> None:
    ids, mask = tokens(3, 20), torch.ones(3, 20, dtype=torch.bool)
    mask[1, 9:] = False
    close(make(fused_attention=True)(ids, mask=mask)[mask], make(fused_attention=False)(ids, mask=mask)[mask])


def test_every_token_sees_what_comes_after_it() -> None:
    net, ids = make(), tokens(1, 12)
    changed = ids.clone()
    changed[0, -1] = (changed[0, -1] + 1) % 61
    assert (net(ids)[0, 0] - net(changed)[0, 0]).abs().max() > 1e-3


def test_order_and_types_count() -> None:
    net, ids = make(), tokens(1, 12)
    assert (net(ids.flip(1)).flip(1) - net(ids)).abs().max() > 1e-3
    types = torch.zeros_like(ids)
    close(net(ids, types=types), net(ids))
    types[:, 6:] = 1
    assert (net(ids, types=types) - net(ids)).abs().max() > 1e-3


def test_the_pooler_projects_the_first_state() -> None:
    net = make(pooler=True)
    assert net.pooler is not None
    states = net(tokens(2, 5))
    close(net.pooled(states), torch.tanh(states[:, 0] @ net.pooler.weight.T + net.pooler.bias))
    with pytest.raises(UsageError, match="pooler=True"):
        make().pooled(states)


def test_it_learns() -> None:
    net = make(dropout=0.1).train().requires_grad_(True)
    ids, wanted = tokens(4, 10), torch.randn(4, 10, 32, generator=torch.Generator().manual_seed(3))
    optimiser = torch.optim.Adam(net.parameters(), 1e-2)
    losses = []
    for _ in range(8):
        loss = (net(ids) - wanted).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]


def test_what_does_not_fit_is_refused() -> None:
    net = make()
    assert net(tokens(1, 24)).shape == (1, 24, 32)
    for ids, given_ in (
        (tokens(1, 25), {}),
        (tokens(5), {}),
        (tokens(1, 5), {"mask": torch.ones(1, 4, dtype=torch.bool)}),
        (tokens(2, 5), {"types": tokens(1, 5)}),
    ):
        with pytest.raises(UsageError, match=r"reads 24|shape"):
            net(ids, **given_)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hidden_size": 30},
        {"num_layers": 0},
        {"num_layers": True},
        {"activation": "swiglu"},
        {"dropout": 1.0},
        {"norm_eps": 0.0},
        {"pooler": 1},
        {"position_offset": -1},
        {"layers": 2},
    ],
)
def test_a_configuration_that_makes_no_sense_names_the_field(wrong: dict) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        EncoderConfig.from_dict(SMALL | wrong)


def test_a_configuration_goes_through_json_and_one_that_lacks_a_field_is_refused() -> None:
    config = EncoderConfig.from_dict(SMALL | {"pooler": True})
    assert EncoderConfig.from_dict(config.to_dict()) == config
    with pytest.raises(UsageError, match="max_positions"):
        EncoderConfig.from_dict({name: value for name, value in SMALL.items() if name != "max_positions"})
