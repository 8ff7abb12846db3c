"""The likelihood of a text: every token once, and the same as anybody else would reckon it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import tokenizers
import torch
from hypothesis import given
from hypothesis import strategies as st

from homespun.errors import CorruptWeights, ModelNotFound, UsageError
from models.inference.likelihood import TextLikelihood, TextLoss, load_likelihood, text_loss, windows
from models.interop.huggingface import to_transformers
from models.store import LoadedModel, load_model

TEXT = "Hello! The weather is sunny today. Tell me a joke about two cats, please. Grüße, 東京! "


@pytest.fixture(scope="module")
def tiny(tiny_model: Path) -> LoadedModel:
    return load_model(tiny_model)


def _ids(tiny: LoadedModel, text: str) -> torch.Tensor:
    return torch.tensor([[tiny.tokenizer.special("<|endoftext|>"), *tiny.tokenizer.encode(text)]])


def test_a_short_text_costs_what_one_pass_over_it_says(tiny: LoadedModel) -> None:
    ids = _ids(tiny, TEXT)
    logits = tiny.net(ids[:, :-1])[0]
    chosen = logits.log_softmax(-1)[torch.arange(len(logits)), ids[0, 1:]]
    found = text_loss(tiny.net, tiny.tokenizer, TEXT)
    assert found.nats == pytest.approx(-float(chosen.double().sum()), rel=1e-6)
    assert found.tokens == len(tiny.tokenizer.encode(TEXT))
    assert found.bytes == len(TEXT.encode())
    assert found.right == int((logits.argmax(-1) == ids[0, 1:]).sum())


def test_it_is_the_loss_of_transformers_on_the_exported_model(tiny: LoadedModel, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    to_transformers(tiny.net, tmp_path / "theirs", tiny.tokenizer)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "theirs")
    ids = _ids(tiny, TEXT)
    with torch.inference_mode():
        wanted = float(theirs(ids, labels=ids).loss)  # the mean over all tokens but the first
    found = text_loss(tiny.net, tiny.tokenizer, TEXT)
    assert found.nats / found.tokens == pytest.approx(wanted, rel=1e-5)
    # And the folder that was exported is a model too.
    again = load_likelihood(f"hf:{tmp_path / 'theirs'}")(TEXT)
    assert (again.nats, again.tokens, again.right) == (
        pytest.approx(found.nats, rel=1e-5),
        found.tokens,
        found.right,
    )


@given(st.integers(0, 300), st.integers(1, 60), st.data())
def test_windows_count_every_token_once_with_the_context_they_promise(
    count: int, window: int, data: st.DataObject
) -> None:
    stride = data.draw(st.integers(1, window))
    laid = list(windows(count, window, stride))
    assert [place for one in laid for place in range(one.first, one.end)] == list(range(count))
    for number, one in enumerate(laid):
        assert one.start <= one.first < one.end <= one.start + window
        assert number == 0 or one.first - one.start == window - stride


@pytest.mark.parametrize(("window", "stride"), [(16, 8), (16, 16), (7, 3), (16, 1), (1, 1)])
def test_long_texts_cost_what_each_window_says_by_itself(tiny: LoadedModel, window: int, stride: int) -> None:
    ids = _ids(tiny, TEXT)[0]
    count = len(ids) - 1
    wanted, done, start = 0.0, 0, 0
    while done < count:
        end = min(start + window, count)
        chances = tiny.net(ids[None, start:end])[0].log_softmax(-1)
        wanted -= sum(float(chances[place - start, ids[place + 1]]) for place in range(done, end))
        done, start = end, start + stride
    found = text_loss(tiny.net, tiny.tokenizer, TEXT, window=window, stride=stride)
    assert found.tokens == count
    assert found.nats == pytest.approx(wanted, rel=1e-5)


def test_a_text_longer_than_the_context_is_read_to_its_end(tiny: LoadedModel) -> None:
    long = TEXT * 40
    found = text_loss(tiny.net, tiny.tokenizer, long)
    assert found.tokens == len(tiny.tokenizer.encode(long)) > tiny.net.config.max_positions
    # Random weights guess almost evenly.
    assert found.nats / found.tokens == pytest.approx(math.log(tiny.net.config.vocab_size), rel=0.05)
    assert found == text_loss(tiny.net, tiny.tokenizer, long)


def test_an_empty_text_costs_nothing(tiny: LoadedModel) -> None:
    assert text_loss(tiny.net, tiny.tokenizer, "") == TextLoss(0.0, 0, 0, 0)


def test_what_looks_like_a_special_token_is_characters(tiny: LoadedModel) -> None:
    assert text_loss(tiny.net, tiny.tokenizer, "<|end|>").tokens > 1


def test_half_a_surrogate_pair_is_read_as_a_replacement(tiny: LoadedModel) -> None:
    broken = text_loss(tiny.net, tiny.tokenizer, "a\ud800b")
    assert broken == text_loss(tiny.net, tiny.tokenizer, "a\ufffdb")
    assert broken.bytes == 5


@pytest.mark.parametrize(("window", "stride"), [(0, None), (2000, None), (8, 0), (8, 9)])
def test_windows_that_do_not_fit_are_refused(tiny: LoadedModel, window: int, stride: int | None) -> None:
    with pytest.raises(UsageError, match="must"):
        text_loss(tiny.net, tiny.tokenizer, TEXT, window=window, stride=stride)


def test_a_model_is_loaded_by_its_address(tiny_model: Path, tiny: LoadedModel) -> None:
    model = load_likelihood(str(tiny_model), window=64)
    assert model(TEXT) == text_loss(tiny.net, tiny.tokenizer, TEXT, window=64)
    assert model.parameters == tiny.net.num_parameters()
    assert model.fingerprint != load_likelihood(str(tiny_model)).fingerprint
    with pytest.raises(ModelNotFound, match="no model named"):
        load_likelihood("nobody")


def test_a_foreign_tokenizer_begins_texts_as_its_checkpoint_says(tiny: LoadedModel, tmp_path: Path) -> None:
    folder = tmp_path / "foreign"
    to_transformers(tiny.net, folder, tiny.tokenizer)
    words = {word: number for number, word in enumerate(["[UNK]", "hello", "world", "<s>"])}
    foreign = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    foreign.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    foreign.save(str(folder / "tokenizer.json"))
    path = folder / "config.json"
    config = json.loads(path.read_text()) | {"bos_token_id": 3}
    path.write_text(json.dumps(config))

    found = load_likelihood(f"hf:{folder}")("hello world hello")
    logits = tiny.net(torch.tensor([[3, 1, 2]]))[0].log_softmax(-1)
    assert found.tokens == 3
    assert found.nats == pytest.approx(-float(logits[0, 1] + logits[1, 2] + logits[2, 1]), rel=1e-5)

    path.write_text(json.dumps(config | {"bos_token_id": None, "eos_token_id": None}))
    with pytest.raises(UsageError, match="no bos_token_id"):
        load_likelihood(f"hf:{folder}")
    (folder / "tokenizer.json").write_text("{}")
    path.write_text(json.dumps(config))
    with pytest.raises(CorruptWeights, match=r"tokenizer\.json"):
        load_likelihood(f"hf:{folder}")


def test_a_model_of_transformers_is_read_as_ours_are(checkpoint: Callable[[str], Path]) -> None:
    from transformers import AutoModelForCausalLM

    folder = checkpoint("gemma")
    model = load_likelihood(f"hf:{folder}", window=40, stride=40)
    theirs = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    tokens = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json")).encode(TEXT).ids
    ids = torch.tensor([[2, *tokens]])
    nats = 0.0
    with torch.inference_mode():
        for window in windows(len(tokens), 40, 40):
            logits = theirs(ids[:, window.start : window.end]).logits[0].log_softmax(-1)
            targets = ids[0, window.start + 1 : window.end + 1]
            nats -= float(logits[torch.arange(len(targets)), targets].sum())
    found = model(TEXT)
    assert found.tokens == len(tokens) > 40
    assert found.nats == pytest.approx(nats, rel=1e-5)
    assert model.parameters == theirs.num_parameters()


def test_reading_leaves_no_gradients(tiny: LoadedModel) -> None:
    assert isinstance(TextLikelihood(tiny.net, tiny.tokenizer)(TEXT).nats, float)
    assert torch.is_grad_enabled()
