"""The verbs. Each has its file; none imports more than it needs to be listed."""

from __future__ import annotations

from typing import Annotated

import typer

from apps.cli import (
    bench,
    chat,
    collections,
    data,
    doctor,
    index,
    memories,
    models,
    search,
    threads,
    train,
    ui,
    users,
)
from apps.cli import eval as evaluation

app = typer.Typer(
    name="homespun",
    help="An agent suite whose every brain its owner can make.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"homespun {version('homespun')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False,
) -> None:
    # Both are dealt with before this runs: --version here above, --debug in apps.cli.entry.
    del version, debug


app.command("ui")(ui.ui)
app.command("chat")(chat.chat)
app.command("index")(index.index)
app.command("search")(search.search)
app.add_typer(collections.app, name="collections")
app.add_typer(models.app, name="models")
app.command("train")(train.train)
app.add_typer(data.app, name="data")
app.command("eval")(evaluation.evaluate)
app.command("bench")(bench.bench)
app.add_typer(threads.app, name="threads")
app.add_typer(memories.app, name="memories")
app.add_typer(users.app, name="users")
app.command("doctor")(doctor.doctor)
