"""The bench of the library, on few chunks."""

import json
from importlib.util import find_spec

import pytest

from apps.bench.rag import run
from homespun.errors import UsageError

PEERS = ("langchain_community", "langchain_classic", "langchain_huggingface", "rank_bm25")
pytestmark = pytest.mark.skipif(
    not all(map(find_spec, PEERS)), reason="the stack that it's compared with is not installed"
)


def test_both_index_and_search_the_same_chunks() -> None:
    figures = run([40, 120], embedded=40, queries=6, words=30, threads=1)
    assert json.loads(json.dumps(figures)) == figures
    for size in ("40", "120"):
        told = figures["sizes"][size]
        # Small sections may share one.
        assert told["homespun"]["chunks"] == told["langchain"]["chunks"] > int(size) // 2
        assert all(value > 0 for value in told["ratios"].values())
        assert told["homespun"]["again_share"] < 1
    assert "chunks_per_second_with_embedding" in figures["sizes"]["120"]["homespun"]
    assert "chunks_per_second_with_embedding" not in figures["sizes"]["40"]["homespun"]


@pytest.mark.parametrize("given", [{"sizes": []}, {"sizes": [0]}, {"queries": 0}, {"texts": "/nowhere"}])
def test_numbers_that_make_no_sense_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        run(**given)  # type: ignore[arg-type]
