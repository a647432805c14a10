"""Working out shapes and dtypes over a graph, in both directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluonish import nd, sym
from gluonish.errors import ArgumentError, DTypeError, ShapeMismatchError, UnknownNameError
from gluonish.gluon.nn import Dense
from gluonish.util import np_shape

var = sym.var


def network():
    x = sym.Convolution(var("data"), kernel=(3, 3), num_filter=4, name="conv")
    x = sym.Activation(sym.BatchNorm(x, name="bn"), act_type="relu")
    x = sym.Pooling(x, kernel=(2, 2), pool_type="max", stride=(2, 2))
    return sym.SoftmaxOutput(sym.FullyConnected(x, num_hidden=3, name="fc"), name="softmax")


def dense(data, name="fc", units=4):
    return sym.FullyConnected(data, num_hidden=units, name=name)


# -- shapes forwards --------------------------------------------------------------------------------------


def test_the_shapes_of_a_network_follow_from_its_data():
    """MXNet 1.9.1 prints these shapes."""
    assert network().infer_shape(data=(2, 3, 8, 8)) == (
        [(2, 3, 8, 8), (4, 3, 3, 3), (4,), (4,), (4,), (3, 36), (3,), (2,)],
        [(2, 3)],
        [(4,), (4,)],
    )


def test_shapes_come_by_position_or_by_name():
    y = dense(var("x"))
    expected = ([(2, 5), (4, 5), (4,)], [(2, 4)], [])
    assert y.infer_shape((2, 5)) == y.infer_shape(x=(2, 5)) == y.infer_shape((2, 5), None, (4,)) == expected


def test_variables_may_state_their_shape():
    assert dense(var("x", shape=(2, 5))).infer_shape() == ([(2, 5), (4, 5), (4,)], [(2, 4)], [])


def test_a_stated_shape_may_be_partial():
    y = dense(var("x", shape=(0, 5)))
    assert y.infer_shape() == (None, None, None)
    assert y.infer_shape(x=(2, 0)) == ([(2, 5), (4, 5), (4,)], [(2, 4)], [])


def test_several_outputs_have_their_shapes():
    parts = sym.split(var("a"), num_outputs=3, axis=1)
    assert parts.infer_shape(a=(2, 6)) == ([(2, 6)], [(2, 2)] * 3, [])
    assert parts[1].infer_shape(a=(2, 6)) == ([(2, 6)], [(2, 2)], [])


# -- shapes backwards -------------------------------------------------------------------------------------


def test_the_shape_of_data_follows_from_a_weight():
    assert dense(var("x")).infer_shape(fc_weight=(4, 7), x=(5, 0))[0] == [(5, 7), (4, 7), (4,)]


def test_what_is_known_behind_reaches_what_is_unknown_before():
    """Only the last weight and the batch size are given."""
    y = dense(sym.relu(dense(var("x", shape=(0, 3)), "first", units=6)), "second", units=2)
    assert y.infer_shape(second_bias=(2,), x=(5, 0)) == (
        [(5, 3), (6, 3), (6,), (2, 6), (2,)],
        [(5, 2)],
        [],
    )


def test_operands_of_equal_shape_tell_each_other():
    a, b, c = var("a"), var("b"), var("c")
    y = sym.elemwise_add(sym.elemwise_add(a, b), c)
    assert y.infer_shape(c=(2, 3)) == ([(2, 3)] * 3, [(2, 3)], [])
    assert y.infer_shape(a=(2, 0), b=(0, 3)) == ([(2, 3)] * 3, [(2, 3)], [])


def test_what_is_learned_in_one_branch_reaches_another():
    """One round forwards and backwards does not do: w is behind p, and p behind k."""
    p, k, w = var("p"), var("k"), var("w")
    y = sym.Group([sym.elemwise_add(sym.tanh(p), w), sym.elemwise_add(sym.relu(p), k)])
    assert y.infer_shape(k=(2, 3)) == ([(2, 3)] * 3, [(2, 3)] * 2, [])


def test_pythons_operators_take_equal_shapes_where_one_is_unknown_and_broadcast_where_both_are_known():
    y = var("a") * var("b")
    assert y.infer_shape(a=(2, 3)) == ([(2, 3), (2, 3)], [(2, 3)], [])
    assert y.infer_shape(a=(2, 3), b=(3,)) == ([(2, 3), (3,)], [(2, 3)], [])


@given(st.lists(st.booleans(), min_size=3, max_size=3), st.lists(st.integers(1, 4), min_size=3, max_size=3))
def test_whatever_is_left_out_comes_back_or_stays_unknown(given_axes, sizes):
    """A chain of element-wise operators: every axis that any of its variables knows, all of them know."""
    a, b, c = var("a"), var("b"), var("c")
    y = sym.relu(sym.elemwise_mul(sym.elemwise_add(a, b), sym.tanh(c)))
    shapes = {
        name: tuple(size if i == axis and known else 0 for axis, size in enumerate(sizes))
        for i, (name, known) in enumerate(zip("abc", given_axes, strict=True))
    }
    expected = tuple(size if known else 0 for size, known in zip(sizes, given_axes, strict=True))
    arguments, outputs, _ = y.infer_shape_partial(**shapes)
    assert [*arguments, *outputs] == [expected] * 4


# -- what is not determined -------------------------------------------------------------------------------


def test_unknown_axes_are_zero_and_unknown_ranks_empty():
    assert sym.relu(var("a")).infer_shape_partial() == ([()], [()], [])
    assert dense(var("x")).infer_shape_partial(x=(0, 3)) == ([(0, 3), (4, 3), (4,)], [(0, 4)], [])


def test_a_shape_that_is_not_determined_makes_all_of_them_none():
    assert network().infer_shape() == (None, None, None)
    assert network().infer_shape(data=(0, 3, 8, 8)) == (None, None, None)


# -- shapes that contradict -------------------------------------------------------------------------------


def test_a_contradiction_names_the_node_and_the_argument():
    with pytest.raises(ShapeMismatchError) as error:
        dense(var("x")).infer_shape(x=(5, 6), fc_weight=(4, 7))
    assert str(error.value) == (
        "Node 'fc': operator 'FullyConnected': its argument 'weight' "
        "has shape (4, 7) where the rest of the call needs (4, 6).\n  Axis 1: expected 6, received 7."
    )


def test_a_shape_that_is_given_goes_before_the_one_that_the_variable_states():
    assert dense(var("x", shape=(2, 3))).infer_shape(x=(2, 4))[1] == [(2, 4)]


def test_a_part_of_a_shape_that_is_given_must_agree_with_the_one_that_the_variable_states():
    with pytest.raises(
        ShapeMismatchError, match=r"Variable 'x' was declared \(2, 3\) and cannot become \(\?, 4\)"
    ):
        dense(var("x", shape=(2, 3))).infer_shape(x=(0, 4))


def test_shapes_that_do_not_broadcast_are_a_contradiction():
    with pytest.raises(
        ShapeMismatchError, match="Node '_mul0': operator 'broadcast_mul' got shapes that cannot be broadcast"
    ):
        (var("a") * var("b")).infer_shape(a=(2, 3), b=(4, 5))


def test_a_shape_for_what_does_not_exist_is_an_error():
    with pytest.raises(
        UnknownNameError, match=r"Argument 'y' is none of <Symbol fc>.\n  Expected one of x, fc_weight, fc_b"
    ):
        dense(var("x")).infer_shape(y=(2, 3))


def test_shapes_come_one_way_only():
    for shapes, named in [(((2, 3),), {"fc_bias": (4,)}), (((2, 3),) * 4, {})]:
        with pytest.raises(
            ArgumentError, match=r"takes shapes or dtypes by position or by name.\n  Expected x, fc_weight"
        ):
            dense(var("x")).infer_shape(*shapes, **named)


# -- dtypes -----------------------------------------------------------------------------------------------


def test_one_dtype_spreads_over_the_graph():
    arguments, outputs, states = network().infer_type(data="float16")
    assert arguments == [np.float16] * 3 + [np.float32] * 2 + [np.float16] * 3
    assert (outputs, states) == ([np.float16], [np.float32] * 2)


def test_what_nothing_determines_is_none():
    assert dense(var("x")).infer_type() == (None, None, None)
    assert dense(var("x")).infer_type_partial() == ([None] * 3, [None], [])


def test_what_is_unrelated_to_a_known_dtype_is_none():
    pair = sym.Group([sym.relu(var("a")), sym.relu(var("b"))])
    assert pair.infer_type(a="float64") == (None, None, None)
    assert pair.infer_type_partial(a="float64") == ([np.float64, None], [np.float64, None], [])


def test_without_numpys_semantics_a_zero_is_an_unknown_axis_and_with_them_a_size():
    """MXNet 1.9.1 prints these shapes."""
    y = dense(var("x"))
    assert y.infer_shape_partial(x=(0, 4)) == ([(0, 4), (4, 4), (4,)], [(0, 4)], [])
    assert sym.sin(var("x")).infer_shape_partial() == ([()], [()], [])
    with np_shape():
        assert y.infer_shape(x=(0, 4)) == ([(0, 4), (4, 4), (4,)], [(0, 4)], [])
        assert y.infer_shape_partial(x=(-1, 4)) == ([(-1, 4), (4, 4), (4,)], [(-1, 4)], [])
        assert sym.sin(var("x")).infer_shape_partial() == ([None], [None], [])
        assert (var("x") + var("y", shape=())).infer_shape() == ([(), ()], [()], [])
        assert sym.zeros((0, 2)).infer_shape() == ([], [(0, 2)], [])


def test_what_two_places_of_one_operator_say_of_a_variable_is_put_together():
    x = var("x")
    assert sym.dot(x, x).infer_shape_partial(x=(3, 0)) == ([(3, 3)], [(3, 3)], [])
    with pytest.raises(ShapeMismatchError, match="Node 'dot1'"):
        sym.dot(x, x).infer_shape(x=(1, 2))


def test_the_choice_of_where_says_nothing_before_its_condition_is_known():
    """MXNet 1.9.1 prints these shapes."""
    y = sym.where(var("c"), var("x"), var("y"))
    assert y.infer_shape_partial(c=(0, 2), x=(3, 2), y=(0, 2)) == ([(0, 2), (3, 2), (0, 2)], [()], [])
    assert y.infer_shape_partial(c=(3, 2), x=(3, 2)) == ([(3, 2)] * 3, [(3, 2)], [])


def test_a_dtype_spreads_backwards():
    y = dense(sym.relu(dense(var("x"), "first")), "second")
    assert y.infer_type(second_bias="float64") == ([np.float64] * 5, [np.float64], [])


def test_float64_spreads_as_far_as_other_dtypes_do():
    """To NumPy, None equals the dtype float64."""
    a = var("a")
    pair = sym.Group([sym.relu(a) + var("b"), sym.sin(a)])
    for dtype in (np.float16, np.float64):
        assert pair.infer_type(b=dtype) == ([dtype] * 2, [dtype] * 2, [])


def test_a_cast_separates_dtypes():
    y = sym.Cast(sym.relu(var("a")), dtype="int32")
    assert y.infer_type(a="float16") == ([np.float16], [np.int32], [])


def test_variables_may_state_their_dtype_and_a_given_one_goes_before():
    y = sym.relu(var("a", dtype="float16"))
    assert y.infer_type() == ([np.float16], [np.float16], [])
    assert y.infer_type(a="float64") == ([np.float64], [np.float64], [])


def test_dtypes_that_contradict_are_an_error_that_names_the_node():
    with pytest.raises(
        DTypeError, match="Node '_mul0': operator 'elemwise_mul' got arrays of different dtypes: its argument"
    ):
        (var("a") * var("b")).infer_type(a="float32", b="float64")


# -- against real arrays ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("compose", "shapes"),
    [
        (lambda F, a, b: F.concat(F.relu(a), b, dim=1), [(2, 3), (2, 4)]),
        (lambda F, a, b: F.dot(a, F.transpose(b)), [(2, 3), (4, 3)]),
        (lambda F, a, b: F.broadcast_add(a, F.expand_dims(b, axis=0)), [(2, 3), (3,)]),
        (
            lambda F, a, b: F.reshape(a, shape=(-1, 0)) * F.sum(b, axis=(0, 1), keepdims=True),
            [(4, 5, 3), (2, 2)],
        ),
        (lambda F, a, b: F.stack(F.mean(a, axis=1), b, axis=1), [(3, 4), (3,)]),
    ],
)
def test_inferred_shapes_are_those_of_computed_arrays(compose, shapes):
    computed = compose(nd, *[nd.ones(shape) for shape in shapes])
    inferred = compose(sym, var("a"), var("b")).infer_shape(*shapes)
    assert inferred == (shapes, [computed.shape], [])


def test_a_deep_graph_is_inferred_without_recursion():
    y = var("x")
    for _ in range(3_000):
        y = sym.relu(y)
    assert y.infer_shape(x=(2,)) == ([(2,)], [(2,)], [])


# -- arrays made in a graph -------------------------------------------------------------------------------


def test_an_axis_of_size_0_is_found_from_what_the_array_meets():
    start = sym.zeros((0, 5))
    assert start.infer_shape() == (None, None, None)
    total = sym.elemwise_add(var("x"), start)
    assert total.infer_shape(x=(2, 5)) == ([(2, 5)], [(2, 5)], [])
    assert total.infer_shape_partial() == ([(0, 5)], [(0, 5)], [])


def test_the_known_axes_of_a_made_array_still_bind():
    total = sym.elemwise_add(var("x"), sym.zeros((0, 5), name="start"), name="total")
    with pytest.raises(ShapeMismatchError, match=r"(?s)'total'.*expected 4, received 5"):
        total.infer_shape(x=(2, 4))


def test_a_layer_that_waits_for_its_shape_is_run_with_numpys_semantics():
    layer = Dense(2)
    layer.initialize()
    with np_shape():
        assert layer.weight.shape == (2, -1)
        assert layer(nd.ones((4, 3))).shape == (4, 2)
    assert layer.weight.shape == (2, 3)
