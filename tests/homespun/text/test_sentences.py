"""Cut exactly, whatever the text, and where a reader would cut it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homespun.text.sentences import Span, sentences, split

# "‖" stands where a sentence ends; the text is the line without it.
CASES = {
    "plain": [
        "The mill closed in May. ‖It reopened in June.",
        "Who was it? ‖Nobody knew! ‖Then the bell rang.",
        "One.‖ Two.‖ Three.",
        "No stop at all",
        "Really?! ‖Yes.",
        "i like it. ‖it is warm.",
        "A line without a stop\n\n‖Another after a blank line",
        "The firm grew. ‖By 1999 it had 40 shops. ‖12 of them failed.",
    ],
    "abbreviations": [
        "Dr. Lind met Mrs. Kay and Prof. Ode. ‖They talked.",
        "Gen. Moor and Lt. Pike rode to St. Ives.",
        "He lives in the U.S. and works in the U.K. as a cook.",
        "He left the U.S. ‖He never came back.",
        "The U.S. President spoke.",
        "It was made by Corbel Inc. in Leeds.",
        "It was made by Corbel Inc. ‖The firm is gone.",
        "Fern & Co. Ltd. makes kites.",
        "Pens, ink, etc. are sold here.",
        "Pens, ink, etc. ‖Paper is free.",
        "Fruit, e.g. plums, i.e. the blue ones, is dear.",
        "Lind et al. Found nothing of the kind.",
        "We meet at 9 a.m. on Friday.",
        "We meet at 9 a.m. ‖Bring a pen.",
        "We meet at 9 a.m. Monday.",
        "The train leaves at 5 p.m. Eastern time.",
        "See Fig. 3 and p. 12 of vol. 2.",
        "See No. 5. ‖It is the best.",
        "Is it hot? ‖No. ‖It is cold.",
        "He was born on Jan. 5 in a barn.",
        "Sam Ode Jr. won the race.",
        "She has a Ph.D. in music.",
        "She has a Ph.D. ‖She teaches.",
        "It weighs approx. five pounds.",
        "Brown vs. Board was a case.",
        "Capt. R. Moe steered.",
    ],
    "initials": [
        "J. Lind sang.",
        "J. R. R. Moor wrote it. ‖All read it.",
        "It was built by A. B. Crane of Hull.",
        "He took vitamin C. ‖It helped.",
        "J.P. Moor paid.",
        "So do I. ‖The others don't.",
    ],
    "numbers": [
        "Pi is 3.14 or so. ‖It goes on.",
        "It cost $1,000. ‖That was all.",
        "It grew by 2.5 per cent.",
        "Use version 2.0.1 of it. ‖Version 1.9 fails.",
        "It was 1999. ‖The war was over.",
        "He ran 5.5 km in 20.5 min. on sand.",
        "It rose to 1.234.567 in all.",
        "The ratio is .5 at most.",
        "Call 555.0199 now.",
    ],
    "ellipses": [
        "Well... I think so.",
        "Well... maybe not.",
        "It went on... ‖Then it stopped.",
        "She waited … and waited.",
        "And so it ended… ‖The crowd left.",
        "It was . . . well, it was late. . . . ‖They left.",
    ],
    "quotes and brackets": [
        '"Come in." ‖He came in.',
        '"Really?" he asked. ‖She nodded.',
        "“It is late.” ‖They left.",
        "He said: ‘No.’ ‖She wept.",
        "(It was cold.) ‖They froze.",
        "They froze (it was cold).",
        "He left (it was late. He was tired.) and slept. ‖She stayed.",
        "The box [see p. 3. It is red.] was shut.",
        "She read «Low Water.» ‖Then she slept.",
        "Run `a. b` twice. ‖Then stop.",
        "*He won.* ‖She lost.",
    ],
    "citations": [
        "It opened in 1932 [1]. ‖It is long [2, 3].",
        "It opened in 1932. [1] ‖It is long. [2][3] ‖It is green.",
        "It opened in 1932.[1] ‖It is long.",
        "It grew (Lind et al., 2020). ‖It shrank (Ode, 1999).",
        "It grew. (Lind et al., 2020) ‖It shrank.",
        "It was so.¹ ‖It is not.",
        "It holds.[^2] ‖It ends.",
        "It is old [1-3]; it is long [4]. ‖It is green.",
    ],
    "lists": [
        "- one\n‖- two\n‖- three",
        "* It is red. ‖It is old.\n‖* It is blue.",
        "1. Wash it.\n‖2. Dry it.",
        "1. Wash it. ‖2. Dry it. ‖3. Eat it.",
        "(a) first\n‖(b) second",
        "• plums\n‖• pears",
        "You need:\n‖- flour\n‖- milk",
        "1) Mix.\n‖2) Bake.",
        "• 9. Wash it.\n‖• 10. Dry it.",
        "a. Wash it. ‖b. Dry it.",
        "| a | b |\n‖| 1 | 2 |",
    ],
    "headings and lines": [
        "# The mill\n‖It is old.",
        "## Part 1. The mill\n\n‖It is old.",
        "The mill\n========\n‖It is old. ‖It is red.",
        "A line that was broken by somebody who wrote to a width\nof sixty letters goes on. ‖Here it ends.",
        "Dear Sam\n‖Thanks for all.",
        "The door was\nopen.",
    ],
    "code": [
        "Run this:\n\n‖```py\nx = 1. y\nprint(x). Z\n```\n‖Done.",
        "Before.\n\n‖    a = 1. B\n    c = 2. D\n\n‖After.",
        "~~~\nA. B\n~~~\n‖End.",
        "```\nnever closed. A\nB. C",
    ],
    "addresses": [
        "See https://a.example/x.y?z=1. ‖Then write.",
        "Write to a.b@c.example. ‖He answers.",
        "Node.js and example.com are names.",
        "Open notes.txt. ‖It is short.",
        "Yahoo! is old.",
    ],
    "no space after the stop": [
        "She went home.‖The man stayed.",
        "He asked why?‖Nobody knew.",
    ],
    "other scripts": [
        "今日は。‖元気？‖はい！",
        "你好。‖再见。",
        "「行く。」‖彼は言った。",
        "क्या हुआ। ‖वह गया।",
        "كيف حالك؟ ‖بخير.",
        "Où est-il ? ‖Il dort.",
    ],
    "tokenised": [
        "no problem . ‖pop came later .",
        "he said `` yes . '' ‖she left .",
    ],
}


def _rows() -> list[tuple[str, str]]:
    return [(kind, case) for kind, cases in CASES.items() for case in cases]


def test_the_table_is_long_enough() -> None:
    assert len(_rows()) >= 80


@pytest.mark.parametrize(("kind", "case"), _rows())
def test_cuts_where_a_reader_would(kind: str, case: str) -> None:
    assert sentences(case.replace("‖", "")) == [piece.strip() for piece in case.split("‖")]


PIECES = [*"abA D.!?…\n\t \"'()[]1-*#`|>=。~:,’”&", "Dr.", "```", "\n\n", "    "]
MARKS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@settings(max_examples=300)
@given(
    st.one_of(
        st.text(max_size=60),
        MARKS,
        st.lists(st.sampled_from(_rows())).map(lambda r: " ".join(c for _, c in r)),
    )
)
def test_every_character_but_space_is_in_exactly_one_span(text: str) -> None:
    spans = split(text)
    covered = [place for span in spans for place in range(span.start, span.end)]
    assert len(covered) == len(set(covered))
    assert covered == sorted(covered)
    assert {place for place, letter in enumerate(text) if not letter.isspace()} <= set(covered)
    for span in spans:
        assert span.of(text) == span.of(text).strip() != ""


@settings(max_examples=100)
@given(MARKS)
def test_white_space_around_a_text_moves_its_spans_and_nothing_else(text: str) -> None:
    text = text.strip()
    moved = split(f"\n\n{text}\n\n")
    assert [Span(span.start - 2, span.end - 2) for span in moved] == split(text)


def test_a_long_text_without_an_end_is_cut_in_linear_time() -> None:
    for text in ("(" * 20_000, "a. " * 20_000, "[1] " * 20_000, ". " * 20_000, "`" * 20_000, "x" * 50_000):
        assert split(text)
