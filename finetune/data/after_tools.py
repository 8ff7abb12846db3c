"""Requests that a tool is called for, what it gives, and the answer from that; also where it fails."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from finetune.data.calls.generated import generated
from finetune.data.conversations.grammar import expand
from finetune.data.conversations.words import invented, pick
from finetune.data.documents import Message
from models.tokenizers.chat_template import compact_json


def after_tools(seed: int, count: int) -> Iterator[list[Message]]:
    """Yield requests that a tool was called for, its result, and the answer from it; a fifth of them fail."""
    made = 0
    for example in generated(seed, 3 * count):
        if made == count:
            return
        if example.tool is None:
            continue
        made += 1
        rng = Random(f"tools {seed}:{made}")
        arguments = {name: argument.value for name, argument in example.arguments.items()}
        call = {"name": example.tool, "arguments": arguments}
        result, answer = _result(rng, arguments)
        yield [
            *({"role": turn.role, "content": turn.text} for turn in example.turns),
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "content": result},
            {"role": "assistant", "content": answer, "memory": ""},
        ]


def _result(rng: Random, arguments: dict[str, Any]) -> tuple[str, str]:
    if rng.random() < 0.2:
        why = expand(("not found", "no connection", "timed out", "access denied", "unknown {o}"), rng,
                     {"o": pick(rng, "object")})  # fmt: skip
        ask = rng.choice(("Shall I try again?", "Shall I try something else?", "What should I do instead?"))
        return f"Error: {why}", f"That didn't work: {why}. {ask}"
    number = rng.choice((str(rng.randint(0, 99)), f"{rng.uniform(0, 500):.2f}", f"{rng.randint(100, 99999)}"))
    thing = rng.choice(
        (number, f"{number} {pick(rng, 'object')}s", invented(rng, 2).capitalize(), "done", "ok")
    )
    if rng.random() < 0.5:
        if thing in ("done", "ok"):
            return thing, rng.choice(("Done.", "That's done.", "It's done. Anything else?"))
        return thing, rng.choice(
            (f"The result is {thing}.", f"It's {thing}.", f"{thing}.", f"I got: {thing}.")
        )
    names = [*list(arguments)[:1], pick(rng, "object"), rng.choice(("status", "result", "total"))]
    values: list[Any] = [*list(arguments.values())[:1], thing, rng.choice(("ok", number, "ready"))]
    told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in zip(names, values, strict=False))
    return compact_json(dict(zip(names, values, strict=False))), f"Here is the result: {told}."
