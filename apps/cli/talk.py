"""A conversation in the terminal: one question after another through the chatbot graph.

Contract: whatever ends an answer early (Ctrl-C, a closed pipe), the part that was shown stays in the thread.
The graph runs in a thread of its own, so that Ctrl-C is heard while a model is busy.
"""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage

from apps.citations import Source, citations, sources
from graphs.chatbot import Context, check_question, keep_partial, rewind, settle, undo
from homespun.errors import UsageError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

    from graphs.chatbot.state import Noted
    from graphs.chatbot.steps import Chatbot

# Pieces of text, then None; or what ended the answer early.
Pieces = queue.SimpleQueue[str | BaseException | None]

# How long a stopped model may take to reach its next token before it's left behind.
PATIENCE = 2.0


@dataclass(frozen=True)
class Reply:
    """An answer that came to its end.

    Attributes:
        text: the whole of it.
        finish_reason: why it ended, in the model's words ("stop", "length", …).
        usage: tokens in and out, where the model counts them.
        seconds: from the question to the end; `first` to the first piece of text.
        citations: what it cites, as LangChain's annotations.
        sources: what these name, each source once.
        confidence: how sure the model is that it's right, where it says so.
        recalled: the memories that it was given with.
        learned: what the turn did to the memories.
    """

    text: str
    finish_reason: str | None
    usage: dict[str, int]
    seconds: float
    first: float | None
    citations: tuple[Mapping[str, Any], ...] = ()
    sources: tuple[Source, ...] = ()
    confidence: float | None = None
    recalled: tuple[Noted, ...] = ()
    learned: tuple[Noted, ...] = ()


@dataclass
class Conversation:
    """A thread of the chatbot.

    Attributes:
        graph: the chatbot, with a checkpointer.
        model: the model inside, which knows how much it reads.
        thread: the thread's name.
        memory: whether what's told is kept for other threads.
    """

    graph: Chatbot
    model: BaseChatModel
    thread: str
    memory: bool = True
    _worker: threading.Thread | None = field(default=None, repr=False)

    @property
    def config(self) -> RunnableConfig:
        """Names the thread to the graph."""
        return {"configurable": {"thread_id": self.thread}}

    def ask(self, question: str, show: Callable[[str], object]) -> Reply:
        """Asks, and calls `show` with each piece of the answer.

        Raises:
            UsageError: if the question is empty or too long; the thread is unchanged.
            KeyboardInterrupt: if the user pressed Ctrl-C; what was shown is kept.
        """
        check_question(self.model, question)
        self._wait()
        with _ctrl_c_among(pieces := Pieces()):
            settle(self.graph, self.config, self._context())
            return self._run({"messages": [("user", question)]}, show, pieces)

    def again(self, show: Callable[[str], object]) -> Reply | None:
        """Answers the last question anew; None if there is none."""
        self._wait()
        with _ctrl_c_among(pieces := Pieces()):
            return self._run(None, show, pieces) if rewind(self.graph, self.config) else None

    def undo(self) -> str | None:
        """Takes the last question and its answer back and returns the question."""
        self._wait()
        return undo(self.graph, self.config)

    def _run(self, given: dict[str, Any] | None, show: Callable[[str], object], pieces: Pieces) -> Reply:
        cancel = threading.Event()
        worker = threading.Thread(target=self._stream, args=(given, cancel, pieces), daemon=True)
        shown: list[str] = []
        begun, first = time.monotonic(), None
        self._worker = worker
        try:
            worker.start()
            while (piece := pieces.get()) is not None:
                if isinstance(piece, BaseException):
                    raise piece
                first = first or time.monotonic() - begun
                shown.append(piece)
                show(piece)
        except UsageError:
            # The model can't take this question; in the thread it would spoil all that follow.
            self.undo()
            raise
        except BaseException as error:
            with _uninterrupted():
                cancel.set()
                worker.join(PATIENCE)
                shown += self._rest(pieces, show if isinstance(error, KeyboardInterrupt) else None)
                # An error before the first word leaves the question open, to be answered by `again`.
                if shown or isinstance(error, KeyboardInterrupt):
                    keep_partial(self.graph, self.config, "".join(shown), self._context())
            raise
        worker.join()
        values = self.graph.get_state(self.config).values
        message = values["messages"][-1]
        return Reply(
            text=str(message.text),
            finish_reason=message.response_metadata.get("finish_reason"),
            usage=_usage(message),
            seconds=time.monotonic() - begun,
            first=first,
            citations=tuple(dict(note) for note, _ in citations(message)),
            sources=tuple(sources(message)),
            confidence=message.response_metadata.get("confidence"),
            recalled=tuple(values.get("recalled") or ()),
            learned=tuple(values.get("learned") or ()),
        )

    def _rest(self, pieces: Pieces, show: Callable[[str], object] | None) -> list[str]:
        rest = []
        while not pieces.empty():
            if isinstance(piece := pieces.get(), str):
                rest.append(piece)
                if show is not None:
                    show(piece)
        return rest

    def _stream(self, given: dict[str, Any] | None, cancel: threading.Event, pieces: Pieces) -> None:
        try:
            # "sync": the question is on the disk before the model begins.
            for chunk, _where in self.graph.stream(
                given, self.config, stream_mode="messages", durability="sync", context=self._context(cancel)
            ):
                if isinstance(chunk, AIMessage) and chunk.text:
                    pieces.put(str(chunk.text))
        except BaseException as error:
            pieces.put(error)
        else:
            pieces.put(None)

    def _context(self, cancel: threading.Event | None = None) -> Context:
        return Context(cancel=cancel, memory=self.memory)

    def _wait(self) -> None:
        # A model left behind still writes to this thread when it reaches its next token.
        if self._worker is not None:
            self._worker.join()


@contextmanager
def _ctrl_c_among(pieces: Pieces) -> Iterator[None]:
    """Makes the first Ctrl-C one of the pieces, so that it can't fall between showing one and keeping it.

    A second one before the first is dealt with (standard output may be stuck) interrupts wherever it comes.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before in (signal.SIG_IGN, None):
        yield
        return
    pressed = False

    def hear(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        pieces.put(KeyboardInterrupt())

    signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """An impatient second Ctrl-C mustn't undo what the first one asks for."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _usage(message: AIMessage) -> dict[str, int]:
    counted = message.usage_metadata
    if counted is None:
        return {}
    return {key: counted[key] for key in ("input_tokens", "output_tokens", "total_tokens")}
