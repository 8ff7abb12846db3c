from __future__ import annotations

import pytest

from rag.claims import cited, claim

NOTHING = """
Hello!
Hi there!
You're welcome.
Thanks for asking!
What is it?
“Is that so?”
Here are the steps:
[1]
[1][2]
---
# The mill
```py
x = 1
```
The passages don't say.
Let me know if you need more.
I'd be happy to help with other questions.
A dictionary can tell you.
Please look at a news site.
I'm only a small assistant.
I can only write text here.
I can explain.
Let me know if you need more; I'm happy to help.
Please check a news site, since my knowledge is limited.
A doctor or nurse, if you see one, can tell you.
Please ask a teacher, a librarian or the town's own archive.
""".strip()


@pytest.mark.parametrize(
    "sentence",
    [*(line for line in NOTHING.splitlines() if not line.startswith(("```", "x ="))), "```py\nx = 1\n```"],
)
def test_what_states_nothing_claims_nothing(sentence: str) -> None:
    assert claim(sentence) == ""


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("The mill closed in 1950 [1].", "The mill closed in 1950."),
        ("- It is **very** old. [2][3]", "It is very old."),
        ("3. It is `red`.", "It is red."),
        ("Answer: 1950", "1950"),
        ("Slate", "Slate"),
        ("The mill can tell time.", "The mill can tell time."),
        ("Thanksgiving is in November.", "Thanksgiving is in November."),
        ("Please note that it closed.", "Please note that it closed."),
        ("Please be aware that it closed.", "Please be aware that it closed."),
        ("A dictionary can tell you that it closed.", "A dictionary can tell you that it closed."),
        ("Sure Ltd. sells kites, and it has forty shops.", "Sure Ltd. sells kites, and it has forty shops."),
        *(
            (sentence, sentence)
            for sentence in (
                "I can explain: the treaty was signed in 1850.",
                "Let me know if you need more; the treaty was signed in 1850.",
                "The mayor, who will help you, is Tom.",
                "I can help, the treaty was signed in 1850.",
                "The passages do not mention his birth, he was born in 1950.",
                "The passages do not say, so the answer must be Paris.",
            )
        ),
        ("See [the map](https://a.example) of 1950.", "See [the map](https://a.example) of 1950."),
    ],
)
def test_a_claim_is_the_sentence_without_its_marks(sentence: str, said: str) -> None:
    assert claim(sentence) == said


@pytest.mark.parametrize(
    ("sentence", "numbers"),
    [
        ("It is so [1].", [1]),
        ("It is so [2][1], and so [2].", [2, 1]),
        ("It is so [1, 3; 5].", [1, 3, 5]),
        ("It is so [2-4].", [2, 3, 4]),
        ("It is so [^7].", [7]),
        ("It is so [4-2].", []),
        ("It is so (1), a[b], [x](y), [1](z).", []),
    ],
)
def test_citations_are_read(sentence: str, numbers: list[int]) -> None:
    assert cited(sentence) == numbers
