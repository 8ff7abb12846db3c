"""Fixtures that every part of the tests shares."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings
from pytest_socket import socket_allow_hosts

# The same examples on every run and no time limit that a busy machine breaks; --hypothesis-profile takes another.
settings.load_profile("ci")

TEXT = """Hello! How are you today? I am fine, thank you. What is your name? My name is Home.
The weather in San Francisco is sunny. Tell me a joke about cats.
{"name":"tool","arguments":{"location":"here"}}
Write two short poems about rain and wind. Thank you, goodbye, see you tomorrow.
"""


@pytest.fixture(autouse=True)
def _no_network() -> None:
    """Nothing leaves this machine; servers on it may be reached. The plugin's teardown lifts this."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def homespun_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of each test's own."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOMESPUN_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with random weights: two layers, 400 tokens, a context of 1,024."""
    import torch

    from models.nets.decoder import Decoder, DecoderConfig
    from models.store import save_model
    from models.tokenizers.bpe import BPETokenizer

    tokenizer = BPETokenizer.train([TEXT] * 4, 400)
    with torch.random.fork_rng():
        torch.manual_seed(7)
        net = Decoder(DecoderConfig.llama(tokenizer.vocab_size, 32, 2, 2, max_positions=1024))
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return save_model(
        folder,
        net,
        tokenizer.to_json(),
        generation={"max_tokens": 24},
        card="# Tiny\n\nRandom weights for tests.\n\nLicense: Apache-2.0\n",
    )
