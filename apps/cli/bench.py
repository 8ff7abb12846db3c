"""`homespun bench`: speed and memory, ours beside installed peers."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from apps.cli.output import emit


def bench(
    name: Annotated[str | None, typer.Argument(help="Which one; without it they are listed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
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
    result = table[name]()
    if as_json:
        emit(result)
    else:
        _show(result)


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
