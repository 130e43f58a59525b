"""Pictures of the heap: what is taken, where it goes, and that the SVG says it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from contextlib import closing, suppress
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minivm.drawing import draw_heap, heap_svg, take_snapshot, to_svg
from minivm.drawing.arrange import Arrangement, Link, Place, Shape, Wire, arrange
from minivm.drawing.snapshot import Box, Cell, Snapshot
from minivm.drawing.svg import CHARACTER, links, shape
from minivm.errors import Deadlock, UsageError
from minivm.machine import Machine
from running import compile_text, new_machine, text_of

SVG = "{http://www.w3.org/2000/svg}"

FAMILY = """\
class Person {
    let name: String
    var age: int? = null
    var partner: Person? = null
    init(name: String) { this.name = name }
}
enum Mood { happy, sad }
class Home {
    static var built: int = 3
    let people: Array<Person?> = Array<Person?>(20)
    var mood: Mood = Mood.happy
}
let home = Home()
let ann = Person("ann")
home.people[0] = ann
ann.partner = Person("bob")
ann.partner!!.partner = ann
ann.age = 41
"""


def after(text: str, mode: str = "normal") -> Machine:
    """A machine that has run a program; the caller closes it."""
    program = compile_text("family", text)
    machine = new_machine(program, mode)
    with suppress(Deadlock):  # every fiber waits: there are frames to look at
        machine.run_main(program.main)
    return machine


def snapshot_after(text: str, limit: int = 40, of: str = "") -> Snapshot:
    with closing(after(text)) as machine:
        return take_snapshot(machine, limit=limit, of=of)


def rows(box: Box) -> list[str]:
    return [f"{cell.place} {cell.name} = {cell.text}".strip() for cell in box.cells]


# ── the snapshot ─────────────────────────────────────────────────────────────────────────────────────────────


def test_statics_and_what_they_reach_are_taken() -> None:
    snapshot = snapshot_after(FAMILY)
    assert [(box.kind, box.title, box.note) for box in snapshot.boxes] == [
        ("statics", "static Home", ""),
        ("statics", "top level", ""),
        ("object", "Home", "3 words"),
        ("object", "Person", "4 words"),
        ("object", "Array<Person?>", "22 words"),
        ("object", "Person", "4 words"),
    ]
    assert snapshot.roots == 2 and snapshot.left_out == ()
    statics, top, home, ann, people, bob = snapshot.boxes
    assert rows(statics) == ["1 built = 3"]
    assert [(cell.name, cell.target) for cell in top.cells] == [("home", 2), ("ann", 3)]
    assert rows(home) == ["1 people = Array<Person?>", "2 mood = Mood.happy"]
    assert rows(ann) == ['1 name = "ann"', "2 age = 41", "3 partner = Person"]
    assert rows(people) == ["[0]  = Person", "[1–7]  = null", "= … 12 more elements"]
    assert (home.cells[0].target, people.cells[0].target, ann.cells[2].target, bob.cells[2].target) == (4, 3, 5, 3)


def test_the_variables_of_waiting_fibers_are_taken() -> None:
    text = """\
class Job { let id: int; init(id: int) { this.id = id } }
fun work(queue: Channel<Job>, job: Job) { let mine = job.id; queue.receive() }
let queue = Channel<Job>(2)
let f = spawn work(queue, Job(7))
f.join()
"""
    snapshot = snapshot_after(text)
    frame = next(box for box in snapshot.boxes if box.title == "family.work")
    assert (frame.kind, frame.note) == ("frame", "fiber 2, line 2")
    assert rows(frame) == ["queue = Channel<Job>", "job = Job", "mine = 7"]
    channel = next(box for box in snapshot.boxes if box.title == "Channel<Job>")
    assert "fiber 2 waits" in [cell.text for cell in channel.cells]
    fiber = next(box for box in snapshot.boxes if box.title == "Fiber<void>")
    assert rows(fiber) == ["1 id = 2", "2 state = parked"]


def test_what_there_is_no_room_for_is_counted() -> None:
    text = "class Node { var next: Node? = null }\nvar first = Node()\n"
    text += "for i in 0..4999 { let n = Node(); n.next = first; first = n }\n"
    snapshot = snapshot_after(text, limit=10)
    assert len(snapshot.boxes) == 11
    assert snapshot.left_out == (("Node", 4990),)
    last = snapshot.boxes[-1].cells[0]
    assert last.is_left_out and last.target is None
    assert "not drawn: 4,990 objects further away: 4,990 Node" in to_svg(snapshot)
    assert "→ Node, not drawn" in to_svg(snapshot)


def test_where_there_are_too_many_to_count_at_least_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minivm.drawing.snapshot.MAX_COUNTED", 50)
    text = "class Node { var next: Node? = null }\nvar first = List<Node>()\nfor i in 0..300 { first.add(Node()) }\n"
    snapshot = snapshot_after(text)
    assert snapshot.left_out == (("Node", 292),) and not snapshot.counted_all
    assert "not drawn: at least 292 objects further away: 292 Node" in to_svg(snapshot)


def test_the_instances_of_one_class() -> None:
    snapshot = snapshot_after(FAMILY, of="Person")
    assert [box.title for box in snapshot.boxes] == ["Person", "Person"] and snapshot.roots == 0
    with pytest.raises(UsageError, match="no instance of a class Persona"):
        snapshot_after(FAMILY, of="Persona")


def test_a_redefined_class_shows_its_version() -> None:
    text = FAMILY + 'VM.redefine("class Home \\{ static var built: int = 3; var rooms: int = 2; '
    text += 'let people: Array<Person?> = Array<Person?>(20); var mood: Mood = Mood.happy \\}")\n'
    home = next(box for box in snapshot_after(text).boxes if box.title == "Home")
    assert home.note == "v2, 4 words" and "1 rooms = 2" in rows(home)


# ── the arrangement ──────────────────────────────────────────────────────────────────────────────────────────


def overlaps(one: Place, other: Place) -> bool:
    apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
    apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
    return not (apart_x or apart_y)


def crosses(wire: Wire, place: Place) -> bool:
    """Whether a wire goes through a box. A curve stays within the rectangle of its control points."""
    if wire.is_curve:
        return _through(wire.points, place)
    return any(_through(piece, place) for piece in pairwise(wire.points))


def _through(points: tuple[tuple[float, float], ...], place: Place) -> bool:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    apart_x = max(xs) <= place.x or place.x + place.width <= min(xs)
    return not (apart_x or max(ys) <= place.y or place.y + place.height <= min(ys))


def assert_clear(drawn: Arrangement) -> None:
    for one, other in combinations(drawn.places, 2):
        assert not overlaps(one, other)
    for wire in drawn.wires:
        for place in drawn.places:
            assert not crosses(wire, place)
        assert all(0 <= x <= drawn.width and 0 <= y <= drawn.height for x, y in wire.points)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Shape], list[Link], int]:
    sizes = draw(st.lists(st.tuples(st.integers(60, 500), st.integers(0, 16)), min_size=1, max_size=45))
    shapes = [Shape(w, 26 + 19 * n, 13, tuple(36 + 19 * i for i in range(n))) for w, n in sizes]
    cells = [(box, cell) for box, found in enumerate(shapes) for cell in range(len(found.cells))]
    targets = st.one_of(st.none(), st.integers(0, len(shapes) - 1))
    chosen = draw(st.lists(targets, min_size=len(cells), max_size=len(cells)))
    wired = [Link(box, cell, to) for (box, cell), to in zip(cells, chosen, strict=True) if to is not None]
    return shapes, wired, draw(st.integers(0, len(shapes)))


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_nothing_overlaps_and_no_arrow_crosses_a_box(graph: tuple[list[Shape], list[Link], int]) -> None:
    drawn = arrange(*graph)
    assert [wire.link for wire in drawn.wires] == graph[1]
    assert_clear(drawn)


def test_an_arrow_goes_from_its_cell_to_its_target() -> None:
    shapes = [Shape(100, 100, 13, (40, 60)) for _ in range(12)]
    wired = [Link(box, 1, box + 1) for box in range(11)] + [Link(11, 0, 0), Link(3, 0, 3), Link(5, 0, 2)]
    drawn = arrange(shapes, wired, 1)
    for wire in drawn.wires:
        source, target = drawn.places[wire.link.source], drawn.places[wire.link.target]
        (x1, y1), (x2, y2) = wire.points[0], wire.points[-1]
        assert x1 in (source.x, source.x + source.width) and y1 == source.y + shapes[0].cells[wire.link.cell]
        assert x2 in (target.x, target.x + target.width) and y2 == target.y + 13


def test_a_drawing_of_nothing() -> None:
    assert arrange([], []).places == ()
    assert ET.fromstring(to_svg(Snapshot((), 0))).tag == f"{SVG}svg"


# ── the picture ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_svg_is_well_formed_and_says_everything() -> None:
    with closing(after(FAMILY)) as machine:
        root = ET.fromstring(heap_svg(machine))
    texts = [found.text or "" for found in root.iter(f"{SVG}text")]
    for expected in ("Person", "partner", '"ann"', "41", "Mood.happy", "… 12 more elements", "static Home", "4 words"):
        assert expected in texts
    arrows = [path for path in root.iter(f"{SVG}path") if path.get("class") == "wire"]
    assert len(arrows) == 6
    assert "4 objects drawn" in texts[1]


def test_texts_stay_within_their_boxes() -> None:
    cells = [Cell(str(n), "n" * n, "v" * (60 - n)) for n in range(1, 60, 7)]
    cells += [Cell("1", "漢字" * 9, '"漢字"', None), Cell("", "long" * 30, "Other" * 30, None, True)]
    box = Box("object", "Class" * 20, "v2, 3 words", tuple(cells))
    size = shape(box)
    root = ET.fromstring(to_svg(Snapshot((box,), 0)))
    rectangle = next(r for r in root.iter(f"{SVG}rect") if r.get("class") == "box")
    left, right = float(rectangle.get("x", "")), float(rectangle.get("x", "")) + float(rectangle.get("width", ""))
    assert right - left == pytest.approx(size.width, abs=0.1)
    group = next(g for g in root.iter(f"{SVG}g") if g.find(f"{SVG}title") is not None)
    for text in group.iter(f"{SVG}text"):
        width = CHARACTER * sum(2 if ord(char) > 0x2E80 else 1 for char in text.text or "")
        start = float(text.get("x", "")) - (width if text.get("text-anchor") == "end" else 0)
        assert left <= start and start + width <= right + 1


def test_names_and_values_of_one_line_do_not_meet() -> None:
    box = Box("object", "A", "", (Cell("12", "name", "value"), Cell("13", "n", "longer value")))
    assert shape(box).width >= CHARACTER * len("13 name  longer value"[:-4])


@pytest.mark.parametrize("text", ["<&>\"'", "\x00\x1b[31m", "\u202e\ufffe", "a\nb", "😀"])
def test_any_text_can_be_drawn(text: str) -> None:
    snapshot = Snapshot((Box("object", text, text, (Cell(text, text, text),)),), 0)
    ET.fromstring(to_svg(snapshot, text, text))


def test_thirty_objects_fit_a_page() -> None:
    text = "class Node { let n: int; var left: Node? = null; var right: Node? = null; init(n: int) { this.n = n } }\n"
    text += "fun tree(n: int): Node? { if n > 30 { return null }; let t = Node(n); t.left = tree(2 * n); "
    text += "t.right = tree(2 * n + 1); return t }\nlet root = tree(1)\n"
    snapshot = snapshot_after(text)
    assert len(snapshot.boxes) == 31 and snapshot.left_out == ()
    drawn = arrange([shape(box) for box in snapshot.boxes], links(snapshot), snapshot.roots)
    assert drawn.width < 1800 and drawn.height < 2000
    assert_clear(drawn)


def test_a_program_draws_its_own_heap(tmp_path: Path) -> None:
    path = tmp_path / "own.svg"
    text = FAMILY + f'fun draw(who: Person) {{ VM.drawHeap("{path}") }}\ndraw(ann)\n'
    text += f'try {{ VM.drawHeap("{tmp_path}") }} catch e: IOError {{ print(e.message) }}\n'
    with closing(after(text)) as machine:
        assert text_of(machine.output).startswith("cannot write the drawing to")
    titles = [found.text for found in ET.parse(path).getroot().iter(f"{SVG}text")]
    assert "family.draw" in titles and "who" in titles


def test_a_drawing_is_written_to_a_file(tmp_path: Path) -> None:
    with closing(after(FAMILY, "collecting")) as machine:
        assert draw_heap(machine, tmp_path / "heap.svg") == f"drawn in {tmp_path / 'heap.svg'}"
        assert ET.parse(tmp_path / "heap.svg").getroot().tag == f"{SVG}svg"
        with pytest.raises(UsageError, match="cannot write the drawing to"):
            draw_heap(machine, tmp_path)
