"""A thread of an evaluation, to be looked at: messages and checkpoints.

Contract: opened for reading what is there; a file that isn't there isn't made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homespun.errors import HomespunError

if TYPE_CHECKING:
    from langchain_core.messages import AnyMessage


@dataclass(frozen=True)
class Checkpoint:
    """One state that was kept.

    Attributes:
        id: its own.
        made: when, in ISO 8601.
        step: of the graph, from -1.
        source: what made it: input, loop, update or fork.
        values: the state's channels, as plain values.
    """

    id: str
    made: str
    step: int | None
    source: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Thread:
    """A thread.

    Attributes:
        name: its id in the file.
        file: that keeps it.
        messages: of its newest state.
        checkpoints: the newest first.
    """

    name: str
    file: Path
    messages: Sequence[AnyMessage]
    checkpoints: Sequence[Checkpoint]


def read(file: Path, name: str) -> Thread:
    """Reads a thread.

    Raises:
        HomespunError: if it isn't there.
    """
    from graphs.persistence import open_state
    from graphs.threads import Threads

    gone = f"The thread {name} isn't kept any more. Run the evaluation with --fresh to make it again."
    if not file.is_file():
        raise HomespunError(gone)
    with open_state(file) as state:
        held = list(state.saver.list({"configurable": {"thread_id": name, "checkpoint_ns": ""}}))
        if not held:
            raise HomespunError(gone)
        return Thread(name, file, Threads(state).read(name), [_checkpoint(one) for one in held])


def _checkpoint(held: Any) -> Checkpoint:
    metadata, values = held.metadata, held.checkpoint["channel_values"]
    return Checkpoint(
        id=str(held.checkpoint["id"]),
        made=str(held.checkpoint["ts"]),
        step=metadata.get("step"),
        source=str(metadata.get("source", "")),
        values={str(key): _plain(value) for key, value in values.items()},
    )


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if hasattr(value, "model_dump"):
        return value.model_dump(exclude_none=True, exclude_defaults=True) | {
            "type": getattr(value, "type", "")
        }
    return value if isinstance(value, (str, int, float, bool)) or value is None else repr(value)
