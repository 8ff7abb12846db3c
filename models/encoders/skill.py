"""A skill: an adapter for one task, as those who choose, fill and read with it have it.

Found, and its settings checked, when made; loaded onto the encoder at the first pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homespun.errors import CorruptWeights, UsageError
from models.encoders.adapters import Adapter, find_adapter
from models.encoders.heads import Tuned, tuned
from models.encoders.windows import Layout, Window
from models.folders import REPAIR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LENGTHS = ("max_length", "stride", "most_first")


class Skill:
    """An adapter for one task. Threads may share it; passes take turns.

    Args:
        name: The adapter's name or folder.
        task: What it must be for.
        doing: That in words: "choosing".
        home: The state folder; by default the one in the settings.
        threads: Processor threads of one pass; None leaves torch's setting.

    Attributes:
        adapter: What was found.

    Raises:
        ModelNotFound: There's no such adapter.
        UsageError: It's for another task, or `threads` makes no sense.
        CorruptWeights: Its configuration can't be read.
    """

    def __init__(self, name: str, task: str, doing: str, home: Path | None, threads: int | None) -> None:
        if threads is not None and threads < 1:
            raise UsageError(f"threads must be 1 or more, not {threads}")
        self.adapter: Adapter = find_adapter(name, home, task)
        if self.adapter.config["task"] != task:
            raise UsageError(f"{name} is an adapter for {self.adapter.config['task']}, not for {doing}")
        with settings_of(self.adapter) as settings:
            self._lengths = {key: int(settings[key]) for key in _LENGTHS}
        self._home, self._threads = home, threads

    @cached_property
    def layout(self) -> Layout:
        """How texts stand before the encoder.

        Raises:
            ModelNotFound: The encoder isn't here.
            CorruptWeights: A file is missing, altered or doesn't fit.
            UsageError: The adapter's lengths leave no room for a text.
        """
        return Layout(self._tuned.trunk.tokenizer, **self._lengths)

    def logits(
        self, windows: Sequence[Window], between: Callable[[], None] | None = None
    ) -> list[NDArray[np.float32]]:
        """What the head says of each window: [length, outputs]; see `Tuned.logits`."""
        rows = [(window.ids, window.second) for window in windows]
        return self._tuned.logits(rows, self._threads, between)

    @cached_property
    def _tuned(self) -> Tuned:
        return tuned(self.adapter, self.adapter.config["task"], self._home)


@contextmanager
def settings_of(adapter: Adapter) -> Iterator[Mapping[str, Any]]:
    """An adapter's settings; what goes wrong with them inside the block is told as damage to its folder.

    Raises:
        CorruptWeights: One is missing or wrong.
    """
    try:
        yield adapter.settings
    except (KeyError, TypeError, ValueError, OverflowError, CorruptWeights) as error:
        raise CorruptWeights(f"the settings of {adapter.folder} are wrong ({error}): {REPAIR}") from error
