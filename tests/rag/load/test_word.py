from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from typing import Any

import docx
import pytest

from rag.load.parse import parse
from rag.parsed import Unreadable


def test_blocks_are_in_the_order_of_the_document(samples: dict[str, bytes]) -> None:
    parsed = parse("rules.docx", samples["rules.docx"])
    assert (parsed.title, parsed.metadata) == ("Rules of the quay", {"author": "Ida"})
    assert [(block.kind, block.level, parsed.text[block.start : block.end]) for block in parsed.blocks] == [
        ("heading", 1, "Rules"),
        ("paragraph", 0, "No fishing from the steps."),
        ("item", 0, "Ropes coiled"),
        ("item", 0, "Lights out"),
        ("row", 0, "Gate | Closes"),
        ("row", 0, "North | 22:00"),
        ("heading", 2, "Fines"),
        ("paragraph", 0, "Ten crowns."),
    ]
    assert parsed.origin.runs == ()


def _with_body(make: Any, samples: dict[str, bytes], body: str) -> bytes:
    def change(name: str, data: bytes) -> bytes:
        if name != "word/document.xml":
            return data
        text = data.decode()
        start, end = text.index("<w:body>") + len("<w:body>"), text.index("</w:body>")
        return (text[:start] + body + text[end:]).encode()

    changed: bytes = make.repacked(samples["rules.docx"], change)
    return changed


def test_tracked_changes_links_and_controls_are_read_as_they_will_be(
    make: Any, samples: dict[str, bytes]
) -> None:
    body = (
        "<w:p><w:r><w:t>Kept </w:t></w:r><w:ins><w:r><w:t>added</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
        "<w:hyperlink><w:r><w:t> linked</w:t><w:br/><w:t>line</w:t><w:tab/></w:r></w:hyperlink></w:p>"
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>Controlled</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        '<w:p><w:pPr><w:outlineLvl w:val="2"/></w:pPr><w:r><w:t>Outlined</w:t></w:r></w:p>'
    )
    parsed = parse("a.docx", _with_body(make, samples, body))
    assert parsed.text == "Kept added linked\nline\n\nControlled\n\nOutlined"
    assert [block.level for block in parsed.blocks] == [0, 0, 3]


def test_a_table_in_a_cell_is_words_of_the_cell() -> None:
    made = docx.Document()
    outer = made.add_table(1, 2)
    outer.cell(0, 0).text = "outer"
    inner = outer.cell(0, 1).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "in", "ner"
    stream = io.BytesIO()
    made.save(stream)
    assert parse("a.docx", stream.getvalue()).text == "outer | in ner"


def test_styles_made_from_headings_are_headings() -> None:
    made = docx.Document()
    style = made.styles.add_style("House title", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = made.styles["Heading 3"]
    made.add_paragraph("Deep", style="House title")
    stream = io.BytesIO()
    made.save(stream)
    (block,) = parse("a.docx", stream.getvalue()).blocks
    assert (block.kind, block.level) == ("heading", 3)


def test_a_bomb_is_stopped_before_its_opened(make: Any, samples: dict[str, bytes]) -> None:
    data = samples["rules.docx"]
    bomb = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("word/media/zeros.bin", bytes(40 << 20))
    with pytest.raises(Unreadable, match="zip bomb"):
        parse("a.docx", bomb.getvalue())


def test_entities_dont_grow(make: Any, samples: dict[str, bytes]) -> None:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))

    def change(name: str, data: bytes) -> bytes:
        if name != "word/document.xml":
            return data
        head, _, rest = data.decode().partition("?>")
        return (
            f'{head}?><!DOCTYPE d [<!ENTITY e0 "lol">{entities}]>{rest.replace("Ten", "Ten &e9;")}'.encode()
        )

    text = ""
    with suppress(Unreadable):
        text = parse("a.docx", make.repacked(samples["rules.docx"], change)).text
    assert "lol" * 100 not in text


def test_truncated_ones_are_told(samples: dict[str, bytes]) -> None:
    data = samples["rules.docx"]
    for size in (30, len(data) // 2, len(data) - 10):
        with pytest.raises(Unreadable, match="is a damaged Word document"):
            parse("a.docx", data[:size])
