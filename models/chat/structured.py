"""Structured output: which bindings and which parser make a chat model answer with an object.

`json_schema` writes the document as text under its grammar, `function_calling` calls a tool of that shape.
`json_mode` is `json_schema` here: where the schema is known there is no reason to promise less than it. The
grammar is always strict, so `strict` changes nothing.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from langchain_core.output_parsers import BaseOutputParser, JsonOutputParser, PydanticOutputParser
from langchain_core.output_parsers.openai_tools import JsonOutputKeyToolsParser, PydanticToolsParser
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_json_schema
from langchain_core.utils.pydantic import is_basemodel_subclass

from homespun.errors import UsageError
from models.chat.tools import to_tool

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

METHODS = ("json_schema", "function_calling", "json_mode")


def structured(
    model: BaseChatModel, schema: Any, *, method: str, include_raw: bool, strict: bool | None
) -> Runnable[Any, Any]:
    """Build the runnable of `with_structured_output`.

    Raises:
        UsageError: The method is unknown, or there is no schema.
    """
    if method not in METHODS:
        raise UsageError(f"method {method!r} is unknown: use one of {', '.join(METHODS)}")
    if schema is None:
        raise UsageError("with_structured_output needs a schema")
    about = {"kwargs": {"method": method, "strict": strict}, "schema": schema}
    is_class = isinstance(schema, type) and is_basemodel_subclass(schema)
    parser: BaseOutputParser[Any]
    if method == "function_calling":
        name = to_tool(schema)["function"]["name"]
        bound = model.bind_tools(
            [schema], tool_choice=name, parallel_tool_calls=False, ls_structured_output_format=about
        )
        if is_class:
            parser = PydanticToolsParser(tools=[schema], first_tool_only=True)
        else:
            parser = JsonOutputKeyToolsParser(key_name=name, first_tool_only=True)
    else:
        form = {"type": "json_schema", "json_schema": {"schema": convert_to_json_schema(schema)}}
        bound = model.bind(response_format=form, ls_structured_output_format=about)
        parser = PydanticOutputParser(pydantic_object=schema) if is_class else JsonOutputParser()
    if not include_raw:
        return bound | parser
    parsed = RunnablePassthrough.assign(parsed=itemgetter("raw") | parser, parsing_error=lambda _: None)
    failed = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=bound) | parsed.with_fallbacks([failed], exception_key="parsing_error")
