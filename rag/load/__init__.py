"""Loaders: what kind of file → ``"module:load"``.

Contract: ``load(name, data) -> Parsed`` reads the bytes of one file; it raises `Unreadable` where it can say
why, and anything else where a library stumbles: `rag.load.parse.parse` is how files are read. Listing imports
no loader. Files are found by `rag.load.sources.find`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from homespun.names import Table

if TYPE_CHECKING:
    from rag.parsed import Parsed

Loader: TypeAlias = "Callable[[str, bytes], Parsed]"

LOADERS: Table[Loader] = Table(
    "kind of file",
    {
        "text": "rag.load.text:load",
        "markdown": "rag.load.markdown:load",
        "html": "rag.load.html:load",
        "pdf": "rag.load.pdf:load",
        "docx": "rag.load.word:load",
        "csv": "rag.load.csv:load",
        "json": "rag.load.json:load",
        "jsonl": "rag.load.jsonl:load",
        "mail": "rag.load.mail:load",
        "code": "rag.load.code:load",
    },
)
