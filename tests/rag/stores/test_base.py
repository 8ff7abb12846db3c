"""What every kind of store does, and all in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding

from homespun.errors import UsageError
from rag.stores.base import Store
from rag.stores.chroma import ChromaStore
from rag.stores.faiss import FaissStore

WORDS = DeterministicFakeEmbedding(size=8)
Open = Callable[..., Store]


@pytest.fixture(scope="module")
def chroma_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chroma")


@pytest.fixture(params=["faiss", "graph", "chroma"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, chroma_folder: Path) -> Iterator[Open]:
    """Opens the same store whenever it's called, and closes all in the end."""
    made: list[Store] = []

    def open_it(**options: Any) -> Store:
        embeddings = options.pop("embeddings", WORDS)
        if request.param == "chroma":
            pytest.importorskip("chromadb")
            made.append(ChromaStore(tmp_path.name, embeddings, folder=chroma_folder, **options))
        else:
            flat = 0 if request.param == "graph" else 100
            made.append(FaissStore(tmp_path / "store", embeddings, flat_up_to=flat, **options))
        return made[-1]

    yield open_it
    for store in made:
        store.close()


@pytest.fixture
def store(opened: Open) -> Store:
    return opened()


def fill(store: Store, **vectors: list[float]) -> None:
    documents = [Document(page_content=f"text of {one}", metadata={"name": one}) for one in vectors]
    store.add_vectors(documents, list(vectors.values()), list(vectors))


def test_scores_are_cosines_whatever_the_lengths(store: Store) -> None:
    fill(store, same=[3, 0], half=[1, 3**0.5], across=[0, 0.01], against=[-7, 0])
    found = store.nearest([50, 0], 4)
    assert [one for one, _ in found] == ["same", "half", "across", "against"]
    assert [cosine for _, cosine in found] == pytest.approx([1, 0.5, 0, -1], abs=1e-6)
    assert store.score([50, 0], ["half", "nobody", "same"]) == pytest.approx(
        {"half": 0.5, "same": 1}, abs=1e-6
    )


def test_equal_scores_are_in_the_order_of_ids(store: Store) -> None:
    names = [f"{number * 17 % 30:02d}" for number in range(30)]
    fill(store, **{name: [1.0, 2.0] for name in names}, best=[1.0, 1.0])
    assert [one for one, _ in store.nearest([1, 1], 4)] == ["best", "00", "01", "02"]


def test_there_may_be_fewer_than_asked_for(store: Store) -> None:
    assert store.nearest([1, 0], 3) == []
    fill(store, a=[1, 0])
    assert len(store.nearest([1, 0], 3)) == 1
    assert store.nearest([1, 0], 0) == []
    assert store.nearest([1, 0], -1) == []


def test_a_store_that_is_opened_again_holds_what_was_written(opened: Open) -> None:
    first = opened()
    fill(first, a=[1, 0], b=[0, 1])
    first.delete(["a"])
    first.close()
    again = opened()
    assert again.ids() == {"b"}
    assert again.nearest([0, 2], 5) == [("b", 1.0)]
    np.testing.assert_allclose(again.vectors(["a", "b"])["b"], [0, 1], atol=1e-6)


def test_another_document_of_an_id_takes_its_place_whole(store: Store) -> None:
    store.add_texts(["old"], [{"page": 1, "draft": True}], ids=["a"])
    store.add_texts(["new"], [{"page": 2}], ids=["a"])
    assert store.get_by_ids(["a"]) == [Document(id="a", page_content="new", metadata={"page": 2})]
    store.add_texts(["last"], ids=["a"])
    assert store.get_by_ids(["a"]) == [Document(id="a", page_content="last", metadata={})]
    assert store.similarity_search("last", 9, filter={"page": 2}) == []


def test_of_two_documents_with_one_id_the_later_counts(store: Store) -> None:
    assert store.add_texts(["one", "other", "two"], ids=["a", "b", "a"]) == ["a", "b", "a"]
    assert [document.page_content for document in store.get_by_ids(["a", "b"])] == ["two", "other"]


def test_ids_are_made_where_there_are_none(store: Store) -> None:
    ids = store.add_documents([Document(page_content="x"), Document(id="own", page_content="y")])
    assert ids[1] == "own"
    assert len(set(ids)) == 2
    assert store.add_documents([Document(id="own", page_content="z")], ids=["given"]) == ["given"]
    assert store.ids() == {*ids, "given"}
    assert store.add_documents([]) == []


def test_texts_may_be_read_only_once(store: Store) -> None:
    ids = store.add_texts(text for text in ["x", "y"])
    assert [document.page_content for document in store.get_by_ids(ids)] == ["x", "y"]


def test_documents_are_found_in_the_order_in_which_they_are_asked_for(store: Store) -> None:
    fill(store, a=[1, 0], b=[0, 1], c=[1, 1])
    assert [document.id for document in store.get_by_ids(["c", "x", "a", "c"])] == ["c", "a"]
    assert store.get_by_ids([]) == []


def test_metadata_comes_back_as_it_was(store: Store) -> None:
    metadata = {
        "s": "é\n\"'",
        "empty": "",
        "i": 2**53 + 1,
        "f": 0.1,
        "whole": 1.0,
        "yes": True,
        "no": False,
        "a.b": 1,
    }
    given = Document(page_content="text\n ü", metadata={**metadata, "nothing": None})
    (one,) = store.add_documents([given])
    (found,) = store.get_by_ids([one])
    assert found == Document(id=one, page_content="text\n ü", metadata=metadata)
    assert {key: type(value) for key, value in found.metadata.items()} == {
        key: type(value) for key, value in metadata.items()
    }
    assert given.id is None
    assert "nothing" in given.metadata


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"metadata": {"tags": ["a"]}}, "'tags' in the metadata of a is a list"),
        ({"metadata": {"page": float("inf")}}, "finite"),
        ({"metadata": {"page": 2**63}}, "64 bits"),
        ({"metadata": {"$in": 1}}, "can't be a name"),
        ({"metadata": {"": 1}}, "can't be a name"),
        ({"metadata": {"s": "\udc80"}}, "surrogate"),
        ({"page_content": "\ud800"}, "text of a holds half a character"),
        ({"ids": [""]}, "isn't empty"),
        ({"ids": ["a", "b"]}, "1 documents, 1 vectors, 2 ids"),
        ({"vectors": [[0.0, 0.0]]}, "vector of a is zero"),
        ({"vectors": [[1.0, float("nan")]]}, "isn't finite"),
        ({"vectors": [1.0]}, r"shape \[1\]"),
    ],
)
def test_what_can_not_be_kept_is_named_and_nothing_is_written(
    store: Store, change: dict[str, Any], said: str
) -> None:
    document = Document(page_content=change.get("page_content", "x"), metadata=change.get("metadata", {}))
    with pytest.raises(UsageError, match=said):
        store.add_vectors([document], change.get("vectors", [[1.0, 0.0]]), change.get("ids", ["a"]))
    assert store.ids() == set()


def test_vectors_of_another_width_are_refused(store: Store) -> None:
    fill(store, a=[1, 0])
    with pytest.raises(UsageError, match=r"3 numbers, and those .* 2"):
        fill(store, b=[1, 0, 0])
    with pytest.raises(UsageError, match=r"3 numbers, and those .* 2"):
        store.nearest([1, 0, 0], 1)
    with pytest.raises(UsageError, match=r"3 numbers, and those .* 2"):
        store.score([1, 0, 0], ["a"])
    assert store.ids() == {"a"}
    store.delete()
    fill(store, b=[1, 0, 0])
    assert store.nearest([1, 0, 0], 1) == [("b", 1.0)]


def test_vectors_of_another_model_are_refused(opened: Open) -> None:
    first = opened(model="one")
    fill(first, a=[1, 0])
    with pytest.raises(UsageError, match=r"of the model one, not of other.*Index anew"):
        opened(model="other")
    assert opened(model=None).ids() == {"a"}
    assert opened(model="one").ids() == {"a"}
    first.delete()
    second = opened(model="other")
    fill(second, b=[1, 0, 0])
    with pytest.raises(UsageError, match="other"):
        fill(first, c=[1, 0])


@pytest.mark.parametrize("vector", [[0, 0], [float("nan"), 1], [], [[1, 0]]])
def test_there_is_nothing_near_to_what_is_no_direction(store: Store, vector: list[Any]) -> None:
    fill(store, a=[1, 0])
    with pytest.raises(UsageError):
        store.nearest(vector, 1)


def test_deleting_takes_out_what_is_there(store: Store) -> None:
    store.delete(["x"])
    store.delete()
    fill(store, a=[1, 0], b=[0, 1])
    assert store.delete(["a", "x", "a"]) is True
    assert store.ids() == {"b"}
    store.delete([])
    assert store.ids() == {"b"}
    store.delete()
    assert store.ids() == set()
    assert store.nearest([1, 0], 2) == []


def test_a_filter_narrows_every_search(store: Store) -> None:
    texts = [f"text {number}" for number in range(40)]
    store.add_texts(texts, [{"page": number, "even": number % 2 == 0} for number in range(40)], ids=texts)
    asked = {"page": {"$gte": 30}, "even": True}
    wanted = {30, 32, 34, 36, 38}
    for found in (
        store.similarity_search("text 3", 40, filter=asked),
        store.similarity_search_by_vector(WORDS.embed_query("text 3"), 40, filter=asked),
        [document for document, _ in store.similarity_search_with_score("text 3", 40, filter=asked)],
        [
            document
            for document, _ in store.similarity_search_with_relevance_scores("text 3", 40, filter=asked)
        ],
        store.max_marginal_relevance_search("text 3", 40, filter=asked),
    ):
        assert {document.metadata["page"] for document in found} == wanted
    assert len(store.similarity_search("text 3", 3, filter=asked)) == 3
    with pytest.raises(UsageError, match=r"\$about"):
        store.similarity_search("text 3", filter={"page": {"$about": 3}})


def test_relevance_is_the_cosine_and_never_below_nothing(store: Store) -> None:
    store.add_texts([f"text {number}" for number in range(30)])
    found = store.similarity_search_with_relevance_scores("text 4", 30)
    assert found[0][0].page_content == "text 4"
    assert found[0][1] == pytest.approx(1)
    assert found[-1][1] == 0
    assert [score for _, score in found] == [
        max(0.0, score) for _, score in store.similarity_search_with_score("text 4", 30)
    ]


async def test_retrievers_search_in_all_three_ways(store: Store) -> None:
    store.add_texts([f"text {number}" for number in range(30)], [{"page": number} for number in range(30)])
    plain = store.as_retriever(search_kwargs={"k": 3, "filter": {"page": {"$lt": 9}}})
    assert plain.invoke("text 4")[0].page_content == "text 4"
    assert len(await plain.ainvoke("text 4")) == 3
    near = store.as_retriever(
        search_type="similarity_score_threshold", search_kwargs={"score_threshold": 0.99}
    )
    assert [document.page_content for document in near.invoke("text 4")] == ["text 4"]
    assert [document.page_content for document in await near.ainvoke("text 4")] == ["text 4"]
    varied = store.as_retriever(search_type="mmr", search_kwargs={"k": 5, "fetch_k": 10, "lambda_mult": 0.2})
    assert varied.invoke("text 4")[0].page_content == "text 4"
    assert len({document.page_content for document in await varied.ainvoke("text 4")}) == 5


def test_varied_results_leave_out_what_is_alike(store: Store) -> None:
    fill(store, best=[1, 0, 0], copy=[1, 0.001, 0], other=[0.8, 0.6, 0])
    found = store.max_marginal_relevance_search_by_vector([1, 0, 0], 2, lambda_mult=0.3)
    assert [document.id for document in found] == ["best", "other"]
    near = store.max_marginal_relevance_search_by_vector([1, 0, 0], 2, lambda_mult=1)
    assert [document.id for document in near] == ["best", "copy"]
    with pytest.raises(UsageError, match="lambda_mult"):
        store.max_marginal_relevance_search_by_vector([1, 0, 0], 2, lambda_mult=2)


def test_options_that_there_are_not_are_named(store: Store) -> None:
    with pytest.raises(UsageError, match="no option fliter"):
        store.similarity_search("x", fliter={"page": 1})


def test_without_embeddings_only_vectors_can_be_asked_for(opened: Open) -> None:
    store = opened(embeddings=None)
    fill(store, a=[1, 0])
    assert store.nearest([1, 0], 1) == [("a", 1.0)]
    with pytest.raises(UsageError, match="without embeddings"):
        store.similarity_search("x")
    with pytest.raises(UsageError, match="without embeddings"):
        store.add_texts(["x"])


def test_numbers_that_do_not_fit_are_named(store: Store) -> None:
    with pytest.raises(UsageError, match="2 texts and 1 metadatas"):
        store.add_texts(["x", "y"], [{"page": 1}])
    with pytest.raises(UsageError, match="2 documents and 1 ids"):
        store.add_texts(["x", "y"], ids=["a"])
    assert store.ids() == set()


def test_for_reading_only_nothing_is_written(opened: Open) -> None:
    reader = opened(read_only=True)
    assert reader.nearest([1, 0], 1) == []
    writer = opened()
    fill(writer, a=[1, 0])
    assert reader.nearest([1, 0], 1) == [("a", 1.0)]
    for write in (lambda: fill(reader, b=[0, 1]), lambda: reader.delete(["a"]), reader.delete):
        with pytest.raises(UsageError, match="reading only"):
            write()
    assert writer.ids() == {"a"}


def test_a_closed_store_says_so(store: Store) -> None:
    with store as same:
        fill(same, a=[1, 0])
    store.close()
    with pytest.raises(UsageError, match="closed"):
        store.nearest([1, 0], 1)
    with pytest.raises(UsageError, match="closed"):
        store.delete(["a"])


def test_a_sound_store_has_no_faults(store: Store) -> None:
    assert store.faults() == {}
    fill(store, a=[1, 0])
    assert store.faults() == {}


def test_many_ids_are_asked_for_at_once(store: Store) -> None:
    names = [f"{number:05d}" for number in range(2100)]
    fill(store, a=[1, 0])
    assert store.get_by_ids([*names, "a"])[0].id == "a"
    assert list(store.score([1, 0], [*names, "a"])) == ["a"]
    store.delete(names)
    assert store.ids() == {"a"}


def test_from_texts_opens_and_fills(tmp_path: Path) -> None:
    with FaissStore.from_texts(
        ["x", "y"], WORDS, [{"n": 1}, {"n": 2}], ids=["a", "b"], folder=tmp_path
    ) as store:
        assert store.similarity_search("y", 1) == [Document(id="b", page_content="y", metadata={"n": 2})]
    documents = [Document(id="c", page_content="z")]
    with FaissStore.from_documents(documents, WORDS, folder=tmp_path) as store:
        assert store.ids() == {"a", "b", "c"}
