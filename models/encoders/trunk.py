"""The trunk: an encoder in memory with its tokenizer, loaded once and shared by all who use it.

`locate` reads configurations only; `open_trunk` loads at the first use, checks hashes where they are known,
and maps the weights, so several processes share their pages. Read are folders in the layout of
sentence-transformers (modules.json) or plain BERT, with a tokenizer.json.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from homespun.errors import CorruptWeights, UsageError
from models.encoders.passes import Passes, Way
from models.encoders.places import MINILM, MINILM_HASHES, find_checkpoint, find_minilm, read_json
from models.folders import damaged

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor

    from models.nets.encoder import Encoder

Pooling = Literal["mean", "cls"]

_KEPT = 3
_MODULES = {"Transformer", "Pooling", "Normalize"}


@dataclass(frozen=True)
class Source:
    """An encoder that was found but not loaded.

    Attributes:
        name: Its address, as it was given.
        folder: Where it lies.
        fingerprint: Changes with anything that could change a vector; hexadecimal.
        max_length: Tokens of a text that are read, special ones included.
        pooling: Whether a text's vector is the mean of its tokens' states or the first token's state.
        normalize: Whether vectors are scaled to length 1.
        hashes: SHA-256 that files must have.
    """

    name: str
    folder: Path
    fingerprint: str
    max_length: int
    pooling: Pooling
    normalize: bool
    hashes: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)


class Trunk:
    """Loaded weights and their tokenizer. Any number of threads may use one; passes take turns."""

    def __init__(self, net: Encoder, tokenizer: Tokenizer) -> None:
        self.net = net
        self._tokenizer = tokenizer
        self._turn = threading.Lock()
        self._passes = Passes(net)

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer; it cuts texts off and doesn't pad."""
        return self._tokenizer

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of texts, special ones included, cut to `max_length`."""
        return [row.ids for row in self._tokenizer.encode_batch(list(texts))]

    def states(
        self,
        rows: Sequence[Sequence[int]],
        threads: int | None = None,
        *,
        types: Sequence[Sequence[int]] | None = None,
        net: Encoder | None = None,
        way: Way = "fused",
    ) -> tuple[Tensor, Tensor]:
        """States of the last layer for rows of token ids.

        Args:
            rows: B rows of ids, none empty.
            threads: Torch's threads during the pass; the setting is put back afterwards.
            types: Token types (segments), as long as the rows; all 0 if None.
            net: The trunk with an adapter on it (`models.encoders.adapters`); by default the trunk alone.
            way: How the net is run; `models.encoders.passes` says how near each comes.

        Returns:
            States [B, T, hidden_size], float32, where T is the longest row's length, and which of them are of
            tokens, boolean [B, T]. The others are 0.

        Raises:
            UsageError: A row is empty or too long, or types are not as long as their row.
        """
        import torch

        order = sorted(range(len(rows)), key=lambda place: -len(rows[place]))
        flat = self.flat(
            [rows[place] for place in order],
            threads,
            types=None if types is None else [types[place] for place in order],
            net=net,
            way=way,
        )
        lengths = torch.tensor([len(row) for row in rows])
        mask = torch.arange(int(lengths.max())) < lengths[:, None]
        with torch.inference_mode():
            states = flat.new_zeros(*mask.shape, flat.shape[1])
            first = 0
            for place in order:
                length = len(rows[place])
                states[place, :length] = flat[first : first + length]
                first += length
        return states, mask

    def flat(
        self,
        rows: Sequence[Sequence[int]],
        threads: int | None = None,
        *,
        types: Sequence[Sequence[int]] | None = None,
        net: Encoder | None = None,
        way: Way = "fused",
    ) -> Tensor:
        """As `states`, one row behind the other without padding: [tokens, hidden_size].

        It's quickest where rows of one length are neighbours.

        Raises:
            UsageError: A row is empty or too long, or types are not as long as their row.
        """
        with self._turn, torch_threads(threads):
            return self._passes(rows, way, types, net)


def locate(name: str = MINILM, home: Path | None = None) -> Source:
    """Find an encoder by its address, reading its configuration only.

    Args:
        name: `minilm`, or what `models.encoders.places.find_checkpoint` takes.
        home: The state folder; by default the one in the settings.

    Raises:
        ModelNotFound: There is none of this name.
        UsageError: It holds something that isn't supported.
        CorruptWeights: Its configuration can't be read.
    """
    from models.interop.bert_layout import read_config

    known = name == MINILM
    folder = (find_minilm(home) if known else find_checkpoint(name, home)).resolve()
    longest = read_config(read_json(folder / "config.json")).max_positions
    limit = read_json(folder / "sentence_bert_config.json").get("max_seq_length") or longest
    pooling, normalize = _heads(folder)
    hashes = MINILM_HASHES if known else {}
    parts: list[Any] = [pooling, normalize, min(limit, longest)]
    for file in ("config.json", "tokenizer.json", "model.safetensors"):
        # Gigabytes are not hashed for a name; size and time tell files apart well enough.
        path = folder / file
        stat = path.stat() if path.is_file() else None
        parts.append(hashes.get(file) or (stat and (stat.st_size, stat.st_mtime_ns)))
    if known:
        parts.pop(3)  # the weights' shape and their hash say as much, and a copy has another time
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()
    return Source(name, folder, digest, min(limit, longest), pooling, normalize, hashes)


def open_trunk(source: Source) -> Trunk:
    """Load an encoder, or give the one that is loaded already.

    Raises:
        CorruptWeights: A file is missing, altered or unreadable; the message names it.
        UsageError: There's no tokenizer.json, there are no safetensors weights, or the net isn't supported.
    """
    return _shelf().get(source)


class _Shelf:
    """The trunks used last. Two threads that ask for the same one at the same moment load it once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trunks: OrderedDict[Source, Trunk] = OrderedDict()

    def get(self, source: Source) -> Trunk:
        with self._lock:
            trunk = self._trunks.pop(source, None) or _load(source)
            self._trunks[source] = trunk
            while len(self._trunks) > _KEPT:
                self._trunks.popitem(last=False)
            return trunk


@lru_cache(maxsize=1)
def _shelf() -> _Shelf:
    return _Shelf()


def _load(source: Source) -> Trunk:
    from tokenizers import Tokenizer

    from models.interop.bert import from_bert

    if wrong := damaged(source.folder, source.hashes):
        path = source.folder / wrong[0]
        raise CorruptWeights(f"{path} is missing or not the published file (SHA-256): install it again")
    path = source.folder / "tokenizer.json"
    if not path.is_file():
        raise UsageError(
            f"there is no tokenizer.json in {source.folder}: save the model with a fast tokenizer"
        )
    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except Exception as error:  # the library raises no narrower one
        raise CorruptWeights(f"{path} can't be read: copy the folder again ({error})") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(source.max_length)
    return Trunk(from_bert(source.folder), tokenizer)


def _heads(folder: Path) -> tuple[Pooling, bool]:
    """What sentence-transformers puts on the trunk; on a plain BERT the mean and the length 1."""
    import json

    listing = folder / "modules.json"
    if not listing.is_file():
        return "mean", True
    try:
        modules = json.loads(listing.read_text(encoding="utf-8"))
        kinds = {str(row["type"]).rpartition(".")[2]: str(row["path"]) for row in modules}
    except (ValueError, TypeError, KeyError) as error:
        raise CorruptWeights(f"{listing} can't be read: copy the folder again ({error})") from error
    if kinds.keys() - _MODULES or "Pooling" not in kinds:
        named = ", ".join(kinds)
        raise UsageError(f"the encoder in {folder} has {named}: supported are {', '.join(sorted(_MODULES))}")
    values = read_json(folder / kinds["Pooling"] / "config.json")
    old = [mode for mode in values if mode.startswith("pooling_mode_") and values[mode]]
    mode = values.get("pooling_mode") or [name.removeprefix("pooling_mode_") for name in old]
    modes = {"mean_tokens": "mean", "cls_token": "cls"}
    found = [modes.get(part, part) for part in ([mode] if isinstance(mode, str) else mode)]
    if found == ["mean"]:
        return "mean", "Normalize" in kinds
    if found == ["cls"]:
        return "cls", "Normalize" in kinds
    raise UsageError(f"the encoder in {folder} pools by {', '.join(found)}: supported are mean and cls")


@contextmanager
def torch_threads(wanted: int | None) -> Iterator[None]:
    """Give torch this many threads inside the block; None leaves them as they are."""
    import torch

    before = torch.get_num_threads()
    switch = wanted is not None and wanted != before
    if switch and wanted is not None:
        torch.set_num_threads(wanted)
    try:
        yield
    finally:
        if switch:
            torch.set_num_threads(before)
