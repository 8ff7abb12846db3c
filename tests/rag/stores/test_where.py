"""Filters in Chroma's words; that they mean the same is tested in `test_filters.py`."""

from __future__ import annotations

import pytest

from homespun.errors import UsageError
from rag.stores.where import to_where


def test_one_key_and_one_operator_at_a_time() -> None:
    assert to_where({"a": 1}) == {"a": {"$eq": 1}}
    assert to_where({"a": {"$gt": 1, "$lt": 3}, "b": "x"}) == {
        "$and": [{"a": {"$gt": 1}}, {"a": {"$lt": 3}}, {"b": {"$eq": "x"}}]
    }


def test_lists_are_of_one_type_each() -> None:
    assert to_where({"a": {"$in": [1, "x", 2, True]}}) == {
        "$or": [{"a": {"$in": [1, 2]}}, {"a": {"$in": ["x"]}}, {"a": {"$in": [True]}}]
    }
    assert to_where({"a": {"$nin": [1, "x"]}}) == {"$and": [{"a": {"$nin": [1]}}, {"a": {"$nin": ["x"]}}]}


def test_what_is_no_filter_is_told() -> None:
    with pytest.raises(UsageError):
        to_where({"a": {"$contains": "x"}})
