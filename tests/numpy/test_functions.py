"""Arguments of the functions of ``mx.np``: what they take, refuse and write to."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    BroadcastError,
    GradientError,
    ShapeMismatchError,
    SignatureError,
    UnsupportedError,
)
from gluonish.numpy import fallback
from gluonish.numpy.tables import BINARY, UNARY


def test_the_namespace_is_loaded_when_it_is_first_used():
    program = (
        "import sys, gluonish as mx; assert 'gluonish.numpy' not in sys.modules\n"
        "mx.nd.ones((2,)).as_np_ndarray().sum(); assert 'gluonish.ops.numpy' in sys.modules\n"
        "assert mx.np is mx.numpy is mx.nd.np and mx.npx is mx.numpy_extension is mx.nd.npx"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_name_that_does_not_exist_is_an_attribute_error():
    for module in (mx, mx.nd, mx.np):
        with pytest.raises(AttributeError, match=f"module '{module.__name__}' has no attribute 'nonsense'"):
            module.nonsense  # noqa: B018


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_generated_functions_have_names_and_documentation(name):
    function = getattr(mx.np, name)
    assert (function.__name__, function.__module__) == (name, "gluonish.numpy")
    assert function.__doc__


@pytest.mark.parametrize("name", sorted(fallback.NAMES))
def test_functions_left_to_numpy_are_there(name):
    assert callable(getattr(mx.np, name))


def test_lists_become_float32_and_arrays_keep_their_dtype():
    assert str(mx.np.array([1, 2]).dtype) == "float32"
    assert str(mx.np.array(np.array([1, 2], "int8")).dtype) == "int8"
    assert str(mx.np.array(mx.nd.ones((2,), dtype="int32")).dtype) == "int32"


@pytest.mark.parametrize("name", ["exp", "isnan"])
@pytest.mark.parametrize("value", [[1, 2], None, "a", np.array([1.0])])
def test_functions_of_elements_take_arrays_and_numbers(name, value):
    with pytest.raises(ArgumentTypeError, match=rf"np.{name}\(\) takes arrays"):
        getattr(mx.np, name)(value)


def test_functions_of_numbers_are_numpys():
    assert mx.np.exp(0.0) == 1.0
    assert mx.np.add(1, 2) == 3
    assert mx.np.around(1.26, 1) == 1.3
    assert mx.np.nan_to_num(float("nan")) == 0.0


def test_keywords_of_numpy_may_say_what_is_so_anyway():
    x = mx.np.array([1.0])
    assert mx.np.exp(x, where=True, casting="same_kind", order="K", dtype=None, subok=True) == mx.np.exp(x)
    with pytest.raises(UnsupportedError, match=r"np.exp\(\) takes where=True only.\n  Received False"):
        mx.np.exp(x, where=False)
    with pytest.raises(NotImplementedError):
        mx.np.add(x, x, dtype="float64")
    with pytest.raises(SignatureError, match=r"np.exp\(\) has no argument 'foo'"):
        mx.np.exp(x, foo=1)


@pytest.mark.parametrize(
    "call",
    [
        lambda x, out: mx.np.exp(x, out=out),
        lambda x, out: mx.np.add(x, 1, out=out),
        lambda x, out: mx.np.concatenate([x[:1], x[1:]], out=out),
        lambda x, out: mx.np.cumsum(x, axis=0, out=out),
        lambda x, out: mx.np.clip(x, 0, 1, out=out),
        lambda x, out: mx.np.around(x, out=out),
        lambda x, out: mx.np.take(x, mx.np.array([0, 1]), axis=0, out=out),
        lambda x, out: mx.np.reshape(x, (2, 2), out=out),
        lambda x, out: mx.np.matmul(x, x, out=out),
        lambda x, out: mx.np.full((2, 2), 3.0, out=out),
        lambda x, out: mx.np.random.uniform(size=(2, 2), out=out),
        lambda x, out: mx.np.random.normal(size=(2, 2), out=out),
    ],
)
def test_a_result_can_be_written_into_an_array(call):
    x, out = mx.np.array([[0.5, 2.0], [3.0, -1.0]]), mx.np.full((2, 2), -9.0)
    assert call(x, out) is out
    assert (out != -9.0).all()


def test_an_array_for_a_result_must_have_its_shape():
    with pytest.raises(ShapeMismatchError, match=r"The target of copyto\(\) has shape \(3,\)"):
        mx.np.sum(mx.np.ones((2, 2)), axis=0, out=mx.np.zeros(3))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (
            lambda np, x: np.zeros(2, order="F"),
            UnsupportedError,
            r"np.zeros\(\) makes arrays in the order of C only",
        ),
        (lambda np, x: np.empty_like(x, subok=True), UnsupportedError, "takes subok=False"),
        (lambda np, x: np.arange(None), ArgumentTypeError, "counts between numbers"),
        (lambda np, x: np.arange(1, 4, 0), ArgumentError, "cannot count in steps of 0"),
        (
            lambda np, x: np.linspace([0, 1], 2),
            UnsupportedError,
            "counts between numbers, along axis 0, only",
        ),
        (lambda np, x: np.reshape(x, (4, 4)), ShapeMismatchError, "cannot fill the shape"),
        (lambda np, x: np.reshape(x, (-1, -1)), ShapeMismatchError, "of which one may be -1"),
        (lambda np, x: np.reshape(x, (-2, 3)), ShapeMismatchError, "of which one may be -1"),
        (lambda np, x: np.squeeze(x, 0), ArgumentError, "can drop axes of size 1 only"),
        (lambda np, x: np.expand_dims(x, (0, 0)), ArgumentError, "cannot add these axes"),
        (lambda np, x: np.broadcast_to(x, (2, 4)), BroadcastError, "cannot be broadcast"),
        (lambda np, x: np.broadcast_arrays(x, np.ones((2, 2))), ArgumentError, "cannot bring these together"),
        (lambda np, x: np.meshgrid(x[0], indexing="a"), ArgumentError, "cannot index so"),
        (lambda np, x: np.roll(x, (1, 2), axis=0), ShapeMismatchError, "needs one shift for each axis"),
        (lambda np, x: np.tril(x[0]), ShapeMismatchError, "needs matrices"),
        (lambda np, x: np.diag(np.ones((1, 1, 1))), ArgumentError, "needs a vector or a matrix"),
        (lambda np, x: np.diagonal(x[0]), ArgumentError, "needs two axes at least"),
        (lambda np, x: np.pad(x, (1, 2, 3)), ArgumentError, "cannot use these widths"),
        (lambda np, x: np.pad(x, 1, mode="mean"), ArgumentError, "does not know the mode"),
        (lambda np, x: np.pad(x, 1, foo=1), ArgumentTypeError, "has no argument 'foo' in mode 'constant'"),
        (lambda np, x: np.concatenate([]), ArgumentError, "arrays with at least one axis"),
        (lambda np, x: np.concatenate([np.array(1)]), ArgumentError, "arrays with at least one axis"),
        (lambda np, x: np.concatenate(3), ArgumentTypeError, "takes a sequence of arrays"),
        (lambda np, x: np.stack([]), ArgumentError, "needs at least one array"),
        (lambda np, x: np.split(x, 2, axis=1), ArgumentError, "cannot cut an axis of 3 into 2 equal parts"),
        (lambda np, x: np.array_split(x, 0), ArgumentError, "makes at least one part"),
        (lambda np, x: np.array_split(x, "a"), ArgumentTypeError, "cuts at positions"),
        (lambda np, x: np.vsplit(x[0], 1), ArgumentError, "needs 2 axes at least"),
        (lambda np, x: np.delete(x, 9), ArgumentError, r"np.delete\(\) cannot do this: .*out of bounds"),
        (lambda np, x: np.delete(x, 0, axis=2), ArgumentError, "has no axis 2"),
        (
            lambda np, x: np.insert(x, 99, 0.0),
            ArgumentError,
            r"np.insert\(\) cannot do this: .*out of bounds",
        ),
        (lambda np, x: np.where(x > 0, x), ArgumentError, "needs both x and y, or neither"),
        (lambda np, x: np.sort(x, order="f"), UnsupportedError, "knows no fields"),
        (lambda np, x: np.take(x, np.array([6])), IndexError, "got an index out of range"),
        (lambda np, x: np.clip(x, None, None), ArgumentError, "needs a_min, a_max or both"),
        (lambda np, x: np.diff(x, n=-1), ArgumentError, "needs an axis, and n >= 0"),
        (lambda np, x: np.diag_indices_from(x), ArgumentError, "needs axes of one size"),
        (lambda np, x: np.histogram(x, density=True), UnsupportedError, "counts only"),
        (lambda np, x: np.percentile(x, 120), ShapeMismatchError, "takes percentages"),
        (lambda np, x: np.average(x, axis=0, weights=x[0]), ArgumentError, "cannot use these weights"),
        (lambda np, x: np.dot(x, x), ShapeMismatchError, "cannot sum over axes of 3 and 2 elements"),
        (lambda np, x: np.matmul(x, x), ShapeMismatchError, "cannot multiply these matrices"),
        (lambda np, x: np.matmul(x, np.array(1.0)), ShapeMismatchError, "multiplies matrices"),
        (lambda np, x: np.tensordot(x, x, axes="a"), ArgumentError, "cannot use these axes"),
        (lambda np, x: np.tensordot(x, x, axes=([0], [0, 1])), ShapeMismatchError, "sums over pairs of axes"),
        (lambda np, x: np.einsum(x, "ij"), ArgumentTypeError, "reads subscripts first"),
        (lambda np, x: np.einsum("ij,jk", x), ArgumentError, "has other subscripts than operands"),
        (lambda np, x: np.einsum("ijk->i", x), ShapeMismatchError, "has subscripts 'ijk' for the shape"),
        (lambda np, x: np.einsum("ij->k", x), ShapeMismatchError, "has no operand with 'k'"),
        (lambda np, x: np.einsum("ii->", x), ShapeMismatchError, "has two sizes for 'i'"),
        (lambda np, x: np.einsum("i1->", x), ArgumentError, "cannot read these subscripts"),
        (lambda np, x: np.linalg.norm(x, ord=7), ArgumentError, "knows no norm 7 for 2 axes"),
        (lambda np, x: np.linalg.norm(x[0], ord="nuc"), ArgumentError, "knows no norm 'nuc' of vectors"),
        (lambda np, x: np.linalg.inv(x), ArgumentError, r"np.linalg.inv\(\) needs square matrices"),
        (
            lambda np, x: np.linalg.solve(np.eye(2), np.ones((3, 1))),
            ShapeMismatchError,
            "needs square matrices and",
        ),
        (lambda np, x: np.linalg.eigh(np.eye(2), "A"), ArgumentError, "reads a triangle"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(call, error, text):
    with pytest.raises(error, match=text):
        call(mx.np, mx.np.ones((2, 3)))


def test_a_function_left_to_numpy_cannot_be_recorded():
    x = mx.np.array([1.0, 2.0])
    x.attach_grad()
    with autograd.record():
        with pytest.raises(GradientError, match=r"np.nanmax\(\) is computed by NumPy and cannot be recorded"):
            mx.np.nanmax(x)
        assert mx.np.nanmax(x.detach()) == 2.0
    assert mx.np.nanmax(x) == 2.0


def test_a_function_left_to_numpy_answers_on_the_context_of_its_arguments():
    x = mx.np.array([1.0, 2.0], ctx=mx.cpu(1))
    assert mx.np.isclose(x, x).context == mx.cpu(1)
    assert [part.context for part in mx.np.modf(x)] == [mx.cpu(1)] * 2


@pytest.mark.parametrize("name", ["zeros_like", "ones_like", "empty_like"])
def test_arrays_like_others_have_their_dtype_and_context(name):
    like = mx.np.ones((2, 3), dtype="int32", ctx=mx.cpu(1))
    made = getattr(mx.np, name)(like)
    assert (made.shape, made.dtype, made.context) == (like.shape, like.dtype, like.context)
    assert getattr(mx.np, name)(like, dtype="float16").dtype == "float16"


def test_full_takes_arrays_that_broadcast():
    x = mx.np.array([1, 2], ctx=mx.cpu(1))
    made = mx.np.full((3, 2), x)
    assert made.tolist() == [[1, 2]] * 3
    assert made.context == mx.cpu(1)
    assert mx.np.full(2, True).dtype == bool


def test_windows_are_those_of_their_inventors():
    """Endpoints and middle: Hann 0 and 1, Hamming 0.08 and 1, Blackman 0 and 1."""
    for name, end in (("hanning", 0.0), ("hamming", 0.08), ("blackman", 0.0)):
        window = getattr(mx.np, name)(5).asnumpy()
        np.testing.assert_allclose(window[[0, 2, 4]], [end, 1, end], atol=1e-7)


def test_linspace_tells_the_distance():
    assert mx.np.linspace(0, 1, 5, retstep=True)[1] == 0.25
    assert mx.np.linspace(0, 1, 5, endpoint=False, retstep=True)[1] == 0.2
    np.testing.assert_allclose(mx.np.logspace(0, 2, 3, base=2).asnumpy(), [1, 2, 4], rtol=1e-6)


def test_memory_is_told_to_be_shared():
    x = mx.np.ones((2, 3))
    assert mx.np.shares_memory(x, x[0])
    assert not mx.np.may_share_memory(x, x + 0)


def test_nan_to_num_can_write_into_its_argument():
    x = mx.np.array([float("nan"), 1.0])
    assert mx.np.nan_to_num(x, copy=False, nan=5) is x
    assert x.tolist() == [5, 1]
