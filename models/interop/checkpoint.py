"""The files of a foreign checkpoint: its configuration, its tensors, and whether they fit a net.

Contract: config.json and safetensors, in one file or in shards with an index. Pickled weights (.bin) aren't
read: they run code.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from homespun.errors import CorruptWeights, UsageError

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"


def read_values(folder: Path) -> dict[str, Any]:
    """Returns what config.json says.

    Raises:
        UsageError: There's no config.json in this folder, or it isn't a model's configuration.
    """
    try:
        values = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"there's no model in {folder}: can't read its {CONFIG}") from error
    except ValueError as error:
        raise UsageError(f"{folder / CONFIG} isn't JSON: {error}") from error
    if not isinstance(values, dict):
        raise UsageError(f"{folder / CONFIG} isn't a model's configuration")
    return values


def read_tensors(folder: Path) -> dict[str, Tensor]:
    """Returns the tensors by their names; the files are mapped, not copied.

    Raises:
        UsageError: There are no safetensors weights in this folder.
        CorruptWeights: They can't be read, or the index is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    names = [WEIGHTS]
    if not (folder / WEIGHTS).exists():
        if not (folder / INDEX).exists():
            raise UsageError(f"there are no safetensors weights in {folder}: save the model as {WEIGHTS}")
        try:
            names = sorted(
                set(json.loads((folder / INDEX).read_text(encoding="utf-8"))["weight_map"].values())
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CorruptWeights(f"{folder / INDEX} is damaged: copy the folder again") from error
    tensors: dict[str, Tensor] = {}
    for name in names:
        if Path(name).name != name:  # an index must not lead out of its folder
            raise CorruptWeights(f"{folder / INDEX} names {name!r}, which isn't in its folder")
        try:
            tensors.update(load_file(folder / name))
        except (OSError, SafetensorError) as error:
            raise CorruptWeights(f"can't read {folder / name}: copy the folder again ({error})") from error
    return tensors


def check_fit(net: nn.Module, state: Mapping[str, Tensor], folder: Path) -> None:
    """Sees that `state` has the net's tensors, all of them and no others, in their shapes.

    Raises:
        CorruptWeights: It hasn't; the first three of each kind of trouble are named.
    """
    wanted = {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}
    missing, extra = sorted(wanted.keys() - state.keys()), sorted(state.keys() - wanted.keys())
    wrong = [name for name, shape in wanted.items() if name in state and tuple(state[name].shape) != shape]
    problems = [
        f"{what} {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
        for what, names in (("missing", missing), ("left over", extra), ("of a wrong shape", wrong))
        if names
    ]
    if problems:
        raise CorruptWeights(f"the weights in {folder} don't fit its {CONFIG}: {'; '.join(problems)}")
