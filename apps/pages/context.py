"""What a page is given: factories and plain values, so that no page knows how anything is made.

Contract: `apps.compose` fills a `PageContext`; pages read it and never change it. Nothing here imports
Gradio, torch or a model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apps.pages.manner import TALK, Manner

if TYPE_CHECKING:
    from apps.pages.answer import Running
    from apps.pages.evals.desk import Desk
    from graphs.persistence import State

Sampling = Mapping[str, float | int | None]

KNOBS: Mapping[str, float | int | None] = {
    "temperature": 0.7,
    "top_p": 0.95,
    "top_k": 0,
    "repetition_penalty": 1.0,
    "max_tokens": 256,
    "seed": None,
}
"""The sampling that the page can show, by the names a model's call takes, and where each control rests."""


@dataclass(frozen=True)
class PageContext:
    """Everything a page may use.

    Attributes:
        graph: ``graph(model)`` gives the chatbot graph over the model of that name, kept in `state`. It
            is called for every answer, so it should share loaded weights; a `HomespunError` that it raises
            is shown on the page.
        models: names to choose from; may be empty, and the page then says how to get one.
        model: the name that is chosen at first.
        state: where threads, memories and feedback are kept.
        running: the answers that are being written.
        check: ``check(model, text)`` raises a `HomespunError` for a message that the model can't be given.
        sampling: ``sampling(model)`` gives those of `KNOBS` that the model's call takes, with the model's own
            values; the page shows and passes only these.
        about: ``about(model)`` gives one line on the model (its size, what it can't do), or "".
        manner: ``manner(model)`` gives the page's words for how that model answers.
        history: whether who opens the page may see the threads of their user: right on one's own machine and
            behind a login, wrong when the page is served to whoever comes.
        owner: whether who opens the page is this machine's owner: it's served to this machine alone, without
            a login.
        users: whether people log in.
        memory: whether what users tell may be remembered; never without `history`.
        keep: ``keep(messages, at, accept=…, reject=…, note=…, thread=…)`` keeps a turn of a chat as a sample
            (see `evals.recordings.turn`) and says whether it's a new one; None where that can't be.
        evals: what the Evals page works with.
        routes: gives what is served beside the pages, as Starlette's routes.
        pages: the names of all pages, in the order of the navigation; set where the app is built.
    """

    graph: Callable[[str], Any]
    models: Sequence[str]
    model: str
    state: State
    running: Running
    check: Callable[[str, str], None] = field(default=lambda _model, _text: None)
    sampling: Callable[[str], Sampling] = field(default=lambda _model: {})
    about: Callable[[str], str] = field(default=lambda _model: "")
    manner: Callable[[str], Manner] = field(default=lambda _model: TALK)
    history: bool = True
    owner: bool = True
    users: bool = False
    memory: bool = True
    keep: Callable[..., bool] | None = None
    evals: Desk | None = None
    routes: Callable[[], Sequence[Any]] = field(default=lambda: ())
    pages: tuple[str, ...] = ()

    def knobs(self, model: str | None) -> dict[str, float | int | None]:
        """Returns the sampling to be shown for `model`, in the order of `KNOBS`."""
        known = self.sampling(model) if model else {}
        return {name: known[name] for name in KNOBS if name in known}
