"""The readable tokenizer: round trips, forging, merges, files, and equal ids in the Rust runtime."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Runtime

from homespun.errors import HomespunError, UsageError
from models.tokenizers.bpe import BPETokenizer
from models.tokenizers.fast import Tokenizer
from models.tokenizers.special import BYTE_OFFSET, FIRST_MERGE, SPECIALS

# Beside random characters, those that meet the borders of the pattern: letters that form learnt merges, space
# of all kinds, line breaks, marks, joiners, emoji, digits of many scripts, controls, parts of special tokens.
TRICKY = list(
    "aeinr dhtBé'sre\"<|>{}=_-.,!? \t\r\n\x0b\x0c\x00\x1c\x1f\x7f\x85\u00a0\u1680\u2003\u2028\u3000\ufeff"
)
TRICKY += list("\u0301\u094d\u0651\u200c\u200d\ufe0f\u20e3👩👧❤🇩🇪🏽0٣१½²①\u0378\U000e0100\U0010ffff")
TRICKY += ["<|end|>", "<|user|>", "\r\n", "'re", "'LL", "human", "люди", "الناس", "मनुष्यों", "自由", "すべて"]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(TRICKY), max_size=40).map("".join))


@settings(max_examples=1500, deadline=None)
@given(text=TEXTS)
@example(text="\r\n\r\n \n\u00a0\u00a0 a")
def test_ids_equal_those_of_the_rust_runtime_and_round_trip(
    bpe: BPETokenizer, fast: Tokenizer, text: str
) -> None:
    ids = bpe.encode(text)
    assert ids == fast.encode(text)
    assert all(token >= BYTE_OFFSET for token in ids)
    assert bpe.decode(ids) == text == fast.decode(ids)


@pytest.mark.parametrize("script", ["latin", "cyrillic", "arabic", "devanagari", "han"])
def test_five_scripts_have_equal_ids_and_are_compressed(
    bpe: BPETokenizer, fast: Tokenizer, scripts: dict[str, str], script: str
) -> None:
    text = scripts[script] * 5
    ids = bpe.encode(text)
    assert ids == fast.encode(text)
    assert bpe.decode(ids) == text
    assert len(ids) < len(text.encode()) / 3


def test_the_exported_file_alone_gives_equal_ids(
    bpe: BPETokenizer, scripts: dict[str, str], tmp_path: Path
) -> None:
    bpe.save(tmp_path / "tokenizer.json")
    runtime = Runtime.from_file(str(tmp_path / "tokenizer.json"))
    text = "".join(scripts.values())
    assert runtime.encode(text).ids == bpe.encode(text)
    assert runtime.decode(bpe.encode(text)) == text
    assert [runtime.token_to_id(name) for name in SPECIALS] == list(range(16))
    assert runtime.get_vocab_size() == bpe.vocab_size


@settings(max_examples=300, deadline=None)
@given(ids=st.lists(st.integers(0, 699), max_size=60))
def test_any_ids_decode_to_the_same_text_in_all_runtimes(
    bpe: BPETokenizer, fast: Tokenizer, ids: list[int]
) -> None:
    runtime = Runtime.from_str(fast.json)
    for skip in (True, False):
        text = bpe.decode(ids, skip_special=skip)
        assert text == fast.decode(ids, skip_special=skip)
        assert text == runtime.decode(ids, skip_special_tokens=skip)


@pytest.mark.parametrize("name", SPECIALS)
def test_special_tokens_cannot_be_forged(bpe: BPETokenizer, fast: Tokenizer, name: str) -> None:
    for text in (name, f"a{name}b", f" {name}\n", name * 3):
        for tokenizer in (bpe, fast):
            ids = tokenizer.encode(text)
            assert min(ids) >= BYTE_OFFSET
            assert tokenizer.decode(ids) == text


def test_no_token_but_the_special_one_spells_a_special_token() -> None:
    greedy = BPETokenizer.train([" ".join(SPECIALS)] * 50, 500)
    assert all(
        greedy.token_bytes(token) != name.encode()
        for token in range(16, greedy.vocab_size)
        for name in SPECIALS
    )


def test_bytes_come_first_and_merges_after(bpe: BPETokenizer) -> None:
    assert [bpe.token_bytes(16 + byte) for byte in range(256)] == [bytes([byte]) for byte in range(256)]
    for rank, (left, right) in enumerate(bpe.merges):
        assert bpe.token_bytes(FIRST_MERGE + rank) == bpe.token_bytes(left) + bpe.token_bytes(right)
    assert bpe.vocab_size == 700 == FIRST_MERGE + len(bpe.merges)


def test_training_does_not_depend_on_the_order_of_texts_and_takes_a_stream(scripts: dict[str, str]) -> None:
    texts = [line * 2 for line in scripts.values()]
    forward = BPETokenizer.train(iter(texts), 700)
    backward = BPETokenizer.train(reversed(texts), 700)
    assert forward.to_json() == backward.to_json()


def test_training_on_little_text_gives_a_smaller_vocabulary() -> None:
    tokenizer = BPETokenizer.train(["abab"], 5000)
    assert [tokenizer.token_bytes(token) for token in range(FIRST_MERGE, tokenizer.vocab_size)] == [b"ab"]
    assert BPETokenizer.train([], 300).vocab_size == FIRST_MERGE


@pytest.mark.parametrize("size", [0, 271, 2_000_000])
def test_a_vocabulary_size_out_of_range_is_refused(size: int) -> None:
    with pytest.raises(UsageError, match="vocab_size must be between"):
        BPETokenizer.train(["a"], size)


def test_a_lone_surrogate_becomes_the_replacement_character(bpe: BPETokenizer, fast: Tokenizer) -> None:
    assert bpe.decode(bpe.encode("a\ud800b\ud83d\ude00")) == "a\ufffdb😀"
    assert fast.encode("a\ud800b\ud83d\ude00") == bpe.encode("a\ud800b\ud83d\ude00")
    assert BPETokenizer.train(["a\ud800" * 9], 280).vocab_size > FIRST_MERGE


@settings(max_examples=200, deadline=None)
@given(text=TEXTS)
def test_explain_shows_the_merges_in_order(bpe: BPETokenizer, text: str) -> None:
    shown = bpe.explain(text)
    assert [token for item in shown for token in item.ids] == bpe.encode(text)
    for item in shown:
        # The earliest learnt pair goes first, so ranks never fall.
        assert item.merges == sorted(item.merges)
        assert item.steps[0] == [bytes([byte]) for byte in item.pretoken.encode()]
        assert item.steps[-1] == [bpe.token_bytes(token) for token in item.ids]
        for rank, (old, new) in zip(item.merges, pairwise(item.steps), strict=True):
            left, right = (bpe.token_bytes(token) for token in bpe.merges[rank])
            assert len(new) == len(old) - 1
            assert any(
                new == [*old[:i], left + right, *old[i + 2 :]] and old[i] == left for i in range(len(new))
            )
            assert old.count(left + right) < new.count(left + right)
            assert right in old


def test_explain_reads_well() -> None:
    tokenizer = BPETokenizer.train([" hug hug hug pug pug"], 280)
    text = str(tokenizer.explain(" hug")[0])
    assert text.splitlines()[0] == f"' hug' -> {tokenizer.encode(' hug')}"
    assert text.splitlines()[1].endswith("bytes: Ġ h u g")
    assert "merge 0: Ġ h ug" in text


def test_save_and_load_keep_everything(bpe: BPETokenizer, tmp_path: Path) -> None:
    bpe.save(tmp_path / "tokenizer.json")
    loaded = BPETokenizer.load(tmp_path / "tokenizer.json")
    assert loaded.merges == bpe.merges
    assert loaded.to_json() == bpe.to_json() == (tmp_path / "tokenizer.json").read_text("utf-8")


def damaged(bpe: BPETokenizer) -> dict[str, str]:
    good = bpe.to_json()
    content = json.loads(good)
    without_merge = json.loads(good)
    del without_merge["model"]["merges"][7]
    other_pattern = json.loads(good)
    other_pattern["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "."
    content["model"]["merges"][3] = ["Ġ", "no such token"]
    return {
        "cut short": good[: len(good) // 2],
        "empty": "",
        "not an object": "[1]",
        "something else": '{"model": {"type": "Unigram"}}',
        "unknown token": json.dumps(content),
        "a merge is missing": json.dumps(without_merge),
        "another pattern": json.dumps(other_pattern),
    }


KINDS = [
    "cut short",
    "empty",
    "not an object",
    "something else",
    "unknown token",
    "a merge is missing",
    "another pattern",
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_gives_one_clear_line(bpe: BPETokenizer, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(damaged(bpe)[kind], encoding="utf-8")
    with pytest.raises(HomespunError, match=r"tokenizer\.json is damaged") as caught:
        BPETokenizer.load(path)
    assert "\n" not in str(caught.value)


def test_a_missing_or_binary_file_gives_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(HomespunError, match=r"nothing\.json can't be read: No such file"):
        BPETokenizer.load(tmp_path / "nothing.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(HomespunError, match="not UTF-8"):
        BPETokenizer.load(tmp_path / "binary.json")


@pytest.mark.parametrize("merges", [[(16, 272)], [(3, 20)], [(20, 21), (20, 21)], [(-1, 20)]])
def test_impossible_merges_are_refused(merges: list[tuple[int, int]]) -> None:
    with pytest.raises(HomespunError):
        BPETokenizer(merges)


@pytest.mark.parametrize("token", [-1, 700])
def test_an_id_outside_the_vocabulary_is_refused(bpe: BPETokenizer, fast: Tokenizer, token: int) -> None:
    for tokenizer in (bpe, fast):
        with pytest.raises(UsageError, match="outside the vocabulary of 700"):
            tokenizer.decode([20, token])
        with pytest.raises(UsageError, match="outside the vocabulary"):
            tokenizer.token_bytes(token)
