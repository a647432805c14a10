"""Names of the old executor manager."""

from __future__ import annotations

import pytest

import gluonish as mx
from gluonish.errors import DuplicateNameError
from gluonish.executor_manager import _check_arguments, _split_input_slice


def test_a_batch_is_cut_in_proportion_to_loads():
    assert _split_input_slice(10, [1, 1, 2]) == [slice(0, 2), slice(2, 4), slice(4, 10)]
    with pytest.raises(ValueError, match="some would be empty"):
        _split_input_slice(2, [1, 1, 2])


def test_arguments_and_states_have_different_names():
    x = mx.sym.var("x")
    _check_arguments(mx.sym.BatchNorm(x))
    with pytest.raises(DuplicateNameError, match="has one argument name twice"):
        _check_arguments(x + mx.sym.var("x"))
    twice = [mx.sym.BatchNorm(x, mx.sym.var(f"g{i}"), mx.sym.var(f"b{i}"), name="bn") for i in (0, 1)]
    with pytest.raises(DuplicateNameError, match="has one state name twice"):
        _check_arguments(mx.sym.Group(twice))
