"""Looks at the machine, the packages, the weights and the settings, and says what is missing.

Contract: `examine` changes nothing and needs no network. Each finding has a status: "ok"; "note" (something
optional is missing or differs); "bad" (something won't work), with a line that says how to get it right.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from homespun.errors import HomespunError

if TYPE_CHECKING:
    from homespun.settings import Settings

Status = Literal["ok", "note", "bad"]

ROOMS = ("homespun", "models", "rag", "graphs", "finetune", "evals", "apps")
ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# What loading the shipped model and one page of the suite need together, measured with room to spare.
MEMORY, DISK = 1.5e9, 0.5e9


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        about: the group: python, package, room, model, adapter (on the encoder), setting, machine, tool.
        name: what exactly.
        status: how it is.
        value: what was found.
        advice: what to do, unless all is well.
    """

    about: str
    name: str
    status: Status
    value: str
    advice: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Returns all findings, in groups."""
    return [
        *_python(),
        *_machine(settings),
        *_settings(settings),
        *rooms(ROOT),
        *packages(ROOT / "constraints.txt"),
        *weights(settings),
        *_tools(),
    ]


def rooms(root: Path) -> Iterator[Finding]:
    """Sees that our packages' common names lead to this checkout and not to a stranger's package."""
    for name in ROOMS:
        spec = importlib.util.find_spec(name)
        places = [] if spec is None else [spec.origin, *(spec.submodule_search_locations or ())]
        where = next((Path(place).resolve() for place in places if place), None)
        if where is None:
            yield Finding("room", name, "bad", "not importable", "Run `make setup` in the checkout.")
        elif not where.is_relative_to(root / name):
            yield Finding(
                "room",
                name,
                "bad",
                str(where),
                f"Another package is called {name!r}; uninstall it or use .venv.",
            )
        else:
            yield Finding("room", name, "ok", str(where.parent if where.is_file() else where))


def packages(constraints: Path) -> Iterator[Finding]:
    """Compares what is installed with what this project needs and with the versions it was tested with."""
    from packaging.requirements import InvalidRequirement, Requirement

    pins: dict[str, str] = {}
    lines = constraints.read_text(encoding="utf-8").splitlines() if constraints.is_file() else []
    for line in lines:
        if found := re.match(r"([A-Za-z0-9._-]+)==([^\s;#]+)", line):
            pins[_canonical(found[1])] = found[2]
    try:
        needed = metadata.requires("homespun") or []
    except metadata.PackageNotFoundError:
        yield Finding("package", "homespun", "bad", "not installed", "Run `make setup` in the checkout.")
        return
    seen = set()
    for line in needed:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        name = _canonical(requirement.name)
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        marker = requirement.marker
        if name in seen or (marker and not extra and not marker.evaluate()):
            continue
        seen.add(name)
        yield _package(requirement, pins.get(name), extra[1] if extra else None)


def weights(settings: Settings) -> Iterator[Finding]:
    """Checks every model's files against the hashes in its config.json, without loading it."""
    from models.shelves import find_model, list_models
    from models.store import damaged_files, fits_its_base

    found = list_models(settings.home)
    for info in found:
        try:
            wrong = damaged_files(info.folder)
            fits = fits_its_base(info.folder)
        except (HomespunError, OSError) as error:
            yield Finding("model", info.name, "bad", str(error), "Copy the folder again or train it anew.")
            continue
        if not fits:
            told = f"{info.folder} was trained on another model than the one under it"
            yield Finding("model", info.name, "bad", told, "Train it anew.")
        elif wrong:
            told = f"{info.folder}: {', '.join(wrong)} missing or altered"
            yield Finding("model", info.name, "bad", told, "Copy the folder again or train it anew.")
        else:
            yield Finding(
                "model", info.name, "ok", f"{info.folder} ({info.bytes / 1e6:.1f} MB, hashes right)"
            )
    yield from _encoder_adapters(settings)
    if ":" in settings.model:
        return
    try:
        find_model(settings.model, settings.home)
    except HomespunError as error:
        yield Finding("model", settings.model, "bad", str(error), "`homespun train home-nano` makes a model.")


def _encoder_adapters(settings: Settings) -> Iterator[Finding]:
    from models.encoders.adapters import adapter_folders, read_config
    from models.folders import damaged

    for name, folder in adapter_folders(settings.home).items():
        try:
            wrong = damaged(folder, read_config(folder)["files"])
        except (HomespunError, OSError) as error:
            yield Finding("adapter", name, "bad", str(error), "Copy the folder again or train it anew.")
            continue
        if wrong:
            told = f"{folder}: {', '.join(wrong)} missing or altered"
            yield Finding("adapter", name, "bad", told, "Copy the folder again or train it anew.")
        else:
            yield Finding("adapter", name, "ok", f"{folder} (hashes right)")


def _python() -> Iterator[Finding]:
    good = (3, 11) <= sys.version_info[:2] <= (3, 12)
    value = f"{platform.python_version()} ({sys.executable})"
    yield Finding(
        "python", "version", "ok" if good else "bad", value, "" if good else "Use Python 3.11 or 3.12."
    )
    yield Finding("python", "platform", "ok", platform.platform())


def _machine(settings: Settings) -> Iterator[Finding]:
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Finding("machine", "cores", "ok", f"{cores} to use of {os.cpu_count()}")
    threads = settings.threads
    if threads is not None and threads > cores:
        told = f"HOMESPUN_THREADS is {threads}; more than {cores} make a model many times slower."
        yield Finding("machine", "threads", "bad", str(threads), told)
    else:
        yield Finding("machine", "threads", "ok", "chosen by the model" if threads is None else str(threads))
    free = psutil.virtual_memory().available
    yield Finding(
        "machine",
        "memory",
        "ok" if free >= MEMORY else "note",
        f"{free / 1e9:.1f} GB free",
        "" if free >= MEMORY else f"{MEMORY / 1e9:.1f} GB are comfortable: close something.",
    )
    place = next(p for p in (settings.home, *settings.home.parents) if p.exists())
    left = shutil.disk_usage(place).free
    yield Finding(
        "machine",
        "disk",
        "ok" if left >= DISK else "note",
        f"{left / 1e9:.1f} GB free at {place}",
        "" if left >= DISK else "Training a model needs more: free some space.",
    )


def _settings(settings: Settings) -> Iterator[Finding]:
    place = next(p for p in (settings.home, *settings.home.parents) if p.exists())
    good = place.is_dir() and os.access(place, os.W_OK)
    yield Finding(
        "setting",
        "home",
        "ok" if good else "bad",
        str(settings.home),
        "" if good else f"{place} can't be written: set HOMESPUN_HOME to a folder you may write.",
    )
    yield Finding("setting", "model", "ok", settings.model)
    if settings.data is not None:
        there = settings.data.is_dir()
        advice = "" if there else "HOMESPUN_DATA names no folder."
        yield Finding("setting", "data", "ok" if there else "bad", str(settings.data), advice)


def _tools() -> Iterator[Finding]:
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        yield Finding(
            "tool", "chromium", "note", "not found", "Only browser tests need it: apt-get install chromium."
        )
    else:
        yield Finding("tool", "chromium", "ok", f"{_first_line([found, '--version'])} ({found})")
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        yield Finding("tool", "cc", "note", "not found", "Only torch.compile needs it: apt-get install gcc.")
    else:
        yield Finding("tool", "cc", "ok", compiler)


def _package(requirement: Any, pin: str | None, extra: str | None) -> Finding:
    name = requirement.name
    what = f"{name}=={pin}" if pin else str(requirement).partition(";")[0].strip()
    get = f"pip install '{what}'"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        optional = f"Optional ({extra}): " if extra else ""
        return Finding("package", name, "note" if extra else "bad", "not installed", optional + get)
    if not requirement.specifier.contains(version, prereleases=True):
        return Finding("package", name, "note" if extra else "bad", f"{version}, too old or too new", get)
    # A build's own suffix (+cpu, +cu130) is the same version.
    if pin is not None and version.partition("+")[0] != pin.partition("+")[0]:
        return Finding("package", name, "note", f"{version}, tested with {pin}", get)
    return Finding("package", name, "ok", version)


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "doesn't start"
    return (done.stdout.strip().splitlines() or ["?"])[0].strip()
