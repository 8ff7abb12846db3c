"""A reliability diagram as an SVG picture, for cards: what was promised against what came true."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from evals.metrics.reliability import Bin

_SIZE, _LEFT, _TOP = 260, 46, 30


def reliability_svg(bins: Sequence[Bin], title: str, x: str, y: str) -> str:
    """Draw bins: a dot for each, its area by how many rows it holds, and the diagonal of perfect calibration.

    Args:
        bins: Of scores and labels in [0, 1].
        title: Above the picture.
        x: What the horizontal axis shows.
        y: What the vertical axis shows.
    """
    total = sum(one.weight for one in bins) or 1.0
    width, height = _LEFT + _SIZE + 16, _TOP + _SIZE + 48

    def at(score: float, label: float) -> tuple[float, float]:
        return _LEFT + _SIZE * score, _TOP + _SIZE * (1.0 - label)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{_LEFT}" y="18" font-size="12" fill="#222">{escape(title)}</text>',
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIZE}" height="{_SIZE}" fill="none" stroke="#999"/>',
        f'<line x1="{_LEFT}" y1="{_TOP + _SIZE}" x2="{_LEFT + _SIZE}" y2="{_TOP}" stroke="#999" '
        'stroke-dasharray="4 4"/>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        across, down = at(tick, tick)
        parts.append(
            f'<text x="{across:.1f}" y="{_TOP + _SIZE + 15}" text-anchor="middle" fill="#444">{tick:g}</text>'
        )
        parts.append(
            f'<text x="{_LEFT - 6}" y="{down + 4:.1f}" text-anchor="end" fill="#444">{tick:g}</text>'
        )
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in (at(one.score, one.label) for one in bins))
    parts.append(f'<polyline points="{points}" fill="none" stroke="#2563a8" stroke-width="1.5"/>')
    for one in bins:
        across, down = at(one.score, one.label)
        radius = 3.0 + 14.0 * (one.weight / total) ** 0.5
        parts.append(
            f'<circle cx="{across:.1f}" cy="{down:.1f}" r="{radius:.1f}" fill="#2563a8" fill-opacity="0.55">'
            f"<title>{one.weight:g} cases: promised {one.score:.2f}, true {one.label:.2f}</title></circle>"
        )
    middle = _LEFT + _SIZE / 2
    parts.append(f'<text x="{middle}" y="{height - 8}" text-anchor="middle" fill="#222">{escape(x)}</text>')
    down = _TOP + _SIZE / 2
    parts.append(
        f'<text x="12" y="{down}" text-anchor="middle" fill="#222" '
        f'transform="rotate(-90 12 {down})">{escape(y)}</text></svg>\n'
    )
    return "\n".join(parts)
