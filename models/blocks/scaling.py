"""How rotary positions are stretched for long contexts, as data. Imports no torch."""

from dataclasses import dataclass

from homespun.errors import UsageError


@dataclass(frozen=True)
class RopeScaling:
    """How rotary frequencies are stretched for contexts longer than those of pre-training.

    Attributes:
        kind: "linear" (all frequencies divided by `factor`) or "llama3" (only those of long wavelengths are,
            with a ramp between; as Llama 3.1).
        factor: The stretch.
        low_frequency: llama3: wavelengths above `original_positions / low_frequency` are stretched in full.
        high_frequency: llama3: wavelengths below `original_positions / high_frequency` are left alone.
        original_positions: llama3: the context length of pre-training.
    """

    kind: str
    factor: float
    low_frequency: float = 1.0
    high_frequency: float = 4.0
    original_positions: int = 8192

    def __post_init__(self) -> None:
        if self.kind not in ("linear", "llama3"):
            raise UsageError(f"unknown rope scaling {self.kind!r}: choose linear or llama3")
        if not self.factor >= 1.0:
            raise UsageError(f"the factor of rope scaling must be at least 1, not {self.factor}")
        if self.kind == "llama3" and not 0 < self.low_frequency < self.high_frequency:
            raise UsageError("llama3 rope scaling needs 0 < low_frequency < high_frequency")
