"""Addresses of the chat models over the encoder, taken apart and put together."""

from __future__ import annotations

import pytest

from homespun.errors import UsageError
from models.chat.addresses import CALLER, READER, adapters_of, used_by


@pytest.mark.parametrize(
    ("kind", "address", "adapters"),
    [
        (READER, "reader", ("read",)),
        (READER, "reader:mine", ("mine",)),
        (READER, "reader:./a+b", ("./a+b",)),
        (CALLER, "caller", ("choose", "fill")),
        (CALLER, "caller:one+./two", ("one", "./two")),
    ],
)
def test_an_address_means_adapters(kind: str, address: str, adapters: tuple[str, ...]) -> None:
    assert adapters_of(kind, address) == adapters


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        (READER, "reader:"),
        (READER, "caller"),
        (READER, "readers"),
        (CALLER, "caller:"),
        (CALLER, "caller:one"),
        (CALLER, "caller:+two"),
        (CALLER, "reader:one+two"),
    ],
)
def test_another_form_is_refused_with_the_right_one(kind: str, address: str) -> None:
    with pytest.raises(UsageError, match=f"is no {kind}: use {kind} or {kind}:<"):
        adapters_of(kind, address)


@pytest.mark.parametrize(
    ("task", "adapter", "address"),
    [
        ("read", "read", "reader"),
        ("read", "mine", "reader:mine"),
        ("choose", "choose", "caller"),
        ("choose", "mine", "caller:mine+fill"),
        ("fill", "mine", "caller:choose+mine"),
        ("sing", "mine", None),
    ],
)
def test_an_adapter_is_used_under_an_address(task: str, adapter: str, address: str | None) -> None:
    assert used_by(task, adapter) == address
    if address is not None:
        assert adapter in adapters_of(address.partition(":")[0], address)
