"""A snapshot as an SVG text: boxes with a heading and a line for each cell, arrows from cells to headings."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from html import escape

from minivm.drawing.arrange import MARGIN, Arrangement, Link, Place, Point, Shape, Wire, arrange
from minivm.drawing.snapshot import Box, Cell, Snapshot

CHARACTER = 7.25  # width of a character at 12 px in the monospaced fonts named below
LINE = 19  # height of a cell
HEADING = 26
PADDING = 9
MAX_NAME = 40  # characters
_TITLE = 54  # height of the title
_FOOT = 20  # height of a line of the foot
_FOOT_WIDTH = 110  # characters of a line of the foot
_CORNER = 5

_STYLE = """\
text { font: 12px 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #1f2933 }
.title { font-size: 16px; font-weight: bold } .heading { font-weight: bold } .small { font-size: 10.5px; fill: #52606d }
.place { fill: #9aa5b1 } .value { fill: #0b6b4f } .reference { fill: #52606d; font-style: italic }
.absent { fill: #b44d12; font-style: italic } .box { fill: #ffffff; stroke: #7b8794 } .rule { stroke: #e4e7eb }
.object { fill: #dbeafe } .statics { fill: #fde9c8 } .frame { fill: #d8f3dc }
.wire { fill: none; stroke-width: 1.4 }"""
_COLORS = ("#2563eb", "#c2410c", "#15803d", "#7c3aed", "#be185d", "#0e7490", "#a16207", "#475569")


def to_svg(snapshot: Snapshot, title: str = "The heap", facts: str = "") -> str:
    """The drawing of a snapshot; ``facts`` stand below the title."""
    shapes = [shape(box) for box in snapshot.boxes]
    arrangement = arrange(shapes, links(snapshot), snapshot.roots)
    foot = foot_lines(snapshot)
    width = max(arrangement.width, 2 * MARGIN + CHARACTER * max(map(len, [facts, *foot, title + " " * 20])))
    height = _TITLE + arrangement.height + _FOOT * len(foot)
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}">',
        f"<style>\n{_STYLE}\n</style>",
        _markers(),
        '<rect width="100%" height="100%" fill="#fafbfc"/>',
        _text(MARGIN, MARGIN + 10, title, "title"),
        _text(MARGIN, MARGIN + 28, facts, "small"),
        f'<g transform="translate(0 {_TITLE})">',
        *(_box(box, place) for box, place in zip(snapshot.boxes, arrangement.places, strict=True)),
        *_wires(arrangement),
        "</g>",
        *(_text(MARGIN, height - 12 - _FOOT * n, line, "small") for n, line in enumerate(reversed(foot))),
        "</svg>",
    ]
    return "\n".join(rows) + "\n"


def links(snapshot: Snapshot) -> list[Link]:
    """Every reference to a box."""
    return [
        Link(number, index, cell.target)
        for number, box in enumerate(snapshot.boxes)
        for index, cell in enumerate(box.cells)
        if cell.target is not None
    ]


def foot_lines(snapshot: Snapshot) -> list[str]:
    """What the numbers mean, and what was left out."""
    lines = ["grey numbers: a word's offset in the object, whose header is word 0 · ● the word refers to a box"]
    if snapshot.left_out:
        number = sum(count for _, count in snapshot.left_out)
        more = "" if snapshot.counted_all else "at least "
        kinds = ", ".join(f"{count:,} {_cut(name)}" for name, count in snapshot.left_out)
        lines.append(_cut(f"not drawn: {more}{number:,} objects further away: {kinds}", _FOOT_WIDTH))
    return lines


# ── sizes ────────────────────────────────────────────────────────────────────────────────────────────────────


def shape(box: Box) -> Shape:
    """How large a box is, and where its cells are."""
    heading = _columns(_cut(box.title)) + 3 + _columns(box.note)
    places = _place_columns(box)
    width = max([heading, *(places + _columns(_name(cell)) + 4 + _columns(_value(cell)) for cell in box.cells)])
    first = HEADING + LINE / 2 + 2
    cells = tuple(first + LINE * index for index in range(len(box.cells)))
    height = HEADING + LINE * len(box.cells) + (6 if box.cells else 0)
    return Shape(width * CHARACTER + 2 * PADDING, height, HEADING / 2, cells)


def _place_columns(box: Box) -> int:
    widest = max((len(cell.place) for cell in box.cells), default=0)
    return widest + 1 if widest else 0


def _columns(text: str) -> int:
    """How many columns a text takes in a monospaced font."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _cut(text: str, limit: int = MAX_NAME) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _name(cell: Cell) -> str:
    return _cut(cell.name)


def _value(cell: Cell) -> str:
    if cell.target is not None:
        return "●"
    return f"→ {_cut(cell.text)}, not drawn" if cell.is_left_out else _cut(cell.text, MAX_NAME + 8)


# ── boxes ────────────────────────────────────────────────────────────────────────────────────────────────────


def _box(box: Box, place: Place) -> str:
    x, y, width = place.x, place.y, place.width
    rows = [
        f'<g><title>{_tip(box)}</title><rect class="box" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
        f'height="{place.height:.1f}" rx="{_CORNER}"/>',
        f'<path class="{box.kind}" d="{_heading(x + 0.5, y + 0.5, width - 1, HEADING - 1, not box.cells)}"/>',
        _text(x + PADDING, y + 17, _cut(box.title), "heading"),
        _text(x + width - PADDING, y + 17, box.note, "small", end=True),
    ]
    left = x + PADDING
    for index, cell in enumerate(box.cells):
        base = y + HEADING + LINE * (index + 0.5) + 6
        if index:
            rule = y + HEADING + LINE * index + 2
            rows.append(f'<path class="rule" d="M{x + 1:.1f} {rule:.1f}h{width - 2:.1f}"/>')
        rows.append(_text(left, base, cell.place, "place"))
        rows.append(_text(left + _place_columns(box) * CHARACTER, base, _name(cell), ""))
        kind = "reference" if cell.target is not None else "absent" if cell.is_left_out else "value"
        rows.append(_text(x + width - PADDING, base, _value(cell), kind, end=True))
    return "".join((*(row for row in rows if row), "</g>"))


def _heading(x: float, y: float, width: float, height: float, is_whole: bool) -> str:
    """A bar with round corners above, and below too if it is the whole box."""
    c = _CORNER
    low = f"v{height - 2 * c:.1f}q0 {c} -{c} {c}h-{width - 2 * c:.1f}q-{c} 0 -{c} -{c}" if is_whole else ""
    low = low or f"v{height - c:.1f}h-{width:.1f}"
    return f"M{x:.1f} {y + c:.1f}q0 -{c} {c} -{c}h{width - 2 * c:.1f}q{c} 0 {c} {c}{low}z"


def _tip(box: Box) -> str:
    """What a browser shows when one points at a box: everything uncut."""
    cells = (f"{cell.place} {cell.name} = {cell.text}".strip() for cell in box.cells)
    return "\n".join(map(_clean, (f"{box.title}   {box.note}".rstrip(), *cells)))


def _text(x: float, y: float, text: str, kind: str, *, end: bool = False) -> str:
    if not text:
        return ""
    anchor = ' text-anchor="end"' if end else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}"{anchor}>{_clean(text)}</text>'


def _clean(text: str) -> str:
    """Text that an XML reader takes and a viewer shows as it is."""
    return escape("".join(char if char.isprintable() else "�" for char in text), quote=False)


# ── arrows ───────────────────────────────────────────────────────────────────────────────────────────────────


def _markers() -> str:
    tips = (
        f'<marker id="tip{n}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" orient="auto" '
        f'markerUnits="userSpaceOnUse"><path d="M0 0L8 4L0 8z" fill="{color}"/></marker>'
        for n, color in enumerate(_COLORS)
    )
    return f"<defs>{''.join(tips)}</defs>"


def _wires(arrangement: Arrangement) -> Iterator[str]:
    for wire in arrangement.wires:
        number = wire.link.target % len(_COLORS)
        path = _curve(wire) if wire.is_curve else _rounded(wire.points)
        yield f'<path class="wire" stroke="{_COLORS[number]}" marker-end="url(#tip{number})" d="{path}"/>'


def _curve(wire: Wire) -> str:
    start, one, two, end = (f"{x:.1f} {y:.1f}" for x, y in wire.points)
    return f"M{start}C{one},{two},{end}"


def _rounded(points: tuple[Point, ...]) -> str:
    """A line of horizontal and vertical pieces with its corners rounded."""
    path = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        for toward, command in ((before, "L"), (after, "Q")):
            x, y = _toward(corner, toward)
            via = f"{corner[0]:.1f} {corner[1]:.1f} " if command == "Q" else ""
            path.append(f"{command}{via}{x:.1f} {y:.1f}")
    path.append(f"L{points[-1][0]:.1f} {points[-1][1]:.1f}")
    return "".join(path)


def _toward(corner: Point, other: Point) -> Point:
    """A point a little way from a corner, but never past the middle of the piece."""
    length = abs(other[0] - corner[0]) + abs(other[1] - corner[1])
    share = min(_CORNER, length / 2) / length if length else 0
    return corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share
