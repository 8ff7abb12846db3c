"""`homespun train`: any recipe of finetune/recipes."""

from __future__ import annotations

from typing import Annotated

import typer

from apps.cli.output import emit


def train(
    recipe: Annotated[str | None, typer.Argument(help="Which recipe; --list shows them.")] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the recipe.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the recipes and leave.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: print one JSON object.")] = False,
) -> None:
    """Train a model by a recipe."""
