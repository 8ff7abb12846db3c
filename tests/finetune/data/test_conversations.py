"""The generated conversations: well formed, repeatable, consistent, apart from what judges the model."""

import re
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.data.conversations import conversations, talks
from finetune.data.conversations.grammar import expand, plural, punctuate, with_article
from finetune.data.conversations.recall import attributes
from finetune.data.conversations.relations import relations
from finetune.data.conversations.scenes import load_scenes
from finetune.data.conversations.style import Voice, restyle

OPENERS = Path(__file__).parents[2] / "data" / "openers.txt"
SCENE_FILES = (
    "greetings", "closings", "persona", "smalltalk", "limits", "feelings", "advice", "creative", "followups",
    "explain", "ask_fun",
)  # fmt: skip


def plain(text: str) -> str:
    """The text without case, punctuation and doubled spaces."""
    return " ".join(re.sub(r"[^\w\s]", "", text.casefold()).split())


@pytest.fixture(scope="module")
def sample() -> list[list[dict[str, str]]]:
    return list(conversations(3, 4000))


def users(conversation: list[dict[str, str]]) -> list[str]:
    return [message["content"] for message in conversation if message["role"] == "user"]


def test_equal_seeds_give_equal_conversations_and_other_seeds_others() -> None:
    first = list(conversations(7, 60))
    assert first == list(conversations(7, 60))
    assert first[:20] == list(conversations(7, 20))
    assert first != list(conversations(8, 60))


def test_roles_alternate_from_an_optional_system_message_to_the_assistant(sample) -> None:
    for conversation in sample:
        roles = [message["role"] for message in conversation]
        if roles[0] == "system":
            roles = roles[1:]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert roles


def test_messages_are_clean_and_replies_are_short(sample) -> None:
    for conversation in sample:
        for message in conversation:
            text = message["content"]
            assert text == text.strip()
            assert text
            assert not re.search(r"[\x01\x02{}]", text), text
            if message["role"] == "assistant":
                assert len(text.split()) <= 60, text
                assert "  " not in text
                assert not re.search(r"[?!]\.|(?<!\.)\.\.(?!\.)", text), text


def test_a_fifth_of_the_conversations_open_with_a_system_message(sample) -> None:
    share = sum(conversation[0]["role"] == "system" for conversation in sample) / len(sample)
    assert 0.15 < share < 0.35


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_every_recalled_value_was_told_earlier(seed: int) -> None:
    for talk in talks(seed, 12):
        for index, value in talk.recalls:
            reply = talk.messages[index]
            assert reply["role"] == "assistant"
            assert value.lower() in reply["content"].lower()
            # "my" comes back as "your", "I" as "you": compare what stays the same.
            same = re.sub(r"\b(my|i|your|you|are|am|me)\b", "", value.lower()).split()
            told = " ".join(message["content"].lower() for message in talk.messages[:index])
            told = told.replace("'", "")
            assert all(word.replace("'", "") in told for word in same), (value, talk.messages)


def test_recalls_are_common_and_reach_over_several_turns() -> None:
    distances = []
    for talk in talks(5, 600):
        for index, value in talk.recalls:
            told = [at for at, message in enumerate(talk.messages[:index]) if value in message["content"]]
            distances += [(index - told[0]) // 2] if told else []
    assert len(distances) > 300
    assert sum(distance >= 3 for distance in distances) > 30


def test_a_name_in_a_reply_was_given_before(sample) -> None:
    found = 0
    for conversation in sample:
        for at, message in enumerate(conversation):
            match = re.match(
                r"(?:Your name is|You told me that your name is) ((?:(?! and )[^.!,])+)\.$",
                message["content"],
            )
            if match and message["role"] == "assistant":
                before = " ".join(other["content"].lower() for other in conversation[:at])
                assert match[1].lower() in before
                found += 1
    assert found > 50


CORRECTION = re.compile(
    r"(actually|sorry|wait|no, wait|oh, i made a mistake|correction|i was wrong|that was wrong|i made a typo)"
    r"[:,] (it's|it is|its|i meant|make that|i wanted to say) ",
    re.IGNORECASE,
)


def test_a_correction_replaces_the_old_value() -> None:
    corrected = repeated = 0
    for talk in talks(21, 3000):
        lines = [message["content"] for message in talk.messages]
        for at, line in enumerate(lines[:-1]):
            match = re.search(r"your favourite (\w+) is (.+?)\.", lines[at + 1])
            if talk.messages[at]["role"] == "user" and CORRECTION.match(line) and match:
                kind, value = match.groups()
                assert value.lower() in line.lower()
                corrected += 1
                for later in lines[at + 2 :]:
                    again = re.match(rf"Your favourite {kind} is (.+?)(?:\.|, you(?:r|'re)? .+)$", later)
                    if again:
                        repeated += 1
                        assert again[1] == value
    assert corrected > 10
    assert repeated > 0, repeated


def test_first_lines_are_varied(sample) -> None:
    first = [users(conversation)[0] for conversation in islice(conversations(11, 5000), 5000)]
    assert len(set(first)) / len(first) >= 0.6
    assert max(first.count(line) for line in set(first[:300])) < 60


def test_no_opener_is_trained_on() -> None:
    openers = {plain(line) for line in OPENERS.read_text(encoding="utf-8").splitlines() if line.strip()}
    assert len(openers) == 30
    for conversation in conversations(1, 20000):
        for line in users(conversation):
            assert plain(line) not in openers, line


def test_no_pattern_equals_an_opener_before_restyling() -> None:
    openers = {plain(line) for line in OPENERS.read_text(encoding="utf-8").splitlines()}
    rng = Random(0)
    for file in SCENE_FILES:
        for scene in load_scenes(file):
            for part in scene.parts[::2]:
                for pattern in part:
                    for _ in range(60):
                        assert plain(expand(pattern, rng)) not in openers, pattern


@pytest.mark.parametrize("file", SCENE_FILES)
def test_every_pattern_expands(file: str) -> None:
    for scene in load_scenes(file):
        for part in scene.parts:
            for pattern in part:
                for seed in range(4):
                    text = expand(pattern, Random(seed), {"me": "Homespun"})
                    assert not re.search(r"[\[\]{}|]", text), (scene.name, text)
                    assert text or pattern == "x"


def test_tables_of_facts_have_no_key_twice() -> None:
    for table in relations():
        keys = [key for key, _ in table.pairs]
        assert len(keys) == len(set(keys)), table.name
        assert all(value for _, value in table.pairs)
    assert sum(len(table.pairs) for table in relations()) > 400


def test_attributes_have_all_parts() -> None:
    assert {"name", "city", "favourite", "relation", "pet"} <= set(attributes())
    assert all(attribute.answers and attribute.system for attribute in attributes().values())


def test_unbalanced_patterns_are_refused() -> None:
    with pytest.raises(ValueError, match="unclosed"):
        expand("a [b|c", Random(0))


def test_questions_and_answers_share_their_slots() -> None:
    slots: dict[str, str] = {}
    first = expand("I like {food}", Random(1), slots)
    assert expand("{food}", Random(2), slots) == first.removeprefix("I like ")


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("Hello! How are you.", "Hello! How are you?"),
        ("Good! Tell me more?", "Good! Tell me more."),
        ("How nice! What is it called", "How nice! What is it called?"),
        ("Have a nice day!", "Have a nice day!"),
        ("What you type stays here.", "What you type stays here."),
        ("Nice. And you?", "Nice. And you?"),
    ],
)
def test_punctuation_fits_the_sentence(text: str, mended: str) -> None:
    assert punctuate(text) == mended


def test_articles_and_plurals() -> None:
    assert [with_article(word) for word in ("owl", "uncle", "cat", "unicorn")] == [
        "an owl",
        "an uncle",
        "a cat",
        "a unicorn",
    ]
    assert [plural(words) for words in ("bold wolf", "quick postman", "small fox")] == [
        "bold wolves",
        "quick postmen",
        "small foxes",
    ]
    assert [plural(word) for word in ("fox", "puppy", "wolf", "monkey")] == [
        "foxes",
        "puppies",
        "wolves",
        "monkeys",
    ]


def test_slot_values_survive_every_slip() -> None:
    voice = Voice(
        lower=True,
        bare=True,
        keep_values=True,
        american=True,
        apostrophes=False,
        slips=1.0,
        short=1.0,
        lead=1.0,
        casual=1.0,
        polite=1.0,
        wordy=0.0,
    )
    for seed in range(50):
        text = restyle("What is the name of \x01The Weather You Know\x02?", voice, Random(seed))
        assert "The Weather You Know" in text
        assert "\x01" not in text
