"""What a model's configuration says of those who propose to it, and these found: adapters on the encoder.

The section `proposals` names the adapters and says how much they count beside the decoder. A model without
it, or without the encoder at hand, writes by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from homespun.errors import CorruptWeights, HomespunError, ModelNotFound, UsageError
from models.inference.guide import Balance

if TYPE_CHECKING:
    from models.encoders.call import Caller
    from models.encoders.intent import IntentClassifier
    from models.encoders.read import Reader


@dataclass(frozen=True)
class Guidance:
    """The `proposals` of a model's configuration.

    Attributes:
        chooser: Name of the adapter that chooses tools.
        filler: Name of the one that finds values.
        told: Name of the one that looks up what was told; "" where the decoder hasn't learnt to be told.
        intent: Name of the one that tells what the user means; "" likewise.
        sure: Probability below which what it tells isn't believed.
        choice: How much the chooser counts beside the decoder.
        values: How much the filler and the reader count.
    """

    chooser: str = "choose"
    filler: str = "fill"
    told: str = ""
    intent: str = ""
    sure: float = 0.0
    choice: Balance = field(default_factory=Balance)
    values: Balance = field(default_factory=Balance)

    @classmethod
    def from_dict(cls, section: Any) -> Self:
        """Read a configuration's section.

        Raises:
            CorruptWeights: It holds something else.
        """
        try:
            read: dict[str, Callable[[Any], Any]] = {
                "choice": Balance.from_dict,
                "values": Balance.from_dict,
                "sure": _share,
            }
            return cls(**{key: read.get(key, str)(value) for key, value in section.items()})
        except (UsageError, AttributeError, TypeError, ValueError) as error:
            raise CorruptWeights(f"the proposals of its configuration can't be read: {error}") from error


def _share(value: Any) -> float:
    if not 0 <= (share := float(value)) <= 1:
        raise ValueError(f"{value} is no probability")
    return share


class Adapters:
    """The adapters that a guidance names; each is opened when it's first asked.

    Args:
        guidance: Their names.
        home: The state folder; by default the one in the settings.
        threads: Processor threads of one pass; None leaves torch's setting.
    """

    def __init__(self, guidance: Guidance, home: Path | None, threads: int | None) -> None:
        self._guidance, self._home, self._threads = guidance, home, threads

    @cached_property
    def caller(self) -> Caller:
        """Who chooses tools and finds values.

        Raises:
            ModelNotFound: An adapter isn't there.
            UsageError: One is for another task.
            CorruptWeights: A configuration can't be read.
        """
        from models.encoders.call import load_caller

        named = self._guidance
        return load_caller(named.chooser, named.filler, home=self._home, threads=self._threads)

    @cached_property
    def reader(self) -> Reader | None:
        """Who looks up what was told; None where nobody is named. Raises as `caller` does."""
        from models.encoders.read import Reader

        told = self._guidance.told
        return Reader(told, home=self._home, threads=self._threads) if told else None

    @cached_property
    def classifier(self) -> IntentClassifier | None:
        """Who tells what the user means; None where nobody is named. Raises as `caller` does."""
        from models.encoders.intent import IntentClassifier

        intent = self._guidance.intent
        return IntentClassifier(intent, home=self._home, threads=self._threads) if intent else None


def has_encoder(home: Path | None) -> bool:
    """Whether the encoder is at hand, without which nobody can propose."""
    from models.encoders.places import find_minilm

    try:
        find_minilm(home)
    except ModelNotFound:
        return False
    return True


def fingerprints(guidance: Guidance, home: Path | None) -> dict[str, str]:
    """Fingerprint of each adapter by its name; that of one that can't be opened says so."""
    from models.encoders.adapters import find_adapter

    found = {}
    for name in (guidance.chooser, guidance.filler, guidance.told, guidance.intent):
        try:
            found[name] = find_adapter(name, home).fingerprint if name else ""
        except HomespunError as error:  # it's told when the adapter is needed
            found[name] = str(error)
    return found
