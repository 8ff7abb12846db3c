"""Options that several verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
CollectionName = Annotated[
    str | None,
    typer.Option(
        "--collection", "-c", metavar="NAME", help="Which collection; by default the one called default."
    ),
]
