"""One answer: a run of the chatbot graph in a thread of its own, which can be watched and stopped.

Contract: `Answer` starts running when it is made. `updates` yields the text so far, at most every
`INTERVAL` seconds however fast the model is. `stop` ends the run at the model's next token. After `updates`
the run is over: nothing writes to the thread any more, and if it was stopped, the partial text is in it.

Why a thread: Gradio moves a generator from worker to worker, and a graph's stream must not change its
context half-way.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
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
        question: what is asked; None answers the thread's last question (after `rewind`).
        model: who is asked; noted on the answer.
        sampling: arguments of the model's call.
        session: who reads it.
        done: called when the run is over, before anybody who waits for it is told.
    """

    def __init__(
        self,
        graph: Any,
        thread: str,
        question: str | None,
        *,
        model: str,
        sampling: Mapping[str, Any] | None = None,
        session: str = "",
        done: Callable[[Answer], None] | None = None,
    ) -> None:
        self.graph, self.thread, self.question = graph, thread, question
        self.model, self.session = model, session
        self.left = False
        self._sampling = dict(sampling or {})
        self._done = done
        self.text = ""
        self.error: str | None = None
        self._stop = threading.Event()
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

    def leave(self) -> None:
        """Stops the run because its reader has turned to another chat: `updates` ends at once."""
        self.stop()
        with self._news:
            self.left = True
            self._news.notify_all()

    def wait(self, seconds: float) -> bool:
        """Waits for the end of the run; says whether it is over."""
        with self._news:
            return self._news.wait_for(lambda: self._over, timeout=seconds)

    def updates(self) -> Iterator[str]:
        """Yields the text so far while it grows, and the whole text at last.

        If the reader goes away (the browser was closed, or `leave`), the run is stopped and what was said is
        kept; that happens behind, so that nobody waits for it.
        """
        seen = ""
        try:
            while True:
                with self._news:
                    while not self._over and not self.left and self.text == seen:
                        self._news.wait()
                    over, text = self._over, self.text
                if self.left:
                    return
                if over:
                    break
                if text != seen:
                    seen = text
                    yield text
                    # Not a wait for news: what arrives meanwhile goes out in one piece.
                    self._worker.join(INTERVAL)
        except GeneratorExit:
            self.stop()
            raise
        self._worker.join()
        yield self.text

    def _run(self) -> None:
        try:
            self._stream()
            if self.stopped:
                # The node has kept its partial answer, unless the stop came in before it.
                keep_partial(self.graph, threads.config(self.thread), self.text)
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
            settle(self.graph, where)
            asked = {"messages": [HumanMessage(self.question)]}
        context = Context(sampling=self._sampling, cancel=self._stop)
        # "sync": the question is on the disk before the model begins.
        for chunk, _ in self.graph.stream(
            asked, where, context=context, stream_mode="messages", durability="sync"
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
                keep_partial(self.graph, threads.config(self.thread), self.text)
        except Exception:
            log.exception("The partial answer of thread %s could not be kept.", self.thread)
        if not (self.stopped and isinstance(error, Cancelled)):
            self.error = one_line(error)


class Running:
    """The answers that are being written, by thread; safe to use from several threads."""

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}
        self._lock = threading.Lock()

    def start(
        self,
        graph: Any,
        thread: str,
        question: str | None,
        *,
        model: str,
        sampling: Mapping[str, Any] | None = None,
        session: str = "",
    ) -> Answer | None:
        """Starts an answer, or returns None if this thread is still answering."""
        with self._lock:
            if thread in self._answers:
                return None
            answer = self._answers[thread] = Answer(
                graph,
                thread,
                question,
                model=model,
                sampling=sampling,
                session=session,
                done=self._forget,
            )
        return answer

    def _forget(self, answer: Answer) -> None:
        with self._lock:
            self._answers.pop(answer.thread, None)

    def stop(self, thread: str) -> bool:
        """Asks this thread's answer to stop; says whether there was one."""
        with self._lock:
            answer = self._answers.get(thread)
        if answer is not None:
            answer.stop()
        return answer is not None

    def leave(self, session: str) -> None:
        """Ends what this session is reading."""
        with self._lock:
            read = [answer for answer in self._answers.values() if answer.session == session]
        for answer in read:
            answer.leave()

    def free(self, thread: str, seconds: float, *, stop: bool = False) -> bool:
        """Waits for the end of this thread's answer; says whether nothing is running now."""
        with self._lock:
            answer = self._answers.get(thread)
        if answer is None:
            return True
        if stop:
            answer.stop()
        return answer.wait(seconds)


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
