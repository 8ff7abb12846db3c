"""A checkpoint's net, by whoever computes it: our decoder where it can, else `transformers`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from homespun.errors import UsageError

if TYPE_CHECKING:
    from models.interop.causal import CausalNet
    from models.nets.decoder import Decoder

_Net = TypeVar("_Net")


def context_length(values: dict[str, Any]) -> int:
    """Most tokens of one sequence, by the content of a config.json; no weights are read.

    Raises:
        UsageError: Nobody here can compute what it describes.
    """
    from models.interop.layouts import read_config

    try:
        return read_config(values).max_positions
    except UsageError:
        from models.interop.causal import known_architecture, max_positions

        known_architecture(values)
        return max_positions(values)


def load_net(folder: Path) -> Decoder | CausalNet:
    """Load the net in a folder, in evaluation mode, float32.

    Raises:
        UsageError: Nobody here can compute it.
        CorruptWeights: Tensors are missing, left over, or of a wrong shape.
    """
    from models.interop.checkpoint import read_values
    from models.interop.layouts import read_config

    try:
        read_config(read_values(folder))
    except UsageError:
        from models.interop.causal import load_causal

        return load_causal(folder)
    from models.interop.huggingface import from_transformers

    return from_transformers(folder).requires_grad_(False)


def with_adapter(net: _Net, folder: Path) -> _Net:
    """The net with the adapter in a folder on it; all other tensors are shared.

    Raises:
        UsageError: The adapter isn't made for this net.
        CorruptWeights: Its files are damaged.
    """
    raise UsageError(f"{type(net).__name__} can't take the adapter {folder} yet")
