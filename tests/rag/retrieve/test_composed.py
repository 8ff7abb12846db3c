"""Ways of searching put together: what each adds, leaves out, and says of why."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from langchain_core.cross_encoders import BaseCrossEncoder
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda
from pydantic import ValidationError

from homespun.errors import HomespunError, UsageError
from rag import Library
from rag.library.collection import Collection
from rag.retrieve.bm25 import BM25Retriever
from rag.retrieve.dense import DenseRetriever
from rag.retrieve.hybrid import HybridRetriever
from rag.retrieve.mmr import MMRRetriever
from rag.retrieve.rerank import RerankRetriever
from rag.retrieve.several import MultiQueryRetriever
from rag.retrieve.threshold import ThresholdRetriever
from rag.retrieve.window import WindowRetriever

TEXTS = {
    "tide": "The tide table hangs in the harbour office.",
    "tide again": "The tide table hangs in the harbour office now.",
    "ferry": "The ferry to the island leaves at noon.",
    "bread": "Rye bread keeps for a week in a linen bag.",
    "harbour": "A harbour master keeps the keys.",
}


@pytest.fixture
def collection(library: Library) -> Collection:
    """Five short documents."""
    made = library.collection()
    made.add([Document(id=name, page_content=text) for name, text in TEXTS.items()])
    return made


def _names(documents: list[Document]) -> list[str]:
    return [document.metadata["source"] for document in documents]


class _Scorer(BaseCrossEncoder):
    """Gives each text the number that its first word stands for; 0 where it stands for none."""

    def __init__(self, worth: dict[str, float]) -> None:
        self.worth, self.asked = worth, 0

    def score(self, text_pairs: list[tuple[str, str]]) -> list[float]:
        self.asked += len(text_pairs)
        return [next((self.worth[key] for key in self.worth if key in text), 0.0) for _, text in text_pairs]


def test_words_find_only_what_has_one_of_them(collection: Collection) -> None:
    found = BM25Retriever(collection=collection).invoke("the keys of the harbour")
    assert _names(found)[0] == "harbour"
    assert "bread" not in _names(found)
    assert BM25Retriever(collection=collection).invoke("zeppelin") == []


def test_a_hybrid_gives_scores_of_both_arms_also_where_one_didnt_find_it(collection: Collection) -> None:
    found = HybridRetriever(collection=collection).invoke("harbour keys")
    assert set(_names(found)) == set(TEXTS)
    for place, document in enumerate(found, 1):
        assert set(document.metadata["scores"]) == {"hybrid", "bm25", "dense"}
        assert document.metadata["ranks"]["hybrid"] == place
    bread = next(document for document in found if document.metadata["source"] == "bread")
    assert bread.metadata["scores"]["bm25"] == 0
    assert "bm25" not in bread.metadata["ranks"]
    scores = [document.metadata["scores"]["hybrid"] for document in found]
    assert scores == sorted(scores, reverse=True)


def test_a_weight_of_nothing_leaves_the_other_arm(collection: Collection) -> None:
    only = HybridRetriever(collection=collection, weights={"bm25": 0.0, "dense": 1.0})
    dense = DenseRetriever(collection=collection)
    assert _names(only.invoke("when does the ferry leave")) == _names(
        dense.invoke("when does the ferry leave")
    )


def test_mmr_puts_what_is_new_before_what_says_the_same_again(collection: Collection) -> None:
    base = HybridRetriever(collection=collection)
    assert _names(base.invoke("tide table in the harbour office"))[:2] == ["tide", "tide again"]
    varied = MMRRetriever(base=base, collection=collection, lambda_mult=0.3, k=3)
    chosen = _names(varied.invoke("tide table in the harbour office"))
    assert chosen[0] == "tide"
    assert chosen[1] != "tide again"
    same = MMRRetriever(base=base, collection=collection, lambda_mult=1.0)
    assert _names(same.invoke("tide table")) == _names(base.invoke("tide table"))


def test_rewordings_find_what_the_question_alone_doesnt(collection: Collection) -> None:
    words = BM25Retriever(collection=collection)
    assert words.invoke("loaf") == []
    for queries in (lambda _: ["rye bread", " "], RunnableLambda(lambda _: ["rye bread"])):
        found = MultiQueryRetriever(base=words, queries=queries).invoke("loaf")
        assert _names(found) == ["bread"]
        assert found[0].metadata["ranks"]["queries"] == 1
        assert "bm25" in found[0].metadata["scores"]


def test_a_second_look_orders_anew_and_only_what_it_may_read(collection: Collection) -> None:
    scorer = _Scorer({"ferry": 3.0, "bread": 2.0})
    again = RerankRetriever(base=HybridRetriever(collection=collection), scorer=scorer, k=2)
    found = again.invoke("tide table")
    assert _names(found) == ["ferry", "bread"]
    assert found[0].metadata["scores"]["rerank"] == 3.0
    assert scorer.asked == len(TEXTS)
    few = RerankRetriever(base=HybridRetriever(collection=collection), scorer=scorer, k=1, depth=1)
    assert _names(few.invoke("tide table")) == ["tide"]
    keeps = RerankRetriever(base=HybridRetriever(collection=collection), scorer=scorer, share=0.0)
    assert _names(keeps.invoke("tide table")) == _names(
        HybridRetriever(collection=collection).invoke("tide table")
    )


def test_a_scorer_that_gives_no_scores_is_an_error(collection: Collection) -> None:
    broken = _Scorer({"tide": float("nan")})
    again = RerankRetriever(base=HybridRetriever(collection=collection), scorer=broken)
    with pytest.raises(HomespunError, match="finite score"):
        again.invoke("tide table")


def test_a_bound_leaves_out_what_isnt_near_enough(collection: Collection) -> None:
    base = DenseRetriever(collection=collection)
    every = base.invoke("tide table")
    bound = every[1].metadata["scores"]["dense"]
    kept = ThresholdRetriever(base=base, least=bound).invoke("tide table")
    assert _names(kept) == _names(every)[:2]
    assert ThresholdRetriever(base=base, least=0.999).invoke("tide table") == []
    assert ThresholdRetriever(base=base, by="bm25", least=-9).invoke("tide table") == []


def test_a_window_is_a_longer_slice_of_the_source_and_never_given_twice(
    library: Library, tmp_path: Path
) -> None:
    file = tmp_path / "log.md"
    days = [
        f"## Day {day}\n\n" + f"On day {day} we sailed past rock {day} and island {day}. " * 30
        for day in range(6)
    ]
    file.write_text("# Log\n\n" + "\n\n".join(days), encoding="utf-8")
    collection = library.collection("log")
    collection.index([file])
    base = BM25Retriever(collection=collection, k=4)
    narrow = base.invoke("rock 3")
    wide = WindowRetriever(base=base, collection=collection, k=4).invoke("rock 3")
    text = collection.text(str(file))
    assert text is not None
    spans = []
    for document in wide:
        told = document.metadata
        assert text[told["start"] : told["end"]] == document.page_content
        spans.append((told["start"], told["end"]))
    assert len(wide[0].page_content) > len(narrow[0].page_content)
    assert all(a[1] <= b[0] or b[1] <= a[0] for a in spans for b in spans if a != b)
    assert len(set(spans)) == len(spans)


def test_a_filter_and_a_number_go_through_every_layer(collection: Collection) -> None:
    base = HybridRetriever(collection=collection)
    layered = RerankRetriever(
        base=MMRRetriever(base=base, collection=collection), scorer=_Scorer({"ferry": 1.0})
    )
    asked: dict[str, Any] = {"source": {"$in": ["ferry", "bread"]}}
    assert set(_names(layered.invoke("tide", filter=asked))) == {"ferry", "bread"}
    assert len(layered.invoke("tide", k=1)) == 1


@pytest.mark.parametrize("fields", [{"k": 0}, {"depth": 0}, {"fusion": "sum"}, {"colour": "red"}])
def test_fields_that_make_no_sense_are_refused(collection: Collection, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HybridRetriever(collection=collection, **fields)


async def test_searching_without_holding_the_loop_gives_the_same(collection: Collection) -> None:
    retriever = HybridRetriever(collection=collection, k=3)
    assert await retriever.ainvoke("ferry") == retriever.invoke("ferry")


def test_an_empty_collection_has_nothing_to_find(library: Library) -> None:
    empty = library.collection("empty")
    empty.add([])
    for way in ("bm25", "dense", "hybrid", "rrf", "mmr"):
        assert empty.retriever(way).invoke("anything") == []
    assert empty.verify(deep=True) == []


def test_a_question_may_narrow_a_filter_and_not_lift_it(collection: Collection) -> None:
    for way in ("bm25", "dense", "hybrid"):
        bound = collection.retriever(way, filter={"source": {"$in": ["tide", "ferry"]}})
        names = set(_names(bound.invoke("the tide and the ferry", filter={"source": {"$ne": "tide"}})))
        assert names == {"ferry"}, way
        assert _names(bound.invoke("bread", filter={"source": "bread"})) == [], way


@pytest.mark.parametrize("k", [0, -1])
def test_a_question_for_no_documents_is_refused(collection: Collection, k: int) -> None:
    for way in ("bm25", "dense", "hybrid", "rrf", "mmr"):
        with pytest.raises(UsageError, match="1 or more"):
            collection.retriever(way).invoke("tide", k=k)


def test_weights_are_looked_at_when_they_are_given(collection: Collection) -> None:
    for weights in ({"dense": 1.0}, {"dense": 1.0, "bm25": -1.0}, {"dense": float("nan"), "bm25": 1.0}):
        with pytest.raises(ValidationError, match="weight"):
            collection.retriever("hybrid", weights=weights)
    assert collection.retriever("rrf", weights={"dense": 2.0, "bm25": 1.0}).invoke("tide")


def test_windows_that_a_third_one_joins_are_one(library: Library, tmp_path: Path) -> None:
    class Given(BM25Retriever):
        """Finds chunks in an order that is given."""

        places: tuple[int, ...]

        def find(self, query: str, k: int, asked: Any, run: Any) -> list[Document]:
            chunks = self.collection.chunks(query)
            return [chunks[place] for place in self.places]

    file = tmp_path / "log.txt"
    file.write_text(
        "\n\n".join(f"Day {day}. " + "We sailed on and on. " * 40 for day in range(8)), encoding="utf-8"
    )
    made = library.collection("log")
    made.index([file])
    base = Given(collection=made, places=(1, 5, 3))
    wide = WindowRetriever(base=base, collection=made).invoke(str(file))
    spans = sorted((one.metadata["start"], one.metadata["end"]) for one in wide)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
