"""Where everything goes: boxes in columns by their distance from the roots, columns in bands, arrows between them.

    gutter 0   ────────────────────────────────
               ┌───┐     ┌───┐     ┌───┐
    band 0     │   │ gap │   │ gap │   │          a gap is left of each column, and right of the last
               └───┘     └───┘     └───┘
    gutter 1   ────────────────────────────────
    band 1     …

An arrow to a neighbouring column is a curve in the gap between them. Any other runs along tracks: down or up a gap,
along a gutter, and into its target from the left. Boxes stand in neither, so no arrow ever crosses a box; arrows to
the same box share their tracks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from attrs import define, field, frozen

MAX_COLUMN = 1300  # height at which a column is continued in another
MAX_BAND = 1500  # width at which the columns go on below
BOX_GAP = 20  # between two boxes of a column
COLUMN_GAP = 70  # between two columns, where no track runs
GUTTER = 22
TRACK = 7
TIP = 6  # room for an arrow's tip between a box and the first track beside it
MARGIN = 24

Point = tuple[float, float]


@frozen
class Shape:
    """What must be known of a box: its size, and at which height each of its cells, and its heading, is."""

    width: float
    height: float
    heading: float
    cells: tuple[float, ...]


@frozen
class Link:
    """Cell ``cell`` of box ``source`` refers to box ``target``."""

    source: int
    cell: int
    target: int


@frozen
class Place:
    """A box's rectangle."""

    x: float
    y: float
    width: float
    height: float


@frozen
class Wire:
    """An arrow: a curve of four control points, or a line along tracks."""

    link: Link
    points: tuple[Point, ...]
    is_curve: bool


@frozen
class Arrangement:
    """The whole drawing's geometry."""

    width: float
    height: float
    places: tuple[Place, ...]
    wires: tuple[Wire, ...]


def arrange(shapes: Sequence[Shape], links: Sequence[Link], roots: int = 0) -> Arrangement:
    """Places for boxes, of which the first ``roots`` are put first, and wires for the links."""
    if not shapes:
        return Arrangement(2 * MARGIN, 2 * MARGIN, (), ())
    return _Arranger(shapes, links).arrange(_layers(len(shapes), links, roots))


def _layers(count: int, links: Sequence[Link], roots: int) -> list[list[int]]:
    """The boxes by their distance from the roots; what no root reaches starts in the first layer."""
    following: dict[int, list[int]] = {}
    for link in links:
        following.setdefault(link.source, []).append(link.target)
    distance = dict.fromkeys(range(roots), 0)
    _spread(distance, following, deque(range(roots)))
    for box in range(count):
        if box not in distance:
            distance[box] = 0
            _spread(distance, following, deque([box]))
    layers: list[list[int]] = [[] for _ in range(max(distance.values()) + 1)]
    for box in range(count):
        layers[distance[box]].append(box)
    return layers


def _spread(distance: dict[int, int], following: dict[int, list[int]], queue: deque[int]) -> None:
    while queue:
        box = queue.popleft()
        for target in following.get(box, ()):
            if target not in distance:
                distance[target] = distance[box] + 1
                queue.append(target)


@frozen
class _Spot:
    """Which column of which band a box is in."""

    band: int
    column: int


@define
class _Tracks:
    """The tracks of one gap or gutter, one for each box that arrows along it lead to."""

    by_target: dict[int, int] = field(factory=dict)

    def add(self, target: int) -> None:
        self.by_target.setdefault(target, len(self.by_target))

    def at(self, target: int) -> float:
        """How far the track is from the first one's side."""
        return (1 + self.by_target[target]) * TRACK

    @property
    def room(self) -> float:
        return (len(self.by_target) + 1) * TRACK if self.by_target else 0


@define
class _Arranger:
    shapes: Sequence[Shape]
    links: Sequence[Link]
    tops: dict[int, float] = field(factory=dict)  # box -> y from the top of its band
    bands: list[list[list[int]]] = field(factory=list)  # band -> column -> boxes
    spots: dict[int, _Spot] = field(factory=dict)
    leaving: dict[tuple[int, int], _Tracks] = field(factory=dict)  # (band, gap) -> tracks of arrows that leave a column
    arriving: dict[tuple[int, int], _Tracks] = field(factory=dict)
    gutters: dict[int, _Tracks] = field(factory=dict)
    margin: _Tracks = field(factory=_Tracks)

    def arrange(self, layers: list[list[int]]) -> Arrangement:
        for column in self._columns(layers):
            self._add_column(column)
        for link in self.links:
            if not self._is_near(link):
                self._reserve(link)
        return self._finish()

    # ── columns and bands ────────────────────────────────────────────────────────────────────────────────

    def _columns(self, layers: list[list[int]]) -> list[list[int]]:
        """Layers as columns none of which is too high, ordered so that arrows are short."""
        columns: list[list[int]] = []
        rank: dict[int, float] = {}
        for layer in layers:
            ordered = sorted(layer, key=lambda box: (self._pull(box, rank), box))
            column: list[int] = []
            height = 0.0
            for box in ordered:
                if column and height + self.shapes[box].height > MAX_COLUMN:
                    columns.append(column)
                    column, height = [], 0.0
                rank[box] = height
                height += self.shapes[box].height + BOX_GAP
                column.append(box)
            columns.append(column)
        return columns

    def _pull(self, box: int, rank: dict[int, float]) -> float:
        """The mean height of the cells that refer to a box, among those placed already."""
        found = [rank[k.source] + self.shapes[k.source].cells[k.cell] for k in self._links_to(box) if k.source in rank]
        return sum(found) / len(found) if found else 0.0

    def _links_to(self, box: int) -> list[Link]:
        return [link for link in self.links if link.target == box]

    def _add_column(self, column: list[int]) -> None:
        if not self.bands or self._band_width(self.bands[-1]) + self._width(column) > MAX_BAND:
            self.bands.append([])
        band = len(self.bands) - 1
        self.bands[-1].append(column)
        for box in column:
            self.spots[box] = _Spot(band, len(self.bands[-1]) - 1)
        self._stack(column, band)

    def _band_width(self, band: list[list[int]]) -> float:
        return sum(self._width(column) + COLUMN_GAP for column in band)

    def _width(self, column: list[int]) -> float:
        return max(self.shapes[box].width for box in column)

    def _stack(self, column: list[int], band: int) -> None:
        """Put the boxes of a column below each other, each as near to what refers to it as the others allow."""
        wishes = [self._wish(box, band) for box in column]
        bottom = 0.0
        for box, wish in zip(column, wishes, strict=True):
            self.tops[box] = max(wish if wish is not None else bottom, bottom)
            bottom = self.tops[box] + self.shapes[box].height + BOX_GAP
        off = [self.tops[box] - wish for box, wish in zip(column, wishes, strict=True) if wish is not None]
        up = min(sum(off) / len(off), self.tops[column[0]]) if off else 0.0
        for box in column:
            self.tops[box] -= max(up, 0.0)

    def _wish(self, box: int, band: int) -> float | None:
        near = [k for k in self._links_to(box) if k.source in self.tops and self.spots[k.source].band == band]
        before = [k for k in near if self.spots[k.source].column < self.spots[box].column]
        heights = [self.tops[k.source] + self.shapes[k.source].cells[k.cell] for k in before]
        return max(sum(heights) / len(heights) - self.shapes[box].heading, 0.0) if heights else None

    # ── tracks ───────────────────────────────────────────────────────────────────────────────────────────

    def _is_near(self, link: Link) -> bool:
        source, target = self.spots[link.source], self.spots[link.target]
        return source.band == target.band and abs(source.column - target.column) <= 1

    def _route(self, link: Link) -> tuple[int, int]:
        """The gutters in which an arrow leaves the source's band and comes to the target's; often the same."""
        source, target = self.spots[link.source].band, self.spots[link.target].band
        if source == target:
            return source, source
        return (source + 1, target) if source < target else (source, target + 1)

    def _reserve(self, link: Link) -> None:
        source, target = self.spots[link.source], self.spots[link.target]
        self.leaving.setdefault((source.band, source.column + 1), _Tracks()).add(link.target)
        self.arriving.setdefault((target.band, target.column), _Tracks()).add(link.target)
        leave, arrive = self._route(link)
        for gutter in {leave, arrive}:
            self.gutters.setdefault(gutter, _Tracks()).add(link.target)
        if leave != arrive:
            self.margin.add(link.target)

    def _gap(self, band: int, gap: int) -> float:
        """The width of the gap left of a column."""
        tracks = sum(t[band, gap].room for t in (self.leaving, self.arriving) if (band, gap) in t)
        return tracks + (COLUMN_GAP if gap else TRACK + TIP)

    # ── coordinates ──────────────────────────────────────────────────────────────────────────────────────

    def _finish(self) -> Arrangement:
        places: dict[int, Place] = {}
        gutter_tops: list[float] = []
        y, right = float(MARGIN), 0.0
        for number, band in enumerate(self.bands):
            gutter_tops.append(y)
            y += self._gutter_height(number)
            right = max(right, self._place_band(number, y, places))
            y += max(self.tops[box] + self.shapes[box].height for column in band for box in column)
        gutter_tops.append(y)
        y += self._gutter_height(len(self.bands))
        wires = tuple(self._wire(link, places, gutter_tops) for link in self.links)
        return Arrangement(right + MARGIN, y + MARGIN, tuple(places[box] for box in range(len(self.shapes))), wires)

    def _gutter_height(self, gutter: int) -> float:
        tracks = self.gutters[gutter].room if gutter in self.gutters else 0
        inner = 0 < gutter < len(self.bands)
        return tracks + (GUTTER if inner else 0)

    def _place_band(self, number: int, top: float, places: dict[int, Place]) -> float:
        """Places for the boxes of a band; where it ends on the right."""
        x = MARGIN + self.margin.room
        for index, column in enumerate(self.bands[number]):
            x += self._gap(number, index)
            for box in column:
                places[box] = Place(x, top + self.tops[box], self._width(column), self.shapes[box].height)
            x += self._width(column)
        return x + self._gap(number, len(self.bands[number]))

    def _wire(self, link: Link, places: dict[int, Place], gutter_tops: list[float]) -> Wire:
        source, target = places[link.source], places[link.target]
        start = source.y + self.shapes[link.source].cells[link.cell]
        end = target.y + self.shapes[link.target].heading
        if not self._is_near(link):
            return Wire(link, self._along_tracks(link, source, start, target, end, gutter_tops), False)
        step = self.spots[link.target].column - self.spots[link.source].column
        if step > 0:
            return Wire(link, _curve((source.x + source.width, start), (target.x, end), 1, -1), True)
        if step < 0:
            return Wire(link, _curve((source.x, start), (target.x + target.width, end), -1, 1), True)
        return Wire(link, _curve((source.x + source.width, start), (target.x + target.width, end), 1, 1), True)

    def _along_tracks(
        self, link: Link, source: Place, start: float, target: Place, end: float, gutter_tops: list[float]
    ) -> tuple[Point, ...]:
        spot, goal = self.spots[link.source], self.spots[link.target]
        leave, arrive = self._route(link)
        out_x = source.x + source.width + self.leaving[spot.band, spot.column + 1].at(link.target)
        in_x = target.x - TIP - self.arriving[goal.band, goal.column].at(link.target)
        leave_y = gutter_tops[leave] + self.gutters[leave].at(link.target)
        arrive_y = gutter_tops[arrive] + self.gutters[arrive].at(link.target)
        points = [(source.x + source.width, start), (out_x, start), (out_x, leave_y)]
        if leave != arrive:
            side = MARGIN + self.margin.at(link.target)
            points += [(side, leave_y), (side, arrive_y)]
        return (*points, (in_x, arrive_y), (in_x, end), (target.x, end))


def _curve(start: Point, end: Point, out: int, into: int) -> tuple[Point, ...]:
    """Control points of a curve that leaves ``start`` and comes to ``end`` horizontally, within the gap beside them."""
    (x1, y1), (x2, y2) = start, end
    bend = COLUMN_GAP / 2 if out != into else COLUMN_GAP * min(0.75, 0.35 + abs(y2 - y1) / 1000)
    return (start, (x1 + out * bend, y1), (x2 + into * bend, y2), end)
