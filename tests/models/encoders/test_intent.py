"""Intents: what is read of a conversation, and an adapter's labels."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from homespun.errors import CorruptWeights, UsageError
from models.blocks.lora import LoRAConfig, adapted, adapter_state
from models.encoders.adapters import save_adapter, update_settings
from models.encoders.intent import IntentClassifier, texts
from models.encoders.trunk import locate, open_trunk

LENGTHS = {"max_length": 64, "stride": 16, "most_first": 24}


@pytest.fixture
def folder(tmp_path):
    """An adapter that changes nothing, whose head prefers the second of three intents."""
    source = locate()
    trunk = open_trunk(source)
    lora = LoRAConfig(rank=1, alpha=1.0)
    head = nn.Linear(trunk.net.config.hidden_size, 3)
    with torch.no_grad():
        head.weight.zero_()
        head.bias.copy_(torch.tensor([0.0, 2.0, 1.0]))
    return save_adapter(
        tmp_path / "mine",
        task="intent",
        trunk=source.fingerprint,
        lora=lora,
        state=adapter_state(adapted(trunk.net, lora)),
        head=head,
        settings={**LENGTHS, "labels": ["greet", "ask back", "know"]},
        training={},
    )


def test_the_shares_are_those_of_the_labels(folder) -> None:
    seen = IntentClassifier(str(folder)).classify([("assistant", "Yes?"), ("user", "Where do I live?")])
    weights = torch.tensor([0.0, 2.0, 1.0]).softmax(0).tolist()
    assert seen.name == "ask back"
    assert list(seen.shares) == ["greet", "ask back", "know"]
    assert list(seen.shares.values()) == pytest.approx(weights, abs=1e-2)
    assert seen.tokens > 8


def test_a_conversation_without_a_users_message_at_its_end_is_refused(folder) -> None:
    classifier = IntentClassifier(str(folder))
    for turns in ([], [("assistant", "Hello")]):
        with pytest.raises(UsageError, match="user"):
            classifier.classify(turns)


def test_labels_that_do_not_fit_the_head_are_told(folder) -> None:
    for labels in (["a", "b"], ["a", "a", "b"]):
        update_settings(folder, {"labels": labels})
        with pytest.raises(CorruptWeights, match="intents"):
            IntentClassifier(str(folder))


def test_of_long_messages_both_ends_are_read_and_of_the_one_before_the_last_words() -> None:
    before, message = texts("x" * 500 + "Which one?", "begin" + "y" * 900 + "end")
    assert before.endswith("Which one?")
    assert len(before) == 160
    assert message.startswith("begin")
    assert message.endswith("end")
    assert len(message) < 620
    assert texts("", " short ") == ("", "short")
