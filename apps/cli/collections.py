"""`homespun collections`: which there are, what is in them, who may search them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli.options import AsJson, CollectionName
from apps.cli.output import columns, complain, emit, note
from rag.library import DEFAULT

if TYPE_CHECKING:
    from rag.library.records import Record

app = typer.Typer(help="List, show, share and delete collections of documents.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The collection's name, as the list shows it.")]

Users = Annotated[list[str], typer.Argument(metavar="USER...", help='Users\' names; "*" is everybody.')]


@app.callback(invoke_without_command=True)
def _root(context: typer.Context, as_json: AsJson = False) -> None:
    if context.invoked_subcommand is None:
        list_(as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the collections."""
    from apps import compose
    from homespun.settings import load_settings

    with compose.open_library(load_settings()) as library:
        found = library.collections()
    if as_json:
        emit({"collections": [vars(one) for one in found]})
        return
    if not found:
        note("There is no collection yet: homespun index PATH makes one.")
        return
    rows = [
        (one.address, f"{one.sources:,}", f"{one.chunks:,}", one.vectors, ", ".join(one.readers))
        for one in found
    ]
    columns(("NAME", "SOURCES", "CHUNKS", "VECTORS", "SHARED WITH"), rows)
    for one in found:
        if one.trouble:
            complain(f"{one.address}: {one.trouble}")


@app.command()
def show(name: Name = DEFAULT, as_json: AsJson = False) -> None:
    """Show what is in a collection, and what was opened for it and couldn't be read."""
    from apps import compose
    from homespun.settings import load_settings

    with compose.open_library(load_settings()) as library:
        chosen = library.collection(name, make=False)
        roots, records = chosen.roots(), chosen.sources()
    if as_json:
        emit({"paths": roots, "sources": [_plain(record) for record in records]})
        return
    for root in roots:
        note(f"indexed: {root}")
    columns(
        ("SOURCE", "TITLE", "CHUNKS"),
        [
            (record.name, str(record.about.get("title", "")), record.chunks)
            for record in records
            if record.reason is None
        ],
    )
    for record in records:
        if record.reason is not None:
            complain(f"skipped {record.name}: {record.reason}")


@app.command()
def remove(
    names: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="Sources, or paths that were indexed.")
    ],
    collection: CollectionName = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Take sources out of a collection; the files stay."""
    from apps import compose
    from homespun.settings import load_settings

    with compose.open_library(load_settings()) as library:
        chosen = library.collection(collection, make=False)
        report = chosen.remove(names)
    if as_json:
        emit(report.as_dict())
    else:
        note(f"removed {len(report.removed)}")


@app.command()
def share(
    name: Name,
    readers: Users,
    as_json: AsJson = False,
) -> None:
    """Let others search a collection, of those who log in to `homespun ui --auth`."""
    from apps import compose
    from homespun.settings import load_settings

    with compose.open_library(load_settings()) as library:
        _tell_readers(name, library.share(name, readers), as_json)


@app.command()
def unshare(name: Name, readers: Users, as_json: AsJson = False) -> None:
    """Take that right back."""
    from apps import compose
    from homespun.settings import load_settings

    with compose.open_library(load_settings()) as library:
        _tell_readers(name, library.unshare(name, readers), as_json)


@app.command()
def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete a collection for good; its files stay where they are."""
    from apps import compose
    from homespun.settings import load_settings

    with compose.open_library(load_settings()) as library:
        if not yes:
            typer.confirm(f"Delete the collection {name}?", abort=True, err=True)
        library.delete(name)
    if as_json:
        emit({"deleted": name})


def _plain(record: Record) -> dict[str, Any]:
    about = {key: value for key, value in record.about.items() if key in ("title", "media", "metadata")}
    return {
        "name": record.name,
        "path": record.root,
        "chunks": record.chunks,
        "skipped": record.reason,
        **about,
    }


def _tell_readers(name: str, readers: Sequence[str], as_json: bool) -> None:
    if as_json:
        emit({"collection": name, "readers": list(readers)})
    else:
        note(f"{name} can be searched by {', '.join(readers) or 'nobody else'}")
