"""What a judge said, kept: judging is scoring and is done anew each time, but not by asking anew.

Contract: a `KeptJudge` is the judge it was made of, and asks it about each pair once. With a file, also once
over all runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evals.log import Answers
from evals.sample import Output, digest
from rag.judges.judge import Judge, Pair


class KeptJudge(Judge):
    """A judge that remembers.

    Args:
        judge: who is asked.
        path: where its scores are kept; the name must change with the judge's fingerprint. None keeps them in
            memory only.
    """

    def __init__(self, judge: Judge, path: Path | None = None) -> None:
        self.name, self.fingerprint, self.threshold = judge.name, judge.fingerprint, judge.threshold
        self._judge = judge
        self._held: dict[Pair, float] = {}
        self._kept = Answers(path) if path is not None else None

    def judge(self, pairs: Sequence[Pair]) -> Sequence[float]:
        """Returns one probability a pair, asking about those that are new."""
        for pair in pairs:
            if pair not in self._held and self._kept is not None:
                found = self._kept.get(digest(*pair))
                if found is not None:
                    self._held[pair] = float(found.answer)
        missing = [pair for pair in pairs if pair not in self._held]
        for pair, score in zip(missing, self._judge.score(missing) if missing else (), strict=True):
            self._held[pair] = score
            if self._kept is not None:
                self._kept.put(digest(*pair), Output(score))
        return [self._held[pair] for pair in pairs]

    def close(self) -> None:
        """Makes sure that all is on the disk."""
        if self._kept is not None:
            self._kept.close()
