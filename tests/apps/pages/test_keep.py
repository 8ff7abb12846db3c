from __future__ import annotations

import dataclasses

import pytest
from langchain_core.messages import HumanMessage

from apps.pages import threads
from apps.pages.context import PageContext
from apps.pages.keep import Keep
from evals.recordings import read
from homespun.settings import Settings


@pytest.fixture
def talked(context: PageContext) -> PageContext:
    graph = context.graph(context.model)
    for text in ("Hello", "Something\nelse " * 9):
        graph.invoke({"messages": [HumanMessage(text)]}, threads.config("t"))
    return context


def test_an_answered_question_is_kept_once(talked: PageContext, settings: Settings) -> None:
    keep = Keep(talked)
    choices, trouble = keep.choices("t", talked.model)
    assert trouble == ""
    assert [number for _, number in choices] == [1, 2]
    assert choices[0][0] == "1. Hello"
    assert len(choices[1][0]) == 60
    done, line = keep.keep("t", talked.model, 1, "hello\n\n help ", "cat", " greets ")
    assert done
    assert line.startswith("Kept.")
    (kept,) = read(settings.folder.recorded)
    assert kept.model == talked.model
    assert [m["content"] for m in kept.messages] == ["Hello"]
    assert (kept.answer, kept.accept, kept.reject) == (
        "Hello! How can I help you today?",
        ["hello", "help"],
        ["cat"],
    )
    assert (kept.note, kept.thread) == ("greets", "t")
    assert "kept already" in keep.keep("t", talked.model, 1, "", "", "")[1]
    assert keep.keep("t", talked.model, None, "", "", "")[0]
    assert len(read(settings.folder.recorded)[1].messages) == 3


def test_trouble_is_one_line_and_keeps_nothing(talked: PageContext, settings: Settings) -> None:
    keep = Keep(talked)
    done, line = keep.keep("t", talked.model, 1, "(", "", "")
    assert not done
    assert "'(' is not a regular expression" in line
    assert keep.choices("new", talked.model) == ([], "Nothing in this chat has been answered yet.")
    served = Keep(dataclasses.replace(talked, keep=None))
    assert not served.keep("t", talked.model, 1, "", "", "")[0]
    assert not settings.folder.recorded.exists()
