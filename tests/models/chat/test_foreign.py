"""`hf:` models: checkpoints in the layout of `transformers` behind the same interface."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from homespun.errors import CorruptWeights, ModelNotFound, UsageError
from models import load_chat_model, store

pytest.importorskip("transformers")

CHATML = (
    "{% if tools %}<|im_start|>system\n{{ tools | tojson }}<|im_end|>\n{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
    "{% for c in m.tool_calls or [] %}<tool_call>\n{{ c.function | tojson }}\n</tool_call>{% endfor %}"
    "<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class Trip(BaseModel):
    """Plan a trip."""

    city: str
    days: int


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["Hello there, how are you today?"] * 3, trainer)
    return tokenizer


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    from models.interop.huggingface import to_transformers
    from models.nets.decoder import Decoder, DecoderConfig

    folder = tmp_path_factory.mktemp("hf") / "chatml"
    with torch.random.fork_rng():
        torch.manual_seed(3)
        net = Decoder(DecoderConfig.llama(320, 32, 2, 2, max_positions=768))
    to_transformers(net, folder)
    _tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "eos_token": "<|im_end|>",
                "chat_template": CHATML,
                "clean_up_tokenization_spaces": False,
            }
        )
    )
    return folder


def test_our_own_export_answers_as_the_original(tiny_model: Path, tmp_path: Path) -> None:
    from models.interop.huggingface import to_transformers

    loaded = store.load_model(tiny_model)
    to_transformers(loaded.net, tmp_path / "out", loaded.tokenizer)
    ours = load_chat_model(str(tiny_model), temperature=0, max_tokens=12)
    theirs = load_chat_model(f"hf:{tmp_path / 'out'}", temperature=0, max_tokens=12)
    assert theirs.invoke("Hello").text == ours.invoke("Hello").text
    forced = {"tool_choice": "Trip"}
    calls = [m.bind_tools([Trip], **forced).invoke("Hi", max_tokens=400).tool_calls for m in (ours, theirs)]  # type: ignore[arg-type]
    assert calls[0][0]["args"] == calls[1][0]["args"]


def test_a_foreign_template_serves_text_calls_and_objects(foreign: Path) -> None:
    model = load_chat_model(f"hf:{foreign}", temperature=1.0, seed=2)
    answer = model.invoke("Hello", max_tokens=10)
    assert answer.text
    assert answer.response_metadata["model_name"] == f"hf:{foreign}"
    bound = model.bind_tools([Trip], tool_choice="any")
    called = bound.invoke("Hello")
    assert len(called.tool_calls) == 1
    assert called.text == ""
    Trip.model_validate(called.tool_calls[0]["args"])
    full: Any = None
    for chunk in bound.stream("Hello"):
        full = chunk if full is None else full + chunk
    assert [call["args"] for call in full.tool_calls] == [called.tool_calls[0]["args"]]
    assert isinstance(model.with_structured_output(Trip).invoke("Hello"), Trip)
    assert model.get_num_tokens("Hello") == len(_tokenizer().encode("Hello").ids)


def test_what_cannot_be_served_is_refused_clearly(foreign: Path, tmp_path: Path) -> None:
    import shutil

    def changed(name: str, file: str, **values: Any) -> str:
        folder = shutil.copytree(foreign, tmp_path / name)
        content = json.loads((folder / file).read_text()) | values
        (folder / file).write_text(json.dumps(content))
        return f"hf:{folder}"

    with pytest.raises(UsageError, match="bloom"):
        load_chat_model(changed("a", "config.json", model_type="bloom"))
    with pytest.raises(UsageError, match="chat template"):
        load_chat_model(changed("b", "tokenizer_config.json", chat_template=None)).invoke("Hello")
    with pytest.raises(ModelNotFound, match="hf download"):
        load_chat_model("hf:nobody/nothing")
    with pytest.raises(UsageError, match="adapters"):
        load_chat_model(f"hf:{foreign}+adapter")
    (tmp_path / "a" / "config.json").write_text("{")
    with pytest.raises(CorruptWeights, match="JSON"):
        load_chat_model(f"hf:{tmp_path / 'a'}")
