import json

import pytest

from finetune.config import TrainConfig
from homespun.errors import UsageError


def test_strings_are_read_by_the_fields_type() -> None:
    config = TrainConfig().with_overrides(
        {
            "max_tokens": "2e6",
            "batch_tokens": "8_192",
            "lr": "1e-3",
            "max_minutes": "none",
            "init_from": "none",
            "name": "1234",
            "model.hidden_size": "192",
            "model.qk_norm": "false",
            "model.activation": "gelu",
        }
    )
    assert (config.max_tokens, config.batch_tokens, config.lr, config.max_minutes) == (
        2_000_000,
        8192,
        1e-3,
        None,
    )
    assert config.init_from is None
    assert config.name == "1234"
    assert config.model == {"hidden_size": 192, "qk_norm": False, "activation": "gelu"}


def test_a_stored_configuration_reads_back_equal() -> None:
    config = TrainConfig(tokens="a", out="b", max_tokens=5, model={"hidden_size": 8})
    assert TrainConfig().with_overrides(json.loads(json.dumps(config.to_dict()))) == config


def test_an_unknown_key_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="Did you mean max_tokens"):
        TrainConfig().with_overrides({"max_token": "1"})


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("window", "1.5", "whole number"),
        ("window", "inf", "whole number"),
        ("window", "-4", "at least 1"),
        ("lr", "fast", "a number"),
        ("packing", "tight", "stream, documents"),
        ("model", "big", "JSON object"),
        ("max_minutes", "0", "more than 0"),
        ("batch_tokens", "8", "at least one window"),
    ],
)
def test_a_value_that_makes_no_sense_is_told(key: str, value: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        TrainConfig().with_overrides({key: value})


def test_a_stage_always_has_an_end() -> None:
    config = TrainConfig()
    assert config.max_tokens is not None or config.max_minutes is not None
