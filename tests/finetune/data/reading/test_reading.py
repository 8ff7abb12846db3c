import copy
import gzip
import json
import re

import pytest
from tokenizers import Tokenizer

from finetune.adapting.rows import Mark
from finetune.data.reading.rows import reading_units
from finetune.data.reading.squad import ReadingExample, paragraphs, read
from finetune.data.reading.unanswerable import unanswerable
from homespun.errors import UsageError
from models.encoders.places import find_minilm
from models.encoders.windows import Layout

PASSAGES = [
    "The lighthouse of Sandholm was built in 1874 by the engineer Otto Brandt. It stands on the northern "
    "cape of the island, where the sea is rough in winter and the rocks are feared by every crew. Ships "
    "from Vessing saw its light first in the autumn of that year.",
    "The harbour of Vessing was opened in 1802 by Queen Marta. Its largest pier is 340 metres long, and the "
    "lighthouse keepers of Sandholm buy their oil there. Greta Holm ran the customs house until 1899.",
]


def made(question: str, passage: int, answer: str) -> ReadingExample:
    text = PASSAGES[passage]
    start = text.index(answer)
    return ReadingExample("Sandholm", question, text, start, start + len(answer))


EXAMPLES = [
    made("Who built the lighthouse of Sandholm?", 0, "Otto Brandt"),
    made("When was the lighthouse of Sandholm built?", 0, "1874"),
    made("Which pier of Vessing is the largest?", 1, "340 metres"),
    made("Who opened the harbour of Vessing in 1802?", 1, "Queen Marta"),
    made("Where does the lighthouse stand on the northern cape?", 0, "the island"),
] * 30


def layout(**changes: int) -> Layout:
    tokenizer = Tokenizer.from_file(str(find_minilm() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return Layout(tokenizer, **{"max_length": 64, "stride": 16, "most_first": 20, **changes})


def test_paragraphs_are_read_with_their_first_answers(tmp_path):
    row = {
        "title": "Sandholm",
        "context": PASSAGES[0],
        "questions": [{"question": " Who? ", "answers": ["Otto Brandt", "Brandt"], "start": 61}],
    }
    with gzip.open(tmp_path / "squad-v1.1.jsonl.gz", "wt") as file:
        file.write(json.dumps(row) + "\n")
    (found,) = read(tmp_path)
    assert (found.group, found.question, found.answer) == ("Sandholm", "Who?", "Otto Brandt")


OWN = {
    "version": "2.0",
    "data": [
        {
            "title": "Sandholm",
            "paragraphs": [
                {
                    "context": PASSAGES[0],
                    "qas": [
                        {"question": " Who? ", "answers": [{"text": "Otto Brandt", "answer_start": 61}]},
                        {"question": "Whose?", "answers": [], "is_impossible": True},
                    ],
                },
                {"context": PASSAGES[1], "qas": []},
            ],
        },
        {"title": "Vessing", "paragraphs": [{"context": PASSAGES[1], "qas": []}]},
    ],
}
"""A file as SQuAD publishes it, version 2.0."""


@pytest.mark.parametrize("indent", [None, 1])
def test_squads_own_file_is_read_as_it_is_published(tmp_path, indent):
    path = tmp_path / "dev-v2.0.json"
    path.write_text(json.dumps(OWN, indent=indent))
    found = list(paragraphs(path))
    assert [one.title for one in found] == ["Sandholm", "Sandholm", "Vessing"]
    who, whose = found[0].questions
    assert (who.question, who.answers, who.start) == (" Who? ", ("Otto Brandt",), 61)
    assert (whose.answers, whose.start) == ((), None)
    answered = copy.deepcopy(OWN)
    del answered["data"][0]["paragraphs"][0]["qas"][1:]
    (tmp_path / "train-v1.1.json").write_text(json.dumps(answered, indent=indent))
    (example,) = read(tmp_path)
    assert (example.group, example.question, example.answer) == ("Sandholm", "Who?", "Otto Brandt")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"context": "c", "questions": []}, "no 'title'"),
        ({"title": None, "context": "c", "questions": []}, "title must be text"),
        ({"title": "T", "context": 3, "questions": []}, "context must be text"),
        ({"title": "T", "context": "c", "questions": [{"question": "q", "answers": "c"}]}, "a list"),
        ({"title": "T", "context": "c", "questions": [{"question": "q", "answers": [3]}]}, "an answer must"),
        ({"title": "T", "context": "c", "questions": ["q"]}, ""),
        ({"title": "T", "paragraphs": [{"context": "c"}]}, "no 'qas'"),
        ({"paragraphs": []}, "no 'title'"),
        ("questions", ""),
        (3, ""),
    ],
)
def test_what_a_record_lacks_is_said(tmp_path, row, said):
    path = tmp_path / "dev.jsonl"
    good = {"title": "T", "context": "c", "questions": []}
    path.write_text(f"{json.dumps(good)}\n\n{json.dumps(row)}\n")
    with pytest.raises(UsageError, match=rf"line 3: not a paragraph with questions.*{said}"):
        list(paragraphs(path))


def test_articles_of_squads_own_file_may_be_lines_and_questions_have_names(tmp_path):
    article = copy.deepcopy(OWN["data"][0])
    article["paragraphs"][0]["qas"][0]["id"] = "5a"
    del article["paragraphs"][0]["qas"][0]["answers"][0]["answer_start"]
    path = tmp_path / "dev.jsonl"
    path.write_text(json.dumps(article) + "\n" + json.dumps(OWN["data"][1]) + "\n")
    found = list(paragraphs(path))
    assert [(one.title, one.place) for one in found] == [
        ("Sandholm", "line 1"),
        ("Sandholm", "line 1"),
        ("Vessing", "line 2"),
    ]
    assert [(one.id, one.answers, one.start) for one in found[0].questions] == [
        ("5a", ("Otto Brandt",), None),
        (None, (), None),
    ]


def test_where_an_answer_begins_is_found_if_it_is_not_told(tmp_path):
    asked = [{"question": "Who?", "answers": ["Otto Brandt"]}]
    row = {"title": "Sandholm", "context": PASSAGES[0], "questions": asked}
    with gzip.open(tmp_path / "squad-v1.1.jsonl.gz", "wt") as file:
        file.write(json.dumps(row) + "\n")
    assert [one.start for one in read(tmp_path)] == [PASSAGES[0].index("Otto Brandt")]
    with gzip.open(tmp_path / "squad-v1.1.jsonl.gz", "at") as file:
        file.write(json.dumps({**row, "context": PASSAGES[1]}) + "\n")
    with pytest.raises(UsageError, match="line 2"):
        list(read(tmp_path))


def test_missing_or_foreign_files_are_told(tmp_path):
    with pytest.raises(UsageError, match=r"squad-v1\.1\.jsonl\.gz or train-v1\.1\.json.*HOMESPUN_DATA"):
        list(read(tmp_path))
    (tmp_path / "train-v1.1.json").write_text('{"data": [{"title": "x", "paragraphs": [{"qas": []}]}]}')
    with pytest.raises(UsageError, match="article 1"):
        list(read(tmp_path))
    (tmp_path / "train-v1.1.json").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="UTF-8"):
        list(read(tmp_path))
    with gzip.open(tmp_path / "squad-v1.1.jsonl.gz", "wt") as file:
        file.write('{"title": "x"}\n')
    with pytest.raises(UsageError, match="line 1"):
        list(read(tmp_path))


def test_unanswerable_questions_lack_their_answer():
    found = list(unanswerable(EXAMPLES, 1))
    kinds = {one.kind for one in found}
    assert kinds == {"passage", "entity", "antonym", "negation", "removed"}
    assert all(one.start == -1 and one.answer == "" for one in found)
    asked = {one.question for one in EXAMPLES}
    for one in found:
        if one.kind == "passage":
            assert one.passage in PASSAGES
            assert one.question in asked
        elif one.kind == "removed":
            assert one.passage not in PASSAGES
        else:
            assert one.question not in asked
            assert one.passage in PASSAGES


def test_the_same_seed_makes_the_same_questions():
    assert list(unanswerable(EXAMPLES, 3)) == list(unanswerable(EXAMPLES, 3))
    assert list(unanswerable(EXAMPLES, 3)) != list(unanswerable(EXAMPLES, 4))


def test_marks_spell_the_answer():
    tokenizer = Tokenizer.from_file(str(find_minilm() / "tokenizer.json"))
    for one in EXAMPLES[:5]:
        rows = [unit[0] for unit in reading_units([one], layout(), 0)]
        (row,) = (row for row in rows if row.marks)
        (start,) = (place for place, mark in row.marks.items() if mark & Mark.START)
        (end,) = (place for place, mark in row.marks.items() if mark & Mark.END)
        assert start >= row.second
        words = tokenizer.decode(list(row.ids[start : end + 1]))
        assert re.sub(r"\W", "", words) == re.sub(r"\W", "", one.answer.lower())


def test_windows_without_the_answer_have_no_marks():
    long = ReadingExample("x", "Who came?", "Nobody came at all. " * 40 + "Then Ada came.", 804 + 1, 808)
    rows = [unit[0] for unit in reading_units([long] * 40, layout(), 0)]
    assert len(rows) > 40
    assert all(len(row.ids) <= 64 for row in rows)
    assert sum(bool(row.marks) for row in rows) == 40
