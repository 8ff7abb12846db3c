from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from pathlib import Path
from random import Random

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homespun.errors import UsageError
from rag.lexical.files import CorruptIndex
from rag.lexical.index import LexicalIndex
from rag.lexical.words import Analyzer

WORDS = [
    "mill",
    "river",
    "weir",
    "grain",
    "wheel",
    "stone",
    "water",
    "dam",
    "flour",
    "miller",
    "水車",
    "tarn",
    "42",
]
TEXTS = st.lists(st.lists(st.sampled_from([*WORDS, "the", "of"]), max_size=12).map(" ".join), max_size=12)
QUERY = "the river mills at Tarn, or grain"


def some(number: int, seed: int = 3) -> dict[str, str]:
    random = Random(seed)
    return {
        f"{seed}-{place}": " ".join(random.choices(WORDS, k=random.randint(0, 20))) for place in range(number)
    }


def made(texts: dict[str, str]) -> LexicalIndex:
    return LexicalIndex.build(texts, texts.values())


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    made(some(60)).save(tmp_path / "words")
    return tmp_path / "words"


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_scores_are_those_of_bm25s_itself(texts: list[str]) -> None:
    analyzer = Analyzer()
    stems = [analyzer.stems(text) for text in texts]
    ids = [str(place) for place in range(len(texts))]
    found = LexicalIndex.build(ids, texts).score(QUERY, ids)
    if not any(stems):
        assert found == dict.fromkeys(ids, 0.0)
        return
    theirs = bm25s.BM25()
    theirs.index(stems, show_progress=False)
    query = [stem for stem in analyzer.stems(QUERY) if stem in theirs.vocab_dict]
    wanted = theirs.get_scores(query).tolist() if query else [0.0] * len(ids)
    assert list(found.values()) == wanted


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, st.sets(st.integers(0, 12)))
def test_an_updated_index_is_as_one_built_anew(old: list[str], new: list[str], gone: set[int]) -> None:
    before = {str(place): text for place, text in enumerate(old)}
    added = {str(8 + place): text for place, text in enumerate(new)}
    removed = {str(place) for place in gone}
    updated = made(before).updated(removed, added)
    after = {one: text for one, text in before.items() if one not in removed and one not in added} | added
    again = made(after)
    assert updated.ids == again.ids == tuple(after)
    assert updated.score(QUERY, after) == pytest.approx(again.score(QUERY, after), rel=1e-6)
    assert {one for one, _ in updated.top(QUERY, 99)} == {one for one, _ in again.top(QUERY, 99)}


def test_an_update_analyses_only_what_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    index = made(some(30))
    seen: list[str] = []
    real = Analyzer.words
    monkeypatch.setattr(Analyzer, "words", lambda self, text: seen.append(text) or real(self, text))
    index.updated({"3-1"}, {"new": "a mill"})
    assert seen == ["a mill"]
    assert index.updated({"unknown"}, {}) is index


def test_the_best_come_first_and_equals_in_the_order_they_were_given() -> None:
    index = LexicalIndex.build("dcab", ["a mill", "grain", "a mill", "the mill, a mill"])
    assert [one for one, _ in index.top("mill", 9)] == ["b", "d", "a"]
    assert [one for one, _ in index.top("mill", 2)] == ["b", "d"]
    assert all(score > 0 for _, score in index.top("mill", 9))


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.integers(0, 15))
def test_the_top_are_the_best_of_all_scores(texts: list[str], k: int) -> None:
    ids = [f"n{place}" for place in range(len(texts))]
    index = LexicalIndex.build(ids, texts)
    ranked = sorted(index.score(QUERY, ids).items(), key=lambda pair: -pair[1])
    assert index.top(QUERY, k) == [(one, score) for one, score in ranked if score > 0][:k]


def test_only_what_is_allowed_is_found() -> None:
    index = made(some(60))
    whole = index.top(QUERY, 60)
    allowed = {one for one, _ in whole[1::2]}
    wanted = [pair for pair in whole if pair[0] in allowed]
    assert index.top(QUERY, 60, allowed) == wanted
    assert index.top(QUERY, 60, np.array([one in allowed for one in index.ids])) == wanted
    assert index.top(QUERY, 3, allowed) == wanted[:3]
    assert index.top(QUERY, 3, set()) == []
    with pytest.raises(UsageError):
        index.top(QUERY, 3, np.array([True]))


def test_nothing_is_found_for_nothing(tmp_path: Path) -> None:
    index = made(some(5))
    for query in ("", "the of", "zeppelin", "!"):
        assert index.top(query, 5) == []
        assert index.score(query, ["3-0", "unknown"]) == {"3-0": 0.0}
    for empty in (LexicalIndex.build([], []), index.updated(set(index.ids), {}), made({"a": "", "b": "the"})):
        empty.save(tmp_path / "empty")
        for one in (
            empty,
            LexicalIndex.load(tmp_path / "empty"),
            LexicalIndex.load(tmp_path / "empty", mmap=False),
        ):
            assert one.ids == empty.ids
            assert one.top("mill", 5) == []
            assert [name for name, _ in one.updated(set(), {"new": "a mill"}).top("mill", 5)] == ["new"]


@pytest.mark.parametrize("mmap", [True, False])
def test_a_saved_index_is_the_same_when_loaded(
    saved: Path, mmap: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    index, loaded = made(some(60)), LexicalIndex.load(saved, mmap=mmap)
    assert loaded.ids == index.ids
    assert loaded.top(QUERY, 60) == index.top(QUERY, 60)
    newer = some(9, seed=4)
    assert loaded.updated({"3-5"}, newer).top(QUERY, 60) == index.updated({"3-5"}, newer).top(QUERY, 60)
    loaded.updated({"3-5"}, newer).save(saved)
    assert len(LexicalIndex.load(saved)) == 68
    assert loaded.top(QUERY, 60) == index.top(QUERY, 60)  # what's mapped outlives its file
    LexicalIndex.check(saved, deep=True)
    assert capfd.readouterr() == ("", "")


def test_a_missing_index_is_told(tmp_path: Path) -> None:
    with pytest.raises(CorruptIndex, match="build it again"):
        LexicalIndex.load(tmp_path / "none")


FILES = [
    "meta.json",
    "ids.json",
    "ends.npy",
    "terms.npy",
    "times.npy",
    "vocab.index.json",
    "params.index.json",
    "data.csc.index.npy",
    "indices.csc.index.npy",
    "indptr.csc.index.npy",
]


def test_every_file_is_known_to_the_tests(saved: Path) -> None:
    assert sorted(file.name for file in saved.iterdir()) == sorted(FILES)


@pytest.mark.parametrize("name", FILES)
def test_damage_is_told(saved: Path, name: str) -> None:
    kept = saved.with_name("kept")
    saved.rename(kept)

    def fresh() -> Path:
        shutil.rmtree(saved, ignore_errors=True)
        shutil.copytree(kept, saved)
        return saved / name

    fresh().unlink()
    with pytest.raises(CorruptIndex):
        LexicalIndex.load(saved)
    path = fresh()
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(CorruptIndex):
        LexicalIndex.load(saved)
    path = fresh()
    path.write_bytes(path.read_bytes() + b" ")
    with nullcontext() if name == "meta.json" else pytest.raises(CorruptIndex):
        LexicalIndex.load(saved)
    path = fresh()
    content = bytearray(path.read_bytes())
    content[-9] ^= 0x55
    path.write_bytes(content)
    with pytest.raises(CorruptIndex):
        LexicalIndex.check(saved, deep=True)
    with suppress(CorruptIndex):  # or the damage isn't seen; but nothing else is raised
        LexicalIndex.load(saved).top(QUERY, 5)


def test_an_index_of_another_analysis_is_refused(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.lexical.words._fingerprint", lambda: "other")
    with pytest.raises(CorruptIndex, match="another analysis"):
        LexicalIndex.load(saved)


@pytest.mark.parametrize("name", ["indices.csc.index.npy", "terms.npy", "ends.npy"])
def test_a_damaged_array_that_leads_outside_is_told_when_it_is_used(saved: Path, name: str) -> None:
    path = saved / name
    content = bytearray(path.read_bytes())
    content[128:] = b"\x7f\x00" * (len(content) // 2 - 64)
    path.write_bytes(content)

    def use() -> None:
        index = LexicalIndex.load(saved)
        index.top("mill river", 5)
        index.updated({"3-5"}, {"new": "a mill"})

    with pytest.raises(CorruptIndex):
        use()


@pytest.mark.parametrize(("ids", "texts"), [(["a", "a"], ["x", "y"]), (["a"], []), ([], ["x"])])
def test_ids_that_do_not_fit_are_refused(ids: list[str], texts: list[str]) -> None:
    with pytest.raises(UsageError):
        LexicalIndex.build(ids, texts)


def test_threads_search_one_index(saved: Path) -> None:
    index = LexicalIndex.load(saved)
    wanted = index.top(QUERY, 20)
    with ThreadPoolExecutor(4) as pool:
        assert all(found == wanted for found in pool.map(lambda _: index.top(QUERY, 20), range(40)))


def test_the_records_name_what_made_them(saved: Path) -> None:
    meta = json.loads((saved / "meta.json").read_text())
    assert meta["analyzer"] == Analyzer().fingerprint
    assert meta["documents"] == 60
