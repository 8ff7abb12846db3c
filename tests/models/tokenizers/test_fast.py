"""The tokenizer over the Rust runtime; equality of ids is tested with the readable one."""

import threading
from pathlib import Path

import pytest

from homespun.errors import HomespunError, UsageError
from models.tokenizers.bpe import BPETokenizer
from models.tokenizers.fast import Tokenizer
from models.tokenizers.special import BYTE_OFFSET, SPECIALS


def test_tokens_have_the_bytes_of_the_readable_tokenizer(bpe: BPETokenizer, fast: Tokenizer) -> None:
    assert fast.vocab_size == bpe.vocab_size
    assert [fast.token_bytes(t) for t in range(700)] == [bpe.token_bytes(t) for t in range(700)]
    assert {fast.token_bytes(token) for token in range(BYTE_OFFSET)} == {b""}


def test_a_batch_equals_its_texts_one_by_one(fast: Tokenizer, scripts: dict[str, str]) -> None:
    texts = [*scripts.values(), "", "<|end|>", "a\ud800"]
    assert fast.encode_batch(texts) == [fast.encode(text) for text in texts]
    assert fast.encode_batch([]) == []


def test_special_tokens_are_found_by_either_name(bpe: BPETokenizer, fast: Tokenizer) -> None:
    for tokenizer in (bpe, fast):
        assert [tokenizer.special(name) for name in SPECIALS] == list(range(16))
        assert [tokenizer.special(name.strip("<|>")) for name in SPECIALS] == list(range(16))
        with pytest.raises(UsageError, match="no special token is named 'ende'"):
            tokenizer.special("ende")


def test_special_tokens_are_shown_only_when_asked(fast: Tokenizer) -> None:
    ids = [0, *fast.encode("hi"), 8]
    assert fast.decode(ids) == "hi"
    assert fast.decode(ids, skip_special=False) == "<|endoftext|>hi<|end|>"


def test_json_makes_an_equal_tokenizer(fast: Tokenizer, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(fast.json, encoding="utf-8")
    again = Tokenizer.load(tmp_path / "tokenizer.json")
    assert again.json == fast.json
    assert again.encode("human beings <|end|>") == fast.encode("human beings <|end|>")


def test_a_megabyte_of_one_character_is_encoded(bpe: BPETokenizer, fast: Tokenizer) -> None:
    for text in (" " * 1_000_000, "語" * 333_333):
        ids = fast.encode(text)
        assert fast.decode(ids) == text
        assert ids == bpe.encode(text)


def test_threads_share_one_tokenizer(fast: Tokenizer, scripts: dict[str, str]) -> None:
    expected = [fast.encode(text) for text in scripts.values()]
    results: list[list[list[int]]] = []

    def work() -> None:
        for _ in range(20):
            results.append([fast.encode(text) for text in scripts.values()])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 80


@pytest.mark.parametrize("content", ["", "{}", "not json", '{"version":"1.0"}'])
def test_a_damaged_file_gives_one_clear_line(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(HomespunError, match=r"tokenizer\.json is damaged or no tokenizer") as caught:
        Tokenizer.load(path)
    assert "\n" not in str(caught.value)


def test_a_foreign_vocabulary_is_refused() -> None:
    from tokenizers import Tokenizer as Runtime
    from tokenizers.models import BPE

    foreign = Runtime(BPE(vocab={"a": 0, "b": 1}, merges=[]))
    with pytest.raises(HomespunError, match="does not begin with this project's special tokens"):
        Tokenizer.from_json(foreign.to_str())


def test_a_missing_file_gives_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(HomespunError, match="can't be read: No such file"):
        Tokenizer.load(tmp_path / "tokenizer.json")
