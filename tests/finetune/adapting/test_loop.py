import json
import random

import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

import finetune.adapting.loop
from finetune.adapting.config import AdaptConfig
from finetune.adapting.loop import AdaptTrainer
from finetune.adapting.rows import Mark, Row, write_rows
from finetune.progress import Reporter
from homespun.errors import UsageError
from models.encoders.adapters import WEIGHTS, find_adapter, load_adapter
from models.encoders.trunk import locate, open_trunk
from models.interop.bert import to_bert
from models.nets.encoder import Encoder, EncoderConfig

CLS, SEP = 2, 3


def row(draw: random.Random) -> list[Row]:
    """The token after a 9 is right."""
    words = [draw.randrange(20, 100) for _ in range(12)]
    place = draw.randrange(1, 11)
    words[place] = 9
    ids = [CLS, 10, SEP, *words, SEP]
    return [Row(ids, 3, {3 + place + 1: Mark.START | Mark.END})]


@pytest.fixture
def rows(tmp_path):
    draw = random.Random(0)
    write_rows(tmp_path / "rows" / "train", [row(draw) for _ in range(300)], {"sources": {"made": 300}})
    write_rows(tmp_path / "rows" / "valid", [row(draw) for _ in range(20)], {})
    return tmp_path / "rows"


@pytest.fixture(scope="module")
def trunk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trunk")
    torch.manual_seed(3)
    net = Encoder(EncoderConfig(110, 32, 2, 2, 64, 320))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    to_bert(net, folder)
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "[CLS]": CLS, "[SEP]": SEP}, unk_token="[UNK]"))
    tokenizer.save(str(folder / "tokenizer.json"))
    return str(folder)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def config(rows, out, trunk, **changes):
    given = {
        "trunk": trunk,
        "rows": str(rows),
        "out": str(out),
        "rank": 4,
        "alpha": 4.0,
        "batch_tokens": 640,
        "epochs": 0.4,
        "eval_every": 0,
        "log_every": 1,
        "compile": False,
        "precision": "fp32",
        "threads": 1,
        "settings": {"max_length": 64},
    }
    return AdaptConfig(**{**given, **changes})


def trained(rows, out, trunk, **changes):
    return AdaptTrainer(config(rows, out, trunk, **changes), reporter=Reporter(quiet=True)).run()


def test_a_run_learns_and_leaves_an_adapter(rows, trunk, tmp_path):
    trainer = AdaptTrainer(
        config(rows, tmp_path / "out", trunk, epochs=8, lr=5e-3, head_lr=5e-3, rank=16, alpha=16.0),
        reporter=Reporter(quiet=True),
    )
    before = trainer.validate()
    base = {name: tensor.clone() for name, tensor in trainer.base.state_dict().items()}
    result = trainer.run()
    assert result.valid_loss < 0.8 * before
    assert all(tensor.equal(base[name]) for name, tensor in trainer.base.state_dict().items())
    adapter = find_adapter(result.folder)
    assert adapter.config["task"] == "read"
    assert adapter.settings == {"max_length": 64}
    assert adapter.config["training"]["sources"] == {"made": 300}
    source = locate(trunk)
    net, head = load_adapter(adapter, open_trunk(source), source.fingerprint, "read")
    ids = torch.tensor([[CLS, 10, SEP, 31, 9, 35, SEP]])
    types = torch.tensor([[0, 0, 0, 1, 1, 1, 1]])
    trainer.net.eval()
    ours = trainer.head(trainer.net(ids, types=types))
    assert torch.allclose(head(net(ids, types=types)), ours, atol=0.05)


def test_a_stopped_run_goes_on_as_if_it_had_not_been(rows, trunk, tmp_path):
    whole = trained(rows, tmp_path / "whole", trunk)
    first = AdaptTrainer(config(rows, tmp_path / "parts", trunk), reporter=Reporter(quiet=True))
    for _ in range(2):
        first.train_step()
    first.save()
    second = AdaptTrainer(config(rows, tmp_path / "parts", trunk), resume=True, reporter=Reporter(quiet=True))
    assert second.step == 2
    result = second.run()
    assert (result.steps, result.valid_loss) == (whole.steps, whole.valid_loss)
    files = [(folder / WEIGHTS).read_bytes() for folder in (whole.folder, result.folder)]
    assert files[0] == files[1]


def test_every_shape_is_compiled_before_the_stage_begins_and_changes_nothing(
    rows, trunk, tmp_path, monkeypatch
):
    whole = trained(rows, tmp_path / "whole", trunk)
    seen = []

    class Plain:
        def __init__(self, function, warn, enabled):
            self.function = function

        def __call__(self, ids, *rest):
            seen.append(tuple(ids.shape))
            return self.function(ids, *rest)

    monkeypatch.setattr(finetune.adapting.loop, "Compiled", Plain)
    result = trained(rows, tmp_path / "compiled", trunk, compile=True)
    first = seen[: len(seen) - result.steps]
    assert sorted(first) == sorted({*first})
    assert {*first} >= {*seen}
    assert (whole.folder / WEIGHTS).read_bytes() == (result.folder / WEIGHTS).read_bytes()


def test_whole_tuning_ends_in_the_low_rank_part_of_its_change(rows, trunk, tmp_path):
    result = trained(rows, tmp_path / "full", trunk, full=True, lr=1e-3, epochs=0.2, rank=8)
    adapter = find_adapter(result.folder)
    source = locate(trunk)
    net, _ = load_adapter(adapter, open_trunk(source), source.fingerprint)
    layer = net.layers[0].attention.query
    assert layer.lora_A.shape == (8, 32)
    assert float(layer.lora_B.abs().sum()) > 0


def test_tuning_goes_on_from_another_adapter(rows, trunk, tmp_path):
    one = trained(rows, tmp_path / "one", trunk, epochs=0.2)
    trainer = AdaptTrainer(
        config(rows, tmp_path / "two", trunk, task="fill", init_from=str(one.folder)),
        reporter=Reporter(quiet=True),
    )
    source = locate(trunk)
    net, head = load_adapter(find_adapter(one.folder), open_trunk(source), source.fingerprint)
    assert trainer.head.weight[:2].equal(head.weight)
    assert trainer.net.layers[1].feedforward.up.lora_B.equal(net.layers[1].feedforward.up.lora_B)


def test_a_class_keeps_its_outputs_where_classes_come_in_between(trunk, tmp_path):
    def prepared(name, labels):
        draw = random.Random(1)
        made = [[Row(row(draw)[0].ids, 3, {}, number % len(labels))] for number in range(40)]
        for part in ("train", "valid"):
            write_rows(tmp_path / name / part, made, {"labels": labels})
        return tmp_path / name

    few, more = ["ask", "tell"], ["ask", "greet", "sums", "tell"]
    one = trained(prepared("few", few), tmp_path / "one", trunk, task="intent", epochs=0.2)
    begun = config(prepared("more", more), tmp_path / "two", trunk, task="intent", init_from=str(one.folder))
    trainer = AdaptTrainer(begun, reporter=Reporter(quiet=True))
    source = locate(trunk)
    _, head = load_adapter(find_adapter(one.folder), open_trunk(source), source.fingerprint)
    assert trainer.head.weight[[0, 3]].equal(head.weight)
    assert trainer.head.bias[[0, 3]].equal(head.bias)
    assert not trainer.head.weight[1].equal(head.weight[1])


def test_what_is_kept_may_be_averaged_with_the_beginning_and_training_goes_on_from_its_own(
    rows, trunk, tmp_path
):
    one = trained(rows, tmp_path / "one", trunk, epochs=0.2)
    begun = {"init_from": str(one.folder), "epochs": 0.2, "eval_every": 1, "seed": 3}
    plain = trained(rows, tmp_path / "plain", trunk, **begun)
    mixed = trained(rows, tmp_path / "mixed", trunk, **begun, average=0.25)
    first, last, kept = (load_file(run.folder / WEIGHTS) for run in (one, plain, mixed))
    for name, tensor in kept.items():
        wanted = torch.lerp(last[name].float(), first[name].float(), 0.25)
        assert torch.allclose(tensor.float(), wanted, atol=1e-2), name
    assert any(not kept[name].equal(last[name]) for name in kept)
    assert mixed.valid_loss != plain.valid_loss


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"average": 1.5}, "from 0 to below 1"), ({"average": 0.5}, "needs init_from")],
)
def test_averages_that_make_no_sense_are_told(changes, words):
    with pytest.raises(UsageError, match=words):
        AdaptConfig(**changes)


def test_an_unfinished_run_is_not_overwritten(rows, trunk, tmp_path):
    trainer = AdaptTrainer(config(rows, tmp_path / "out", trunk), reporter=Reporter(quiet=True))
    trainer.train_step()
    trainer.save()
    with pytest.raises(UsageError, match="--resume"):
        AdaptTrainer(config(rows, tmp_path / "out", trunk), reporter=Reporter(quiet=True))
    with pytest.raises(UsageError, match="another shape"):
        AdaptTrainer(
            config(rows, tmp_path / "out", trunk, rank=2), resume=True, reporter=Reporter(quiet=True)
        )
    assert json.loads((tmp_path / "out" / "config.json").read_text())["rank"] == 4


def test_a_run_past_its_minutes_is_done_and_not_more(rows, trunk, tmp_path):
    trainer = AdaptTrainer(
        config(rows, tmp_path / "out", trunk, max_minutes=0.01), reporter=Reporter(quiet=True)
    )
    trainer.elapsed = 100.0
    assert trainer.progress() == 1.0
