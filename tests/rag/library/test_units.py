"""What is embedded and looked up of a chunk, and what its id depends on."""

from __future__ import annotations

from langchain_core.documents import Document

from rag.chunk.chunker import Chunker
from rag.chunk.tokens import RESERVE, word_tokens
from rag.library.units import indexed, named, of_parsed, path, stem, title_of
from rag.parsed import Block, Parsed


def _parsed(headings: list[str], body: str, title: str = "") -> Parsed:
    text, blocks = "", []
    for level, heading in enumerate(headings, 1):
        blocks.append(Block("heading", len(text), len(text) + len(heading), level))
        text += heading + "\n\n"
    blocks.append(Block("paragraph", len(text), len(text) + len(body)))
    return Parsed(text + body, "text/markdown", title, tuple(blocks))


def test_title_and_headings_stand_before_the_text_each_once() -> None:
    body = "The pump runs at night. " * 60
    chunks = of_parsed("/a/pump.md", _parsed(["Manual", "Pump"], body), Chunker(word_tokens))
    assert path(chunks[-1].metadata) == "Manual > Pump"
    assert indexed(chunks[-1]) == f"Manual > Pump\n{chunks[-1].page_content}"


def test_a_long_path_is_cut_and_the_whole_one_kept_to_be_shown() -> None:
    long = " ".join(f"word{number}" for number in range(60))
    chunks = of_parsed("/a/b.md", _parsed(["Manual", long, "Pump"], "It runs. " * 200), Chunker(word_tokens))
    before = indexed(chunks[-1]).partition("\n")[0]
    assert len(word_tokens(before)) <= RESERVE
    assert before.endswith("Pump")
    assert long in chunks[-1].metadata["section"]


def test_what_a_source_is_called() -> None:
    assert title_of("/a/b-c.md", _parsed([], "Text.", "Stated")) == "Stated"
    assert title_of("/a/b-c.md", _parsed(["Heading"], "Text.")) == "Heading"
    assert title_of("/a/b-c_d.md", _parsed([], "Text.")) == "b c d"
    assert stem("/x/old.zip!/deep/my_notes.txt") == "my notes"


def test_an_id_depends_on_source_and_text_and_tells_equals_apart() -> None:
    def ids(source: str, *texts: str, **metadata: str) -> list[str | None]:
        return [one.id for one in named(source, [Document(page_content=t, metadata=metadata) for t in texts])]

    assert ids("a", "x", "y")[1:] == ids("a", "z", "y")[1:]
    assert ids("a", "x") != ids("b", "x")
    assert ids("a", "x", title="T") != ids("a", "x", title="U")
    assert len(set(ids("a", "x", "x", "x"))) == 3
    assert ids("a", "x", page="1") == ids("a", "x", page="2")
