"""What the Evals page's controls do: functions of the components' values, which give updates by name.

Contract: a function returns a dictionary of updates, names as `apps.pages.evals.page` lays them out; what
isn't in it stays. Trouble becomes one line in `notice`. Where the suite is served to others (`owner` of the
context is False), only figures can be seen: nothing that anybody said or asked, and nothing can be started.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any, ParamSpec

import gradio as gr

from apps.pages.evals import sample as samples
from apps.pages.evals import served, show
from apps.pages.evals.desk import has_thread
from homespun.errors import HomespunError, UsageError

if TYPE_CHECKING:
    from apps.evaluation import Request
    from apps.pages.context import PageContext
    from apps.pages.evals.desk import Desk

Updates = dict[str, Any]
P = ParamSpec("P")

LISTED = 60
"""Runs in the side panel: the newest."""
SHOWN = 200
"""Samples in the list: more are in the report."""
FIRST = "first_contact"
"""The suite that is ticked at first."""
ELSEWHERE = (
    "Figures only: the suite is served to other machines too, so samples, conversations and starting an "
    "evaluation are left to `homespun eval` on the machine itself."
)

log = logging.getLogger(__name__)


def told(act: Callable[P, Updates]) -> Callable[P, Updates]:
    """Turns what an act raises into one line on the page."""

    @functools.wraps(act)
    def safe(*args: P.args, **kwargs: P.kwargs) -> Updates:
        try:
            return {"notice": "", **act(*args, **kwargs)}
        except HomespunError as error:
            return {"notice": show.line(str(error), "bad")}
        except Exception as error:
            log.exception("The Evals page failed.")
            return {"notice": show.line(f"{type(error).__name__}: {str(error)[:300]}", "bad")}

    return safe


class Acts:
    """The page's behaviour over one context; what is running is the desk's."""

    def __init__(self, context: PageContext, desk: Desk) -> None:
        self.context, self.desk = context, desk
        self.own = context.owner

    # Coming and going ------------------------------------------------------------------------------------

    def load(self, run: str) -> Updates:
        """Fills the page: the suites, the list, what is running, and the run that the address names."""
        updates = {**self._choices(), **(self.open(run) if run else self.new()), **self._watched()}
        if not self.own:
            updates["notice"] = (updates.get("notice") or "") + show.line(ELSEWHERE)
        return updates

    @told
    def new(self) -> Updates:
        """Shows the form."""
        return {
            "run": "",
            "start": gr.update(visible=self.own),
            "opened": gr.update(visible=False),
            **self._list(""),
        }

    @told
    def open(self, run: str) -> Updates:
        """Shows a run that is kept."""
        try:
            report = self.desk.report(run)
        except UsageError as error:
            return {**self.new(), "notice": show.line(str(error), "bad")}
        infos = self.desk.runs()
        info = next(info for info in infos if info.id == run)
        others = [one for one in infos if one.id != run and set(one.suites) & set(info.suites)]
        others.sort(key=lambda one: (set(one.suites) == set(info.suites), one.started), reverse=True)
        suites = list(info.suites)
        updates = {
            "run": run,
            "start": gr.update(visible=False),
            "opened": gr.update(visible=True),
            "heading": show.heading(info, report),
            "summary": show.summary(report),
            "baseline": gr.update(
                choices=[(show.choice(one), one.id) for one in others], value=None, interactive=bool(others)
            ),
            "difference": show.line(
                "Choose another run of the same suites."
                if others
                else "There is no other run of these suites yet: change the model or the seed and run again."
            ),
            "suite": gr.update(
                choices=[("all suites", ""), *_named(suites)], value="", visible=len(suites) > 1
            ),
            "moved": gr.update(value="", visible=False),
            "frame": _frame(run) if self.own else "",
            **self._list(run),
        }
        return {**updates, **self.listed(run, "failed", "", "", None)} if self.own else updates

    # A run that is going on ------------------------------------------------------------------------------

    @told
    def start(
        self,
        suites: list[str],
        model: str | None,
        limit: str | None,
        seed: str | None,
        data: str | None,
        judge: str | None,
        fresh: bool,
    ) -> Updates:
        """Starts an evaluation."""
        self._allowed()
        self.desk.worker.start(self._request(suites, model, limit, seed, data, judge, fresh))
        return self._watched()

    @told
    def stop(self) -> Updates:
        """Asks the evaluation to end; what was answered stays."""
        self._allowed()
        self.desk.worker.stop()
        return self._watched()

    @told
    def again(self) -> Updates:
        """Goes on with what was stopped or failed."""
        self._allowed()
        self.desk.worker.again()
        return self._watched()

    def tick(self, run: str) -> Updates:
        """Shows how the evaluation stands; at its end opens it, unless another run is being read."""
        updates, work = self._watched(), self.desk.worker.work
        if work is None or not work.over:
            return updates
        if work.phase != "done":
            return {**updates, **self._list(run)}
        if run and run != work.run:
            return {**updates, **self._list(run), "working": gr.update(visible=True)}
        return {**updates, **self.open(work.run), "working": gr.update(visible=bool(work.note))}

    def found(self) -> Updates:
        """Opens what has just ended."""
        work = self.desk.worker.work
        return {**self.open(work.run if work is not None else ""), "working": gr.update(visible=False)}

    # Samples ---------------------------------------------------------------------------------------------

    @told
    def listed(
        self, run: str, shown: str, suite: str | None, moved: str | None, baseline: str | None
    ) -> Updates:
        """Lists a run's samples, narrowed, and shows the first."""
        self._allowed()
        records, marks = self.desk.records(run), samples.marks_of(self.desk.report(run))
        among = samples.moved(self.desk.difference(run, baseline), moved) if moved and baseline else None
        found = samples.choose(records, marks, shown, suite, among)
        more = f"; the first {SHOWN} are listed, the report has all" if len(found) > SHOWN else ""
        counted = f"{len(found):,} sample{'' if len(found) == 1 else 's'}{more}."
        first = found[0][1] if found else None
        nothing = {"failed": "No sample failed or went wrong, as far as a figure says."}
        return {
            "shown": shown,
            "samples": gr.update(choices=found[:SHOWN], value=first, visible=bool(found)),
            "counted": show.line(counted if found else nothing.get(shown, "No sample is like that.")),
            **(self.pick(run, first) if found else self._nothing()),
        }

    @told
    def pick(self, run: str, place: str | None) -> Updates:
        """Shows one sample."""
        self._allowed()
        if place is None:
            return self._nothing()
        record = self.desk.records(run)[int(place)]
        return {
            "detail": samples.detail(record, samples.marks_of(self.desk.report(run))),
            "jump": gr.update(visible=has_thread(record)),
            "thread": gr.update(value="", visible=False),
        }

    @told
    def thread(self, run: str, place: str | None) -> Updates:
        """Shows the thread that the sample was asked in."""
        self._allowed()
        record = self.desk.records(run)[int(place or 0)]
        held = self.desk.thread(run, record)
        if held is None:
            raise UsageError("This sample wasn't asked in a thread.")
        return {"thread": gr.update(value=samples.thread(held), visible=True)}

    # Two runs --------------------------------------------------------------------------------------------

    @told
    def compare(self, run: str, baseline: str | None) -> Updates:
        """Compares the open run with another."""
        if not baseline:
            return {"difference": "", "moved": gr.update(value="", visible=False)}
        try:
            found = self.desk.difference(run, baseline)
        except HomespunError as error:
            return {"difference": show.line(str(error), "bad"), "moved": gr.update(value="", visible=False)}
        return {"difference": show.difference(found), "moved": gr.update(visible=self.own)}

    # How -------------------------------------------------------------------------------------------------

    def _allowed(self) -> None:
        if not self.own:
            raise UsageError(ELSEWHERE)

    @told
    def _choices(self) -> Updates:
        if not self.own:
            return {}
        suites = self.desk.suites()
        return {
            "suites": gr.update(
                choices=[(f"{name} — {about}", name) for name, about in suites],
                value=[name for name, _ in suites if name == FIRST],
            ),
            "judge": gr.update(choices=self.desk.judges()),
            "kept": _kept(self.desk.recorded()),
        }

    def _list(self, run: str) -> Updates:
        infos = self.desk.runs()[:LISTED]
        choices = [(self.desk.entry(info), info.id) for info in infos]
        here = run if any(info.id == run for info in infos) else None
        return {"runs": gr.update(choices=choices, value=here, visible=bool(choices))}

    def _watched(self) -> Updates:
        work = self.desk.worker.work if self.own else None
        phase = work.phase if work is not None else ""
        going = phase in ("running", "stopping")
        return {
            "work": show.work(work),
            "working": gr.update(visible=bool(phase) and phase != "done"),
            "stop": gr.update(visible=going, interactive=phase == "running"),
            "again": gr.update(visible=phase in ("stopped", "failed")),
            "look": gr.update(visible=phase == "done"),
            "timer": gr.Timer(active=going),
            "go": gr.update(interactive=not going),
        }

    def _nothing(self) -> Updates:
        return {
            "detail": "",
            "jump": gr.update(visible=False),
            "thread": gr.update(value="", visible=False),
        }

    def _request(
        self,
        suites: list[str],
        model: str | None,
        limit: str | None,
        seed: str | None,
        data: str | None,
        judge: str | None,
        fresh: bool,
    ) -> Request:
        from apps.evaluation import ALL, Request

        if not suites:
            raise UsageError("Choose a suite first.")
        chosen, judge = (model or "").strip() or None, (judge or "").strip() or None
        if suites == ["judge"]:
            # There the model is the judge that is measured.
            chosen, judge = judge, None
        if suites == ["reading"] and chosen in self.context.models:
            # The list has chat models; a reader's name is written.
            chosen = None
        every = len(suites) > 1 and len(suites) == len(self.desk.suites())
        return Request(
            suites=(ALL,) if every else tuple(suites),
            model=chosen,
            data=(data or "").strip() or None,
            limit=_whole("limit", limit),
            seed=_whole("seed", seed) or 0,
            judge=judge,
            fresh=fresh,
        )


def _frame(run: str) -> str:
    source = escape(served.address(run), quote=True)
    return (
        f'<p class="soft"><a href="{source}" target="_blank" rel="noopener">Open it in a new tab</a></p>'
        # The page's script sets the source, for only it knows whether it's light or dark.
        f'<iframe data-src="{source}" title="The report" sandbox="allow-scripts" loading="lazy"></iframe>'
    )


def _kept(count: int) -> str:
    if count:
        turns = "1 turn" if count == 1 else f"{count:,} turns"
        return show.line(f"{turns} of your chats kept as samples; the suite “recorded” asks them again.")
    return show.line(
        "No turn of a chat is kept as a sample yet; the suite “recorded” uses its built-in ones."
    )


def _named(suites: list[str]) -> list[tuple[str, str]]:
    return [(name.replace("_", " "), name) for name in suites]


def _whole(name: str, text: str | None) -> int | None:
    if text is None or not text.strip():
        return None
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise UsageError(f"The {name} is to be a whole number from 0 on, not {text[:20]!r}.")
    return number
