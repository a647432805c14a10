"""Files that programs download."""

from __future__ import annotations

import hashlib

import pytest

from gluonish.errors import ArgumentError, MissingFileError
from gluonish.gluon import utils

URL = "https://example.org/models/net.params"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "net.params"
    path.write_bytes(b"content")
    return path


def test_a_file_is_found_by_its_path_its_folder_or_its_name(file, monkeypatch):
    assert utils.download(URL, file) == str(file)
    assert utils.download(URL, file.parent, overwrite=True, verify_ssl=False) == str(file)
    monkeypatch.chdir(file.parent)
    assert utils.download(URL) == "net.params"


def test_the_hash_of_a_file_is_checked(file):
    right = hashlib.sha1(b"content").hexdigest()
    assert utils.download(URL, file, sha1_hash=right) == str(file)
    with pytest.raises(
        MissingFileError, match="has another hash than it should, and gluonish downloads nothing"
    ):
        utils.download(URL, file, sha1_hash="0" * 40)


def test_a_file_that_is_not_there_is_an_error_that_says_where_to_put_it(tmp_path):
    with pytest.raises(MissingFileError, match="is not there, and gluonish downloads nothing") as caught:
        utils.download(URL, tmp_path)
    assert f"File {tmp_path / 'net.params'}" in str(caught.value)
    assert f"Fetch {URL} yourself and put it there" in str(caught.value)


def test_a_file_needs_a_name_and_attempts_cannot_be_negative(tmp_path):
    with pytest.raises(AssertionError, match="cannot tell the name of the file") as caught:
        utils.download("https://example.org/", tmp_path)
    assert isinstance(caught.value, ArgumentError)
    with pytest.raises(AssertionError, match="needs a number of attempts"):
        utils.download(URL, retries=-1)


def test_a_file_takes_the_place_of_another(tmp_path, file):
    other = tmp_path / "other"
    other.write_bytes(b"old")
    utils.replace_file(file, other)
    assert other.read_bytes() == b"content"
    assert list(tmp_path.iterdir()) == [other]
