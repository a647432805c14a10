"""``mx.np.ndarray``: what it is, how it is written and converted, and Python's operators."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd
from gluonish.errors import ArgumentError, ArgumentTypeError, DTypeError, InPlaceError, UnsupportedError


@pytest.fixture
def x():
    return mx.np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


# -- two kinds of arrays ------------------------------------------------------------------------------------


def test_both_kinds_lie_over_the_same_memory(x):
    classic = x.as_nd_ndarray()
    classic[:] = 7
    assert (x == 7).all()
    assert type(classic) is mx.nd.NDArray
    assert type(classic.as_np_ndarray()) is mx.np.ndarray
    assert x.as_np_ndarray() is x


def test_a_write_through_one_kind_counts_for_the_other(x):
    x.attach_grad()
    with autograd.record():
        y = (x * x).sum()
    x.as_nd_ndarray()[:] = 0
    with pytest.raises(mx.errors.SavedArrayError, match="was written after it was recorded"):
        y.backward()


def test_gradients_flow_through_both_kinds(x):
    x.attach_grad()
    with autograd.record():
        y = (x.as_nd_ndarray() * 3).as_np_ndarray().sum()
    y.backward()
    assert isinstance(x.grad, mx.np.ndarray)
    assert (x.grad == 3).all()


def test_an_operator_on_both_kinds_returns_the_numpy_kind(x):
    classic = mx.nd.ones((3,))
    for result in (x + classic, classic + x, mx.nd.broadcast_add(classic, x), mx.nd.dot(x, classic)):
        assert type(result) is mx.np.ndarray


@pytest.mark.parametrize(
    "made",
    [
        lambda x: x[0],
        lambda x: x.copy(),
        lambda x: x.detach(),
        lambda x: x.astype("int32"),
        lambda x: x.as_in_context(mx.cpu(1)),
        lambda x: x.copyto(mx.cpu(1)),
        lambda x: copy.copy(x),
        lambda x: copy.deepcopy(x),
        lambda x: pickle.loads(pickle.dumps(x)),
        lambda x: mx.nd.split(x, 3, axis=1)[1],
        lambda x: next(iter(x)),
    ],
)
def test_what_is_made_of_an_array_is_of_its_kind(x, made):
    assert type(made(x)) is mx.np.ndarray


def test_gradients_of_numpy_arrays_are_numpy_arrays(x):
    x.attach_grad()
    with autograd.record():
        y = x * x
    for gradient in (x.grad, autograd.grad(y, x, retain_graph=True), autograd.grad(y, [x])[0]):
        assert type(gradient) is mx.np.ndarray


def test_a_function_of_the_user_gets_the_kind_it_is_called_with(x):
    seen = []

    class Double(autograd.Function):
        def forward(self, x):
            seen.append(type(x))
            return x * 2

        def backward(self, dy):
            seen.append(type(dy))
            return dy * 2

    x.attach_grad()
    with autograd.record():
        y = Double()(x)
    y.backward()
    assert seen == [mx.np.ndarray] * 2


# -- text ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (lambda: mx.np.array([[1, 2], [3, 4]]), "array([[1., 2.],\n       [3., 4.]])"),
        (lambda: mx.np.array(3), "array(3.)"),
        (lambda: mx.np.array([1, 2], dtype="int32"), "array([1, 2], dtype=int32)"),
        (lambda: mx.np.array([True, False], dtype=bool), "array([ True, False])"),
        (lambda: mx.np.array([1.5], dtype="float64", ctx=mx.cpu(1)), "array([1.5], dtype=float64)"),
        (lambda: mx.np.zeros((0, 3)), "array([], shape=(0, 3))"),
    ],
)
def test_the_text_is_mxnets(array, text):
    assert repr(array()) == text


def test_it_can_be_formatted():
    assert f"{mx.np.array(3.14159):.2f}" == "3.14"
    assert f"{mx.np.array([1, 2])}" == "[1. 2.]"


# -- numbers ------------------------------------------------------------------------------------------------


def test_a_lone_element_is_a_number():
    x = mx.np.array(2.5)
    assert (float(x), int(x), bool(x), x.item(), x.tolist(), x.shape) == (2.5, 2, True, 2.5, 2.5, ())


def test_an_element_can_be_had_by_its_place(x):
    assert (x.item(4), x.item(1, 2)) == (5.0, 6.0)


def test_several_elements_have_no_truth(x):
    with pytest.raises(ArgumentError, match=r"has no single truth value.\n  Use np.any\(x\) or np.all\(x\)"):
        bool(x)
    assert not mx.np.zeros((0,))


def test_an_array_of_no_axes_has_no_length():
    with pytest.raises(TypeError, match="has no length"):
        len(mx.np.array(1))


# -- conversions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"order": "F"}, {"casting": "safe"}])
def test_astype_knows_one_order_and_casting(x, options):
    with pytest.raises(ArgumentError, match=r"ndarray.astype\(\) cannot convert so"):
        x.astype("int32", **options)


def test_copy_knows_one_order(x):
    with pytest.raises(UnsupportedError, match="Expected 'C', received 'F'"):
        x.copy(order="F")


# -- operators ----------------------------------------------------------------------------------------------


def test_dtypes_are_promoted_as_in_mxnet():
    def of(*dtypes):
        return str(mx.np.add(*[mx.np.ones(2, dtype=d) for d in dtypes]).dtype)

    assert of("int32", "float16") == "float16"
    assert of("int64", "float32") == "float32"
    assert of("bool", "int8") == "int8"
    assert of("int32", "int64") == "int64"
    assert of("float16", "float64") == "float64"


def test_division_of_integers_gives_floats():
    assert str((mx.np.ones(2, dtype="int32") / 2).dtype) == "float32"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda x: x.__iadd__(1), [2, 3]),
        (lambda x: x.__isub__(mx.np.array([1, 1])), [0, 1]),
        (lambda x: x.__imul__(2), [2, 4]),
        (lambda x: x.__itruediv__(2), [0.5, 1]),
        (lambda x: x.__ipow__(2), [1, 4]),
        (lambda x: x.__imod__(2), [1, 0]),
        (lambda x: x.__ifloordiv__(2), [0, 1]),
    ],
)
def test_augmented_assignment_writes_into_the_array(change, expected):
    x = mx.np.array([1, 2])
    assert change(x) is x
    assert x.tolist() == expected


def test_augmented_assignment_keeps_the_dtype():
    x = mx.np.array([1, 2], dtype="int32")
    with pytest.raises(DTypeError, match="cannot take the result of true_divide in place"):
        x /= 2
    x += 1
    assert x.tolist() == [2, 3]


def test_augmented_assignment_is_refused_where_the_graph_depends_on_the_array():
    x = mx.np.array([1.0, 2.0])
    x.attach_grad()
    with autograd.record(), pytest.raises(InPlaceError, match="cannot be written while recording"):
        x += 1


@pytest.mark.parametrize("other", [[1, 2], "a", None, np.array([1.0, 2.0])])
def test_operators_take_arrays_and_numbers_only(other):
    x = mx.np.array([1.0, 2.0])
    with pytest.raises(TypeError):
        x + other
    with pytest.raises(TypeError):
        other + x


def test_numpys_numbers_on_the_left_give_way():
    assert type(np.float32(2) * mx.np.array([1.0])) is mx.np.ndarray


# -- NumPy's protocols --------------------------------------------------------------------------------------


def test_functions_of_official_numpy_are_carried_out_by_ours(x):
    for result in (np.sum(x), np.exp(x), np.add(x, 1), np.concatenate([x, x]), np.linalg.norm(x)):
        assert type(result) is mx.np.ndarray
    out = mx.np.zeros((2, 3))
    assert np.add(x, x, out=out) is out
    assert (out == x * 2).all()


def test_functions_that_are_not_ours_are_refused(x):
    with pytest.raises(TypeError):
        np.add.reduce(x)
    with pytest.raises(TypeError):
        np.busday_count(x, x)


def test_numpy_gets_a_copy_or_a_read_only_view(x):
    host = np.asarray(x)
    assert host.shape == (2, 3)
    with pytest.raises(ValueError, match="read-only"):
        host[0] = 1


# -- methods ------------------------------------------------------------------------------------------------


def test_reshape_copies_and_reshape_view_does_not(x):
    copied, view = x.reshape(6), x.reshape_view(3, -1)
    assert view.shape == (3, 2)
    view[:] = 0
    assert (x == 0).all()
    assert copied[0] == 1


def test_sort_is_in_place():
    x = mx.np.array([3.0, 1.0, 2.0])
    assert x.sort() is None
    assert x.tolist() == [1, 2, 3]
    with pytest.raises(ArgumentTypeError, match="sorts along one axis"):
        x.sort(axis=None)


@pytest.mark.parametrize("arguments", [((), {}), ((3, 2), {"foo": 1})])
def test_reshape_takes_a_shape_and_an_order(x, arguments):
    with pytest.raises(TypeError, match=r"ndarray.reshape\(\) takes a shape and order="):
        x.reshape(*arguments[0], **arguments[1])
