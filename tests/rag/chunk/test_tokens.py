from __future__ import annotations

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from models.encoders.embed import LocalEmbeddings
from models.encoders.trunk import open_trunk
from rag.chunk.chunker import Chunker
from rag.chunk.titles import title_path
from rag.chunk.tokens import RESERVE, SIZE, Ruler, encoder_size, encoder_tokens, word_tokens
from rag.parsed import Parsed


def test_a_long_text_is_counted_whole_and_the_encoder_still_cuts_it_off() -> None:
    embeddings = LocalEmbeddings()
    text = "The mill stands by the river.\n" * 3000
    starts = encoder_tokens(embeddings)(text)
    assert len(starts) == 7 * 3000
    assert starts == sorted(starts)
    assert [text[start : start + 4] for start in starts[7 * 2900 : 7 * 2900 + 2]] == ["The ", "mill"]
    assert len(open_trunk(embeddings.source).encode([text])[0]) == 256


def test_a_word_the_encoder_gives_up_is_counted_by_its_length() -> None:
    tokens = encoder_tokens(LocalEmbeddings())
    assert len(tokens("x" * 4000)) == 1000
    chunks = Chunker(tokens).chunk(Parsed("x" * 4000, "text/plain"))
    assert max(len(chunk.text) for chunk in chunks) <= 4 * SIZE
    assert "".join(chunk.text for chunk in chunks) == "x" * 4000


def test_a_chunk_and_its_title_path_are_read_whole_by_the_encoder() -> None:
    embeddings = LocalEmbeddings()
    tokens, size = encoder_tokens(embeddings), encoder_size(embeddings, 500)
    assert size == 256 - 2 - RESERVE
    text = " ".join(f"Supercalifragilistic mills number {place} in Tarnværk." for place in range(300))
    for chunk in Chunker(tokens, size).chunk(Parsed(text, "text/plain")):
        lead = title_path("A very long title " * 9, ["Of mills " * 9, "Of weirs " * 9], tokens)
        assert len(tokens(f"{lead}\n{chunk.text}")) <= 256 - 2


def test_other_encoders_are_counted_by_words_and_marks() -> None:
    embeddings = DeterministicFakeEmbedding(size=4)
    assert encoder_size(embeddings) == SIZE
    assert encoder_tokens(embeddings) is word_tokens
    assert word_tokens("The mill, 水車!") == [0, 4, 8, 10, 11, 12]


def test_a_ruler_counts_tokens_by_where_they_begin() -> None:
    ruler = Ruler([0, 4, 9])
    assert [ruler.count(0, 9), ruler.count(1, 10), ruler.count(4, 4)] == [2, 2, 0]
    assert (ruler.reach(0, 2), ruler.reach(0, 3), ruler.back(10, 2), ruler.back(4, 3)) == (9, None, 4, 0)
    assert ruler.between(1, 9) == [4]


@pytest.mark.parametrize(
    ("limit", "path"),
    [
        (40, "Handbook of mills > Water > Wheels > Overshot wheels"),
        (8, "Handbook of mills > Overshot wheels"),
        (5, "Overshot wheels"),
        (1, "Oversh"),
        (2, "Overshot"),
    ],
)
def test_what_is_too_long_for_a_title_path_goes_from_the_middle(limit: int, path: str) -> None:
    section = ["Water", " Wheels\n", "Overshot wheels"]
    found = title_path("Handbook of  mills", section, word_tokens, limit)
    assert len(word_tokens(found)) <= limit
    assert found == path


def test_nothing_above_gives_no_title_path() -> None:
    assert title_path("", [], word_tokens) == ""
