"""Conversations as reading examples: the answer is the user's own, the newest, or none."""

from collections import Counter

from finetune.data.reading.told import told_examples


def test_answers_are_exact_and_stand_in_what_was_told():
    kinds = Counter()
    for one in told_examples(1, 200):
        kinds[one.kind] += 1
        if one.kind == "told":
            assert one.answer
            assert one.answer.lower() in one.passage.lower()
            assert one.passage.lower().find(one.answer.lower(), one.start + 1) < 0
        else:
            assert (one.start, one.end, one.answer) == (-1, -1, "")
    assert min(kinds[kind] for kind in ("told", "never told", "something else")) > 50


def test_equal_seeds_give_equal_examples():
    assert list(told_examples(1, 20)) == list(told_examples(1, 20)) != list(told_examples(2, 20))
