"""Opening data: what's read, and the line that says what's wrong."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.data import HubAddress, parse_hub, read_lines, records
from homespun.errors import HomespunError, UsageError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=5
)


class Hub:
    """Stands for `datasets.load_dataset`; remembers what was asked, and how many rows were read."""

    def __init__(self, **splits: list[dict[str, Any]]) -> None:
        self.splits, self.asked, self.read = splits, (), 0

    def __call__(self, path: str, config: str | None, *, streaming: bool, split: None) -> dict[str, Any]:
        self.asked = (path, config, streaming, split)
        return {name: self._rows(rows) for name, rows in self.splits.items()}

    def _rows(self, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for row in rows:
            self.read += 1
            yield row


@settings(max_examples=50)
@given(
    st.lists(st.dictionaries(st.text(), JSON, max_size=3), min_size=1, max_size=5),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
    st.booleans(),
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], end: str, zipped: bool
) -> None:
    # Text that isn't escaped holds breaks of every kind but the one that ends a line.
    data = "".join(json.dumps(row, ensure_ascii=False) + end for row in rows)
    path = tmp_path_factory.getbasetemp() / ("rows.jsonl.gz" if zipped else "rows.jsonl")
    encoded = data.encode()
    path.write_bytes(gzip.compress(encoded) if zipped else encoded)
    assert list(records(path, what="rows", fields=())) == rows


def test_a_byte_order_mark_is_no_part_of_the_data(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "a"}')
    assert list(records(path, what="rows", fields=())) == [{"text": "a"}]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('{"text": ', "line 3, is not JSON"),
        ("[1]", "line 3, is not a JSON object"),
        ('{"text": NaN}', "NaN is not a JSON value"),
        pytest.param("[" * 200_000, "line 3, is not JSON", id="deep"),
        ('{"other": 1}', "line 3, has no 'text': poems need 'text'"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, wrong: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a"}\n\n' + line + "\n")
    with pytest.raises(UsageError, match=wrong):
        list(records(path, what="poems", fields=["text"]))


def test_a_limit_reads_no_further(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "a"}\n{"text": "b"}\nbroken\n')
    found = list(records(str(path), what="poems", fields=["text"], limit=2))
    assert [row["text"] for row in found] == ["a", "b"]


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    for address, wrong in ((tmp_path / "none.jsonl", "There is no file"), (tmp_path, "is a folder")):
        with pytest.raises(UsageError, match=wrong):
            list(records(address, what="poems", fields=[]))


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    latin, cut, fake = tmp_path / "latin.txt", tmp_path / "cut.txt.gz", tmp_path / "fake.txt.gz"
    latin.write_bytes(b"caf\xe9\n")
    cut.write_bytes(gzip.compress(b"some text\n" * 1000)[:-20])
    fake.write_bytes(b"not zipped")
    for path, wrong in ((latin, "not UTF-8"), (cut, "not a whole gzip"), (fake, "not a whole gzip")):
        with pytest.raises(UsageError, match=wrong):
            list(read_lines(path))


def test_the_line_that_is_no_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"text": "a"}\n{"text": "caf\xe9"}\n')
    with pytest.raises(UsageError, match="line 2, is not UTF-8"):
        list(read_lines(path))


@pytest.mark.parametrize("text", ['[{"text": "a"}]', '[\n {"text": "a"}\n]\n'])
def test_one_big_array_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rows.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="line 1, is not a JSON object but begins an array"):
        list(records(path, what="poems", fields=[]))


def test_data_without_records_is_named_unless_there_may_be_none(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n\n")
    with pytest.raises(UsageError, match=r"rows\.jsonl is empty; it should hold poems"):
        list(records(path, what="poems", fields=[]))
    assert list(records(path, what="poems", fields=[], empty=True)) == []


def test_a_hint_ends_the_line_about_a_missing_field(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("{}")
    with pytest.raises(UsageError, match=r"docs/data\.md tells\. A text rhymes\.$"):
        list(records(path, what="poems", fields=["text"], hint="A text rhymes."))


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("hf:org/name", HubAddress("org/name")),
        ("hf:name@dev:body", HubAddress("name", split="dev", column="body")),
        ("hf:org/name/en-2@train", HubAddress("org/name", "en-2", "train")),
        ("hf:org/name:first column", HubAddress("org/name", column="first column")),
    ],
)
def test_an_address_is_taken_apart(address: str, parts: HubAddress) -> None:
    assert parse_hub(address) == parts


@pytest.mark.parametrize("address", ["hf:", "hf:a/b/c/d", "hf:a b", "hf:a@", "a/b"])
def test_what_is_no_address_is_told(address: str) -> None:
    with pytest.raises(UsageError, match="Write hf:<org/name>"):
        parse_hub(address)


def test_a_public_set_is_streamed_from_its_test_split() -> None:
    hub = Hub(train=[{"text": "no"}], test=[{"text": str(i), "n": i} for i in range(9)])
    found = list(records("hf:org/set/en", what="poems", fields=["text"], limit=2, load=hub))
    assert found == [{"text": "0", "n": 0}, {"text": "1", "n": 1}]
    assert hub.asked == ("org/set", "en", True, None)
    assert hub.read == 2


def test_a_split_and_a_column_may_be_named() -> None:
    hub = Hub(train=[{"body": "yes"}], test=[{"body": "no"}])
    found = list(records("hf:org/set@train:body", what="poems", fields=["text"], load=hub))
    assert [row["text"] for row in found] == ["yes"]


def test_what_a_public_set_lacks_is_told() -> None:
    hub = Hub(test=[{"text": "a"}])
    for address, fields, wrong in (
        ("hf:org/set@dev", ["text"], "has no split 'dev'. It has: 'test'"),
        ("hf:org/set:body", ["text"], "has no column 'body'. It has: 'text'"),
        ("hf:org/set", ["title"], r"org/set \(test\), row 1, has no 'title'"),
    ):
        with pytest.raises(UsageError, match=wrong):
            list(records(address, what="poems", fields=fields, load=hub))


def test_an_unreachable_hub_is_a_failure_not_misuse() -> None:
    def load(*_: object, **__: object) -> None:
        raise ConnectionError("no route\nto host")

    with pytest.raises(HomespunError, match="can't be read from the hub") as caught:
        list(records("hf:org/set", what="poems", fields=[], load=load))
    assert caught.value.exit_status == 1
    assert "\n" not in str(caught.value)


def test_without_datasets_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    with pytest.raises(UsageError, match=r"\[data\]"):
        list(records("hf:org/set", what="poems", fields=[]))


def test_the_hub_is_asked_once_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    api = pytest.importorskip("huggingface_hub").HfApi
    pytest.importorskip("datasets")
    asked = []

    def unreachable(self: Any, path: str, *, timeout: float) -> None:
        asked.append((path, timeout))
        raise ConnectionError("no route to host")

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(api, "dataset_info", unreachable)
    monkeypatch.setattr("datasets.load_dataset", lambda *_, **__: pytest.fail("was loaded"))
    with pytest.raises(HomespunError, match="org/set can't be read from the hub"):
        list(records("hf:org/set", what="poems", fields=[]))
    assert asked == [("org/set", 10.0)]


def test_a_set_that_the_hub_has_not_is_misuse(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = pytest.importorskip("huggingface_hub")
    pytest.importorskip("datasets")
    missing = hub.errors.RepositoryNotFoundError.__new__(hub.errors.RepositoryNotFoundError)

    def none(self: Any, path: str, *, timeout: float) -> None:
        raise missing

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub.HfApi, "dataset_info", none)
    with pytest.raises(UsageError, match="The hub has no data set org/set"):
        list(records("hf:org/set", what="poems", fields=[]))


def test_remarks_on_each_attempt_are_kept_back_while_opening(caplog: pytest.LogCaptureFixture) -> None:
    import logging

    logger = logging.getLogger("huggingface_hub.utils")

    def load(*_: object, **__: object) -> dict[str, list[dict[str, Any]]]:
        logger.warning("Retrying in 8s")
        return {"test": [{"text": "a"}]}

    assert len(list(records("hf:org/set", what="poems", fields=[], load=load))) == 1
    assert not caplog.records
    logger.warning("afterwards")
    assert [record.message for record in caplog.records] == ["afterwards"]
