"""What the Chat page's controls do: functions of the components' values, which give updates of components.

Contract: errors become one message in the chat, never a traceback. The chat's content comes from the
thread; one line that the page itself says (a notice) follows it and isn't stored. What a function reads and
writes is stated by `INPUTS`, `OUTPUTS` and `TURNED`, names of components that `apps.pages.chat` lays out.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from typing import Any

import gradio as gr

from apps.pages import threads
from apps.pages.answer import Running, one_line
from apps.pages.context import KNOBS, PageContext
from graphs.chatbot import rewind, undo
from graphs.threads import check_name, list_threads, new_name, prune
from homespun.errors import UsageError

INPUTS = ("chat", "thread", "model", *KNOBS)
OUTPUTS = ("chat", "box", "chats", "delete")
TURNED = (*OUTPUTS, "thread", "model")
"""What is written where the page turns to another chat."""
LISTED = 50
"""Chats in the side panel: the last ones."""

NOTICE = "⚠ "

WAITING = "…"
"""Stands for the answer until its first word is there."""

log = logging.getLogger(__name__)
Update = Any
Chat = list[dict[str, Any]]


class Talk:
    """The page's behaviour over one context; holds only which answers are being written now."""

    def __init__(self, context: PageContext) -> None:
        self.context = context
        self.running = Running()

    # What people say ------------------------------------------------------------------------------------

    def send(
        self, request: gr.Request, text: str, chat: Chat, thread: str, model: str | None, *knobs: Any
    ) -> Iterator[list[Update]]:
        """Answers a new message; one that can't be answered stays in the box."""
        if (refusal := self._refusal(text, model)) is not None:
            yield _same(chat=_noticed(chat, refusal) if refusal else None)
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
        self, request: gr.Request, chat: Chat, thread: str, model: str | None, *knobs: Any
    ) -> Iterator[list[Update]]:
        """Answers the last question anew; the thread loses the old answer."""
        yield from self._answer(request, None, chat, thread, model, knobs)

    def edit(
        self,
        request: gr.Request,
        edited: gr.EditData,
        chat: Chat,
        thread: str,
        model: str | None,
        *knobs: Any,
    ) -> Iterator[list[Update]]:
        """Answers a changed question; the thread loses the old one and all that followed it."""
        index = edited.index[0] if isinstance(edited.index, (list, tuple)) else edited.index
        text = threads.typed(str(edited.value or "")).strip()
        if (refusal := self._refusal(text, model)) is not None or self._busy(thread, "Not changed"):
            old = self._chat(thread, model, chat)
            yield _same(chat=_noticed(old, refusal) if refusal else old)
            return
        try:
            threads.cut(self._graph(model), thread, index)
        except Exception as error:
            yield _same(chat=_noticed(chat, one_line(error)))
            return
        yield from self._answer(request, text, chat, thread, model, knobs)

    def undo(self, chat: Chat, thread: str, model: str | None, *_knobs: Any) -> list[Update]:
        """Takes back the last question and its answer; the question returns to the box."""
        if self._busy(thread, "Not taken back"):
            return _same()
        try:
            graph = self._graph(model)
            question = undo(graph, threads.config(thread))
            left = threads.display(threads.read(graph, thread))
        except Exception as error:
            return _same(chat=_noticed(chat, one_line(error)))
        return [left, gr.skip() if question is None else gr.update(value=question), *self._list(thread)]

    def stop(self, thread: str) -> None:
        """Asks the answer to end at its next token; what is written so far stays."""
        self.running.stop(thread)

    # Which chat is shown --------------------------------------------------------------------------------

    def load(self, request: gr.Request, thread: str, model: str | None) -> list[Update]:
        """Shows the thread that the page's address names, or a new one."""
        try:
            shown = self.open(request, check_name(thread), model)
        except UsageError:
            shown = self.new(request)
        # Nothing can be said before the page knows in which thread.
        shown[OUTPUTS.index("box")]["interactive"] = bool(self.context.models)
        return shown

    def open(self, request: gr.Request, thread: str, model: str | None) -> list[Update]:
        """Shows another thread and chooses the model that answered there last.

        An answer that is being written is stopped and kept.
        """
        self.running.leave(_session(request))
        self.running.free(thread, 3.0, stop=True)  # a reload may have left an answer half-written
        chat, chosen = [], gr.skip()
        try:
            if model:
                said = threads.read(self._graph(model), thread)
                chat, chosen = threads.display(said), self._chosen(threads.last_model(said))
        except Exception as error:
            chat = _noticed([], one_line(error))
        return [*self._settled(chat, thread), thread, chosen]

    def new(self, request: gr.Request) -> list[Update]:
        """Starts a new chat; nothing is stored until something is said."""
        self.running.leave(_session(request))
        # Where people don't see each other's chats, a chat's name is what keeps it to oneself.
        thread = new_name() if self.context.history else secrets.token_urlsafe(18)
        return [*self._settled([], thread), thread, gr.skip()]

    def delete(self, request: gr.Request, thread: str) -> list[Update]:
        """Deletes the thread that is shown and starts a new one."""
        self.running.leave(_session(request))
        if self._busy(thread, "Not deleted", stop=True):
            return [*_same(), gr.skip(), gr.skip()]
        self.context.checkpointer.delete_thread(thread)
        return self.new(request)

    # How --------------------------------------------------------------------------------------------------

    def _answer(
        self,
        request: gr.Request,
        text: str | None,
        chat: Chat,
        thread: str,
        model: str | None,
        knobs: tuple[Any, ...],
    ) -> Iterator[list[Update]]:
        """Runs the graph; `text` None answers the thread's last question again."""
        if not thread or self._busy(thread, "Not yet"):  # no thread: the page isn't loaded yet
            yield _same()
            return
        asked = [] if text is None else [threads.said("user", text)]
        writing = {"submit_btn": False, "stop_btn": True, **({"value": ""} if text else {})}
        try:
            graph, sampling = self._graph(model), self._sampling(model, knobs)
            if text is None and not rewind(graph, threads.config(thread)):
                raise UsageError("There is no question to answer again.")
            before = [*threads.display(threads.read(graph, thread)), *asked]
            yield [[*before, threads.said("assistant", WAITING)], gr.update(**writing), gr.skip(), gr.skip()]
            answer = self.running.start(
                graph,
                thread,
                text,
                model=self._named(model),
                sampling=sampling,
                session=_session(request),
            )
            if answer is None:  # another window was faster
                raise UsageError("This chat is being answered in another window.")
            for said in answer.updates():
                if said:
                    yield _same(chat=[*before, threads.said("assistant", said)])
            if answer.left:
                yield _same()
                return
            after = threads.display(threads.read(graph, thread))
        except Exception as error:
            settled = self._settled(_noticed(chat, one_line(error)), thread)
            if text:
                settled[1]["value"] = text  # it isn't in the thread, so it goes back where it came from
            yield settled
            return
        if answer.error:
            after = _noticed(after, answer.error)
        elif not answer.text.strip():
            nothing = "Stopped before the first word." if answer.stopped else "There was no answer."
            after = _noticed(after, nothing)
        self._prune(thread)
        yield self._settled(after, thread)
        # Gradio sends the last update again at a generator's end, when the page may have moved on.
        yield _same()

    def _graph(self, model: str | None) -> Any:
        return self.context.graph(self._named(model))

    def _named(self, model: str | None) -> str:
        if not model:
            raise UsageError("No model is chosen. Run `homespun train home-nano` to make one.")
        return model

    def _chosen(self, name: str) -> Update:
        """Chooses the model that answered last in a thread, by its name there; "" leaves the choice."""
        if not name:
            return gr.skip()
        # What isn't on offer (deleted since, asked on the command line alone, known there by a provider's own
        # name) gives way to what a fresh page begins with, whatever another chat has left chosen.
        return gr.update(value=name if name in self.context.models else self.context.model)

    def _sampling(self, model: str | None, knobs: tuple[Any, ...]) -> dict[str, float | int]:
        shown = self.context.knobs(model)
        chosen = {name: knob for name, knob in zip(KNOBS, knobs, strict=True) if name in shown}
        return {name: _number(name, knob) for name, knob in chosen.items() if knob not in (None, "")}

    def _chat(self, thread: str, model: str | None, otherwise: Chat) -> Chat:
        try:
            return threads.display(threads.read(self._graph(model), thread))
        except Exception as error:
            return _noticed(otherwise, one_line(error)) if model else otherwise

    def _refusal(self, text: str | None, model: str | None) -> str | None:
        """Returns why a message can't be sent; "" if a passing hint has been given, None if it can."""
        if not text or not text.strip():
            gr.Warning("Write a message first.", title="Nothing to send")
            return ""
        try:
            self.context.check(self._named(model), text)
        except Exception as error:
            return one_line(error)
        return None

    def _busy(self, thread: str, title: str, *, stop: bool = False) -> bool:
        # The short wait lets a stopped answer come to its end.
        if self.running.free(thread, 5.0 if stop else 0.5, stop=stop):
            return False
        gr.Warning("This chat is still being answered: stop the answer or wait for it.", title=title)
        return True

    def _prune(self, thread: str) -> None:
        try:
            prune(self.context.checkpointer, thread)
        except Exception:
            log.exception("The old checkpoints of thread %s could not be removed.", thread)

    def _settled(self, chat: Chat, thread: str) -> list[Update]:
        """Updates for a page that isn't writing: the chat, the send button, the list."""
        return [chat, gr.update(submit_btn=True, stop_btn=False), *self._list(thread)]

    def _list(self, thread: str) -> list[Update]:
        if not self.context.history:
            return [gr.skip(), gr.skip()]
        try:
            kept = [info for info in list_threads(self.context.checkpointer) if info.messages]
        except Exception:
            log.exception("The list of chats can't be read.")
            return [gr.skip(), gr.skip()]
        found = [(info.title or "…", info.name) for info in kept[:LISTED]]
        here = any(name == thread for _, name in found)
        return [
            gr.update(choices=found, value=thread if here else None, visible=bool(found)),
            gr.update(visible=here),
        ]


def _same(chat: Any = None) -> list[Update]:
    """Updates nothing but what is given."""
    return [gr.skip() if chat is None else chat, gr.skip(), gr.skip(), gr.skip()]


def _noticed(chat: Chat, line: str) -> Chat:
    """The chat and, after it, one line of the page's own, in place of an older one."""
    said = list(chat)
    while said and _text(said[-1]).startswith(NOTICE):
        said.pop()
    return [*said, threads.said("assistant", f"{NOTICE}{line}")]


def _session(request: gr.Request) -> str:
    return str(request.session_hash or "")


def _text(message: dict[str, Any]) -> str:
    content = message["content"]  # Gradio gives a list of parts back for a string
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _number(name: str, knob: Any) -> float | int:
    try:
        return int(knob) if name in ("top_k", "max_tokens", "seed") else float(knob)
    except ValueError as error:
        named = name.replace("_", " ")
        raise UsageError(f"The {named} is to be a whole number, not {str(knob)[:20]!r}.") from error
