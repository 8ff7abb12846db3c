"""Architectures that aren't ours, through `transformers`, by our engine."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from homespun.errors import CorruptWeights, UsageError

pytest.importorskip("transformers")

import torch

from models.inference.engine import NO_TOKEN, Engine, Request, Step
from models.interop.causal import CausalNet, load_causal
from models.interop.loading import context_length, load_net
from models.nets.decoder import Decoder

# With and without a sliding window, parallel blocks, experts, ALiBi; none has a cache that can be trusted
# where `cached` is false.
KINDS: dict[str, tuple[bool, dict[str, Any]]] = {
    "gemma2": (True, {"sliding_window": 8}),
    "phi": (True, {}),
    "smollm3": (True, {}),
    "bloom": (True, {}),
    "mixtral": (True, {"sliding_window": 8}),
    "mamba": (False, {"state_size": 8}),
    "rwkv": (False, {}),
}
SIZES = {
    "vocab_size": 96,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "num_local_experts": 4,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "n_layer": 2,
    "n_head": 4,
}


def made(kind: str, folder: Path, **values: Any) -> Any:
    """A model of transformers whose layers matter, and its folder."""
    from transformers import AutoConfig, AutoModelForCausalLM

    with torch.random.fork_rng():
        torch.manual_seed(4)
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **SIZES, **values)).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.dim() > 1:
                    parameter.normal_(0, 0.2)
    model.save_pretrained(folder)
    return model


def whole_passes(model: Any, prompt: list[int], count: int) -> tuple[list[int], torch.Tensor]:
    ids, rows = list(prompt), []
    with torch.inference_mode():
        for _ in range(count):
            rows.append(model(torch.tensor([ids]), use_cache=False).logits[0, -1])
            ids.append(int(rows[-1].argmax()))
    return ids[len(prompt) :], torch.stack(rows)


@pytest.mark.parametrize("kind", list(KINDS))
def test_the_engine_decodes_as_transformers_computes(kind: str, tmp_path: Path) -> None:
    cached, values = KINDS[kind]
    model = made(kind, tmp_path / "m", **values)
    net = load_net(tmp_path / "m")
    assert isinstance(net, CausalNet)
    assert net.cached == cached
    engine, random = Engine(net), np.random.default_rng(0)
    for length in (1, 7, 30):
        prompt = random.integers(3, 90, length).tolist()
        expected, rows = whole_passes(model, prompt, 10)
        steps = list(engine.generate(Request(prompt, max_tokens=10, logprobs=96)))[:-1]
        assert [step.token for step in steps] == expected
        ours = torch.tensor([[value for _, value in sorted(step.top)] for step in steps])
        torch.testing.assert_close(ours, rows.log_softmax(-1), atol=1e-4, rtol=0)


def test_sequences_of_several_tokens_at_once_give_the_same_rows(tmp_path: Path) -> None:
    model = made("gemma2", tmp_path / "m", sliding_window=8)
    net = load_causal(tmp_path / "m")
    ids = torch.randint(3, 90, (1, 40), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        cache = net.new_cache(1, 40)
        parts = [net(part, cache=cache) for part in ids.split([9, 1, 14, 16], 1)]
        torch.testing.assert_close(torch.cat(parts, 1), model(ids).logits, atol=1e-4, rtol=0)
        assert net(ids, last_only=True).shape == (1, 1, 96)
    assert cache.length == 40


def test_what_ours_cannot_compute_falls_to_transformers_by_itself(tmp_path: Path) -> None:
    plain = made("qwen2", tmp_path / "plain")
    some = made("qwen2", tmp_path / "some", use_sliding_window=True, sliding_window=8, max_window_layers=1)
    assert isinstance(load_net(tmp_path / "plain"), Decoder)
    mixed = load_net(tmp_path / "some")  # a window in only some layers
    assert isinstance(mixed, CausalNet)
    prompt = list(range(5, 35))
    for model, net in ((plain, load_net(tmp_path / "plain")), (some, mixed)):
        tokens = [step.token for step in Engine(net).generate(Request(prompt, max_tokens=6))][:-1]
        assert tokens == whole_passes(model, prompt, 6)[0]


def test_stops_deadlines_and_the_context_end_an_output(tmp_path: Path) -> None:
    model = made("phi", tmp_path / "m")
    engine = Engine(load_causal(tmp_path / "m"))
    tokens = whole_passes(model, [5, 6], 12)[0]
    end = next(token for token in tokens if token != tokens[0])
    stopped = list(engine.generate(Request([5, 6], stop_ids=frozenset({end}))))
    assert [step.token for step in stopped] == tokens[: tokens.index(end) + 1]
    assert [step.finish for step in stopped] == [None] * tokens.index(end) + ["stop"]
    assert list(engine.generate(Request([5], deadline=0))) == [Step(NO_TOKEN, finish="deadline")]
    full = list(engine.generate(Request(list(range(3, 93)) * 2 + [5] * 74, max_tokens=50)))
    assert (len(full), full[-1].finish) == (3, "length")
    with pytest.raises(UsageError, match="256"):
        engine.generate(Request([5] * 256))


def test_weights_in_half_precision_are_computed_in_full(tmp_path: Path) -> None:
    made("phi", tmp_path / "m").bfloat16().save_pretrained(tmp_path / "half")
    net = load_causal(tmp_path / "half")
    assert {parameter.dtype for parameter in net.parameters()} == {torch.float32}
    assert not any(parameter.requires_grad for parameter in net.parameters())


def test_an_encoder_is_no_language_model(tmp_path: Path) -> None:
    made("bert", tmp_path / "m")
    with pytest.raises(UsageError, match="no causal language model"):
        load_causal(tmp_path / "m")


@pytest.fixture(scope="module")
def phi(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phi") / "m"
    made("phi", folder)
    return folder


def copied(folder: Path, to: Path, **config: Any) -> Path:
    shutil.copytree(folder, to)
    values = json.loads((to / "config.json").read_text()) | config
    (to / "config.json").write_text(json.dumps(values))
    return to


@pytest.mark.parametrize(
    ("values", "error", "said"),
    [
        ({"num_hidden_layers": 3}, CorruptWeights, r"missing model\.layers\.2"),
        ({"num_hidden_layers": 1}, CorruptWeights, r"left over model\.layers\.1"),
        ({"hidden_size": 40}, CorruptWeights, "of a wrong shape"),
        ({"model_type": "t5"}, UsageError, "'t5'"),
        ({"model_type": None}, UsageError, "None"),
        ({"quantization_config": {"bits": 4}}, UsageError, "quantised"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(
    phi: Path, tmp_path: Path, values: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        load_net(copied(phi, tmp_path / "m", **values))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_damaged_pickled_or_mixed_files_are_refused(phi: Path, tmp_path: Path) -> None:
    cut = copied(phi, tmp_path / "cut")
    data = (cut / "model.safetensors").read_bytes()
    (cut / "model.safetensors").write_bytes(data[:-100])
    with pytest.raises(CorruptWeights, match="cut"):
        load_causal(cut)
    (cut / "model.safetensors").rename(cut / "pytorch_model.bin")
    with pytest.raises(UsageError, match="safetensors"):
        load_causal(cut)
    mixed = copied(phi, tmp_path / "mixed")
    (mixed / "adapter_config.json").write_text('{"peft_type": "LORA", "base_model_name_or_path": "x"}')
    with pytest.raises(UsageError, match="adapter"):
        load_causal(mixed)


def test_weights_that_give_no_numbers_are_refused(tmp_path: Path) -> None:
    model = made("phi", tmp_path / "m")
    with torch.no_grad():
        model.lm_head.weight[7] = float("nan")
    model.save_pretrained(tmp_path / "m")
    with pytest.raises(CorruptWeights, match="not-a-number"):
        load_causal(tmp_path / "m")


def test_code_beside_a_checkpoint_is_never_run(phi: Path, tmp_path: Path) -> None:
    trap = "import pathlib; pathlib.Path(__file__).with_name('ran').touch()\n"
    for kind in ("phi", "mymodel"):
        folder = copied(
            phi,
            tmp_path / kind,
            model_type=kind,
            auto_map={"AutoConfig": "trap.Config", "AutoModelForCausalLM": "trap.Model"},
        )
        (folder / "trap.py").write_text(trap)
        if kind == "phi":
            load_causal(folder)
        else:
            with pytest.raises(UsageError, match="mymodel"):
                load_causal(folder)
        assert not (folder / "ran").exists()
    assert not [name for name in sys.modules if name.startswith("transformers_modules.")]


def test_loading_says_nothing_and_leaves_transformers_logging_as_it_was(
    phi: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils import logging as theirs

    before = theirs.get_verbosity(), theirs.is_progress_bar_enabled()
    load_causal(phi)
    with pytest.raises(CorruptWeights):
        load_causal(copied(phi, tmp_path / "m", num_hidden_layers=3))
    assert capfd.readouterr() == ("", "")
    assert (theirs.get_verbosity(), theirs.is_progress_bar_enabled()) == before


@pytest.mark.parametrize(
    ("values", "length"),
    [
        ({"model_type": "phi", "max_position_embeddings": 77}, 77),
        ({"model_type": "gemma3", "text_config": {"max_position_embeddings": 99}}, 99),
        ({"model_type": "gemma3_text"}, 131072),  # silent: what transformers takes
        ({"model_type": "mamba"}, 2048),  # without bound
        (
            {"model_type": "gpt2", "vocab_size": 9, "n_embd": 8, "n_layer": 1, "n_head": 2, "n_positions": 5},
            5,
        ),
    ],
)
def test_the_context_is_known_without_weights(values: dict[str, Any], length: int) -> None:
    assert context_length(values) == length
