import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.tokenizers.bpe import BPETokenizer
from tests.finetune.public_data import public as public


@pytest.fixture
def tiny() -> dict[str, Any]:
    """Shape of a decoder that trains in seconds."""
    return {
        "hidden_size": 32,
        "num_layers": 2,
        "num_heads": 2,
        "num_kv_heads": 1,
        "head_dim": 16,
        "intermediate_size": 64,
        "max_positions": 64,
        "qk_norm": True,
    }


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tokenizer_json() -> str:
    return BPETokenizer.train(["the cat sat on the mat and the dog sat on the log"] * 4, 300).to_json()


@pytest.fixture
def make_folder(tmp_path: Path, tokenizer_json: str) -> Callable[..., Path]:
    """Writes a prepared-token folder; by default one periodic stream of documents of 20 tokens."""

    def make(
        train: np.ndarray | None = None,
        valid: np.ndarray | None = None,
        loss: np.ndarray | None = None,
        name: str = "tokens",
    ) -> Path:
        document = np.array([0, *range(100, 119)], dtype="<u2")
        train = np.tile(document, 400) if train is None else train.astype("<u2")
        valid = np.tile(document, 40) if valid is None else valid.astype("<u2")
        folder = tmp_path / name
        folder.mkdir()
        (folder / "tokenizer.json").write_text(tokenizer_json, encoding="utf-8")
        train.tofile(folder / "train.bin")
        valid.tofile(folder / "valid.bin")
        if loss is not None:
            loss.astype(np.uint8).tofile(folder / "train.loss.bin")
        meta = {
            "vocab_size": 300,
            "tokens_train": len(train),
            "tokens_valid": len(valid),
            "bytes_valid": 1,
            "sources": {},
        }
        (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
        return folder

    return make
