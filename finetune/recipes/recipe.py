"""What a recipe is, what it is given, and what all recipes do alike. Imports no torch."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from finetune.config import TrainConfig
from finetune.progress import Reporter
from homespun.errors import UsageError
from homespun.files import atomic_write
from homespun.names import unknown
from models.nets.decoder_config import DecoderConfig

if TYPE_CHECKING:
    from finetune.data.cleaning.decontaminate import Apart
    from finetune.data.documents import Document
    from finetune.loop import Result
    from finetune.preview import Preview


class Outcome(Protocol):
    """What a recipe gives: where its result lies, and figures of the run."""

    @property
    def folder(self) -> Path:
        """The model's or adapter's folder."""

    def figures(self) -> dict[str, Any]:
        """Plain values for `homespun train --json`."""


@dataclass(frozen=True)
class Context:
    """What a recipe is given.

    Attributes:
        home: HOMESPUN_HOME: runs go to `runs/<name>`, the model to `models/<name>`.
        data: Folder of public data sets, or None.
        overrides: `--set key=value`s, as strings: settings of `TrainConfig`, and what the recipe adds.
        resume: Continue an unfinished run.
        threads: Of torch; None leaves its default.
        reporter: Where progress and samples go.
        evaluations: Gives the texts that training mustn't see: suite → texts; None compares with none.
    """

    home: Path
    data: Path | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    resume: bool = False
    threads: int | None = None
    reporter: Reporter = field(default_factory=Reporter)
    evaluations: Callable[[], Mapping[str, Iterable[str]]] | None = None


@dataclass(frozen=True)
class Recipe:
    """A row of the table: a line that says what it makes, and the way there.

    Attributes:
        description: The line.
        run: The way.
        preview: Gives (about) so many documents of each kind that `run` would learn from, without training;
            None where there's no such thing.
    """

    description: str
    run: Callable[[Context], Outcome]
    preview: Callable[[Context, int], Preview] | None = None


_OVERRIDES = "overrides.json"
_WEIGHT = "weights."
NEEDS_DATA = (
    "no public data is named: set HOMESPUN_DATA to a folder of it (docs/training.md says which files)"
)


def overrides(out: Path, context: Context) -> dict[str, str]:
    """What is set: by this command, and where it goes on with a run, by those that were given for it before.

    Raises:
        UsageError: The file of the latter can't be read.
    """
    path = out / _OVERRIDES
    if not context.resume or not path.is_file():
        return dict(context.overrides)
    try:
        return {**json.loads(path.read_text(encoding="utf-8")), **context.overrides}
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{path} can't be read ({error}); delete it and say all settings again") from error


def begin(out: Path, name: str, context: Context, changes: dict[str, str]) -> None:
    """Remove what an ended run left, unless it's to be gone on with.

    Args:
        out: Folder of the run.
        name: Of the recipe.
        context: What the recipe was given.
        changes: From `overrides`; with "restart" set to "true", an unfinished run is given up.

    Raises:
        UsageError: A run is unfinished and neither resumed nor given up.
    """
    unfinished = any(out.glob("step-*.pt")) and not (out / "result.json").exists()
    if unfinished and not context.resume and changes.get("restart", "").lower() not in ("true", "1", "yes"):
        raise UsageError(
            f"there is an unfinished run of {name}; continue it with `homespun train {name} --resume`, "
            f"or give it up with `homespun train {name} --set restart=true`"
        )
    if not context.resume:
        shutil.rmtree(out, ignore_errors=True)


def note(out: Path, changes: Mapping[str, str]) -> None:
    """Keep what is set in the folder of a run, for `overrides` to find.

    Raises:
        OutOfSpace: The disk is full.
    """
    out.mkdir(parents=True, exist_ok=True)
    kept = {key: value for key, value in changes.items() if key != "restart"}
    atomic_write(out / _OVERRIDES, json.dumps(kept, indent=2) + "\n")


@dataclass(frozen=True)
class Kitchen:
    """One recipe at work: its folders, and its own settings split from those of the training loop."""

    name: str
    context: Context
    own: dict[str, str]
    train: dict[str, str]

    @classmethod
    def open(
        cls, name: str, context: Context, own: tuple[str, ...] = (), kinds: Iterable[str] = ()
    ) -> Kitchen:
        """Split the overrides and see that no unfinished run is lost.

        Args:
            name: Of the recipe, its run and its model.
            context: What the recipe was given.
            own: Settings that the recipe itself reads; `restart` is always one.
            kinds: Of documents; `weights.<kind>` then is a factor of what `number` gives for a kind, and
                `apart` names evaluation texts (`clean`).

        Raises:
            UsageError: An unknown setting, a weight that's none, evaluation texts that aren't there, or an
                unfinished run that is neither resumed nor given up.
        """
        kinds = tuple(kinds)
        changes = overrides(context.home / "runs" / name, context)
        own = (*own, *kinds, "restart", *(["apart"] if kinds else []))
        weights = {key for key in changes if kinds and key.startswith(_WEIGHT)}
        mine = {key: value for key, value in changes.items() if key in own or key in weights}
        theirs = {key: value for key, value in changes.items() if key not in mine}
        # A mistyped setting is told before minutes of preparation.
        changed = TrainConfig().with_overrides(theirs)
        for key in changed.model:
            if key not in (known := [field.name for field in fields(DecoderConfig)]):
                raise UsageError(unknown("setting of the model", key, known))
        for key in changed.lora:
            from models.blocks.lora import LoRAConfig

            if key not in (known := [field.name for field in fields(LoRAConfig)]):
                raise UsageError(unknown("setting of the adapter", key, known))
        kitchen = cls(name, context, mine, theirs)
        for key in sorted(weights):
            if (kind := key.removeprefix(_WEIGHT)) not in kinds:
                raise UsageError(unknown("kind of document", kind, kinds))
            kitchen.weight(kind)
        for path in kitchen.apart:
            if not path.exists():
                raise UsageError(f"there are no evaluation texts in {path}, which apart names")
        begin(kitchen.out, name, context, changes)
        return kitchen

    @property
    def out(self) -> Path:
        """Folder of the run."""
        return self.context.home / "runs" / self.name

    @property
    def tokens(self) -> Path:
        """Folder of the run's prepared tokens."""
        return self.out / "tokens"

    @property
    def prepared(self) -> bool:
        """Whether the tokens are there already (a resumed run)."""
        return (self.tokens / "meta.json").is_file()

    def number(self, key: str, default: int) -> int:
        """A whole number among the recipe's own settings, times the weight of that kind.

        It's 0 only where the weight is.

        Raises:
            UsageError: It is none.
        """
        text = self.own.get(key, str(default))
        try:
            value = int(float(text))
        except (ValueError, OverflowError):
            value = 0
        if value < 1:
            raise UsageError(f"{key} takes a whole number above 0, not {text!r}")
        weight = self.weight(key)
        return max(1, round(value * weight)) if weight else 0

    def weight(self, kind: str) -> float:
        """The factor `weights.<kind>`; 1 where it isn't set.

        Raises:
            UsageError: It's no number from 0 on.
        """
        text = self.own.get(f"{_WEIGHT}{kind}", "1")
        try:
            weight = float(text)
        except ValueError:
            weight = -1.0
        if not (weight >= 0 and math.isfinite(weight)):
            raise UsageError(f"{_WEIGHT}{kind} takes a number from 0 on, not {text!r}")
        return weight

    @property
    def apart(self) -> list[Path]:
        """Files and folders of evaluation texts that the setting `apart` names, with commas between them."""
        return [
            Path(part.strip()).expanduser() for part in self.own.get("apart", "").split(",") if part.strip()
        ]

    def evaluation(self) -> Apart | None:
        """Read what training mustn't see: what suites ask, and what the setting `apart` names.

        Returns:
            The texts by suite and by path, or None where there are none to be kept out.

        Raises:
            UsageError: Some can't be read.
        """
        from finetune.data.cleaning.decontaminate import Apart, read_texts

        evaluations = self.context.evaluations
        texts = dict(evaluations() if evaluations is not None else {})
        # By whole paths, since a folder may well be named like a suite.
        texts |= {str(path.resolve()): read_texts(path) for path in self.apart}
        return Apart(texts) if texts else None

    def clean(
        self, documents: Mapping[str, Sequence[Document]], apart: Apart | None
    ) -> tuple[dict[str, list[Document]], dict[str, Any]]:
        """Drop duplicates and what shares words with evaluation texts, and say so.

        Args:
            documents: Kind → documents.
            apart: From `evaluation`, which is best asked before documents are made.

        Returns:
            Those that stay, and what `finetune.data.cleaning.clean` tells of those that don't.
        """
        from finetune.data.cleaning.clean import clean

        return clean(documents, apart, report=self.context.reporter.say)

    def work(
        self, openers: tuple[str, ...], chat: bool = True, address: str | None = None, **settings: Any
    ) -> Result:
        """Train, show a sample, and say how to use the result.

        Args:
            openers: Prompts of the sample.
            chat: Whether they are a user's messages, not beginnings of a text.
            address: By which the result is used; by default the recipe's name.
            **settings: Of `TrainConfig`; the user's overrides win.
        """
        from finetune.loop import Trainer
        from finetune.sample import sample

        folder = self.context.home / "models" / self.name
        base = TrainConfig(
            **{
                "tokens": str(self.tokens),
                "out": str(self.out),
                "name": self.name,
                "model_folder": str(folder),
                "threads": self.context.threads,
                **settings,
            }
        )
        config = base.with_overrides(self.train)
        note(self.out, {**self.own, **self.train})
        say = self.context.reporter.say
        trainer = Trainer(
            config,
            resume=self.context.resume,
            reporter=self.context.reporter,
            again=f"homespun train {self.name} --resume",
        )
        result = trainer.run()
        address = address or self.name
        for opener in openers:
            words = sample(trainer.net, trainer.folder.tokenizer_json, opener, chat=chat, temperature=0.3)
            say(f"  you: {opener}\n  {address}: {words}" if chat else f"  {opener}{words}")
        say(f"{result.folder} is ready after {result.hours * 60:.1f} minutes. Use it:")
        say(f'homespun chat --model {address} "{openers[0] if chat else "Hello"}"')
        return result
