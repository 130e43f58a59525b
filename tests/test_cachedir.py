"""The cache folder: whole entries or none, whatever happens to the files, the disk and the other writers."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from minivm import cachedir
from minivm.cachedir import CacheFolder, cache_root

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MINIVM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def only_file(folder: CacheFolder) -> Path:
    (path,) = Path(folder.path or "").iterdir()
    return path


def age(folder: CacheFolder, key: str, seconds: int) -> None:
    path = Path(folder.path or "", key)
    when = path.stat().st_mtime - seconds
    os.utime(path, (when, when))


def test_what_is_written_is_read_in_any_later_run(root: Path) -> None:
    CacheFolder("things").write("abc-1", b"\0data")
    assert CacheFolder("things").read("abc-1") == b"\0data"
    assert CacheFolder("things").read("abc-2") is None
    assert CacheFolder("others").read("abc-1") is None
    assert [path.name for path in (root / "things").iterdir()] == ["abc-1"]


def test_an_entry_is_for_its_user_alone(root: Path) -> None:
    CacheFolder("things").write("k", b"data")
    assert (root / "things").stat().st_mode & 0o077 == 0
    assert (root / "things" / "k").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("change", ["cut", "flip", "empty", "longer", "foreign", "folder", "renamed"])
def test_a_damaged_entry_is_none_and_can_be_written_again(change: str) -> None:
    folder = CacheFolder("things")
    folder.write("k", b"x" * 100)
    path = only_file(folder)
    entry = path.read_bytes()
    if change == "folder":
        path.unlink()
        path.mkdir()
    elif change == "renamed":
        path.rename(path.with_name("other"))
        assert folder.read("other") is None
    else:
        flipped = entry[:60] + bytes([entry[60] ^ 1]) + entry[61:]
        made = {"cut": entry[:-1], "flip": flipped, "empty": b"", "longer": entry + b"x", "foreign": b"\xff" * 99}
        path.write_bytes(made[change])
    assert folder.read("k") is None
    folder.write("k", b"again")
    assert folder.read("k") == (None if change == "folder" else b"again")


def test_no_part_of_an_entry_stays_when_the_disk_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = CacheFolder("things")
    folder.write("old", b"kept")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cachedir.os, "replace", full)
    folder.write("new", b"x" * 1000)
    assert folder.read("new") is None
    assert folder.read("old") == b"kept"
    assert only_file(folder).name == "old"


def test_a_folder_that_cannot_be_written_costs_nothing(root: Path, tmp_path: Path) -> None:
    root.write_text("a file where the folder should be")
    folder = CacheFolder("things")
    folder.write("k", b"data")
    assert folder.read("k") is None
    assert folder.usage() == folder.clear() == cachedir.Usage(0, 0)


@pytest.mark.parametrize("place", ["off", "/dev/null/x"])
def test_places_that_are_none(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIVM_CACHE", place)
    folder = CacheFolder("things")
    folder.write("k", b"data")
    assert folder.read("k") is None
    assert folder.usage().entries == 0


def end_of_a_process(code: str) -> None:
    subprocess.run([sys.executable, "-c", f"from minivm.cachedir import CacheFolder; {code}"], check=True)


def test_beyond_the_cap_the_least_recently_used_go(root: Path) -> None:
    folder = CacheFolder("things", cap=4000)
    for key in "abcd":
        folder.write(key, b"x" * 900)
    for key, seconds in (("a", 9000), ("b", 8000), ("c", 7000)):
        age(folder, key, seconds)
    assert folder.read("a") is not None  # and so a is young again
    end_of_a_process('CacheFolder("things", cap=4000).write("e", b"x" * 900)')
    assert [key for key in "abcde" if folder.read(key)] == ["a", "d", "e"]
    assert folder.usage().bytes <= 4000


def test_what_is_larger_than_the_cap_is_not_kept() -> None:
    folder = CacheFolder("things", cap=1000)
    folder.write("k", b"x" * 1001)
    assert folder.read("k") is None


def test_files_of_writers_that_died_are_removed() -> None:
    CacheFolder("things").write("k", b"data")
    folder = CacheFolder("things")
    dead, alive = Path(folder.path or "", "x.1.1.part"), Path(folder.path or "", "y.2.2.part")
    dead.write_bytes(b"")
    alive.write_bytes(b"")
    age(folder, dead.name, 9000)
    end_of_a_process('CacheFolder("things").read("k")')
    assert dead.exists(), "only who writes looks"
    end_of_a_process('CacheFolder("things").write("other", b"data")')
    assert not dead.exists()
    assert alive.exists()


def test_a_process_that_goes_on_keeps_to_the_cap_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cachedir, "_LOOK_EVERY", 10)
    folder = CacheFolder("things", cap=4000)
    for number in range(100):
        folder.write(f"k{number}", b"x" * 900)
        assert folder.usage().bytes <= 4000 + 10 * 1000


def test_clear_tells_what_went() -> None:
    folder = CacheFolder("things")
    folder.write("a", b"x" * 10)
    folder.write("b", b"x" * 20)
    assert folder.usage().entries == 2
    assert folder.clear().entries == 2
    assert folder.read("a") is None
    assert folder.usage() == cachedir.Usage(0, 0)


@pytest.mark.parametrize("key", ["", "../x", "a/b", ".hidden", "a b", "é", "a\0"])
def test_keys_are_file_names(key: str) -> None:
    with pytest.raises(ValueError, match="not a cache key"):
        CacheFolder("things").read(key)


def test_many_writers_at_once_leave_whole_entries() -> None:
    code = (
        "import sys; from minivm.cachedir import CacheFolder; folder = CacheFolder('things')\n"
        "for n in range(150):\n"
        "    folder.write('k', bytes([n]) * 20000)\n"
        "    data = folder.read('k'); assert data and data == data[:1] * 20000\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(4)]
    assert [writer.wait(timeout=60) for writer in writers] == [0] * 4
    assert only_file(CacheFolder("things")).name == "k"


def test_the_folder_is_where_the_system_keeps_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINIVM_CACHE")
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setattr(cachedir.sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_root() == "/home/ann/.cache/minivm"
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/ann")
    assert cache_root() == "/var/ann/minivm"
    monkeypatch.setattr(cachedir.sys, "platform", "darwin")
    assert cache_root() == "/home/ann/Library/Caches/minivm"
