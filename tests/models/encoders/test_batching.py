from hypothesis import given, settings
from hypothesis import strategies as st

from models.encoders.batching import batches


@given(st.lists(st.integers(1, 300), max_size=60), st.integers(1, 700))
@settings(deadline=None)
def test_batches_hold_every_text_once_and_keep_their_size(lengths: list[int], most: int) -> None:
    found = list(batches(lengths, most))
    assert sorted(place for batch in found for place in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[place] for place in batch) <= most
