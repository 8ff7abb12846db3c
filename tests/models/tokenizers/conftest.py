"""A small vocabulary learnt from text of five scripts, and its Rust twin."""

import pytest

from models.tokenizers.bpe import BPETokenizer
from models.tokenizers.fast import Tokenizer

SCRIPTS = {
    "latin": "All human beings are born free and equal in dignity and rights. All have reason.\r\n",
    "cyrillic": "Все люди рождаются свободными и равными в своём достоинстве и правах. Они с разумом.\n",
    "arabic": "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق، وقد وهبوا عقلاً وضميراً. ٣٤٥\n",
    "devanagari": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। १२३\n",
    "han": "人人生而自由，在尊严和权利上一律平等。すべての人間は、生まれながらにして自由であり。12個\n",
}


@pytest.fixture(scope="session")
def scripts() -> dict[str, str]:
    return SCRIPTS


@pytest.fixture(scope="session")
def bpe() -> BPETokenizer:
    # Repeated whole, so that long pieces and overlaps (aaaa, spaces, quotes) are merged too.
    extra = [
        'aaaa aaaaaaa    x    \n\n\n\t\t \'\'\' """ == ==== {"name":"add","arguments":{"x":1}} 👩‍👩‍👧 ❤️ ',
        "<|end|>",
    ]
    return BPETokenizer.train([*SCRIPTS.values(), *extra] * 3, 700)


@pytest.fixture(scope="session")
def fast(bpe: BPETokenizer) -> Tokenizer:
    return Tokenizer.from_json(bpe.to_json())
