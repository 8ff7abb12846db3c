"""Where models lie: the shelves on which a name is looked for, and the list of all that is there.

A name is looked for in `<home>/models/`, then among the shipped `models/weights/`; a path to a folder is a
name too. `<name>:<adapter>` is the folder of an adapter on it (see `models.adapters`), found on either shelf.
Only configurations and the headers of weights are read: no tensor is touched.

What it does not know: folders in the layout of `transformers` (`hf:<folder>`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from homespun.errors import CorruptWeights, ModelNotFound, UsageError
from homespun.names import unknown
from homespun.paths import Home
from models.adapters import WEIGHTS as ADAPTER
from models.adapters import adapter_folders, split_address
from models.chat.addresses import ADAPTERS as USED
from models.chat.addresses import ENCODED, used_by
from models.encoders.places import MINILM
from models.folders import (
    ADAPTERS,
    CARD,
    CONFIG,
    NAME,
    ON_ENCODER,
    REPAIR,
    TOKENIZER,
    WEIGHTS,
    is_file,
    read_config_file,
)

SHIPPED = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class ModelInfo:
    """One line of `homespun models`: `bytes` is the weights' file, `where` the shelf it lies on.

    Of an adapter these are its own, without the model's.
    """

    name: str
    folder: Path
    parameters: int
    bytes: int
    where: Literal["home", "shipped"]
    license: str
    description: str


def find_model(name: str | Path, home: Path | None = None) -> Path:
    """Find the folder of a model's name: `<home>/models/`, then the shipped weights, then a path.

    Args:
        name: A name or a path to a model folder; with `:<adapter>` behind it the adapter's folder is found.
        home: The state folder; by default the one in the settings (`HOMESPUN_HOME`).

    Raises:
        ModelNotFound: Nothing there; the message lists what is.
        UsageError: It's an adapter on the encoder; the message says which chat model answers with it.
    """
    text = str(name)
    model, adapter = split_address(text)
    if adapter is not None and not is_file(Path(text) / CONFIG):
        return _find_adapter(model, adapter, home)
    if NAME.fullmatch(text):
        for _, shelf in _shelves(home):
            if is_file(shelf / text / CONFIG):
                return shelf / text
    if text:
        path = Path(text)
        with suppress(RuntimeError):  # a `~name` that is nobody's
            path = path.expanduser()
        if is_file(path / CONFIG):
            _refuse_on_encoder(text, text, path)
            return path
        if is_file(path / WEIGHTS) or is_file(path / TOKENIZER):
            raise CorruptWeights(f"{path} has no {CONFIG}: {REPAIR}")
    if text in ENCODED:
        used = ", ".join(USED[text])
        raise ModelNotFound(f"{text} has no folder of its own; of the adapters on the encoder it uses {used}")
    if NAME.fullmatch(text):
        for _, shelf in _shelves(home):
            _refuse_on_encoder(text, text, shelf / MINILM / ADAPTERS / text)
    raise unknown_model(text, home, "a path to a model folder works too")


def _find_adapter(model: str, adapter: str, home: Path | None) -> Path:
    """The folder of an adapter on a model, on the shelf where it is."""
    places = [shelf / model for _, shelf in _shelves(home)] if NAME.fullmatch(model) else []
    with suppress(ModelNotFound):
        places.append(find_model(model, home))
    known: list[str] = []
    for place in places:
        if is_file((folder := place / ADAPTERS / adapter) / CONFIG):
            _refuse_on_encoder(f"{model}:{adapter}", adapter if model == MINILM else str(folder), folder)
            return folder
        known += [folder.name for folder in adapter_folders(place)]
    find_model(model, home)  # what isn't there is told first
    raise ModelNotFound(unknown(f"adapter on {model}", adapter, dict.fromkeys(known)))


def unknown_model(name: str, home: Path | None, hint: str) -> ModelNotFound:
    """The error for a name that leads nowhere: with all that can be asked, and a hint behind it."""
    known = [info.name for info in list_models(home)]
    shown = name if len(name) <= 80 else name[:77] + "…"
    made = "" if known else "homespun train home-nano makes one; "
    return ModelNotFound(
        f"no model named {shown!r}; there are: {', '.join([*known, *ENCODED])} ({made}{hint})"
    )


def base_of(folder: Path) -> Path:
    """The folder of the model that an adapter goes on: the one around it, else the shipped one of that name.

    Raises:
        ModelNotFound: There is neither.
    """
    around = folder.parent.parent
    for model in (around, SHIPPED / around.name):
        if is_file(model / CONFIG):
            return model
    raise ModelNotFound(f"{folder} is an adapter on {around.name}, which isn't here")


def is_on_encoder(folder: Path) -> bool:
    """Whether a folder holds an adapter on the encoder; raises nothing."""
    return _kind_and_task(folder)[0] == ON_ENCODER


def _kind_and_task(folder: Path) -> tuple[str, str]:
    if is_file(folder / CONFIG):
        with suppress(CorruptWeights):  # told by whoever reads it
            config = read_config_file(folder)
            return str(config.get("kind")), str(config.get("task"))
    return "", ""


def _refuse_on_encoder(asked: str, adapter: str, folder: Path) -> None:
    kind, task = _kind_and_task(folder)
    if kind == ON_ENCODER:
        use = used_by(task, adapter)
        answers = f": `--model {use}` answers with it" if use else ", not a model"
        raise UsageError(f"{asked} is an adapter of the encoder{answers}")


def list_models(home: Path | None = None) -> list[ModelInfo]:
    """List every model and adapter that a name reaches; the own shelf hides a shipped one of its name."""
    found: dict[str, ModelInfo] = {}
    for where, shelf in _shelves(home):
        for folder in sorted(shelf.iterdir()) if shelf.is_dir() else ():
            # A name that nothing reaches is a folder in the making, or one that a crash left behind.
            if not NAME.fullmatch(folder.name):
                continue
            if folder.name not in found and (folder / CONFIG).is_file():
                found[folder.name] = model_info(folder.name, folder, where)
            for adapter in adapter_folders(folder):
                address = f"{folder.name}:{adapter.name}"
                found.setdefault(address, model_info(address, adapter, where, ADAPTER))
    models = list(dict.fromkeys(split_address(name)[0] for name in found))
    # Behind every model the adapters on it, whatever their shelf.
    return [
        found[name]
        for name in sorted(found, key=lambda name: (models.index(split_address(name)[0]), ":" in name))
    ]


def model_info(
    name: str, folder: Path, where: Literal["home", "shipped"], weights: str = WEIGHTS
) -> ModelInfo:
    """What a folder's card and the header of its weights say, for a list; nothing is checked."""
    card = folder / CARD
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    license_ = re.search(r"^\W*licen[cs]e\W+(.+?)\W*$", text, re.IGNORECASE | re.MULTILINE)
    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", body))
    description = next((p for p in paragraphs if p and not p.startswith(("#", "|", "!", "-"))), "")
    path = folder / weights
    size = path.stat().st_size if path.is_file() else 0
    return ModelInfo(name, folder, _count(path), size, where, license_[1] if license_ else "", description)


def _count(weights: Path) -> int:
    """Parameters according to the header of a safetensors file; 0 where it cannot be read."""
    try:
        with weights.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(min(length, 1 << 24)))
        return sum(math.prod(row["shape"]) for name, row in header.items() if name != "__metadata__")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return 0


def _shelves(home: Path | None) -> Iterator[tuple[Literal["home", "shipped"], Path]]:
    if home is None:
        from homespun.settings import load_settings

        home = load_settings().home
    yield "home", Home(home).models
    yield "shipped", SHIPPED
