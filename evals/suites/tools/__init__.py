"""Suite `tools`: does the model call the right tools with the right arguments, and none where none fits?

Contract: data is what `evals.suites.tools.bfcl` reads; built in are 60 samples in the same form. Tools are
bound by the model's own `bind_tools`, several calls being allowed where it can be told so, and the messages
are the sample's: there is no prompt of ours. Calls are judged by `evals.metrics.tool_calls`. Accuracy is the
unweighted mean of the categories' accuracies, as on the Berkeley leaderboard's parts; its grouping of
categories into parts is not followed. A call whose arguments are not JSON makes a sample wrong, and for
irrelevance it's a call. Tools and question that are longer than the model's context are a failure of that
sample, with the model's own line about it.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.asking import TIME, ask
from evals.measure import CategoryMean, Mean, Measure, Ratio
from evals.metrics.tool_calls import KINDS, Call, Verdict, match_category
from evals.sample import Json, Output, Sample
from evals.suite import Scores, Source, Suite, System
from evals.suites.tools.bfcl import CATEGORIES, read
from evals.suites.tools.schema import offered
from homespun.errors import UsageError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

BUILT_IN = Path(__file__).parent.parent / "data" / "tools.jsonl"


class Tools(Suite["BaseChatModel"]):
    """Tool calling."""

    name = "tools"
    about = "are the right tools called, with the right arguments, and none where none fits?"
    kind = "chat"
    measures = (
        Measure(
            "accuracy",
            CategoryMean("call_right", "category"),
            about="samples with exactly the right calls: mean of the categories' shares",
            primary=True,
        ),
        Measure("call_right", Mean("call_right"), about="the same as a share of all samples"),
        Measure("name_right", Mean("name_right"), about="the right tools, whatever the arguments"),
        Measure("irrelevance", Mean("irrelevance"), about="no call where no tool fits"),
        Measure("relevance", Mean("relevance"), about="a call where a tool fits, whatever it is"),
        Measure(
            "schema_valid", Mean("schema_valid"), about="of answers with calls: all satisfy their schemas"
        ),
        Measure("called", Mean("called"), "neither", about="answers with a call"),
        Measure(
            "arguments",
            Ratio("arguments_right", "arguments_total"),
            about="right arguments, of those wanted and those allowed and given",
        ),
        *(
            Measure(
                f"{kind}_arguments", Ratio(f"{kind}_right", f"{kind}_total"), about=f"right {kind} arguments"
            )
            for kind in KINDS
        ),
        TIME,
    )

    def samples(self, source: Source) -> Iterator[Sample]:
        """Gives the samples in the order of the files; those about one set of functions are one group."""
        return read(source.data or BUILT_IN)

    def answer(self, system: BaseChatModel, sample: Sample, seed: int) -> Output:
        """Offers the tools and asks.

        Raises:
            UsageError: The model can't be given tools, or they don't fit into its context.
        """
        del seed  # the model is asked at temperature 0
        tools, names = offered(sample.input["functions"])
        try:
            bound = system.bind_tools(tools, **_several(system))
        except NotImplementedError:
            raise UsageError(
                f"{type(system).__name__} can't be given tools: choose a model that takes tools."
            ) from None
        messages = [(message["role"], message["content"]) for message in sample.input["messages"]]
        reply, kept = ask(bound, messages)
        return Output(_made(reply, names), **kept)

    def score(self, sample: Sample, output: Output) -> Scores:
        """Returns what the measures read; `category` is a number that stands for the category's name."""
        category, functions = sample.tags["category"], sample.input["functions"]
        verdict, readable, unreadable = _judged(sample, output)
        called = float(bool(readable or unreadable))
        matched = sample.target is not None
        scores: dict[str, float | None] = {
            "category": _code(category),
            "call_right": float(verdict.right and (not unreadable or "relevance" in category)),
            "name_right": float(verdict.names and not unreadable) if matched else None,
            "called": called,
            "irrelevance": 1.0 - called if "irrelevance" in category else None,
            "relevance": float(verdict.right) if category.endswith("_relevance") else None,
            "schema_valid": _valid(readable, functions) * (not unreadable) if called else None,
        }
        for kind in ("arguments", *KINDS):
            mine = [argument for argument in verdict.arguments if kind in ("arguments", argument.kind)]
            scores[f"{kind}_right"] = float(sum(argument.right for argument in mine)) if matched else None
            scores[f"{kind}_total"] = float(len(mine)) if matched else None
        return scores

    def explain(self, sample: Sample, output: Output) -> Json:
        """Returns the first fault of a wrong answer, in a word and in a line, and the wrong arguments."""
        verdict, _, unreadable = _judged(sample, output)
        if verdict.right:
            return {"fault": "unreadable"} if unreadable and sample.target is not None else None
        wrong = [argument.name for argument in verdict.arguments if not argument.right]
        return {"fault": verdict.error, "told": verdict.message, "wrong_arguments": wrong}

    def baselines(self) -> Sequence[System[BaseChatModel]]:
        """Returns one that never calls and one that always calls the first tool with guessed values."""
        from evals.rules import Rule
        from evals.suites.tools.baselines import first_tool, never_calls

        return (
            System("never calls", Rule(reply=never_calls), "never-calls-1"),
            System("first tool, guessed values", Rule(reply=first_tool), "first-tool-1"),
        )


def _judged(sample: Sample, output: Output) -> tuple[Verdict, list[Call], list[Call]]:
    """Returns the verdict, and the calls that can be read and those that can't."""
    category = sample.tags["category"]
    readable = [Call(call["name"], call["arguments"]) for call in output.answer["calls"]]
    unreadable = [Call(call["name"], {}) for call in output.answer["unreadable"]]
    calls = readable + (unreadable if "irrelevance" in category else [])
    verdict = match_category(category, calls, sample.target, sample.input["functions"])
    return verdict, readable, unreadable


def _several(system: BaseChatModel) -> dict[str, Any]:
    """What tells a model that one answer may hold several calls, if it's one that can be told."""
    known = inspect.signature(system.bind_tools).parameters
    return {"parallel_tool_calls": True} if "parallel_tool_calls" in known else {}


def _made(reply: AIMessage, names: Mapping[str, str]) -> dict[str, Any]:
    """The calls under the functions' own names; what LangChain calls invalid is read if it can be."""
    calls: list[dict[str, Any]] = [
        {"name": names.get(call["name"], call["name"]), "arguments": call["args"]}
        for call in reply.tool_calls
    ]
    unreadable = []
    for bad in reply.invalid_tool_calls:
        name = bad["name"] or ""
        name = names.get(name, name)
        try:
            arguments = json.loads(bad["args"] or "")
        except ValueError:
            arguments = None
        if name and isinstance(arguments, dict):
            calls.append({"name": name, "arguments": arguments})
        else:
            unreadable.append({"name": name, "text": bad["args"] or "", "error": bad["error"] or ""})
    return {"calls": calls, "unreadable": unreadable, "text": reply.text}


def _valid(calls: Sequence[Call], functions: Sequence[Mapping[str, Any]]) -> float:
    from models.chat.tools import problem

    tools, names = offered(functions)
    schemas = {names[tool["function"]["name"]]: tool["function"] for tool in tools}
    return float(
        all(call.name in schemas and problem(schemas[call.name], call.arguments) is None for call in calls)
    )


def _code(category: str) -> float:
    """A number for a category that is the same in every run."""
    return float(CATEGORIES.index(category))


SUITE = Tools()
