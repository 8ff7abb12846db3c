from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.language_models import BaseChatModel, ModelProfile
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from homespun.errors import HomespunError, ModelNotFound, UsageError
from homespun.text.sentences import split
from rag.judges.chat import ANSWER_TOKENS, Chat, probability
from rag.judges.loading import load_judge

PAIR = ("Lina found the ring near the river.", "Lina found a ring.")


class Says(BaseChatModel):
    """Answers with its words; counts a character as a token."""

    words: str = "yes"
    metadata_: dict[str, Any] = Field(default_factory=dict)
    context: int | None = None
    heard: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "says"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"words": self.words}

    def _resolve_model_profile(self) -> ModelProfile | None:
        return None if self.context is None else ModelProfile(max_input_tokens=self.context)

    def get_token_ids(self, text: str) -> list[int]:
        return list(range(len(text)))

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        self.heard.append(messages)
        message = AIMessage(self.words, response_metadata=self.metadata_)
        return ChatResult(generations=[ChatGeneration(message=message)])


def scripted(folder: Path, *answers: dict[str, Any]) -> str:
    path = folder / "script.json"
    path.write_text(json.dumps({"turns": answers}))
    return f"chat:scripted:{path}"


def call(verdict: str) -> dict[str, Any]:
    return {"tool_calls": [{"name": "Verdict", "args": {"verdict": verdict}}]}


def token(text: str, chance: float = 1.0, **others: float) -> dict[str, Any]:
    top = [{"token": name, "logprob": math.log(value)} for name, value in others.items()]
    return {"token": text, "logprob": math.log(chance), "top_logprobs": top}


def test_a_scripted_models_verdicts_are_ones_and_zeros(tmp_path: Path) -> None:
    judge = load_judge(scripted(tmp_path, call("yes"), call("no")))
    assert judge.score([PAIR, (PAIR[0], "A dog barked.")]) == [1.0, 0.0]
    assert judge.name.startswith("chat:scripted:")


def test_words_are_read_where_there_is_no_object(tmp_path: Path) -> None:
    judge = load_judge(scripted(tmp_path, {"text": "Yes, it does."}, {"text": "no"}))
    assert judge.score([PAIR, (PAIR[0], "A dog barked.")]) == [1.0, 0.0]
    assert Chat(Says(words="No."), "says").score([PAIR]) == [0.0]


@pytest.mark.parametrize("words", ["Maybe.", "yes and no", "", "I know nothing"])
def test_no_verdict_is_an_error_and_no_score(words: str) -> None:
    with pytest.raises(HomespunError, match="gave no verdict"):
        Chat(Says(words=words), "says").score([PAIR])


def test_our_own_models_answer_under_the_schema(tiny_model: Path) -> None:
    judge = load_judge(f"chat:{tiny_model}", threads=1)
    pairs = [PAIR, ("The town is old. " * 90, "It is.")]
    scores = judge.score(pairs)
    assert all(0 <= score <= 1 for score in scores)
    assert judge.score(pairs) == scores
    other = load_judge(f"chat:{tiny_model}")
    assert re.fullmatch(r"chat-1-[0-9a-f]{16}", judge.fingerprint)
    assert other.fingerprint == judge.fingerprint


def test_the_fingerprint_is_the_models_too() -> None:
    assert Chat(Says(words="yes"), "says").fingerprint != Chat(Says(words="no"), "says").fingerprint


def test_a_claim_and_its_premise_reach_the_model_as_they_are() -> None:
    model = Says()
    Chat(model, "says").score([("{a} {premise}", "{claim} 100 %")])
    text = str(model.heard[0][-1].content)
    assert "{a} {premise}" in text
    assert "{claim} 100 %" in text


def test_a_premise_too_long_for_the_context_is_asked_in_parts_that_fit() -> None:
    model = Says(context=640)
    premise = " ".join(f"Sentence {number} of the text." for number in range(30)) + " " + "x" * 400
    judge = Chat(model, "says")
    parts = list(judge._parts(premise, "A claim."))
    room = judge._room("A claim.")
    assert room is not None
    assert len(parts) > 2
    assert max(map(len, parts)) <= room
    spoken = [premise[start:end] for start, end in split(premise)]
    assert [sentence for part in parts[:-1] for sentence in (part[s:e] for s, e in split(part))] == spoken[
        :-1
    ]
    assert judge.score([(premise, "A claim.")]) == [1.0]
    assert len(model.heard) == len(parts)
    assert all(sum(len(str(m.content)) for m in said) + ANSWER_TOKENS <= 640 for said in model.heard)
    with pytest.raises(UsageError, match="too long"):
        judge.score([(premise, "claim " * 100)])


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([token("yes", 0.6, yes=0.6, no=0.2)], 0.75),
        ([token('{"verdict": "'), token("no", 0.5, no=0.5, yes=0.25, maybe=0.25), token('"}')], 1 / 3),
        ([token("{"), token(' "y', 0.3, **{' "y': 0.3, ' "n': 0.1, "y": 0.5}), token('es"}')], 0.75),
        ([token("Yes", 0.4, Yes=0.4, yes=0.2, No=0.2, NO=0.2)], 0.6),
        ([token("yes", 0.9, yes=0.9)], 0.9),  # "no" is given all that is left
        ([token("yes", 0.1, yes=0.1, the=0.1)], None),  # nobody knows where the rest lies
        ([token("maybe", 0.9)], None),
        ([], None),
    ],
)
def test_probability_is_the_share_of_yes_at_the_verdicts_word(rows: list[Any], wanted: float | None) -> None:
    found = probability({"content": rows})
    assert found == (None if wanted is None else pytest.approx(wanted))


def test_probabilities_become_the_score() -> None:
    model = Says(words="no", metadata_={"logprobs": {"content": [token("no", 0.6, no=0.6, yes=0.3)]}})
    assert Chat(model, "says").score([PAIR]) == [pytest.approx(1 / 3)]


@given(
    st.lists(
        st.tuples(st.sampled_from(["yes", "no", ' "y', "es", "n", "o", '"}', "{", ""]), st.floats(1e-9, 1.0)),
        max_size=6,
    )
)
def test_whatever_the_tokens_are_it_is_a_probability_or_nothing(rows: list[tuple[str, float]]) -> None:
    top = {"yes": 0.3, "no": 0.2}
    found = probability({"content": [token(text, chance, **top) for text, chance in rows]})
    assert found is None or 0 <= found <= 1


def test_no_log_probabilities_are_no_probability() -> None:
    for given_ in (None, {}, {"content": None}, []):
        assert probability(given_) is None


def test_no_model_is_refused_when_the_judge_is_made() -> None:
    with pytest.raises(UsageError, match="Name the chat model"):
        load_judge("chat")
    with pytest.raises(ModelNotFound):
        load_judge("chat:none-of-this-name")
