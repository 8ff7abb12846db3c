"""Answers from a tool's result: they say what the tool gave, or that it failed."""

from __future__ import annotations

from finetune.data.after_tools import after_tools


def test_equal_seeds_give_equal_exchanges() -> None:
    assert list(after_tools(3, 20)) == list(after_tools(3, 20)) != list(after_tools(4, 20))


def test_results_of_tools_are_what_the_answer_says() -> None:
    failed = 0
    for messages in after_tools(1, 200):
        call, result, answer = messages[-3:]
        assert call["tool_calls"][0]["name"]
        assert [message["role"] for message in (call, result, answer)] == ["assistant", "tool", "assistant"]
        if result["content"].startswith("Error: "):
            failed += 1
            assert result["content"].removeprefix("Error: ") in answer["content"]
        elif result["content"] not in ("done", "ok") and not result["content"].startswith("{"):
            assert result["content"] in answer["content"]
    assert 20 < failed < 80
