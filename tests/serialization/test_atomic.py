"""Writing files: the old content or the new, never a part."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from gluonish.errors import MissingFileError
from gluonish.serialization.atomic import atomic_write


def interrupted(path, error):
    """Write half of a content."""
    with atomic_write(path) as file:
        file.write(b"half of the new")
        raise error("in the middle")


posix = pytest.mark.skipif(os.name != "posix", reason="permissions and links are POSIX matters")


def names_in(folder):
    return [path.name for path in folder.iterdir()]


def write(path, content):
    with atomic_write(path) as file:
        file.write(content)


def test_a_new_file_has_the_content(tmp_path):
    write(tmp_path / "new", b"content")
    assert (tmp_path / "new").read_bytes() == b"content"
    assert names_in(tmp_path) == ["new"]


def test_an_old_file_is_replaced(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"a longer old content")
    write(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert names_in(tmp_path) == ["file"]


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_an_error_in_the_middle_leaves_the_old_file_and_nothing_else(error, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(error, match="in the middle"):
        interrupted(path, error)
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["file"]


def test_an_error_in_the_middle_of_a_new_file_leaves_none(tmp_path):
    with pytest.raises(ZeroDivisionError, match="in the middle"):
        interrupted(tmp_path / "file", ZeroDivisionError)
    assert names_in(tmp_path) == []


def test_until_the_end_readers_see_the_old_content(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with atomic_write(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_a_reader_that_has_the_old_file_open_keeps_it(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old content")
    with path.open("rb") as reader:
        assert reader.read(3) == b"old"
        write(path, b"new")
        assert reader.read() == b" content"


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_the_permissions_of_the_old_file_are_kept(mode, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(mode)
    write(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


@posix
def test_a_new_file_has_the_permissions_that_open_gives(tmp_path):
    (tmp_path / "opened").write_bytes(b"")
    write(tmp_path / "written", b"")
    assert (tmp_path / "written").stat().st_mode == (tmp_path / "opened").stat().st_mode


@posix
def test_a_link_is_followed(tmp_path):
    target, link = tmp_path / "folder" / "target", tmp_path / "latest"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link.symlink_to(target)
    write(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert names_in(target.parent) == ["target"]


def test_a_folder_that_is_not_there_is_an_error_that_names_it(tmp_path):
    with pytest.raises(
        MissingFileError, match=r"Folder .*absent does not exist.\n  Make it before saving to it"
    ):
        write(tmp_path / "absent" / "file", b"")
    assert names_in(tmp_path) == []


def test_a_folder_in_the_files_place_is_an_error_and_stays(tmp_path):
    (tmp_path / "file" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="file"):
        write(tmp_path / "file", b"")
    assert names_in(tmp_path) == ["file"]
    assert (tmp_path / "file" / "inside").is_dir()


def test_a_relative_path_is_taken_from_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("file", b"content")
    assert (tmp_path / "file").read_bytes() == b"content"


def test_a_name_of_the_greatest_length_can_be_written(tmp_path):
    name = "n" * 250
    write(tmp_path / name, b"content")
    assert names_in(tmp_path) == [name]


def test_of_several_writers_one_wins_as_a_whole(tmp_path):
    path = tmp_path / "file"
    contents = [bytes([number]) * 100_000 for number in range(8)]
    threads = [threading.Thread(target=write, args=(path, content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents
    assert names_in(tmp_path) == ["file"]


@posix
def test_the_content_is_on_the_disk_before_the_name_is_and_then_the_folder(tmp_path, monkeypatch):
    done = []
    sync, replace = os.fsync, Path.replace

    def noted_sync(handle):
        kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "content"
        done.append((kind, os.fstat(handle).st_size if kind == "content" else None))
        sync(handle)

    def noted_replace(path, target):
        done.append(("name", None))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    with atomic_write(tmp_path / "file") as file:
        file.write(b"12345")
    assert done == [("content", 5), ("name", None), ("folder", None)]


def test_what_writers_that_were_killed_have_left_is_removed_when_it_is_old(tmp_path):
    old, fresh, other = (tmp_path / f".{name}.tmp" for name in ("file.0a", "file.0b", "other.0c"))
    for path in (old, fresh, other):
        path.write_bytes(b"half")
    for path in (old, other):
        os.utime(path, (0, 0))
    write(tmp_path / "file", b"whole")
    assert sorted(names_in(tmp_path)) == sorted([fresh.name, other.name, "file"])
