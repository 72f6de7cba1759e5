"""Figures as drawings: SVG made here, with classes instead of colours; none says more than the table beside it.

A drawing is decoration to who reads with a screen reader: the table beside it, or the text in the row, says the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_STRIP_WIDTH, _STRIP_HEIGHT = 5, 18
_LEAST = 1.5  # of what is more than nothing: it must be seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar. label, value: as told on hover and in the table. link: where a click leads, None = nowhere."""

    label: str
    value: float
    link: str | None = None


def strip(counts: Sequence[float]) -> Markup:
    """Return a row of small bars, oldest first, for a line of text."""
    most = max(counts, default=0) or 1
    bars, rest = "", ""
    for place, count in enumerate(counts):
        if count:
            height = max(_LEAST, _STRIP_HEIGHT * count / most)
            bars += f"M{place * _STRIP_WIDTH} {_STRIP_HEIGHT}v-{_round(height)}h4v{_round(height)}"
        else:
            rest += f"M{place * _STRIP_WIDTH} {_STRIP_HEIGHT}h4"
    parts = [
        Markup('<path class="{}" d="{}"/>').format(kind, path)
        for kind, path in (("strip-bar", bars), ("strip-none", rest))
        if path
    ]
    return _drawing("strip", len(counts) * _STRIP_WIDTH, _STRIP_HEIGHT, parts)


def columns(bars: Sequence[Bar], *, height: int = 96) -> Markup:
    """Return upright bars side by side, each a link if it has one; hovering says what the table says."""
    most = max((bar.value for bar in bars), default=0) or 1
    width = 100 / max(1, len(bars))
    parts = []
    for place, bar in enumerate(bars):
        size = max(_LEAST, (height - 2) * bar.value / most) if bar.value else 0.75
        body = Markup(
            '<rect class="column-room" x="{x}" y="0" width="{w}" height="{h}"/>'
            '<rect class="{kind}" x="{inner}" y="{top}" width="{bar}" height="{size}"/><title>{title}</title>'
        ).format(
            x=_round(place * width),
            w=_round(width),
            h=height,
            kind="column-bar" if bar.value else "column-none",
            inner=_round(place * width + width * 0.12),
            top=_round(height - size),
            bar=_round(width * 0.76),
            size=_round(size),
            title=f"{bar.label}: {bar.value:,.0f}",
        )
        if bar.link is not None:
            body = Markup('<a href="{}" tabindex="-1">{}</a>').format(bar.link, body)
        parts.append(Markup("<g>{}</g>").format(body))
    return _drawing("columns", 100, height, parts, stretched=True)


def shade(value: int, most: int) -> int:
    """Return how dark a cell of a grid is, 0 (nobody) to 5 (the most): by the square root, so that few are seen."""
    if not value or not most:
        return 0
    return min(5, 1 + int(4.999 * (value / most) ** 0.5))


def _drawing(
    kind: str, width: float, height: float, parts: Sequence[Markup], *, stretched: bool = False
) -> Markup:
    fit = "none" if stretched else "xMinYMax meet"
    return Markup(
        '<svg class="chart {}" viewBox="0 0 {} {}" preserveAspectRatio="{}" aria-hidden="true" '
        'focusable="false">{}</svg>'
    ).format(kind, _round(width), _round(height), fit, Markup("").join(parts))


def _round(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
