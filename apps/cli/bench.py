"""`homespun bench`: speed and memory, ours beside installed peers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

from apps.cli.options import AsJson
from apps.cli.output import emit


def bench(
    name: Annotated[str | None, typer.Argument(help="Which one; without it they are listed.")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting, for example threads=1."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure speed and memory, as ratios in one run."""
    from apps import compose
    from homespun.settings import load_settings

    table = compose.benches(load_settings())
    if name is None:
        if as_json:
            emit({"benchmarks": list(table.listed())})
        else:
            print("\n".join(table.listed()))
        return
    run = table[name]
    result = run(**_settings(run, changes or []))
    if as_json:
        emit(result)
    else:
        _show(result)


def _settings(run: Callable[..., Any], changes: list[str]) -> dict[str, Any]:
    import inspect

    from finetune.overrides import split_overrides
    from homespun.errors import UsageError
    from homespun.names import unknown

    known = list(inspect.signature(run).parameters)
    settings: dict[str, Any] = {}
    for key, text in split_overrides(changes).items():
        if key not in known:
            raise UsageError(unknown("setting", key, known))
        try:
            settings[key] = json.loads(text)
        except ValueError:
            settings[key] = text
    return settings


def _show(result: dict[str, Any], indent: str = "") -> None:
    for key, value in result.items():
        label = f"{indent}{key.replace('_', ' ')}:"
        if isinstance(value, dict):
            print(label)
            _show(value, indent + "  ")
        elif isinstance(value, float):
            print(label, f"{value:,.3g}" if abs(value) < 100 else f"{value:,.0f}")
        else:
            print(label, value)
