from __future__ import annotations

import io
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import SimpleChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk


def _read(name: str, home: Path) -> list[tuple[str, str, str | None]]:
    from graphs.persistence import open_state
    from graphs.threads import Threads

    with open_state(home / "state.sqlite") as kept:
        return [
            (m.type, str(m.text), m.response_metadata.get("finish_reason")) for m in Threads(kept).read(name)
        ]


def test_a_message_is_answered_on_standard_output(homespun: Any, scripted: Any) -> None:
    done = homespun("chat", "Hello", "--model", scripted({"text": "Hi, you!", "match": "^Hello$"}))
    assert (done.status, done.out, done.err) == (0, "Hi, you!\n", "")


def test_words_need_no_quotes(homespun: Any, scripted: Any) -> None:
    model = scripted({"text": "fine", "match": "^how are you$"})
    assert homespun("chat", "how", "are", "you", "--model", model).out == "fine\n"


def test_a_thread_is_continued(homespun: Any, scripted: Any, homespun_home: Path) -> None:
    model = scripted({"text": "first", "match": "one"}, {"text": "second", "match": "two"})
    homespun("chat", "one", "--model", model, "--thread", "t")
    homespun("chat", "two", "--model", model, "--thread", "t")
    assert [(kind, text) for kind, text, _ in _read("t", homespun_home)] == [
        ("human", "one"),
        ("ai", "first"),
        ("human", "two"),
        ("ai", "second"),
    ]


def test_json_is_one_object_and_nothing_else(homespun: Any, scripted: Any) -> None:
    model = scripted("Grüße, Welt")
    done = homespun("chat", "hi", "--json", "--model", model, "--thread", "t")
    assert done.err == ""
    answer = done.json
    assert answer["seconds"] >= answer["seconds_to_first_token"] >= 0
    del answer["seconds"], answer["seconds_to_first_token"]
    assert answer == {
        "thread": "t",
        "model": model,
        "answer": "Grüße, Welt",
        "recalled": [],
        "learned": [],
        "finish_reason": "stop",
        "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
        "citations": [],
        "confidence": None,
    }


CITATIONS = [
    {
        "type": "citation",
        "id": "1",
        "title": "Log",
        "url": "https://x.example",
        "cited_text": "It was\nlit at dawn.",
        "extras": {"passage": 3, "start": 7, "end": 10},
    },
    {"type": "citation", "id": "2", "url": "https://y.example"},
    {"type": "citation", "id": "3", "url": "https://y.example"},
]


class Citing(SimpleChatModel):
    """A chat model that cites."""

    @property
    def _llm_type(self) -> str:
        return "citing"

    def _call(self, *_: Any, **__: Any) -> str:
        return "At dawn."

    def _stream(self, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        other = {"type": "non_standard_annotation", "id": "0", "value": {}}
        for text, notes in (("At ", []), ("dawn.", [other, *CITATIONS])):
            block = {"type": "text", "text": text, "annotations": notes, "index": 0}
            yield ChatGenerationChunk(message=AIMessageChunk([block]))
        yield ChatGenerationChunk(message=AIMessageChunk("", response_metadata={"confidence": 0.75}))


@pytest.fixture
def citing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.compose.chat_model", lambda *_, **__: Citing())


@pytest.mark.usefixtures("citing")
def test_citations_are_shown_to_people_and_the_answer_stays_alone_on_standard_output(
    homespun: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = homespun("chat", "When?")
    assert (done.status, done.out, done.err) == (0, "At dawn.\n", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    done = homespun("chat", "When?")
    assert done.out == "At dawn.\n"
    assert done.err.splitlines()[:-1] == [
        '[3] "It was lit at dawn." (Log, https://x.example)',
        "(https://y.example)",
    ]


@pytest.mark.usefixtures("citing")
def test_citations_are_shown_in_a_conversation_too(homespun: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = iter(["When?", "/retry"])
    monkeypatch.setattr("apps.cli.chat._question", lambda _: None)
    monkeypatch.setattr("builtins.input", lambda _: next(lines, "/exit"))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    done = homespun("chat")
    assert done.out == "At dawn.\n" * 2
    assert done.err.count('[3] "It was lit at dawn."') == 2


@pytest.mark.usefixtures("citing")
def test_json_holds_the_citations_as_they_are_and_the_confidence(homespun: Any) -> None:
    answer = homespun("chat", "When?", "--json").json
    assert answer["citations"] == CITATIONS
    assert answer["confidence"] == 0.75


def _reads(homespun: Any, scripted: Any, file: Any, message: str, expected: str) -> None:
    done = homespun("chat", message, "--model", scripted({"text": "ok", "match": f"^{expected}$"}))
    file.close()
    assert (done.status, done.out, done.err) == (0, "ok\n", "")


def test_what_is_piped_goes_before_the_message(
    homespun: Any, scripted: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours, theirs = os.pipe()
    os.write(theirs, "  Grüße\nfrom a pipe\n\n".encode())
    os.close(theirs)
    file = open(ours, encoding="utf-8")  # noqa: PTH123, SIM115
    monkeypatch.setattr(sys, "stdin", file)
    _reads(homespun, scripted, file, "Who?", r"  Grüße\nfrom a pipe\n\nWho\?")
    path = tmp_path / "text"
    path.write_text("from a file")
    monkeypatch.setattr(sys, "stdin", path.open())
    _reads(homespun, scripted, sys.stdin, "Who?", r"from a file\n\nWho\?")


def _empty() -> Any:
    ours, theirs = os.pipe()
    os.write(theirs, b" \n")
    os.close(theirs)
    return open(ours)  # noqa: PTH123


def _socket() -> Any:
    # Its other end stays open and says nothing, as that of a service or of Node's child processes.
    ours, theirs = socket.socketpair()
    file = ours.makefile("r")
    ours.close()
    file.theirs = theirs
    return file


def _terminal() -> Any:
    ours, theirs = pty.openpty()
    file = open(theirs)  # noqa: PTH123, SIM115
    file.ours = open(ours, "rb", buffering=0)  # noqa: PTH123, SIM115
    return file


def _nothing() -> Any:
    return Path(os.devnull).open()


@pytest.mark.parametrize("stdin", [_empty, _socket, _terminal, _nothing, lambda: io.StringIO("no file")])
def test_a_standard_input_that_says_nothing_changes_nothing(
    homespun: Any, scripted: Any, monkeypatch: pytest.MonkeyPatch, stdin: Any
) -> None:
    file = stdin()
    monkeypatch.setattr(sys, "stdin", file)
    _reads(homespun, scripted, file, "Who?", r"Who\?")
    for end in ("theirs", "ours"):
        if hasattr(file, end):
            getattr(file, end).close()


def test_a_closed_standard_input_changes_nothing(scripted: Any) -> None:
    model = scripted({"text": "ok", "match": "^Who$"})
    command = f'exec "{sys.executable}" -m apps chat Who --model "{model}" <&-'
    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"ok\n", b"")


def test_an_empty_message_stays_misuse_whatever_is_piped(
    homespun: Any, scripted: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "text"
    path.write_text("a text")
    with path.open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        done = homespun("chat", "", "--model", scripted("x"))
    assert (done.status, "The message is empty" in done.line) == (2, True)


def test_standard_input_is_read_when_it_is_piped(
    homespun: Any, scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("from a pipe\n"))
    assert homespun("chat", "--model", scripted({"text": "ok", "match": "^from a pipe"})).out == "ok\n"


@pytest.mark.parametrize("piped", [None, "", " \n"])
def test_an_empty_message_is_misuse(
    homespun: Any, scripted: Any, monkeypatch: pytest.MonkeyPatch, homespun_home: Path, piped: str | None
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(piped or ""))
    done = homespun("chat", *([""] if piped is None else []), "--model", scripted("x"))
    assert (done.status, done.out) == (2, "")
    assert "The message is empty" in done.line
    assert not (homespun_home / "state.sqlite").exists()


def test_a_message_of_a_megabyte_is_misuse_and_leaves_no_trace(
    homespun: Any, scripted: Any, monkeypatch: pytest.MonkeyPatch, homespun_home: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("x" * 1_000_000))
    done = homespun("chat", "--model", scripted("x"))
    assert (done.status, done.out) == (2, "")
    assert "too long" in done.line
    assert len(done.err) < 300
    assert not (homespun_home / "state.sqlite").exists()


def test_a_message_longer_than_the_context_is_misuse(homespun: Any, tiny_model: Path) -> None:
    done = homespun("chat", "hello " * 5_000, "--model", str(tiny_model))
    assert (done.status, done.out) == (2, "")
    assert "this model reads 1,024" in done.line


def test_an_unknown_model_is_misuse(homespun: Any, homespun_home: Path) -> None:
    done = homespun("chat", "x", "--model", "nosuch")
    assert (done.status, done.out) == (2, "")
    assert "no model named 'nosuch'" in done.line
    assert not (homespun_home / "state.sqlite").exists()


def test_corrupt_weights_are_a_failure_and_nothing_is_kept(
    homespun: Any, tiny_model: Path, homespun_home: Path
) -> None:
    import shutil

    folder = homespun_home / "models" / "broken"
    shutil.copytree(tiny_model, folder)
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    done = homespun("chat", "hello", "--model", "broken")
    assert (done.status, done.out) == (1, "")
    assert "model.safetensors" in done.line


def test_a_model_made_here_answers(homespun: Any, tiny_model: Path) -> None:
    same = [
        homespun("chat", "hello", "--json", "--seed", "3", "--temperature", "1", "--model", str(tiny_model))
        for _ in range(2)
    ]
    assert same[0].json["usage"]["output_tokens"] > 0
    assert same[0].json["answer"] == same[1].json["answer"]


def test_a_wrong_thread_name_is_misuse(homespun: Any, scripted: Any) -> None:
    done = homespun("chat", "x", "--thread", "a\nb", "--model", scripted("x"))
    assert (done.status, "printable" in done.line) == (2, True)


def test_an_error_in_mid_answer_keeps_what_was_said(
    homespun: Any, scripted: Any, homespun_home: Path
) -> None:
    model = scripted({"text": "one two three", "error": {"message": "gone", "after": 2}})
    done = homespun("chat", "go", "--thread", "t", "--model", model)
    assert (done.status, done.out) == (1, "one two")
    assert _read("t", homespun_home)[-1] == ("ai", "one two", "cancelled")


def _start(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "apps", "chat", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_the_part_that_was_said(
    scripted: Any, homespun_home: Path, number: signal.Signals
) -> None:
    process = _start("go", "--thread", "t", "--model", scripted({"text": "one two three", "token_delay": 1}))
    assert process.stdout is not None
    assert process.stdout.read(3) == b"one"
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out.endswith(b"\n")
    assert re.fullmatch(rb"homespun: stopped; .* --thread t goes on\n", err)
    kind, text, reason = _read("t", homespun_home)[-1]
    assert (kind, reason) == ("ai", "cancelled")
    assert "one two three".startswith(text)
    assert text == "one" + out.decode().rstrip("\n")


def test_an_impatient_second_ctrl_c_loses_nothing(scripted: Any, homespun_home: Path) -> None:
    process = _start("go", "--thread", "t", "--model", scripted({"text": "one two three", "token_delay": 3}))
    assert process.stdout is not None
    assert process.stdout.read(3) == b"one"
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, b"Traceback" in err) == (130, False)
    assert _read("t", homespun_home)[-1] == ("ai", "one", "cancelled")


def test_ctrl_c_does_not_wait_for_a_model_that_is_silent(scripted: Any, homespun_home: Path) -> None:
    process = _start("go", "--thread", "t", "--json", "--model", scripted({"text": "late", "delay": 300}))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (homespun_home / "state.sqlite").exists() and _waiting(homespun_home):
            break
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    assert [text for _, text, _ in _read("t", homespun_home)] == ["go", ""]


def _waiting(home: Path) -> bool:
    from homespun.errors import HomespunError

    try:
        return bool(_read("t", home))
    except HomespunError:
        return False


def test_a_conversation_in_a_terminal(scripted: Any, homespun_home: Path) -> None:
    model = scripted(
        {"text": "Hi!", "match": "^hello$", "repeat": True},
        {"text": "one two three four five", "match": "^count$", "token_delay": 1.0, "repeat": True},
        {
            "text": "",
            "match": "^break$",
            "repeat": True,
            "error": {"type": "connection", "message": "line is down"},
        },
    )
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "apps", "chat", "--thread", "t", "--model", model],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)

    def until(expected: str) -> str:
        seen, deadline = "", time.monotonic() + 60
        while not re.search(expected, seen) and time.monotonic() < deadline:
            if select.select([ours], [], [], 0.1)[0]:
                seen += os.read(ours, 4096).decode()
        assert re.search(expected, seen), seen
        return seen

    def say(line: str) -> None:
        os.write(ours, line.encode() + b"\n")

    until(r"thread t .*\r\n.*> ")
    say("hello")
    until(r"Hi!\r\n.*> ")
    for again in ("/retry", "/regenerate"):
        say(again)
        until(r"Hi!\r\n.*> ")
    say("break")
    until(r"ConnectionError: line is down.*\r\n.*> ")
    say("/undo")
    until(r"taken back: break.*\r\n.*> ")
    say("count")
    until("one")
    process.send_signal(signal.SIGINT)
    until(r"stopped; what was said is kept.*\r\n.*> ")
    assert _read("t", homespun_home)[-1][2] == "cancelled"
    say("/undo")
    until(r"taken back: count.*\r\n.*> ")
    say("/nonsense")
    until(r"no /nonsense.*\r\n.*> ")
    say("/help")
    until(r"/retry.*Ctrl-C stops[^>]*> ".replace(".*", r"[\s\S]*"))
    say("/new")
    until(r"thread [0-9a-f]{8}\r\n.*> ")
    say("/undo")
    until(r"nothing to take back.*\r\n.*> ")
    os.write(ours, b"\x04")
    assert process.wait(60) == 0
    os.close(ours)
    assert [text for _, text, _ in _read("t", homespun_home)] == ["hello", "Hi!"]
    assert "count" in (homespun_home / "history.txt").read_text()
