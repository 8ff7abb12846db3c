"""Tiny checkpoints with random weights, made here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

WORDS = ["the", "a", "cat", "dog", "house", "ring", "silver", "was", "is", "on", "in", "mat", "river", "old"]
WORDS += ["found", "sat", "ran", "near", "town", "by", ".", ",", "0", "1", "predict", ":", "and", "of", "to"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "</s>"]


def wordpiece(folder: Path, length: int = 64, **options: object) -> None:
    """Writes tokenizer.json and tokenizer_config.json of a lower-casing word tokenizer."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    pieces = [
        *SPECIAL,
        *WORDS,
        *"abcdefghijklmnopqrstuvwxyz",
        *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz"),
    ]
    vocabulary = {piece: place for place, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer.add_special_tokens(SPECIAL)
    # As published ones have it: what is saved there must not cut or pad here.
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(length=5, pad_id=0, pad_token="[PAD]")
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": length,
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config | options))


def encoder(folder: Path, *, seed: int = 3) -> Path:
    """Writes a plain BERT folder: 24 features, 48 positions."""
    from models.interop.bert import to_bert
    from models.nets.encoder import Encoder, EncoderConfig

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = Encoder(EncoderConfig(110, 24, 2, 2, 32, 48))
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.add_(0.2 * torch.randn_like(parameter))
    to_bert(net, folder)
    wordpiece(folder)
    return folder


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encoder(tmp_path_factory.mktemp("encoders") / "plain")


@pytest.fixture(scope="session")
def write_tokenizer() -> Callable[..., None]:
    return wordpiece


@pytest.fixture
def minilm() -> str:
    """The address of the real encoder, where it's installed."""
    from homespun.errors import ModelNotFound
    from models.encoders.places import find_minilm

    try:
        find_minilm()
    except ModelNotFound as error:
        pytest.skip(str(error))
    return "minilm"
