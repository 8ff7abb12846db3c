"""`homespun models`: the models on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli.options import AsJson
from apps.cli.output import columns, emit, note, printable, size

if TYPE_CHECKING:
    from models.store import LoadedModel, ModelInfo

app = typer.Typer(help="List, show and export models and the adapters on them.")

Name = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="A model's name or the path of its folder; with :NAME behind it an adapter's."
    ),
]


@app.callback(invoke_without_command=True)
def _root(context: typer.Context, as_json: AsJson = False) -> None:
    if context.invoked_subcommand is None:
        list_(as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the models and adapters that a name reaches."""
    from homespun.settings import load_settings
    from models.store import list_models

    settings = load_settings()
    found = list_models(settings.home)
    if as_json:
        emit({"default": settings.model, "models": [_plain(info) for info in found]})
    elif found:
        columns(
            ("MODEL", "PARAMETERS", "SIZE", "WHERE", "ABOUT"),
            [
                (
                    i.name,
                    size(i.parameters),
                    size(i.bytes, "B"),
                    i.where,
                    shorten(i.description, 70, placeholder="…"),
                )
                for i in found
            ],
        )
    else:
        note("There are no models yet: homespun train home-nano makes one in a few minutes.")


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a model's or an adapter's card, its configuration and whether its files are whole."""
    from homespun.settings import load_settings
    from models.store import CARD, damaged_files, find_model, read_config

    folder = find_model(name, load_settings().home)
    config = read_config(folder)
    card = folder / CARD
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    damaged = damaged_files(folder)
    if as_json:
        emit({"name": name, "folder": str(folder), "damaged": damaged, "config": config, "card": text})
        return
    print(f"{folder}\n")
    print("files:", f"missing or altered: {', '.join(damaged)}" if damaged else "whole")
    for key in ("kind", "base", "lora", "net", "generation", "training"):
        if key in config:
            print(f"{key}: {config[key]}")
    print(f"\n{printable(text)}")


@app.command()
def export(
    name: Name,
    folder: Annotated[Path, typer.Argument(help="A folder that isn't there yet.")],
    peft: Annotated[
        bool, typer.Option("--peft", help="Write the adapter alone, as a folder that `peft` loads.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a model as a folder that `transformers` loads; an adapter is merged into it."""
    from homespun.errors import UsageError
    from homespun.files import atomic_folder
    from homespun.settings import load_settings

    if folder.exists():
        raise UsageError(f"{folder} is there already. Choose a folder that isn't.")
    from models.store import find_model, is_adapter, load_model

    found = find_model(name, load_settings().home)
    if peft and not is_adapter(found):
        raise UsageError(f"{name} is no adapter, and --peft writes those alone: name one as MODEL:NAME.")
    loaded = load_model(found)
    with atomic_folder(folder) as temporary:
        _write(loaded, temporary, name.rpartition(":")[0] if peft else None)
    if as_json:
        layout = "peft" if peft else "transformers"
        emit({"model": name, "folder": str(folder.absolute()), "format": layout})
    else:
        print(folder)


@app.command()
def card(
    name: Name,
    ask: Annotated[
        Path | None, typer.Option(help="A file of questions, one a line; every answer goes into the card.")
    ] = None,
    measured: Annotated[
        list[Path] | None,
        typer.Option(help="For an adapter: a report that `homespun eval -o` wrote of it, and"),
    ] = None,
    alone: Annotated[
        list[Path] | None, typer.Option(help="one of the model alone; what both measure goes into the card.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Replace the card in the model's folder.")] = False,
) -> None:
    """Print a model's card: its shape, data and training, and how it answers the lines of a file."""
    from finetune.card import compared, render, render_adapter
    from homespun.errors import UsageError
    from homespun.files import atomic_write
    from homespun.settings import load_settings
    from models.folders import CONFIG, config_text
    from models.store import CARD, find_model, is_adapter, read_config

    settings = load_settings()
    folder = find_model(name, settings.home)
    answers: list[tuple[str, str]] = []
    if ask is not None:
        from apps.compose import chat_model

        try:
            lines = ask.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"Can't read the questions in {ask}: {error}.") from error
        model = chat_model(settings, name, temperature=0.0)
        answers = [(line.strip(), model.invoke(line).text) for line in lines if line.strip()]
    config = read_config(folder)
    if measured or alone:
        if not is_adapter(folder):
            raise UsageError(f"{name} is no adapter: there is no model without it to compare it with.")
        reports = [[_report(path) for path in paths or ()] for paths in (measured, alone)]
        config["training"] = {**config.get("training", {}), "results": compared(*reports)}
    if is_adapter(folder):
        text = render_adapter(f"{folder.parent.parent.name}:{folder.name}", config, answers)
    else:
        text = render(folder.name, config, answers)
    if write:
        if measured or alone:
            atomic_write(folder / CONFIG, config_text(config))
        atomic_write(folder / CARD, text)
        note(f"Written: {folder / CARD}")
    else:
        print(text, end="")


def _report(path: Path) -> Any:
    from homespun.errors import UsageError

    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is no report of `homespun eval -o`: {error}.") from error


def _write(loaded: LoadedModel, folder: Path, base: str | None) -> None:
    """Write the adapter on `base` alone, or all in one where that's None."""
    if base is not None:
        from models.interop.peft import to_peft

        to_peft(loaded.net, folder, base=base)
        return
    from models.blocks.lora import merged
    from models.interop.huggingface import to_transformers

    to_transformers(merged(loaded.net), folder, loaded.tokenizer)


def _plain(info: ModelInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "folder": str(info.folder),
        "parameters": info.parameters,
        "bytes": info.bytes,
        "where": info.where,
        "license": info.license,
        "description": info.description,
    }
