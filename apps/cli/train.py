"""`homespun train`: any recipe of finetune/recipes."""

from __future__ import annotations

from typing import Annotated

import typer

from apps.cli.options import AsJson
from apps.cli.output import columns, emit


def train(
    recipe: Annotated[str | None, typer.Argument(help="Which recipe; --list shows them.")] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the recipe.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="List the recipes and leave.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a model by a recipe."""
    from apps import compose
    from homespun.errors import UsageError
    from homespun.settings import load_settings

    settings = load_settings()
    table = compose.recipes(settings)
    if listed:
        lines = {name: table[name].description for name in table.listed()}
        if as_json:
            emit({"recipes": [{"name": name, "description": line} for name, line in lines.items()]})
        else:
            columns(("RECIPE", "MAKES"), list(lines.items()))
        return
    if recipe is None:
        raise UsageError(f"Say which recipe: {', '.join(table.listed())}.")
    row = table[recipe]

    from finetune.memory import keep_freed_memory
    from finetune.overrides import split_overrides
    from finetune.progress import Reporter
    from finetune.recipes.recipe import Context

    keep_freed_memory()
    reporter = Reporter()
    result = row.run(
        Context(
            home=settings.home,
            data=settings.data,
            overrides=split_overrides(changes or []),
            resume=resume,
            threads=settings.threads,
            reporter=reporter,
            evaluations=lambda: compose.evaluation_texts(settings, reporter.say),
        )
    )
    if as_json:
        emit({"recipe": recipe, "folder": str(result.folder), **result.figures()})
