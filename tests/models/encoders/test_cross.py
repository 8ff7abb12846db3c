import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from homespun.errors import CorruptWeights, ModelNotFound, UsageError
from models.encoders.cross import CrossEncoder
from models.encoders.pairs import entailment, kind_of

PAIRS = [
    ("the cat sat on the mat .", "a cat sat ."),
    ("lina found the old ring near the river .", "the ring was in the town ."),
    ("a dog ran .", "a dog ran to the house and sat on it ."),
]
NLI = {0: "contradiction", 1: "entailment", 2: "neutral"}
BERT = {
    "vocab_size": 110,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
}
T5 = {"vocab_size": 110, "d_model": 24, "d_kv": 12, "d_ff": 32, "num_layers": 2, "num_heads": 2}
T5 |= {"decoder_start_token_id": 0, "pad_token_id": 0, "eos_token_id": 4, "feed_forward_proj": "gated-gelu"}


def shaken(net):
    """Weights so large that inputs clearly show in the scores."""
    torch.manual_seed(6)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return net.eval()


def classifier(folder: Path, **config: object):
    from transformers import BertConfig, BertForSequenceClassification

    net = shaken(BertForSequenceClassification(BertConfig(**BERT, **config)))
    net.save_pretrained(folder)
    return net


def tokenizer_of(folder: Path):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


@pytest.fixture
def folder(tmp_path: Path, write_tokenizer: Callable[..., None]) -> Path:
    made = tmp_path / "checkpoint"
    made.mkdir()
    write_tokenizer(made, eos_token="</s>")
    return made


@torch.inference_mode()
@pytest.mark.parametrize(
    ("config", "read"),
    [
        ({"num_labels": 1}, lambda logits: logits.sigmoid()[:, 0]),
        ({"num_labels": 2}, lambda logits: logits.softmax(-1)[:, 1]),
        ({"id2label": NLI, "label2id": {}}, lambda logits: logits.softmax(-1)[:, 1]),
        ({"id2label": {0: "SUPPORTED", 1: "not_supported"}}, lambda logits: logits.softmax(-1)[:, 0]),
    ],
    ids=["logit", "unnamed", "nli", "named"],
)
def test_classifiers_read_the_pair_and_the_label_that_means_support(folder: Path, config: dict, read) -> None:
    net = classifier(folder, **config)
    inputs = tokenizer_of(folder)(*map(list, zip(*PAIRS, strict=True)), padding=True, return_tensors="pt")
    wanted = read(net(**inputs).logits)
    found = CrossEncoder(str(folder)).score(PAIRS)
    torch.testing.assert_close(torch.tensor(found), wanted, atol=1e-5, rtol=0)
    assert len({round(value, 3) for value in found}) > 1


@torch.inference_mode()
def test_minicheck_joins_the_pair_by_the_end_of_sequence(folder: Path) -> None:
    named = folder.rename(folder.parent / "MiniCheck-Tiny")
    net = classifier(named, num_labels=2)
    texts = [f"{premise}</s>{claim}" for premise, claim in PAIRS]
    inputs = tokenizer_of(named)(texts, padding=True, return_tensors="pt")
    wanted = net(**inputs).logits.softmax(-1)[:, 1]
    torch.testing.assert_close(torch.tensor(CrossEncoder(str(named)).score(PAIRS)), wanted, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_minicheck_on_t5_answers_with_its_first_token(folder: Path) -> None:
    from transformers import T5Config, T5ForConditionalGeneration

    named = folder.rename(folder.parent / "MiniCheck-Flan-T5-Tiny")
    net = shaken(T5ForConditionalGeneration(T5Config(**T5)))
    net.save_pretrained(named)
    tokenizer = tokenizer_of(named)
    no, yes = tokenizer.convert_tokens_to_ids(["0", "1"])
    texts = [f"predict: {premise}</s>{claim}" for premise, claim in PAIRS]
    inputs = tokenizer(texts, padding=True, return_tensors="pt", return_token_type_ids=False)
    logits = net(**inputs, decoder_input_ids=torch.zeros(3, 1, dtype=torch.long)).logits[:, 0]
    wanted = logits[:, [no, yes]].softmax(-1)[:, 1]
    torch.testing.assert_close(torch.tensor(CrossEncoder(str(named)).score(PAIRS)), wanted, atol=1e-5, rtol=0)


@pytest.fixture
def hhem(folder: Path, tmp_path: Path, write_tokenizer: Callable[..., None]):
    """A checkpoint as HHEM-2.1 is published: weights under "t5.", code of its own, shape elsewhere."""
    from transformers import T5Config, T5ForTokenClassification

    base = tmp_path / "foundation"
    base.mkdir()
    write_tokenizer(base, 512, eos_token="</s>")
    config = T5Config(**T5, num_labels=2)
    config.save_pretrained(base)
    net = shaken(T5ForTokenClassification(config))
    state = {f"t5.{name}": tensor.clone() for name, tensor in net.state_dict().items()}
    # Two names of one tensor, of which a file holds one.
    del state["t5.transformer.encoder.embed_tokens.weight"]
    save_file(state, folder / "model.safetensors")
    values = {
        "architectures": ["HHEMv2ForSequenceClassification"],
        "model_type": "HHEMv2Config",
        "auto_map": {"AutoConfig": "configuration_hhem_v2.HHEMv2Config"},
        "foundation": str(base),
    }
    (folder / "config.json").write_text(json.dumps(values))
    (folder / "configuration_hhem_v2.py").write_text("raise RuntimeError('I was run')")
    return net, values


@torch.inference_mode()
def test_hhem_2_is_read_without_running_its_code(folder: Path, hhem) -> None:
    net, values = hhem
    prompt = "<pad> Determine if the hypothesis is true given the premise?\n\nPremise: {}\n\nHypothesis: {}"
    texts = [prompt.format(*pair) for pair in PAIRS]
    tokenizer = tokenizer_of(Path(values["foundation"]))
    inputs = tokenizer(texts, padding=True, return_tensors="pt", return_token_type_ids=False)
    wanted = net(**inputs).logits[:, 0].softmax(-1)[:, 1]
    torch.testing.assert_close(
        torch.tensor(CrossEncoder(str(folder)).score(PAIRS)), wanted, atol=1e-5, rtol=0
    )


def test_hhem_2_without_its_foundation_or_with_wrong_weights_is_refused(folder: Path, hhem) -> None:
    _, values = hhem
    tensors = load_file(folder / "model.safetensors")
    save_file(
        {name: t for name, t in tensors.items() if "classifier" not in name}, folder / "model.safetensors"
    )
    with pytest.raises(CorruptWeights, match="classifier"):
        CrossEncoder(str(folder)).score(PAIRS)
    (folder / "config.json").write_text(json.dumps(values | {"foundation": "google/flan-t5-base"}))
    with pytest.raises(UsageError, match="hf download google/flan-t5-base"):
        CrossEncoder(str(folder)).score(PAIRS)


def test_of_a_long_premise_the_best_supported_piece_counts(folder: Path) -> None:
    classifier(folder, num_labels=2)
    encoder = CrossEncoder(str(folder))
    sentences = ["the cat sat on the mat .", "a dog ran to the old town .", "the ring was in the river ."] * 6
    premise, claim = " ".join(sentences), "a silver ring was found ."
    pieces = encoder._asker.pieces(premise, claim)
    assert len(pieces) > 1
    assert " ".join(pieces) == premise
    assert all(piece.endswith(" .") for piece in pieces)
    length = len(encoder._asker.tokenizer("", claim).input_ids)
    assert all(len(encoder._asker.tokenizer(piece, claim).input_ids) <= 64 for piece in pieces), length
    [whole] = encoder.score([(premise, claim)])
    assert whole == pytest.approx(max(encoder.score([(piece, claim) for piece in pieces])), abs=1e-6)


def test_a_premise_without_sentence_ends_is_cut_between_words_and_one_word_anywhere(folder: Path) -> None:
    classifier(folder, num_labels=2)
    asker = CrossEncoder(str(folder))._asker
    assert " ".join(asker.pieces("silver ring " * 60, "a cat")).split() == ["silver", "ring"] * 60
    word = "xyz" * 30  # for the tokenizer nothing but letters
    assert "".join(asker.pieces(word, "a cat")) == word
    with pytest.raises(UsageError, match="too long"):
        asker.pieces("the cat sat " * 40, "the dog ran " * 40)


def test_braces_in_texts_are_only_texts(folder: Path) -> None:
    named = folder.rename(folder.parent / "FactCG-Tiny")
    classifier(named, num_labels=2)
    written = CrossEncoder(str(named))._asker._write("{claim} {0}", "{premise}")
    assert written.startswith("{claim} {0}\n\nChoose")
    assert '"{premise}"?' in written


def test_scores_do_not_depend_on_order_and_nothing_is_loaded_before_the_first(folder: Path) -> None:
    classifier(folder, num_labels=1)
    encoder = CrossEncoder(str(folder), threads=1)
    fingerprint = encoder.fingerprint
    assert encoder.score(PAIRS[::-1] * 4)[::-1] == pytest.approx(encoder.score(PAIRS) * 4, abs=1e-6)
    assert encoder.score([]) == []
    (folder / "model.safetensors").unlink()
    late = CrossEncoder(str(folder))
    assert late.fingerprint != fingerprint
    with pytest.raises(CorruptWeights, match="can't be loaded"):
        late.score(PAIRS)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"architectures": ["BertModel"]}, "classify"),
        ({}, "no architecture"),
        ({"architectures": ["T5ForConditionalGeneration"]}, "MiniCheck-Flan-T5"),
        ({"architectures": ["XForSequenceClassification"], "auto_map": {}}, "code"),
        ({"architectures": ["XForSequenceClassification"], "id2label": {"0": "a", "1": "b"}}, "a, b"),
        (
            {"architectures": ["XForSequenceClassification"], "id2label": {"0": "yes", "1": "true"}},
            "yes, true",
        ),
        (
            {
                "architectures": ["XForSequenceClassification"],
                "id2label": {str(i): f"LABEL_{i}" for i in range(3)},
            },
            "LABEL_2",
        ),
    ],
)
def test_what_it_cannot_ask_is_refused(config: dict, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        kind_of(config, "org/name")


def test_labels_are_found_by_name() -> None:
    for labels, wanted in (
        ({"0": "ENTAILMENT", "1": "NEUTRAL", "2": "CONTRADICTION"}, 0),
        ({"0": "not_entailment", "1": "entailment"}, 1),
        ({"0": "unsupported", "1": "supported"}, 1),
        ({"0": "LABEL_0", "1": "LABEL_1"}, 1),
    ):
        assert entailment({"id2label": labels}, "x") == wanted


def test_addresses_that_lead_nowhere_say_so() -> None:
    with pytest.raises(ModelNotFound, match="hf download"):
        CrossEncoder("org/none-of-this-name")
    with pytest.raises(UsageError, match="threads"):
        CrossEncoder("org/none-of-this-name", threads=0)
