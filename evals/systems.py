"""The kinds of systems that suites measure, each an interface of the ecosystem or the least that's needed.

Contract: types only. `apps.compose` makes systems; a suite receives one as `System.call`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

KINDS: Mapping[str, str] = {
    "acquaintance": "evals.systems.Acquaintance",
    "chat": "langchain_core.language_models.BaseChatModel",
    "conversation": "evals.systems.Conversation",
    "judge": "langchain_core.cross_encoders.BaseCrossEncoder",
    "likelihood": "evals.systems.Likelihood",
    "reader": "evals.systems.Reader",
    "retriever": "evals.systems.Retrieval",
}
"""Kind → the type of `System.call`."""


@dataclass(frozen=True)
class Loss:
    """A text under a language model.

    Attributes:
        nats: negative log-likelihood of the text, summed.
        tokens: how many tokens were predicted.
        bytes: length of the text in UTF-8.
        right: for how many tokens the most likely one was the true one.
    """

    nats: float
    tokens: int
    bytes: int
    right: int


class Likelihood(Protocol):
    """A language model that says how likely a text is."""

    def __call__(self, text: str) -> Loss:
        """Returns the loss of `text`, read with as much context as the model has."""
        ...


@dataclass(frozen=True)
class Reply:
    """One reply in a conversation.

    Attributes:
        text: what was said.
        usage: tokens, as LangChain counts them.
        seconds: from the question to the end of the reply.
        recalled: what was known of the user when it was given, where the system tells.
    """

    text: str
    usage: Mapping[str, Any]
    seconds: float
    recalled: tuple[str, ...] = ()


class Conversation(Protocol):
    """The chatbot graph with a fresh thread: what the suite says as the user is answered turn by turn."""

    def __call__(self, turns: Sequence[str], *, thread: str, seed: int) -> Sequence[Reply]:
        """Plays `turns` in a new thread of that id, dropping an older one, and returns the replies."""
        ...


@dataclass(frozen=True)
class Visit:
    """One user's turns in one thread.

    Attributes:
        user: who speaks.
        thread: where; a thread of this name goes on, if the user had it.
        turns: what they say.
        restart: whether all that the system keeps is closed and opened anew before.
    """

    user: str
    thread: str
    turns: Sequence[str]
    restart: bool = False


@dataclass(frozen=True)
class Visited:
    """What came of a visit.

    Attributes:
        replies: one a turn.
        kept: what is remembered of the user after it, where the system tells.
    """

    replies: Sequence[Reply]
    kept: tuple[str, ...] = ()


class Acquaintance(Protocol):
    """The chatbot graph with long-term memory: it knows its users in every thread, each apart."""

    def __call__(self, visits: Sequence[Visit], *, scene: str, seed: int) -> Sequence[Visited]:
        """Plays `visits` one after another and returns what came of each.

        Args:
            visits: what users say.
            scene: whose users these are: nothing is known of them at its beginning, though it was played
                before, and users of another scene are others.
            seed: of the model's draws.
        """
        ...


class Reading(Protocol):
    """What a reader found, as plain values that don't change."""

    @property
    def text(self) -> str:
        """The answer, which is `best`, or "" where the reader abstains."""
        ...

    @property
    def best(self) -> str:
        """The likeliest span, whether it abstains or not: ``passages[passage][start:end]``; "" for none."""
        ...

    @property
    def passage(self) -> int:
        """Number of the passage that holds `best`, from 0; -1 where there is none."""
        ...

    @property
    def start(self) -> int:
        """The first character of `best` in its passage."""
        ...

    @property
    def end(self) -> int:
        """After its last character."""
        ...

    @property
    def confidence(self) -> float:
        """Probability that `best` is right."""
        ...

    @property
    def answerable(self) -> float:
        """Probability that the passages hold an answer."""
        ...


class Reader(Protocol):
    """A system that copies the answer to a question out of passages, or abstains.

    One that is faster with several questions at once may also have
    ``read_many([(question, passages), …]) -> Sequence[Reading]``.
    """

    def read(self, question: str, passages: Sequence[str]) -> Reading:
        """Returns what answers `question` in `passages`."""
        ...


class Passage(NamedTuple):
    """One passage of a corpus; its title may be ""."""

    title: str
    text: str


@dataclass(frozen=True)
class Corpus:
    """What is searched.

    Attributes:
        name: of the collection, for people: a file's or a folder's.
        passages: by id, in the collection's order.
        fingerprint: of ids, titles and texts in their order: hexadecimal digits. Two of one fingerprint are
            the same, so that an index that was made of one can be used for the other.
    """

    name: str
    passages: Mapping[str, Passage]
    fingerprint: str


@dataclass(frozen=True)
class Ranked:
    """A passage that was found.

    Attributes:
        id: the passage's, in its corpus.
        score: by which it's ranked, where there is one.
        arms: what each of the ways that were joined said of it, by their names, such as "bm25" and "dense".
    """

    id: str
    score: float = 0.0
    arms: Mapping[str, float] = field(default_factory=dict)


class Retrieval(Protocol):
    """A system that finds passages of a corpus for queries.

    What it finds for a query must not depend on the queries beside it.
    """

    def index(self, corpus: Corpus) -> None:
        """Makes ready to search `corpus`, if it isn't yet: asked before every batch, and not timed."""
        ...

    def search(self, corpus: Corpus, queries: Sequence[str], k: int) -> Sequence[Sequence[Ranked]]:
        """Returns, for each query, at most `k` passages of `corpus`, the best first, each once."""
        ...
