"""Adapters on the encoder: a low-rank change of the trunk and a head, in a folder of their own.

A folder holds `config.json` (format, task, the trunk's fingerprint, the adapter's shape, the settings of
whoever uses it, how it was trained, SHA-256 of every other file), `adapter.safetensors` (bfloat16 unless told
otherwise) and `README.md`, the card. A name is looked for in `<home>/models/minilm/adapters/`, then among
the shipped `models/weights/minilm/adapters/`; a path is a name too. The trunk's weights are in memory once,
however many adapters are in use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homespun.errors import CorruptWeights, ModelNotFound, UsageError
from homespun.files import atomic_write
from homespun.names import unknown
from homespun.paths import Home
from models.encoders.places import MINILM
from models.folders import (
    ADAPTERS,
    CONFIG,
    NAME,
    ON_ENCODER,
    REPAIR,
    Kind,
    Stored,
    config_text,
    fingerprint,
    is_file,
    named_folders,
    read_config_file,
    read_tensors,
    tensor_bytes,
    write_folder,
)
from models.shelves import SHIPPED, ModelInfo, model_info

if TYPE_CHECKING:
    from torch import Tensor, nn

    from models.blocks.lora import LoRAConfig
    from models.encoders.trunk import Trunk
    from models.nets.encoder import Encoder

WEIGHTS = "adapter.safetensors"
_FIELDS = {"task": str, "trunk": str, "lora": dict, "outputs": int, "settings": dict}
KIND = Kind(ON_ENCODER, "an adapter on the encoder", 1, _FIELDS, WEIGHTS)
HEAD = "head."


@dataclass(frozen=True)
class Adapter:
    """An adapter that was found but not loaded.

    Attributes:
        name: As it was given.
        folder: Where it lies.
        config: The content of its config.json, checked.
    """

    name: str
    folder: Path
    config: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hexadecimal) that changes with weights, head, trunk or settings."""
        return fingerprint(self.config)

    @property
    def settings(self) -> Mapping[str, Any]:
        """What whoever uses the adapter was told to do with its scores."""
        found: Mapping[str, Any] = self.config["settings"]
        return found


def find_adapter(name: str | Path, home: Path | None = None, task: str | None = None) -> Adapter:
    """Find an adapter by its name, reading its configuration only.

    Args:
        name: A name or a path to an adapter's folder.
        home: The state folder; by default the one in the settings.
        task: What it's wanted for: where nothing is found, only adapters for it are named. What is found may
            be for another.

    Raises:
        ModelNotFound: Nothing there; the message lists what is.
        CorruptWeights: Its configuration can't be read.
    """
    text = str(name)
    shelves = _shelves(home)
    if NAME.fullmatch(text):
        for shelf in shelves:
            if is_file(shelf / text / CONFIG):
                return Adapter(text, shelf / text, read_config(shelf / text))
    path = Path(text)
    if text and is_file(path / CONFIG):
        return Adapter(text, path, read_config(path))
    known = [one for one, folder in adapter_folders(home).items() if task in (None, _task(folder))]
    raise ModelNotFound(unknown("adapter on the encoder", text, known))


def adapter_folders(home: Path | None = None) -> dict[str, Path]:
    """Every adapter that a name reaches, by name; one's own hides a shipped one of the same name."""
    found: dict[str, Path] = {}
    for shelf in _shelves(home):
        for folder in named_folders(shelf):
            found.setdefault(folder.name, folder)
    return found


def list_adapters(home: Path | None = None) -> list[ModelInfo]:
    """Every adapter that a name reaches, as `models.shelves.list_models` tells of models."""
    return [
        model_info(name, folder, "shipped" if SHIPPED in folder.parents else "home", WEIGHTS)
        for name, folder in adapter_folders(home).items()
    ]


def read_config(folder: Path) -> dict[str, Any]:
    """Read and check an adapter's config.json, without torch.

    Raises:
        CorruptWeights: It's missing, not JSON, of another kind or of a format that isn't known, or it lacks
            something.
    """
    return KIND.read(folder)


def save_adapter(
    folder: Path,
    *,
    task: str,
    trunk: str,
    lora: LoRAConfig,
    state: Mapping[str, Tensor],
    head: nn.Linear,
    settings: Mapping[str, Any],
    training: Mapping[str, Any],
    card: str = "",
    dtype: Stored = "bfloat16",
) -> Path:
    """Write an adapter's folder, whole or not at all.

    Args:
        folder: Where; an older adapter there is replaced.
        task: What it's for: "read", "fill", "choose", "intent".
        trunk: Fingerprint of the trunk that it was trained on.
        lora: The adapter's shape.
        state: What `models.blocks.lora.adapter_state` gives.
        head: The head.
        settings: For whoever uses it.
        training: Anything worth keeping about how it was made.
        card: README.md.
        dtype: How tensors are stored.

    Raises:
        OutOfSpace: The disk is full; nothing was changed.
    """
    tensors = {**state, **{f"{HEAD}{name}": tensor for name, tensor in head.state_dict().items()}}
    config = {
        "format": KIND.format,
        "kind": KIND.name,
        "task": task,
        "trunk": trunk,
        "lora": lora.to_dict(),
        "outputs": head.out_features,
        "settings": dict(settings),
        "training": dict(training),
    }
    return write_folder(folder, config, {WEIGHTS: tensor_bytes(tensors, dtype)}, card)


def load_adapter(
    adapter: Adapter, trunk: Trunk, fingerprint: str, task: str | None = None
) -> tuple[Encoder, nn.Linear]:
    """Put an adapter on the trunk, whose tensors are shared.

    Args:
        adapter: What `find_adapter` gave.
        trunk: The loaded encoder.
        fingerprint: The trunk's own.
        task: What it must be for; None takes any.

    Returns:
        The encoder with the adapter on it, and the head behind that.

    Raises:
        UsageError: It's for another task.
        CorruptWeights: It's for another trunk, or its file is missing, altered, or doesn't fit.
    """
    from torch import nn

    from models.blocks.lora import LoRAConfig, adapted

    config, path = adapter.config, adapter.folder / WEIGHTS
    if task is not None and config["task"] != task:
        raise UsageError(f"{adapter.name} is an adapter for {config['task']}, not for {task}")
    if config["trunk"] != fingerprint:
        raise CorruptWeights(f"{adapter.folder} was trained on another encoder than this one: train it anew")
    tensors = read_tensors(path, config["files"][WEIGHTS])
    try:
        head = nn.Linear(trunk.net.config.hidden_size, config["outputs"])
        own = {name: tensor for name, tensor in tensors.items() if name.startswith(HEAD)}
        head.load_state_dict({name.removeprefix(HEAD): tensor for name, tensor in own.items()})
        rest = {name: tensor for name, tensor in tensors.items() if name not in own}
        net = adapted(trunk.net, LoRAConfig.from_dict(config["lora"]), rest)
    except (RuntimeError, UsageError) as error:
        raise CorruptWeights(f"{path} doesn't fit {CONFIG} or the encoder ({error}): {REPAIR}") from error
    return net.eval().requires_grad_(False), head.eval().requires_grad_(False)


def update_settings(folder: Path, settings: Mapping[str, Any]) -> None:
    """Change settings of an adapter that lies in a folder; the others stay.

    Raises:
        CorruptWeights: Its configuration can't be read.
        OutOfSpace: The disk is full; nothing was changed.
    """
    config = read_config(folder)
    config["settings"] = {**config["settings"], **settings}
    atomic_write(folder / CONFIG, config_text(config))


def _task(folder: Path) -> Any:
    try:
        return read_config_file(folder).get("task")
    except CorruptWeights:
        return None  # not to be recommended


def _shelves(home: Path | None) -> list[Path]:
    if home is None:
        from homespun.settings import load_settings

        home = load_settings().home
    return [shelf / MINILM / ADAPTERS for shelf in (Home(home).models, SHIPPED)]
