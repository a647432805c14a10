"""Placeholders: what stands for a pending parameter, and the operator that settles it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import DeferredInitializationError
from gluonish.gluon import Parameter
from gluonish.parameter.settling import Placeholder, is_settling, settling_scope


def pending(name="w", shape=(4, 0), ctx=None, **kwargs):
    parameter = Parameter(name, shape=shape, allow_deferred_init=True, **kwargs)
    parameter.initialize(mx.init.Constant(2), ctx=ctx)
    return parameter


def dense(x, weight):
    return mx.nd.FullyConnected(x, weight, num_hidden=4, no_bias=True)


def test_inside_the_scope_a_pending_parameter_is_a_placeholder():
    parameter = pending()
    with settling_scope([parameter.core]):
        array = parameter.data()
        assert isinstance(array, Placeholder)
        assert array.partial_shape == (4, None)
        assert array.dtype is np.float32
        assert repr(array) == "<placeholder of <Parameter 'w' (4, ?) Deferred>>"
    with pytest.raises(DeferredInitializationError):
        parameter.data()


@pytest.mark.parametrize(
    "ask", [lambda a: a.shape, lambda a: a.ndim, lambda a: a.size, lambda a: a.asnumpy(), len, list, float]
)
def test_a_placeholder_has_no_shape_and_no_content(ask):
    parameter = pending()
    with (
        settling_scope([parameter.core]),
        pytest.raises(
            DeferredInitializationError, match=r"'w' is needed here as an array, but has no value yet"
        ),
    ):
        ask(parameter.data())
    assert parameter.core.is_deferred


def test_a_ready_parameter_is_itself():
    parameter = Parameter("w", shape=(2,))
    parameter.initialize()
    with settling_scope([parameter.core]):
        assert parameter.data() is parameter.data()
        assert not isinstance(parameter.data(), Placeholder)


def test_the_first_operator_settles_it_and_goes_on_with_its_value():
    parameter = pending()
    with settling_scope([parameter.core]):
        out = dense(mx.nd.ones((1, 3)), parameter.data())
    assert parameter.shape == (4, 3)
    assert out.asnumpy().tolist() == [[6.0] * 4]


def test_a_placeholder_kept_since_before_is_the_parameter_for_later_operators():
    parameter = pending()
    with settling_scope([parameter.core]):
        array = parameter.data()
        dense(mx.nd.ones((1, 3)), array)
        assert (array * 2).asnumpy().tolist() == [[4.0] * 3] * 4


def test_what_settles_it_is_recorded_like_any_operator():
    parameter = pending()
    with mx.autograd.record(), settling_scope([parameter.core]):
        out = dense(mx.nd.ones((1, 3)), parameter.data()).sum()
    out.backward()
    assert parameter.grad().asnumpy().tolist() == [[1.0] * 3] * 4


def test_it_is_settled_on_the_context_of_the_other_inputs(two):
    parameter = pending(ctx=two)
    with settling_scope([parameter.core]):
        out = dense(mx.nd.ones((1, 3), ctx=two[1]), parameter.data(two[1]))
    assert out.context == two[1]
    assert parameter.list_ctx() == two


def test_several_placeholders_of_one_operator_are_settled_together():
    weight, bias = pending(), pending("b", shape=None)
    with settling_scope([weight.core, bias.core]):
        mx.nd.FullyConnected(mx.nd.ones((1, 3)), weight.data(), bias.data(), num_hidden=4)
    assert (weight.shape, bias.shape) == ((4, 3), (4,))
    assert weight.core.ready().group is bias.core.ready().group


def test_an_operator_that_cannot_settle_it_is_named():
    parameter = pending(shape=None)
    with (
        settling_scope([parameter.core]),
        pytest.raises(
            DeferredInitializationError, match=r"'w' is the input of operator 'dot', which cannot settle it"
        ),
    ):
        mx.nd.dot(mx.nd.ones((2, 3)), parameter.data())
    assert parameter.core.is_deferred


def test_a_contradiction_names_the_parameter_and_leaves_it_pending():
    parameter = pending(shape=(5, 0))
    with (
        settling_scope([parameter.core]),
        pytest.raises(
            DeferredInitializationError, match=r"'w' met a contradiction[\s\S]*Axis 0: expected 4, received 5"
        ),
    ):
        dense(mx.nd.ones((1, 3)), parameter.data())
    assert parameter.core.is_deferred


def test_scopes_nest_and_end_with_an_exception():
    outer, inner = pending("outer"), pending("inner")
    with settling_scope([outer.core]):
        with settling_scope([inner.core]):
            assert is_settling(outer.core)
            assert is_settling(inner.core)
        with pytest.raises(ZeroDivisionError), settling_scope([inner.core]):
            raise ZeroDivisionError
        assert is_settling(outer.core)
        assert not is_settling(inner.core)
    assert not is_settling(outer.core)


def test_the_scope_belongs_to_its_thread():
    parameter, seen = pending(), []
    with settling_scope([parameter.core]):
        thread = threading.Thread(target=lambda: seen.append(is_settling(parameter.core)))
        thread.start()
        thread.join()
    assert seen == [False]
