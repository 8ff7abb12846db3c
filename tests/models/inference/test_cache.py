import pytest
import torch

from models.inference.cache import KVCache
from models.nets.decoder import DecoderConfig

CONFIG = DecoderConfig.llama(20, 16, 3, 4, num_kv_heads=2)


def block(seed: int, new: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shape = (2, 2, new, 4)
    return torch.randn(shape, generator=generator), torch.randn(shape, generator=generator)


def test_updates_come_back_joined_in_order() -> None:
    cache = KVCache(CONFIG, 2, 10)
    pieces = [block(seed, new) for seed, new in enumerate((3, 1, 4))]
    for k, v in pieces:
        for layer in range(3):
            keys, values = cache.update(layer, k + layer, v - layer)
        cache.advance(k.shape[2])
    assert cache.length == 8
    assert torch.equal(keys, torch.cat([k for k, _ in pieces], 2) + 2)
    assert torch.equal(values, torch.cat([v for _, v in pieces], 2) - 2)


def test_nothing_is_allocated_or_copied_by_an_update() -> None:
    cache = KVCache(CONFIG, 2, 10)
    places = [tensor.data_ptr() for tensor in cache.keys + cache.values]
    keys, values = cache.update(1, *block(0, 4))
    assert [keys.data_ptr(), values.data_ptr()] == [places[1], places[4]]
    assert [tensor.data_ptr() for tensor in cache.keys + cache.values] == places


def test_an_update_without_advance_is_written_over() -> None:
    cache = KVCache(CONFIG, 2, 10)
    cache.update(0, *block(0, 4))
    k, v = block(1, 2)
    keys, values = cache.update(0, k, v)
    assert cache.length == 0
    assert torch.equal(keys, k)
    assert torch.equal(values, v)


def test_truncate_forgets_the_later_positions() -> None:
    cache = KVCache(CONFIG, 2, 10)
    first, second, third = block(0, 4), block(1, 2), block(2, 1)
    for k, v in (first, second):
        cache.update(0, k, v)
        cache.advance(k.shape[2])
    cache.truncate(3)
    keys, _ = cache.update(0, *third)
    assert torch.equal(keys, torch.cat((first[0][:, :, :3], third[0]), 2))


def test_what_does_not_fit_is_refused_and_changes_nothing() -> None:
    cache = KVCache(CONFIG, 2, 5)
    cache.update(0, *block(0, 4))
    cache.advance(4)
    kept = cache.keys[0].clone()
    with pytest.raises(ValueError, match="do not fit"):
        cache.update(0, *block(1, 2))
    with pytest.raises(ValueError, match="advance"):
        cache.advance(2)
    with pytest.raises(ValueError, match="truncate"):
        cache.truncate(5)
    assert cache.length == 4
    assert torch.equal(cache.keys[0], kept)


@pytest.mark.parametrize(("batch", "capacity"), [(0, 5), (2, 0)])
def test_an_empty_shape_is_refused(batch: int, capacity: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        KVCache(CONFIG, batch, capacity)
