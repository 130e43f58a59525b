"""Keys that mean something of their own: Enter, Tab, and the closing brace."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import completion_is_selected
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

STEP = 4  # columns that Tab and a closing brace move by


def make_keys(is_stepping: Callable[[], bool]) -> KeyBindings:
    """The bindings; while an entry is stepped through, Enter is always an answer."""
    keys = KeyBindings()

    @keys.add("enter", filter=completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None  # what the menu shows is in the text already

    @keys.add("enter", filter=~completion_is_selected)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_stepping() or is_entry(buffer):
            buffer.validate_and_handle()
        else:
            new_line(buffer)

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        new_line(event.current_buffer)

    @keys.add("}")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        before = buffer.document.current_line_before_cursor
        if before and not before.strip():
            buffer.delete_before_cursor(min(STEP, len(before)))
        buffer.insert_text("}")

    @keys.add("tab")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        before = buffer.document.current_line_before_cursor
        if buffer.complete_state:
            buffer.complete_next()
        elif not before.strip() and buffer.document.cursor_position_row:
            buffer.insert_text(" " * (STEP - len(before) % STEP))
        else:
            buffer.start_completion(insert_common_part=True)

    return keys


def is_entry(buffer: Buffer) -> bool:
    """Whether Enter ends the entry: it is whole, and the cursor is not inside several lines of it."""
    from lang.repl.reading import is_unfinished  # at the first Enter: the prompt itself needs no lexer

    document = buffer.document
    inside = "\n" in document.text and document.text_after_cursor.strip()
    return not inside and not is_unfinished(document.text)


def new_line(buffer: Buffer) -> None:
    """Begin a line, indented by what is open; a closing bracket behind the cursor goes back by one level."""
    from lang.repl.reading import indentation

    before, after = buffer.document.text_before_cursor, buffer.document.text_after_cursor
    columns = indentation(before)
    if after.lstrip(" ").startswith(("}", ")", "]")):
        columns = max(columns - STEP, 0)
    buffer.insert_text("\n" + " " * columns)
