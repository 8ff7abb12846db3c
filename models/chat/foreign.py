"""`hf:` models: checkpoints in the layout of `transformers`, run by our decoder and engine.

A local folder, or a hub id that is in the hub's cache already (nothing is downloaded here). Supported are
the families that `models.interop.huggingface` reads. A folder that this project exported speaks as our own
models do; any other speaks through its own chat template, which `transformers` renders, and calls tools as
`<tool_call>{"name":…,"arguments":…}</tool_call>` (Hermes, Qwen).

Its limit: a foreign template renders to one string, so special tokens that are spelt out in a user's text
are taken for real there. Our own template cannot be forged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homespun.errors import CorruptWeights, HomespunError, ModelNotFound, UsageError
from models.chat.weights import FOREIGN, Brain, Source, Voice, own_voice
from models.tokenizers.special import byte_alphabet, from_printable

_MARKER = "<tool_call>"
_OPENING, _CLOSING = r'"<tool_call>\n"', r'"\n</tool_call>"'


def locate_foreign(name: str) -> Source:
    """Find a checkpoint by its address, reading its configuration only.

    Raises:
        ModelNotFound: There is no such folder, and the hub's cache has no such model.
        UsageError: Its architecture is not supported.
    """
    from models.interop.layouts import read_config

    folder = _folder(name.removeprefix(FOREIGN))
    digest = hashlib.sha256()
    for part in ("config.json", "tokenizer.json"):
        digest.update(_read(folder / part).encode())
    for part in ("tokenizer_config.json", "chat_template.jinja"):  # what its users' texts are put into
        if (folder / part).is_file():
            digest.update(part.encode() + _read(folder / part).encode())
    for file in sorted(folder.glob("*.safetensors")):
        # Gigabytes are not hashed for a name; size and time tell files apart well enough.
        stat = file.stat()
        digest.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}".encode())
    config = read_config(_json(folder / "config.json"))
    return Source(name, folder.resolve(), digest.hexdigest(), config.max_positions)


def load_foreign(folder: Path, threads: int | None) -> Brain:
    """Load a checkpoint.

    Raises:
        CorruptWeights: Its tensors are missing or do not fit.
        UsageError: It has no chat template, or its tokenizer is of an unknown kind.
    """
    from models.inference.engine import Engine
    from models.interop.huggingface import from_transformers
    from models.tokenizers.fast import Tokenizer

    net = from_transformers(folder).requires_grad_(False)
    text = _read(folder / "tokenizer.json")
    try:
        own = Tokenizer.from_json(text)
    except HomespunError:
        voice, end = _foreign_voice(folder, text)
        spoken = _Spoken(text, end)
        return Brain(voice, lambda turn: Engine(net, tokenizer=spoken, threads=threads, turn=turn))
    return Brain(own_voice(own), lambda turn: Engine(net, tokenizer=own, threads=threads, turn=turn))


@dataclass(frozen=True)
class _Spoken:
    """A foreign tokenizer as the engine's grammars need it."""

    json: str
    end: int

    def special(self, name: str) -> int:  # noqa: ARG002 (the only one that is asked for)
        return self.end


def _foreign_voice(folder: Path, text: str) -> tuple[Voice, int]:
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise UsageError(
            "hf: models with their own template need transformers: pip install 'homespun[hf]'"
        ) from error
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if not tokenizer.chat_template:
        raise UsageError(f"{folder} has no chat template, so it is no chat model: choose an instruct version")
    ends = _ends(folder, tokenizer.eos_token_id)

    def render(rows: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None) -> list[int]:
        wrapped = [{"type": "function", "function": tool} for tool in tools or ()]
        written = tokenizer.apply_chat_template(
            list(map(_theirs, rows)), tools=wrapped or None, add_generation_prompt=True, tokenize=False
        )
        return list(tokenizer.encode(written, add_special_tokens=False))

    voice = Voice(
        render=render,
        encode=lambda plain: list(tokenizer.encode(plain, add_special_tokens=False)),
        token_bytes=_token_bytes(json.loads(text)),
        stop_ids=frozenset(ends),
        call_marker=_MARKER,
        call_opening=_OPENING,
        call_closing=_CLOSING,
    )
    return voice, ends[0]


def _theirs(row: Mapping[str, Any]) -> dict[str, Any]:
    calls = [{"type": "function", "function": call} for call in row.get("tool_calls", ())]
    return {**row, "tool_calls": calls} if calls else dict(row)


def _ends(folder: Path, known: int | None) -> list[int]:
    found: list[int] = [] if known is None else [known]
    for name in ("generation_config.json", "config.json"):
        value = _json(folder / name).get("eos_token_id") if (folder / name).is_file() else None
        found += value if isinstance(value, list) else [] if value is None else [value]
    if not found:
        raise UsageError(f"{folder} names no eos_token_id, so its answers would never end")
    return list(dict.fromkeys(found))


def _token_bytes(description: dict[str, Any]) -> Callable[[int], bytes]:
    """What tokens stand for: byte-level (GPT-2) or SentencePiece-like vocabularies."""
    vocabulary: dict[str, int] = description["model"]["vocab"]
    added = {row["id"]: row for row in description.get("added_tokens", ())}
    byte_level = "ByteLevel" in json.dumps([description.get("decoder"), description.get("pre_tokenizer")])
    alphabet = set(byte_alphabet())

    def spell(token: str) -> bytes:
        if byte_level and set(token) <= alphabet:
            return from_printable(token)
        if token.startswith("<0x") and token.endswith(">") and len(token) == 6:
            return bytes([int(token[3:5], 16)])
        return token.replace("\u2581", " ").encode()

    table = {number: spell(token) for token, number in vocabulary.items()}
    table |= {number: b"" if row["special"] else row["content"].encode() for number, row in added.items()}
    # The net may have more rows than the tokenizer has tokens.
    return lambda token: table.get(token, b"")


def _folder(name: str) -> Path:
    if "+" in name:
        raise UsageError(f"{FOREIGN}{name}: adapters are not supported yet, give the model alone")
    with suppress(OSError, RuntimeError):  # too long for a path, or a `~name` that is nobody's
        path = Path(name).expanduser()
        if path.is_dir():
            return path
    try:
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(name, local_files_only=True))
    except (ImportError, OSError, ValueError) as error:
        raise ModelNotFound(
            f"{FOREIGN}{name} is neither a folder nor in the cache of the hub: run `hf download {name}`"
        ) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CorruptWeights(f"{path} cannot be read: copy the folder again") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_read(path))
    except ValueError as error:
        raise CorruptWeights(f"{path} is not valid JSON: copy the folder again") from error
    return found if isinstance(found, dict) else {}
