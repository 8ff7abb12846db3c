"""What recipes of adapters on the encoder do alike: prepare rows once, tune, register, say how to use it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from finetune.recipes.recipe import NEEDS_DATA, Context, begin, note, overrides
from homespun.errors import UsageError

if TYPE_CHECKING:
    from finetune.adapting.result import AdaptResult
    from finetune.adapting.rows import Row
    from models.encoders.windows import Layout

Units = Iterable[Sequence["Row"]]


class Prepared(NamedTuple):
    """What an adapter learns from.

    Attributes:
        train: Units for training.
        valid: Those for validation.
        sources: What was read: source → examples.
        labels: Names of the classes, in the order of the head's outputs; none where the task has no classes.
    """

    train: Units
    valid: Units
    sources: dict[str, int]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """One adapter.

    Attributes:
        name: Of the adapter and its task.
        lengths: How texts are laid out: max_length, stride, most_first.
        prepare: (layout, folder of public data, own settings) to what is learnt from.
        use: What is said at the end, a command or Python.
        own: Settings that `prepare` reads, with their defaults.
        settings: Of `AdaptConfig`; the user's overrides win.
    """

    name: str
    lengths: dict[str, int]
    prepare: Callable[[Layout, Path, dict[str, str]], Prepared]
    use: str
    own: dict[str, str]
    settings: dict[str, Any]


def tune(plan: Plan, context: Context) -> AdaptResult:
    """Prepare, tune and register under `<home>/models/minilm/adapters/<name>`.

    Raises:
        UsageError: An unknown setting; no folder of public data; an unfinished run that is neither resumed
            nor given up.
        ModelNotFound: The encoder isn't here.
    """
    from finetune.adapting.config import AdaptConfig
    from finetune.adapting.loop import AdaptTrainer
    from finetune.adapting.rows import write_rows
    from finetune.data.sources import existing
    from models.encoders.places import MINILM
    from models.encoders.trunk import locate, open_trunk
    from models.encoders.windows import Layout
    from models.folders import ADAPTERS

    out = context.home / "runs" / plan.name
    changes = overrides(out, context)
    given = {key: value for key, value in changes.items() if key != "restart"}
    own = {key: given.pop(key, default) for key, default in plan.own.items()}
    config = AdaptConfig(
        **{
            "task": plan.name,
            "rows": str(out / "rows"),
            "out": str(out),
            "adapter_folder": str(context.home / "models" / MINILM / ADAPTERS / plan.name),
            "threads": context.threads,
            "settings": dict(plan.lengths),
            **plan.settings,
        }
    ).with_overrides(given)
    _check(own)
    again = f"homespun train {plan.name} --resume"
    begin(out, plan.name, context, changes)
    say = context.reporter.say
    if not (out / "rows" / "valid" / "meta.json").is_file() and config.rows == str(out / "rows"):
        if context.data is None:
            raise UsageError(f"{plan.name} learns from public data, and {NEEDS_DATA}")
        data = existing(context.data)
        layout = Layout(open_trunk(locate(home=context.home)).tokenizer, **plan.lengths)
        made = plan.prepare(layout, data, own)
        say(f"preparing rows: {', '.join(f'{count:,} of {name}' for name, count in made.sources.items())}")
        meta = {"sources": made.sources} | ({"labels": made.labels} if made.labels else {})
        for part, units in (("train", made.train), ("valid", made.valid)):
            write_rows(out / "rows" / part, units, meta)
    note(out, changes)
    result = AdaptTrainer(config, resume=context.resume, reporter=context.reporter, again=again).run()
    say(f"{result.folder} is ready after {result.hours * 60:.1f} minutes. Use it:")
    say(plan.use)
    return result


def _check(own: Mapping[str, str]) -> None:
    """Refuse a setting of the recipe's own that is no number, before an earlier run is removed."""
    for key, text in own.items():
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not 0 <= number < math.inf:
            raise UsageError(f"{key} takes a number from 0 on, not {text!r}")
