"""`hf:<model>[+<adapter>]`: checkpoints in the layout of `transformers`, behind our engine and chat model.

Both names are folders, or hub ids that are in the hub's cache already (nothing is downloaded here). What our
decoder computes runs on it, any other causal architecture through transformers (`models.interop.loading`). A
folder that this project exported speaks as our own models do; any other speaks through its own chat template
(`models.chat.foreign_rows` says what happens where that knows no tools). Sampling that the user leaves open
is what the checkpoint's generation_config.json says. An adapter is a folder in PEFT's format; its base is in
memory once, whatever adapters are in use.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homespun.errors import HomespunError, ModelNotFound, UsageError
from homespun.files import sha256
from models.chat.weights import FOREIGN, Brain, Source, own_voice
from models.inference.sampling import SamplingParams
from models.interop.files import read_json, read_text

if TYPE_CHECKING:
    from models.inference.engine import GrammarTokenizer

ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_SAMPLING = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty")


def locate_foreign(name: str) -> Source:
    """Find a checkpoint by its address, reading its configuration only.

    Raises:
        ModelNotFound: There is no such folder, and the hub's cache has no such model.
        UsageError: Nobody here can compute its architecture, or the adapter isn't one.
        CorruptWeights: A file of it is damaged.
    """
    folder, adapter = _parts(name.removeprefix(FOREIGN))
    if adapter is None:
        return _locate_base(name, folder)
    base = _locate_base(f"{FOREIGN}{folder}", folder)
    both = hashlib.sha256(f"{base.fingerprint} {_adapter_digest(adapter)}".encode()).hexdigest()
    return replace(base, name=name, fingerprint=both, adapter=adapter, base=base)


def load_foreign(source: Source, threads: int | None) -> Brain:
    """Load a checkpoint, without any adapter.

    Raises:
        CorruptWeights: Its tensors are missing or do not fit.
        UsageError: It has no chat template, or its tokenizer is of an unknown kind.
    """
    from models.inference.engine import Engine
    from models.interop.loading import load_net
    from models.tokenizers.fast import Tokenizer

    tokenizer: GrammarTokenizer
    try:
        tokenizer = own = Tokenizer.from_json(read_text(source.folder / "tokenizer.json"))
        voice = own_voice(own)
    except HomespunError:
        from models.chat.foreign_voice import foreign_voice

        voice, tokenizer = foreign_voice(source.folder)
    return Brain(
        voice,
        load_net(source.folder),
        lambda net, turn: Engine(net, tokenizer=tokenizer, threads=threads, turn=turn),
    )


def _locate_base(name: str, folder: Path) -> Source:
    from models.interop.loading import context_length

    if not (folder / "config.json").exists() and (folder / ADAPTER_CONFIG).exists():
        base = read_json(folder / ADAPTER_CONFIG).get("base_model_name_or_path") or "<model>"
        raise UsageError(f"{folder} is an adapter, no model: use {FOREIGN}{base}+{folder}")
    if (folder / "config.json").exists() and not (folder / "tokenizer.json").exists():
        raise UsageError(
            f"{folder} has no tokenizer.json: write one with save_pretrained of transformers' AutoTokenizer"
        )
    digest = hashlib.sha256()
    for part in ("config.json", "tokenizer.json"):
        digest.update(read_text(folder / part).encode())
    # What its users' texts are put into, and how it's sampled.
    for part in ("tokenizer_config.json", "chat_template.jinja", "generation_config.json"):
        if (folder / part).is_file():
            digest.update(part.encode() + read_text(folder / part).encode())
    for file in sorted(folder.glob("*.safetensors")):
        # Gigabytes are not hashed for a name; size and time tell files apart well enough.
        stat = file.stat()
        digest.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}".encode())
    length = context_length(read_json(folder / "config.json"))
    return Source(name, folder.resolve(), digest.hexdigest(), length, _generation(folder))


def _generation(folder: Path) -> dict[str, Any]:
    """Defaults of sampling, as our own models' configurations name them."""
    path = folder / "generation_config.json"
    told = read_json(path)
    found = {key: told[key] for key in _SAMPLING if told.get(key) is not None}
    if told.get("do_sample") is False:
        found["temperature"] = 0.0
    elif told.get("do_sample"):
        found.setdefault("temperature", 1.0)
    try:
        SamplingParams(**found)
    except (UsageError, TypeError) as error:
        raise UsageError(f"{path} can't be followed: {error}") from error
    if isinstance(told.get("max_new_tokens"), int) and told["max_new_tokens"] > 0:
        found["max_tokens"] = told["max_new_tokens"]
    return found


def _adapter_digest(folder: Path) -> str:
    """What an adapter's files hold, as one hash; they are small enough to be read."""
    if not (folder / ADAPTER_CONFIG).is_file():
        raise UsageError(f"{folder} is no adapter: it has no {ADAPTER_CONFIG}")
    kind = read_json(folder / ADAPTER_CONFIG).get("peft_type")
    if kind != "LORA":
        raise UsageError(f"{folder} is an adapter of the kind {kind!r}: LORA can be used")
    if not (folder / ADAPTER_WEIGHTS).is_file():
        raise UsageError(f"{folder} has no {ADAPTER_WEIGHTS}: save the adapter as safetensors")
    return f"{sha256(folder / ADAPTER_CONFIG)} {sha256(folder / ADAPTER_WEIGHTS)}"


def _parts(name: str) -> tuple[Path, Path | None]:
    """The folders of a model and of the adapter on it, if one is named. A name may hold a + itself."""
    whole = _find(name)
    if whole is not None:
        return whole, None
    for place in (place for place in reversed(range(len(name))) if name[place] == "+"):
        base = _find(name[:place])
        if base is None:
            continue
        adapter = _find(name[place + 1 :])
        if adapter is None:
            raise ModelNotFound(
                f"{FOREIGN}{name}: {name[place + 1 :]!r} is neither a folder nor in the cache of the hub"
            )
        return base, adapter
    raise ModelNotFound(
        f"{FOREIGN}{name} is neither a folder nor in the cache of the hub: run `hf download {name}`"
    )


def _find(name: str) -> Path | None:
    if not name:
        return None
    with suppress(OSError, RuntimeError):  # too long for a path, or a `~name` that is nobody's
        path = Path(name).expanduser()
        if path.is_dir():
            return path.resolve()
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(name, local_files_only=True))
    except (ImportError, OSError, ValueError):
        return None
