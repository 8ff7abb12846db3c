"""A sample as HTML: escaped, its unsupported sentences marked, values as people read them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apps.pages.evals import sample
from evals.result import Answered, Asked, Record

NASTY = '<img src=x onerror="boom()">'


def record(**changed: object) -> Record:
    given: dict[str, object] = {
        "suite": "answers",
        "system": NASTY,
        "sample": Asked(id=NASTY, input={"question": NASTY}, target=[NASTY], tags={NASTY: NASTY}),
        "digest": "d",
        "output": Answered(
            answer=NASTY, passages=[NASTY], trace={"x": NASTY, "support": [{"start": 0, "end": 9}]}
        ),
        "scores": {NASTY: 1.0, "right": 0.0},
    }
    return Record(**{**given, **changed})  # type: ignore[arg-type]


def test_whatever_a_model_says_is_text() -> None:
    for one in (record(), record(error=NASTY, output=None)):
        page = sample.detail(one, {})
        assert "<img" not in page
        assert page.count("&lt;img") >= 4


def test_unsupported_sentences_are_marked() -> None:
    text = "Ada was born. She flew <home>."
    support = [
        {"start": 14, "end": 30, "verdict": "unsupported", "passage": 1},
        {"start": 0, "end": 13, "verdict": "supported", "passage": 0},
        {"start": 5, "end": 400, "verdict": "unsupported"},
    ]
    page = sample.marked(text, support)
    assert "<mark class='supported' title='supported, passage 1'>Ada was born.</mark> " in page
    assert "<mark class='unsupported' title='unsupported, passage 2'>She flew &lt;home&gt;.</mark>" in page
    assert "1 of 2 sentences unsupported." in page


spans = st.fixed_dictionaries(
    {"start": st.integers(-3, 20), "end": st.integers(-3, 20), "verdict": st.text()}
)


@given(st.text(max_size=15), st.lists(spans, max_size=4))
def test_marking_loses_no_text(text: str, support: list[dict[str, object]]) -> None:
    import re
    from html import unescape

    page = sample.marked(text, support).split("</p>")[0]
    assert unescape(re.sub(r"<(p|/?mark)\b[^>]*>", "", page)) == unescape(text.replace("&", "&amp;"))


def test_the_list_tells_failures_apart_and_leaves_baselines_out() -> None:
    asked = {name: Asked(id=name, input={"question": f"q {name}"}) for name in "abcd"}
    records = [
        record(sample=asked["a"], scores={"right": 1.0}),
        record(sample=asked["b"], scores={"right": 0.0}),
        record(sample=asked["c"], error="KeyError: no", scores={}),
        record(sample=asked["d"], scores={"right": 0.0}, baseline=True),
    ]

    def listed(show: str, suite: str = "", among: set[tuple[str, str]] | None = None) -> list[str]:
        return [line for line, _ in sample.choose(records, {}, show, suite, among)]

    assert listed("all") == ["✓ a  q a", "× b  q b", "! c  KeyError: no"]
    assert listed("failed") == ["× b  q b", "! c  KeyError: no"]
    assert listed("wrong") == ["× b  q b"]
    assert listed("errors") == ["! c  KeyError: no"]
    assert listed("right") == ["✓ a  q a"]
    assert listed("all", "lm") == []
    assert listed("all", "", {("answers", "b")}) == ["× b  q b"]


def test_values_as_people_read_them() -> None:
    talk = sample.value([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}])
    assert talk.count("<li") == 2
    assert "class='user'" in talk
    assert sample.value([{"user": "Hi", "reply": "Yes?"}, {"user": "So", "reply": "What"}]).count("<li") == 4
    assert "<dt>first part</dt>" in sample.value({"first_part": "a", "b": 2})
    assert "(empty)" in sample.value("")
    assert "9,000 characters" in sample.value("x" * 9000)
    assert "[[1, 2], [3]]" in " ".join(sample.value([[1, 2], [3]]).split()).replace("[ ", "[").replace(
        " ]", "]"
    )
