"""The pages in a process of their own, as `homespun ui` serves them, while something is measured."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from homespun.errors import HomespunError
from homespun.settings import PREFIX, Settings

_ADDRESS = re.compile(r"http://\S+")
_ROOT = Path(__file__).parents[2]


@contextmanager
def served(settings: Settings, folder: Path) -> Iterator[str]:
    """Serves the pages on a free port and gives their address.

    Args:
        settings: whose home, database, model, threads and memory the process gets.
        folder: where it may write what is of no use afterwards.

    Raises:
        HomespunError: if the process ends before it listens; the line says what it said last.
    """
    wanted = ("home", "database", "threads", "memory")
    chosen = {name: getattr(settings, name) for name in wanted}
    environment = {
        **os.environ,
        **{f"{PREFIX}{name.upper()}": str(value) for name, value in chosen.items() if value is not None},
        "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))),
        "GRADIO_TEMP_DIR": str(folder / "gradio"),
    }
    # -P: what lies in the working folder, where a model's path may begin, isn't imported.
    command = [sys.executable, "-P", "-m", "apps", "ui", "--host", "127.0.0.1", "--port", "0"]
    told = folder / "told"
    with (
        told.open("wb") as errors,
        subprocess.Popen(
            [*command, "--model", settings.model],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            found = _ADDRESS.search(process.stdout.readline())
            if found is None:
                said = told.read_text(encoding="utf-8", errors="replace").strip().splitlines()
                raise HomespunError(f"the pages can't be served: {said[-1] if said else 'nothing was said'}")
            yield found[0]
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
