from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.lexical.words import Analyzer


@pytest.mark.parametrize(
    ("text", "stems"),
    [
        ("The mills were grinding", "mill grind"),
        ("COVID-19 and mp3", "covid 19 mp3"),
        ("room 5, plan B", "room 5 plan b"),
        ("1,000 of 12.5kg; 3,14", "1000 12.5 kg 3 14"),
        ("2024-01-31", "2024 01 31"),
        ("snake_case", "snake case"),
        ("the U.S.A. and the USA", "usa usa"),
        ("Prandtl’s theory isn't O'Brien's", "prandtl theori o brien"),
        ("Café CAFE ＣＡＦÉ ﬁne", "cafe cafe cafe fine"),
        ("İstanbul", "istanbul"),
        ("水車 mill", "水 車 水車 mill"),
        ("हिन्दी में", "हिन्दी में"),
        ("end.The", "end"),
        ("May with us", "may us"),
        ("…—! 😀", ""),
        ("", ""),
    ],
)
def test_a_text_gives_its_stems(text: str, stems: str) -> None:
    assert Analyzer().stems(text) == stems.split()


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_gives_stems_that_are_words(text: str) -> None:
    for stem in Analyzer().stems(text):
        assert stem
        assert stem == stem.strip()
        assert len(stem) <= 200


def test_the_fingerprint_is_the_same_in_another_process() -> None:
    code = "from rag.lexical.words import Analyzer; print(Analyzer().fingerprint)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == Analyzer().fingerprint


def test_threads_share_an_analyzer() -> None:
    words = [
        f"{stem}{ending}" for stem in ("mill", "grind", "flow") for ending in ("", "s", "ing", "ed")
    ] * 50
    analyzer, text = Analyzer(), " ".join(words)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: analyzer.stems(text), range(8)))
    assert all(stems == Analyzer().stems(text) for stems in found)
