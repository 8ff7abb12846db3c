from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from evals.suites.retrieval.collection import Collection, read
from evals.systems import Passage
from homespun.errors import UsageError

PASSAGES = [{"_id": "d1", "title": "One", "text": "first"}, {"_id": "d2", "text": "second"}]
QUERIES = [{"_id": "q1", "text": "where?"}, {"_id": "q2", "text": "who?"}]
QRELS = "query-id\tcorpus-id\tscore\nq1\td2\t2\nq1\td1\t0\nq2\td1\t1\n"


def _lines(rows: Sequence[Mapping[str, object]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def _beir(folder: Path, corpus: str = "", queries: str = "", **qrels: str) -> Path:
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(corpus or _lines(PASSAGES))
    (folder / "queries.jsonl").write_text(queries or _lines(QUERIES))
    for name, text in (qrels or {"test": QRELS}).items():
        (folder / "qrels" / f"{name}.tsv").write_text(text)
    return folder


def _right(found: Collection) -> dict[str, dict[str, float]]:
    return {query.id: dict(query.relevant) for query in found.queries}


def test_beirs_layout_is_read(tmp_path: Path) -> None:
    found = read(_beir(tmp_path / "fiqa"))
    assert found.corpus.name == "fiqa"
    assert found.corpus.passages == {"d1": Passage("One", "first"), "d2": Passage("", "second")}
    assert [query.text for query in found.queries] == ["where?", "who?"]
    assert _right(found) == {"q1": {"d2": 2.0}, "q2": {"d1": 1.0}}


def test_test_comes_before_dev_and_train_and_queries_of_other_splits_are_left_out(tmp_path: Path) -> None:
    other = "query-id\tcorpus-id\tscore\nq2\td2\t1\n"
    assert _right(read(_beir(tmp_path / "a", train=QRELS, dev=QRELS, test=other))) == {"q2": {"d2": 1.0}}
    assert _right(read(_beir(tmp_path / "b", train=QRELS, dev=other))) == {"q2": {"d2": 1.0}}
    assert _right(read(_beir(tmp_path / "c", mine=other))) == {"q2": {"d2": 1.0}}


def test_files_may_be_gzipped_and_the_heading_missing(tmp_path: Path) -> None:
    folder = _beir(tmp_path / "set", test="q1\td1\t1\n")
    for name in ("corpus.jsonl", "queries.jsonl"):
        (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes()))
        (folder / name).unlink()
    assert _right(read(folder)) == {"q1": {"d1": 1.0}}


def test_a_passage_that_is_the_query_is_hidden_unless_it_is_right(tmp_path: Path) -> None:
    queries = _lines([{"_id": "d1", "text": "first"}, {"_id": "d2", "text": "second"}])
    found = read(_beir(tmp_path / "set", queries=queries, test="d1\td2\t1\nd2\td2\t1\n"))
    assert [query.hidden for query in found.queries] == ["d1", ""]


@pytest.mark.parametrize(
    ("corpus", "queries", "qrels", "message"),
    [
        ('{"_id": "d1"}\n', "", QRELS, r"corpus\.jsonl, line 1, has no 'text'"),
        (_lines([*PASSAGES, PASSAGES[0]]), "", QRELS, r"corpus\.jsonl, line 3: a second passage"),
        ('{"_id": "d1", "text": ["a"]}\n', "", QRELS, "must be texts"),
        ("", '{"text": "a"}\n', QRELS, r"queries\.jsonl, line 1, has no '_id'"),
        ("", '{"_id": "q1", "text": "a", "tags": "b"}\n', QRELS, "tags must be an object"),
        ("", "", "query-id\tcorpus-id\tscore\nq1 d1 1\n", r"test\.tsv, line 2"),
        ("", "", "q1\td1\tgood\n", r"test\.tsv, line 1"),
        ("", "", "q1\td1\t0\n", "no queries for which"),
        ("", "", "q1\td9\t1\n", "none of the passages that are judged"),
    ],
)
def test_what_is_wrong_in_it_is_named(
    tmp_path: Path, corpus: str, queries: str, qrels: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        read(_beir(tmp_path / "set", corpus, queries, test=qrels))


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    folder = _beir(tmp_path / "set")
    (folder / "qrels" / "test.tsv").unlink()
    with pytest.raises(UsageError, match="qrels should be a folder"):
        read(folder)
    (folder / "queries.jsonl").unlink()
    with pytest.raises(UsageError, match=r"lacks queries\.jsonl"):
        read(folder)


DOCUMENTS = """<doc>
<docno>1</docno>
<title>wings &amp; things</title>
<author>smith & sons</author>
<text>wings & things
  of lift .</text>
</doc>
<doc>
<docno> 2 </docno>
<title></title>
<text>slender bodies with p < q .</text>
</doc>"""
TOPICS = """<?xml version='1.0'?>
<xml>
<top>
<num> 1</num>
<title>
what lifts
a wing .
</title>
</top>
<top>
<num> 4</num>
<title>
slender bodies ?
</title>
</top>
</xml>"""


def _cranfield(folder: Path, judgements: str = "1 0 1 3\n1 0 2 -1\n2 0  2 1\n") -> Path:
    folder.mkdir()
    (folder / "cran.all.1400.xml").write_text(DOCUMENTS)
    (folder / "cran.qry.xml").write_text(TOPICS)
    (folder / "cranqrel.trec.txt").write_text(judgements)
    return folder


def test_cranfield_is_read_and_judgements_name_places(tmp_path: Path) -> None:
    found = read(_cranfield(tmp_path / "cranfield"))
    assert found.corpus.passages == {
        "1": Passage("wings & things", "wings & things of lift ."),
        "2": Passage("", "slender bodies with p < q ."),
    }
    assert [query.text for query in found.queries] == ["what lifts a wing .", "slender bodies ?"]
    assert _right(found) == {"1": {"1": 1.0}, "2": {"2": 1.0}}


def test_cranfields_faults_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cranqrel\.trec\.txt, line 1"):
        read(_cranfield(tmp_path / "a", "1 0 1\n"))
    folder = _cranfield(tmp_path / "b")
    (folder / "cran.qry.xml").unlink()
    with pytest.raises(UsageError, match=r"lacks cran\.qry\.xml"):
        read(folder)


SQUAD = [
    {
        "title": "Black_Hole",
        "context": "It is dark.",
        "questions": [{"question": "How is it?", "answers": ["dark"]}, {"question": "Why?", "answers": []}],
    },
    {
        "title": "Black_Hole",
        "context": "It is far.",
        "questions": [{"question": "Where is it?", "answers": ["far"]}],
    },
    {
        "title": "Black_Hole",
        "context": "It is dark.",
        "questions": [{"question": "Is it light?", "answers": ["dark"]}],
    },
]


def test_squads_questions_are_asked_of_all_paragraphs(tmp_path: Path) -> None:
    path = tmp_path / "squad.jsonl"
    path.write_text(_lines(SQUAD))
    found = read(path)
    assert found.corpus.passages == {
        "1": Passage("Black Hole", "It is dark."),
        "2": Passage("Black Hole", "It is far."),
    }
    assert _right(found) == {"1-1": {"1": 1.0}, "2-1": {"2": 1.0}, "3-1": {"1": 1.0}}
    assert {query.group for query in found.queries} == {"Black_Hole"}


def test_squads_own_file_keeps_its_ids(tmp_path: Path) -> None:
    asked = [{"id": "x7", "question": "How?", "answers": [{"text": "dark", "answer_start": 6}]}]
    path = tmp_path / "dev-v1.1.json"
    article = {"title": "Hole", "paragraphs": [{"context": "It is dark.", "qas": asked}]}
    path.write_text(json.dumps({"version": "1.1", "data": [article]}, indent=1))
    assert _right(read(path)) == {"x7": {"1": 1.0}}


def test_what_is_no_collection_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no collection"):
        read(tmp_path)
    with pytest.raises(UsageError, match="no file or folder"):
        read(tmp_path / "none")
    with pytest.raises(UsageError, match="from this machine"):
        read("hf:BeIR/scifact")
    path = tmp_path / "rows.jsonl"
    path.write_text('{"nothing": 1}\n')
    with pytest.raises(UsageError, match=r"line 1.*docs/data\.md"):
        read(path)
    path.write_text(_lines([{**SQUAD[0], "questions": [{"question": "Why?", "answers": []}]}]))
    with pytest.raises(UsageError, match="no queries for which"):
        read(path)


def test_the_pages_example_of_beirs_layout_is_read(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
    section = page.split("## `retrieval`")[1].split("\n## ")[0]
    (rows,) = re.findall(r"^```json\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    (qrels,) = re.findall(r"^```tsv\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    corpus, queries = rows.splitlines()
    (query,) = read(_beir(tmp_path / "set", corpus, queries, test=qrels)).queries
    assert (query.group, dict(query.tags), dict(query.relevant)) == (
        "Ferry",
        {"wording": "same"},
        {"ferry-1": 1.0},
    )
