from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.reliability import reliability_bins
from evals.report import plots

FIGURES = st.floats(-1e6, 1e6, allow_nan=False)
HOSTILE = "<script>x</script>\"&'>"


def parse(markup: str) -> ElementTree.Element:
    """Reads markup as XML, which every plot is."""
    return ElementTree.fromstring(f"<x>{markup}</x>")


def of_class(markup: str, name: str) -> list[ElementTree.Element]:
    return [one for one in parse(markup).iter() if name in (one.get("class") or "").split()]


def test_the_dot_lies_at_its_share_of_the_width() -> None:
    point = plots.Point("x", 0.25, 0.1, 0.5, "25 %", marks=(("length", 0.75, "75 %"),))
    drawn = plots.track(point, plots.SHARES)
    assert [dot.get("cx") for dot in of_class(drawn, "dot")] == ["25.0%"]
    assert [mark.get("x") for mark in of_class(drawn, "mark")] == ["75.0%"]
    assert of_class(drawn, "whisker")[0].attrib.items() >= {"x1": "10.0%", "x2": "50.0%"}.items()


def test_an_undefined_figure_has_no_dot() -> None:
    drawn = plots.track(plots.Point("x", None, shown="–"), plots.SHARES)
    assert not of_class(drawn, "dot")
    assert not of_class(drawn, "whisker")


def test_plots_say_in_words_what_they_show() -> None:
    point = plots.Point("recall", 0.5, 0.4, 0.6, "50 % (40–60)", marks=(("length", 0.3, "30 %"),))
    drawings = {
        plots.interval_plot([point], plots.SHARES, title="t"): "recall: 50 % (40–60); length 30 %",
        plots.histogram([0.1, 0.2], title="scores"): "scores",
        plots.reliability_plot([0.2, 0.8], [0, 1], title="judge"): "judge",
    }
    for markup, told in drawings.items():
        images = [one for one in parse(markup).iter("svg") if one.get("role") == "img"]
        assert images
        for image in images:
            assert image.findtext("title") == told
            assert image.findtext("desc")


@given(st.lists(FIGURES, min_size=1, max_size=8), st.sampled_from(["", "s", "bytes", "bits"]), st.booleans())
def test_every_figure_lies_on_its_axis(values: list[float], unit: str, zero: bool) -> None:
    axis = plots.axis_for(values, unit, zero=zero)
    assert axis.low < axis.high
    room = 1e-6 * (axis.high - axis.low)
    assert all(axis.low - room <= value <= axis.high + room for value in values)
    assert 2 <= len(axis.ticks) <= 8
    said = [text for _, text in axis.ticks if text]
    assert len(set(said)) == len(said) >= 2


def test_differences_have_zero_in_the_middle() -> None:
    axis = plots.axis_for([-0.24, 0.1], "", zero=True)
    assert [text for _, text in axis.ticks] == ["−25", "", "0", "", "+25 points"]


@given(st.lists(FIGURES, min_size=1, max_size=40))
def test_a_histogram_counts_every_value(values: list[float]) -> None:
    bars = of_class(plots.histogram(values, title="x", unit="count"), "bar")
    assert sum(int((bar.findtext("title") or "").rsplit(" ", 1)[1]) for bar in bars) == len(values)


def test_two_groups_are_drawn_up_and_down() -> None:
    drawn = plots.histogram([0.9] * 4, other=[0.1, 0.1], title="x")
    (up,), (down,) = of_class(drawn, "up"), of_class(drawn, "down")
    assert float(up.get("height") or 0) == 2 * float(down.get("height") or 0)
    assert float(up.get("y") or 0) < float(down.get("y") or 0)


def test_a_judge_that_means_what_it_says_lies_on_the_diagonal() -> None:
    scores, labels = [0.25] * 4 + [0.75] * 4, [1, 0, 0, 0, 1, 1, 1, 0]
    drawn = plots.reliability_plot(scores, labels, title="x")
    low, high = of_class(drawn, "dot")
    diagonal = of_class(drawn, "reference")[0]
    x1, y1, x2, y2 = (float(diagonal.get(name) or 0) for name in ("x1", "y1", "x2", "y2"))
    for dot in (low, high):
        share = (float(dot.get("cx") or 0) - x1) / (x2 - x1)
        assert float(dot.get("cy") or 0) == pytest.approx(y1 + share * (y2 - y1))


def test_a_judge_is_drawn_in_the_bins_of_its_calibration_error() -> None:
    # 0.1 and 0.11 are of two bins, 0.15 and 0.2 of one: bins hold their upper end.
    scores, labels = [0.1, 0.11, 0.15, 0.2, 1.0], [0, 1, 0, 1, 1]
    told = [
        dot.findtext("title") for dot in of_class(plots.reliability_plot(scores, labels, title="x"), "dot")
    ]
    bins = reliability_bins(scores, labels)
    assert told == [
        f"said {one.score:.0%}, was so in {one.label:.0%} of {one.weight:g}".replace("%", " %")
        for one in bins
    ]
    assert [one.weight for one in bins] == [1, 3, 1]


def test_a_plot_of_no_scores_says_so() -> None:
    assert "no scores" in plots.reliability_plot([], [], title="x")


def test_wilsons_interval_is_wilsons() -> None:
    # Newcombe 1998, table I: 81 of 263.
    assert plots.wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_names_are_escaped() -> None:
    point = plots.Point(
        HOSTILE, 0.5, 0.4, 0.6, HOSTILE, ((HOSTILE, 0.2, HOSTILE),), link=HOSTILE, note=HOSTILE
    )
    for markup in (
        plots.interval_plot([point], plots.SHARES, title=HOSTILE),
        plots.histogram([1.0], title=HOSTILE),
        plots.reliability_plot([0.5], [1], title=HOSTILE),
    ):
        assert not [one for one in parse(markup).iter() if one.tag == "script"]
