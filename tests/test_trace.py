"""What the traces say: the story of loading, calls, redefinitions and collections."""

from __future__ import annotations

import io
import re
from contextlib import closing
from pathlib import Path

import pytest

from lang.program import program_machine
from minivm.errors import GuestError, LinkError
from minivm.native.modes import Mode
from minivm.native.presence import available
from minivm.options import MachineOptions
from minivm.trace import Tracer
from minivm.types import class_type
from running import compile_text, text_of

SHOP = """\
interface Priced { fun price(): int }
class Item implements Priced {
    static var made: int = Item.first()
    let name: String
    var cents: int
    init(name: String, cents: int) { this.name = name; this.cents = cents; Item.made += 1 }
    static fun first(): int { return 0 }
    fun price(): int { return cents }
}
class Sale extends Item {
    var percent: int = 10
    init(name: String, cents: int) { super(name, cents) }
    override fun price(): int { return super.price() * (100 - percent) / 100 }
}
print(Sale("cake", 400).price())
"""


def story(text: str, *topics: str, error: str = "") -> list[str]:
    """The trace lines of a program, the program's own lines among them."""
    lines: list[str] = []
    program = compile_text("shop", text)
    options = MachineOptions(64 << 20, False, Tracer(set(topics), lines.append))
    with closing(program_machine(program, Path("."), options)) as machine:
        machine.output, machine.errors = io.StringIO(), io.StringIO()
        if error:
            with pytest.raises((GuestError, LinkError), match=error):
                machine.run_main(program.main)
        else:
            machine.run_main(program.main)
        lines += [text_of(machine.errors)] if text_of(machine.errors) else []
    return lines


def section(lines: list[str], start: str) -> list[str]:
    """The line that contains ``start`` and those indented under it."""
    at = next(i for i, line in enumerate(lines) if start in line)
    depth = _indent(lines[at])
    rest = lines[at + 1 :]
    end = next((i for i, line in enumerate(rest) if _indent(line) <= depth), len(rest))
    return [line[depth:] for line in lines[at : at + 1 + end]]


def _indent(line: str) -> int:
    body = line.partition("] ")[2]
    return line.index("] ") + 2 + len(body) - len(body.lstrip())


# ── load ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_start_is_told_in_short() -> None:
    lines = story(SHOP, "load")
    assert lines[0].startswith("[load] the machine starts: the boot loader has loaded and linked")
    assert "Object, String, Error" in lines[1]
    assert section(lines, "the program starts")[:4] == [
        "the program starts with shop.main",
        "  load shop",
        "    the boot loader, which is asked first, has no shop",
        "    the app loader finds the class file shop in shop.mini",
    ]


def test_loading_says_who_was_asked_and_where_it_was_found() -> None:
    found = section(story(SHOP, "load"), "load Sale")
    assert [re.sub(r"class \d+", "class N", line) for line in found] == [
        "load Sale",
        "  the boot loader, which is asked first, has no Sale",
        "  the app loader finds the class file Sale in shop.mini",
        "  load Item, which Sale extends",
        "    the boot loader, which is asked first, has no Item",
        "    the app loader finds the class file Item in shop.mini",
        "    load Priced, which Item implements",
        "      the boot loader, which is asked first, has no Priced",
        "      the app loader finds the class file Priced in shop.mini",
        "      loaded as class N of the app loader",
        "    loaded as class N of the app loader",
        "  loaded as class N of the app loader",
    ]


def test_the_first_execution_links_and_initialises() -> None:
    lines = story(SHOP, "load")
    found = section(lines, "new Sale.init at shop.mini:15, executed for the first time")
    assert found[1].strip() == "link Sale"
    assert "an instance is 4 words: header | name: String | cents: int | percent: int" in "\n".join(found)
    assert "static made: int" in next(line for line in found if "header | name: String | cents: int;" in line)
    begun = next(i for i, line in enumerate(lines) if "initialise Item: its static initialiser runs now" in line)
    assert "[load] Item is initialised" in lines[begun:]
    assert any("initialise Sale: no static initialiser to run" in line for line in lines[begun:])


def test_verification_says_what_it_proved_in_how_many_steps() -> None:
    lines = story("var n = 0\nwhile n < 3 { n += 1 }\n", "load")
    found = next(line for line in lines if "verify shop.main" in line or "instructions fit" in line)
    verified = "\n".join(section(lines, "verify shop.main"))
    assert found
    match = re.search(r"all (\d+) instructions fit, proved in (\d+) steps", verified)
    assert match is not None
    assert int(match[2]) >= int(match[1]) > 5


def test_a_class_asked_for_by_name() -> None:
    lines = story('class Late { }\nVM.load("Late")\n', "load")
    assert section(lines, "VM.load asks for Late by name")[1].strip() == "load Late"


def test_what_cannot_be_loaded_ends_the_story_once() -> None:
    lines = story('VM.load("Absent")\n', "load", error="Absent")
    told = [line for line in lines if "failed:" in line]
    assert told == ["[load]     failed: class Absent not found (asked of the app loader)"]
    assert "[load]     the app loader has no Absent" in lines


def test_an_initialiser_that_throws() -> None:
    lines = story("class Bad { static let n: int = 1 / Bad.zero()\nstatic fun zero(): int { return 0 } }\n"
                  "print(Bad.n)\n", "load", error="InitialiserError")  # fmt: skip
    assert any("Bad could not be initialised, and stays so: ArithmeticError" in line for line in lines)


# ── call ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_calls_show_arguments_results_and_depth() -> None:
    lines = story(SHOP, "call")
    at = lines.index('[call] Sale.init(name: "cake", cents: 400)')
    assert [line.removeprefix("[call] ").strip() for line in lines[:at]] == ["Item.first()", "-> 0"]
    assert lines[at:] == [
        '[call] Sale.init(name: "cake", cents: 400)',
        '[call]   Item.init(name: "cake", cents: 400)',
        "[call] Sale.price()",
        "[call]   Item.price()",
        "[call]   -> 400",
        "[call] -> 360",
        "[call] prelude.print<int>(value: 360)",
    ]


@pytest.mark.skipif(not available(), reason="llvmlite is not installed")
def test_calls_of_compiled_methods_are_seen_once_somebody_looks() -> None:
    lines: list[str] = []
    program = compile_text("shop", "fun twice(x: int): int { return x + x }\nfor i in 0..3 { twice(i) }\n")
    options = MachineOptions(64 << 20, False, Tracer(sink=lines.append), mode=Mode.NATIVE)
    with closing(program_machine(program, Path("."), options)) as machine:
        machine.run_main(program.main)
        assert machine.load(class_type("shop")).methods["twice"].entry is not None
        machine.tracer.topics.add("call")
        machine.vm.call_trace = True
        machine.run_main(program.main)
    assert lines[1:5] == ["[call] shop.twice(x: 0)", "[call] -> 0", "[call] shop.twice(x: 1)", "[call] -> 2"]


def test_calls_show_exceptions_and_fibers() -> None:
    text = """\
fun risky(n: int): int { return 1 / n }
fun work(n: int): int { try { return risky(n) } catch e: ArithmeticError { return 7 } }
let f = spawn work(0)
print(f.join())
"""
    lines = story(text, "call")
    at = next(i for i, line in enumerate(lines) if line.endswith("fiber 2 goes on:"))
    assert lines[at + 1].startswith("[call] <fun at shop.mini:")
    assert [line.removeprefix("[call] ").strip() for line in lines[at + 2 : at + 7]] == [
        "shop.work(n: 0)",
        "shop.risky(n: 0)",
        "throws ArithmeticError: division by zero",
        "caught in shop.work at shop.mini:2",
        "-> 7",
    ]


def test_what_the_library_does_for_itself_is_not_shown() -> None:
    text = "let a = List<int>()\nfor i in 0..20 { a.add(i) }\n"
    text += "print(a.map<int>(fun(x: int): int { return x * 2 }).size())\n"
    lines = story(text, "call")
    assert not [line for line in lines if "grow" in line or "copyTo" in line or ".=" in line]
    assert sum("<fun at shop.mini:3>(x:" in line for line in lines) == 20


# ── redefine and gc ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_redefinition_is_told_stage_by_stage() -> None:
    text = SHOP + 'let kept = Sale("tea", 9)\nVM.redefine("class Item implements Priced \\{ static var made: int = 0; '
    text += "let name: String; var tags: int = 2; var cents: int; init(name: String, cents: int) \\{ this.name = name; "
    text += "this.cents = cents \\} static fun first(): int \\{ return 0 \\} "
    text += 'fun price(): int \\{ return cents \\} \\}")\n'
    lines = story(text, "redefine")
    assert [re.sub(r"[\d.]+ ms", "T ms", line.removeprefix("[redefine] ")) for line in lines[:8]] == [
        "redefine Item",
        "  diff     Item: + field tags: int = 2, ~ method init",
        "  plan     classes that depend on the set move with it: Sale",
        "  plan     nothing speaks against it",
        "  quiesce  2 frames of 1 fiber looked at; none runs code that changes",
        "  migrate  0 instances of Item: header | name from word 1 | tags new | cents from word 2",
        "  migrate  1 instance of Sale: header | name from word 1 | tags new | cents from word 2 | percent from word 3",
        "  commit   the program runs Item v2, Sale v1 from here on",
    ]
    assert "applied" in lines[8]


def test_a_refusal_says_how_many_reasons() -> None:
    lines = story(
        SHOP
        + 'let kept = Sale("tea", 9)\nVM.redefine("class Sale extends Item \\{ init() \\{ super(\\"\\", 0) \\} \\}")\n',
        "redefine",
    )
    text = "\n".join(lines)
    assert "refused[" in text and "(now inherited)" not in text


def test_a_collection_says_what_lived_and_who_asked() -> None:
    lines = story("class Leaf { }\nlet keep = Leaf()\nVM.gc()\n", "gc")
    pattern = r"\[gc\] collection 1: [\d.]+ KiB in use; \d+ objects live on in [\d.]+ (KiB|bytes) of the other half; "
    assert re.match(pattern, lines[0])
    assert lines[1] == "[gc]   asked for by shop.main (shop.mini:3)"


# ── the tracer ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_task_is_one_line_unless_something_happens_inside() -> None:
    lines: list[str] = []
    tracer = Tracer({"load"}, lines.append)
    with tracer.task("load", "link A") as report:
        report("2 words")
    with tracer.task("load", "link B") as report:
        tracer.event("load", "link A first")
        report("3 words")
    with tracer.task("load", "look") as report, tracer.silence():
        tracer.event("load", "unheard")
    assert lines == ["[load] link A: 2 words", "[load] link B", "[load]   link A first", "[load]   3 words"]


def test_a_failure_is_told_where_it_happened_only() -> None:
    lines: list[str] = []
    tracer = Tracer({"load"}, lines.append)
    with pytest.raises(LinkError), tracer.task("load", "load A"), tracer.task("load", "load B"):
        raise LinkError("no B")
    assert lines == ["[load] load A", "[load]   load B: failed: no B"]


def test_topics_that_are_off_cost_nothing_and_say_nothing() -> None:
    lines: list[str] = []
    tracer = Tracer(set(), lines.append)
    with tracer.task("load", "link A") as report, tracer.cause("gc", "because"):
        report("2 words")
        tracer.event("gc", "done")
    assert lines == []
