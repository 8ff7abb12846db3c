"""Model folders: saving, finding, listing and loading what this project trains.

A folder holds `config.json` (format, net, generation defaults, how it was trained, SHA-256 of every other
file), `tokenizer.json`, `model.safetensors` (bfloat16 unless told otherwise) and `README.md`, the card. A
name is looked for in `<home>/models/`, then among the shipped `models/weights/`; a path to a folder is a
name too. `<name>:<adapter>` is the folder of an adapter on it (see `models.adapters`), found on either shelf.
Listing and fingerprints read configurations and headers only: no tensor is touched before `load_model`, which
checks the hashes.

What it does not know: folders in the layout of `transformers` (`hf:<folder>`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from homespun.errors import CorruptWeights, HomespunError, ModelNotFound, UsageError
from homespun.names import unknown
from homespun.paths import Home
from models.adapters import (
    WEIGHTS as ADAPTER,
)
from models.adapters import (
    adapter_folders,
    is_adapter,
    put_on,
    read_adapter,
    split_address,
)
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
    check_format,
    damaged,
    fingerprint,
    is_file,
    read_config_file,
    read_file,
    write_folder,
)

if TYPE_CHECKING:
    import torch

    from models.nets.decoder import Decoder
    from models.tokenizers.fast import Tokenizer

FORMAT = 1
__all__ = [
    "CARD",
    "CONFIG",
    "SHIPPED",
    "TOKENIZER",
    "WEIGHTS",
    "LoadedModel",
    "ModelInfo",
    "base_of",
    "damaged_files",
    "find_model",
    "fingerprint",
    "is_adapter",
    "is_on_encoder",
    "list_models",
    "load_model",
    "read_config",
    "save_model",
    "unknown_model",
    "with_adapter",
]

TOKENIZER, WEIGHTS = "tokenizer.json", "model.safetensors"
SHIPPED = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class LoadedModel:
    """A model in memory: float32 weights in evaluation mode, its tokenizer and its configuration."""

    net: Decoder
    tokenizer: Tokenizer
    config: dict[str, Any]
    folder: Path
    fingerprint: str


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


def save_model(
    folder: Path | str,
    net: Decoder,
    tokenizer_json: str,
    *,
    generation: dict[str, Any] | None = None,
    proposals: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    card: str = "",
    dtype: Literal["bfloat16", "float16", "float32"] = "bfloat16",
) -> Path:
    """Write a model folder that either is there whole or is not there at all.

    Args:
        folder: Where; an older model at this place is replaced, adapters in its folder are kept.
        net: The decoder.
        tokenizer_json: Text of a `tokenizer.json`.
        generation: The chat model's defaults (`temperature`, `top_p`, `max_tokens`, …).
        proposals: Who proposes to it (`models.chat.guidance.Guidance`); None lets it write by itself.
        training: Anything worth keeping about how it was made (data, tokens, hours, recipe).
        card: README.md; a line `License: …` and the first paragraph appear in listings.
        dtype: How weights are stored; they are loaded as float32 whatever it is.

    Returns:
        The folder.

    Raises:
        OutOfSpace: The disk is full; nothing was changed.
    """
    import torch
    from safetensors.torch import save

    target = Path(folder)
    kind: torch.dtype = getattr(torch, dtype)
    state = net.state_dict()
    tensors = {name: state[name].detach().to("cpu", kind).contiguous() for name in _unique_names(net)}
    files = {WEIGHTS: save(tensors, metadata={"format": "pt"}), TOKENIZER: tokenizer_json.encode()}
    config = {
        "format": FORMAT,
        "kind": "decoder",
        "net": net.config.to_dict(),
        "generation": generation or {},
        **({} if proposals is None else {"proposals": proposals}),
        "training": training or {},
    }
    return write_folder(target, config, files, card)


def load_model(folder: Path | str, verify: bool = True) -> LoadedModel:
    """Load a model folder, or an adapter's together with the model that it goes on.

    Args:
        folder: A folder written by `save_model` or `models.adapters.save_adapter`.
        verify: Compare every file's SHA-256 with the configuration's.

    Raises:
        CorruptWeights: A file is missing, cut short, altered or unreadable, or an adapter is for another
            model; the message names it.
        ModelNotFound: The model that an adapter goes on isn't here.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    from models.nets.decoder import Decoder, DecoderConfig
    from models.tokenizers.fast import Tokenizer

    root = Path(folder)
    config = read_config(root)
    if is_adapter(root):
        under = load_model(base_of(root), verify)
        net = put_on(under.net, root, under.fingerprint)
        both = {
            **under.config,
            "generation": {**under.config["generation"], **config["generation"]},
            "adapter": config,
        }
        return LoadedModel(net, under.tokenizer, both, root, with_adapter(under.fingerprint, config))
    data = {
        name: read_file(root / name, config["files"][name] if verify else None)
        for name in (TOKENIZER, WEIGHTS)
    }
    try:
        tokenizer = Tokenizer.from_json(data[TOKENIZER].decode())
    except (HomespunError, UnicodeDecodeError) as error:
        raise CorruptWeights(f"{root / TOKENIZER} is not a tokenizer ({error}): {REPAIR}") from error
    try:
        net = Decoder(DecoderConfig.from_dict(config["net"]))
        tensors = load(data[WEIGHTS])
    except UsageError as error:
        raise CorruptWeights(f"{root / CONFIG} is wrong ({error}): {REPAIR}") from error
    except (SafetensorError, ValueError, TypeError, KeyError) as error:
        raise CorruptWeights(f"{root / WEIGHTS} cannot be read ({error}): {REPAIR}") from error
    expected = set(_unique_names(net))
    if expected != set(tensors):
        odd = ", ".join(sorted(expected ^ set(tensors))[:3])
        raise CorruptWeights(f"{root / WEIGHTS} does not fit {CONFIG} (tensors {odd}): {REPAIR}")
    try:
        net.load_state_dict({name: t.to(torch.float32) for name, t in tensors.items()}, strict=False)
    except RuntimeError as error:  # shapes
        raise CorruptWeights(f"{root / WEIGHTS} does not fit the net in {CONFIG}: {REPAIR}") from error
    net.eval().requires_grad_(False)
    return LoadedModel(net, tokenizer, config, root, fingerprint(config))


def read_config(folder: Path | str) -> dict[str, Any]:
    """Read and check `config.json` of a model's or an adapter's folder, without torch.

    Raises:
        CorruptWeights: It is missing, not JSON, or of a format that this version does not know.
    """
    root = Path(folder)
    path, config = root / CONFIG, read_config_file(root)
    if is_adapter(root):
        return read_adapter(root)
    if "format" not in config:
        raise CorruptWeights(
            f"{path} is not one of our models; a transformers checkpoint is addressed as hf:{path.parent}"
        )
    check_format(path, config, FORMAT)
    files = config.get("files")
    net, generation = config.get("net"), config.get("generation", {})
    if not isinstance(files, dict) or not {WEIGHTS, TOKENIZER} <= set(files):
        raise CorruptWeights(f"{path} lacks the hashes in 'files': {REPAIR}")
    if not isinstance(net, dict) or not isinstance(net.get("max_positions"), int):
        raise CorruptWeights(f"{path} lacks the shape in 'net': {REPAIR}")
    if not isinstance(generation, dict):
        raise CorruptWeights(f"{path}: 'generation' is no object: {REPAIR}")
    return {**config, "generation": generation}


def damaged_files(folder: Path | str) -> list[str]:
    """Names of the files that are missing or differ from their SHA-256 in the configuration; needs no torch.

    Raises:
        CorruptWeights: The configuration itself cannot be read.
    """
    root = Path(folder)
    return damaged(root, read_config(root)["files"])


def with_adapter(base: str, config: Mapping[str, Any]) -> str:
    """The fingerprint of a model and an adapter on it.

    Args:
        base: The model's.
        config: The adapter's configuration.
    """
    return fingerprint({"base": base, "adapter": fingerprint(config)})


def fits_its_base(folder: Path) -> bool:
    """Whether an adapter was made for the model that it goes on; True for what is no adapter.

    Raises:
        CorruptWeights: A configuration cannot be read.
    """
    if not is_adapter(folder):
        return True
    return bool(read_config(folder)["base"] == fingerprint(read_config(base_of(folder))))


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


def unknown_model(name: str, home: Path | None, hint: str) -> ModelNotFound:
    """The error for a name that leads nowhere: with all that can be asked, and a hint behind it."""
    known = [info.name for info in list_models(home)]
    shown = name if len(name) <= 80 else name[:77] + "…"
    made = "" if known else "homespun train home-nano makes one; "
    return ModelNotFound(
        f"no model named {shown!r}; there are: {', '.join([*known, *ENCODED])} ({made}{hint})"
    )


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


def _shelves(home: Path | None) -> Iterator[tuple[Literal["home", "shipped"], Path]]:
    if home is None:
        from homespun.settings import load_settings

        home = load_settings().home
    yield "home", Home(home).models
    yield "shipped", SHIPPED


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


def _unique_names(net: Decoder) -> list[str]:
    """Names of the state's tensors, each tied tensor once (by the first of its names)."""
    seen: dict[int, str] = {}
    for name, tensor in net.state_dict().items():
        seen.setdefault(tensor.data_ptr(), name)
    return list(seen.values())
