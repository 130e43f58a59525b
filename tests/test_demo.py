"""The demo: its three changes come out as told, no request is lost, and it is the same every time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lang import demonstration
from lang.cli import main


def play(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    status = main(["demo"])
    return status, re.sub(r"[\d.]+ ms", "- ms", capsys.readouterr().out)


def test_the_demo_shows_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    status, out = play(capsys)
    assert status == 0
    assert re.search(r"applied  Order v1 -> v2   \+ field percent: int = 10 .* \d+ instances migrated", out)
    assert re.search(r"refused\[R101\]  Order v3 would lose .*\n    cents: int +held by \d+ live instances", out)
    assert re.search(
        r"refused\[R201\]  2 active frames .*\n    fiber 2   Clerk.serve   service.mini:\d+\n    fiber 3", out
    )
    assert "applied  Clerk v1 -> v2   + field cents: int = 0   ~ method serve   2 instances migrated" in out
    assert out.endswith("60,000 orders sent, 60,000 booked, 60,000 served: 0 lost\nevery order is there\n")
    assert play(capsys) == (status, out)


def test_a_demo_that_loses_a_request_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in demonstration.FOLDER.glob("*.mini"):
        text = file.read_text().replace("book.enter(order)", "if order.number % 777 != 0 { book.enter(order) }")
        (tmp_path / file.name).write_text(text)
    monkeypatch.setattr(demonstration, "FOLDER", tmp_path)
    status, out = play(capsys)
    assert status == 1 and "the books do not agree" in out


def test_a_demo_in_which_a_change_goes_wrong_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in demonstration.FOLDER.glob("*.mini"):
        (tmp_path / file.name).write_text(file.read_text())
    (tmp_path / "euros.mini").write_text((tmp_path / "discount.mini").read_text())
    monkeypatch.setattr(demonstration, "FOLDER", tmp_path)
    status, out = play(capsys)
    assert status == 1 and "that should have been refused" in out
