"""A checkpoint's own chat template: Jinja that its authors wrote, rendered in a sandbox.

The names and filters are those that `transformers` gives templates (`raise_exception`, `strftime_now`,
`tojson` without escapes, loop controls, `{% generation %}`), and what comes out is the same; transformers
itself isn't needed. A template sees plain values only, and can reach nothing else. Where it can tell a model
not to think aloud first (Qwen3, SmolLM3: `enable_thinking`), it's told to: what is thought would be taken for
the answer, and a grammar leaves no room for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from typing_extensions import override

from homespun.errors import CorruptWeights, UsageError
from models.interop.files import read_json, read_text

Row = Mapping[str, Any]
_ROLES = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


class ForeignTemplate:
    """Writes conversations as one checkpoint wants them.

    Attributes:
        source: What its authors wrote.

    Args:
        folder: The checkpoint's folder.

    Raises:
        UsageError: It has no chat template.
        CorruptWeights: A file can't be read, or the template is no Jinja.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        config = read_json(folder / "tokenizer_config.json")
        sources = _sources(folder, config.get("chat_template"))
        if "default" not in sources:
            raise UsageError(
                f"{folder} has no chat template, so it is no chat model: choose an instruct version"
            )
        self.source = "\n".join(sources.values())
        environment = _environment()
        try:
            made = {name: environment.from_string(text) for name, text in sources.items()}
        except jinja2.TemplateError as error:
            raise CorruptWeights(f"the chat template in {folder} is no template: {error}") from error
        self._default, self._with_tools = made["default"], made.get("tool_use", made["default"])
        self._names = {role: _content(config[role]) for role in _ROLES if config.get(role)}

    @property
    def end(self) -> str | None:
        """The token that ends an answer, as the tokenizer's configuration names it."""
        return self._names.get("eos_token")

    def render(self, rows: Sequence[Row], tools: Sequence[Row] | None = None) -> str:
        """Write a conversation, up to where the answer begins.

        Args:
            rows: Messages as templates expect them; calls as `{"type": "function", "function": {…}}`.
            tools: Tools in OpenAI's notation.

        Raises:
            UsageError: The template refuses this conversation; the message has its reason.
        """
        template = self._with_tools if tools else self._default
        try:
            return template.render(
                messages=rows,
                tools=tools or None,
                documents=None,
                add_generation_prompt=True,
                enable_thinking=False,
                **self._names,
            )
        except Exception as error:  # a template may do anything with what it's given
            reason = str(error) or type(error).__name__
            raise UsageError(
                f"the chat template in {self._folder} refuses this conversation: {reason}"
            ) from error


def _sources(folder: Path, told: Any) -> dict[str, str]:
    """Templates by name, from where versions of transformers have kept them."""
    found: dict[str, str] = {}
    if isinstance(told, str):
        found["default"] = told
    elif isinstance(told, list):
        found |= {
            str(row["name"]): str(row["template"]) for row in told if {"name", "template"} <= row.keys()
        }
    for path in sorted((folder / "additional_chat_templates").glob("*.jinja")):
        found[path.stem] = read_text(path)
    if (folder / "chat_template.jinja").is_file():
        found["default"] = read_text(folder / "chat_template.jinja")
    return found


def _content(token: Any) -> str:
    return str(token.get("content", "")) if isinstance(token, Mapping) else str(token)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
    )
    environment.filters["tojson"] = _tojson
    environment.globals |= {"raise_exception": _refuse, "strftime_now": _now}
    return environment


class _Generation(Extension):
    """`{% generation %}` marks what the model writes, for training; here it's transparent."""

    tags = frozenset({"generation"})  # type: ignore[assignment]

    @override
    def parse(self, parser: Any) -> Any:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    return json.dumps(
        value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def _now(form: str) -> str:
    return datetime.now().strftime(form)


def _refuse(reason: str) -> None:
    raise jinja2.TemplateError(reason)
