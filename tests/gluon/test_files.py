"""Files that programs download."""

from __future__ import annotations

import hashlib
import http.server
import sys
import threading

import pytest

from gluonish.errors import ArgumentError, DownloadError
from gluonish.gluon import utils

URL = "https://example.org/models/net.params"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "net.params"
    path.write_bytes(b"content")
    return path


class Failing(http.server.BaseHTTPRequestHandler):
    """Answers with one file, after a number of failures."""

    failures = 0

    def do_GET(self):
        found = self.path == "/net.params" and not Failing.failures
        Failing.failures = max(Failing.failures - 1, 0)
        self.send_response(200 if found else 500)
        self.end_headers()
        if found:
            self.wfile.write(b"content")

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.HTTPServer(("127.0.0.1", 0), Failing) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_a_file_that_is_there_is_found_by_its_path_its_folder_or_its_name(file, monkeypatch):
    assert utils.download(URL, file) == str(file)
    assert utils.download(URL, file.parent) == str(file)
    monkeypatch.chdir(file.parent)
    assert utils.download(URL) == "net.params"


def test_a_file_with_the_right_hash_is_not_fetched_again(file):
    assert utils.download(URL, file, sha1_hash=hashlib.sha1(b"content").hexdigest()) == str(file)


@pytest.mark.parametrize("library", ["requests", "urllib"])
def test_a_file_is_fetched_into_a_folder_that_may_be_new(server, tmp_path, library, monkeypatch):
    if library == "requests":
        pytest.importorskip("requests")
    else:
        monkeypatch.setitem(sys.modules, "requests", None)
    target = tmp_path / "new" / "copy.params"
    assert utils.download(f"{server}/net.params", target) == str(target)
    assert target.read_bytes() == b"content"
    assert list(target.parent.iterdir()) == [target]


def test_a_file_with_another_hash_is_fetched_anew(server, tmp_path):
    target = tmp_path / "copy.params"
    target.write_bytes(b"old")
    utils.download(f"{server}/net.params", target, sha1_hash=hashlib.sha1(b"content").hexdigest())
    assert target.read_bytes() == b"content"


def test_overwriting_fetches_a_file_that_is_there(server, tmp_path):
    target = tmp_path / "copy.params"
    target.write_bytes(b"old")
    utils.download(f"{server}/net.params", target, overwrite=True)
    assert target.read_bytes() == b"content"


@pytest.mark.parametrize(("name", "sha1"), [("absent.params", None), ("net.params", "0" * 40)])
def test_a_file_that_cannot_be_fetched_leaves_what_was_there(server, tmp_path, name, sha1):
    target = tmp_path / "copy.params"
    target.write_bytes(b"old")
    with pytest.raises(DownloadError, match=f"{name} cannot be fetched") as caught:
        utils.download(f"{server}/{name}", target, overwrite=True, sha1_hash=sha1, retries=1)
    assert isinstance(caught.value, RuntimeError)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_attempt_is_repeated(server, tmp_path):
    Failing.failures = 2
    utils.download(f"{server}/net.params", tmp_path / "copy.params", retries=2)
    assert (tmp_path / "copy.params").read_bytes() == b"content"


def test_not_verifying_the_server_is_a_warning(file, tmp_path):
    with pytest.warns(UserWarning, match="Unverified HTTPS request"):
        utils.download(file.as_uri(), tmp_path / "copy.params", verify_ssl=False)


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
