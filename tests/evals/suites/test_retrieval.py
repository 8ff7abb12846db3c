from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from evals.harness import run
from evals.metrics.average_precision import average_precision
from evals.metrics.ndcg import ndcg
from evals.metrics.recall_at_k import recall_at_k
from evals.result import SuiteResult, SystemResult
from evals.sample import Output, Sample
from evals.suite import Source, System
from evals.suites import SUITES
from evals.suites.retrieval import DEPTH, SUITE, RetrievalSuite
from evals.suites.retrieval.baselines import InOrder, SharedWords
from evals.systems import Corpus, Passage, Ranked, Retrieval


class Says:
    """Gives the rankings that it was told, by query, and notes what it was asked."""

    def __init__(self, rankings: dict[str, list[str]]) -> None:
        self.rankings = rankings
        self.indexed: list[str] = []
        self.batches: list[int] = []

    def index(self, corpus: Corpus) -> None:
        self.indexed.append(corpus.fingerprint)

    def search(self, corpus: Corpus, queries: Sequence[str], k: int) -> list[list[Ranked]]:
        del corpus
        self.batches.append(len(queries))
        return [
            [
                Ranked(name, 1 / place, {"first": 1 / place, "second": 0.25})
                for place, name in enumerate(self.rankings[query][:k], 1)
            ]
            for query in queries
        ]


class Bm25:
    """A real search of the least size: bm25s over titles and texts."""

    def index(self, corpus: Corpus) -> None:
        import bm25s

        self.names = list(corpus.passages)
        texts = [f"{passage.title}\n{passage.text}" for passage in corpus.passages.values()]
        self.words = bm25s.BM25()
        self.words.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)

    def search(self, corpus: Corpus, queries: Sequence[str], k: int) -> list[list[Ranked]]:
        import bm25s

        del corpus
        tokens = bm25s.tokenize(list(queries), stopwords="en", show_progress=False, return_ids=False)
        found, scores = self.words.retrieve(tokens, k=min(k, len(self.names)), show_progress=False)
        return [
            [Ranked(self.names[place], float(score)) for place, score in zip(row, values, strict=True)]
            for row, values in zip(found, scores, strict=True)
        ]


def _folder(
    folder: Path,
    passages: Sequence[str],
    queries: Sequence[tuple[str, str]],
    qrels: Sequence[tuple[str, str, int]],
) -> Path:
    (folder / "qrels").mkdir(parents=True)
    rows = [json.dumps({"_id": name, "title": "", "text": f"text of {name}"}) for name in passages]
    (folder / "corpus.jsonl").write_text("\n".join(rows) + "\n")
    rows = [json.dumps({"_id": name, "text": text}) for name, text in queries]
    (folder / "queries.jsonl").write_text("\n".join(rows) + "\n")
    lines = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in qrels)]
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n")
    return folder


def _run(call: Retrieval, data: Path | None = None) -> SuiteResult:
    source = Source(str(data) if data else None)
    return run(SUITE, System("it", call, "it"), source=source, resamples=20)[0]


def _value(result: SystemResult, measure: str) -> float | None:
    return next(one.value for one in result.estimates if one.measure == measure)


def test_the_suite_is_in_the_table() -> None:
    assert SUITES["retrieval"] is SUITE
    assert [one.name for one in SUITE.measures if one.primary] == ["ndcg_at_10"]


def test_figures_of_a_known_ranking(tmp_path: Path) -> None:
    data = _folder(
        tmp_path / "set",
        [f"d{n}" for n in range(1, 9)],
        [("q1", "one"), ("q2", "two")],
        [("q1", "d1", 2), ("q1", "d2", 1), ("q1", "d7", 0), ("q2", "d3", 1)],
    )
    # One: right at the places 1 (grade 1) and 3 (grade 2); two: right at the sixth.
    system = Says({"one": ["d2", "d7", "d1"], "two": ["d1", "d2", "d4", "d5", "d6", "d3"]})
    found = _run(system, data).system
    log3, log7 = 1.584962500721156, 2.807354922057604
    assert _value(found, "ndcg_at_10") == pytest.approx(((1 + 2 / 2) / (2 + 1 / log3) + 1 / log7) / 2)
    assert _value(found, "map") == pytest.approx(((1 / 1 + 2 / 3) / 2 + 1 / 6) / 2)
    for k, value in ((1, (1 / 2 + 0) / 2), (5, (1 + 0) / 2), (20, 1), (100, 1)):
        assert _value(found, f"recall_at_{k}") == pytest.approx(value)


def test_figures_are_trec_evals() -> None:
    import pytrec_eval

    samples = list(SUITE.samples(Source()))
    results = _run(Bm25()).system
    evaluator = pytrec_eval.RelevanceEvaluator(
        {sample.id: {name: int(grade) for name, grade in sample.target.items()} for sample in samples},
        {"ndcg_cut_10", "map_cut_100", "recall_1,5,20,100"},
    )
    system = Bm25()
    system.index(SUITE._corpora[samples[0].input["corpus"]])
    rankings = system.search(Corpus("", {}, ""), [sample.input["query"] for sample in samples], DEPTH)
    theirs = evaluator.evaluate(
        {
            # trec_eval looks at scores alone and breaks ties in its own way.
            sample.id: {one.id: float(-place) for place, one in enumerate(ranking)}
            for sample, ranking in zip(samples, rankings, strict=True)
        }
    )
    columns = {"ndcg_at_10": "ndcg_cut_10", "map": "map_cut_100"}
    columns |= {f"recall_at_{k}": f"recall_{k}" for k in (1, 5, 20, 100)}
    for ours, name in columns.items():
        mean = sum(row[name] for row in theirs.values()) / len(theirs)
        assert _value(results, ours) == pytest.approx(mean, abs=1e-9)
    assert len(theirs) == len(samples)


def test_a_real_search_beats_counting_words_and_counting_beats_the_order_of_the_file() -> None:
    result = _run(Bm25())
    order, shared = result.baselines
    values = [_value(one, "ndcg_at_10") or 0.0 for one in (result.system, shared, order)]
    assert values[0] > values[1] > values[2] + 0.1
    assert (order.name, shared.name) == (InOrder.name, SharedWords.name)
    # Words alone don't find what's asked in other words: that's what the built-in queries are for.
    wording = result.system.slices["wording"]
    by = {
        name: next(one.value for one in rows if one.measure == "ndcg_at_10") for name, rows in wording.items()
    }
    assert (by["same words"] or 0) > 0.9 > 0.6 > (by["other words"] or 1)


def test_the_built_in_collection_is_whole() -> None:
    samples = list(SUITE.samples(Source()))
    corpus = SUITE._corpora[samples[0].input["corpus"]]
    assert len(corpus.passages) == 60
    assert len(samples) >= 100
    assert len({sample.input["query"] for sample in samples}) == len(samples)
    assert all(set(sample.target) <= set(corpus.passages) for sample in samples)
    # Each passage is asked for; each place is a group with others of its own in the way.
    assert {name for sample in samples for name in sample.target} == set(corpus.passages)
    assert len({sample.group for sample in samples}) == 12
    kinds = Counter(sample.tags["wording"] for sample in samples)
    assert set(kinds) == {"same words", "other words", "several passages"}
    assert min(kinds["same words"], kinds["other words"]) >= 30
    assert all(10 <= len(passage.text.split()) <= 70 for passage in corpus.passages.values())


def test_a_sample_names_its_corpus_and_does_not_carry_it() -> None:
    sample = next(iter(SUITE.samples(Source())))
    assert set(sample.input) == {"query", "corpus"}
    assert len(json.dumps(sample.input)) < 300


def test_a_corpus_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    judged = ([("q", "one")], [("q", "d1", 1)])
    one = next(iter(SUITE.samples(Source(str(_folder(tmp_path / "one", ["d1", "d2"], *judged))))))
    same = next(iter(SUITE.samples(Source(str(_folder(tmp_path / "two", ["d1", "d2"], *judged))))))
    more = next(iter(SUITE.samples(Source(str(_folder(tmp_path / "six", ["d1", "d3"], *judged))))))
    assert one.digest == same.digest != more.digest


def test_a_corpus_that_nobody_read_is_told() -> None:
    sample = next(iter(SUITE.samples(Source())))
    with pytest.raises(ValueError, match="isn't held"):
        RetrievalSuite().answer(InOrder(), sample, 0)


def test_queries_go_in_batches_to_one_index_and_one_that_fails_is_alone(tmp_path: Path) -> None:
    queries = [(f"q{n}", f"query {n}") for n in range(40)]
    data = _folder(tmp_path / "set", ["d1", "d2"], queries, [(name, "d1", 1) for name, _ in queries])
    system = Says({text: ["d1"] for _, text in queries if text != "query 7"})
    found = _run(system, data).system
    assert system.batches[0] == SUITE.batch
    assert len(set(system.indexed)) == 1
    (failed,) = [sample for sample in found.samples if sample.error]
    assert failed.id == "q7"


@pytest.mark.parametrize(
    ("ranking", "message"), [(["d1", "d1"], "names each id once"), (["d1", "d9"], "'d9' is no passage")]
)
def test_what_is_no_ranking_is_a_failure(tmp_path: Path, ranking: list[str], message: str) -> None:
    data = _folder(
        tmp_path / "set", ["d1", "d2"], [("q1", "one"), ("q2", "two")], [("q1", "d1", 1), ("q2", "d2", 1)]
    )
    found = _run(Says({"one": ranking, "two": ["d2"]}), data).system
    assert [message in (sample.error or "") for sample in found.samples] == [True, False]
    assert _value(found, "ndcg_at_10") == 1


def test_only_the_first_hundred_count_and_finding_nothing_is_zero(tmp_path: Path) -> None:
    names = [f"d{n}" for n in range(DEPTH + 3)]
    data = _folder(
        tmp_path / "set", names, [("q1", "one"), ("q2", "two")], [("q1", names[-3], 1), ("q2", "d0", 1)]
    )
    found = _run(Says({"one": names, "two": []}), data).system
    assert found.failures == 0
    for measure in SUITE.measures[:-1]:
        assert _value(found, measure.name) == 0


def test_the_query_itself_is_passed_over_and_makes_room(tmp_path: Path) -> None:
    names = ["q1", *(f"d{n}" for n in range(1, DEPTH + 1))]
    data = _folder(tmp_path / "set", names, [("q1", "one")], [("q1", names[-1], 1)])
    found = _run(Says({"one": names}), data).system
    assert _value(found, "recall_at_100") == 1
    assert _value(found, "map") == pytest.approx(1 / DEPTH)


def test_it_is_kept_what_the_arms_said_of_the_first_and_of_the_right_ones(tmp_path: Path) -> None:
    names = [f"d{n}" for n in range(40)]
    data = _folder(tmp_path / "set", names, [("q1", "one")], [("q1", "d30", 1), ("q1", "gone", 1)])
    (sample,) = SUITE.samples(Source(str(data)))
    output = SUITE.answer(Says({"one": names}), sample, 0)
    assert list(output.trace["arms"]) == [*names[:10], "d30"]
    assert output.trace["arms"]["d1"] == {"first": 0.5, "second": 0.25}
    assert output.answer["scores"][:2] == [1.0, 0.5]
    assert SUITE.explain(sample, output) == {"places": {"d30": 31, "gone": None}}
    assert set(output.timing) == {"answer_s"}


def test_groups_and_tags_follow_the_data(tmp_path: Path) -> None:
    data = _folder(
        tmp_path / "set",
        ["d1", "d2"],
        [("q1", "one"), ("q2", "two"), ("q3", "three")],
        [("q1", "d1", 1), ("q2", "d1", 1), ("q3", "d1", 1), ("q3", "d2", 1)],
    )
    assert [sample.group for sample in SUITE.samples(Source(str(data)))] == ["d1", "d1", ""]
    row = {"_id": "q1", "text": "one", "group": "mine", "tags": {"kind": "short"}}
    (data / "queries.jsonl").write_text(json.dumps(row) + "\n")
    (sample,) = SUITE.samples(Source(str(data)))
    assert (sample.group, dict(sample.tags)) == ("mine", {"kind": "short"})


def test_scores_are_those_of_the_metrics() -> None:
    rng = random.Random(5)
    names = [f"d{n}" for n in range(150)]
    for _ in range(50):
        right = {name: float(rng.randint(1, 3)) for name in rng.sample(names, rng.randint(1, 30))}
        ids = rng.sample(names, rng.randint(0, DEPTH))
        scores = SUITE.score(Sample("1", {}, right), Output({"ids": ids, "scores": []}))
        assert scores["ndcg_at_10"] == ndcg(ids, right, 10)
        assert scores["map"] == average_precision(ids, right)
        assert all(scores[f"recall_at_{k}"] == recall_at_k(ids, right, k) for k in (1, 5, 20, 100))


def test_shared_words_count_once_and_ties_keep_the_order() -> None:
    passages = {
        "a": Passage("", "A red kite."),
        "b": Passage("Kite", "It is red, the red one."),
        "c": Passage("", "Nothing."),
        "d": Passage("", "The kites of the red town."),
    }
    found = SharedWords().search(Corpus("", passages, "1"), ["Which red kite is in town?", "of the"], 3)
    assert [[one.id for one in ranking] for ranking in found] == [["d", "a", "b"], []]
    assert [one.score for one in found[0]] == [3, 2, 2]


def test_shared_words_follow_the_corpus() -> None:
    search = SharedWords()
    for name in ("a", "b"):
        corpus = Corpus("", {name: Passage("", "red kite")}, name)
        search.index(corpus)
        assert [one.id for one in search.search(corpus, ["kite"], 5)[0]] == [name]


def test_two_runs_are_the_same_to_the_byte() -> None:
    one, other = (_run(SharedWords()).model_dump_json() for _ in range(2))
    assert one == other
