"""Where a chat model's weights come from, and sharing them between all chat models that use the same ones.

`locate` reads a configuration and no tensor, so constructing a chat model is cheap. `open_brain` loads, at
the first use, and remembers the last few: the key holds folder and fingerprint, so a model that was trained
anew in the same folder is loaded anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from models import shelves, store
from models.tokenizers.special import CALL, END, END_OF_TEXT

if TYPE_CHECKING:
    from models.chat.guidance import Guidance
    from models.chat.proposer import Proposer
    from models.inference.engine import Engine, Request, Step
    from models.inference.net import Net
    from models.nets.decoder import Decoder
    from models.tokenizers.fast import Tokenizer

FOREIGN = "hf:"
SECTION = "proposals"
"""Of a model's configuration, read as `models.chat.guidance.Guidance`."""
_KEPT = 3
# An engine may hold repacked weights of its own, so a burst of answers leaves no more than these behind.
_IDLE = 2


@dataclass(frozen=True)
class Source:
    """A model that was found but not loaded.

    Attributes:
        name: Its address.
        folder: Where its files are.
        fingerprint: Changes with whatever changes its answers, adapter included.
        context_length: Tokens of prompt and answer together.
        generation: Its own defaults of sampling.
        adapter: The folder of an adapter, and
        base: the model that it goes on.
        guidance: How the encoder's adapters propose to it; None where it writes by itself.
        home: The state folder in which these are looked for first.
    """

    name: str
    folder: Path
    fingerprint: str
    context_length: int
    generation: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False)
    adapter: Path | None = None
    base: Source | None = None
    guidance: Guidance | None = field(default=None, hash=False, compare=False)
    home: Path | None = field(default=None, hash=False, compare=False)


@dataclass(frozen=True)
class Voice:
    """How a model's conversations are written in tokens.

    Attributes:
        render: Template dictionaries and tool schemas to a prompt.
        encode: Ordinary text to ids.
        token_bytes: What a token stands for.
        stop_ids: Tokens that end an answer, and
        end_token: the one that its own template has there.
        render_note: What was noticed before an answer to tokens, which stand before the prompt's last one.
        call_token: The token that begins a tool call, or
        call_marker: the text that does.
        call_opening: The same in the grammar's notation.
        call_closing: What ends a call, in the grammar's notation.
        text_tokens: Tokens that may stand in text though their names look special (`</think>`).
    """

    render: Callable[[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]] | None], list[int]]
    encode: Callable[[str], list[int]]
    token_bytes: Callable[[int], bytes]
    stop_ids: frozenset[int]
    end_token: int | None = None
    render_note: Callable[[str], list[int]] | None = None
    call_token: int | None = None
    call_marker: str | None = None
    call_opening: str = CALL
    call_closing: str = ""
    text_tokens: tuple[int, ...] = ()


class Brain:
    """Loaded weights that any number of chat models and threads may use at once.

    Each answer has an engine of its own over the same weights, so an answer that is read slowly, or not to
    its end, holds up nobody. Passes through the net take turns.
    """

    def __init__(
        self,
        voice: Voice,
        net: Net,
        make_engine: Callable[[Net, threading.Lock], Engine],
        turn: threading.Lock | None = None,
        proposer: Proposer | None = None,
    ) -> None:
        """Take weights into use.

        Args:
            voice: How its conversations are written in tokens.
            net: The net.
            make_engine: Makes an engine over a net, whose passes take turns by the given lock.
            turn: That lock; by default one of this brain's own.
            proposer: Who proposes values to it.
        """
        self.voice = voice
        self.proposer = proposer
        self.net = net
        self._turn = threading.Lock() if turn is None else turn
        self._make_engine = make_engine
        self._idle = [make_engine(net, self._turn)]

    def with_net(self, net: Net) -> Brain:
        """The same with another net, such as this one's with an adapter; their passes take turns."""
        return Brain(self.voice, net, self._make_engine, self._turn, self.proposer)

    def shown(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """A conversation as the net reads it: without known facts, where they're looked up for it.

        Args:
            rows: Template dictionaries.
        """
        return rows if self.proposer is None else self.proposer.shown(rows)

    def steps(self, request: Request) -> Generator[Step, None, None]:
        """Generate; close the iterator to stop early."""
        with self._engine() as engine:
            yield from engine.generate(request)

    @contextmanager
    def _engine(self) -> Iterator[Engine]:
        try:
            engine = self._idle.pop()
        except IndexError:
            engine = self._make_engine(self.net, self._turn)
        try:
            yield engine
        finally:
            if len(self._idle) < _IDLE:
                self._idle.append(engine)


def locate(name: str, home: Path | None = None) -> Source:
    """Find a model by its address, reading its configuration only.

    Raises:
        ModelNotFound: There is none of this name.
        CorruptWeights: Its configuration cannot be read.
    """
    if name.startswith(FOREIGN):
        from models.chat.foreign import locate_foreign

        return locate_foreign(name)
    folder = shelves.find_model(name, home)
    if not store.is_adapter(folder):
        return _located(name, folder, home)
    config, under = store.read_config(folder), shelves.base_of(folder)
    base = _located(str(under), under, home)
    return replace(
        base,
        name=name,
        fingerprint=store.with_adapter(base.fingerprint, config),
        generation={**base.generation, **config["generation"]},
        adapter=folder.resolve(),
        base=base,
    )


def _located(name: str, folder: Path, home: Path | None) -> Source:
    config = store.read_config(folder)
    found = Source(
        name,
        folder.resolve(),
        store.fingerprint(config),
        int(config["net"]["max_positions"]),
        config["generation"],
    )
    return found if SECTION not in config else _guided(found, config[SECTION], home)


def _guided(source: Source, section: Mapping[str, Any], home: Path | None) -> Source:
    """The model with those who propose to it; without them where the encoder isn't at hand."""
    from models.chat.guidance import Guidance, fingerprints, has_encoder

    guidance = Guidance.from_dict(section)
    if not has_encoder(home):
        return source
    parts = {"model": source.fingerprint, "adapters": fingerprints(guidance, home), "guidance": dict(section)}
    return replace(source, fingerprint=store.fingerprint(parts), guidance=guidance, home=home)


def open_brain(source: Source, threads: int | None = None) -> Brain:
    """Load a model, or give the one that is loaded already.

    Raises:
        CorruptWeights: A file is missing, cut short or altered.
    """
    return _shelf().get(source, threads)


class _Shelf:
    """The brains used last. Two threads that ask for the same one at the same moment load it once."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # an adapter's brain asks for its base's
        self._brains: OrderedDict[tuple[Path, str, int | None], Brain] = OrderedDict()

    def get(self, source: Source, threads: int | None) -> Brain:
        key = (source.folder, source.fingerprint, threads)
        with self._lock:
            # Asked for whenever an adapter on it is, the base stays as long as any of them and is there once.
            base = None if source.base is None else self.get(source.base, threads)
            brain = self._brains.pop(key, None) or _load(source, base, threads)
            self._brains[key] = brain
            while len(self._brains) > _KEPT:
                self._brains.popitem(last=False)
            return brain


@lru_cache(maxsize=1)
def _shelf() -> _Shelf:
    return _Shelf()


def _load(source: Source, base: Brain | None, threads: int | None) -> Brain:
    foreign = source.name.startswith(FOREIGN)
    if base is not None and source.base is not None and source.adapter is not None:
        return base.with_net(_with_adapter(base.net, source.base, source.adapter, foreign))
    if foreign:
        from models.chat.foreign import load_foreign

        return load_foreign(source, threads)
    from models.inference.engine import Engine

    loaded = store.load_model(source.folder)
    tokenizer = loaded.tokenizer
    voice = own_voice(tokenizer)
    return Brain(
        voice,
        loaded.net,
        lambda net, turn: Engine(net, tokenizer=tokenizer, threads=threads, turn=turn),
        proposer=_proposer(
            source, [voice.token_bytes(token) for token in range(tokenizer.vocab_size)], threads
        ),
    )


def _proposer(source: Source, texts: Sequence[bytes], threads: int | None) -> Proposer | None:
    if source.guidance is None:
        return None
    from models.chat.guidance import Adapters
    from models.chat.proposer import Proposer

    return Proposer(source.guidance, Adapters(source.guidance, source.home, threads), texts)


def _with_adapter(net: Net, base: Source, folder: Path, foreign: bool) -> Net:
    if foreign:
        from models.interop.loading import with_adapter

        return with_adapter(net, folder)
    from models.adapters import put_on

    # The adapter belongs to the weights, whoever proposes to them.
    return put_on(cast("Decoder", net), folder, store.fingerprint(store.read_config(base.folder)))


def own_voice(tokenizer: Tokenizer) -> Voice:
    """How models with this project's special tokens converse."""
    from models.tokenizers.chat_template import render, render_note

    return Voice(
        render=lambda rows, tools: render(rows, tokenizer, tools=tools),
        encode=tokenizer.encode,
        token_bytes=tokenizer.token_bytes,
        stop_ids=frozenset({tokenizer.special(END), tokenizer.special(END_OF_TEXT)}),
        end_token=tokenizer.special(END),
        render_note=lambda text: render_note(text, tokenizer),
        call_token=tokenizer.special(CALL),
    )
