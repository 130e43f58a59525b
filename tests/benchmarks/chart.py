"""The bar chart: how many times as fast as CPython each program is, on a logarithmic scale, as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from attrs import frozen

from .report import means
from .steady import Row

WIDTH, LEFT, RIGHT = 860, 150, 60  # the whole; room for names; room for the longest value
TOP, BOTTOM = 64, 34  # title and legend; the axis
BAR, GAP, AIR = 12, 2, 9  # a bar, between the bars of a program, between programs
COLOURS = {"native": "#1f6feb", "interpreter": "#d29922"}
TITLES = {"native": "Mini, native tier", "interpreter": "Mini, interpreter"}
TEXT, FAINT, GRID = "#24292f", "#57606a", "#d8dee4"
FONT = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"


@frozen
class Bars:
    """One program's ratios by leg; ``strong`` for the mean."""

    name: str
    ratios: dict[str, float]
    strong: bool = False


@frozen
class Scale:
    """Where a ratio lies, between the powers of ten ``low`` and ``high``."""

    low: float
    high: float

    def x(self, ratio: float) -> float:
        """The place of a ratio."""
        part = (math.log10(ratio) - self.low) / (self.high - self.low)
        return LEFT + part * (WIDTH - LEFT - RIGHT)


def chart(rows: Sequence[Row], machine: str) -> str:
    """The SVG text."""
    shown = [leg for leg in COLOURS if any(getattr(row, leg) is not None for row in rows)]
    bars = [*_programs(rows, shown), Bars("geometric mean", means(rows), strong=True)]
    scale = _scale([bar.ratios[leg] for bar in bars for leg in shown if leg in bar.ratios])
    lanes = _lanes(bars, shown)
    step = (max(lanes.values()) + 1) * (BAR + GAP) - GAP + AIR
    height = TOP + step * len(bars) + BOTTOM + 12
    parts = [*_frame(height), *_heading(shown, machine), *_grid(scale, height)]
    for number, bar in enumerate(bars):
        parts += _bars(bar, lanes, scale, TOP + 6 + step * number + (6 if bar.strong else 0))
    return "\n".join([*parts, "</svg>", ""])


def _lanes(bars: Sequence[Bars], shown: Sequence[str]) -> dict[str, int]:
    """The line of each leg's bar: one line for all, if no two bars of a program lie on the same side."""
    sides = [[ratio >= 1 for leg, ratio in bar.ratios.items() if leg in shown] for bar in bars]
    together = all(len(set(side)) == len(side) for side in sides)
    return {leg: 0 if together else number for number, leg in enumerate(shown)}


def _programs(rows: Sequence[Row], shown: Sequence[str]) -> Iterator[Bars]:
    for row in rows:
        speeds = {leg: getattr(row, leg) for leg in shown}
        yield Bars(row.program, {leg: speed.ratio for leg, speed in speeds.items() if speed is not None})


def _scale(ratios: Sequence[float]) -> Scale:
    """From below all ratios and 1 to above them, with room for the values."""
    low, high = (math.log10(end) for end in (min(1, *ratios), max(1, *ratios)))
    return Scale(low - 0.35 if low < 0 else 0, high + 0.3)


def _frame(height: int) -> list[str]:
    return [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{height}' viewBox='0 0 {WIDTH} {height}'",
        f"     {FONT}>",
        f"<rect x='0.5' y='0.5' width='{WIDTH - 1}' height='{height - 1}' rx='8' fill='#ffffff' stroke='{GRID}'/>",
    ]


def _heading(shown: Sequence[str], machine: str) -> Iterator[str]:
    yield _text(16, 26, "Mini beside CPython", 16, TEXT, weight=600)
    yield _text(
        16,
        46,
        f"times as fast (right) or as slow (left), for each program and its twin in Python; {machine}",
        12,
        FAINT,
    )
    right = WIDTH - 20
    for leg in reversed(shown):
        width = 7 * len(TITLES[leg]) + 18
        right -= width
        yield f"<rect x='{right}' y='17' width='{BAR}' height='{BAR}' rx='2' fill='{COLOURS[leg]}'/>"
        yield _text(right + BAR + 5, 27, TITLES[leg], 12, TEXT)


def _grid(scale: Scale, height: int) -> Iterator[str]:
    bottom = height - BOTTOM
    for power in range(math.ceil(scale.low), math.floor(scale.high) + 1):
        x = scale.x(10**power)
        colour, width = (FAINT, 1.5) if power == 0 else (GRID, 1)
        yield f"<line x1='{x:.1f}' y1='{TOP}' x2='{x:.1f}' y2='{bottom}' stroke='{colour}' stroke-width='{width}'/>"
        label = "CPython" if power == 0 else f"{10 ** abs(power)} times"
        yield _text(x, bottom + 18, label, 12, FAINT, anchor="middle")


def _bars(bar: Bars, lanes: Mapping[str, int], scale: Scale, top: float) -> Iterator[str]:
    weight = 600 if bar.strong else 400
    middle = top + ((max(lanes.values()) + 1) * (BAR + GAP) - GAP) / 2
    yield _text(LEFT - 12, middle + 4, bar.name, 12, TEXT, anchor="end", weight=weight)
    one = scale.x(1)
    for leg in (leg for leg in lanes if leg in bar.ratios):
        end, y = scale.x(bar.ratios[leg]), top + lanes[leg] * (BAR + GAP)
        start, width = min(one, end), max(abs(end - one), 1)
        yield f"<rect x='{start:.1f}' y='{y:.1f}' width='{width:.1f}' height='{BAR}' rx='2' fill='{COLOURS[leg]}'/>"
        yield _value(bar.ratios[leg], end, y + BAR - 1.5, weight)


def _value(ratio: float, end: float, y: float, weight: int) -> str:
    """A bar's value, beyond its end."""
    times = max(ratio, 1 / ratio)
    text = f"{times:.0f}" if times >= 10 else f"{times:.1f}"
    place, anchor = (end + 5, "start") if ratio >= 1 else (end - 5, "end")
    return _text(place, y, text, 11, TEXT, anchor=anchor, weight=weight)


def _text(x: float, y: float, text: str, size: int, colour: str, anchor: str = "start", weight: int = 400) -> str:
    place = f"x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'"
    return f"<text {place} font-size='{size}' font-weight='{weight}' fill='{colour}'>{escape(text)}</text>"
