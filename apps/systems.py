"""Systems to be measured: from a kind and an address to what a suite asks.

Contract: whatever a system is, it's asked in a repeatable way (temperature 0), and its fingerprint changes
with all that could change an answer: weights, sampling, prompts, scripts. What computes on this machine is
asked one sample at a time, what answers over the network eight at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homespun.errors import HomespunError, ModelNotFound, UsageError
from homespun.settings import Settings
from models.chat.addresses import READER, adapters_of

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from apps.acquaintances import Acquaintances
    from apps.retrievals import Retrievals
    from evals.suite import System
    from evals.systems import Reader, Reply
    from graphs.chatbot.steps import Chatbot
    from graphs.persistence import State
    from rag.judges.judge import Judge

THREADS = "threads.sqlite"
REMOTE_WORKERS = 8
QUICK_JUDGES = ("lexical", "length")


class Systems:
    """Makes systems. What they hold open is closed with the `open_systems` that gave this.

    Args:
        settings: say where models and state are.
        stack: what closes what was opened.
    """

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        self._settings = settings
        self._stack = stack
        self._state: State | None = None

    def make(self, kind: str, address: str | None = None) -> System[Any]:
        """Returns the system of a kind (see `evals.systems.KINDS`) that an address leads to.

        Args:
            kind: what the suite measures.
            address: a chat model's, or a judge's for the kind "judge", a reader's for "reader", a way of
                searching for "retriever"; None is the settings' own choice.

        Raises:
            ModelNotFound: if no model answers to that name.
            UsageError: if this model can't be such a system.
        """
        makers: Mapping[str, Callable[[str], System[Any]]] = {
            "chat": self._chat,
            "conversation": self._conversation,
            "acquaintance": self._acquaintance,
            "likelihood": self._likelihood,
            "judge": self._judge,
            "reader": self._reader,
            "retriever": self._retriever,
        }
        if kind not in makers:
            raise UsageError(f"Nothing here makes a system of the kind {kind!r}: {', '.join(makers)}.")
        return makers[kind](address if address is not None else self._default(kind))

    def judge(self, address: str) -> System[Judge]:
        """Returns a judge for suites to use: what it says is kept if it takes long to say.

        Raises:
            UsageError: if there is no such judge, or it can't be made of this argument.
        """
        from evals.judgements import KeptJudge
        from evals.sample import digest

        system = self._judge(address)
        path = self._settings.folder.evals / "judgements" / f"{digest(system.fingerprint)[:16]}.jsonl"
        kept = KeptJudge(system.call, None if address in QUICK_JUDGES else path)
        self._stack.callback(kept.close)
        return replace(system, call=kept)

    def _default(self, kind: str) -> str:
        if kind == "judge":
            from rag.judges.loading import DEFAULT

            return DEFAULT
        if kind == "retriever":
            return "hybrid"
        return READER if kind == "reader" else self._settings.model

    def _chat(self, address: str) -> System[BaseChatModel]:
        from evals.suite import System

        model = self._model(address)
        return System(
            address, model, chat_fingerprint(address, model), self._workers(address), self._about(address)
        )

    def _conversation(self, address: str) -> System[Conversations]:
        from apps.compose import chatbot_graph
        from evals.sample import digest
        from evals.suite import System
        from graphs.chatbot.prompts import chat_prompt
        from models.chat.loading import takes

        model = self._model(address)
        taken = takes(address, self._settings.home)
        state = self._threads()
        # What one dialogue tells isn't for the next one.
        settings = self._settings.model_copy(update={"memory": "off"})
        shown = [message.text for message in chat_prompt().format_messages(system=[], messages=[])]
        fingerprint = digest("conversation", chat_fingerprint(address, model), shown)
        call = Conversations(
            graph=chatbot_graph(settings, model, state, address),
            model=model,
            state=state,
            fingerprint=fingerprint,
            seeded=taken is None or "seed" in taken,
        )
        return System(address, call, fingerprint, self._workers(address), self._about(address))

    def _acquaintance(self, address: str) -> System[Acquaintances]:
        from apps.acquaintances import Acquaintances, memory_fingerprint
        from evals.sample import digest
        from evals.suite import System
        from models.chat.loading import takes

        model = self._model(address)
        taken = takes(address, self._settings.home)
        fingerprint = digest(
            "acquaintance", chat_fingerprint(address, model), memory_fingerprint(self._settings)
        )
        call = Acquaintances(
            settings=self._settings,
            model=model,
            address=address,
            fingerprint=fingerprint,
            seeded=taken is None or "seed" in taken,
        )
        return System(address, call, fingerprint, self._workers(address), self._about(address))

    def _likelihood(self, address: str) -> System[Any]:
        from evals.suite import System
        from models.chat.loading import takes
        from models.inference.likelihood import load_likelihood

        if takes(address, self._settings.home) is not None:
            raise UsageError(
                f"{address} doesn't tell how likely a text is: only a model folder or an hf: checkpoint does."
            )
        call = load_likelihood(address, self._settings.home)
        return System(address, call, call.fingerprint, 1, {"parameters": call.parameters})

    def _judge(self, address: str) -> System[Judge]:
        from apps.compose import load_judge
        from evals.suite import System

        judge = load_judge(self._settings, address)
        about = {"threshold": judge.threshold}
        name, _, model = address.partition(":")
        if name != "chat":
            return System(address, judge, judge.fingerprint, about=about)
        # It's as patient as its model, and takes one claim at a time.
        return System(address, judge, judge.fingerprint, self._workers(model), about, batch=1)

    def _reader(self, address: str) -> System[Reader]:
        from evals.sample import digest
        from evals.suite import System
        from models.encoders.read import load_reader

        name = adapters_of(READER, address)[0] if address.partition(":")[0] == READER else address
        try:
            reader = load_reader(name, home=self._settings.home, threads=self._settings.threads)
        except ModelNotFound as error:
            raise ModelNotFound(f"{error} A reader is measured: {READER}, or {READER}:NAME.") from error
        fingerprint = digest("reader", reader.fingerprint)
        return System(name, reader, fingerprint, about={"threshold": reader.threshold})

    def _retriever(self, address: str) -> System[Retrievals]:
        from apps.retrievals import Retrievals, encoder_model, open_retrievals, retrieval_fingerprint
        from evals.suite import System
        from rag.retrieve import RETRIEVERS

        RETRIEVERS.address(address)  # a wrong name is told before anything is indexed
        model = encoder_model(self._settings)
        library = open_retrievals(self._settings)
        self._stack.callback(library.close)
        return System(
            address,
            Retrievals(library, address, model),
            retrieval_fingerprint(model, address),
            about={"encoder": self._settings.encoder},
        )

    def _model(self, address: str) -> BaseChatModel:
        from apps.compose import chat_model

        return chat_model(self._settings, address, temperature=0.0)

    def _workers(self, address: str) -> int:
        from models.chat.loading import takes

        # Ours take all that can be told, scripts nothing, providers what they have in common.
        return REMOTE_WORKERS if takes(address, self._settings.home) else 1

    def _about(self, address: str) -> dict[str, Any]:
        from models.shelves import base_of, find_model, list_models
        from models.store import is_adapter

        known = {info.folder: info.parameters for info in list_models(self._settings.home)}
        try:
            folder = find_model(address, self._settings.home)
            base = base_of(folder) if is_adapter(folder) else folder
        except HomespunError:
            return {}
        about = {"parameters": known.get(base)}
        if base != folder:
            about["adapter_parameters"] = known.get(folder)
        return {name: count for name, count in about.items() if count is not None}

    def _threads(self) -> State:
        if self._state is None:
            from graphs.persistence import open_state

            self._state = self._stack.enter_context(open_state(threads_file(self._settings)))
        return self._state


@contextmanager
def open_systems(settings: Settings) -> Iterator[Systems]:
    """Gives what makes systems, and closes what they hold open."""
    with ExitStack() as stack:
        yield Systems(settings, stack)


def threads_file(settings: Settings) -> Path:
    """Returns the SQLite file that keeps the threads of evaluations."""
    return settings.folder.evals / THREADS


def thread_name(thread: str, fingerprint: str) -> str:
    """Returns the name of a sample's thread in that file: each system has its own."""
    return f"{thread[:100]}@{fingerprint[:8]}"


def chat_fingerprint(address: str, model: BaseChatModel) -> str:
    """Returns a hash of an address and of what the answers of its chat model depend on."""
    from evals.sample import digest
    from models.chat.fingerprint import fingerprint

    return digest(address, fingerprint(model))


@dataclass(frozen=True)
class Conversations:
    """The chatbot graph as `evals.systems.Conversation`: its threads stay, to be looked at later.

    Attributes:
        graph: the chatbot over `model`, kept in `state`.
        model: who answers.
        state: where threads are kept.
        fingerprint: of the system; part of each thread's name.
        seeded: whether the model can be told a seed.
    """

    graph: Chatbot
    model: BaseChatModel
    state: State
    fingerprint: str
    seeded: bool

    def __call__(self, turns: Sequence[str], *, thread: str, seed: int) -> Sequence[Reply]:
        """Plays `turns` in a new thread, dropping an older one, and returns the replies.

        Raises:
            UsageError: if a turn is more than the model can read.
        """
        from evals.asking import counts
        from evals.systems import Reply
        from graphs.chatbot import Context, check_question

        name = thread_name(thread, self.fingerprint)
        self.state.saver.delete_thread(name)
        context = Context(sampling={"seed": seed} if self.seeded else {})
        replies = []
        for turn in turns:
            check_question(self.model, turn)
            began = time.perf_counter()
            state = self.graph.invoke(
                {"messages": [("user", turn)]}, {"configurable": {"thread_id": name}}, context=context
            )
            seconds = time.perf_counter() - began
            message = state["messages"][-1]
            replies.append(Reply(message.text, counts(message.usage_metadata), seconds))
        self.state.saver.prune([name])
        return replies
