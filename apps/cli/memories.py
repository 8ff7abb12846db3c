"""`homespun memories`: what is remembered of you."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from apps.cli.options import AsJson
from apps.cli.output import columns, emit, note

if TYPE_CHECKING:
    from graphs.memories.book import Book
    from graphs.memories.memory import Memory

T = TypeVar("T")

app = typer.Typer(help="List, add, edit and forget what is remembered of you, or switch it off.")

Key = Annotated[str, typer.Argument(metavar="KEY", help="The memory's key, as the list shows it.")]


@app.callback(invoke_without_command=True)
def _root(context: typer.Context, as_json: AsJson = False) -> None:
    if context.invoked_subcommand is None:
        list_(as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the memories, the last changed first."""
    found, on = _with_book(lambda book: (book.all(), book.on))
    if as_json:
        emit({"on": on, "memories": [_plain(memory) for memory in found]})
        return
    if found:
        rows = [(m.key, f"{m.changed.astimezone():%Y-%m-%d %H:%M}", m.text) for m in found]
        columns(("KEY", "CHANGED", "MEMORY"), rows)
    else:
        note("Nothing is remembered yet: tell something of yourself in a chat.")
    if not on:
        note("Memory is switched off: `homespun memories on`.")


@app.command()
def add(
    text: Annotated[str, typer.Argument(help='What is to be remembered, as you would say it: "I live in …"')],
    as_json: AsJson = False,
) -> None:
    """Add a memory; one that it contradicts gives way."""
    change = _with_book(lambda book: book.add(text))
    if as_json:
        emit({"what": change.what, **_plain(change.memory)})
    else:
        print(change.memory.key)


@app.command()
def edit(
    key: Key, text: Annotated[str, typer.Argument(help="What it's to say.")], as_json: AsJson = False
) -> None:
    """Change what a memory says."""
    memory = _with_book(lambda book: book.edit(key, text))
    if as_json:
        emit(_plain(memory))


@app.command()
def forget(
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="The memories' keys.")],
    as_json: AsJson = False,
) -> None:
    """Forget memories for good."""

    def work(book: Book) -> list[Memory]:
        for key in keys:
            book.get(key)  # all or none
        return [book.delete(key) for key in dict.fromkeys(keys)]

    gone = _with_book(work)
    if as_json:
        emit({"forgotten": [_plain(memory) for memory in gone]})


@app.command()
def clear(
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False, as_json: AsJson = False
) -> None:
    """Forget everything."""
    if not yes:
        typer.confirm("Forget everything that is remembered of you?", abort=True, err=True)
    count = _with_book(lambda book: book.clear())
    if as_json:
        emit({"forgotten": count})
    else:
        note(f"forgot {count}")


@app.command()
def on(as_json: AsJson = False) -> None:
    """Recall what was told and keep what is told."""
    _switch(True, as_json)


@app.command()
def off(as_json: AsJson = False) -> None:
    """Recall and keep nothing; what is remembered already stays."""
    _switch(False, as_json)


def _switch(wanted: bool, as_json: bool) -> None:
    _with_book(lambda book: book.switch(wanted))
    if as_json:
        emit({"on": wanted})


def _plain(memory: Memory) -> dict[str, Any]:
    return {
        "key": memory.key,
        "text": memory.text,
        "about": memory.about,
        "thread": memory.thread,
        "changed": memory.changed.isoformat(),
        "before": list(memory.before),
    }


def _with_book(work: Callable[[Book], T]) -> T:
    from apps import compose
    from graphs.chatbot.state import LOCAL
    from graphs.memories.book import Book
    from homespun.settings import load_settings

    with compose.open_state(load_settings()) as state:
        return work(Book(state.store, LOCAL))
