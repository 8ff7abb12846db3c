"""How a conversation becomes tokens, for training and for answering.

Contract: `<|endoftext|>`, then `<|tools|>` + a compact JSON list of schemas + `<|end|>` if there are tools,
then for each message `<|role|>` + content + `<|end|>`. An assistant's tool calls follow its content, each
as `<|call|>` + compact JSON `{"name":…,"arguments":…}`. Before an answer may stand what was noticed for it,
`<|memory|>` + text + `<|end|>`: words that were looked up, or in brackets what the user means; an empty text
says that there was nothing to notice. Structure is made of ids and content is encoded as ordinary text, so no
content can forge structure.

`JINJA` is the same template for `transformers`' `apply_chat_template`, with equal ids, but for what was
looked up, which it doesn't know. Its limit: `transformers` renders the whole conversation to one string
before it tokenises, so special tokens spelt out in a *user's text* are recognised there and can forge
structure. Use `render` for text that others wrote.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from homespun.errors import UsageError

Message = Mapping[str, Any]
ROLES = ("system", "user", "assistant", "tool")


class Encoder(Protocol):
    """What the template needs of a tokenizer."""

    def encode(self, text: str) -> list[int]:
        """Ids of ordinary text."""
        ...

    def special(self, name: str) -> int:
        """Id of a special token."""
        ...


def render(
    messages: Sequence[Message],
    tokenizer: Encoder,
    *,
    tools: Sequence[Mapping[str, Any]] | None = None,
    add_generation_prompt: bool = True,
) -> list[int]:
    """Renders a conversation as a prompt.

    Args:
        messages: `{"role", "content", "tool_calls": [{"name", "arguments"}]}`; content is a text, None, or
            a list of blocks whose texts are joined. Calls may be wrapped in `{"function": …}`.
        tokenizer: either tokenizer of this package.
        tools: JSON schemas of the tools, shown to the model as they are.
        add_generation_prompt: end with `<|assistant|>`, so that the model answers.

    Raises:
        UsageError: if a message has an unknown role or content that is not text.
    """
    ids = [token for part, _ in _parts(messages, tokenizer, tools) for token in part]
    return [*ids, tokenizer.special("assistant")] if add_generation_prompt else ids


def render_training(
    messages: Sequence[Message], tokenizer: Encoder, tools: Sequence[Mapping[str, Any]] | None = None
) -> tuple[list[int], list[int]]:
    """Renders a whole conversation with its loss mask; a message's "memory" stands before it.

    Returns:
        Ids and a mask of the same length: 1 on each token that the assistant must produce (content, calls and
        the closing `<|end|>`; not `<|assistant|>`, which the prompt supplies), 0 elsewhere.
    """
    ids: list[int] = []
    mask: list[int] = []
    for part, learnt in _parts(messages, tokenizer, tools):
        ids += part
        mask += [int(learnt)] * len(part)
    return ids, mask


def _parts(
    messages: Sequence[Message], tokenizer: Encoder, tools: Sequence[Mapping[str, Any]] | None
) -> Iterable[tuple[list[int], bool]]:
    """Yields stretches of ids, each with whether the assistant produces it."""
    end = tokenizer.special("end")
    yield [tokenizer.special("endoftext")], False
    if tools:
        yield [tokenizer.special("tools"), *tokenizer.encode(compact_json(list(tools))), end], False
    for message in messages:
        role = message.get("role")
        if role not in ROLES:
            raise UsageError(f"a message has the role {role!r}; use one of: {', '.join(ROLES)}")
        learnt = role == "assistant"
        if (found := message.get("memory")) is not None:
            yield render_note(found, tokenizer), False
        yield [tokenizer.special(role)], False
        yield tokenizer.encode(content_text(message.get("content"))), learnt
        for call in (message.get("tool_calls") or ()) if learnt else ():
            yield [tokenizer.special("call"), *tokenizer.encode(call_text(call))], learnt
        yield [end], learnt


def render_note(text: str, tokenizer: Encoder) -> list[int]:
    """Renders what was noticed before an answer: it stands before the answer's `<|assistant|>`."""
    return [tokenizer.special("memory"), *tokenizer.encode(text), tokenizer.special("end")]


def bracketed(intent: str) -> str:
    """Writes what a user means as it stands where nothing was looked up; nothing for ""."""
    return f"({intent})" if intent else ""


def content_text(content: object) -> str:
    """Returns the text of a message's content: a string, None (empty), or a list of texts and text blocks.

    Raises:
        UsageError: if the content holds something else, such as an image.
    """
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list | tuple):
        return "".join(_block_text(block) for block in content)
    raise UsageError(f"message content must be text, not {type(content).__name__}")


def _block_text(block: object) -> str:
    if isinstance(block, str):
        return block
    if isinstance(block, Mapping) and isinstance(block.get("text"), str):
        return str(block["text"])
    kind = block.get("type") if isinstance(block, Mapping) else type(block).__name__
    raise UsageError(f"message content of type {kind!r} is not supported; this model reads text only")


def call_text(call: Mapping[str, Any]) -> str:
    """Writes one tool call as compact JSON, name first; string arguments are taken as JSON text."""
    inner = call.get("function", call)
    if not isinstance(inner, Mapping) or "name" not in inner:
        raise UsageError('a tool call must be {"name": …, "arguments": {…}}')
    arguments = inner.get("arguments") or {}
    written = arguments if isinstance(arguments, str) else compact_json(arguments)
    return f'{{"name":{compact_json(inner["name"])},"arguments":{written}}}'


def compact_json(value: object) -> str:
    """Writes JSON without spaces and without escapes for letters, keys in their given order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


JINJA = """\
{%- macro text(content) -%}
{%- if content is string -%}{{ content }}
{%- elif content is none or content is not defined -%}
{%- else -%}
{%- for block in content -%}{{ block if block is string else block['text'] }}{%- endfor -%}
{%- endif -%}
{%- endmacro -%}
<|endoftext|>
{%- if tools -%}<|tools|>{{ tools | tojson(separators=(',', ':')) }}<|end|>{%- endif -%}
{%- for message in messages -%}
{%- if message['role'] not in ['system', 'user', 'assistant', 'tool'] -%}
{{ raise_exception('unknown role ' ~ message['role']) }}{%- endif -%}
<|{{ message['role'] }}|>{{ text(message['content']) }}
{%- if message['role'] == 'assistant' and message['tool_calls'] -%}
{%- for entry in message['tool_calls'] -%}
{%- set call = entry['function'] if entry['function'] is defined else entry -%}
{%- set arguments = call['arguments'] or {} -%}
<|call|>{"name":{{ call['name'] | tojson }},"arguments":
{{- arguments if arguments is string else arguments | tojson(separators=(',', ':')) }}}
{%- endfor -%}
{%- endif -%}
<|end|>
{%- endfor -%}
{%- if add_generation_prompt -%}<|assistant|>{%- endif -%}
"""
