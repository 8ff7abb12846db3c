"""Where and how a net computes: device, threads, number format, compilation."""

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch

from homespun.errors import UsageError
from models.inference.linear import has_onednn


def pick_device(name: str = "auto") -> torch.device:
    """A device by name; "auto" takes CUDA where there is one.

    Raises:
        UsageError: CUDA was asked for and there is none.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise UsageError("this torch sees no CUDA device; choose --set device=cpu")
    return device


def set_threads(count: int | None) -> int:
    """Set torch's threads; None leaves what the machine or the environment chose. Returns what holds now.

    More threads than free cores make training several times slower, so say it explicitly on a shared machine.
    """
    if count is not None:
        torch.set_num_threads(count)
    return torch.get_num_threads()


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the device has products of bfloat16; where it lacks them they are some fifty times slower."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return has_onednn(torch.bfloat16)


def autocast(device: torch.device, precision: str) -> AbstractContextManager[Any]:
    """Context for the forward pass.

    Args:
        device: Where it runs.
        precision: "bf16" runs matrix products in bfloat16, "fp32" changes nothing, "auto" is "bf16" where the
            device has such products.
    """
    if precision == "fp32" or (precision == "auto" and not multiplies_bfloat16(device)):
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


class Compiled:
    """A function run through `torch.compile`, or as it is once compilation has failed.

    The first call compiles. If that raises, one warning line is given and the plain function serves from then
    on.
    """

    def __init__(
        self, function: Callable[..., Any], warn: Callable[[str], None], enabled: bool = True
    ) -> None:
        self.plain, self.warn = function, warn
        self._active = torch.compile(function, dynamic=False) if enabled else function
        self.compiled, self.tried = enabled, not enabled

    def __call__(self, *args: Any) -> Any:
        """Call the function."""
        if self.tried:
            return self._active(*args)
        try:
            result = self._active(*args)
        except Exception as error:  # whatever a compiler may raise: training goes on without it
            reason = (str(error).strip().splitlines() or ["no reason given"])[0][:160]
            self.warn(f"torch.compile failed ({type(error).__name__}: {reason}); going on without it, slower")
            self._active, self.compiled = self.plain, False
            result = self.plain(*args)
        self.tried = True
        return result
