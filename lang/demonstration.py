"""``minivm demo``: a service goes on serving while its classes are redefined; in the end no request is missing.

Everything is real: the session, the machine, the records. Only the narration is written down here.
"""

from __future__ import annotations

from pathlib import Path

from attrs import define

from lang.repl.session import Session
from minivm.guard import FAILED
from minivm.options import DEFAULT_HEAP, MachineOptions, parse_size, parse_trace

FOLDER = Path(__file__).with_name("demo")
_TURNS = 4  # turns of ten thousand polls that the service gets between two steps: some thousand orders

_INTRODUCTION = """\
A small order service in Mini: three clients send 20,000 orders each, two clerks book them, all of them fibers of
one program. While it runs, its classes are changed. What follows `mini>` is what you would type into `minivm repl`.
"""
_MIGRATED = """\
1. Orders get a discount: a new field, and a new body for `total`. The orders that exist, booked or still waiting in
   the channel, are copied into the new layout, and the field gets its initial value in each of them.
"""
_LOST = """\
2. Somebody wants euros instead of cents. The new class has no place for the cents that live orders hold: refused, with
   the fields and the number of instances. Nothing has changed, to the word, and the service goes on.
"""
_ACTIVE = """\
3. Clerks shall count what they take. But both clerks are inside `serve` right now, and its code would change under
   them: refused, with the fibers and lines.
"""
_RETURNED = """\
   So the desk closes for a moment: `serve` returns, orders wait in the channel. Now nobody is inside, and the same
   change goes through. The clerks keep what they have counted so far.
"""
_END = """\
4. The clients finish, the clerks serve what is left, and the books are compared.
"""


class DemoFailed(Exception):
    """A step of the demo did not come out as it must."""


@define
class _Show:
    """The session on stage."""

    session: Session
    booked: int = 0  # orders, when last looked

    def say(self, text: str) -> None:
        """Narrate."""
        print(text, flush=True)

    def type(self, text: str) -> str:
        """Enter a text as a user would, and show the reply."""
        print(f"mini> {text}")
        reply = self.session.feed(text)
        if reply.text:
            print(reply.text, flush=True)
        if reply.failed and reply.record is None:
            raise DemoFailed(f"{text} failed")
        return reply.text

    def expect(self, text: str, status: str) -> None:
        """Enter a redefinition that must end in ``status``."""
        print(f"mini> {text}")
        reply = self.session.feed(text)
        print(reply.text, flush=True)
        if reply.record is None or reply.record.status != status:
            raise DemoFailed(f"that should have been {status}")

    def value(self, expression: str) -> int:
        """A number of the program, looked up quietly."""
        reply = self.session.feed(expression)
        if reply.failed or not reply.text.lstrip("-").isdigit():
            raise DemoFailed(f"{expression} should be a number, not {reply.text}")
        return int(reply.text)

    def serve(self) -> None:
        """Let the service run for a while."""
        self.session.run_others(_TURNS)
        before, self.booked = self.booked, self.value("book.orders")
        print(f"\n   … {self.booked - before} more orders are served, {self.booked:,} in all\n")
        if self.booked <= before:
            raise DemoFailed("the service stands still")


def demonstrate() -> int:
    """Run the demo; the exit status is 1 if anything is not as told."""
    options = MachineOptions(parse_size(DEFAULT_HEAP), gc_stress=False, tracer=parse_trace(None))
    show = _Show(Session(options, FOLDER))
    try:
        _play(show)
        return _compare(show)
    except DemoFailed as failure:
        print(f"\nthe demo failed: {failure}")
        return FAILED


def _play(show: _Show) -> None:
    show.say(_INTRODUCTION)
    show.type(":load service.mini")
    show.serve()
    show.say(_MIGRATED)
    show.expect(":redefine discount.mini", "applied")
    show.serve()
    show.say(_LOST)
    digest = show.session.machine.digest()
    show.expect(":redefine euros.mini", "refused")
    if show.session.machine.digest() != digest:
        raise DemoFailed("a refused change has changed something")
    show.serve()
    show.say(_ACTIVE)
    show.expect(":redefine tally.mini", "refused")
    show.say("")
    show.say(_RETURNED)
    show.type("desk.close()")
    show.session.run_others(_TURNS)
    show.expect(":redefine tally.mini", "applied")
    show.type("desk.reopen()")
    show.serve()


def _compare(show: _Show) -> int:
    show.say(_END)
    show.type("for client in clients { client.join() }")
    show.type("desk.orders.close()")
    show.type("for fiber in atWork { fiber.join() }")
    sent, booked = show.value("sent"), show.value("book.orders")
    served = show.value("clerks.get(0).served + clerks.get(1).served")
    same = show.value("sentChecksum") == show.value("book.checksum")
    print(f"\n{sent:,} orders sent, {booked:,} booked, {served:,} served: {sent - booked} lost")
    fine = sent == booked == served and same and sent > 0
    print("every order is there" if fine else "the books do not agree")
    return 0 if fine else FAILED
