"""The composition root: settings → model, checkpointer → graph → page or command line.

Contract: the only place that knows how the parts are made and put together. Functions make one part each;
nothing is kept here, and nothing heavy is imported before the function that needs it is called.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homespun.errors import HomespunError, ModelNotFound, UsageError
from homespun.names import Table
from homespun.settings import Settings, load_settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from apps.pages.context import PageContext
    from evals.suite import Suite
    from graphs.chatbot.steps import Chatbot
    from graphs.persistence import State
    from rag.judges.judge import Judge
    from rag.library.library import Library


def state_file(settings: Settings) -> Path:
    """Returns the SQLite file that keeps the threads.

    Raises:
        UsageError: if the setting names a server; only a file can be used.
    """
    if settings.database is None:
        return settings.folder.state
    if "://" in settings.database:
        raise UsageError(
            f"Conversations are kept in a SQLite file; {settings.database.split('://')[0]}:// can't be used. "
            "Set HOMESPUN_DATABASE to a path or leave it out."
        )
    return Path(settings.database).expanduser().absolute()


@contextmanager
def open_state(settings: Settings) -> Iterator[State]:
    """Opens the file of threads, memories and feedback, and removes what was deleted long ago.

    Raises:
        HomespunError: if it can't be used.
    """
    from graphs import persistence
    from graphs.threads import purge

    with persistence.open_state(state_file(settings), index=_index(settings)) as state:
        purge(state)
        yield state


def _index(settings: Settings) -> Any:
    """How memories are embedded; without the encoder they're found by their age."""
    from models.encoders.embed import LocalEmbeddings

    try:
        encoder = LocalEmbeddings(home=settings.home, threads=settings.threads)
    except ModelNotFound:
        return None
    # Vectors of another encoder aren't compared with this one's.
    return {"dims": 384, "embed": encoder, "fields": ["text"], "model": str(encoder.source.fingerprint)}


@contextmanager
def open_library(settings: Settings, user: str | None = None) -> Iterator[Library]:
    """Gives the collections of a user, by default of this machine's owner, and closes what it opened.

    Args:
        settings: say where it lies, who embeds and where vectors are kept.
        user: who has logged in.
    """
    from rag.library import LOCAL
    from rag.library.library import Library

    with Library(
        settings.folder.library,
        user=user or LOCAL,
        encoder=settings.encoder,
        vectors=settings.vectors,
        home=settings.home,
        threads=settings.threads,
    ) as library:
        yield library


def chat_model(settings: Settings, name: str | None = None, **sampling: Any) -> BaseChatModel:
    """Loads the chat model `name`, or the one in the settings.

    Args:
        settings: say where the user's own models are and how many threads a model may use.
        name: an address as `models.load_chat_model` takes it.
        sampling: temperature, top_p, top_k, min_p, repetition_penalty, max_tokens, seed; None counts as not
            given, and what kind of model this is decides what it's told.

    Raises:
        ModelNotFound: if no model answers to that name.
        CorruptWeights: if its files aren't what they should be.
    """
    from models import load_chat_model
    from models.chat.loading import takes

    address = name or settings.model
    taken = takes(address, settings.home)
    given = {
        key: value for key, value in sampling.items() if value is not None and (taken is None or key in taken)
    }
    return load_chat_model(address, home=settings.home, threads=settings.threads, **given)


def warm(settings: Settings) -> threading.Thread | None:
    """Begins to make the settings' model ready, so that the first message needn't wait for its weights.

    Returns:
        The thread that does it, or None for a model that doesn't run in this process or can't be had. What
        goes wrong is told when the model is asked for an answer.
    """
    from models.chat.local import ChatLocal

    try:
        model = chat_model(settings, max_tokens=1)
    except HomespunError:
        return None
    if not isinstance(model, ChatLocal):
        return None

    def ready() -> None:
        with suppress(Exception):  # told at the first message
            model.invoke("Hello")

    thread = threading.Thread(target=ready, name="warm", daemon=True)
    thread.start()
    return thread


def chatbot_graph(settings: Settings, model: BaseChatModel, state: State | None, name: str = "") -> Chatbot:
    """Returns the memory chatbot.

    Args:
        settings: say who finds what is to be remembered.
        model: who answers.
        state: where threads and memories are kept.
        name: the model's address, if it isn't the settings' own.
    """
    from graphs.chatbot.condense import by_model as summary_by
    from graphs.chatbot.graph import build
    from graphs.memories.extract import by_model as memories_by
    from graphs.memories.extract import in_own_words
    from models.chat.loading import is_large

    return build(
        model,
        checkpointer=None if state is None else state.saver,
        store=None if state is None or settings.memory == "off" else state.store,
        find=lambda address: chat_model(settings, address),
        extract=memories_by(model) if settings.memory == "model" else in_own_words,
        summarise=summary_by(model) if is_large(name or settings.model, settings.home) else None,
    )


def chatbot() -> Chatbot:
    """The factory that langgraph.json names: the chatbot by the settings, kept by LangGraph's own server."""
    settings = load_settings()
    return chatbot_graph(settings, chat_model(settings), None)


def check_page_model(settings: Settings) -> None:
    """Refuses a model that the pages have no use for.

    Raises:
        UsageError: if it does nothing without tools, of which the Chat page gives none.
    """
    from models.chat.addresses import CALLER, READER

    if settings.model.partition(":")[0] == CALLER:
        raise UsageError(
            f"{settings.model} needs tools, and the Chat page gives it none. Choose another model: "
            f"homespun ui --model {READER}"
        )


def page_context(settings: Settings, state: State) -> PageContext:
    """Returns what the Gradio pages are given."""
    from apps.pages.answer import Running
    from apps.pages.context import KNOBS, PageContext
    from apps.pages.evals.desk import Desk
    from apps.pages.evals.served import routes
    from apps.pages.manner import READ, TALK, Manner
    from graphs.chatbot.limits import check_question
    from models.chat.addresses import ENCODED, READER
    from models.chat.loading import takes
    from models.chat.weights import locate
    from models.shelves import list_models

    listed = {info.name: info for info in list_models(settings.home)}

    def graph(model: str) -> Chatbot:
        return chatbot_graph(settings, chat_model(settings, model), state, model)

    def check(model: str, text: str) -> None:
        check_question(chat_model(settings, model), text)

    def sampling(model: str) -> dict[str, float | int | None]:
        taken = takes(model, settings.home)
        known = {knob: value for knob, value in KNOBS.items() if taken is None or knob in taken}
        try:
            own = locate(model, settings.home).generation
        except (HomespunError, KeyError):
            own = {}  # no model of ours, or one whose trouble is told when it's asked something
        return {knob: own.get(knob, value) for knob, value in known.items()}

    def about(model: str) -> str:
        return listed[model].description if model in listed else ENCODED.get(model, "")

    def manner(model: str) -> Manner:
        return READ if model.partition(":")[0] == READER else TALK

    def keep(messages: list[dict[str, Any]], at: int | None, **said: Any) -> bool:
        from evals import recordings

        return recordings.add(settings.folder.recorded, recordings.turn(messages, at, **said))

    known = settings.auth is not None
    alone = settings.host in ("127.0.0.1", "localhost", "::1") and not known
    desk = Desk(settings)
    first = [] if settings.model in listed else [settings.model]
    return PageContext(
        graph=graph,
        models=list(dict.fromkeys([*first, *listed, READER])),
        model=settings.model,
        state=state,
        running=Running(),
        check=check,
        sampling=sampling,
        about=about,
        manner=manner,
        history=alone or known,
        owner=alone,
        users=known,
        memory=settings.memory != "off" and (alone or known),
        keep=keep if alone else None,
        evals=desk,
        # A report holds what was asked and said: that is for this machine's owner.
        routes=lambda: routes(desk) if alone else (),
    )


def pages(settings: Settings) -> Table[Callable[..., None]]:
    """Returns the pages of the suite, the user's among them."""
    from apps.pages import PAGES

    return _with_plugins(PAGES, settings, "pages")


def recipes(settings: Settings) -> Table[Any]:
    """Returns the training recipes, the user's among them."""
    from finetune.recipes import RECIPES

    return _with_plugins(RECIPES, settings, "recipes")


def benches(settings: Settings) -> Table[Callable[..., dict[str, Any]]]:
    """Returns the benchmarks, the user's among them."""
    from apps.bench import BENCHES

    return _with_plugins(BENCHES, settings, "benches")


def suites(settings: Settings) -> Table[Suite[Any]]:
    """Returns the suites of the harness, the user's among them."""
    from evals.suites import SUITES

    return _with_plugins(SUITES, settings, "suites")


def evaluation_texts(
    settings: Settings, report: Callable[[str], None] = lambda _: None
) -> dict[str, list[str]]:
    """Returns what each suite asks, the user's suites and kept turns among it: training mustn't see it.

    Args:
        settings: say which suites there are and where kept turns lie.
        report: called with a line for each suite that is left out, since it has nothing built in.

    Raises:
        UsageError: if the user's kept turns can't be read.
    """
    from evals.suite import Source
    from evals.suites.recorded import SUITE as RECORDED
    from evals.texts import suite_texts

    table = suites(settings)
    texts: dict[str, list[str]] = {}
    for name in table.listed():
        try:
            texts[name] = list(suite_texts(table[name]))
        except UsageError as error:
            report(f"suite {name} is left out, nothing of it is kept apart from training: {error}")
    kept = settings.folder.recorded
    if kept.is_file():
        texts[str(kept.resolve())] = list(suite_texts(RECORDED, Source(str(kept))))
    return texts


def judges(settings: Settings) -> Table[Callable[..., Judge]]:
    """Returns the judges of support, the user's among them."""
    from rag.judges import JUDGES

    return _with_plugins(JUDGES, settings, "judges")


def load_judge(settings: Settings, address: str) -> Judge:
    """Makes the judge that an address leads to, be it ours or a plugin's.

    Raises:
        UsageError: if there is no such judge, or it can't be made of this argument.
    """
    from rag.judges import JUDGES, loading

    name, _, argument = address.partition(":")
    if name in JUDGES or not name.strip():
        return loading.load_judge(address, home=settings.home, threads=settings.threads)
    return judges(settings)[name](argument, home=settings.home, threads=settings.threads)


def _with_plugins(table: Table[Any], settings: Settings, family: str) -> Table[Any]:
    return table.with_rows(settings.plugins.get(family, {}))
