"""A process that indexes a folder, says how far it is, and may be killed: LIBRARY FOLDER [DELAY]."""

# ruff: noqa: T201

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hashed import HashedWords

from rag import Library
from rag.library.report import Progress


class Slow(HashedWords):
    """Takes its time, so that there are moments to be killed at."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        time.sleep(DELAY)
        return super().embed_documents(texts)


ROOT, FOLDER = sys.argv[1], sys.argv[2]
DELAY = float(sys.argv[3]) if len(sys.argv) > 3 else 0.0


def told(progress: Progress) -> None:
    print(progress.stage, flush=True)


library = Library(ROOT, encoder=Slow())
print("ready", flush=True)
report = library.collection().index([FOLDER], told)
print(f"done {report.chunks}", flush=True)
library.close()
