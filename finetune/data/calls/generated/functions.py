"""The tools that generated examples offer, read from ``domains/*.txt``.

A domain's file has one section for each tool::

    == monthly rent share | rent.split          names, of which one is used; dots stay
    d: What it does. | Another wording.
    p: rent, total rent = money 400 5000 | The rent | Whole rent of the flat
    o: people, tenants (2) = int 2 6 people | How many share it
    q: Split {rent} of rent<, among {people}>
    n: …                                        asks for something that no tool of the domain does

With a line ``x: capital = capital/capital city; flag`` a section stands for several tools that differ in one
thing only, the hardest to tell apart: ``{x}`` is that thing in names and descriptions, and one of its
wordings in templates.

``p`` is a required parameter, ``o`` an optional one (in brackets its default); its first name is its slot in
templates. Kinds of values are those of `kinds`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from finetune.data.calls.generated.grammar import Template, parse
from finetune.data.calls.generated.kinds import Kind, kind
from homespun.errors import UsageError

_PARAMETER = re.compile(
    r"(?P<names>[^=(]+?)\s*(?:\((?P<default>[^)]*)\)\s*)?=\s*(?P<kind>[^|]+?)\s*(?:\|(?P<about>.*))?$"
)


@dataclass(frozen=True)
class Param:
    """A parameter of a tool.

    Attributes:
        slot: Its slot in templates.
        names: What it may be called, in words.
        required: Whether the schema demands it.
        default: Its default, or None.
        spec: Its kind in words.
        kind: Settles a form of its values.
        about: Descriptions, of which one is used.
    """

    slot: str
    names: tuple[str, ...]
    required: bool
    default: Any
    spec: str
    kind: Kind
    about: tuple[str, ...]


@dataclass(frozen=True)
class Function:
    """A tool.

    Attributes:
        key: Domain and first name.
        domain: The file that it's from.
        names: What it may be called, in words, perhaps with dots.
        about: Descriptions, of which one is used.
        params: By slot.
        asks: How users ask for it.
        weight: How often it is asked for, 1 for most; less for tools that come in families.
        family: Domain and what the section is called; shared by the tools that differ in one thing only.
    """

    key: str
    domain: str
    names: tuple[str, ...]
    about: tuple[str, ...]
    params: dict[str, Param]
    asks: tuple[Template, ...]
    weight: float = 1.0
    family: str = ""


@dataclass(frozen=True)
class Domain:
    """Tools of one subject.

    Attributes:
        name: Of the file.
        functions: Its tools.
        others: What users may say about the subject that none of the tools can do.
    """

    name: str
    functions: tuple[Function, ...]
    others: tuple[Template, ...]


@cache
def domains() -> tuple[Domain, ...]:
    """All domains, by name.

    Raises:
        UsageError: A file breaks the format; the message says where.
    """
    folder = files(__package__) / "domains"
    paths = sorted((one for one in folder.iterdir() if one.name.endswith(".txt")), key=lambda one: one.name)
    return tuple(read(path.name.removesuffix(".txt"), path.read_text(encoding="utf-8")) for path in paths)


@cache
def extras() -> tuple[Param, ...]:
    """Optional parameters that any tool may have."""
    text = (files(__package__) / "extras.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return tuple(_param("extras", line, False) for line in lines)


def read(domain: str, text: str) -> Domain:
    """A domain from the text of its file.

    Raises:
        UsageError: The text breaks the format.
    """
    functions: list[Function] = []
    others: list[Template] = []
    for section in re.split(r"^== ", text, flags=re.MULTILINE):
        lines = [line.strip() for line in section.splitlines()]
        lines = [line for line in lines if line and not line.startswith("#")]
        others += [parse(line[2:].strip()) for line in lines if line.startswith("n:")]
        lines = [line for line in lines if not line.startswith("n:")]
        if not lines:
            continue
        variants = _variants(lines)
        weight = min(1.0, 2.5 / len(variants))
        functions += [_function(domain, one, weight, f"{domain}/{_split(lines[0])[0]}") for one in variants]
    return Domain(domain, tuple(functions), tuple(others))


def _variants(lines: list[str]) -> list[list[str]]:
    """The sections that one with a line ``x:`` stands for; itself without one."""
    table = next((line[2:] for line in lines if line.startswith("x:")), None)
    if table is None:
        return [lines]
    found = []
    for entry in table.split(";"):
        name, _, wordings = entry.partition("=")
        name = name.strip()
        said = f"[{wordings.strip().replace('/', '|')}]" if wordings else name
        kept = [line for line in lines if not line.startswith("x:")]
        found.append([line.replace("{x}", said if line.startswith("q:") else name) for line in kept])
    return found


def _function(domain: str, lines: list[str], weight: float, family: str) -> Function:
    names = _split(lines[0])
    key = f"{domain}/{names[0]}"
    about: tuple[str, ...] = ()
    params: dict[str, Param] = {}
    asks: list[Template] = []
    for line in lines[1:]:
        mark, _, rest = line.partition(":")
        rest = rest.strip()
        if mark == "d":
            about += _split(rest)
        elif mark in ("p", "o"):
            param = _param(key, rest, mark == "p")
            params[param.slot] = param
        elif mark == "q":
            asks.append(parse(rest))
        else:
            raise UsageError(f"{key}: {line!r} begins with none of d: p: o: q: n:")
    needed = {slot for slot, param in params.items() if param.required}
    for ask in asks:
        if unknown := ask.slots - set(params):
            raise UsageError(f"{key}: {ask.text!r} says {', '.join(sorted(unknown))}, which it hasn't")
        if missing := needed - ask.slots:
            raise UsageError(f"{key}: {ask.text!r} doesn't say {', '.join(sorted(missing))}")
    if not (about and params and asks):
        raise UsageError(f"{key} needs a description, a parameter and a template")
    return Function(key, domain, names, about, params, tuple(asks), weight, family)


def _param(key: str, line: str, required: bool) -> Param:
    found = _PARAMETER.match(line)
    if found is None:
        raise UsageError(f"{key}: {line!r} is no parameter")
    names = tuple(name.strip() for name in found["names"].split(","))
    return Param(
        slot=names[0].replace(" ", "_"),
        names=names,
        required=required,
        default=_default(found["default"]),
        spec=found["kind"],
        kind=kind(found["kind"]),
        about=_split(found["about"] or "") or (names[0].capitalize(),),
    )


def _default(text: str | None) -> Any:
    if text is None:
        return None
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())
