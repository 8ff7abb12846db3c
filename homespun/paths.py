"""Where state lives: the folder HOMESPUN_HOME and what is in it.

Contract: names only. Nothing is made until `ensure` is called, and nothing is ever written elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from homespun.errors import HomespunError
from homespun.files import no_space_is_clear


@dataclass(frozen=True)
class Home:
    """The user's folder.

    Attributes:
        root: the folder itself, HOMESPUN_HOME.
    """

    root: Path

    @property
    def models(self) -> Path:
        """The user's own models, one folder each; searched before the shipped ones."""
        return self.root / "models"

    @property
    def runs(self) -> Path:
        """Training runs: checkpoints and metrics, one folder each."""
        return self.root / "runs"

    @property
    def evals(self) -> Path:
        """Evaluations: one folder each, the answers that are kept, and the threads they were given in."""
        return self.runs / "evals"

    @property
    def state(self) -> Path:
        """The SQLite file that keeps every conversation."""
        return self.root / "state.sqlite"

    @property
    def library(self) -> Path:
        """Collections of documents, by owner, and what was embedded for them."""
        return self.root / "library"

    @property
    def history(self) -> Path:
        """What was typed in `homespun chat`, for the arrow keys."""
        return self.root / "history.txt"

    @property
    def recorded(self) -> Path:
        """Turns of the user's own conversations, kept as samples for `homespun eval recorded`."""
        return self.root / "recorded.jsonl"

    @property
    def users(self) -> Path:
        """Who may log in to `homespun ui --auth`, with hashed passwords."""
        return self.root / "users.toml"

    def ensure(self) -> Home:
        """Makes the folders that are missing and returns self.

        Raises:
            HomespunError: if they can't be made.
        """
        try:
            with no_space_is_clear(self.root):
                self.models.mkdir(parents=True, exist_ok=True)
                self.runs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HomespunError(
                f"Can't make {self.root}: {error.strerror}. Set HOMESPUN_HOME to a folder you may write."
            ) from error
        return self
