"""Embeddings of texts by an encoder on this machine, as LangChain's `Embeddings`.

Equal to sentence-transformers within 1e-5. Texts are put into batches of like length; a text's vector may
differ by rounding (about 1e-7) with its neighbours in the batch, and not at all with `batch_tokens=1`. What
goes beyond the encoder's length (`minilm`: 256 tokens) is cut off. An empty text has a vector too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

from homespun.errors import ModelNotFound, UsageError
from models.encoders.batching import batches
from models.encoders.passes import Way, check_way, quickest_to_embed
from models.encoders.trunk import Source, locate, open_trunk

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

# Larger passes are hardly quicker by the token, and take memory.
BATCH_TOKENS = 1024
# The quickest that is exact: measured by `homespun bench embed`.
WAY: Way = "fused"
_PROVIDER = re.compile(r"[a-z][a-z0-9_-]+:.+")


class LocalEmbeddings(Embeddings):
    """Vectors of texts by a local encoder; weights are loaded at the first text and shared.

    Example:
        ```python
        LocalEmbeddings().embed_query("Hello")  # 384 floats
        ```

    Raises:
        ModelNotFound: When made with an address that leads nowhere.
        UsageError: When made with a model that isn't supported.
        CorruptWeights: At the first text, where a file is damaged.
    """

    def __init__(
        self,
        model: str = "minilm",
        *,
        home: Path | None = None,
        threads: int | None = None,
        batch_tokens: int = BATCH_TOKENS,
        way: Way | None = WAY,
    ) -> None:
        """Find the encoder.

        Args:
            model: `minilm`, a folder's name or path, or `hf:<org/name>`.
            home: The state folder whose `models/` is searched; by default the one in the settings.
            threads: Processor threads of one pass; None leaves torch's setting.
            batch_tokens: Tokens of one pass, padding included; a longer text goes alone.
            way: How the encoder is run: "eager", "fused", "bfloat16" or "int8". Only the first two keep the
                promise of 1e-5; see `models.encoders.passes`. None takes the quickest that this processor
                has: in 8 bits cosines with the exact vectors are 0.998 on average; the least seen
                is 0.99, of an empty text.
        """
        if threads is not None and threads < 1:
            raise UsageError(f"threads must be 1 or more, not {threads}")
        if batch_tokens < 1:
            raise UsageError(f"batch_tokens must be 1 or more, not {batch_tokens}")
        if way is not None:
            check_way(way)
        self.model, self.threads, self.batch_tokens = model, threads, batch_tokens
        self.way: Way | None = way
        self.source: Source = locate(model, home)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text, as Python floats."""
        rows: list[list[float]] = self.embed(texts).tolist()
        return rows

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text."""
        return self.embed_documents([text])[0]

    def embed(self, texts: Sequence[str]) -> NDArray[float32]:
        """The vectors of texts, [n, width], float32: for callers that compute on."""
        import numpy as np

        trunk = open_trunk(self.source)
        way = self.way or quickest_to_embed()
        encoded = trunk.encode(texts)
        found = np.zeros((len(encoded), trunk.net.config.hidden_size), dtype=np.float32)
        for places in batches([len(row) for row in encoded], self.batch_tokens):
            rows = [encoded[place] for place in places]
            states = trunk.flat(rows, self.threads, way=way).numpy()
            ends = np.cumsum([len(row) for row in rows])
            for place, end in zip(places, ends, strict=True):
                row = states[end - len(encoded[place]) : end]
                found[place] = row[0] if self.source.pooling == "cls" else row.mean(0)
        if self.source.normalize:
            found /= np.linalg.norm(found, axis=1, keepdims=True).clip(1e-12)
        return found


def load(name: str, home: Path | None = None, threads: int | None = None) -> Embeddings:
    """Make the embeddings that an address leads to; see `models.encoders.load_embeddings`."""
    if not name.strip():
        raise UsageError("the encoder's name is empty: give one, such as minilm")
    if name.startswith("hf:") or not _PROVIDER.fullmatch(name) or (Path(name) / "config.json").is_file():
        return LocalEmbeddings(name, home=home, threads=threads)
    from langchain.embeddings import init_embeddings

    try:
        return init_embeddings(name)
    except ImportError as error:
        raise ModelNotFound(f"{name} needs a package that is not installed: {error}") from error
    except ValueError as error:
        raise ModelNotFound(f"{name} leads nowhere: {error}") from error
