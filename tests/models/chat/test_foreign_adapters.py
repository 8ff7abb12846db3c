"""`hf:<model>+<adapter>`: adapters that PEFT wrote, on our decoder and on a model of `transformers`."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers")
pytest.importorskip("peft")

import torch
from safetensors.torch import load_file, save_file

from homespun.errors import CorruptWeights, HomespunError, ModelNotFound, UsageError
from models import ChatHomespun, load_chat_model
from models.chat.weights import locate, open_brain
from models.inference.engine import Request

SHAPES: dict[str, dict[str, Any]] = {
    "llama": {"target_modules": ["q_proj", "v_proj", "down_proj"], "use_rslora": True},
    "qwen": {"target_modules": ["q_proj", "k_proj", "o_proj"], "use_dora": True},
    "gpt2": {"target_modules": ["c_attn", "c_fc"], "fan_in_fan_out": True},
    "gemma": {"target_modules": ["q_proj", "v_proj", "gate_proj"], "use_dora": True},
}


def write_adapter(base: Path, folder: Path, seed: int = 0, **shape: Any) -> Any:
    """An adapter as PEFT writes it, large enough to change what is said; gives PEFT's model."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # PEFT asks transformers for what will be renamed
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_pretrained(base, local_files_only=True)
        made = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, **shape))
        with torch.no_grad():
            for name, parameter in made.named_parameters():
                if "lora_" in name:
                    parameter.normal_(0, 0.3)
        made.save_pretrained(folder)
    return made.eval()


@pytest.fixture(scope="module")
def adapter(
    checkpoint: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Path, Path, Any]]:
    """The folders of a base and of an adapter on it, and PEFT's model, by family."""
    made: dict[str, tuple[Path, Path, Any]] = {}

    def make(family: str) -> tuple[Path, Path, Any]:
        if family not in made:
            folder = tmp_path_factory.mktemp("adapters") / family
            model = write_adapter(checkpoint(family), folder, **SHAPES[family])
            made[family] = checkpoint(family), folder, model
        return made[family]

    return make


def greedy(name: str, prompt: list[int], count: int = 12) -> list[int]:
    brain = open_brain(locate(name))
    return [step.token for step in brain.steps(Request(prompt, max_tokens=count)) if step.finish is None]


def theirs(model: Any, prompt: list[int], count: int = 12) -> list[int]:
    ids = list(prompt)
    with torch.inference_mode():
        for _ in range(count):
            ids.append(int(model(torch.tensor([ids]), use_cache=False).logits[0, -1].argmax()))
    return ids[len(prompt) :]


@pytest.mark.parametrize("family", list(SHAPES))
def test_an_adapter_answers_as_in_peft_and_its_base_as_before(
    family: str, adapter: Callable[[str], tuple[Path, Path, Any]]
) -> None:
    base, folder, model = adapter(family)
    changed = 0
    for prompt in ([5, 9, 40], list(range(30, 60)), [7]):
        plain = greedy(f"hf:{base}", prompt)
        with_it = greedy(f"hf:{base}+{folder}", prompt)
        assert with_it == theirs(model, prompt)
        with model.disable_adapter():
            assert plain == theirs(model, prompt)
        changed += with_it != plain
    assert changed > 1


def test_adapters_share_their_base_and_are_chosen_by_the_request(
    adapter: Callable[[str], tuple[Path, Path, Any]], tmp_path: Path
) -> None:
    base, folder, _ = adapter("llama")
    write_adapter(base, tmp_path / "other", seed=5, target_modules=["q_proj", "up_proj"])
    names = [f"hf:{base}", f"hf:{base}+{folder}", f"hf:{base}+{tmp_path / 'other'}"]
    model = load_chat_model(names[0], temperature=0, max_tokens=24)
    answers = [model.invoke("Hello", model=name) for name in names]
    assert len({answer.text for answer in answers}) == 3
    assert [answer.response_metadata["model_name"] for answer in answers] == names
    assert model.invoke("Hello").text == answers[0].text
    nets: list[Any] = [open_brain(locate(name)).net for name in names]
    assert len({net.embedding.weight.data_ptr() for net in nets}) == 1


@pytest.mark.parametrize("family", ["llama", "gemma"])
def test_tools_and_streams_work_with_an_adapter(
    family: str, adapter: Callable[[str], tuple[Path, Path, Any]]
) -> None:
    def weather(city: str) -> str:
        """Say the weather."""
        return city

    base, folder, _ = adapter(family)
    model = load_chat_model(f"hf:{base}+{folder}", seed=1)
    assert isinstance(model, ChatHomespun)
    assert "".join(str(c.text) for c in model.stream("Hi")) == model.invoke("Hi").text
    [call] = model.bind_tools([weather], tool_choice="any").invoke("Hi").tool_calls
    assert list(call["args"]) == ["city"]


def test_the_fingerprint_is_of_both(adapter: Callable[[str], tuple[Path, Path, Any]], tmp_path: Path) -> None:
    base, folder, _ = adapter("llama")
    copy = shutil.copytree(folder, tmp_path / "copy")
    name = f"hf:{base}+{copy}"
    first = locate(name)
    assert first.fingerprint == locate(f"hf:{base}+{folder}").fingerprint
    assert first.fingerprint != locate(f"hf:{base}").fingerprint
    config = json.loads((copy / "adapter_config.json").read_text())
    (copy / "adapter_config.json").write_text(json.dumps(config | {"lora_alpha": 16}))
    second = locate(name)
    state = load_file(copy / "adapter_model.safetensors")
    key = next(iter(state))
    state[key][0, 0] += 1
    save_file(state, copy / "adapter_model.safetensors")
    assert len({first.fingerprint, second.fingerprint, locate(name).fingerprint}) == 3


def test_names_may_hold_a_plus(adapter: Callable[[str], tuple[Path, Path, Any]], tmp_path: Path) -> None:
    base, folder, _ = adapter("llama")
    (tmp_path / "a+b").symlink_to(base)
    (tmp_path / "c+d").symlink_to(folder)
    assert locate(f"hf:{tmp_path}/a+b").adapter is None
    both = locate(f"hf:{tmp_path}/a+b+{tmp_path}/c+d")
    assert (both.folder, both.adapter) == (base.resolve(), folder.resolve())


def broken(folder: Path, to: Path, **config: Any) -> Path:
    shutil.copytree(folder, to)
    values = json.loads((to / "adapter_config.json").read_text()) | config
    (to / "adapter_config.json").write_text(json.dumps(values))
    return to


def test_what_is_no_adapter_is_refused_when_it_is_named(
    adapter: Callable[[str], tuple[Path, Path, Any]], tmp_path: Path
) -> None:
    base, folder, _ = adapter("llama")
    with pytest.raises(ModelNotFound, match="nowhere"):
        locate(f"hf:{base}+nowhere")
    with pytest.raises(ModelNotFound):
        locate(f"hf:{base}+")
    with pytest.raises(UsageError, match="no adapter"):
        locate(f"hf:{base}+{base}")
    with pytest.raises(UsageError, match=r"is an adapter, no model: use hf:.*llama\+"):
        locate(f"hf:{folder}")
    with pytest.raises(UsageError, match="'IA3'"):
        locate(f"hf:{base}+{broken(folder, tmp_path / 'a', peft_type='IA3')}")
    pickled = broken(folder, tmp_path / "b")
    (pickled / "adapter_model.safetensors").rename(pickled / "adapter_model.bin")
    with pytest.raises(UsageError, match="safetensors"):
        locate(f"hf:{base}+{pickled}")
    (pickled / "adapter_config.json").write_text("{")
    with pytest.raises(CorruptWeights, match="JSON"):
        locate(f"hf:{base}+{pickled}")


@pytest.mark.parametrize("family", ["llama", "gemma"])
@pytest.mark.parametrize("damage", ["cut", "rank", "missing", "left over", "other model", "not-a-number"])
def test_a_damaged_or_mismatched_adapter_is_refused_in_one_line(
    family: str,
    damage: str,
    adapter: Callable[[str], tuple[Path, Path, Any]],
    checkpoint: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    base, folder, _ = adapter(family)
    bad = broken(folder, tmp_path / "bad", **({"r": 8} if damage == "rank" else {}))
    weights = bad / "adapter_model.safetensors"
    state = load_file(weights)
    keys = sorted(state)
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-50])
    elif damage == "missing":
        save_file({key: state[key] for key in keys[1:]}, weights)
    elif damage == "left over":
        save_file(state | {keys[0].replace(".0.", ".7."): state[keys[0]].clone()}, weights)
    elif damage == "other model":
        save_file({key: torch.cat([tensor, tensor]) for key, tensor in state.items()}, weights)
    elif damage == "not-a-number":
        state[keys[0]][0, 0] = float("nan")
        save_file(state, weights)
    with pytest.raises(HomespunError) as caught:
        load_chat_model(f"hf:{base}+{bad}").invoke("Hello")
    assert "\n" not in str(caught.value)
    assert str(bad) in str(caught.value)
