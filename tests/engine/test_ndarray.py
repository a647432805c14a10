"""What an array is: its ways in and out, copies, and writes. Keys are tested with the operators."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import gluonish as mx
from gluonish import autograd, nd
from gluonish.dtype import SUPPORTED, bfloat16, dtype_name
from gluonish.engine.ndarray import NDArray, array_label, from_data
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    DTypeError,
    GradientError,
    InPlaceError,
    ShapeMismatchError,
)

CPU = mx.cpu(0)


# -- making -----------------------------------------------------------------------------------------------


@given(
    hnp.arrays(hnp.floating_dtypes(sizes=(16, 32, 64)) | hnp.integer_dtypes(), hnp.array_shapes(min_side=0))
)
def test_an_array_has_the_content_shape_and_dtype_of_its_data(data):
    x = from_data(data, CPU)
    np.testing.assert_array_equal(x.asnumpy(), data)
    assert (x.shape, x.ndim, x.size) == (data.shape, data.ndim, data.size)
    assert x._raw.dtype == data.dtype.newbyteorder("=")


def test_making_an_array_copies():
    data = np.zeros(2)
    x = from_data(data, CPU)
    data[:] = 1
    assert x.asnumpy().sum() == 0


@pytest.mark.parametrize("dtype", SUPPORTED, ids=dtype_name)
def test_an_array_can_have_every_supported_dtype(dtype):
    x = from_data([0, 1], CPU, dtype)
    assert x.dtype is dtype.type
    assert x.asnumpy().dtype == dtype


def test_integers_out_of_range_wrap_around():
    """MXNet 1.9.1 gives [44 255]."""
    np.testing.assert_array_equal(nd.array([300, -1], dtype="uint8").asnumpy(), [44, 255])


@pytest.mark.parametrize("data", [[[1], [1, 2]], "text", [{}], object()])
def test_what_is_no_rectangle_of_numbers_is_refused(data):
    with pytest.raises(
        ArgumentTypeError, match=r"An array cannot be made from this.\n  Expected numbers in equal"
    ):
        from_data(data, CPU, "float32")


def test_complex_numbers_are_refused():
    with pytest.raises(DTypeError, match=r"dtype dtype.'complex128'. is not supported"):
        from_data(np.zeros(2, complex), CPU)


# -- what it says of itself -------------------------------------------------------------------------------


def test_an_array_says_what_it_is():
    x = nd.ones((2, 3), ctx=mx.cpu(1))
    assert (x.shape, x.ndim, x.size, x.stype) == ((2, 3), 2, 6, "default")
    assert x.dtype is np.float32
    assert x.context is x.ctx is mx.cpu(1)
    assert x.grad is None


def test_the_text_is_mxnets():
    assert repr(nd.array([[1, 2], [3, 4]])) == "\n[[1. 2.]\n [3. 4.]]\n<NDArray 2x2 @cpu(0)>"
    assert str(nd.array([1.5], ctx=mx.cpu(1))) == "\n[1.5]\n<NDArray 1 @cpu(1)>"


def test_messages_call_an_array_by_its_label_or_shape():
    x = nd.ones((2, 3))
    assert array_label(x) == "An array of shape (2, 3)"
    x._storage.label = "Parameter 'w'"
    assert array_label(x[0]) == "Parameter 'w'"


def test_the_length_is_that_of_the_first_axis():
    assert len(nd.ones((3, 2))) == 3
    with pytest.raises(TypeError, match=r"An array of shape \(\) has no length"):
        len(from_data(1.0, CPU))


def test_iterating_gives_the_rows():
    assert [row.tolist() for row in nd.array([[1, 2], [3, 4]])] == [[1, 2], [3, 4]]


def test_arrays_are_keys_by_identity():
    x, y = nd.ones(1), nd.ones(1)
    assert {x: 1, y: 2}[x] == 1


def test_an_array_is_not_none():
    """MXNet raised a TypeError for ``x == None``."""
    x = nd.ones(2)
    assert (x == None) is False  # noqa: E711
    assert (x != None) is True  # noqa: E711


# -- ways out ---------------------------------------------------------------------------------------------


def test_asnumpy_copies():
    x = nd.zeros(2)
    x.asnumpy()[:] = 1
    assert x.asnumpy().sum() == 0


def test_numpy_reads_without_a_copy_and_cannot_write():
    x = nd.zeros(2)
    host = np.asarray(x)
    x[:] = 5
    np.testing.assert_array_equal(host, [5, 5])
    with pytest.raises(ValueError, match="read-only"):
        host[0] = 1


def test_numpy_gets_a_copy_where_it_asks_for_one():
    x = nd.zeros(2)
    for host in (np.array(x), np.asarray(x, dtype="float64"), np.array(x, dtype="int8", copy=True)):
        host[:] = 1
    assert x.asnumpy().sum() == 0


def test_numpy_gets_no_copy_where_it_forbids_one():
    x = nd.zeros(2)
    assert np.shares_memory(np.asarray(x, copy=False), x._raw)
    with pytest.raises(
        ValueError, match=r"cannot be given to NumPy without a copy.\n  Expected float32 in host memory"
    ):
        np.asarray(x, dtype="float64", copy=False)


def test_numpys_numbers_on_the_left_give_way():
    y = np.float32(2) * nd.ones(2)
    assert isinstance(y, NDArray)
    assert y.tolist() == [2, 2]


def test_numpys_arrays_do_not_mix_with_ours():
    """As in MXNet: nothing is converted that was not asked for."""
    for mix in (lambda x, y: x * y, lambda x, y: y * x):
        with pytest.raises(TypeError, match=r"unsupported operand|does not support ufuncs"):
            mix(np.ones(2), nd.ones(2))


@pytest.mark.parametrize("shape", [(), (1,), (1, 1, 1)])
def test_an_array_of_one_element_is_a_number(shape):
    x = from_data(np.full(shape, 2.5), CPU)
    assert (x.asscalar(), x.item(), float(x), int(x), bool(x)) == (2.5, 2.5, 2.5, 2, True)
    assert type(x.asscalar()) is np.float64
    assert type(x.item()) is float


def test_a_zero_is_false():
    assert not nd.zeros(1)


@pytest.mark.parametrize("convert", [bool, float, int, lambda x: x.asscalar(), lambda x: x.item()])
@pytest.mark.parametrize("shape", [(2,), (0,)])
def test_an_array_of_another_size_is_no_number(convert, shape):
    with pytest.raises(
        ArgumentError, match=rf"An array of shape \({shape[0]},\) is not one number.\n  Expected one"
    ):
        convert(nd.zeros(shape))


def test_an_integer_array_of_one_element_is_an_index():
    assert ["a", "b", "c"][nd.array([2], dtype="int32")] == "c"
    with pytest.raises(
        ArgumentTypeError, match=r"An array cannot be an index.\n  Expected an integer dtype, received"
    ):
        ["a"][nd.zeros(1)]


# -- copies and moves -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "duplicate",
    [
        lambda x: x.copy(),
        copy.copy,
        copy.deepcopy,
        lambda x: pickle.loads(pickle.dumps(x)),
        lambda x: x.copyto(x.context),
        lambda x: x.copyto(nd.zeros((2, 2), ctx=x.context)),
    ],
    ids=["copy()", "copy.copy", "deepcopy", "pickle", "copyto-context", "copyto-array"],
)
def test_a_copy_is_equal_and_independent(duplicate):
    x = nd.array([[1, 2], [3, 4]], ctx=mx.cpu(1))
    twin = duplicate(x)
    twin[:] += 1
    np.testing.assert_array_equal(x.asnumpy(), [[1, 2], [3, 4]])
    np.testing.assert_array_equal(twin.asnumpy(), [[2, 3], [4, 5]])
    assert (twin.context, twin.dtype) == (mx.cpu(1), np.float32)


@pytest.mark.parametrize("dtype", [bfloat16, "float16", "bool"])
def test_a_pickle_keeps_the_dtype(dtype):
    x = nd.ones(2, dtype=dtype)
    assert pickle.loads(pickle.dumps(x)).dtype is x.dtype


def test_a_deep_copy_of_a_variable_is_a_variable():
    x = nd.ones(2)
    x.attach_grad("add")
    x.grad[:] = 7
    twin = copy.deepcopy(x)
    with autograd.record():
        y = twin * 3
    y.backward()
    np.testing.assert_array_equal(twin.grad.asnumpy(), [10, 10])
    np.testing.assert_array_equal(x.grad.asnumpy(), [7, 7])


def test_a_shared_array_stays_shared_in_a_deep_copy():
    x = nd.ones(1)
    first, second = copy.deepcopy([x, x])
    assert first is second


def test_an_array_on_the_context_is_returned_itself():
    x = nd.ones(2)
    assert x.as_in_context(CPU) is x
    assert x.as_in_ctx("cpu(0)") is x
    assert x.as_nd_ndarray() is x


@pytest.mark.parametrize("target", [mx.cpu(1), mx.cpu_pinned(0), mx.cpu_shared(0)])
def test_an_array_on_another_context_is_a_copy(target):
    x = nd.ones(2)
    moved = x.as_in_context(target)
    moved[:] = 2
    assert moved.context is target
    assert x.asnumpy().sum() == 2


def test_copyto_converts_the_dtype():
    """MXNet 1.9.1 gives 1 for 1.7."""
    target = nd.zeros(1, dtype="int32")
    assert nd.array([1.7]).copyto(target) is target
    assert target.asscalar() == 1


def test_copyto_reaches_other_contexts():
    target = nd.zeros(2, ctx=mx.cpu(1))
    nd.ones(2).copyto(target)
    assert target.context is mx.cpu(1)
    assert target.asnumpy().sum() == 2


def test_copyto_itself_warns_and_changes_nothing():
    """MXNet 1.9.1 warns, and returns False."""
    x = nd.ones(2)
    with pytest.warns(RuntimeWarning, match=r"An array of shape \(2,\) is copied to itself"):
        assert x.copyto(x) is False
    assert x._storage.version == 0


def test_copyto_needs_an_equal_shape():
    with pytest.raises(
        ShapeMismatchError, match=r"The target of copyto\(\) has shape \(3,\) and cannot take"
    ):
        nd.ones(2).copyto(nd.ones(3))


def test_copyto_needs_a_target():
    with pytest.raises(
        ArgumentTypeError, match=r"copyto\(\) cannot write there.\n  Expected an NDArray or a Context"
    ):
        nd.ones(2).copyto(3)


def test_astype_truncates_and_wraps():
    """Numbers printed by MXNet 1.9.1."""
    x = nd.array([-1.7, 1.7, 300.9])
    assert x.astype("uint8").tolist() == [255, 1, 44]
    assert x.astype("int32").tolist() == [-1, 1, 300]


def test_astype_copies_unless_told_not_to():
    x = nd.ones(2)
    assert x.astype("float32") is not x
    assert x.astype("float32", copy=False) is x
    assert x.astype("float16", copy=False).dtype is np.float16


def test_a_dense_array_is_default_already():
    x = nd.ones(2)
    assert x.tostype("default") is x


def test_waiting_for_a_host_array_does_nothing():
    x = nd.ones(2)
    assert x.wait_to_read() is None
    assert x.wait_to_write() is None


def test_a_detached_array_shares_memory_and_has_no_history():
    x = nd.ones(2)
    x.attach_grad()
    with autograd.record():
        y = (x * 2).detach()
        z = y * 3
    y[:] = 7
    assert y.grad is None
    with pytest.raises(GradientError, match="not in a computational graph"):
        z.backward()


# -- writing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [2, 2.0, True, np.float64(2), np.int8(2), [2, 2], [[2], [2]], np.full(2, 2, "int64"), nd.full((2, 1), 2)],
    ids=lambda v: f"{type(v).__name__}",
)
def test_anything_that_broadcasts_can_be_written(value):
    x = nd.zeros((2, 2))
    x[:] = value
    assert x.asnumpy().sum() == 4 * float(np.asarray(value).reshape(-1)[0])


def test_a_value_from_another_context_can_be_written():
    x = nd.zeros(2)
    x[:] = nd.ones(2, ctx=mx.cpu(1))
    assert x.asnumpy().sum() == 2
    assert x.context is CPU


numbers = st.one_of(st.integers(-(2**40), 2**40), st.floats(-1e6, 1e6))


@given(numbers, st.sampled_from(["int8", "uint8", "int32", "int64", "float16", "float32", "float64"]))
def test_a_number_is_written_as_an_array_of_it_would_be(number, dtype):
    with np.errstate(all="ignore"):
        expected = np.array([number]).astype(dtype)
    x = nd.zeros(1, dtype=dtype)
    x[:] = number
    np.testing.assert_array_equal(x.asnumpy(), expected)


@pytest.mark.parametrize(
    ("dtype", "value", "kept"),
    [
        ("float16", 1e6, np.inf),
        ("float16", np.array([1e6]), np.inf),
        ("float32", 1e300, np.inf),
        ("bool", 3, True),
    ],
)
def test_conversions_end_in_infinities_without_a_warning(dtype, value, kept):
    x = nd.zeros(1, dtype=dtype)
    x[:] = value
    assert x.asscalar() == kept


def test_nan_can_be_written_into_integers_without_a_warning():
    x = nd.zeros(2, dtype="int32")
    x[:] = np.array([np.nan, 3])
    x[:1] = float("nan")
    assert x[1].asscalar() == 3


def test_writing_overlapping_views_acts_as_if_the_source_were_copied():
    x = nd.arange(5)
    x[1:] = x[:-1]
    assert x.tolist() == [0, 0, 1, 2, 3]


def test_a_value_that_does_not_broadcast_is_refused():
    x = nd.zeros((2, 3))
    x._storage.label = "Parameter 'w'"
    with pytest.raises(ShapeMismatchError) as error:
        x[0] = [1, 2]
    assert str(error.value) == (
        "Parameter 'w' cannot take this value.\n"
        "  Expected something that broadcasts to (3,), received shape (2,)."
    )


@pytest.mark.parametrize("value", ["a", None, [None], [[1], [1, 2]], 1j, object(), 2**70])
def test_a_value_that_is_no_number_is_refused(value):
    with pytest.raises(
        ArgumentTypeError, match=r"An array of shape \(2,\) cannot take this value.\n  Expected a number"
    ):
        nd.zeros(2, dtype="int32")[:] = value


def test_a_huge_value_is_not_printed_as_a_whole():
    with pytest.raises(ArgumentTypeError) as error:
        nd.zeros(2)[:] = ["text"] * 1000
    assert len(str(error.value)) < 300


# -- writing while recording ------------------------------------------------------------------------------


def variable(*values):
    x = nd.array(values)
    x.attach_grad()
    return x


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.__setitem__(slice(None), 1),
        lambda x: x.__setitem__(0, 1),
        lambda x: x.__iadd__(1),
        lambda x: nd.exp(nd.ones(2), out=x),
        lambda x: nd.softmax(nd.ones(2), out=x),
        lambda x: nd.ones(2).copyto(x),
        lambda x: x.reshape(2, 1).__setitem__(0, 1),
        lambda x: x.to_dlpack_for_write(),
    ],
    ids=["all", "part", "iadd", "out", "out-copied", "copyto", "view", "dlpack"],
)
@pytest.mark.parametrize("is_leaf", [True, False])
def test_an_array_in_a_graph_cannot_be_written_while_recording(write, is_leaf):
    x = variable(1, 2)
    with autograd.record():
        target = x if is_leaf else x * 2
        with pytest.raises(
            InPlaceError, match="cannot be written while recording: the recorded graph depends on it"
        ):
            write(target)
    assert target._storage.version == 0


def test_writing_is_allowed_outside_of_the_recording():
    x = variable(1, 2)
    with autograd.record():
        y = x + 1
        with autograd.pause():
            x[:] = 5
    y += 1
    assert x.tolist() == [5, 5]
    assert y.tolist() == [3, 4]


@pytest.mark.parametrize(
    ("write", "gradient"),
    [
        (lambda y, x: y.__setitem__(slice(None), x), [3, 3]),
        (lambda y, x: y.__setitem__((slice(None), ...), x), [3, 3]),
        (lambda y, x: x.copyto(y), [3, 3]),
        (lambda y, x: nd.square(x, out=y), [6, 12]),
        (lambda y, x: nd.softmax(x, out=y), [0, 0]),
    ],
    ids=["all", "ellipsis", "copyto", "out", "out-copied"],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_array_written_as_a_whole_takes_over_the_history_of_the_value(write, gradient, dtype):
    """MXNet 1.9.1 gives [3. 3.] for ``y[:] = x`` and for ``copyto``."""
    x = variable(1, 2)
    y = nd.zeros(2, dtype=dtype)
    with autograd.record():
        write(y, x)
        z = y * 3
    z.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), gradient, atol=1e-6)


def test_a_recorded_array_can_be_added_in_place_to_an_unrecorded_one():
    x = variable(1, 2)
    y = nd.ones(2)
    with autograd.record():
        y += x
        z = y * 3
    z.backward()
    assert y.tolist() == [2, 3]
    assert x.grad.tolist() == [3, 3]


def test_a_history_taken_over_by_broadcasting_sums_the_gradient():
    """MXNet 1.9.1 gives [12. 12.]."""
    x = variable(1, 2)
    y = nd.zeros((4, 2))
    with autograd.record():
        y[:] = x
        z = y * 3
    z.backward()
    assert x.grad.tolist() == [12, 12]


def test_a_history_is_taken_over_across_contexts():
    x = variable(1, 2)
    y = nd.zeros(2, ctx=mx.cpu(1))
    with autograd.record():
        y[:] = x
        z = y * nd.full(2, 4, ctx=mx.cpu(1))
    z.backward()
    assert x.grad.tolist() == [4, 4]


def test_a_part_cannot_be_given_a_recorded_value():
    """The gradient of the value would be lost without a word."""
    x = variable(1, 2)
    y = nd.zeros(4)
    with autograd.record():
        with pytest.raises(
            InPlaceError, match=r"cannot take a recorded array as a part of its content"
        ) as error:
            y[1:3] = x
        y[1:3] = x.detach()
    assert "nd.concat" in error.value.fix
    assert y.tolist() == [0, 1, 2, 0]


def test_outside_of_a_recording_values_are_written_without_history():
    x = variable(1, 2)
    y = nd.zeros(2)
    y[:] = x
    assert y._node is None


# -- kinds ------------------------------------------------------------------------------------------------


def test_an_array_is_made_by_functions_not_by_its_class():
    x = NDArray(np.ones(2), CPU)
    assert x._storage is not NDArray(x._raw, CPU)._storage
