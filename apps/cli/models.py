"""`homespun models`: the models on this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli.options import AsJson
from apps.cli.output import columns, emit, note, printable, size
from models.encoders.places import MINILM

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
    from models.chat.addresses import ENCODED
    from models.encoders.adapters import list_adapters
    from models.store import list_models

    settings = load_settings()
    found, adapters = list_models(settings.home), list_adapters(settings.home)
    if as_json:
        emit(
            {
                "default": settings.model,
                "models": [_plain(info) for info in found],
                "encoded": [{"name": name, "description": about} for name, about in ENCODED.items()],
                "encoder_adapters": [_plain(info) for info in adapters],
            }
        )
        return
    if found:
        columns(("MODEL", *_HEAD), list(map(_row, found)))
    else:
        note("There are no models yet: homespun train home-nano makes one in a few minutes.")
    print()
    columns(("ON THE ENCODER", "ABOUT"), [(name, _short(about)) for name, about in ENCODED.items()])
    print()
    columns(("ADAPTER OF THE ENCODER", *_HEAD), list(map(_row, adapters)))


_HEAD = ("PARAMETERS", "SIZE", "WHERE", "ABOUT")


def _row(info: ModelInfo) -> tuple[str, ...]:
    return info.name, size(info.parameters), size(info.bytes, "B"), info.where, _short(info.description)


def _short(text: str) -> str:
    return shorten(text, 70, placeholder="…")


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a model's or an adapter's card, its configuration and whether its files are whole."""
    from homespun.settings import load_settings
    from models.folders import CARD
    from models.folders import damaged as damaged_files

    folder, config = _found(name, load_settings().home)
    card = folder / CARD
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    damaged = damaged_files(folder, config["files"])
    if as_json:
        emit({"name": name, "folder": str(folder), "damaged": damaged, "config": config, "card": text})
        return
    print(f"{folder}\n")
    print("files:", f"missing or altered: {', '.join(damaged)}" if damaged else "whole")
    for key in ("kind", "task", "base", "lora", "net", "generation", "settings", "training"):
        if key in config:
            print(f"{key}: {config[key]}")
    print(f"\n{printable(text)}")


def _found(name: str, home: Path) -> tuple[Path, Mapping[str, Any]]:
    """The folder and the configuration of a model, or of an adapter of either kind."""
    from homespun.errors import ModelNotFound
    from models.chat.addresses import ENCODED
    from models.encoders.adapters import adapter_folders, find_adapter
    from models.store import find_model, read_config

    known = adapter_folders(home)
    if name.startswith(f"{MINILM}:"):
        adapter = find_adapter(name.removeprefix(f"{MINILM}:"), home)
        return adapter.folder, adapter.config
    try:
        folder = find_model(name, home)
    except ModelNotFound as error:
        if name in known:
            return known[name], find_adapter(name, home).config
        if name in ENCODED:
            raise ModelNotFound(
                f"{name} has no folder of its own; its adapters have: {', '.join(known)}"
            ) from error
        raise
    return folder, read_config(folder)


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
