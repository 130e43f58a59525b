"""The hints for names of other languages name what the library has."""

from __future__ import annotations

import pytest

from lang.checker.foreign import _MEMBERS, member_hint
from lang.library import standard_library

KNOWN = {m.name for file in standard_library().values() for m in (*file.methods, *file.fields)}


@pytest.mark.parametrize("name", _MEMBERS)
def test_every_suggestion_exists(name: str) -> None:
    suggestions = _MEMBERS[name].split()
    assert set(suggestions) <= KNOWN and name not in suggestions


def test_what_the_type_has_is_suggested_in_order() -> None:
    assert member_hint("push", ["addLast", "addFirst"]) == "did you mean `addLast`?"
    assert member_hint("push", ["pushes"]) == "did you mean `pushes`?"
    assert member_hint("push", []) == ""
