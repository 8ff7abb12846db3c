from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import AIMessage

import finetune.data
from evals.harness import run
from evals.metrics.accepted import optional
from evals.rules import Rule
from evals.sample import Output, Sample
from evals.suite import Source, System
from evals.suites.tools import SUITE
from evals.suites.tools.baselines import guess
from evals.suites.tools.bfcl import category_of
from evals.suites.tools.schema import offered, to_schema
from homespun.errors import UsageError
from models.chat.homespun import ChatHomespun

SAMPLES = {sample.id: sample for sample in SUITE.samples(Source())}


def value_of(accepted: Any) -> Any:
    """A right value: the first that isn't the mark of an optional one, dictionaries filled in."""
    first = next(value for value in accepted if value != "")
    if isinstance(first, dict):
        return {key: value_of(values) for key, values in first.items() if not optional(values)}
    if isinstance(first, list) and first and isinstance(first[0], dict):
        return [value_of([item]) for item in first]
    return first


def right_calls(sample: Sample) -> list[dict[str, Any]]:
    return [
        {"name": name, "arguments": {key: value_of(v) for key, v in accepted.items() if not optional(v)}}
        for call in sample.target or ()
        for name, accepted in call.items()
    ]


def made(calls: list[dict[str, Any]], unreadable: list[dict[str, str]] | None = None) -> Output:
    return Output({"calls": calls, "unreadable": unreadable or [], "text": ""})


def replying(message: AIMessage, seen: list[Any] | None = None) -> Rule:
    def reply(messages: Any, tools: Any) -> AIMessage:
        if seen is not None:
            seen.extend([messages, tools])
        return message

    return Rule(reply=reply)


def test_sixty_samples_are_built_in() -> None:
    counts = Counter(sample.tags["category"] for sample in SAMPLES.values())
    assert counts == {"simple": 24, "multiple": 12, "parallel": 8, "parallel_multiple": 4, "irrelevance": 12}
    assert len(SAMPLES) == 60


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_every_built_in_sample_can_be_answered_and_its_schemas_are_sound(sample: Sample) -> None:
    tools, _ = offered(sample.input["functions"])
    for tool in tools:
        jsonschema.Draft202012Validator.check_schema(tool["function"]["parameters"])
    scores = SUITE.score(sample, made(right_calls(sample)))
    assert scores["call_right"] == 1.0
    assert scores["name_right"] in (1.0, None)
    assert scores["schema_valid"] in (1.0, None)
    nothing = SUITE.score(sample, made([]))
    assert nothing["call_right"] == float(sample.tags["category"] == "irrelevance")


def test_no_tool_is_named_in_training() -> None:
    names = {function["name"] for sample in SAMPLES.values() for function in sample.input["functions"]}
    folder = Path(finetune.data.__file__).parent
    texts = [
        p.read_text("utf-8") for p in folder.rglob("*") if p.suffix in (".py", ".txt", ".json", ".jsonl")
    ]
    assert len(names) > 30
    assert len(texts) > 20
    assert not [name for name in names for text in texts if "_" in name and name in text]


def test_scores_of_a_half_right_answer() -> None:
    calls = [{"name": "kiln_set_firing", "arguments": {"cone_temperature": 1060, "hold_minutes": 4}}]
    scores = SUITE.score(SAMPLES["simple_1"], made(calls))
    assert scores["call_right"] == 0.0
    assert (scores["name_right"], scores["called"], scores["schema_valid"]) == (1.0, 1.0, 1.0)
    assert (scores["integer_right"], scores["integer_total"]) == (1.0, 2.0)
    assert (scores["string_right"], scores["string_total"]) == (0.0, 0.0)
    assert (scores["arguments_right"], scores["arguments_total"]) == (1.0, 2.0)
    assert scores["irrelevance"] is None
    assert SUITE.explain(SAMPLES["simple_1"], made(calls)) == {
        "fault": "wrong_value",
        "told": "kiln_set_firing: hold_minutes: 4 is none of [15]",
        "wrong_arguments": ["hold_minutes"],
    }


@pytest.mark.parametrize(
    "call",
    [
        {"name": "kiln_set_firing", "arguments": {"cone_temperature": "hot", "hold_minutes": 15}},
        {"name": "kiln_set_firing", "arguments": {}},
        {"name": "oven", "arguments": {}},
    ],
)
def test_calls_that_break_their_schema_are_told(call: dict[str, Any]) -> None:
    assert SUITE.score(SAMPLES["simple_1"], made([call]))["schema_valid"] == 0.0


def test_a_call_that_cannot_be_read_is_a_call() -> None:
    bad = [{"name": "kiln_set_firing", "text": "{", "error": ""}]
    right = right_calls(SAMPLES["simple_1"])
    scores = SUITE.score(SAMPLES["simple_1"], made(right, bad))
    assert (scores["call_right"], scores["name_right"], scores["called"]) == (0.0, 0.0, 1.0)
    assert scores["schema_valid"] == 0.0
    scores = SUITE.score(SAMPLES["irrelevance_1"], made([], bad))
    assert (scores["call_right"], scores["irrelevance"]) == (0.0, 0.0)
    assert SUITE.explain(SAMPLES["simple_1"], made(right, bad)) == {"fault": "unreadable"}
    assert SUITE.explain(SAMPLES["simple_1"], made(right)) is None
    assert SUITE.explain(SAMPLES["irrelevance_1"], made([], bad))["fault"] == "unwanted_call"


def test_tools_are_offered_under_safe_names_and_called_by_their_own() -> None:
    seen: list[Any] = []
    call = {"name": "beehive_log_inspection", "args": {"hive": "Rosemary"}, "id": "1"}
    output = SUITE.answer(replying(AIMessage("", tool_calls=[call]), seen), SAMPLES["simple_3"], 0)
    messages, tools = seen
    assert tools[0]["function"]["name"] == "beehive_log_inspection"
    assert tools[0]["function"]["parameters"]["properties"]["frames_of_brood"]["type"] == "integer"
    assert [message.type for message in messages] == ["human"]
    assert output.answer["calls"] == [{"name": "beehive.log_inspection", "arguments": {"hive": "Rosemary"}}]


def test_a_conversation_is_given_as_it_was() -> None:
    seen: list[Any] = []
    SUITE.answer(replying(AIMessage("no"), seen), SAMPLES["simple_24"], 0)
    assert [message.type for message in seen[0]] == ["human", "ai", "human"]


def test_arguments_that_langchain_calls_invalid_are_read_if_they_can_be() -> None:
    invalid = [
        {"name": "kiln_set_firing", "args": '{"cone_temperature": 1}', "id": "1", "error": "odd"},
        {"name": "kiln_set_firing", "args": '{"cone_', "id": "2", "error": "cut off"},
        {"name": None, "args": "[]", "id": "3", "error": None},
    ]
    message = AIMessage("", invalid_tool_calls=invalid)  # type: ignore[arg-type]
    answer = SUITE.answer(replying(message), SAMPLES["simple_1"], 0).answer
    assert answer["calls"] == [{"name": "kiln_set_firing", "arguments": {"cone_temperature": 1}}]
    assert [bad["error"] for bad in answer["unreadable"]] == ["cut off", ""]


def test_several_calls_are_allowed_where_a_model_can_be_told() -> None:
    class Told(Rule):
        def bind_tools(self, tools: Any, *, parallel_tool_calls: bool | None = None, **kwargs: Any) -> Any:
            assert parallel_tool_calls is True
            return super().bind_tools(tools)

    assert (
        SUITE.answer(Told(reply=lambda *_: AIMessage("no")), SAMPLES["parallel_1"], 0).answer["text"] == "no"
    )


def test_a_model_that_takes_no_tools_fails_with_a_clear_line() -> None:
    with pytest.raises(UsageError, match="FakeListChatModel can't be given tools: choose a model"):
        SUITE.answer(FakeListChatModel(responses=["hi"]), SAMPLES["simple_1"], 0)


def test_questions_longer_than_the_context_fail_with_a_clear_line() -> None:
    functions = [{"name": "tool", "description": "Does one thing.", "parameters": {"type": "dict"}}]
    asked = [{"role": "user", "content": "Do one thing. " * 400}]
    sample = Sample("simple_1", {"messages": asked, "functions": functions})
    with pytest.raises(UsageError, match="too long"):
        SUITE.answer(ChatHomespun(model="home", temperature=0), sample, 0)


def test_a_run_reports_a_perfect_system_and_both_baselines() -> None:
    answers = {s.input["messages"][-1]["content"]: right_calls(s) for s in SAMPLES.values()}

    def oracle(messages: Any, tools: Any) -> AIMessage:
        calls = answers[messages[-1].text]
        return AIMessage(
            "",
            tool_calls=[
                {"name": c["name"].replace(".", "_"), "args": c["arguments"], "id": "1"} for c in calls
            ],
        )

    result, timings, _ = run(SUITE, System("oracle", Rule(reply=oracle), "1"), resamples=20)
    found = {estimate.measure: estimate.value for estimate in result.system.estimates}
    assert (found["accuracy"], found["irrelevance"], found["array_arguments"]) == (1.0, 1.0, 1.0)
    assert found["arguments"] == 1.0
    (time,) = timings.estimates
    assert (time.measure, time.n, (time.value or 0) > 0) == ("answer_p50", 60, True)
    assert found["relevance"] is None
    assert result.system.failures == 0
    assert result.system.slices["category"].keys() == {sample.tags["category"] for sample in SAMPLES.values()}
    simple = {one.measure: one for one in result.system.slices["category"]["simple"]}
    for name in ("call_right", "name_right", "arguments", "string_arguments"):
        assert simple[name].low is not None, name
        assert simple[name].value == 1.0
    never, first = ({e.measure: e.value for e in one.estimates} for one in result.baselines)
    assert (never["accuracy"], never["irrelevance"], never["called"]) == (0.2, 1.0, 0.0)
    assert first["called"] == 1.0
    assert 0.0 < (first["accuracy"] or 0) < 0.2


def test_guesses_come_from_the_text() -> None:
    schema = to_schema(
        {
            "type": "dict",
            "properties": {
                "city": {"type": "string"},
                "unit": {"type": "string", "enum": ["metres", "feet"]},
                "days": {"type": "integer"},
                "limits": {"type": "array", "items": {"type": "float"}},
                "deep": {"type": "dict", "properties": {"sure": {"type": "boolean"}}, "required": ["sure"]},
                "other": {"type": "string"},
            },
            "required": ["city", "unit", "days", "limits", "deep"],
        }
    )
    assert guess("Tell Oslo the depth in feet for 3 days, from 1.5 to 2", schema) == {
        "city": "Oslo",
        "unit": "feet",
        "days": 3,
        "limits": [1.5, 2.0],
        "deep": {"sure": True},
    }


# --- reading


def write(path: Path, *rows: Any) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


F = {"name": "f", "description": "", "parameters": {"type": "dict", "properties": {}, "required": []}}
ROW = {"id": "simple_7", "question": [[{"role": "user", "content": "f!"}]], "function": [F]}


def read(path: Path) -> list[Sample]:
    return list(SUITE.samples(Source(str(path))))


def test_the_original_form_with_answers_in_a_file_beside(tmp_path: Path) -> None:
    live = {**ROW, "id": "live_simple_3-1-0", "function": F}
    file = write(tmp_path / "BFCL_v4_simple.json", ROW, live)
    write(
        tmp_path / "possible_answer" / file.name,
        {"id": "simple_7", "ground_truth": [{"f": {}}]},
        {"id": "live_simple_3-1-0", "ground_truth": [{"f": {}}]},
    )
    samples = read(file)
    assert [sample.target for sample in samples] == [[{"f": {}}], [{"f": {}}]]
    assert samples[1].group == "live_simple-1"


def test_gzipped_files_and_public_sets_are_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "simple.json", ROW)
    write(tmp_path / "possible_answer" / file.name, {"id": "simple_7", "ground_truth": [{"f": {}}]})
    (sample,) = read(file)
    (tmp_path / "simple.json.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()
    assert read(tmp_path) == read(tmp_path / "simple.json.gz") == [sample]
    rows = [{**ROW, "ground_truth": [{"f": {}}]}]
    monkeypatch.setattr("evals.data._loader", lambda: lambda *_, **__: {"test": rows})
    assert list(SUITE.samples(Source("hf:org/tools"))) == [sample]


def test_a_folder_is_read_in_the_order_of_the_categories(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", {**ROW, "id": "live_relevance_0-0-0"})
    write(tmp_path / "b.jsonl", {**ROW, "id": "irrelevance_1", "ground_truth": None})
    write(tmp_path / "c.json", {**ROW, "ground_truth": [{"f": {}}]})
    write(tmp_path / "d.json", {"id": "multi_turn_base_0", "question": [], "path": []})
    (tmp_path / "README.md").write_text("no data", encoding="utf-8")
    assert [s.tags["category"] for s in read(tmp_path)] == ["simple", "irrelevance", "live_relevance"]


def test_samples_about_the_same_functions_are_one_group(tmp_path: Path) -> None:
    other = {**ROW, "id": "simple_8", "function": [{**F, "name": "g"}], "ground_truth": [{"g": {}}]}
    same = {**ROW, "id": "simple_9", "ground_truth": [{"f": {}}]}
    one, two, three = read(write(tmp_path / "x.jsonl", {**ROW, "ground_truth": [{"f": {}}]}, other, same))
    assert one.group == three.group != two.group


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (ROW, "simple_7 has no ground_truth, and its file in possible_answer has none either"),
        ({**ROW, "id": "simple_java_1"}, "is of no category among"),
        ({**ROW, "id": "seven"}, "is of no category among"),
        ({"id": "simple_1"}, "has no 'question'"),
        ([1], "is not a JSON object"),
        ({**ROW, "ground_truth": [{"g": {}}]}, "the truth calls 'g', which is not among the functions"),
        ({**ROW, "question": [["hello"]], "ground_truth": []}, "can't be read"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(tmp_path: Path, row: Any, message: str) -> None:
    with pytest.raises(UsageError, match=r"x\.jsonl, line 1\b") as caught:
        read(write(tmp_path / "x.jsonl", row))
    assert message in str(caught.value)


def test_what_is_no_data_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        read(tmp_path / "nothing")
    with pytest.raises(UsageError, match=r"holds no \.jsonl or \.json file of a category"):
        read(tmp_path)
    (tmp_path / "x.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match="line 1, is not JSON"):
        read(tmp_path / "x.jsonl")


@pytest.mark.parametrize(
    ("name", "category"),
    [("simple_python_12", "simple_python"), ("live_multiple_5-3-1", "live_multiple"), ("x", "")],
)
def test_category_in_an_id(name: str, category: str) -> None:
    assert category_of(name) == category


# --- schemas


def test_descriptions_become_json_schemas() -> None:
    described = {
        "type": "dict",
        "required": ["a"],
        "properties": {
            "a": {"type": "tuple", "items": {"type": "float"}, "description": "two", "optional": True},
            "b": {"type": "any", "default": None},
            "c": {"type": "dict", "properties": {"d": {"type": "integer", "enum": [1, 2]}}},
            "e": {"type": "integer", "enum": ["1", "2"]},
            "f": {"type": "matrix"},
            "g": {"type": "boolean", "enum": [True]},
            "h": {"type": "integer", "enum": [True]},
        },
    }
    assert to_schema(described) == {
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"type": "array", "items": {"type": "number"}, "description": "two"},
            "b": {"type": "string", "default": None},
            "c": {"type": "object", "properties": {"d": {"type": "integer", "enum": [1, 2]}}},
            "e": {"enum": ["1", "2"]},
            "f": {},
            "g": {"type": "boolean", "enum": [True]},
            "h": {"enum": [True]},
        },
    }


def test_json_schema_goes_through_unchanged() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": ["string", "null"]}, "b": {"anyOf": [{"type": "number"}]}},
        "additionalProperties": False,
    }
    assert to_schema(schema) == schema


def test_names_that_become_one_are_numbered() -> None:
    tools, names = offered([{"name": "a.b"}, {"name": "a_b"}, {"name": "x" * 80}, {"name": "x" * 90}])
    assert names == {"a_b": "a.b", "a_b_2": "a_b", "x" * 64: "x" * 80, "x" * 60 + "_2": "x" * 90}
    assert [tool["function"]["name"] for tool in tools] == list(names)
