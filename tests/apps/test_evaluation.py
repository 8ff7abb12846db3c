from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from apps import compose
from apps.evaluation import Request, execute, plan
from apps.judges import offline_judges
from apps.systems import Systems, open_systems, thread_name, threads_file
from evals.run_folder import find_run, list_runs, read_records, read_report
from graphs.persistence import open_state
from graphs.threads import Threads
from homespun.errors import Cancelled, HomespunError, ModelNotFound, UnknownName, UsageError
from homespun.names import Table
from homespun.settings import Settings, load_settings

SUITES = """
from evals.measure import Mean, Measure
from evals.sample import Output, Sample
from evals.suite import Suite

class Echo(Suite):
    name = "echo"
    about = "says it back"
    kind = "chat"
    measures = (Measure("right", Mean("right"), primary=True), Measure("s", Mean("timing.s"), timing=True))

    def samples(self, source):
        for word in (source.data or "yes no maybe").split():
            yield Sample(word, word, word)

    def answer(self, system, sample, seed):
        return Output(system.invoke(sample.input).text, timing={"s": 0.1})

    def score(self, sample, output):
        return {"right": float(output.answer == sample.target)}

class Empty(Echo):
    name = "empty"
    def samples(self, source):
        return iter(())

class Likely(Echo):
    name = "likely"
    kind = "likelihood"

class Odd(Echo):
    name = "odd"
    kind = "oracle"

ECHO, EMPTY, LIKELY, ODD = Echo(), Empty(), Likely(), Odd()
"""


@pytest.fixture
def suites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """These instead of ours, one of which isn't there."""
    (tmp_path / "tests_suites.py").write_text(SUITES)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "tests_suites", raising=False)
    rows = {name.lower(): f"tests_suites:{name}" for name in ("ECHO", "EMPTY", "LIKELY", "ODD", "GONE")}
    monkeypatch.setattr(compose, "suites", lambda settings: Table("suite", rows))


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "script.json"
    path.write_text(json.dumps([{"text": "yes", "repeat": True}]))
    return f"scripted:{path}"


@contextmanager
def _systems(**settings: Any) -> Iterator[tuple[Settings, Systems]]:
    chosen = load_settings(**settings)
    with open_systems(chosen) as systems:
        yield chosen, systems


def test_a_chat_model_is_asked_at_temperature_0(tiny_model: Path, script: str) -> None:
    with _systems(model=script) as (_, systems):
        ours = systems.make("chat", str(tiny_model))
        assert (ours.call.temperature, ours.workers, ours.name) == (0.0, 1, str(tiny_model))
        assert systems.make("chat").name == script
        assert systems.make("chat", "home").about["parameters"] > 1_000_000
        with pytest.raises(ModelNotFound):
            systems.make("chat", "nosuch")
        with pytest.raises(UsageError, match="'oracle'"):
            systems.make("oracle", script)


def test_models_over_the_network_are_asked_eight_at_once(
    script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = compose.chat_model(load_settings(), script)
    monkeypatch.setattr(compose, "chat_model", lambda settings, name, **sampling: real)
    with _systems() as (_, systems):
        assert systems.make("chat", "openai:gpt-x").workers == 8
        assert systems.make("conversation", "openai:gpt-x").workers == 8
        assert systems.make("chat", script).workers == 1


@pytest.mark.parametrize("kind", ["chat", "conversation"])
def test_the_fingerprint_changes_with_what_could_change_an_answer(
    kind: str, tiny_model: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _systems() as (_, systems):
        first = systems.make(kind, script).fingerprint
        assert systems.make(kind, script).fingerprint == first
        Path(script.partition(":")[2]).write_text('[{"text": "no", "repeat": true}]')
        changed = systems.make(kind, script).fingerprint
        assert len({first, changed, systems.make(kind, str(tiny_model)).fingerprint}) == 3
        if kind == "conversation":
            from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder

            prompt = ChatPromptTemplate([("system", "Be brief."), MessagesPlaceholder("messages")])
            monkeypatch.setattr("graphs.chatbot.prompts.chat_prompt", lambda: prompt)
            assert systems.make(kind, script).fingerprint != changed


def test_a_conversation_is_played_in_a_thread_that_can_be_opened_later(tiny_model: Path, script: str) -> None:
    with _systems() as (settings, systems):
        scripted = systems.make("conversation", script)
        assert [reply.text for reply in scripted.call(["one", "two"], thread="t", seed=1)] == ["yes", "yes"]
        replies = scripted.call(["three"], thread="t", seed=1)
        assert replies[0].usage["output_tokens"] == 1
        assert replies[0].seconds >= 0
        own = systems.make("conversation", str(tiny_model))
        said = [reply.text for reply in own.call(["Hello", "And you?"], thread="t", seed=1)]
        assert said == [reply.text for reply in own.call(["Hello", "And you?"], thread="t", seed=1)]
        with pytest.raises(UsageError, match="empty"):
            own.call([""], thread="t2", seed=1)
    with open_state(threads_file(settings)) as held:
        # A second play begins anew, and another system has a thread of its own.
        kept = Threads(held).read(thread_name("t", scripted.fingerprint))
        assert [message.text for message in kept] == ["three", "yes"]
        kept = Threads(held).read(thread_name("t", own.fingerprint))
        assert [message.text for message in kept] == ["Hello", said[0], "And you?", said[1]]


def test_a_model_folder_says_how_likely_a_text_is_and_a_script_does_not(
    tiny_model: Path, script: str
) -> None:
    with _systems() as (_, systems):
        system = systems.make("likelihood", str(tiny_model))
        loss = system.call("Hello there")
        assert (loss.bytes, loss.nats > 0) == (11, True)
        assert system.about["parameters"] > 1000
        with pytest.raises(UsageError, match="how likely a text is"):
            systems.make("likelihood", script)


@pytest.fixture
def louder(tiny_model: Path, homespun_home: Path) -> str:
    """The tiny model among the user's own, with an adapter that changes much of what it says."""
    import torch

    from models.adapters import save_adapter
    from models.blocks.lora import LoRAConfig, adapted, adapter_state
    from models.store import load_model

    folder = shutil.copytree(tiny_model, homespun_home / "models" / "tiny")
    model, shape = load_model(folder), LoRAConfig(rank=2, alpha=16, targets=(r".*attention.*",))
    with torch.random.fork_rng():
        torch.manual_seed(5)
        state = {
            name: torch.randn_like(part) for name, part in adapter_state(adapted(model.net, shape)).items()
        }
    save_adapter(folder / "adapters" / "loud", base=model.fingerprint, lora=shape, state=state)
    return "tiny:loud"


def test_a_model_with_an_adapter_is_another_system(louder: str, script: str) -> None:
    with _systems() as (_, systems):
        for kind in ("chat", "conversation", "likelihood"):
            plain, adapted = systems.make(kind, "tiny"), systems.make(kind, louder)
            assert (adapted.name, adapted.workers) == (louder, plain.workers)
            assert adapted.fingerprint == systems.make(kind, louder).fingerprint != plain.fingerprint
        chat = systems.make("chat", louder)
        assert chat.about["parameters"] == systems.make("chat", "tiny").about["parameters"]
        assert 0 < chat.about["adapter_parameters"] < chat.about["parameters"]
        assert systems.make("judge", f"chat:{louder}").batch == 1
        for kind in ("chat", "conversation", "likelihood"):
            with pytest.raises(ModelNotFound, match="loud"):
                systems.make(kind, "tiny:lout")


def test_what_an_adapter_buys_and_costs_is_compared_on_the_same_samples(louder: str) -> None:
    settings = load_settings()
    asked = {
        name: [Request((name,), model, limit=8) for model in ("tiny", louder)] for name in ("lm", "recorded")
    }
    for plain, adapted in asked.values():
        before = execute(settings, plain)
        after = execute(settings, adapted, baseline=before.report)
        assert before.folder != after.folder
        assert after.difference is not None
        headline = after.difference.rows[0]
        assert headline.n == 8
        values = [one.report.suites[0].system.estimates[0].value for one in (before, after)]
        assert headline.difference == pytest.approx((values[1] or 0) - (values[0] or 0))
        if plain.suites == ("lm",):
            assert headline.difference != 0


def test_judges_are_systems_too(script: str) -> None:
    with _systems(model=script) as (settings, systems):
        judge = systems.make("judge", "lexical")
        assert judge.call.score([("The cat sat.", "The cat sat.")])[0] > 0.5
        assert judge.about["threshold"] == judge.call.threshold
        assert systems.make("judge").name == "lexical"
        chat = systems.make("judge", f"chat:{script}")
        assert (chat.workers, chat.batch) == (1, 1)
        assert offline_judges(settings) == ["lexical", "length", "cosine", f"chat:{script}"]
        assert offline_judges(settings, "m")[-1] == "chat:m"
        with pytest.raises(UnknownName):
            systems.make("judge", "lexicla")


def test_adapters_on_the_encoder_are_readers(encoder_adapter: Callable[..., Path]) -> None:
    with _systems() as (_, systems):
        with pytest.raises(ModelNotFound, match="adapter on the encoder"):
            systems.make("reader", "nosuch")
        encoder_adapter("read")
        encoder_adapter("read", "eager", threshold=0.1)
        encoder_adapter("fill")
        usual, eager = systems.make("reader"), systems.make("reader", "eager")
        assert (usual.name, usual.workers, usual.about["threshold"]) == ("read", 1, 0.5)
        assert usual.fingerprint == systems.make("reader", "read").fingerprint != eager.fingerprint
        found = usual.call.read("When did it open?", ["It opened in 1932."])
        assert "It opened in 1932."[found.start : found.end] == found.best != ""
        with pytest.raises(UsageError, match="not for reading"):
            systems.make("reader", "fill")


def test_the_chat_model_reader_names_the_reader_it_answers_with(
    encoder_adapter: Callable[..., Path],
) -> None:
    encoder_adapter("read")
    encoder_adapter("read", "eager", threshold=0.1)
    with _systems() as (_, systems):
        for address, name in (("reader", "read"), ("reader:eager", "eager")):
            asked, named = systems.make("reader", address), systems.make("reader", name)
            assert (asked.name, asked.fingerprint) == (name, named.fingerprint)
        # No adapter for another task is suggested.
        with pytest.raises(ModelNotFound, match=r"There are: eager, read, told\..*reader:NAME"):
            systems.make("reader", "home")


def test_a_reader_is_measured_alone_by_its_address_and_beside_others_as_the_usual_one(
    encoder_adapter: Callable[..., Path], script: str
) -> None:
    encoder_adapter("read")
    encoder_adapter("read", "eager", threshold=0.0)
    settings = load_settings(model=script)
    (eager,) = execute(settings, Request(("reading",), "eager", limit=6)).report.suites
    assert (eager.system.name, eager.system.failures) == ("eager", 0)
    values = {one.measure: one.value for one in eager.system.estimates}
    assert (values["abstained"], values["exact_offsets"]) == (0, 1)
    finished = execute(settings, Request(("reading",), limit=6))
    assert finished.folder.name.startswith("reading-read-")
    both = execute(settings, Request(("reading", "recorded"), script, limit=2)).report.suites
    assert [one.system.name for one in both] == ["read", script]


@pytest.mark.parametrize(("suite", "model"), [("answers", "reader"), ("tools", "caller")])
def test_models_over_the_encoder_are_asked_like_any_chat_model(
    suite: str, model: str, encoder_adapter: Callable[..., Path]
) -> None:
    settings = load_settings()
    for task in ("read", "fill", "choose"):
        encoder_adapter(task)
    with _systems() as (_, systems):
        first = systems.make("chat", model)
        assert first.workers == 1
        encoder_adapter("read", threshold=0.4)
        encoder_adapter("fill", threshold=0.4)
        assert systems.make("chat", model).fingerprint != first.fingerprint
    finished = execute(settings, Request((suite,), model, limit=5))
    assert finished.silent == finished.failed == []
    assert finished.report.timings is not None
    (time,) = finished.report.timings.suites[0].estimates
    assert (time.measure, time.n) == ("answer_p50", 5)


@pytest.mark.usefixtures("suites")
def test_what_cannot_run_is_an_error_by_name_and_told_among_all(script: str) -> None:
    with _systems() as (settings, systems):
        planned = plan(settings, Request(("all",), script), systems)
        assert [job.suite.name for job in planned.jobs] == ["echo", "empty"]
        assert planned.skipped.keys() == {"likely", "odd", "gone"}
        assert "can't be loaded" in planned.skipped["gone"]
        for name in planned.skipped:
            with pytest.raises(HomespunError):
                plan(settings, Request((name,), script), systems)
        with pytest.raises(UnknownName, match="echo"):
            plan(settings, Request(("echoo",), script), systems)
        with pytest.raises(ModelNotFound):  # not a reason to leave every suite out
            plan(settings, Request(("all",), "nosuch"), systems)
        with pytest.raises(UsageError, match="one suite"):
            plan(settings, Request(("echo", "odd"), script, data="x"), systems)
    report = execute(settings, Request(("all",), script)).report
    assert [result.suite for result in report.suites] == ["echo"]
    assert report.skipped["empty"] == "The data has no samples."
    assert report.skipped.keys() == {"likely", "odd", "gone", "empty"}
    with pytest.raises(UsageError, match="no samples"):
        execute(settings, Request(("empty",), script))


@pytest.mark.usefixtures("suites")
def test_the_same_request_has_the_same_folder(script: str) -> None:
    with _systems() as (settings, systems):

        def run_id(suites: tuple[str, ...] = ("echo",), **more: Any) -> str:
            return plan(settings, Request(suites, script, **more), systems).id

        names = [run_id(), run_id(limit=2), run_id(seed=1), run_id(data="x"), run_id(("all",))]
        assert len(set(names)) == 5
        assert run_id() == run_id(workers=3, fresh=True) == names[0]
        with pytest.raises(UsageError, match="--judge"):
            run_id(judge="length")
        assert names[0].startswith("echo-")
        assert names[4].startswith("all-")
        assert run_id(("echo", "echo", "empty")).startswith("echo+empty-")
        Path(script.partition(":")[2]).write_text('["other"]')
        assert run_id() != names[0]


@pytest.mark.usefixtures("suites")
def test_a_run_is_kept_whole_in_its_folder(script: str) -> None:
    settings, steps = load_settings(), []
    finished = execute(settings, Request(("echo",), script), progress=steps.append)
    assert {file.name for file in finished.folder.iterdir()} == {
        "report.json",
        "report.md",
        "report.html",
        "samples.jsonl",
        "timings.json",
    }
    assert read_report(finished.folder) == finished.report
    assert list(read_records(finished.folder)) == finished.records
    assert finished.report.versions.keys() >= {"homespun", "torch", "python"}
    assert finished.report.timings is not None
    assert finished.report.timings.machine["cores"]
    assert "timings" not in json.loads((finished.folder / "report.json").read_text())
    assert [(step.suite, step.number, step.count, step.done, step.total) for step in steps] == [
        ("echo", 1, 1, done, 3) for done in range(4)
    ]
    (info,) = list_runs(settings.folder.evals)
    assert (info.id, info.suites, info.systems) == (finished.folder.name, ("echo",), (script,))
    assert (info.samples, info.failures) == (3, 0)
    assert find_run(settings.folder.evals, info.id[:6]) == finished.folder
    assert finished.silent == []


@pytest.mark.usefixtures("suites")
def test_a_run_that_was_stopped_leaves_no_report_and_goes_on(script: str) -> None:
    settings, cancel = load_settings(), threading.Event()
    with pytest.raises(Cancelled, match="1 of 3"):
        execute(
            settings,
            Request(("echo",), script),
            cancel=cancel,
            progress=lambda step: step.done and cancel.set(),
        )
    assert list_runs(settings.folder.evals) == []
    finished = execute(settings, Request(("echo",), script))
    assert finished.report.timings is not None
    assert (finished.report.timings.suites[0].kept, finished.report.timings.suites[0].asked) == (1, 2)


def test_a_suite_is_judged_by_the_judge_that_was_asked_for(script: str) -> None:
    settings = load_settings()
    usual, other = (
        execute(settings, Request(("answers",), script, limit=4, judge=judge)) for judge in (None, "length")
    )
    judges = [finished.report.suites[0].judge for finished in (usual, other)]
    assert [judge.judge for judge in judges if judge is not None] == ["lexical", "length"]
    assert usual.folder != other.folder
    assert other.report.timings is not None
    assert other.report.timings.suites[0].kept == 4  # judging asks the model nothing
    output = usual.records[0].output
    assert output is not None
    assert output.trace["support"]
    with pytest.raises(UnknownName, match="length"):
        execute(settings, Request(("answers",), script, judge="lenght"))


def test_the_suite_judge_runs_every_judge_that_is_here(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(model=script)
    rows = {"lexical": "rag.judges.lexical:build", "none": "rag.judges:NONE", "cross": "rag.judges:NONE"}
    monkeypatch.setattr(compose, "judges", lambda settings: Table("judge", rows))
    report = execute(settings, Request(("judge",), limit=6)).report
    assert [result.system.name for result in report.suites] == ["lexical"]
    assert report.skipped.keys() == {"judge (none)"}
    one = execute(settings, Request(("judge",), "length", limit=6)).report
    assert [result.system.name for result in one.suites] == ["length"]
    two = execute(settings, Request(("judge",), "length,lexical", limit=6)).report
    assert [result.system.name for result in two.suites] == ["length", "lexical"]


def test_what_ones_own_claims_say_of_a_judge_is_told_from_then_on_in_another_run(
    script: str, tmp_path: Path
) -> None:
    settings, claims = load_settings(), tmp_path / "own.jsonl"
    rows = [
        {"source": "own", "premise": f"The lamp in room {n} is red.", "claim": claim, "label": label}
        for n in range(30)
        for claim, label in ((f"The lamp in room {n} is red.", 1), (f"The lamp in hall {n} is off.", 0))
    ]
    claims.write_text("".join(json.dumps(row) + "\n" for row in rows))
    asked = Request(("answers",), script, limit=2, judge="length")
    first, same = execute(settings, asked), execute(settings, asked)
    assert first.folder == same.folder
    execute(settings, Request(("judge",), "length", data=str(claims), limit=50))  # a part of the data
    assert execute(settings, asked).folder == first.folder
    execute(settings, Request(("judge",), "length", data=str(claims), limit=0))
    now = execute(settings, asked)
    assert now.folder != first.folder
    told = now.report.suites[0].judge
    assert told is not None
    assert "60 claims (own.jsonl)" in told.text


def test_measuring_a_judge_is_a_part_of_the_run_that_can_be_watched_and_stopped(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evals.verdicts.RESAMPLES", 20)
    verdict = tmp_path / "verdict.json"
    verdict.write_text(json.dumps([{"text": "yes", "repeat": True}]))
    asked = Request(("answers",), script, limit=2, judge=f"chat:scripted:{verdict}")
    settings = load_settings()
    steps, cancel = [], threading.Event()
    with pytest.raises(Cancelled, match="3 of 126 samples of judge"):
        execute(
            settings,
            asked,
            progress=lambda step: (steps.append(step), step.done == 3 and cancel.set()),
            cancel=cancel,
        )
    finished = execute(settings, asked, progress=steps.append)
    parts = dict.fromkeys((step.suite, step.system, step.number, step.count) for step in steps)
    assert list(parts) == [("judge", asked.judge, 1, 2), ("answers", script, 2, 2)]
    told = finished.report.suites[0].judge
    assert told is not None
    assert told.n == 126


def test_recorded_turns_are_those_of_ones_own(script: str) -> None:
    settings = load_settings()
    settings.folder.recorded.parent.mkdir(parents=True, exist_ok=True)
    turn = {"messages": [{"role": "user", "content": "Really?"}], "answer": "Yes!", "accept": ["yes"]}
    settings.folder.recorded.write_text(json.dumps(turn) + "\n")
    (result,) = execute(settings, Request(("recorded",), script)).report.suites
    assert result.data == "recorded.jsonl"
    assert [len(result.system.samples), result.system.estimates[0].value] == [1, 1]


@pytest.mark.parametrize(
    ("model", "names"), [("tiny", ("lm", "chat_memory", "recorded")), ("home", ("recorded",))]
)
def test_two_runs_of_one_seed_are_the_same_to_the_byte(
    model: str, names: tuple[str, ...], tiny_model: Path, tmp_path: Path
) -> None:
    address = str(tiny_model) if model == "tiny" else model
    reports = []
    for home, workers in (("a", 1), ("b", 2)):
        settings = load_settings(home=tmp_path / home)
        finished = execute(settings, Request(names, address, limit=3, workers=workers))
        assert [result.system.failures for result in finished.report.suites] == [0] * len(names)
        reports.append((finished.folder / "report.json").read_bytes())
    assert reports[0] == reports[1]
    other = execute(load_settings(home=tmp_path / "a"), Request(names, address, limit=3, seed=1))
    assert (other.folder / "report.json").read_bytes() != reports[0]
