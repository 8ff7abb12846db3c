"""Opening data that a user names: JSON Lines, plain text, either gzipped, or a public set by its address.

Contract: an address is a path or ``hf:<org/name>[/<config>][@<split>][:<column>]``. What is read keeps its
order. Whatever is wrong is one line that names the file, the line and what is wanted. Public sets are
streamed, so a limit reads no more than it takes.

What it does not know: what the fields mean, and folders; a suite that takes a folder names the files in it.
"""

from __future__ import annotations

import gzip
import json
import logging
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from homespun.errors import HomespunError, UsageError

HUB = "hf:"
SPLITS = ("test", "validation", "dev", "train")
"""The split that is read when none is named: the first of these that the set has."""
HUB_TIMEOUT = 10.0
"""Seconds after which the hub counts as out of reach."""

Load = Callable[..., Any]
_ADDRESS = re.compile(
    r"hf:(?P<path>[\w.-]+(?:/[\w.-]+)?)(?:/(?P<config>[\w.-]+))?(?:@(?P<split>[\w.-]+))?(?::(?P<column>.+))?"
)


@dataclass(frozen=True)
class HubAddress:
    """A public data set's address in parts; None for what isn't named."""

    path: str
    config: str | None = None
    split: str | None = None
    column: str | None = None


def is_hub(address: str) -> bool:
    """Returns whether the address is a public data set's."""
    return address.startswith(HUB)


def parse_hub(address: str) -> HubAddress:
    """Takes ``hf:<org/name>[/<config>][@<split>][:<column>]`` apart.

    Raises:
        UsageError: if it isn't one.
    """
    found = _ADDRESS.fullmatch(address)
    if not found:
        raise UsageError(
            f"{address!r} is not a data set's address. Write hf:<org/name>, then, where you need them, "
            "/<configuration>, @<split> and :<column>."
        )
    return HubAddress(**found.groupdict())


def records(
    address: str | Path,
    *,
    what: str,
    fields: Sequence[str],
    limit: int | None = None,
    load: Load | None = None,
    hint: str = "",
    empty: bool = False,
) -> Iterator[dict[str, Any]]:
    """Gives the records at an address.

    Args:
        address: a ``.jsonl`` file, gzipped or not, or ``hf:…``; a column named in the latter is given as the
            first of `fields`.
        what: what the records are, for messages: "claims", "questions with tools".
        fields: what each record must have.
        limit: at most so many.
        load: `datasets.load_dataset` or what takes the same arguments.
        hint: a sentence that ends the message where a field is missing, on what its values may be.
        empty: whether there may be no records.

    Raises:
        UsageError: if there is no such data, it has no records, a line isn't a JSON object or lacks a field,
            or the package `datasets` is missing.
        HomespunError: if the hub can't be reached.
    """
    rows = located(address, what=what, fields=fields, load=load, hint=hint, empty=empty)
    for _, row in islice(rows, limit):
        yield row


def located(
    address: str | Path,
    *,
    what: str,
    fields: Sequence[str],
    load: Load | None = None,
    hint: str = "",
    empty: bool = False,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Gives the records at an address as `records` does, each with where it stands, for messages.

    Raises:
        UsageError: as `records`.
        HomespunError: as `records`.
    """
    rows: Iterable[tuple[str, dict[str, Any]]]
    if is_hub(str(address)):
        rows = _streamed(parse_hub(str(address)), fields, load)
    else:
        path = existing(address, what)
        rows = ((f"{path}, line {number}", row) for number, row in numbered(path))
    where = ""
    for where, row in rows:
        missing = [field for field in fields if field not in row]
        if missing:
            raise UsageError(
                f"{where}, has no {' and no '.join(map(repr, missing))}: {what} need {_listed(fields)}, as "
                f"docs/data.md tells.{hint and ' '}{hint}"
            )
        yield where, row
    if not where and not empty:
        raise UsageError(f"{address} is empty; it should hold {what}.")


def numbered(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Gives line numbers, counted from 1, and objects of a JSON Lines file.

    Raises:
        UsageError: if a line isn't a JSON object.
    """
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        if number == 1 and line.lstrip().startswith("["):
            raise UsageError(
                f"{path}, line 1, is not a JSON object but begins an array: each record needs its own line; "
                "docs/data.md tells how to convert."
            )
        try:
            row = json.loads(line, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}, line {number}, is not JSON: {error}.") from error
        if not isinstance(row, dict):
            raise UsageError(f"{path}, line {number}, is not a JSON object but {_short(row)}.")
        yield number, row


def read_lines(path: Path) -> Iterator[str]:
    r"""Gives the lines of a UTF-8 file, gzipped if its name ends in ``.gz``, without their line breaks.

    Lines end at "\n" alone (with a "\r" before it or not), so a break of another kind inside a JSON string
    stays where it is.

    Raises:
        UsageError: if it isn't UTF-8, or isn't gzip though its name says so, or can't be read.
    """
    number = 0
    try:
        opener: Any = gzip.open if path.suffix == ".gz" else open
        # Decoded line by line, not in blocks, so that the line that isn't UTF-8 is known.
        with opener(path, "rb") as stream:
            for number, line in enumerate(stream, 1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8")
                yield text.removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}, line {number}, is not UTF-8 text. Convert the file first.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UsageError(f"{path} is not a whole gzip file: {error}.") from error
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror or error}.") from error


def existing(address: str | Path, what: str = "data") -> Path:
    """Returns the file that a path names.

    Raises:
        UsageError: if there is none.
    """
    path = Path(address).expanduser()
    if path.is_dir():
        raise UsageError(
            f"{path} is a folder; {what} are read from one file, or from a public set as hf:<org/name>."
        )
    if not path.is_file():
        raise UsageError(f"There is no file {path}. Name a file of {what}, or a public set as hf:<org/name>.")
    return path


def _streamed(
    address: HubAddress, fields: Sequence[str], load: Load | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of a public set, each with where it stands."""
    load = load or _loader()
    try:
        with _quiet():
            sets: Mapping[str, Iterable[Mapping[str, Any]]] = load(
                address.path, address.config, streaming=True, split=None
            )
        split = address.split or next((name for name in SPLITS if name in sets), next(iter(sets), ""))
        if split not in sets:
            raise UsageError(f"{address.path} has no split {split!r}. It has: {_listed(list(sets))}.")
        for number, row in enumerate(sets[split], 1):
            found = dict(row)
            if address.column is not None and fields:
                if address.column not in found:
                    raise UsageError(
                        f"{address.path} has no column {address.column!r}. It has: {_listed(list(found))}."
                    )
                found[fields[0]] = found[address.column]
            yield f"{address.path} ({split}), row {number}", found
    except HomespunError:
        raise
    except Exception as error:  # whatever `datasets` and the network libraries below it raise
        raise HomespunError(
            f"{address.path} can't be read from the hub ({type(error).__name__}: {str(error)[:200]!r}); "
            "check its name and the network, or name a file."
        ) from error


def _loader() -> Load:
    """What loads a public set, once the hub has said that there is one.

    Loading itself tries each request six times, which takes long where there is no network.
    """
    try:
        from datasets import load_dataset
        from huggingface_hub import HfApi, constants
        from huggingface_hub.errors import RepositoryNotFoundError
    except ImportError as error:
        raise UsageError('Public sets need an extra: pip install -e ".[data]". Or name a file.') from error

    def load(path: str, config: str | None, **how: Any) -> Any:
        if not constants.HF_HUB_OFFLINE:
            try:
                HfApi().dataset_info(path, timeout=HUB_TIMEOUT)
            except RepositoryNotFoundError as error:
                raise UsageError(
                    f"The hub has no data set {path}, or it isn't open to you; check its name or name a file."
                ) from error
        return load_dataset(path, config, **how)

    return load


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the libraries' remarks on every attempt to themselves; what goes wrong is raised."""
    loggers = [logging.getLogger(name) for name in ("datasets", "huggingface_hub")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON value")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names)) or "nothing"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"
