"""`homespun search`: what the library finds for a question, and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.cli.options import AsJson, CollectionName
from apps.cli.output import complain, emit, printable
from homespun.errors import UsageError
from rag.library import DEFAULT

if TYPE_CHECKING:
    from langchain_core.documents import Document

LENGTH = 300
"""Characters of a chunk that are shown."""


def search(
    query: Annotated[str, typer.Argument(help="What is looked for, as a question or in a few words.")],
    collection: CollectionName = DEFAULT,
    count: Annotated[int, typer.Option("--count", "-k", min=1, max=1000, help="How many.")] = 5,
    way: Annotated[str, typer.Option("--by", help="hybrid, bm25, dense, rrf or mmr.")] = "hybrid",
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="Only chunks whose metadata say so: source, title, page, …; or a filter as JSON.",
        ),
    ] = None,
    least: Annotated[
        float | None, typer.Option(min=-1, max=1, help="Leave out what has a cosine below this.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show each arm's score and rank.")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="Show whole chunks.")] = False,
    as_json: AsJson = False,
) -> int:
    """Search the library: `homespun search "When is the rent due?" --explain`."""
    from apps import compose
    from homespun.settings import load_settings
    from rag.retrieve.threshold import ThresholdRetriever

    if not query.strip():
        raise UsageError("Say what to look for.")
    with compose.open_library(load_settings()) as library:
        chosen = library.collection(collection, make=False)
        retriever = chosen.retriever(way)
        if least is not None:
            if way == "bm25":
                raise UsageError("--least is about cosines, and bm25 gives none.")
            retriever = ThresholdRetriever(base=retriever, by="dense", least=least)
        found = retriever.invoke(query, k=count, filter=_filter(where or []))
    if as_json:
        emit({"query": query, "collection": chosen.name, "by": way, "found": [_plain(one) for one in found]})
        return 0
    if not found:
        complain("nothing found")
    for place, document in enumerate(found, 1):
        print(printable(f"{place}. {where_is(document)}"))
        if explain:
            print(f"   {why(document)}")
        text = " ".join(document.page_content.split())
        if not whole and len(text) > LENGTH:
            text = text[: LENGTH - 1] + "…"
        print(printable(f"   {text}\n"))
    return 0


def where_is(document: Document) -> str:
    """Returns where a chunk stands, in words."""
    from rag.library.units import path

    told = document.metadata
    parts = [told["source"]]
    if "page" in told:
        parts.append(f"page {told['page']}")
    parts.append(
        f"characters {told.get('source_start', told['start'])}–{told.get('source_end', told['end'])}"
    )
    place = path(told)
    return ", ".join(str(part) for part in parts) + (f" ({place})" if place else "")


def why(document: Document) -> str:
    """Returns each arm's score and rank, in words."""
    scores, ranks = document.metadata["scores"], document.metadata["ranks"]
    return "; ".join(
        f"{name} {score:.3f}" + (f" (rank {ranks[name]})" if name in ranks else " (not found by it)")
        for name, score in scores.items()
    )


def _filter(where: list[str]) -> dict[str, Any] | None:
    from rag.load.sources import absolute

    parts: list[dict[str, Any]] = []
    for condition in where:
        if condition.lstrip().startswith("{"):
            try:
                parts.append(json.loads(condition))
            except ValueError as error:
                raise UsageError(f"--where {condition!r} isn't JSON: {error}.") from error
            continue
        key, equals, value = condition.partition("=")
        if not equals or not key:
            raise UsageError(f"--where takes KEY=VALUE, or a filter as JSON, not {condition!r}.")
        # A source may be named by its path from here.
        also = [absolute(value)] if key == "source" else _numbers(value)
        parts.append({key: {"$in": [value, *also]}})
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {"$and": parts}


def _numbers(text: str) -> list[int | float | bool]:
    """What else than itself a text on the command line may mean: 3 the number, true the truth."""
    try:
        value = json.loads(text)
    except ValueError:
        return []
    return [value] if isinstance(value, (int, float)) and abs(value) < 2**63 else []


def _plain(document: Document) -> dict[str, Any]:
    return {"id": document.id, "text": document.page_content, **document.metadata}
