"""Messages with their intents as rows for the encoder, laid out as in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from finetune.adapting.rows import Row
from finetune.data.intents.messages import Meant
from models.encoders.intent import texts
from models.encoders.windows import Layout


def intent_units(messages: Iterable[Meant], layout: Layout, labels: Sequence[str]) -> Iterator[list[Row]]:
    """One row a message, a unit of its own; its kind is the number of its intent among the labels.

    Raises:
        ValueError: An intent is none of the labels.
    """
    for one in messages:
        window = layout.windows(*layout.pieces(texts(one.before, one.text)))[0]
        yield [Row(window.ids, window.second, {}, labels.index(one.intent))]
