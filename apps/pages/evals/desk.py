"""What the Evals page works with: the suites, the runs that are kept, their samples, comparisons, threads.

Contract: made by `apps.compose` from the settings; nothing of the harness is imported before it's used. What
was read last is held, since a page asks for it again with every click.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from apps.pages.evals.work import Worker
from homespun.errors import HomespunError, UsageError
from homespun.settings import Settings

if TYPE_CHECKING:
    from apps.evaluation import Finished, Request, Step
    from apps.pages.evals.thread import Thread
    from evals.compare import Difference
    from evals.result import Record, Report
    from evals.run_folder import RunInfo

T = TypeVar("T")
HELD = 4
_ID = re.compile(r"[A-Za-z0-9_.+-]+\Z")


class Desk:
    """Runs of one home folder.

    Args:
        settings: say where things are.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.worker = Worker(self._execute)
        self._held: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._lines: dict[tuple[str, int], str] = {}
        self._lock = threading.Lock()

    # What can be asked for -------------------------------------------------------------------------------

    def suites(self) -> list[tuple[str, str]]:
        """Returns the suites: name and one line about it, or why it can't be loaded."""
        from apps import compose

        table, found = compose.suites(self.settings), []
        for name in table.listed():
            try:
                found.append((name, table[name].about))
            except HomespunError as error:
                found.append((name, str(error)))
        return found

    def judges(self) -> list[str]:
        """Returns the addresses of judges that can be made without another word."""
        from apps.judges import offline_judges

        return [*offline_judges(self.settings)]

    def recorded(self) -> int:
        """Returns how many turns of conversations are kept as samples.

        Raises:
            UsageError: if their file holds something else.
        """
        from evals.recordings import read

        return len(read(self.settings.folder.recorded))

    # What is kept ----------------------------------------------------------------------------------------

    def runs(self) -> list[RunInfo]:
        """Returns the finished runs, the newest first."""
        from evals.run_folder import list_runs

        return list_runs(self.settings.folder.evals)

    def entry(self, info: RunInfo) -> str:
        """Returns a run's lines in the list: what, on whom, its first figure, when."""
        from apps.pages.evals.show import entry
        from evals.run_folder import read_report

        key = (info.id, _changed(info.folder))
        if key not in self._lines:
            self._lines[key] = entry(info, read_report(info.folder))
        return self._lines[key]

    def folder(self, run: str) -> Path:
        """Returns where a run lies.

        Raises:
            UsageError: if there is none of that id.
        """
        from evals.run_folder import REPORT

        root = self.settings.folder.evals
        if not _ID.match(run) or run.startswith(".") or not (root / run / REPORT).is_file():
            raise UsageError(f"There is no run {run[:80]!r}. Choose one from the list, or start a new one.")
        return root / run

    def report(self, run: str) -> Report:
        """Returns a run's report, with timings.

        Raises:
            UsageError: if there is none of that id, or it's of another version.
        """
        from evals.run_folder import read_report

        folder = self.folder(run)
        return self._keep(("report", run, _changed(folder)), lambda: read_report(folder))

    def records(self, run: str) -> Sequence[Record]:
        """Returns a run's samples, of all systems.

        Raises:
            HomespunError: if they can't be read.
        """
        from evals.run_folder import read_records

        folder = self.folder(run)
        return self._keep(("records", run, _changed(folder)), lambda: list(read_records(folder)))

    def page(self, run: str) -> str:
        """Returns a run's report as one HTML file.

        Raises:
            HomespunError: if it can't be read.
        """
        from evals.run_folder import PAGE

        path = self.folder(run) / PAGE
        try:
            return path.read_text(encoding="utf-8")
        except OSError as error:
            raise HomespunError(f"Can't read {path}: {error.strerror}.") from error

    def difference(self, run: str, baseline: str) -> Difference:
        """Compares two runs.

        Raises:
            UsageError: if they have no sample in common.
        """
        from apps.evaluation import compared

        key = ("difference", run, _changed(self.folder(run)), baseline, _changed(self.folder(baseline)))
        return self._keep(key, lambda: compared(self.settings, self.report(run), self.report(baseline)))

    def thread(self, run: str, record: Record) -> Thread | None:
        """Returns the thread that a sample was asked in; None if it wasn't asked in one.

        Raises:
            HomespunError: if the thread isn't kept any more.
        """
        from apps.pages.evals.thread import read
        from apps.systems import thread_name, threads_file

        name = _thread(record)
        if name is None:
            return None
        systems = [
            result.system
            for result in self.report(run).suites
            if result.suite == record.suite and result.system.name == record.system
        ]
        return (
            read(threads_file(self.settings), thread_name(name, systems[0].fingerprint)) if systems else None
        )

    # How -------------------------------------------------------------------------------------------------

    def _execute(self, request: Request, tell: Callable[[Step], object], cancel: threading.Event) -> Finished:
        from apps.evaluation import execute

        return execute(self.settings, request, progress=tell, cancel=cancel)

    def _keep(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                found: T = self._held[key]
                return found
        made = make()
        with self._lock:
            self._held[key] = made
            while len(self._held) > HELD:
                self._held.popitem(last=False)
        return made


def has_thread(record: Record) -> bool:
    """Says whether a sample was asked through the chatbot, whose threads are kept."""
    return _thread(record) is not None


def _thread(record: Record) -> str | None:
    trace = record.output.trace if record.output is not None else None
    name = trace.get("thread") if isinstance(trace, dict) else None
    return name if isinstance(name, str) and name and not record.baseline else None


def _changed(folder: Path) -> int:
    from evals.run_folder import REPORT

    return (folder / REPORT).stat().st_mtime_ns
