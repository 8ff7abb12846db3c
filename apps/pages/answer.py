"""One answer: a run of the chatbot graph in a thread of its own, which can be watched and stopped.

Contract: a run belongs to the server, not to who watches it: `Answer` starts running when it is made, goes
on when its readers go away, and can be watched again from its beginning. `updates` yields the text so far,
at most every `INTERVAL` seconds however fast the model is. `stop` ends the run at the model's next token.
When a run is over nothing writes to the thread any more; if it was stopped, the partial text is in it.

Why a thread: Gradio moves a generator from worker to worker, and a graph's stream must not change its
context half-way.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage

from apps.pages import threads
from graphs.chatbot import Context, keep_partial, settle
from homespun.errors import Cancelled, HomespunError
from models.chat.provider import explain

INTERVAL = 0.05
"""Seconds between two updates: quick enough for the eye, slow enough for the browser."""

log = logging.getLogger(__name__)


class Answer:
    """A run of `graph` on `thread`.

    Args:
        graph: the chatbot graph, with a checkpointer.
        thread: the thread's name.
        question: what is asked; None answers the thread's last question (after `rewind` or `rephrase`).
        model: who is asked; noted on the answer.
        context: whose turn it is, and how it's sampled.
        done: called when the run is over, before anybody who waits for it is told.
    """

    def __init__(
        self,
        graph: Any,
        thread: str,
        question: str | None,
        *,
        model: str,
        context: Context | None = None,
        done: Callable[[Answer], None] | None = None,
    ) -> None:
        self.graph, self.thread, self.question, self.model = graph, thread, question, model
        self._stop = threading.Event()
        self._context = replace(context or Context(), cancel=self._stop)
        self._done = done
        self.text = ""
        self.error: str | None = None
        self._news = threading.Condition()
        self._over = False
        self._worker = threading.Thread(target=self._run, name="homespun-answer", daemon=True)
        self._worker.start()

    @property
    def stopped(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Asks the run to end at its next token; returns at once; may be called more than once."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Waits for the end of the run; says whether it is over."""
        with self._news:
            return self._news.wait_for(lambda: self._over, timeout=seconds)

    def updates(self, reader: Reader | None = None) -> Iterator[str]:
        """Yields the text so far while it grows, and the whole text at last.

        Args:
            reader: who may leave: then this ends at once, without the whole text, and the run goes on.
        """
        reader = reader or Reader()
        seen = ""
        while True:
            with self._news:
                while not self._over and not reader.left and self.text == seen:
                    # Who leaves doesn't say so here: it's looked at now and then.
                    self._news.wait(0.2)
                over, text = self._over, self.text
            if reader.left or over:
                break
            if text != seen:
                seen = text
                yield text
                # Not a wait for news: what arrives meanwhile goes out in one piece.
                self._worker.join(INTERVAL)
        if not reader.left:
            yield self.text

    def _run(self) -> None:
        try:
            self._stream()
            if self.stopped:
                # The node has kept its partial answer, unless the stop came in before it.
                keep_partial(self.graph, threads.config(self.thread), self.text, self._context)
        except Exception as error:
            self._fail(error)
        finally:
            self._sign()
            if self._done is not None:
                self._done(self)
            with self._news:
                self._over = True
                self._news.notify_all()

    def _stream(self) -> None:
        where = threads.config(self.thread)
        asked = None
        if self.question is not None:
            settle(self.graph, where, self._context)
            asked = {"messages": [HumanMessage(self.question)]}
        # "sync": the question is on the disk before the model begins.
        for chunk, _ in self.graph.stream(
            asked, where, context=self._context, stream_mode="messages", durability="sync"
        ):
            # A model that doesn't stream arrives as one whole message.
            if isinstance(chunk, AIMessage) and chunk.text:
                with self._news:
                    self.text += str(chunk.text)
                    self._news.notify_all()

    def _sign(self) -> None:
        try:
            if self.text:
                threads.sign(self.graph, self.thread, self.model)
        except Exception:
            log.exception("Who answered in thread %s could not be noted.", self.thread)

    def _fail(self, error: Exception) -> None:
        try:
            # What was said before the failure stays said; without a word, the question can be asked again.
            if self.text:
                keep_partial(self.graph, threads.config(self.thread), self.text, self._context)
        except Exception:
            log.exception("The partial answer of thread %s could not be kept.", self.thread)
        if not (self.stopped and isinstance(error, Cancelled)):
            self.error = one_line(error)


@dataclass
class Reader:
    """Who watches an answer in one window.

    Attributes:
        left: Whether they have turned to something else.
    """

    left: bool = False


class Running:
    """The answers that are being written, by thread, and who watches; safe to use from several threads."""

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}
        self._readers: dict[str, Reader] = {}
        self._held: dict[str, object] = {}
        self._lock = threading.Lock()

    def start(
        self,
        graph: Any,
        thread: str,
        question: str | None,
        *,
        model: str,
        context: Context | None = None,
        held: bool = False,
    ) -> Answer | None:
        """Starts an answer, or returns None if this thread is still answering, or somebody else holds it.

        What it's given is as for `Answer`; `held` says whether who calls this holds the thread.
        """
        with self._lock:
            if thread in self._answers or (thread in self._held and not held):
                return None
            self._held.pop(thread, None)
            answer = self._answers[thread] = Answer(
                graph, thread, question, model=model, context=context, done=self._forget
            )
        return answer

    @contextmanager
    def hold(self, thread: str, seconds: float) -> Iterator[bool]:
        """Keeps others from a thread while it is changed, or until it's answered; gives whether it's free.

        Args:
            thread: its name.
            seconds: how long to wait for the end of an answer.
        """
        free, mine = self.free(thread, seconds), object()
        with self._lock:
            free = free and thread not in self._answers and thread not in self._held
            if free:
                self._held[thread] = mine
        try:
            yield free
        finally:
            with self._lock:
                if self._held.get(thread) is mine:
                    del self._held[thread]

    def of(self, thread: str) -> Answer | None:
        """Returns the answer that is being written in a thread."""
        with self._lock:
            return self._answers.get(thread)

    def read(self, session: str) -> Reader:
        """Returns a new reader for a window; what it read before is left."""
        reader = Reader()
        with self._lock:
            if (before := self._readers.get(session)) is not None:
                before.left = True
            self._readers[session] = reader
        return reader

    def leave(self, session: str) -> None:
        """Ends what this window reads; the answer is written on."""
        with self._lock:
            reader = self._readers.pop(session, None)
        if reader is not None:
            reader.left = True

    def stop(self, thread: str) -> bool:
        """Asks this thread's answer to stop; says whether there was one."""
        answer = self.of(thread)
        if answer is not None:
            answer.stop()
        return answer is not None

    def free(self, thread: str, seconds: float, *, stop: bool = False) -> bool:
        """Waits for the end of this thread's answer; says whether nothing is running now."""
        answer = self.of(thread)
        if answer is None:
            return True
        if stop:
            answer.stop()
        return answer.wait(seconds)

    def close(self, seconds: float = 5.0) -> None:
        """Stops all answers and waits until what there is of them is kept; to be called before the end."""
        with self._lock:
            answers = list(self._answers.values())
        for answer in answers:
            answer.stop()
        deadline = time.monotonic() + seconds
        for answer in answers:
            answer.wait(max(0.0, deadline - time.monotonic()))

    def _forget(self, answer: Answer) -> None:
        with self._lock:
            self._answers.pop(answer.thread, None)


def one_line(error: Exception) -> str:
    """Returns what the page says of an error; one that isn't ours goes to the log with its traceback."""
    if isinstance(error, HomespunError):
        return str(error)
    known = explain(error)
    if known is not None:
        return str(known)
    log.error("The chat page failed.", exc_info=error)
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300] if lines else 'no further word.'}"
