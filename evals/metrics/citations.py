"""Citation recall and precision, sentence by sentence (ALCE: Gao et al. 2023, section 4).

A sentence's citations are recalled when the passages it cites, taken together, support it. A citation is
precise when its sentence is so recalled and it isn't idle: its passage supports the sentence alone, or the
others don't support it without it. Whether passages support a sentence is said by a judge; this only counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cited:
    """A claiming sentence and its citations.

    Attributes:
        together: whether all cited passages together support it; False if it cites none.
        alone: for each citation, whether its passage alone does.
        without: for each citation, whether the others together do; False for an only one.
    """

    together: bool = False
    alone: Sequence[bool] = ()
    without: Sequence[bool] = ()

    def __post_init__(self) -> None:
        if len(self.alone) != len(self.without):
            raise ValueError(f"{len(self.alone)} citations alone, but {len(self.without)} left out")
        if self.together and not self.alone:
            raise ValueError("a sentence without citations isn't supported by them")

    @property
    def precise(self) -> int:
        """How many of its citations are precise."""
        if not self.together:
            return 0
        return sum(alone or not without for alone, without in zip(self.alone, self.without, strict=True))


def citation_recall(sentences: Sequence[Cited]) -> float | None:
    """Share of claiming sentences that their citations support; None without such sentences."""
    return sum(sentence.together for sentence in sentences) / len(sentences) if sentences else None


def citation_precision(sentences: Sequence[Cited]) -> float | None:
    """Share of citations that are precise; None where nothing is cited."""
    count = sum(len(sentence.alone) for sentence in sentences)
    return sum(sentence.precise for sentence in sentences) / count if count else None
