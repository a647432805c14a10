"""Checkpoints."""

from __future__ import annotations

import pytest

import gluonish as mx
from gluonish import model
from gluonish.errors import FileFormatError, MXNetError


@pytest.fixture
def prefix(tmp_path):
    return str(tmp_path / "net")


def test_arrays_come_back_as_arguments_and_states(prefix):
    model.save_checkpoint(prefix, 3, None, {"w": mx.nd.array([1, 2])}, {"mean": mx.nd.zeros(1)})
    arguments, states = model.load_params(prefix, 3)
    assert (list(arguments), list(states)) == (["w"], ["mean"])
    assert arguments["w"].asnumpy().tolist() == [1, 2]


def test_names_in_the_file_say_what_they_are(prefix):
    model.save_checkpoint(prefix, 12, None, {"w": mx.nd.ones(1)}, {"m": mx.nd.ones(1)})
    assert list(mx.nd.load(f"{prefix}-0012.params")) == ["arg:w", "aux:m"]


def test_an_empty_file_has_no_arrays_and_is_a_warning(prefix, caplog):
    mx.nd.save(f"{prefix}-0001.params", {})
    assert model.load_params(prefix, 1) == ({}, {})
    assert "net-0001.params' is empty" in caplog.text


@pytest.mark.parametrize("content", [{"w": mx.nd.ones(1)}, [mx.nd.ones(1)], {"other:w": mx.nd.ones(1)}])
def test_a_file_of_other_arrays_is_no_checkpoint(prefix, content):
    mx.nd.save(f"{prefix}-0001.params", content)
    with pytest.raises(
        ValueError, match=r"net-0001.params is no checkpoint.\n  Expected arrays named arg:"
    ) as caught:
        model.load_params(prefix, 1)
    assert isinstance(caught.value, FileFormatError)


def test_a_file_that_is_not_there_is_an_error(prefix):
    with pytest.raises(MXNetError, match=r"net-0007.params"):
        model.load_params(prefix, 7)
