"""A process that uses a store and says what it does: FOLDER WAY [ARGUMENT …].

``add PREFIX STEPS SIZE``: adds SIZE rows STEPS times, all of one text, and says "done N" after each.
``seen``: for each line that it's given says how many rows there are and which is nearest to (1, 0, 0, 0).
"""

# ruff: noqa: T201

from __future__ import annotations

import sys

import numpy as np
from langchain_core.documents import Document

from rag.stores.faiss import FaissStore

folder, way, *arguments = sys.argv[1:]
with FaissStore(folder) as store:
    print("ready", flush=True)
    if way == "add":
        prefix, steps, size = arguments[0], int(arguments[1]), int(arguments[2])
        for step in range(steps):
            ids = [f"{prefix}-{step}-{number}" for number in range(size)]
            vectors = np.random.default_rng(step).standard_normal((size, 4)).astype(np.float32)
            store.add_vectors([Document(page_content=f"{prefix} {step}")] * size, vectors, ids)
            print(f"done {step}", flush=True)
    else:
        for _ in sys.stdin:
            (best, _), *_ = [*store.nearest([1, 0, 0, 0], 1), ("", 0.0)]
            print(f"{len(store.ids())} {best}", flush=True)
