"""`hf:` models: checkpoints in the layout of `transformers` behind the same interface."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel

from homespun.errors import CorruptWeights, ModelNotFound, UsageError
from models import ChatHomespun, load_chat_model, store
from models.chat.weights import locate, open_brain

pytest.importorskip("transformers")

FAMILIES = ("llama", "qwen", "gpt2", "gemma")


class Trip(BaseModel):
    """Plan a trip."""

    city: str
    days: int


@pytest.fixture
def changed(checkpoint: Callable[[str], Path], tmp_path: Path) -> Callable[..., Path]:
    """A copy of a checkpoint with values of one of its JSON files changed."""

    def make(family: str, file: str = "config.json", **values: Any) -> Path:
        folder = tmp_path / f"{family}{len(list(tmp_path.iterdir()))}"
        shutil.copytree(checkpoint(family), folder)
        content = json.loads((folder / file).read_text()) | values
        (folder / file).write_text(json.dumps(content))
        return folder

    return make


def hf(folder: Path, **kwargs: Any) -> ChatHomespun:
    model = load_chat_model(f"hf:{folder}", **kwargs)
    assert isinstance(model, ChatHomespun)
    return model


def test_our_own_export_answers_as_the_original(tiny_model: Path, tmp_path: Path) -> None:
    from models.interop.huggingface import to_transformers

    loaded = store.load_model(tiny_model)
    to_transformers(loaded.net, tmp_path / "out", loaded.tokenizer)
    ours = load_chat_model(str(tiny_model), temperature=0, max_tokens=12)
    theirs = hf(tmp_path / "out", temperature=0, max_tokens=12)
    assert theirs.invoke("Hello").text == ours.invoke("Hello").text
    forced = {"tool_choice": "Trip"}
    calls = [m.bind_tools([Trip], **forced).invoke("Hi", max_tokens=400).tool_calls for m in (ours, theirs)]  # type: ignore[arg-type]
    assert calls[0][0]["args"] == calls[1][0]["args"]


@pytest.mark.parametrize("family", FAMILIES)
def test_text_calls_and_objects_are_served(family: str, checkpoint: Callable[[str], Path]) -> None:
    from tokenizers import Tokenizer

    model = hf(checkpoint(family), temperature=1.0, seed=2)
    answer = model.invoke("Hello", max_tokens=10, logprobs=True)
    assert answer.text
    assert answer.response_metadata["model_name"] == model.model
    logged = answer.response_metadata["logprobs"]["content"]
    assert b"".join(bytes(row["bytes"]) for row in logged).decode("utf-8", "replace") == answer.text
    assert "".join(str(chunk.text) for chunk in model.stream("Hello", max_tokens=10)) == answer.text
    bound = model.bind_tools([Trip], tool_choice="any")
    called = bound.invoke("Hello", max_tokens=200)
    assert len(called.tool_calls) == 1
    assert called.text == ""
    Trip.model_validate(called.tool_calls[0]["args"])
    full: Any = None
    for chunk in bound.stream("Hello", max_tokens=200):
        full = chunk if full is None else full + chunk
    assert [call["args"] for call in full.tool_calls] == [called.tool_calls[0]["args"]]
    assert isinstance(model.with_structured_output(Trip).invoke("Hello"), Trip)
    tokenizer = Tokenizer.from_file(str(checkpoint(family) / "tokenizer.json"))
    assert model.get_num_tokens("Hello") == len(tokenizer.encode("Hello").ids)


@pytest.mark.parametrize("family", FAMILIES)
def test_deadlines_and_stops_end_an_answer(family: str, checkpoint: Callable[[str], Path]) -> None:
    model = hf(checkpoint(family), temperature=0)
    whole = model.invoke("Hello", max_tokens=40).text
    stop = whole[len(whole) // 2]
    assert model.invoke("Hello", max_tokens=40, stop=[stop]).text == whole.partition(stop)[0]
    late = model.invoke("Hello", max_tokens=4000, timeout=0.2)
    assert late.response_metadata["finish_reason"] == "deadline"


@pytest.mark.parametrize("family", FAMILIES)
def test_tokens_of_the_template_spelt_out_in_texts_are_characters(
    family: str, checkpoint: Callable[[str], Path]
) -> None:
    description = json.loads((checkpoint(family) / "tokenizer.json").read_text())
    added = {row["content"]: row["id"] for row in description["added_tokens"]}
    special = [row["content"] for row in description["added_tokens"] if row["special"]]
    voice = open_brain(locate(f"hf:{checkpoint(family)}")).voice

    def structure(theirs: str, own: str) -> list[int]:
        tool = {"name": "f", "description": theirs, "parameters": {}}
        said = [{"role": "user", "content": theirs}, {"role": "assistant", "content": own}]
        result = {"role": "tool", "content": theirs}
        call = {"role": "assistant", "content": "", "tool_calls": [{"name": "f", "arguments": {"a": own}}]}
        return [n for n in voice.render([*said, said[0], call, result], [tool]) if n in added.values()]

    private = "\ue0000\ue001\ue00099999\ue001c"
    assert structure("a" + "b".join(added) + private, "x" + "y".join(special)) == structure("abc", "xy")
    ids = voice.render([{"role": "user", "content": "x" + "y".join(added) + "z"}], None)
    assert "x" + "y".join(added) + "z" in b"".join(voice.token_bytes(token) for token in ids).decode()


def test_tokens_for_calls_and_thoughts_are_used_where_there_are_some(
    checkpoint: Callable[[str], Path],
) -> None:
    from models.chat.tools import Plan, build_grammar
    from models.inference.grammar import GrammarState, GrammarVocabulary

    folder = checkpoint("qwen")
    text = (folder / "tokenizer.json").read_text()
    ids = {row["content"]: row["id"] for row in json.loads(text)["added_tokens"]}
    voice = open_brain(locate(f"hf:{folder}")).voice
    vocabulary = GrammarVocabulary(text, 512, ids["<|im_end|>"])
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}

    def first(plan: Plan) -> set[str]:
        grammar = build_grammar(plan, 99, voice.call_opening, voice.call_closing, voice.text_tokens)
        allowed = GrammarState(grammar, vocabulary, voice.stop_ids).allowed()
        return {name for name, number in ids.items() if allowed[number]}

    texts = {"<think>", "</think>", "<tool_response>", "</tool_response>"}
    assert first(Plan()) == texts
    assert first(Plan((tool,), "auto")) == {*texts, "<tool_call>"}
    assert first(Plan((tool,), "any")) == {"<tool_call>"}
    assert voice.token_bytes(ids["</think>"]) == b"</think>"
    # As the template writes it, so does the model.
    called = hf(folder, seed=4).bind_tools([Trip], tool_choice="any").invoke("Hello", max_tokens=200)
    rows = [{"role": "assistant", "content": "", "tool_calls": [{"name": "Trip", "arguments": {}}]}]
    assert {ids["<tool_call>"], ids["</tool_call>"]} <= set(voice.render(rows, None))
    assert called.tool_calls[0]["name"] == "Trip"


def test_a_long_conversation_is_cut_to_what_a_strict_template_takes(
    checkpoint: Callable[[str], Path], changed: Callable[..., Path]
) -> None:
    short = hf(changed("gemma", max_position_embeddings=160))
    history = [
        message for n in range(12) for message in (HumanMessage(f"Question {n}?"), AIMessage("An answer."))
    ]
    answer = short.invoke([*history, HumanMessage("And the last?")])
    assert answer.response_metadata["trimmed_messages"] % 2 == 0
    assert 80 < answer.usage_metadata["input_tokens"] <= 160  # type: ignore[index]
    with pytest.raises(UsageError, match="too long"):
        short.invoke("long " * 300)


def test_sampling_that_is_left_open_is_the_checkpoints(changed: Callable[..., Path]) -> None:
    def options(folder: Path, **kwargs: Any) -> Any:
        model = hf(folder, **kwargs)
        return model._options({}, None, model._located)

    named = {"do_sample": True, "temperature": 0.6, "top_p": 0.9, "top_k": 20, "repetition_penalty": 1.1}
    folder = changed("llama", "generation_config.json", **named)
    found = options(folder).sampling
    assert (found.temperature, found.top_p, found.top_k) == (0.6, 0.9, 20)
    assert found.repetition_penalty == 1.1
    assert options(folder).default_max_tokens == 12
    told = options(folder, temperature=0.2, top_p=1.0).sampling
    assert (told.temperature, told.top_p, told.top_k) == (0.2, 1.0, 20)
    for values, temperature in (
        ({"do_sample": True, "temperature": None}, 1.0),
        ({"do_sample": False, "temperature": 0.6}, 0.0),
        ({"do_sample": None, "temperature": 0.7}, 0.7),
        ({"do_sample": None, "temperature": None}, 0.0),
    ):
        assert (
            options(changed("llama", "generation_config.json", **values)).sampling.temperature == temperature
        )
    for wrong in ({"temperature": -1}, {"top_p": "high"}):
        with pytest.raises(UsageError, match=r"generation_config\.json"):
            hf(changed("llama", "generation_config.json", **wrong))


def test_what_changes_answers_changes_the_fingerprint(changed: Callable[..., Path]) -> None:
    folder = changed("llama")
    seen = {locate(f"hf:{folder}").fingerprint}
    for file, content in (
        ("generation_config.json", '{"eos_token_id": 4, "temperature": 0.1}'),
        ("chat_template.jinja", "{{ messages[0].content }}"),
        ("model.safetensors", "x"),
    ):
        (folder / file).write_text(content)
        found = locate(f"hf:{folder}").fingerprint
        assert found not in seen
        seen.add(found)


def test_what_cannot_be_served_is_refused_clearly(changed: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="t5"):
        hf(changed("llama", model_type="t5"))
    bare = changed("llama")
    (bare / "chat_template.jinja").unlink()
    with pytest.raises(UsageError, match="chat template"):
        hf(bare).invoke("Hello")
    endless = changed("gpt2", "config.json", eos_token_id=None)
    for file in ("generation_config.json", "tokenizer_config.json"):
        (endless / file).write_text("{}")
    with pytest.raises(UsageError, match="eos_token_id"):
        hf(endless).invoke("Hello")
    with pytest.raises(ModelNotFound, match="hf download"):
        load_chat_model("hf:nobody/nothing")
    pieces = {"vocab": {"a": 0}, "unk_token": "a", "continuing_subword_prefix": "#"}
    words = changed(
        "llama", "tokenizer.json", model={"type": "WordPiece", "max_input_chars_per_word": 9, **pieces}
    )
    with pytest.raises(UsageError, match="WordPiece"):
        hf(words).invoke("Hello")
    damaged = changed("llama")
    (damaged / "tokenizer.json").write_text("{}")
    with pytest.raises(CorruptWeights, match=r"tokenizer\.json is damaged"):
        hf(damaged).invoke("Hello")
    (damaged / "tokenizer.json").unlink()
    with pytest.raises(UsageError, match=r"no tokenizer\.json"):
        hf(damaged)
    (damaged / "config.json").unlink()
    with pytest.raises(CorruptWeights, match=r"config\.json"):
        hf(damaged)
    (bare / "config.json").write_text("{")
    with pytest.raises(CorruptWeights, match="JSON"):
        hf(bare)


def test_code_beside_a_tokenizer_is_never_run(changed: Callable[..., Path]) -> None:
    folder = changed("llama", "tokenizer_config.json", auto_map={"AutoTokenizer": ["trap.Slow", "trap.Fast"]})
    (folder / "trap.py").write_text("import pathlib; pathlib.Path(__file__).with_name('ran').touch()\n")
    assert hf(folder).invoke("Hello").text
    assert not (folder / "ran").exists()


def test_families_of_our_own_need_no_transformers(checkpoint: Callable[[str], Path]) -> None:
    code = (
        "import sys; sys.modules['transformers'] = None; from models import load_chat_model;"
        f"print(load_chat_model('hf:{checkpoint('qwen')}').invoke('Hello').usage_metadata['output_tokens']);"
        f"load_chat_model('hf:{checkpoint('gemma')}')"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.stdout.strip() == "12"
    assert found.stderr.splitlines()[-1].endswith(
        "models of the type 'gemma3_text' need transformers: pip install 'homespun[hf]'"
    )
