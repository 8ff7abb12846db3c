"""`ChatCaller`: choosing a tool and finding its arguments, as a LangChain chat model without a decoder.

What users and the model said is read, system messages are not. The answer is one call; with
`parallel_tool_calls=True` several of one tool, where the newest message asks for several. What needs two
different tools is done in two turns. Where a tool fits but nobody said what it needs, the answer asks for
that; where none fits, one fixed sentence says so. After tools have been called their results are the answer.
A `tool_choice` that demands a call gets one, with the plainest values for what wasn't said
(`response_metadata["made_up"]` names them), unless none satisfies the schema.

`response_metadata` holds `tool` and its `probability`, and for each parameter `mentioned`, `probability` and
the words it was made from; for several calls a list of these. What a call may override: `model`,
`max_tokens`, `timeout`, `stop`, `tools`, `tool_choice`, `parallel_tool_calls`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import Any, ClassVar, Literal

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.runnables import Runnable
from typing_extensions import override

from homespun.errors import UsageError
from models.chat.addresses import CALLER, adapters_of
from models.chat.asking import look_at, question_for
from models.chat.encoded import ChatEncoded, Reply
from models.chat.messages import to_template
from models.chat.structured import METHODS, structured
from models.chat.tools import Tool, plan, problem, to_tool
from models.encoders.call import THRESHOLD, Call, Caller, load_caller
from models.encoders.fill import Argument
from models.encoders.plainest import plainest

NO_TOOLS = "I can only call tools, and there are none here."
NO_FIT = "None of the tools fits that."
FAILED = "The tool failed: "
DONE = "Done."
_LONGEST_RESULT = 1000


class ChatCaller(ChatEncoded):
    """Calls tools with values that were said.

    Example:
        ```python
        ChatCaller().bind_tools([get_weather]).invoke("Will it rain in Oslo?").tool_calls
        ```

    Raises:
        ModelNotFound: When constructed with a name that leads nowhere.
        CorruptWeights: When an adapter's configuration cannot be read; at the first answer, when other files
            are damaged.
        UsageError: When a parameter is out of range.
    """

    known: ClassVar[frozenset[str]] = frozenset({"tools", "tool_choice", "parallel_tool_calls"})

    model: str = CALLER
    """`caller`, or `caller:<chooser>+<filler>`, names or folders of adapters."""

    @override
    def _open(self, name: str) -> Caller:
        chooser, filler = adapters_of(CALLER, name)
        return load_caller(chooser, filler, home=self.home, threads=self.threads)

    def bind_tools(
        self,
        tools: Sequence[Tool],
        *,
        tool_choice: str | bool | dict[str, Any] | None = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools to the model.

        Args:
            tools: Functions, Pydantic or TypedDict classes, LangChain tools or schemas; may be empty.
            tool_choice: `"auto"` (or `None`), `"any"`, `"required"` or `True`, `"none"` or `False`, or the
                name of a tool.
            parallel_tool_calls: Whether one answer may hold several calls; by default it holds one.
            **kwargs: Anything that a call may override.

        Raises:
            UsageError: A tool cannot be read, or the choice names none of them.
        """
        plan(tools, tool_choice, None, parallel_tool_calls)
        extra = {"tool_choice": tool_choice, "parallel_tool_calls": parallel_tool_calls}
        given = {key: value for key, value in extra.items() if value is not None}
        return self.bind(tools=[to_tool(tool) for tool in tools], **given, **kwargs)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type,
        *,
        method: Literal["json_schema", "function_calling", "json_mode"] = "function_calling",
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Answer with an object of this schema, filled as if it were a tool; every method does that.

        Raises:
            UsageError: The method is unknown or an argument not supported.
        """
        if kwargs:
            raise UsageError(f"with_structured_output does not know {', '.join(kwargs)}")
        if method not in METHODS:
            raise UsageError(f"method {method!r} is unknown: use one of {', '.join(METHODS)}")
        return structured(self, schema, method="function_calling", include_raw=include_raw, strict=strict)

    @property
    def _llm_type(self) -> str:
        return "homespun-caller"

    @override
    def _reply(
        self,
        name: str,
        messages: Sequence[BaseMessage],
        between: Callable[[], None],
        *,
        tools: Sequence[Tool] | None = None,
        tool_choice: Any = None,
        parallel_tool_calls: bool | None = None,
        **given: Any,
    ) -> Reply:
        caller: Caller = self._find(name)
        rows = to_template(messages)
        ways = plan(tools, tool_choice, None, parallel_tool_calls)
        if rows[-1]["role"] == "tool" and not ways.forced:
            return Reply(_results(messages))
        functions = ways.callable
        if not functions:
            return Reply(NO_TOOLS)
        turns = [(row["role"], row["content"]) for row in rows if row["role"] in ("user", "assistant")]
        turns = [(role, text) for role, text in turns if text.strip()]
        if not turns:
            raise UsageError("there is nothing said that a tool could be called for: give a human message")
        call = caller.likeliest(turns, functions, between)
        if call is None:
            return Reply(NO_TOOLS)
        function = functions[call.place]
        reply = _decided(call, function, ways.forced)
        if ways.parallel and reply.calls:
            several = caller.several(turns, call, function, between)
            return _repeated(reply, call, function, several, [caller.passed(one) for one in several])
        return reply


def _decided(call: Call, function: Mapping[str, Any], forced: bool) -> Reply:
    """What to answer with the likeliest call: itself, a question, or that no tool fits."""
    told = {"tool": call.name, "probability": call.probability, "arguments": _told(call.found)}
    found = look_at(call, function)
    arguments, possible = dict(found.arguments), found.possible
    if forced and found.lacking:
        for one in found.lacking:
            arguments[one.name] = plainest(one.schema, call.arguments.get(one.name))
        told["made_up"] = [one.name for one in found.lacking]
        possible = problem(dict(function), arguments) is None
    if possible and (forced or call.probability >= THRESHOLD):
        return Reply("", call.tokens, told, "tool_calls", calls=((call.name, arguments),))
    if forced and found.asked:
        return Reply(question_for(found.asked), call.tokens, told)
    return Reply(found.question or NO_FIT, call.tokens, told)


def _repeated(
    reply: Reply,
    call: Call,
    function: Mapping[str, Any],
    found: Sequence[Sequence[Argument]],
    arguments: Sequence[Mapping[str, Any]],
) -> Reply:
    """The reply with several calls; the given one where there are none, or where one is invalid."""
    if not found or any(problem(dict(function), one) is not None for one in arguments):
        return reply
    read = call.tokens + sum(one.tokens for each in found for one in each)
    told = {"tool": call.name, "probability": call.probability, "arguments": list(map(_told, found))}
    return Reply("", read, told, "tool_calls", calls=tuple((call.name, one) for one in arguments))


def _told(found: Sequence[Argument]) -> dict[str, Any]:
    return {
        one.name: {"mentioned": one.mentioned, "probability": one.probability, "texts": list(one.texts)}
        for one in found
    }


def _results(messages: Sequence[BaseMessage]) -> str:
    """The results of the tools that were called last, in their order."""
    newest = list(takewhile(lambda one: one.type in ("tool", "function"), reversed(messages)))
    texts = []
    for message in reversed(newest):
        text = message.text.strip() or DONE
        text = text if len(text) <= _LONGEST_RESULT else text[:_LONGEST_RESULT].rsplit(" ", 1)[0] + " …"
        failed = isinstance(message, ToolMessage) and message.status == "error"
        texts.append(FAILED + text if failed else text)
    return "\n".join(texts)
