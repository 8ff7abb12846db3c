"""`homespun threads`: the conversations that are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from apps.cli.options import AsJson
from apps.cli.output import columns, emit, note, printable

if TYPE_CHECKING:
    from langchain_core.messages import AnyMessage

    from evals.recordings import Recording
    from graphs.threads import Threads

T = TypeVar("T")

app = typer.Typer(help="List, show, rename, delete, restore, export, fork and sample conversations.")

Name = Annotated[str, typer.Argument(metavar="THREAD", help="The thread's name.")]


@app.callback(invoke_without_command=True)
def _root(context: typer.Context, as_json: AsJson = False) -> None:
    if context.invoked_subcommand is None:
        list_(as_json=as_json)


@app.command("list")
def list_(
    words: Annotated[
        str, typer.Option("--search", "-s", metavar="WORDS", help="Only threads that have all these words.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """List the threads, the last changed first."""
    from apps import compose
    from graphs.threads import Threads
    from homespun.settings import load_settings

    with compose.open_state(load_settings()) as state:
        threads = Threads(state)
        found = threads.search(words) if words else threads.listed()
    if as_json:
        emit({"threads": [{**asdict(info), "updated": info.updated.isoformat()} for info in found]})
    elif found:
        columns(
            ("THREAD", "MESSAGES", "CHANGED", "TITLE"),
            [(i.name, i.messages, f"{i.updated.astimezone():%Y-%m-%d %H:%M}", i.title) for i in found],
        )
    else:
        note(
            f"No thread has {words!r}."
            if words
            else 'There are no threads yet: homespun chat "Hello" begins one.'
        )


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a thread's messages."""
    messages = _read(name)
    if as_json:
        emit({"thread": name, "messages": _plain(messages)})
        return
    for message in messages:
        print(f"{_speaker(message)}:", printable(message.text))


@app.command()
def delete(
    names: Annotated[list[str], typer.Argument(metavar="THREAD...", help="The threads' names.")],
    forever: Annotated[bool, typer.Option("--forever", help="Don't keep them for a day.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete threads; `homespun threads restore` takes one back within a day, --forever can't be undone."""
    from datetime import timedelta

    from apps import compose
    from graphs.threads import Threads, purge
    from homespun.settings import load_settings

    with compose.open_state(load_settings()) as state:
        threads = Threads(state)
        for name in names:
            threads.read(name)  # all or none
        for name in dict.fromkeys(names):
            threads.delete(name)
        if forever:
            purge(state, timedelta(0), only=names)
    if as_json:
        emit({"deleted": list(dict.fromkeys(names))})


@app.command()
def restore(name: Name, as_json: AsJson = False) -> None:
    """Take a deleted thread back."""
    _with_threads(lambda threads: threads.restore(name))
    if as_json:
        emit({"restored": name})


@app.command()
def rename(
    name: Name,
    title: Annotated[str, typer.Argument(help="The new title; '' gives back the thread's own.")],
    as_json: AsJson = False,
) -> None:
    """Give a thread another title; its name stays."""
    _with_threads(lambda threads: threads.rename(name, title))
    if as_json:
        emit({"thread": name, "title": title})


@app.command()
def export(
    name: Name,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file, not to standard output.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a thread as Markdown, or as JSON with everything that is known of each message."""
    import json

    from homespun.files import atomic_write

    messages = _read(name)
    if as_json:
        value = {"thread": name, "messages": _plain(messages)}
        text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    else:
        text = "".join(f"## {_speaker(message)}\n\n{message.text.strip()}\n\n" for message in messages)
    if output is None:
        print(text if as_json else printable(text), end="")
    else:
        atomic_write(output, text)
        note(f"wrote {output}")


@app.command()
def fork(
    name: Name,
    new: Annotated[str | None, typer.Option("--name", help="The copy's name; default: a fresh one.")] = None,
    at: Annotated[int | None, typer.Option(min=1, help="Copy only so many messages.")] = None,
    as_json: AsJson = False,
) -> None:
    """Copy a thread, to go on from it in two ways."""
    from graphs.threads import new_name

    copy = new if new is not None else new_name()
    count = _with_threads(lambda threads: threads.fork(name, copy, at=at))
    if as_json:
        emit({"thread": copy, "forked_from": name, "messages": count})
    else:
        print(copy)


@app.command()
def sample(
    name: Name,
    turn: Annotated[
        int | None,
        typer.Option(min=1, help="Which question, counted from 1; default: the last answered one."),
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="REGEX", help="A right answer matches one of these; can be given often."),
    ] = None,
    reject: Annotated[
        list[str] | None, typer.Option(metavar="REGEX", help="A right answer matches none of these.")
    ] = None,
    remark: Annotated[str, typer.Option("--note", help="What the sample is for.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep a turn as a sample: `homespun eval recorded` asks it again."""
    from evals import recordings
    from homespun.settings import load_settings

    kept = recordings.turn(
        _plain(_read(name)), turn, accept=accept or [], reject=reject or [], note=remark, thread=name
    )
    path = load_settings().folder.recorded
    added = recordings.add(path, kept)
    if as_json:
        emit({"id": kept.id, "added": added, "file": str(path)})
    else:
        _say_kept(path, kept, added)
        print(kept.id)


def _say_kept(path: Path, kept: Recording, added: bool) -> None:
    """Tells people what was kept, where, and what it changes."""
    from evals import recordings

    question = " ".join(kept.messages[-1]["content"].split())
    question = question if len(question) <= 60 else f"{question[:59]}…"
    held = recordings.read(path)
    if added:
        note(f"kept in {path}: {question}")
    else:
        note(f"was kept already, and stays as it was, in {path}: {question}")
        kept = next(one for one in held if one.id == kept.id)
    if not kept.accept and not kept.reject:
        note(
            "It has neither --accept nor --reject, so nothing says what a right answer is: it doesn't count "
            "for `accepted`, the headline of the suite `recorded`."
        )
    count = f"your {len(held)} kept turns" if len(held) > 1 else "this turn of yours"
    note(f"`homespun eval recorded` now asks {count}, not those that are built in.")


def _read(name: str) -> Sequence[AnyMessage]:
    return _with_threads(lambda threads: threads.read(name))


def _with_threads(work: Callable[[Threads], T]) -> T:
    from apps import compose
    from graphs.threads import Threads
    from homespun.settings import load_settings

    with compose.open_state(load_settings()) as state:
        return work(Threads(state))


def _speaker(message: AnyMessage) -> str:
    return {"human": "You", "ai": "Model", "tool": "Tool", "system": "System"}.get(message.type, message.type)


def _plain(messages: Sequence[AnyMessage]) -> list[dict[str, Any]]:
    from apps.signature import answered_by

    roles = {"human": "user", "ai": "assistant"}
    plain = []
    for message in messages:
        entry: dict[str, Any] = {"role": roles.get(message.type, message.type), "content": message.text}
        if calls := getattr(message, "tool_calls", None):
            entry["tool_calls"] = calls
        if reason := message.response_metadata.get("finish_reason"):
            entry["finish_reason"] = reason
        if name := answered_by(message):
            entry["model"] = name
        plain.append(entry)
    return plain
