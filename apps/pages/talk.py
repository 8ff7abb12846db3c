"""What people say on the Chat page, and how it's answered: functions of values, which give updates.

Contract: errors become one message in the chat, never a traceback. The chat's content comes from the
thread; one line that the page itself says (a notice) follows it and isn't stored. What a function reads and
writes is stated by `INPUTS` and `OUTPUTS`, names of components that `apps.pages.chat` lays out. Which chat is
open is the affair of `apps.pages.chats`. Nobody reads or changes another user's thread.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr

from apps.pages import threads
from apps.pages.answer import Answer, one_line
from apps.pages.context import KNOBS, PageContext
from apps.pages.who import user_of
from graphs.chatbot import Context, read_branches, rephrase, rewind, switch, undo
from graphs.feedback import FeedbackBook
from graphs.threads import Threads
from homespun.errors import UnknownName, UsageError

INPUTS = ("chat", "thread", "model", *KNOBS)
OUTPUTS = ("chat", "box", "chats", "delete", "used")

NOTICE = "⚠ "

WAITING = "…"
"""Stands for the answer until its first word is there."""

LIKED, DISLIKED = "Like", "Dislike"

LISTED = 50
"""Chats in the side panel: the last ones."""

log = logging.getLogger(__name__)
Update = Any
Chat = list[dict[str, Any]]


class Talk:
    """The page's behaviour over one context."""

    def __init__(self, context: PageContext) -> None:
        self.context = context
        self.running = context.running

    # What people say ------------------------------------------------------------------------------------

    def send(
        self, request: gr.Request, text: str, chat: Chat, thread: str, model: str | None, *knobs: Any
    ) -> Iterator[list[Update]]:
        """Answers a new message; one that can't be answered stays in the box."""
        if (refusal := self._refusal(text, model)) is not None:
            yield same(chat=noticed(chat, refusal) if refusal else None)
            return
        yield from self._answer(request, text.strip(), chat, thread, model, knobs)

    def example(
        self,
        request: gr.Request,
        picked: gr.SelectData,
        chat: Chat,
        thread: str,
        model: str | None,
        *knobs: Any,
    ) -> Iterator[list[Update]]:
        """Sends one of the examples."""
        yield from self._answer(request, picked.value["text"], chat, thread, model, knobs)

    def retry(
        self,
        request: gr.Request,
        picked: gr.RetryData,
        chat: Chat,
        thread: str,
        model: str | None,
        *knobs: Any,
    ) -> Iterator[list[Update]]:
        """Answers a question anew; the old answer and what followed it is another branch."""
        try:
            graph = self.owned(request, thread, model)
            with self.running.hold(thread, 0.5) as free:
                if not free:
                    yield _busy("Not answered anew")
                    return
                entry = threads.place(self.entries(graph, thread), _at(picked.index), answer=False)
                if not rewind(graph, threads.config(thread), entry.message if entry else None):
                    raise UsageError("There is no question to answer again.")
                yield from self._answer(request, None, chat, thread, model, knobs, held=True)
        except Exception as error:
            yield same(chat=noticed(chat, one_line(error)))

    def edit(
        self,
        request: gr.Request,
        edited: gr.EditData,
        chat: Chat,
        thread: str,
        model: str | None,
        *knobs: Any,
    ) -> Iterator[list[Update]]:
        """Answers a changed question; the old one and all that followed it is another branch."""
        text = threads.typed(str(edited.value or "")).strip()
        if (refusal := self._refusal(text, model)) is not None:
            old = self._chat(request, thread, model, chat)
            yield same(chat=noticed(old, refusal) if refusal else old)
            return
        try:
            graph = self.owned(request, thread, model)
            with self.running.hold(thread, 0.5) as free:
                if not free:
                    yield [self._chat(request, thread, model, chat), *_busy("Not changed")[1:]]
                    return
                entry = threads.place(self.entries(graph, thread), _at(edited.index), answer=False)
                if entry is None or not rephrase(graph, threads.config(thread), entry.message, text):
                    raise UsageError("That question isn't in this chat any more.")
                yield from self._answer(request, None, chat, thread, model, knobs, held=True)
        except Exception as error:
            yield same(chat=noticed(chat, one_line(error)))

    def undo(
        self, request: gr.Request, chat: Chat, thread: str, model: str | None, *_knobs: Any
    ) -> list[Update]:
        """Takes back the last question and its answer; the question returns to the box."""
        try:
            graph = self.owned(request, thread, model)
            with self.running.hold(thread, 0.5) as free:
                if not free:
                    return _busy("Not taken back")
                question = undo(graph, threads.config(thread))
        except Exception as error:
            return same(chat=noticed(chat, one_line(error)))
        shown = self.settled(request, self.shown(graph, thread), thread, graph)
        shown[1] = gr.skip() if question is None else gr.update(value=question)
        return shown

    def branch(
        self, request: gr.Request, picked: str, chat: Chat, thread: str, model: str | None
    ) -> list[Update]:
        """Opens the branch that a message stands in."""
        try:
            graph = self.owned(request, thread, model)
            if not picked:
                return same()
            with self.running.hold(thread, 0.5) as free:
                if not free:
                    return _busy("Not switched")
                switch(graph, threads.config(thread), picked)
        except Exception as error:
            return same(chat=noticed(chat, one_line(error)))
        return self.settled(request, self.shown(graph, thread), thread, graph)

    def stop(self, request: gr.Request, thread: str) -> None:
        """Asks the answer to end at its next token; what is written so far stays."""
        if self._threads(request).is_mine(thread):
            self.running.stop(thread)

    def attach(self, request: gr.Request, chat: Chat, thread: str) -> Iterator[list[Update]]:
        """Shows the answer that is being written in the thread that has just been opened."""
        answer = self.running.of(thread)
        if answer is None or not self._threads(request).is_mine(thread):
            yield same()
            return
        try:
            # A question that is still being stored stands in the answer alone.
            before = threads.display(threads.read(answer.graph, thread))
            asked = threads.said("user", answer.question or "")
            if answer.question and before[-1:] != [asked]:
                before.append(asked)
            yield from self._watched(request, answer, before)
        except Exception as error:
            yield self.settled(request, noticed(chat, one_line(error)), thread)

    # What is shown --------------------------------------------------------------------------------------

    def owned(self, request: gr.Request, thread: str, model: str | None) -> Any:
        """Returns the graph, after seeing that the thread is the user's.

        Raises:
            UnknownName: if it's another user's.
        """
        if not self._threads(request).is_mine(thread):
            raise UnknownName(f"There is no chat {thread!r}.")
        return self.context.graph(named(model))

    def entries(self, graph: Any, thread: str) -> list[threads.Entry]:
        """Returns what stands at each place of the chat."""
        return threads.entries(threads.read(graph, thread))

    def shown(self, graph: Any, thread: str) -> Chat:
        """Returns the chat as the thread has it."""
        branched = read_branches(graph, threads.config(thread)).choices()
        return threads.display(threads.read(graph, thread), branched)

    def settled(self, request: gr.Request, chat: Chat, thread: str, graph: Any = None) -> list[Update]:
        """Updates for a page that isn't writing: the chat, the send button, the list, what was used."""
        if graph is None:
            shown, used = chat, gr.skip()
        else:
            said = threads.read(graph, thread)
            pressed = self._pressed(request, thread, threads.entries(said))
            shown, used = gr.update(value=chat, feedback_value=pressed), threads.used(said)
        return [shown, gr.update(submit_btn=True, stop_btn=False), *self.listed(request, thread), used]

    def listed(self, request: gr.Request, thread: str, words: str = "") -> list[Update]:
        """Updates the list of chats, and whether the open one is among them."""
        if not self.context.history:
            return [gr.skip(), gr.skip()]
        try:
            mine = self._threads(request)
            kept = [
                info for info in (mine.search(words) if words.strip() else mine.listed()) if info.messages
            ]
        except Exception:
            log.exception("The list of chats can't be read.")
            return [gr.skip(), gr.skip()]
        found = [(info.title or "…", info.name) for info in kept[:LISTED]]
        here = any(info.name == thread for info in kept)
        return [
            gr.update(
                choices=found,
                value=thread if here else None,
                visible=bool(found or words.strip()),
                label="Earlier chats" if found else "No chat has all these words",
            ),
            gr.skip() if words.strip() else gr.update(visible=here),
        ]

    # How --------------------------------------------------------------------------------------------------

    def _answer(
        self,
        request: gr.Request,
        text: str | None,
        chat: Chat,
        thread: str,
        model: str | None,
        knobs: tuple[Any, ...],
        held: bool = False,
    ) -> Iterator[list[Update]]:
        """Runs the graph; `text` None answers the question with which the thread ends."""
        if not thread:  # the page isn't loaded yet
            yield same()
            return
        asked = [] if text is None else [threads.said("user", text)]
        try:
            self._threads(request).open(thread)
            if not self.running.free(thread, 0.5):
                yield _busy("Not yet")
                return
            graph, context = self.context.graph(named(model)), self._turn(request, model, knobs)
            before = [*self.shown(graph, thread), *asked]
            writing = {"submit_btn": False, "stop_btn": True, **({"value": ""} if text else {})}
            waiting = [*before, threads.said("assistant", WAITING)]
            yield [waiting, gr.update(**writing), gr.skip(), gr.skip(), gr.skip()]
            answer = self.running.start(graph, thread, text, model=named(model), context=context, held=held)
            if answer is None:  # another window was faster
                raise UsageError("This chat is being answered in another window.")
            yield from self._watched(request, answer, before)
        except Exception as error:
            settled = self.settled(request, noticed(chat, one_line(error)), thread)
            if text:
                settled[1]["value"] = text  # it isn't in the thread, so it goes back where it came from
            yield settled
            return
        # Gradio sends the last update again at a generator's end, when the page may have moved on.
        yield same()

    def _watched(self, request: gr.Request, answer: Answer, before: Chat) -> Iterator[list[Update]]:
        """Shows an answer that is being written behind what stands before it, and how it ends."""
        reader = self.running.read(session(request))
        writing = gr.update(submit_btn=False, stop_btn=True)
        for said in answer.updates(reader):
            if said:
                yield [[*before, threads.said("assistant", said)], writing, gr.skip(), gr.skip(), gr.skip()]
                writing = gr.skip()
        if reader.left:
            yield same()
            return
        after = self.shown(answer.graph, answer.thread)
        lost = answer.error and answer.question and not threads.asks(answer.graph, answer.thread)
        if answer.error:
            after = noticed(after, answer.error)
        elif not answer.text.strip():
            nothing = "Stopped before the first word." if answer.stopped else "There was no answer."
            after = noticed(after, nothing)
        settled = self.settled(request, after, answer.thread, answer.graph)
        if lost:
            settled[1]["value"] = answer.question  # so it goes back where it came from
        yield settled

    def _turn(self, request: gr.Request, model: str | None, knobs: tuple[Any, ...]) -> Context:
        known = self.context.knobs(model)
        chosen = {name: knob for name, knob in zip(KNOBS, knobs, strict=True) if name in known}
        sampling = {name: _number(name, knob) for name, knob in chosen.items() if knob not in (None, "")}
        return Context(user_id=user_of(self.context, request), sampling=sampling, memory=self.context.memory)

    def _pressed(self, request: gr.Request, thread: str, found: Sequence[threads.Entry]) -> list[str | None]:
        """Which thumb was pressed at each entry of the assistant's."""
        kept = FeedbackBook(self.context.state.store, user_of(self.context, request)).of(thread)
        sides = [kept.get(entry.message) if entry.answer else None for entry in found if entry.bot]
        return [None if one is None else LIKED if one.liked else DISLIKED for one in sides]

    def _threads(self, request: gr.Request) -> Threads:
        return Threads(self.context.state, user_of(self.context, request))

    def _chat(self, request: gr.Request, thread: str, model: str | None, otherwise: Chat) -> Chat:
        try:
            return self.shown(self.owned(request, thread, model), thread)
        except Exception as error:
            return noticed(otherwise, one_line(error)) if model else otherwise

    def _refusal(self, text: str | None, model: str | None) -> str | None:
        """Returns why a message can't be sent; "" if a passing hint has been given, None if it can."""
        if not text or not text.strip():
            gr.Warning("Write a message first.", title="Nothing to send")
            return ""
        try:
            self.context.check(named(model), text)
        except Exception as error:
            return one_line(error)
        return None


def _busy(title: str) -> list[Update]:
    """Tells that the thread is being answered or changed, and updates nothing."""
    gr.Warning("This chat is still being answered: stop the answer or wait for it.", title=title)
    return same()


def same(chat: Any = None) -> list[Update]:
    """Updates nothing but what is given."""
    return [gr.skip() if chat is None else chat, *[gr.skip() for _ in OUTPUTS[1:]]]


def named(model: str | None) -> str:
    """Returns the name of the chosen model.

    Raises:
        UsageError: if none is chosen.
    """
    if not model:
        raise UsageError("No model is chosen. Run `homespun train home-nano` to make one.")
    return model


def noticed(chat: Chat, line: str) -> Chat:
    """The chat and, after it, one line of the page's own, in place of an older one."""
    said = list(chat)
    while said and _text(said[-1]).startswith(NOTICE):
        said.pop()
    return [*said, threads.said("assistant", f"{NOTICE}{line}")]


def session(request: gr.Request) -> str:
    """Returns what stands for a window."""
    return str(request.session_hash or "")


def _at(index: Any) -> int:
    return int(index[0] if isinstance(index, list | tuple) else index)


def _text(message: dict[str, Any]) -> str:
    content = message["content"]  # Gradio gives a list of parts back for a string
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _number(name: str, knob: Any) -> float | int:
    try:
        return int(knob) if name in ("top_k", "max_tokens", "seed") else float(knob)
    except ValueError as error:
        plain = name.replace("_", " ")
        raise UsageError(f"The {plain} is to be a whole number, not {str(knob)[:20]!r}.") from error
