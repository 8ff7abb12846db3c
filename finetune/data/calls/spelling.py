"""The same name in several spellings, so that nothing learns to look for one of them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def words(name: str) -> list[str]:
    """`"GetTimesForMovie"`, `"get_times_for_movie"` → `["get", "times", "for", "movie"]`."""
    return [word.lower() for word in _WORD.findall(name)]


def snake(name: str) -> str:
    """`find_restaurants`."""
    return "_".join(words(name)) or name


def pascal(name: str) -> str:
    """`FindRestaurants`."""
    return "".join(word.capitalize() for word in words(name)) or name


def camel(name: str) -> str:
    """`findRestaurants`."""
    joined = pascal(name)
    return joined[:1].lower() + joined[1:]


def dotted(name: str) -> str:
    """`restaurants.find`: what it is done to, then the verb."""
    verb, *rest = words(name) or [name]
    return f"{'_'.join(rest)}.{verb}" if rest else verb


def spaced(name: str) -> str:
    """`find restaurants`."""
    return " ".join(words(name)) or name


def unchanged(name: str) -> str:
    """As the source has it."""
    return name


@dataclass(frozen=True)
class Spelling:
    """How tools and how parameters are spelt."""

    tool: Callable[[str], str]
    parameter: Callable[[str], str]


TOOLS: Sequence[Callable[[str], str]] = (unchanged, snake, snake, camel, pascal, dotted)
PARAMETERS: Sequence[Callable[[str], str]] = (unchanged, snake, snake, camel, spaced)


def drawn(rng: random.Random) -> Spelling:
    """One spelling out of the usual ones; snake case is the most usual."""
    return Spelling(rng.choice(TOOLS), rng.choice(PARAMETERS))


def respelt(tool: Mapping[str, Any], spelling: Spelling) -> tuple[dict[str, Any], dict[str, str]]:
    """A tool in another spelling.

    Returns:
        The tool, and old → new names of its parameters; these keep their spelling if two would become one.
    """
    schema = tool["parameters"]
    renamed = {name: spelling.parameter(name) for name in schema["properties"]}
    if len(set(renamed.values())) < len(renamed):
        renamed = {name: name for name in renamed}
    parameters = {
        "type": "object",
        "properties": {renamed[name]: described for name, described in schema["properties"].items()},
        "required": [renamed[name] for name in schema.get("required", ())],
    }
    described = {"description": tool["description"], "parameters": parameters}
    return {"name": spelling.tool(tool["name"]), **described}, renamed
