from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from apps.cli import main


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which has to be one JSON object and nothing else."""
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value

    @property
    def line(self) -> str:
        """Standard error, which has to be one line."""
        assert self.err.startswith("homespun: ")
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1
        assert "Traceback" not in self.err
        return self.err


@pytest.fixture
def homespun(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The command line in this process."""

    def run(*arguments: str) -> Done:
        capsys.readouterr()
        status = main(arguments)
        seen = capsys.readouterr()
        return Done(status, seen.out, seen.err)

    return run


@pytest.fixture
def scripted(tmp_path: Path) -> Callable[..., str]:
    """Writes a script and gives the address of the model that plays it."""

    def make(*turns: Any) -> str:
        path = tmp_path / f"script{len(list(tmp_path.iterdir()))}.json"
        path.write_text(json.dumps(list(turns)))
        return f"scripted:{path}"

    return make
