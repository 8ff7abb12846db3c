"""How schemas describe tools and parameters: tersely or at length, with examples, defaults and formats."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any

from finetune.data.calls.generated.forms import Form, pick
from finetune.data.calls.generated.functions import Function, Param
from finetune.data.enumeration import joined

_NOUNS = (
    *("Books", "Calories", "Chances", "Coordinates", "Details", "Earthquakes", "Facts", "Figures"),
    *("Frequencies", "Headlines", "Mass", "Movies", "Notes", "Nutrients", "Ratings", "Results", "Scores"),
    *("Statistics", "Words"),
)
"""First words that look like verbs."""
_VERB = re.compile(rf"(?!(?:{'|'.join(_NOUNS)}) )([A-Z][a-z]+s) ")
_NOUN = re.compile(r"(?!Wh|How)[A-Z][a-z]+ (?:of|that|in|for|at|with|to) ")
_SHOWN = ("string", "integer", "number")
_KINDS = {"integer": "integer", "number": "number", "string": "string", "array": "list", "boolean": "flag"}


def tool(function: Function, names: Mapping[str, str], rng: Random) -> str:
    """One description of a tool.

    Args:
        function: The tool.
        names: The names of its parameters.
        rng: The source of chance.
    """
    about = pick(rng, function.about)
    chance = rng.random()
    if chance < 0.35:
        found = _VERB.match(about)
        if found:
            about = f"{_bare(found[1])} {about[found.end() :]}"
    elif chance < 0.45 and _VERB.match(about):
        about = f"{pick(rng, _OPENINGS)} {about[0].lower()}{about[1:]}"
    if rng.random() < 0.15 and names:
        told = [name.replace("_", " ") for name in names.values()][:3]
        about = f"{about.rstrip('.')}, {pick(rng, ('given', 'from', 'using', 'by'))} {joined(told)}."
    elif rng.random() < 0.15:
        about = f"{about} {pick(rng, _MORE)}"
    return about.rstrip(".") if rng.random() < 0.1 else about


def parameter(param: Param, form: Form, default: Any, rng: Random) -> str:
    """One description of a parameter.

    Args:
        param: The parameter.
        form: The form of its values.
        default: Its default as the schema has it; None to say none.
        rng: The source of chance.
    """
    about = pick(rng, param.about)
    chance = rng.random()
    if chance < 0.3 and _NOUN.match(about):
        about = f"The {about[0].lower()}{about[1:]}"
    elif chance < 0.36 and about[1:2].islower() and about.lower() != param.names[0]:
        about = f"{param.names[0].capitalize()}: {about[0].lower()}{about[1:]}"
    elif chance < 0.4:
        about = f"{about.rstrip('.')} ({_KINDS[form.schema['type']]})"
    elif chance < 0.43:
        about = f"The {param.names[0]} that is meant"
    if not about.endswith((".", "?", ")")):
        about += "."
    parts = [about]
    if form.tail:
        parts.append(form.tail)
    elif rng.random() < 0.1 and _can_show(param, form):
        parts.append(_example(form, rng))
    if default is not None:
        shown = repr(default) if isinstance(default, str) and rng.random() < 0.8 else default
        parts.append(pick(rng, _DEFAULTS).format(shown))
    elif not param.required and rng.random() < 0.45:
        parts.insert(0 if rng.random() < 0.5 else len(parts), "Optional.")
    elif param.required and rng.random() < 0.05:
        parts.append(pick(rng, ("Required.", "This parameter is required.", "Must be given.")))
    return " ".join(parts)


def _can_show(param: Param, form: Form) -> bool:
    """Dates can't be shown: that would ask for their form."""
    return form.schema["type"] in _SHOWN and "enum" not in form.schema and param.spec != "date"


def _bare(verb: str) -> str:
    """The infinitive of "Applies" or "Searches"."""
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    return verb[:-2] if verb.endswith(("ches", "shes", "sses", "xes")) else verb[:-1]


def _example(form: Form, rng: Random) -> str:
    value = form.draw(rng).value
    shown = f"'{value}'" if isinstance(value, str) and rng.random() < 0.7 else str(value)
    return pick(rng, _EXAMPLES).format(shown)


_OPENINGS = ("This function", "This tool", "A function that", "An endpoint that", "This call")
_MORE = (
    "Returns an object with the result.",
    "The result is returned as text.",
    "Use it only with valid input.",
    "Raises an error if something is missing.",
    "Works everywhere and at any time.",
    "The answer may take a few seconds.",
    "Results can be limited and sorted.",
    "All values must be given in the units that the parameters say.",
)
_EXAMPLES = ("E.g. {}.", "For example {}.", "Such as {}.", "Example: {}", "Like {}.", "(e.g., {})")
_DEFAULTS = (
    "Default is {}.",
    "Defaults to {}.",
    "(default: {})",
    "Optional, default {}.",
    "If not given, {} is used.",
    "Default: {}",
    "Optional. The default is {}.",
    "By default {}.",
    "Optional parameter, default is {}.",
    "The default value is {}.",
)
