"""Operators as attributes, and the modules that are filled from the operator table."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

import gluonish as mx
from gluonish import nd, sym
from gluonish.engine.backend import backend_of
from gluonish.engine.namespace import classic_operators, populate, public_name, raw_namespace
from gluonish.engine.operator import find_operator, operator, operators
from gluonish.errors import ArgumentError, UnknownNameError

F = raw_namespace(backend_of(mx.cpu(0)))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("softmax", (None, "softmax")),
        ("FullyConnected", (None, "FullyConnected")),
        ("_linalg_gemm2", ("linalg", "gemm2")),
        ("_random_uniform", ("random", "uniform")),
        ("_contrib_box_nms", ("contrib", "box_nms")),
        ("_mul_scalar", ("_internal", "_mul_scalar")),
        ("_copy", ("_internal", "_copy")),
        ("_linalg", ("_internal", "_linalg")),
        ("_linalg_", ("_internal", "_linalg_")),
    ],
)
def test_a_prefix_of_an_operators_name_is_a_namespace(name, place):
    assert public_name(name) == place


@pytest.mark.parametrize("module", [nd, sym])
def test_every_operator_is_a_function_of_both_namespaces(module):
    missing = []
    for name in classic_operators():
        space, short = public_name(name)
        holder = module if space is None else getattr(module, space)
        if not callable(getattr(holder, short, None)):
            missing.append(name)
    assert missing == []


def test_a_sub_namespace_can_be_imported():
    assert importlib.import_module("gluonish.nd.linalg").gemm2 is nd.linalg.gemm2


def test_names_that_a_module_has_already_are_kept():
    module = {"__name__": "gluonish.test_of_populate", "softmax": "mine"}
    populate(module, lambda op, _: op.name)
    assert (module["softmax"], module["relu"]) == ("mine", "relu")
    assert module["linalg"].gemm2 == "_linalg_gemm2"


def test_aliases_are_one_function():
    assert nd.stop_gradient is nd.BlockGrad


def test_the_raw_namespace_computes_on_raw_arrays():
    assert not F.recorded
    result = F.exp(np.zeros(2))
    assert isinstance(result, np.ndarray)
    np.testing.assert_array_equal(result, [1, 1])


def test_the_raw_namespace_completes_and_parses_parameters():
    np.testing.assert_array_equal(F.sum(np.ones((2, 3)), axis=-1), [3, 3])
    with pytest.raises(ArgumentError, match="Operator 'sum' has no parameter 'axes'"):
        F.sum(np.ones(2), axes=0)


def test_the_raw_namespace_returns_the_visible_outputs():
    parts = F.SliceChannel(np.ones((2, 2)), num_outputs=2, axis=0)
    assert [part.shape for part in parts] == [(1, 2), (1, 2)]


def test_the_raw_namespace_makes_zeros():
    zeros = F.zeros((2, 0), np.dtype("float16"), mx.cpu(1))
    assert (zeros.shape, zeros.dtype) == ((2, 0), np.float16)


def test_a_function_is_made_when_it_is_first_asked_for():
    assert F.tanh is F.tanh


def test_an_operator_that_does_not_exist_is_an_error():
    with pytest.raises(UnknownNameError, match="Operator 'tanhh' does not exist"):
        _ = F.tanhh
    with pytest.raises(AttributeError, match="__wrapped__"):
        _ = F.__wrapped__


def test_there_is_one_raw_namespace_for_a_backend():
    assert raw_namespace(backend_of(mx.cpu(1))) is F


def test_the_functions_of_a_namespace_carry_the_documentation_of_the_operator():
    for function in (nd.softmax, sym.softmax):
        assert (function.__name__, function.__doc__) == ("softmax", find_operator("softmax").doc)


def test_an_operator_declared_later_is_in_the_namespaces(monkeypatch):
    monkeypatch.setattr("gluonish.engine.table._TABLE", dict(operators()))
    try:

        @operator("tests_doubled")
        def doubled(xp, data):
            return data * 2

        assert nd.tests_doubled(nd.ones(2)).asnumpy().tolist() == [2, 2]
        assert sym.tests_doubled(sym.var("x")).list_arguments() == ["x"]
    finally:
        vars(nd).pop("tests_doubled", None)
        vars(sym).pop("tests_doubled", None)


@pytest.mark.parametrize("module", [nd, sym])
def test_a_function_that_no_operator_has_is_an_attribute_error(module):
    with pytest.raises(AttributeError, match=rf"'{module.__name__}' has no attribute 'tests_doubled'"):
        _ = module.tests_doubled
