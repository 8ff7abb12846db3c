"""`homespun models`: the models on this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli.options import AsJson
from apps.cli.output import columns, emit, note, printable, size
from models.encoders.places import MINILM

if TYPE_CHECKING:
    from homespun.settings import Settings
    from models.encoders.adapters import Adapter
    from models.shelves import ModelInfo
    from models.store import LoadedModel

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
    from models.shelves import list_models

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
_WIDTH = 90


def _row(info: ModelInfo) -> tuple[str, ...]:
    return info.name, size(info.parameters), size(info.bytes, "B"), info.where, _short(info.description)


def _short(text: str) -> str:
    """The first sentence, or as many of its clauses as fit; cut between words if not even one does."""
    sentence = re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]
    if len(sentence) <= _WIDTH:
        return sentence
    clauses = [found.start() for found in re.finditer(r"[,;:]\s", sentence[: _WIDTH + 1])]
    # A word before a comma ("Ah, …") tells nothing.
    if clauses and clauses[-1] >= _WIDTH // 3:
        return sentence[: clauses[-1]]
    return shorten(sentence, _WIDTH, placeholder="…")


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
    told = {key: config[key] for key in _TOLD if key in config}
    print(printable("\n".join(_readable(told))))
    print(f"\n{printable(text)}")


_TOLD = ("kind", "task", "base", "lora", "net", "generation", "proposals", "settings", "training")


def _readable(values: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """Lines of `key: value`, those inside a value indented."""
    indent = "  " * depth
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield f"{indent}{key}:"
            yield from _readable(value, depth + 1)
        elif isinstance(value, list) and any(isinstance(one, (dict, list)) for one in value):
            yield f"{indent}{key}:"
            yield from (f"{indent}  - {_plainly(one)}" for one in value)
        else:
            yield f"{indent}{key}: {_plainly(value)}"


def _plainly(value: Any) -> str:
    if value is None or value in ([], {}, ""):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(map(_plainly, value))
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plainly(one)}" for key, one in value.items())
    return " ".join(str(value).split())


def _found(name: str, home: Path) -> tuple[Path, dict[str, Any]]:
    """The folder and the configuration of a model, or of an adapter of either kind.

    Raises:
        HomespunError: There is none of that name, or several adapters answer to it.
    """
    from homespun.errors import UsageError
    from models.chat.addresses import ENCODED
    from models.shelves import find_model
    from models.store import read_config

    adapters = _on_encoder(name, home)
    if len(adapters) > 1:
        several = ", ".join(one.name for one in adapters)
        raise UsageError(f"{name} has no folder of its own: name one of: {several}")
    if len(adapters) == 1 and name not in ENCODED:
        return adapters[0].folder, dict(adapters[0].config)
    folder = find_model(name, home)
    return folder, read_config(folder)


def _on_encoder(name: str, home: Path) -> list[Adapter]:
    """The adapters on the encoder that a name stands for; none if it's another model's."""
    from models.chat.addresses import ENCODED, adapters_of
    from models.encoders.adapters import adapter_folders, find_adapter
    from models.shelves import is_on_encoder, list_models

    kind, colon, rest = name.partition(":")
    if kind in ENCODED:
        return [find_adapter(one, home) for one in adapters_of(kind, name)]
    if kind == MINILM and colon:
        return [find_adapter(rest, home)]
    own = name in adapter_folders(home) and name not in {info.name for info in list_models(home)}
    return [find_adapter(name, home)] if own or is_on_encoder(Path(name)) else []


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
    from models.shelves import find_model
    from models.store import is_adapter, load_model

    home = load_settings().home
    if adapters := _on_encoder(name, home):
        places = " and ".join(str(one.folder) for one in adapters)
        raise UsageError(
            f"{name} stands on the encoder with a head of our own, which transformers and peft don't know: "
            f"copy {places} instead."
        )
    found = find_model(name, home)
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
    shipped: Annotated[
        bool, typer.Option("--shipped", help="With --write: even if the model came with the program.")
    ] = False,
) -> None:
    """Print a model's card: its shape, data and training, and how it answers the lines of a file.

    Answers and results that stand in the card already stay, unless there are new ones.
    """
    from finetune.card import carried_over, compared, render, render_adapter
    from homespun.errors import UsageError
    from homespun.files import atomic_write
    from homespun.settings import load_settings
    from models import shelves, store
    from models.folders import CARD, CONFIG, ON_ENCODER, config_text

    settings = load_settings()
    folder, config = _found(name, settings.home)
    path = folder / CARD
    if write and not shipped and folder.resolve().is_relative_to(shelves.SHIPPED.resolve()):
        raise UsageError(f"{name} came with the program; say --shipped too if {path} is to be replaced.")
    if config["kind"] == ON_ENCODER and (ask or measured or alone):
        raise UsageError(f"{name} is no model that talks: --ask, --measured and --alone aren't for it.")
    answers = _answers(settings, name, ask) if ask is not None else []
    if measured or alone:
        if not store.is_adapter(folder):
            raise UsageError(f"{name} is no adapter: there is no model without it to compare it with.")
        reports = [[_report(path) for path in paths or ()] for paths in (measured, alone)]
        config["training"] = {**config.get("training", {}), "results": compared(*reports)}
    if config["kind"] == ON_ENCODER:
        from finetune.adapting.card import render as render_on_encoder

        text = render_on_encoder(folder.name, config)
    elif store.is_adapter(folder):
        text = render_adapter(f"{folder.parent.parent.name}:{folder.name}", config, answers)
    else:
        text = render(folder.name, config, answers)
    before = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    text = carried_over(text, before, results=not (measured or alone), answers=not answers)
    if write:
        if measured or alone:
            atomic_write(folder / CONFIG, config_text(config))
        atomic_write(path, text)
        print(path)
    else:
        print(text, end="")


def _answers(settings: Settings, name: str, ask: Path) -> list[tuple[str, str]]:
    """The lines of a file, and what the model says to each in a conversation of its own."""
    from apps.compose import chat_model
    from homespun.errors import UsageError

    try:
        lines = ask.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Can't read the questions in {ask}: {error}.") from error
    model = chat_model(settings, name, temperature=0.0)
    return [(line.strip(), model.invoke(line).text) for line in lines if line.strip()]


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
