"""`ChatHomespun`: a model folder, or a checkpoint of `transformers`, as a LangChain chat model.

Nothing is loaded before the first answer, and instances share weights. A history that is longer than the
context loses its oldest turns (system messages, tools and the newest turn stay;
`response_metadata["trimmed_messages"]` says how many messages went); tools that are too long are shown in
fewer words (`"shortened_tools"`); a newest message that does not fit by itself is an error. What a call may
override: `model`, `temperature`, `top_p`, `top_k`, `min_p`, `repetition_penalty`, `max_tokens`, `seed`,
`timeout`, `stop`, `logprobs`, `top_logprobs`, `tools`, `tool_choice`, `parallel_tool_calls`,
`response_format`.

An answer that runs out of time keeps what there is and says `finish_reason="deadline"`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, Self

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput, ModelProfile
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import PrivateAttr, model_validator
from typing_extensions import override

from homespun.errors import UsageError
from models.chat.answer import DEFAULT_MAX_TOKENS, Delta, Options, Outcome, answer
from models.chat.local import ChatLocal
from models.chat.messages import to_template
from models.chat.results import to_chunk, to_last_chunk, to_result
from models.chat.structured import structured
from models.chat.tools import plan, to_tool
from models.chat.weights import Source, locate, open_brain

_SAMPLING = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed")
_KNOWN = frozenset({*_SAMPLING, "logprobs", "top_logprobs"})


class ChatHomespun(ChatLocal):
    """A chat model made here.

    `None` for a sampling parameter takes the default in the model's own configuration.

    Example:
        ```python
        ChatHomespun(model="home", temperature=0).invoke("Hello").text
        ```

    Raises:
        ModelNotFound: When constructed with a name that leads nowhere.
        CorruptWeights: When its configuration cannot be read; at the first answer, when other files are
            damaged.
        UsageError: When a parameter is out of range.
    """

    model: str = "home"
    """Name or path of a model folder, or `hf:<model>[+<adapter>]`."""
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    seed: int | None = None
    logprobs: bool = False
    top_logprobs: int | None = None

    _source: Source | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._options({}, None, self._located)
        return self

    @property
    def _located(self) -> Source:
        # A copy may have been given another name (`model_copy`).
        if self._source is None or self._source.name != self.model:
            self._source = locate(self.model, self.home)
        return self._source

    @property
    def context_length(self) -> int:
        """Tokens of prompt and answer together."""
        return self._located.context_length

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | bool | dict[str, Any] | None = None,
        parallel_tool_calls: bool | None = None,
        response_format: Any = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Offer tools to the model.

        Args:
            tools: Functions, Pydantic or TypedDict classes, LangChain tools or schemas; may be empty.
            tool_choice: `"auto"` (or `None`), `"any"`, `"required"` or `True`, `"none"` or `False`, or the
                name of a tool.
            parallel_tool_calls: Whether one answer may hold several calls; only `True` allows it.
            response_format: A class, JSON Schema or OpenAI-style dictionary that text answers must follow.
            **kwargs: Anything that a call may override.

        Raises:
            UsageError: A tool cannot be read, or the choice names none of them.
        """
        plan(tools, tool_choice, response_format, parallel_tool_calls)
        extra = {
            "tool_choice": tool_choice,
            "parallel_tool_calls": parallel_tool_calls,
            "response_format": response_format,
        }
        given = {key: value for key, value in extra.items() if value is not None}
        return self.bind(tools=[to_tool(tool) for tool in tools], **given, **kwargs)

    def with_structured_output(
        self,
        schema: dict[str, Any] | type,
        *,
        method: Literal["json_schema", "function_calling", "json_mode"] = "json_schema",
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Answer with an object of this schema; see `models.chat.structured`.

        Raises:
            UsageError: The method is unknown or an argument not supported.
        """
        if kwargs:
            raise UsageError(f"with_structured_output does not know {', '.join(kwargs)}")
        return structured(self, schema, method=method, include_raw=include_raw, strict=strict)

    def get_token_ids(self, text: str) -> list[int]:
        """Ids of a text, without any message around it."""
        return open_brain(self._located, self.threads).voice.encode(text)

    def get_num_tokens_from_messages(
        self, messages: list[BaseMessage], tools: Sequence[Any] | None = None
    ) -> int:
        """Length of the prompt that these messages make, tools and the start of the answer included."""
        functions = [to_tool(tool)["function"] for tool in tools or ()]
        brain = open_brain(self._located, self.threads)
        return len(brain.voice.render(brain.shown(to_template(messages)), functions or None))

    @property
    def _llm_type(self) -> str:
        return "homespun"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        names = (*_SAMPLING, "max_tokens", "stop", "timeout", "logprobs", "top_logprobs")
        own = {name: getattr(self, name) for name in names}
        return {"model": self.model, "fingerprint": self._located.fingerprint, **own}

    def _resolve_model_profile(self) -> ModelProfile | None:
        return ModelProfile(
            name=self.model,
            open_weights=True,
            max_input_tokens=self.context_length,
            max_output_tokens=self.context_length,
            text_inputs=True,
            image_inputs=False,
            audio_inputs=False,
            video_inputs=False,
            pdf_inputs=False,
            text_outputs=True,
            reasoning_output=False,
            tool_calling=True,
            tool_choice=True,
            tool_call_streaming=True,
            structured_output=True,
            attachment=False,
            temperature=True,
        )

    def _options(self, overrides: dict[str, Any], stop: Sequence[str] | None, source: Source) -> Options:
        from models.inference.sampling import SamplingParams

        defaults = {
            key: source.generation[key] for key in _SAMPLING if source.generation.get(key) is not None
        }
        own = {name: self._value(overrides, name) for name in _SAMPLING}
        max_tokens, timeout, ends = self._limits(overrides, stop)
        wants = self._value(overrides, "logprobs") or overrides.get("top_logprobs") is not None
        return Options(
            SamplingParams(**{**defaults, **{key: found for key, found in own.items() if found is not None}}),
            max_tokens,
            int(source.generation.get("max_tokens") or DEFAULT_MAX_TOKENS),
            ends,
            timeout,
            int(self._value(overrides, "top_logprobs") or 0) if wants else None,
        )

    def _answer(
        self,
        messages: Sequence[BaseMessage],
        stop: Sequence[str] | None,
        cancel: threading.Event,
        *,
        tools: Sequence[Any] | None = None,
        tool_choice: Any = None,
        parallel_tool_calls: bool | None = None,
        response_format: Any = None,
        **overrides: Any,
    ) -> tuple[str, Any]:
        """The model's name and the generator of its answer."""
        self._refuse_unknown(overrides, _KNOWN)
        name = overrides.get("model") or self.model
        source = self._located if name == self.model else locate(name, self.home)
        rows = to_template(messages)
        ways = plan(tools, tool_choice, response_format, parallel_tool_calls)
        options = self._options(overrides, stop, source)
        brain = open_brain(source, self.threads)
        return name, answer(brain, rows, ways, options, source.context_length, cancel)

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        cancel: threading.Event | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        name, deltas = self._answer(messages, stop, cancel or threading.Event(), **kwargs)
        texts: list[str] = []
        logged: list[dict[str, Any]] = []
        while True:
            try:
                delta: Delta = next(deltas)
            except StopIteration as end:
                outcome: Outcome = end.value
                return to_result("".join(texts), logged, outcome, name)
            if delta.piece is not None and delta.piece.call is None:
                texts.append(delta.piece.text)
            logged += delta.logprobs

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        cancel: threading.Event | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        name, deltas = self._answer(messages, stop, cancel or threading.Event(), **kwargs)
        try:
            outcome: Outcome
            while True:
                try:
                    delta: Delta = next(deltas)
                except StopIteration as end:
                    outcome = end.value
                    break
                yield to_chunk(delta)
            yield to_last_chunk(outcome, name)
        finally:
            deltas.close()
