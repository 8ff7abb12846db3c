from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homespun.errors import UsageError
from homespun.text.sentences import split
from rag.chunk.chunk import Chunk
from rag.chunk.chunker import Chunker
from rag.chunk.tokens import Ruler, word_tokens
from rag.parsed import Block, Kind, Origin, Page, Parsed, Run

Piece = tuple[Kind, str, int]
SMALL = Chunker(word_tokens, size=32, overlap=10)


def parsed(pieces: Sequence[Piece], title: str = "", between: str = "\n\n") -> Parsed:
    text, blocks = "", []
    for kind, words, level in pieces:
        blocks.append(Block(kind, len(text), len(text) + len(words), level))
        text += words + between
    return Parsed(text, "text/plain", title=title, blocks=tuple(blocks))


def texts(chunks: Sequence[Chunk]) -> list[str]:
    return [chunk.text for chunk in chunks]


WORDS = st.sampled_from(
    ["mill", "river", "a", "of", "Tarn", "weir", "水車", "grain", "x" * 40, "42", "e\u0301t", "—", "😀"]
)
SENTENCE = st.lists(WORDS, min_size=1, max_size=18).map(lambda words: f"The {' '.join(words)}.")
PARAGRAPH = st.lists(SENTENCE, min_size=1, max_size=5).map(" ".join)
CODE = st.lists(st.lists(WORDS, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=8).map("\n".join)
BODY: st.SearchStrategy[Piece] = st.one_of(
    st.tuples(st.just("paragraph"), PARAGRAPH, st.just(0)),
    st.tuples(st.just("paragraph"), WORDS.map(lambda word: f"Of {word}:"), st.just(0)),
    st.tuples(st.just("item"), PARAGRAPH, st.just(0)),
    st.tuples(st.just("code"), CODE, st.just(0)),
    st.tuples(st.just("row"), SENTENCE, st.just(0)),
)
HEADING: st.SearchStrategy[Piece] = st.tuples(
    st.just("heading"), st.sampled_from(["Mills", "On rivers", "Weirs"]), st.integers(1, 3)
)
SECTION = st.tuples(st.lists(HEADING, max_size=3), st.lists(BODY, min_size=1, max_size=5))
PIECES = st.tuples(st.lists(SECTION, max_size=6), st.lists(HEADING, max_size=1)).map(
    lambda drawn: [piece for lead, body in drawn[0] for piece in (*lead, *body)] + drawn[1]
)
SEVERAL = settings(max_examples=50, deadline=None)


@SEVERAL
@given(PIECES)
def test_chunks_are_slices_in_order_that_cover_the_text_within_the_size(pieces: list[Piece]) -> None:
    file = parsed(pieces)
    chunks = SMALL.chunk(file)
    ruler = Ruler(word_tokens(file.text))
    covered: set[int] = set()
    for position, chunk in enumerate(chunks):
        assert chunk.text == file.text[chunk.start : chunk.end]
        assert chunk.text == chunk.text.strip()
        assert chunk.position == position
        assert ruler.count(chunk.start, chunk.end) <= SMALL.size
        covered.update(range(chunk.start, chunk.end))
    for one, other in pairwise(chunks):
        assert one.start < other.start
        assert one.end < other.end
    assert all(place in covered for place, char in enumerate(file.text) if not char.isspace())
    assert SMALL.chunk(parsed(pieces)) == chunks


@SEVERAL
@given(PIECES)
def test_a_chunk_ends_with_a_heading_only_where_nothing_follows_it(pieces: list[Piece]) -> None:
    file = parsed(pieces)
    for chunk in SMALL.chunk(file):
        for block in file.blocks[:-1]:
            assert block.kind != "heading" or block.end != chunk.end


@SEVERAL
@given(PIECES)
def test_code_and_rows_that_fit_are_never_cut_nor_repeated(pieces: list[Piece]) -> None:
    file = parsed(pieces)
    ruler = Ruler(word_tokens(file.text))
    chunks = SMALL.chunk(file)
    lead = 0
    for block in file.blocks:
        tokens = ruler.count(block.start, block.end)
        if block.kind in {"code", "row"} and lead + tokens <= SMALL.size:
            touched = [chunk for chunk in chunks if chunk.start < block.end and chunk.end > block.start]
            assert len(touched) == 1
            assert touched[0].start <= block.start < block.end <= touched[0].end
        lead = lead + tokens if block.kind == "heading" else 0


@SEVERAL
@given(PIECES)
def test_what_is_repeated_are_whole_last_sentences_within_the_overlap(pieces: list[Piece]) -> None:
    file = parsed(pieces)
    ruler = Ruler(word_tokens(file.text))
    for one, other in pairwise(SMALL.chunk(file)):
        if other.start < one.end:
            assert one.section == other.section
            assert ruler.count(other.start, one.end) <= SMALL.overlap
            before = [block.kind for block in file.blocks if block.start < one.end][-1]
            after = next(block.kind for block in file.blocks if block.end > one.end)
            assert not {before, after} & {"code", "row", "heading"}
            begin = max(block.start for block in file.blocks if block.start <= other.start)
            assert other.start in {begin + span.start for span in split(file.text[begin : one.end])}


@SEVERAL
@given(PIECES)
def test_a_chunk_holds_parts_of_one_section_or_small_sections_whole(pieces: list[Piece]) -> None:
    file = parsed(pieces)
    begins = [0]  # blocks that begin a section
    for place in range(1, len(file.blocks)):
        if file.blocks[place].kind == "heading" != file.blocks[place - 1].kind:
            begins.append(place)
    spans = [
        (file.blocks[first].start, file.blocks[last - 1].end)
        for first, last in zip(begins, [*begins[1:], len(file.blocks)], strict=True)
        if file.blocks
    ]
    ruler = Ruler(word_tokens(file.text))
    for chunk in SMALL.chunk(file):
        touched = [span for span in spans if chunk.start < span[1] and chunk.end > span[0]]
        if len(touched) > 1:
            assert (chunk.start, chunk.end) == (touched[0][0], touched[-1][1])
            assert all(4 * ruler.count(*span) < SMALL.size for span in touched)


@SEVERAL
@given(st.text(alphabet=st.characters(codec=None), max_size=300), st.integers(16, 40))
def test_any_text_at_all_is_covered_even_without_blocks(text: str, size: int) -> None:
    chunks = Chunker(word_tokens, size, 5).chunk(Parsed(text, "text/plain"))
    covered = {place for chunk in chunks for place in range(chunk.start, chunk.end)}
    assert all(place in covered for place, char in enumerate(text) if not char.isspace())


@SEVERAL
@given(PIECES, st.sampled_from(["code", "paragraph"]))
def test_a_tokenizer_that_gives_several_tokens_a_character_ends_too(pieces: list[Piece], kind: Kind) -> None:
    text = " ".join(words for _, words, _ in pieces)
    file = Parsed(text, "text/plain", blocks=(Block(kind, 0, len(text)),))
    chunks = Chunker(lambda text: sorted([*range(len(text))] * 3), 16, 4).chunk(file)
    covered = {place for chunk in chunks for place in range(chunk.start, chunk.end)}
    assert all(place in covered for place, char in enumerate(text) if not char.isspace())


def paragraph(random: Random, least: int = 1, most: int = 6) -> str:
    sentences = []
    for _ in range(random.randint(least, most)):
        words = [
            "".join(random.choices("aeiou lmnprst", k=random.randint(2, 9)))
            for _ in range(random.randint(4, 16))
        ]
        sentences.append(" ".join(" ".join(words).split()).capitalize() + ".")
    return " ".join(sentences)


@pytest.mark.parametrize("every", [None, 8])
@pytest.mark.parametrize(("least", "most"), [(1, 1), (2, 6), (4, 12)])
def test_a_changed_paragraph_changes_a_handful_of_chunks(every: int | None, least: int, most: int) -> None:
    random = Random(11)
    whole = [paragraph(random, least, most) for _ in range(200)]

    def file(paragraphs: list[str]) -> Parsed:
        pieces: list[Piece] = []
        for place, words in enumerate(paragraphs):
            if every and place % every == 0:
                pieces.append(("heading", f"Part {place}", 2))
            pieces.append(("paragraph", words, 0))
        return parsed(pieces)

    chunker = Chunker(word_tokens)
    before = set(texts(chunker.chunk(file(whole))))
    assert len(before) > 20
    changed = []
    for place in range(0, 200, 7):
        edited = [*whole[:place], paragraph(random, least, most), *whole[place + 1 :]]
        changed.append(len(set(texts(chunker.chunk(file(edited)))) - before))
        gone = [*whole[:place], *whole[place + 1 :]] if not every else edited
        changed.append(len(set(texts(chunker.chunk(file(gone)))) - before))
    assert max(changed) <= 9
    assert sum(changed) / len(changed) <= 4


@pytest.mark.parametrize("least", [1, 3])
def test_what_comes_first_is_soon_forgotten(least: int) -> None:
    chunker, changed = Chunker(word_tokens), []
    for seed in range(25):
        random = Random(seed)
        whole: list[Piece] = [("paragraph", paragraph(random, least, least), 0) for _ in range(150)]
        before = set(texts(chunker.chunk(parsed(whole))))
        changed.append(len(set(texts(chunker.chunk(parsed(whole[1:])))) - before))
    assert max(changed) <= 6


def test_a_changed_word_in_one_endless_sentence_changes_a_handful_of_chunks() -> None:
    random = Random(5)
    words = ["".join(random.choices("aeioulmnprst", k=random.randint(2, 9))) for _ in range(9000)]
    chunker = Chunker(word_tokens)
    before = set(texts(chunker.chunk(parsed([("paragraph", " ".join(words), 0)]))))
    for place in range(100, 9000, 800):
        edited = [*words[:place], "another", "word", "here", *words[place + 1 :]]
        after = texts(chunker.chunk(parsed([("paragraph", " ".join(edited), 0)])))
        assert 0 < len(set(after) - before) <= 9 < len(after)


def test_sections_are_named_by_the_headings_above_without_the_title() -> None:
    long = " ".join(["The mill stands by the river and grinds."] * 6)
    file = parsed(
        [
            ("heading", "The  Handbook", 1),
            ("paragraph", long, 0),
            ("heading", "Mills", 2),
            ("paragraph", long, 0),
            ("heading", "Water", 3),
            ("paragraph", long + " " + long, 0),
            ("heading", "Rivers", 2),
            ("paragraph", long, 0),
        ],
        title="The Handbook",
    )
    chunks = Chunker(word_tokens, 64, 0).chunk(file)
    assert list(dict.fromkeys(chunk.section for chunk in chunks)) == [
        (),
        ("Mills",),
        ("Mills", "Water"),
        ("Rivers",),
    ]
    assert [chunk.text.split()[0] for chunk in chunks] == ["The", "Mills", "Water", "The", "Rivers"]


def test_small_sections_of_one_parent_share_a_chunk_and_others_do_not() -> None:
    long = " ".join(["The mill stands by the river and grinds."] * 5)
    file = parsed(
        [
            ("heading", "Words", 1),
            ("heading", "Weir", 2),
            ("paragraph", "A low dam.", 0),
            ("heading", "Race", 2),
            ("paragraph", "A channel.", 0),
            ("heading", "More", 1),
            ("paragraph", "Short.", 0),
            ("heading", "Long", 1),
            ("paragraph", long, 0),
        ]
    )
    chunks = Chunker(word_tokens, 64, 10).chunk(file)
    assert [chunk.section for chunk in chunks] == [("Words",), ("More",), ("Long",)]
    assert chunks[0].text.startswith("Words\n\nWeir")
    assert chunks[0].text.endswith("A channel.")


def test_only_headings_still_give_one_chunk() -> None:
    chunks = SMALL.chunk(parsed([("heading", "Mills", 1), ("heading", "Water", 2)]))
    assert texts(chunks) == ["Mills\n\nWater"]


def test_a_blank_file_has_no_chunks() -> None:
    assert SMALL.chunk(Parsed(" \n\n", "text/plain")) == []


def test_an_introduction_stays_with_its_list() -> None:
    for place in range(20):
        words = " ".join([f"The mill number {place} stands."] * 3)
        items: list[Piece] = [("item", f"- The weir of {place} and {item} stands.", 0) for item in range(4)]
        chunks = SMALL.chunk(parsed([("paragraph", words, 0), ("paragraph", "There are:", 0), *items]))
        assert len(chunks) > 1
        assert not any(chunk.text.endswith(":") for chunk in chunks)


def test_a_chunk_is_as_full_as_may_be_but_rather_ends_with_a_block() -> None:
    lines = ["The mill stands by a weir now."] * 3
    repeated: list[Piece] = [("paragraph", " ".join(lines), 0)] * 8  # all alike, so that there's no seam
    assert {chunk.text.count("weir") for chunk in Chunker(word_tokens, 64, 0).chunk(parsed(repeated))} == {6}
    full = Chunker(word_tokens, 80, 0).chunk(parsed(repeated))
    assert {chunk.text.count("weir") for chunk in full} == {9, 6}


@pytest.mark.parametrize("kind", ["paragraph", "code"])
def test_a_heading_and_what_it_stays_with_are_within_the_size_together(kind: Kind) -> None:
    lines = "\n".join(["The mill stands by a weir."] * 4)
    file = parsed([("heading", "On mills, and on rivers", 1), (kind, lines, 0)])
    assert len(word_tokens(lines)) == 28
    chunks = SMALL.chunk(file)
    assert [len(word_tokens(chunk.text)) <= 32 for chunk in chunks] == [True, True]
    assert chunks[0].text.startswith("On mills, and on rivers\n\nThe mill stands by a weir.")


def test_a_chunk_knows_its_page_and_its_place_in_the_original() -> None:
    text = "First page ends here.\n\nSecond page."
    file = Parsed(
        text,
        "application/pdf",
        blocks=(Block("paragraph", 0, 21), Block("paragraph", 23, 35)),
        pages=(Page(3, 0, 22), Page(4, 22, 35)),
        origin=Origin((Run(0, 21, 100, 21), Run(23, 12, 130, 12))),
    )
    for size in (24, 200):  # however small pages are, what's on them isn't mixed
        chunks = Chunker(word_tokens, size, 0).chunk(file)
        assert [(chunk.page, chunk.source_start, chunk.source_end) for chunk in chunks] == [
            (3, 100, 121),
            (4, 130, 142),
        ]


@pytest.mark.parametrize(("size", "overlap"), [(15, 0), (20, 11), (20, -1)])
def test_sizes_that_make_no_sense_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(UsageError):
        Chunker(word_tokens, size, overlap)
