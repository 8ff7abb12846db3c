"""`homespun data`: what recipes learn from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli.options import AsJson
from apps.cli.output import columns, complain, emit, note, printable

if TYPE_CHECKING:
    from finetune.preview import Pieces
    from homespun.names import Table
    from homespun.settings import Settings

app = typer.Typer(help="Look at training data.")

_BEGIN, _END = "⟦", "⟧"


@app.callback(invoke_without_command=True)
def _root(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
def preview(
    what: Annotated[
        str,
        typer.Argument(metavar="RECIPE|FOLDER", help="A recipe, or a folder of prepared tokens or of a run."),
    ],
    kind: Annotated[
        str | None,
        typer.Option(help="Only this kind of documents; of prepared tokens: train or valid."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many documents of each kind.")] = 3,
    seed: Annotated[int, typer.Option(help="Decides which documents.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Show what training data looks like, with what counts as a target marked; nothing is trained."""
    from apps import compose
    from homespun.errors import UsageError
    from homespun.names import unknown
    from homespun.settings import load_settings

    settings = load_settings()
    table = compose.recipes(settings)
    if what in table:
        _recipe(settings, table, what, (kind, count, seed), as_json)
    elif Path(what).is_dir():
        _folder(Path(what), (kind, count, seed), as_json)
    else:
        raise UsageError(f"{unknown('recipe', what, table.listed())} There's no folder of that name either.")


def _recipe(
    settings: Settings, table: Table[Any], name: str, wanted: tuple[str | None, int, int], as_json: bool
) -> None:
    from finetune.preview import look
    from finetune.progress import Reporter
    from finetune.recipes.recipe import Context
    from homespun.errors import UsageError

    make = getattr(table[name], "preview", None)
    if make is None:
        raise UsageError(f"{name} has no preview. There is one of: {', '.join(_with_preview(table))}.")
    context = Context(home=settings.home, data=settings.data, reporter=Reporter(quiet=True))
    found = look(lambda many: make(context, many), *wanted)
    if as_json:
        emit({"recipe": name, "kinds": _plain(found.kinds), "lacking": found.lacking})
        return
    _print(found.kinds)
    for line in found.missed():
        complain(line)


def _with_preview(table: Table[Any]) -> list[str]:
    from homespun.errors import HomespunError

    found = []
    for name in table.listed():
        with suppress(HomespunError):  # another recipe's trouble isn't the answer to this question
            if getattr(table[name], "preview", None) is not None:
                found.append(name)
    return found


def _folder(folder: Path, wanted: tuple[str | None, int, int], as_json: bool) -> None:
    from finetune.preview import look_into, tokens_in

    folder = tokens_in(folder)
    kinds, facts = look_into(folder, *wanted)
    if as_json:
        emit({"folder": str(folder), **facts, "kinds": _plain(kinds)})
        return
    print(folder)
    for split, documents in facts["documents"].items():
        print(f"{split}: {facts[f'tokens_{split}']:,} tokens in {documents:,} documents")
    if not facts["masked"]:
        print("every token but a document's first counts as a target")
    print()
    _sources(facts.get("sources") or {})
    _dropped(facts.get("dropped") or {})
    _print(kinds)


def _sources(sources: Mapping[str, Mapping[str, int]]) -> None:
    if not sources:
        return
    fields = ("documents", "characters", "tokens")
    rows = [
        (name, *(f"{of[one]:,}" if one in of else "unknown" for one in fields))
        for name, of in sources.items()
    ]
    columns(("SOURCE", "DOCUMENTS", "CHARACTERS", "TOKENS"), rows)
    print()


def _dropped(dropped: Mapping[str, Any]) -> None:
    """What was left out when the tokens were prepared, if that was looked for."""
    if not dropped:
        return
    columns(
        ("DROPPED OF", "LIKE EVALUATION", "EQUAL", "NEARLY EQUAL"),
        [(kind, of["clash"], of["exact"], of["near"]) for kind, of in dropped["kinds"].items()],
    )
    print()
    for name, of in dropped["evaluation"].items():
        if of["documents"]:
            words = "; ".join(of["words"])
            print(printable(f"{of['documents']:,} shared words with {name}, such as: {words}"))
    print()


def _plain(kinds: Mapping[str, Sequence[Pieces]]) -> dict[str, Any]:
    return {
        kind: [{"pieces": [piece._asdict() for piece in document]} for document in documents]
        for kind, documents in kinds.items()
    }


def _print(kinds: Mapping[str, Sequence[Pieces]]) -> None:
    note(f"between {_BEGIN} and {_END} stands what counts as a target")
    for kind, documents in kinds.items():
        for number, document in enumerate(documents, 1):
            print(f"── {kind}, {number} of {len(documents)}\n")
            text = "".join(f"{_BEGIN}{one.text}{_END}" if one.target else one.text for one in document)
            # A message a line; the first token is every document's.
            text = re.sub(rf"(<\|end\|>{_END}?)", r"\1\n", text).removeprefix("<|endoftext|>")
            print(f"{printable(text).strip()}\n")
