"""From what was read to what is indexed: chunks as LangChain documents, each with an id of its own.

Contract: an id depends on the source's name and on what is embedded, and on nothing else, so a chunk that is
as it was keeps its id wherever in its source it stands.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from langchain_core.documents import Document

from homespun.errors import UsageError
from rag.chunk.chunker import Chunker
from rag.chunk.titles import BETWEEN, title_path
from rag.parsed import Parsed
from rag.stores.filters import check_scalar, check_text

RESERVED = frozenset({"scores", "ranks", "path", "start", "end", "position", "source_start", "source_end"})
"""Keys of metadata that are made here."""


def of_parsed(name: str, parsed: Parsed, chunker: Chunker) -> list[Document]:
    """Cuts a source up.

    Args:
        name: of the source.
        parsed: what it says.
        chunker: how it's cut.

    Returns:
        Chunks in order, with ids; their metadata are plain values: source, title, section, page (where there
        are pages), start, end, source_start, source_end, media and position.
    """
    title = title_of(name, parsed)
    cut: dict[tuple[str, ...], str] = {}
    chunks = []
    for chunk in chunker.chunk(parsed):
        parts = tuple(dict.fromkeys(part for part in (title, *chunk.section) if part))
        if chunk.section not in cut:
            cut[chunk.section] = title_path(parts[0], parts[1:], chunker.tokens) if parts else ""
        metadata: dict[str, Any] = {
            "source": name,
            "title": title,
            "section": BETWEEN.join(chunk.section),
            "start": chunk.start,
            "end": chunk.end,
            "source_start": chunk.source_start,
            "source_end": chunk.source_end,
            "media": parsed.media,
            "position": chunk.position,
        }
        if chunk.page is not None:
            metadata["page"] = chunk.page
        if cut[chunk.section] != path(metadata):
            metadata["path"] = cut[chunk.section]
        chunks.append(Document(page_content=chunk.text, metadata=metadata))
    return named(name, chunks)


def of_document(name: str, given: Document) -> list[Document]:
    """Takes a document as it is, as one chunk. Metadata of None say nothing and aren't kept.

    Raises:
        UsageError: its text or metadata hold what can't be kept, or a name that means something here.
    """
    check_text(name, "The document's name")
    check_text(given.page_content, f"The text of {name}")
    metadata: dict[str, Any] = {"title": "", "section": ""}
    for key, value in given.metadata.items():
        if key in RESERVED:
            raise UsageError(f"The metadata of {name} can't be kept: {key} means something else here.")
        if value is not None:
            metadata[key] = check_scalar(value, f"The metadata {key} of {name}")
    spans = {"start": 0, "end": len(given.page_content), "position": 0}
    return named(
        name, [Document(page_content=given.page_content, metadata={**metadata, **spans, "source": name})]
    )


def named(name: str, chunks: Iterable[Document]) -> list[Document]:
    """Gives each chunk of a source its id; of equal ones each its own."""
    seen: Counter[str] = Counter()
    found = []
    for chunk in chunks:
        said = indexed(chunk)
        raw = "\0".join((name, said, str(seen[said])))
        seen[said] += 1
        one = hashlib.sha256(raw.encode(errors="surrogatepass")).hexdigest()[:32]
        found.append(Document(id=one, page_content=chunk.page_content, metadata=chunk.metadata))
    return found


def indexed(chunk: Document) -> str:
    """Returns what is embedded and looked up by words: where it stands, and what it says."""
    # A long path is kept cut, so that it doesn't push the text out of what the encoder reads.
    place = chunk.metadata.get("path", path(chunk.metadata))
    return f"{place}\n{chunk.page_content}" if place else chunk.page_content


def path(metadata: Mapping[str, Any]) -> str:
    """Returns title and headings above a chunk, each once: ``Guide > Setting up > Ports``."""
    title, section = str(metadata.get("title", "")), str(metadata.get("section", ""))
    parts: Sequence[str] = [part for part in (title, *section.split(BETWEEN)) if part]
    return BETWEEN.join(dict.fromkeys(parts))


def title_of(name: str, parsed: Parsed) -> str:
    """Returns what a source calls itself, by its statement or its first heading, or else its file's name."""
    if parsed.title:
        return parsed.title
    if parsed.blocks and parsed.blocks[0].kind == "heading":
        return parsed.heading(parsed.blocks[0])
    return stem(name)


def stem(name: str) -> str:
    """Returns a title for a file that has none: its name without ending, in words."""
    return " ".join(
        PurePosixPath(name.rpartition("!/")[2] or name).stem.replace("_", " ").replace("-", " ").split()
    )
