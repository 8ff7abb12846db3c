"""Run folders: where a report and everything behind it lie.

Contract: ``HOMESPUN_HOME/runs/evals/<run id>/`` holds `report.json` (the report without timings: the same
request gives the same bytes), `timings.json`, `samples.jsonl` (one `Record` a line), `report.md` and
`report.html`. `report.json` is written last, so a folder that has one is whole. Each file is replaced in one
step.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from evals.result import FORMAT, Record, Report, Timings
from evals.sample import digest
from homespun.errors import HomespunError, UnknownName, UsageError
from homespun.files import atomic_write
from homespun.names import unknown

REPORT, TIMINGS, SAMPLES, MARKDOWN, PAGE = (
    "report.json",
    "timings.json",
    "samples.jsonl",
    "report.md",
    "report.html",
)

BESIDE = ("difference", "folder", "run")
"""What `homespun eval --json` prints beside a report's own fields."""


@dataclass(frozen=True)
class RunInfo:
    """One line of a listing.

    Attributes:
        id: the folder's name.
        folder: where it is.
        started: when, in ISO 8601; "" if nobody noted it.
        suites: the names of its suites, each once.
        systems: what was measured, each once.
        samples: how many were asked of the systems.
        failures: how many of those failed.
    """

    id: str
    folder: Path
    started: str
    suites: tuple[str, ...]
    systems: tuple[str, ...]
    samples: int
    failures: int


def run_id(suites: str, system: str, *asked: Any) -> str:
    """Returns the name of a run's folder: what was measured, on what, and a hash of all that was asked.

    Args:
        suites: one suite's name, or "all".
        system: an address.
        asked: plain values; all that makes it another request.
    """
    slug = re.sub(r"[^A-Za-z0-9.]+", "-", system).strip("-.")[-40:].lstrip("-.") or "system"
    return f"{suites}-{slug}-{digest(suites, system, *asked)[:8]}"


def to_json(value: BaseModel, **options: Any) -> str:
    """Returns a model's JSON, the same bytes for the same value, with a line feed at its end."""
    plain = value.model_dump(**options)
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=1)
    return text.encode("utf-8", "replace").decode() + "\n"


def write(folder: Path, report: Report, records: Sequence[Record], rendered: dict[str, str]) -> Path:
    """Writes a run and returns its folder.

    Args:
        folder: where; an older run of the same request is replaced, file by file.
        report: with timings.
        records: a line each.
        rendered: further files, name → text.

    Raises:
        OutOfSpace: if the disk is full.
    """
    (folder / REPORT).unlink(missing_ok=True)  # the folder isn't whole until it's back
    lines = (json.dumps(record.model_dump(), ensure_ascii=False) for record in records)
    text = "".join(line + "\n" for line in lines)
    atomic_write(folder / SAMPLES, text.encode("utf-8", "replace"))
    if report.timings is not None:
        atomic_write(folder / TIMINGS, to_json(report.timings))
    for name, content in rendered.items():
        atomic_write(folder / name, content.encode("utf-8", "replace"))
    atomic_write(folder / REPORT, to_json(report, exclude={"timings"}))
    return folder


def read_report(path: Path) -> Report:
    """Reads a report file, or that of a run folder, with the timings that lie beside it.

    Raises:
        UsageError: if there is none, or it's of another version.
    """
    file = path / REPORT if path.is_dir() else path
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"Can't read the report {file}: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"{file} isn't a report: {error}.") from error
    made = value.get("format") if isinstance(value, dict) else None
    if isinstance(made, int) and made != FORMAT:
        raise UsageError(f"{file} has format {made}, and this version reads {FORMAT}: make it anew.")
    if isinstance(value, dict):
        value = {key: part for key, part in value.items() if key not in BESIDE}
    try:
        report = Report.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{file} isn't a report: {where}: {first['msg']}.") from error
    if report.timings is None and file.name == REPORT:
        return report.model_copy(update={"timings": _timings(file.parent / TIMINGS)})
    return report


def read_records(folder: Path) -> Iterator[Record]:
    """Gives the records of a run.

    Raises:
        HomespunError: if the file is missing or damaged.
    """
    path = folder / SAMPLES
    try:
        with path.open(encoding="utf-8") as stream:
            for line in stream:
                yield Record.model_validate_json(line)
    except OSError as error:
        raise HomespunError(f"Can't read {path}: {error.strerror}.") from error
    except ValidationError as error:
        raise HomespunError(f"{path} is damaged: run the evaluation again.") from error


def list_runs(root: Path) -> list[RunInfo]:
    """Returns the finished runs in a folder, the newest first."""
    found = []
    for file in root.glob(f"*/{REPORT}"):
        try:
            found.append((file.stat().st_mtime, _info(file.parent)))
        except (HomespunError, OSError):
            continue  # being written, or of another version
    return [info for _, info in sorted(found, key=lambda row: (-row[0], row[1].id))]


def find_run(root: Path, name: str) -> Path:
    """Returns where a run lies: a path to a report or a run folder, or the id of a run (or how it begins).

    Raises:
        UnknownName: if there is none; the line names the nearest.
        UsageError: if several begin like this.
    """
    path = Path(name).expanduser()
    if path.is_file() or (path / REPORT).is_file():
        return path
    ids = sorted(file.parent.name for file in root.glob(f"*/{REPORT}"))
    if name in ids:
        return root / name
    begin = [one for one in ids if name and one.startswith(name)]
    if len(begin) > 1:
        raise UsageError(f"Several runs begin with {name!r}: {', '.join(begin)}. Say which.")
    if begin:
        return root / begin[0]
    raise UnknownName(unknown("run or report file", name, ids))


def _timings(path: Path) -> Timings | None:
    try:
        return Timings.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None  # a report is whole without them


def _info(folder: Path) -> RunInfo:
    report = read_report(folder)
    return RunInfo(
        id=folder.name,
        folder=folder,
        started=report.timings.started if report.timings is not None else "",
        suites=tuple(dict.fromkeys(result.suite for result in report.suites)),
        systems=tuple(dict.fromkeys(result.system.name for result in report.suites)),
        samples=sum(len(result.system.samples) for result in report.suites),
        failures=sum(result.system.failures for result in report.suites),
    )
