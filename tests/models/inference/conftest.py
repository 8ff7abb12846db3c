"""Small random decoders whose next token is not the same everywhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import torch

from models.inference.engine import Step
from models.nets.decoder import Decoder, DecoderConfig
from models.tokenizers.bpe import BPETokenizer
from models.tokenizers.fast import Tokenizer

SHAPES = {
    "llama": {},
    "qwen": {"qk_norm": True, "attention_bias": True, "output_bias": False, "tie_embeddings": False},
    "window": {"sliding_window": 9},
    "gpt2": None,
    "sinusoidal": {"positions": "sinusoidal", "activation": "relu2", "mlp_bias": True},
}


def sharpened(config: DecoderConfig, seed: int = 0) -> Decoder:
    """A decoder with weights large enough for its layers to matter and its choices to vary."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = Decoder(config)
        with torch.no_grad():
            for name, parameter in net.named_parameters():
                if parameter.dim() > 1:
                    parameter.normal_(0, 0.3 if "embedding" in name or "head" in name else 0.12)
                elif name.endswith("bias"):
                    parameter.normal_(0, 0.2)
                else:
                    parameter.uniform_(0.5, 1.5)
    return net.eval()


def make_net(shape: str = "llama", vocab_size: int = 160, seed: int = 0, max_positions: int = 128) -> Decoder:
    if shape == "gpt2":
        return sharpened(DecoderConfig.gpt2(vocab_size, 48, 2, 4, max_positions=max_positions), seed)
    config = DecoderConfig.llama(
        vocab_size, 48, 2, 4, num_kv_heads=2, max_positions=max_positions, **SHAPES[shape]
    )
    return sharpened(config, seed)


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    words = '{"name":"get_weather","arguments":{"city":"San Francisco"}} true false null one two three '
    return Tokenizer.from_json(BPETokenizer.train([words * 4], 330).to_json())


@pytest.fixture(scope="session", params=list(SHAPES))
def shaped_net(request: pytest.FixtureRequest) -> Decoder:
    return make_net(request.param)


@pytest.fixture(scope="session")
def build_net() -> Callable[..., Decoder]:
    return make_net


@pytest.fixture(scope="session")
def net() -> Decoder:
    return make_net()


@pytest.fixture(scope="session")
def talker(tokenizer: Tokenizer) -> Decoder:
    """A net over the tokenizer's vocabulary, with a few rows more, as padded vocabularies have."""
    return make_net(vocab_size=tokenizer.vocab_size + 6, max_positions=1024)


class SlowDecoder(torch.nn.Module):
    """A decoder that counts its passes, and can be told to take its time."""

    def __init__(self, net: Decoder, seconds: float = 0) -> None:
        super().__init__()
        self.net, self.config, self.device, self.new_cache = net, net.config, net.device, net.new_cache
        self.seconds, self.passes = seconds, list[int]()

    def forward(self, ids: torch.Tensor, **options: object) -> torch.Tensor:
        self.passes.append(ids.shape[1])
        time.sleep(self.seconds)
        return self.net(ids, **options)


@pytest.fixture(scope="session")
def slow_decoder() -> type[SlowDecoder]:
    return SlowDecoder


@pytest.fixture(scope="session")
def tokens_of() -> Callable[[Iterator[Step]], list[int]]:
    """The output of an engine, without the step that ends it."""
    return lambda steps: [step.token for step in steps if step.finish is None]
