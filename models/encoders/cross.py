"""Cross-encoders of `transformers` by name, as LangChain's `BaseCrossEncoder`: does a text support another?

A score is a probability in [0, 1]; of a long premise the best supported piece counts. Which checkpoints are
known, and how each is asked: `models.encoders.pairs`. Nothing is downloaded and no code of a checkpoint is
run: HHEM-2.1's weights are read into `transformers`' own class, which needs Flan-T5's configuration and
tokenizer beside them. Pickled weights are read by torch's restricted loader only.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from langchain_core.cross_encoders import BaseCrossEncoder

from homespun.errors import CorruptWeights, UsageError
from models.encoders.pairs import WINDOW, Asker, kind_of
from models.encoders.places import cached, find_checkpoint, read_json

BATCH = 8


class CrossEncoder(BaseCrossEncoder):
    """One checkpoint; found when made, loaded at the first pair. Threads may share one; passes take turns.

    Attributes:
        name: Its address, as it was given.
        fingerprint: Changes with the files; hexadecimal.

    Raises:
        ModelNotFound: When made with an address that leads nowhere.
        UsageError: When made with a checkpoint of an unknown kind; when loaded, where it can't be.
        CorruptWeights: When its configuration or weights can't be read.
    """

    def __init__(self, name: str, *, home: Path | None = None, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise UsageError(f"threads must be 1 or more, not {threads}")
        self.name, self.threads = name, threads
        self.folder = find_checkpoint(name, home)
        self._config = read_json(self.folder / "config.json")
        self.kind = kind_of(self._config, name)
        self._lock = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """SHA-256 over configuration, tokenizer, names, sizes and times of the weights."""
        digest = hashlib.sha256(f"{self.kind} {WINDOW}".encode())
        for file in sorted((*self.folder.glob("*.json"), *self.folder.glob("*.model"))):
            digest.update(file.name.encode() + file.read_bytes())
        for file in sorted((*self.folder.glob("*.safetensors"), *self.folder.glob("*.bin"))):
            # Gigabytes are not hashed for a name; size and time tell files apart well enough.
            stat = file.stat()
            digest.update(f"{file.name} {stat.st_size} {stat.st_mtime_ns}".encode())
        return digest.hexdigest()

    def score(self, text_pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Probability for each (premise, claim) that the premise supports the claim."""
        with self._lock:
            asker = self._asker
        asked = [
            (place, piece, claim)
            for place, (premise, claim) in enumerate(text_pairs)
            for piece in asker.pieces(premise, claim)
        ]
        # Of like length together: the number of characters says it well enough.
        asked.sort(key=lambda row: len(row[1]) + len(row[2]))
        found = [0.0] * len(text_pairs)
        for start in range(0, len(asked), BATCH):
            batch = asked[start : start + BATCH]
            with self._lock:
                values = asker.ask([(piece, claim) for _, piece, claim in batch], self.threads)
            for (place, _, _), value in zip(batch, values, strict=True):
                found[place] = max(found[place], value)
        return found

    @cached_property
    def _asker(self) -> Asker:
        try:
            import transformers
        except ImportError as error:
            raise UsageError("cross-encoders need transformers: pip install 'homespun[hf]'") from error
        from transformers.utils import logging

        bars = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()
        try:
            if self.kind == "hhem2":
                return _hhem(self.folder, self._config)
            auto = (
                "AutoModelForSeq2SeqLM"
                if self.kind == "minicheck-t5"
                else "AutoModelForSequenceClassification"
            )
            given = {"local_files_only": True, "trust_remote_code": False}
            tokenizer = transformers.AutoTokenizer.from_pretrained(self.folder, **given)
            net = getattr(transformers, auto).from_pretrained(self.folder, **given)
        except (OSError, ValueError, ImportError, KeyError) as error:
            raise CorruptWeights(f"{self.folder} can't be loaded as a {self.kind} model: {error}") from error
        finally:
            if bars:
                logging.enable_progress_bar()
        return Asker(net.eval(), tokenizer, self.kind, self._config)


def _hhem(folder: Path, config: dict[str, Any]) -> Asker:
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from transformers import AutoConfig, AutoTokenizer, T5ForTokenClassification

    foundation = str(config.get("foundation") or "google/flan-t5-base")
    base = Path(foundation) if Path(foundation).is_dir() else cached(foundation)
    if base is None:
        raise UsageError(
            f"HHEM-2.1 is {foundation} with other weights, and its own code isn't run here: "
            f"`hf download {foundation} --include '*.json' 'spiece.model'` brings the rest"
        )
    shape = AutoConfig.from_pretrained(base, num_labels=2, local_files_only=True, trust_remote_code=False)
    net = T5ForTokenClassification(shape)
    try:
        theirs = load_file(folder / "model.safetensors")
    except (OSError, SafetensorError) as error:
        raise CorruptWeights(
            f"{folder / 'model.safetensors'} can't be read: copy the folder again"
        ) from error
    state = {name.removeprefix("t5."): tensor for name, tensor in theirs.items()}
    missing, extra = net.load_state_dict(state, strict=False)
    # The embedding has several names, of which a file holds one.
    embedding = re.compile(r"transformer\.(?:shared|encoder\.embed_tokens)\.weight")
    shared = [state[name] for name in state if embedding.fullmatch(name)]
    odd = [name for name in (*missing, *extra) if not embedding.fullmatch(name)]
    if odd or not shared:
        raise CorruptWeights(
            f"the weights in {folder} don't fit {foundation}: {', '.join(odd[:3]) or 'no embedding'}"
        )
    net.transformer.shared.weight.data.copy_(shared[0])
    net.transformer.encoder.embed_tokens.weight.data.copy_(shared[0])
    # As its authors do; asking its own folder would ask the user whether to run its code.
    tokenizer = AutoTokenizer.from_pretrained(base, local_files_only=True, trust_remote_code=False)
    return Asker(net.eval(), tokenizer, "hhem2", config)
