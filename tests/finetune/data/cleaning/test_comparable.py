"""What differs in case and marks only is the same; what training reads otherwise isn't."""

import numpy as np
import pytest

from finetune.data.cleaning.comparable import WordHashes, key, runs, words


@pytest.mark.parametrize(
    "text", ["What's THIS?", "whats  this", "What’s—this!", "ｗｈａｔｓ this", "what\u200bs th\u00adis"]
)
def test_case_punctuation_apostrophes_and_what_nobody_sees_do_not_count(text: str) -> None:
    assert words(text) == ["whats", "this"]


def test_numbers_and_underscores_part_as_people_read_them() -> None:
    assert words("cone_temperature: 1,060 °C") == ["cone", "temperature", "1", "060", "c"]


def _talk(answer: str = "Hi!", **more: object) -> list[dict[str, object]]:
    return [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": answer, **more}]


def test_documents_are_equal_only_if_training_reads_them_alike() -> None:
    assert key(_talk()) == key(
        [{"role": "user", "content": "hello!"}, {"role": "assistant", "content": "hi"}]
    )
    assert key("A cat.") == key("a cat")
    call = {"name": "greet", "arguments": {"whom": "Ada"}}
    different = [
        _talk(),
        _talk("Ho!"),
        _talk(memory=""),
        _talk(memory="(greeting)"),
        _talk(tool_calls=[call]),
        _talk(":-)"),
        _talk(":-("),
        _talk()[:1],
        "Hello Hi!",
    ]
    assert len({key(one) for one in different}) == len(different)  # type: ignore[arg-type]


def test_equal_runs_of_words_and_only_those_have_equal_hashes() -> None:
    hashes = WordHashes()
    one = runs(hashes.of(["the", "cat", "sat", "on", "the", "mat"]), 3)
    two = runs(hashes.of(["a", "dog", "and", "the", "cat", "sat", "on"]), 3)
    assert (len(one), len(two)) == (4, 5)
    assert sorted(np.intersect1d(one, two)) == sorted(one[:2])
    assert one[0] != runs(hashes.of(["sat", "cat", "the"]), 3)[0]
    assert len(runs(hashes.of(["the", "cat"]), 3)) == 0
    assert int(one[0]) == 11828181802075009228, "hashes differ from those of another machine"
