"""The page's behaviour over the real harness with a scripted model: what each control changes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from apps import compose
from apps.pages.context import PageContext
from apps.pages.evals import acts as module
from apps.pages.evals import served
from apps.pages.evals.acts import Acts
from homespun.settings import Settings, load_settings

FORM: tuple[Any, ...] = ("4", "0", "", None, False)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, script: str) -> Settings:
    """One home for all tests here, in which two evaluations were run from the page."""
    return load_settings(home=tmp_path_factory.mktemp("evals"), model=script)


@pytest.fixture(scope="module")
def context(settings: Settings) -> Iterator[PageContext]:
    with compose.open_state(settings) as state:
        yield compose.page_context(settings, state)


def ran(acts: Acts, suites: list[str], model: str, *form: Any) -> dict[str, Any]:
    started = acts.start(suites, model, *form)
    assert started["notice"] == ""
    assert started["timer"].active
    assert acts.desk.worker.wait(60)
    return acts.tick("")


@pytest.fixture(scope="module")
def acts(context: PageContext, tmp_path_factory: pytest.TempPathFactory) -> Acts:
    assert context.evals is not None
    made = Acts(context, context.evals)
    other = tmp_path_factory.mktemp("other") / "talk.json"
    other.write_text(json.dumps([{"match": ".", "text": "It is lunch.", "repeat": True}]), encoding="utf-8")
    ran(made, ["recorded"], f"scripted:{other}", *FORM)
    ran(made, ["recorded", "chat_memory"], context.model, *FORM)
    return made


@pytest.fixture(scope="module")
def run(acts: Acts) -> str:
    return next(info.id for info in acts.desk.runs() if len(info.suites) == 2)


def test_a_run_that_ends_is_opened_and_listed(acts: Acts, run: str) -> None:
    opened = acts.tick("")
    assert opened["run"] == run
    assert opened["opened"]["visible"]
    assert not opened["start"]["visible"]
    assert not opened["timer"].active
    assert len(opened["runs"]["choices"]) == 2
    line, _ = opened["runs"]["choices"][0]
    suites, figure, _ = line.split("\n")
    assert suites in ("recorded, chat memory", "chat memory, recorded")
    assert "talk.json" in figure
    assert "%" in figure
    assert "95 %" in opened["heading"]
    assert "<table>" in opened["summary"]
    assert run.replace("+", "%2B") in opened["frame"]
    reading = acts.tick("something else")
    assert "run" not in reading, "who reads another run isn't disturbed"
    assert reading["working"]["visible"]


def test_a_reload_finds_the_run_and_a_wrong_address_the_form(acts: Acts, run: str) -> None:
    assert acts.load(run)["run"] == run
    lost = acts.load("../../x")
    assert lost["run"] == ""
    assert lost["start"]["visible"]
    assert "There is no run" in lost["notice"]
    assert [value for _, value in lost["suites"]["choices"]][:2] == ["lm", "chat_memory"]


def test_failures_and_the_thread_behind_one(acts: Acts, run: str) -> None:
    listed = acts.listed(run, "failed", "chat_memory", "", None)
    assert listed["samples"]["choices"][0][0].startswith("× ")
    place = listed["samples"]["value"]
    assert "I see." in listed["detail"]
    assert listed["jump"]["visible"]
    thread = acts.thread(run, place)["thread"]["value"]
    assert "1 checkpoint<" in thread
    assert "homespun threads show 'chat_memory-" in thread
    picked = acts.listed(run, "all", "recorded", "", None)
    assert not picked["jump"]["visible"], "a sample that was asked without a thread has none"
    assert "wasn't asked in a thread" in acts.thread(run, picked["samples"]["value"])["notice"]
    assert "No sample is like that" in acts.listed(run, "errors", "", "", None)["counted"]


def test_a_thread_that_is_gone_is_told(acts: Acts, run: str, settings: Settings, tmp_path: Path) -> None:
    from apps.systems import threads_file

    place = acts.listed(run, "all", "chat_memory", "", None)["samples"]["value"]
    kept, away = threads_file(settings), tmp_path / "away"
    kept.rename(away)
    try:
        assert "isn't kept any more" in acts.thread(run, place)["notice"]
        assert not kept.exists()
    finally:
        away.rename(kept)


def test_a_newcomer_runs_one_suite(acts: Acts) -> None:
    assert acts.load("")["suites"]["value"] == ["first_contact"]


def test_two_runs_are_compared(acts: Acts, run: str) -> None:
    opened = acts.open(run)
    ((told, baseline),) = opened["baseline"]["choices"]
    assert told.endswith(baseline[-8:])
    assert "another run" in opened["difference"]
    compared = acts.compare(run, baseline)
    assert "recorded: accepted" in compared["difference"]
    assert compared["moved"]["visible"]
    lost = acts.listed(run, "all", "", "lost", baseline)
    won = acts.listed(run, "all", "", "won", baseline)
    ids = {one for update in (lost, won) for one in update["samples"]["choices"]}
    assert len(ids) == len(lost["samples"]["choices"]) + len(won["samples"]["choices"])
    assert "There is no run" in acts.compare(run, "nothing-1")["difference"]


@pytest.mark.parametrize(
    ("suites", "form", "line"),
    [
        ([], FORM, "Choose a suite first."),
        (["lm"], ("many", "0", "", None, False), "The limit is to be a whole number from 0 on, not 'many'."),
        (["lm"], ("4", "-1", "", None, False), "The seed is to be a whole number"),
    ],
)
def test_a_mistaken_form_is_one_line(acts: Acts, suites: list[str], form: tuple[Any, ...], line: str) -> None:
    assert line in acts.start(suites, None, *form)["notice"]


def test_the_form_becomes_a_request(acts: Acts) -> None:
    every = [name for name, _ in acts.desk.suites()]
    assert acts._request(every, " m ", None, None, None, " ", False).suites == ("all",)
    # The models that can be chosen are chat models; a reader's name is written.
    assert acts._request(["reading"], acts.context.models[0], "", "", "", "", False).model is None
    assert acts._request(["reading"], "my-reader", "", "", "", "", False).model == "my-reader"
    asked = acts._request(["judge"], "m", "", "7", " /a/file ", "length", True)
    assert (asked.model, asked.judge, asked.limit, asked.seed) == ("length", None, None, 7)
    assert (asked.data, asked.fresh) == ("/a/file", True)


def test_who_is_served_over_the_network_sees_figures_only(acts: Acts, run: str, context: PageContext) -> None:
    guest = Acts(dataclasses.replace(context, owner=False), acts.desk)
    seen = guest.load(run)
    assert "%" in seen["summary"]
    assert "Figures only" in seen["notice"]
    assert seen["frame"] == ""
    assert not {"samples", "detail", "suites"} & seen.keys()
    refused = [
        guest.start(["recorded"], None, *FORM),
        guest.stop(),
        guest.again(),
        guest.listed(run, "all", "", "", None),
        guest.pick(run, "0"),
        guest.thread(run, "0"),
    ]
    assert refused == [{"notice": module.show.line(module.ELSEWHERE, "bad")}] * len(refused)


def test_a_report_is_served_shut_in(acts: Acts, run: str) -> None:
    with TestClient(Starlette(routes=served.routes(acts.desk))) as client:
        page = client.get(f"{served.PATH}/{run}?theme=dark")
        assert page.status_code == 200
        assert page.headers["content-security-policy"].startswith("sandbox allow-scripts;")
        assert '<html data-theme="dark" lang' in page.text
        assert 'data-theme="x' not in client.get(f"{served.PATH}/{run}?theme=x%22").text.split("<head>")[0]
        for name in ("nothing-1", "..%2F..%2Fstate", "answers"):
            assert client.get(f"{served.PATH}/{name}").status_code == 404


def test_reports_are_served_to_this_machine_only(settings: Settings) -> None:
    with compose.open_state(settings) as state:
        assert len(compose.page_context(settings, state).routes()) == 1
        open_to_all = compose.page_context(settings.model_copy(update={"host": "0.0.0.0"}), state)
    assert (tuple(open_to_all.routes()), open_to_all.keep, open_to_all.history) == ((), None, False)
