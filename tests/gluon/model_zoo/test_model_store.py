"""Where files of trained parameters lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from gluonish.errors import ArgumentError, MissingFileError
from gluonish.gluon.model_zoo import model_store


def test_the_exact_name_goes_before_one_with_a_hash(tmp_path):
    (tmp_path / "net-01234567.params").touch()
    assert model_store.get_model_file("net", tmp_path) == str(tmp_path / "net-01234567.params")
    (tmp_path / "net.params").touch()
    assert model_store.get_model_file("net", tmp_path) == str(tmp_path / "net.params")


def test_several_files_with_hashes_are_ambiguous(tmp_path):
    for digits in ("01234567", "89abcdef"):
        (tmp_path / f"net-{digits}.params").touch()
    message = (
        r"'net' are in several files.*\s+Received net-01234567.params, net-89abcdef.params.\s+.*net.params"
    )
    with pytest.raises(ArgumentError, match=message):
        model_store.get_model_file("net", tmp_path)


def test_other_models_do_not_count(tmp_path):
    (tmp_path / "network.params").touch()
    with pytest.raises(MissingFileError, match="'net' are not in"):
        model_store.get_model_file("net", tmp_path)


def test_the_default_folder_is_in_the_home_of_mxnet_or_of_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("MXNET_HOME", str(tmp_path))
    assert model_store.default_root() == tmp_path / "models"
    monkeypatch.delenv("MXNET_HOME")
    assert model_store.default_root() == Path.home() / ".mxnet" / "models"


def test_a_tilde_is_the_users_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "net.params").touch()
    assert model_store.get_model_file("net", "~") == str(tmp_path / "net.params")


def test_purging_deletes_the_files_of_parameters_only(tmp_path):
    for name in ("net.params", "net-01234567.params", "notes.txt"):
        (tmp_path / name).touch()
    model_store.purge(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
