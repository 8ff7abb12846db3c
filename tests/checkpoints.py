"""Makes tiny checkpoints in the layout of `transformers`: architecture, tokenizer and template of a family.

The fixture `checkpoint` (in conftest.py) gives their folders.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).with_name("templates")
LETTERS = r"\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SIZES = {"vocab_size": 512, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 4096}
GPT2 = {"vocab_size": 512, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 4096}


@dataclass(frozen=True)
class Family:
    """What a family's checkpoints hold."""

    kind: str
    config: dict[str, Any]
    special: tuple[str, ...]
    bos: str | None
    eos: str
    plain: tuple[str, ...] = ()  # tokens of their own that aren't special


FAMILIES = {
    "llama": Family(
        "llama",
        {**SIZES, **HEADS},
        ("<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        "<|begin_of_text|>",
        "<|eot_id|>",
    ),
    "qwen": Family(
        "qwen3",
        {**SIZES, **HEADS},
        ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
        None,
        "<|im_end|>",
        ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>"),
    ),
    "gpt2": Family("gpt2", GPT2, ("<|endoftext|>",), "<|endoftext|>", "<|endoftext|>"),
    "gemma": Family(
        "gemma3_text",
        {**SIZES, **HEADS, "sliding_window": 64, "query_pre_attn_scalar": 8},
        ("<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"),
        "<bos>",
        "<end_of_turn>",
    ),
}


def make_checkpoint(family: str, folder: Path, text: str) -> Path:
    """Writes the checkpoint of a family, with random weights that are large enough to matter."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    made = FAMILIES[family]
    tokenizer = pieces(text, made.special) if family == "gemma" else byte_level(text, made)
    ids = {name: number for number, name in enumerate(made.special)}
    roles = {"bos_token_id": ids.get(made.bos or ""), "eos_token_id": ids[made.eos], "pad_token_id": 0}
    with torch.random.fork_rng():
        torch.manual_seed(11)
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(made.kind, **made.config, **roles))
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.dim() > 1:
                    parameter.normal_(0, 0.2)
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    config |= {"bos_token": made.bos} if made.bos else {}
    (folder / "tokenizer_config.json").write_text(json.dumps({**config, "eos_token": made.eos}))
    sampling = {"do_sample": True, "temperature": 0.6, "top_p": 0.95, "max_new_tokens": 12}
    (folder / "generation_config.json").write_text(json.dumps({**roles, **sampling}))
    shutil.copy(TEMPLATES / f"{family}.jinja", folder / "chat_template.jinja")
    return folder


def byte_level(text: str, family: Family) -> dict[str, Any]:
    """A byte-level BPE as GPT-2, Llama 3 and Qwen have it, as the content of a tokenizer.json."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(LETTERS), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=list(family.special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text] * 4, trainer)
    tokenizer.add_tokens([AddedToken(name, special=False, normalized=False) for name in family.plain])
    return dict(json.loads(tokenizer.to_str()))


def pieces(text: str, special: tuple[str, ...]) -> dict[str, Any]:
    """A BPE over characters that falls back to bytes, as Gemma and Llama 2 have it."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "\u2581")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    named = [*special, *(f"<0x{number:02X}>" for number in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=named, show_progress=False)
    tokenizer.train_from_iterator([text] * 4, trainer)
    made = dict(json.loads(tokenizer.to_str()))
    made["added_tokens"] = [row for row in made["added_tokens"] if row["content"] in special]
    return made
