"""Plots as inline SVG: dot and whisker, reliability, histogram.

Contract: pure functions of plain values that give safe markup. Colours come from classes in the style sheet,
so light and dark need no twins; positions along the horizontal axis are shares of the width, so a plot is as
wide as its place and its text stays readable. Each drawing says in words what it shows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from evals.report.figures import fixed, number, scale

SIGNS = ("│", "○", "◇", "△")
"""What marks the first, second … baseline, in the plot and beside it."""

_NOTHING = 1e-9


@dataclass(frozen=True)
class Axis:
    """A horizontal axis from `low` to `high` with ticks and their labels."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...] = ()

    def at(self, value: float) -> float:
        """Returns where a value lies, in per cent of the width, within the plot."""
        return round(min(100.0, max(0.0, 100 * (value - self.low) / (self.high - self.low))), 2)


@dataclass(frozen=True)
class Point:
    """One dot with its whisker.

    Attributes:
        label: what it is.
        value: where the dot is; None draws none.
        low: where the whisker begins; None draws none.
        high: where it ends.
        shown: value and interval in words.
        marks: baselines: name, value and value in words.
        tone: "good", "bad", "plain" or "faint".
        link: a fragment of the page that the label leads to.
        note: words under the label.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    shown: str = ""
    marks: tuple[tuple[str, float, str], ...] = ()
    tone: str = "plain"
    link: str = ""
    note: str = ""


SHARES = Axis(0, 1, tuple((tick, f"{tick:.0%}".replace("%", " %")) for tick in (0, 0.25, 0.5, 0.75, 1)))


def axis_for(values: Sequence[float | None], unit: str, *, zero: bool = False) -> Axis:
    """Returns an axis over the values with round ticks: 0 to 100 % for shares.

    Args:
        values: what must fit.
        unit: of the measure.
        zero: whether 0 is in the middle: an axis of differences.
    """
    known = [value if abs(value) > _NOTHING else 0.0 for value in values if value is not None] or [0.0]
    if zero:
        most = _ceiling(max(abs(value) for value in known) or 1.0)
        (low, said), (_, none), (high, end) = _ticks([-most, 0.0, most], unit, zero=True)
        return Axis(low, high, ((low, said), (low / 2, ""), (0.0, none), (high / 2, ""), (high, end)))
    if not unit and min(known) >= 0 and max(known) <= 1:
        return SHARES
    low, high = min(known), max(known)
    low, high = (0.0 if 0 <= low <= high / 2 else low), high
    if high - low <= _NOTHING * max(abs(low), abs(high), 1.0):
        low, high = low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2
    step = _step((high - low) / 4)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = [place * step for place in range(first, last + 1)]
    return Axis(ticks[0], ticks[-1], _ticks(ticks, unit))


def interval_plot(points: Sequence[Point], axis: Axis, *, title: str, reference: float | None = None) -> str:
    """Returns rows of label, dot with whisker and figure over one axis.

    Args:
        points: one a row.
        axis: shared by all.
        title: what the plot shows.
        reference: a value marked through all rows: the whole, or no difference.
    """
    rows = "".join(_row(point, axis, reference) for point in points)
    return (
        f'<figure class="intervals" role="group" aria-label="{_safe(title)}">{rows}'
        f'<div class="row axis-row"><div class="track">{_axis(axis)}</div></div></figure>'
    )


def track(point: Point, axis: Axis, *, reference: float | None = None, grid: bool = True) -> str:
    """Returns one dot with its whisker and the baselines' marks."""
    told = f"{point.label}: {point.shown}" + "".join(f"; {name} {shown}" for name, _, shown in point.marks)
    parts = [f"<title>{_safe(told)}</title>", f"<desc>{_safe(_words(axis))}</desc>"]
    if grid:
        parts += [_line(axis.at(tick), 0, 24, "grid") for tick, _ in axis.ticks]
    else:
        parts.append('<line x1="0%" x2="100%" y1="12" y2="12" class="grid"/>')
    if reference is not None:
        parts.append(_line(axis.at(reference), 0, 24, "reference"))
    parts += [_mark(i, axis.at(value), name, shown) for i, (name, value, shown) in enumerate(point.marks)]
    if point.low is not None and point.high is not None:
        left, right = axis.at(point.low), axis.at(point.high)
        parts.append(f'<line x1="{left}%" x2="{right}%" y1="12" y2="12" class="whisker"/>')
        parts += [_line(end, 8, 16, "whisker") for end in (left, right)]
    if point.value is not None:
        parts.append(f'<circle cx="{axis.at(point.value)}%" cy="12" r="5" class="dot"/>')
    return f'<svg class="draw {_safe(point.tone)}" height="24" role="img">{"".join(parts)}</svg>'


def histogram(
    values: Sequence[float], *, title: str, unit: str = "", other: Sequence[float] = (), bins: int = 20
) -> str:
    """Returns how often which values came; `other` is drawn downwards, for a comparison.

    Args:
        values: at least one.
        title: what they are.
        unit: of the values.
        other: a second group.
        bins: how many bars at most.
    """
    everything = [*values, *other]
    axis = axis_for(everything, unit)
    whole = all(value == round(value) for value in everything) and axis.high - axis.low < bins
    if whole and (unit or axis is not SHARES):
        bins = max(1, round(axis.high - axis.low) + 1)
        ticks = tuple(tick for tick in axis.ticks if float(tick[0]).is_integer())
        axis = Axis(axis.low - 0.5, axis.high + 0.5, ticks)
    counts, downs = _counts(values, axis, bins), _counts(other, axis, bins)
    most = max(*counts, *downs)
    tall, floor = 84, 100
    parts = [f"<title>{_safe(title)}</title>", f"<desc>{_safe(_told(counts, downs, axis, unit))}</desc>"]
    for i, (up, down) in enumerate(zip(counts, downs, strict=True)):
        left, width = round(100 * i / bins, 3), round(100 / bins * 0.9, 3)
        place = f"{_edge(axis, i, bins, unit)}–{_edge(axis, i + 1, bins, unit)}"
        for size, name in ((up, "up"), (down, "down")):
            if size:
                high = max(1.0, round(tall * size / most, 1))
                top = floor - high if name == "up" else floor + 1
                parts.append(
                    f'<rect x="{left}%" width="{width}%" y="{top}" height="{high}" class="bar {name}">'
                    f"<title>{_safe(place)}: {size:,}</title></rect>"
                )
    bottom = floor + (tall + 2 if other else 0)
    parts.append(f'<line x1="0%" x2="100%" y1="{floor}.5" y2="{floor}.5" class="base"/>')
    parts.append(f'<text x="0%" y="10" class="tick">{most:,}</text>')
    return f'<svg class="draw histogram" height="{bottom + 2}" role="img">{"".join(parts)}</svg>{_axis(axis)}'


def reliability_plot(scores: Sequence[float], labels: Sequence[float], *, title: str, bins: int = 10) -> str:
    """Returns how often what was given a probability was so: on the diagonal, a judge says what it means.

    Args:
        scores: probabilities in [0, 1].
        labels: 1 where it was so, else 0; as many as scores.
        title: what the plot shows.
        bins: of equal width, the same as those of the calibration error (ECE).
    """
    from evals.metrics.reliability import reliability_bins

    size, pad = 260.0, 34.0
    groups = reliability_bins(scores, [float(label > 0.5) for label in labels], bins=bins) if scores else []

    def spot(x: float, y: float) -> tuple[float, float]:
        return round(pad + x * size, 1), round(8 + (1 - y) * size, 1)

    parts = [f"<title>{_safe(title)}</title>"]
    told = []
    for tick in (0, 0.25, 0.5, 0.75, 1):
        x, y = spot(tick, tick)
        text = f"{tick * 100:.0f} %"
        parts += [
            f'<line x1="{x}" x2="{x}" y1="8" y2="{8 + size}" class="grid"/>',
            f'<line x1="{pad}" x2="{pad + size}" y1="{y}" y2="{y}" class="grid"/>',
            f'<text x="{x}" y="{size + 24}" class="tick middle">{text}</text>',
            f'<text x="{pad - 5}" y="{y + 4}" class="tick end">{text}</text>',
        ]
    (x0, y0), (x1, y1) = spot(0, 0), spot(1, 1)
    parts.append(f'<line x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" class="reference"/>')
    most = max((group.weight for group in groups), default=1)
    for group in groups:
        n, said, was = round(group.weight), group.score, group.label
        low, high = wilson(was, n)
        x, y = spot(said, was)
        words = f"said {said:.0%}, was so in {was:.0%} of {n:,}".replace("%", " %")
        told.append(words)
        parts.append(
            f'<line x1="{x}" x2="{x}" y1="{spot(0, low)[1]}" y2="{spot(0, high)[1]}" class="whisker"/>'
            f'<circle cx="{x}" cy="{y}" r="{3 + 6 * math.sqrt(n / most):.1f}" class="dot">'
            f"<title>{_safe(words)}</title></circle>"
        )
    parts.insert(1, f"<desc>{_safe('; '.join(told) or 'no scores')}</desc>")
    wide, high_ = pad + size + 18, size + 46
    parts.append(f'<text x="{pad + size / 2}" y="{size + 42}" class="tick middle">probability given</text>')
    return f'<svg class="draw square" viewBox="0 0 {wide:g} {high_:g}" role="img">{"".join(parts)}</svg>'


def wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Returns the 95 % interval of a share of n (Wilson 1927)."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def _row(point: Point, axis: Axis, reference: float | None) -> str:
    label = _safe(point.label)
    if point.link:
        label = f'<a href="#{_safe(point.link)}">{label}</a>'
    note = f'<span class="note">{_safe(point.note)}</span>' if point.note else ""
    beside = "".join(
        f'<span class="beside"><span aria-hidden="true">{SIGNS[i % len(SIGNS)]}</span> '
        f"{_safe(name)} {_safe(shown)}</span>"
        for i, (name, _, shown) in enumerate(point.marks)
    )
    return (
        f'<div class="row"><div class="label">{label}{note}</div>'
        f'<div class="track">{track(point, axis, reference=reference)}</div>'
        f'<div class="figure {_safe(point.tone)}">{_safe(point.shown)}{beside}</div></div>'
    )


def _axis(axis: Axis) -> str:
    texts = []
    for i, (tick, text) in enumerate(axis.ticks):
        place = axis.at(tick)
        anchor = "" if place < 4 else "end" if place > 96 else "middle"
        if i % 2 and len(axis.ticks) > 5:
            continue  # labels would touch on a phone
        texts.append(f'<text x="{place}%" y="11" class="tick {anchor}">{_safe(text)}</text>')
    return f'<svg class="draw axis" height="14" aria-hidden="true">{"".join(texts)}</svg>'


def _mark(i: int, place: float, name: str, shown: str) -> str:
    shape = (
        '<line x1="0" x2="0" y1="-9" y2="9"/>',
        '<circle r="4.5"/>',
        '<path d="M0-5.5 5.5 0 0 5.5-5.5 0z"/>',
        '<path d="M0-5 5 4-5 4z"/>',
    )[i % len(SIGNS)]
    told = f"<title>{_safe(name)} {_safe(shown)}</title>"
    return f'<svg x="{place}%" y="12" class="mark" overflow="visible">{told}{shape}</svg>'


def _line(place: float, top: int, bottom: int, name: str) -> str:
    return f'<line x1="{place}%" x2="{place}%" y1="{top}" y2="{bottom}" class="{name}"/>'


def _counts(values: Sequence[float], axis: Axis, bins: int) -> list[int]:
    counts = [0] * bins
    for value in values:
        place = int((value - axis.low) / (axis.high - axis.low) * bins + 1e-9)
        counts[min(bins - 1, max(0, place))] += 1
    return counts


def _edge(axis: Axis, i: int, bins: int, unit: str) -> str:
    return number(axis.low + (axis.high - axis.low) * i / bins, unit)


def _told(counts: Sequence[int], downs: Sequence[int], axis: Axis, unit: str) -> str:
    def most(found: Sequence[int]) -> str:
        i = max(range(len(found)), key=lambda at: found[at])
        ends = f"{_edge(axis, i, len(found), unit)} and {_edge(axis, i + 1, len(found), unit)}"
        return f"{sum(found):,} values, most between {ends}"

    return most(counts) + (f"; downwards {most(downs)}" if any(downs) else "")


def _words(axis: Axis) -> str:
    return f"axis from {axis.ticks[0][1]} to {axis.ticks[-1][1]}" if axis.ticks else ""


def _ticks(ticks: Sequence[float], unit: str, *, zero: bool = False) -> tuple[tuple[float, str], ...]:
    """Adds labels of as few decimals as tell the ticks apart; the last one has the unit."""
    factor, label = scale(unit, ticks[0], ticks[-1])
    texts = []
    finest = max(0, 2 - math.floor(math.log10(abs(ticks[1] - ticks[0]) * factor)))
    for tick in ticks:
        decimals = len(f"{abs(tick * factor):.{finest}f}".rstrip("0").partition(".")[2])
        texts.append(fixed(tick * factor, decimals, sign=zero))
    texts[-1] = f"{texts[-1]} {'points' if zero and label == '%' else label}".rstrip()
    return tuple(zip(ticks, texts, strict=True))


def _ceiling(value: float) -> float:
    """The next number that people call round."""
    size = 10.0 ** math.floor(math.log10(value) - 1e-12)
    return next(
        size * nice for nice in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if size * nice >= value * 0.999999
    )


def _step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next((size * nice for nice in (1, 2, 2.5, 5) if size * nice >= rough * 0.999), size * 10)


def _safe(text: object) -> str:
    return escape(str(text), quote=True)
