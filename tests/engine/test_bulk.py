"""The bulk size: kept, and without effect."""

from __future__ import annotations

import threading

import pytest

import gluonish as mx
from gluonish.errors import ArgumentTypeError


def test_setting_returns_what_was_there():
    assert mx.engine.set_bulk_size(10) == 0
    assert mx.engine.set_bulk_size(0) == 10


def test_a_scope_restores_what_was_there_also_after_an_error():
    with mx.engine.bulk(3):
        with pytest.raises(KeyError), mx.engine.bulk(5):
            raise KeyError
        assert mx.engine.set_bulk_size(4) == 3
    assert mx.engine.set_bulk_size(0) == 0


def test_the_number_belongs_to_a_thread():
    seen = []
    with mx.engine.bulk(7):
        thread = threading.Thread(target=lambda: seen.append(mx.engine.set_bulk_size(1)))
        thread.start()
        thread.join()
    assert seen == [0]


def test_it_is_an_integer():
    with pytest.raises(TypeError, match="The bulk size is no integer") as caught:
        mx.engine.set_bulk_size("x")
    assert isinstance(caught.value, ArgumentTypeError)
