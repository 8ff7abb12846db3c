from __future__ import annotations

from langchain_core.messages import AIMessage

from apps.signature import answered_by, is_signed, signed


def test_the_address_counts_before_what_a_model_says_of_itself() -> None:
    said = AIMessage("yes", id="1", response_metadata={"model_name": "llama3.2", "finish_reason": "stop"})
    assert (answered_by(said), is_signed(said)) == ("llama3.2", False)
    noted = signed(said, "ollama:llama3.2")
    assert (answered_by(noted), is_signed(noted)) == ("ollama:llama3.2", True)
    assert (noted.id, noted.text, noted.response_metadata["finish_reason"]) == ("1", "yes", "stop")
    assert not is_signed(said)


def test_an_answer_of_nobody_knows_whom_has_no_name() -> None:
    assert answered_by(AIMessage("yes")) == ""
    assert answered_by(AIMessage("yes", response_metadata={"model_name": None})) == ""
