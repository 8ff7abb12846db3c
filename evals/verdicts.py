"""Which verdict on a judge is told: one's own, the one that comes with the package, or one made at once.

Contract: looked for in this order, and only for the suite `judge` as it is now:

1. the newest that was kept of a run on data of the user's own, all of it and `ENOUGH` claims or more, in
   ``<folder>/verdicts/<judge>/<version>-<data>.json``, where folder is HOMESPUN_HOME/runs/evals;
2. shipped, in ``evals/results/judge*.json``: the one on the most claims;
3. measured on the claims that are built in. Its answers are kept, so that it's quick the next time.

A choice's digest is part of what identifies a run: with another verdict it's another run.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from evals.collecting import Progress
from evals.harness import run
from evals.result import JudgeVerdict, SuiteResult
from evals.run_folder import read_report
from evals.sample import digest
from evals.suite import Source, System
from evals.suites.judge import SUITE
from evals.verdict import verdict
from homespun.errors import HomespunError, UsageError
from homespun.files import atomic_write
from rag.judges.judge import Judge

ENOUGH = 50
RESAMPLES = 1000
SHIPPED = Path(__file__).parent / "results"
BUILT_IN = "built-in"
_SAFE = re.compile(r"[\w-]{1,100}", re.ASCII)


@dataclass(frozen=True)
class Choice:
    """The verdict that will be told on a judge.

    Attributes:
        system: the judge as the suite `judge` measures it.
        folder: HOMESPUN_HOME/runs/evals.
        known: the verdict; None if the judge has yet to be measured.
    """

    system: System[Judge]
    folder: Path
    known: JudgeVerdict | None

    @property
    def digest(self) -> str:
        """SHA-256 of the verdict, or of all that one yet to be measured depends on."""
        if self.known is not None:
            return digest(self.known.model_dump())
        claims = [sample.digest for sample in SUITE.samples(Source())]
        return digest(SUITE.version, self.system.fingerprint, claims, RESAMPLES)

    def verdict(
        self,
        *,
        workers: int | None = None,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
    ) -> JudgeVerdict:
        """Returns it, measuring the judge on the claims that are built in if need be.

        Args:
            workers: how many claims are asked at once; None is the judge's own choice.
            progress: called with done, total and failures.
            cancel: set it to stop; what was answered is kept.

        Raises:
            HomespunError: if the judge answers too few claims to be measured.
            Cancelled: if it was stopped.
            OutOfSpace: if an answer can't be kept.
        """
        if self.known is not None:
            return self.known
        result, _, _ = run(
            SUITE,
            self.system,
            folder=self.folder,
            workers=workers,
            progress=progress,
            cancel=cancel,
            resamples=RESAMPLES,
        )
        try:
            return verdict(result)
        except UsageError as error:
            first = next((one.error for one in result.system.samples if one.error), str(error))
            raise HomespunError(f"The judge {self.system.name} can't be measured: {first}") from error


def choose(system: System[Judge], folder: Path, *, shipped: Path = SHIPPED) -> Choice:
    """Returns which verdict on a judge is told; nothing is asked yet.

    Args:
        system: the judge.
        folder: HOMESPUN_HOME/runs/evals.
        shipped: where the reports are that come with the package.
    """
    return Choice(system, folder, _kept(system.fingerprint, folder) or _shipped(system.fingerprint, shipped))


def keep(result: SuiteResult, folder: Path) -> JudgeVerdict | None:
    """Keeps what a result says of the judge, if it's worth being told wherever the judge is used.

    Returns:
        The verdict, or None: on the claims that are built in, on a part of the data, on fewer claims than
        `ENOUGH`, or on claims that don't tell judges apart.

    Raises:
        OutOfSpace: if there is no room.
    """
    if result.suite != SUITE.name or result.limit is not None or result.data == BUILT_IN:
        return None
    try:
        made = verdict(result)
    except UsageError:
        return None
    if made.n < ENOUGH:
        return None
    path = _place(made.fingerprint, folder) / f"{result.version}-{result.digest[:16]}.json"
    atomic_write(path, made.model_dump_json(indent=1) + "\n")
    return made


def _kept(fingerprint: str, folder: Path) -> JudgeVerdict | None:
    found = []
    for path in _place(fingerprint, folder).glob(f"{SUITE.version}-*.json"):
        try:
            made = JudgeVerdict.model_validate_json(path.read_text(encoding="utf-8"))
            found.append((path.stat().st_mtime_ns, path.name, made))
        except (OSError, ValidationError, UnicodeDecodeError):
            continue
    return max(found, key=lambda row: row[:2])[2] if found else None


def _place(fingerprint: str, folder: Path) -> Path:
    return folder / "verdicts" / (fingerprint if _SAFE.fullmatch(fingerprint) else digest(fingerprint)[:32])


def _shipped(fingerprint: str, folder: Path) -> JudgeVerdict | None:
    found = list(_verdicts(fingerprint, folder))
    return max(found, key=lambda made: made.n) if found else None


def _verdicts(fingerprint: str, folder: Path) -> Iterator[JudgeVerdict]:
    for path in sorted(folder.glob("judge*.json")):
        try:
            results = read_report(path).suites
        except HomespunError:
            continue  # of another version
        for result in results:
            same = result.system.fingerprint == fingerprint
            if same and (result.suite, result.version) == (SUITE.name, SUITE.version):
                try:
                    yield verdict(result)
                except UsageError:
                    continue
