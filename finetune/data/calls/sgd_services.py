"""The services of Schema-Guided Dialogue as tools: `sgd-schema.json`."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.data.sources import lines

_KIN = (
    {"Media", "Movies", "Music"},
    {"Events", "Travel", "Movies"},
    {"Hotels", "Homes"},
    {"Calendar", "Events"},
)


@dataclass(frozen=True)
class Method:
    """An intent of a service.

    Attributes:
        tool: As a function, spelt as the data has it.
        defaults: Optional slots → what a call has if nothing was said.
    """

    tool: Mapping[str, Any]
    defaults: Mapping[str, str]


@dataclass(frozen=True)
class Service:
    """A service: its name, and its methods by name."""

    name: str
    methods: Mapping[str, Method]

    @property
    def domain(self) -> str:
        """`"Hotels_2"` → `"Hotels"`."""
        return self.name.rpartition("_")[0] or self.name

    def unlike(self, other: Service) -> bool:
        """Whether nothing that one does could be asked of the other."""
        if self.domain == other.domain or self.methods.keys() & other.methods.keys():
            return False
        return not any(self.domain in kin and other.domain in kin for kin in _KIN)


def numeric_slots(calls: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """(service, slot) → `"integer"` or `"number"`, where every value that the calls have is one."""
    values: dict[tuple[str, str], set[str]] = defaultdict(set)
    for call in calls:
        for slot, value in call["parameters"].items():
            values[call["service"], slot].add(value)
    typed = {key: _number_type(seen) for key, seen in values.items()}
    return {key: kind for key, kind in typed.items() if kind}


def services(folder: Path, numeric: Mapping[tuple[str, str], str]) -> dict[str, Service]:
    """Every service by name.

    Args:
        folder: Holds `sgd-schema.json`, `[{service_name, description, slots[{name, description,
            is_categorical, possible_values}],
            intents[{name, description, required_slots, optional_slots}]}]`.
        numeric: Types of slots that are numbers, from `numeric_slots`.
    """
    read = json.loads("".join(lines(folder / "sgd-schema.json")))
    return {record["service_name"]: _service(record, numeric) for record in read}


def _service(record: Mapping[str, Any], numeric: Mapping[tuple[str, str], str]) -> Service:
    name = record["service_name"]
    slots = {slot["name"]: _schema(slot, numeric.get((name, slot["name"]))) for slot in record["slots"]}
    methods = {}
    for intent in record["intents"]:
        names = [*intent["required_slots"], *intent["optional_slots"]]
        parameters = {
            "type": "object",
            "properties": {slot: slots[slot] for slot in names},
            "required": list(intent["required_slots"]),
        }
        tool = {"name": intent["name"], "description": intent["description"], "parameters": parameters}
        methods[intent["name"]] = Method(tool, intent["optional_slots"])
    return Service(name, methods)


def _schema(slot: Mapping[str, Any], numeric: str | None) -> dict[str, Any]:
    schema = {"type": "string", "description": slot["description"]}
    values = [value for value in slot["possible_values"] if value != "dontcare"]
    if slot["is_categorical"] and set(values) == {"True", "False"}:
        return {**schema, "type": "boolean"}
    if slot["is_categorical"] and (kind := _number_type(set(values))):
        return {**schema, "type": kind}
    if slot["is_categorical"] and values:
        return {**schema, "enum": values}
    return {**schema, "type": numeric or "string"}


def _number_type(values: set[str]) -> str | None:
    if not values or not all(re.fullmatch(r"\d+(\.\d+)?", value) for value in values):
        return None
    return "number" if any("." in value for value in values) else "integer"
