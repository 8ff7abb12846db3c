"""Options that several verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
CollectionName = Annotated[
    str, typer.Option("--collection", "-c", metavar="NAME", help="Which collection.", show_default=True)
]
