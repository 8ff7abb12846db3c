import subprocess
import sys
from pathlib import Path

import pytest
import torch

from finetune.result import start_net
from homespun.errors import CorruptWeights, UsageError
from models.nets.decoder import Decoder, DecoderConfig
from models.store import load_model, save_model


@pytest.fixture(params=[True, False], ids=["tied", "untied"])
def folder(request: pytest.FixtureRequest, tokenizer_json: str, tmp_path: Path) -> Path:
    config = DecoderConfig.llama(300, 16, 1, 2, max_positions=32, tie_embeddings=request.param)
    return save_model(tmp_path / "model", Decoder(config), tokenizer_json)


def test_a_stage_begins_with_the_weights_of_a_model(folder: Path, tokenizer_json: str) -> None:
    net, tokenizer = start_net(folder, {"dropout": 0.1})
    assert net.config.dropout == 0.1
    assert tokenizer == tokenizer_json
    begun, stored = net.state_dict(), load_model(folder).net.state_dict()
    assert begun.keys() == stored.keys()
    assert all(torch.equal(begun[name], stored[name]) for name in begun)
    assert all(parameter.requires_grad for parameter in net.parameters())


@pytest.mark.parametrize("changes", [{"num_layers": 2}, {"hidden_size": 32}, {"intermediate_size": 24}])
def test_a_shape_that_the_weights_do_not_have_is_refused(folder: Path, changes: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="does not fit"):
        start_net(folder, changes)


def test_altered_weights_are_no_beginning(folder: Path) -> None:
    with (folder / "model.safetensors").open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"~")
    with pytest.raises(CorruptWeights):
        start_net(folder, {})


def test_training_needs_torch_numpy_safetensors_and_tokenizers_only(folder: Path) -> None:
    """As on a GPU machine where nothing else is installed."""
    missing = (
        "pydantic",
        "pydantic_settings",
        "platformdirs",
        "langchain_core",
        "llguidance",
        "psutil",
        "regex",
    )
    code = (
        "import sys\nfrom pathlib import Path\n"
        f"sys.modules.update(dict.fromkeys({missing!r}))\n"
        "import finetune.__main__, finetune.loop, finetune.sample\n"
        "from finetune.config import TrainConfig\n"
        "from finetune.result import start_net, write_model\n"
        "net, tokenizer = start_net(Path(sys.argv[1]), {})\n"
        "write_model(Path(sys.argv[1]), net, tokenizer, {}, TrainConfig(name='bare'))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)
    assert (folder / "README.md").read_text(encoding="utf-8").count("# bare") == 1
    load_model(folder)
