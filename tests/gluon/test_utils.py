"""gluon.utils: cutting batches, clipping gradients, checking files.

How clipping works on flat memory is tested with ``parameter.norms``.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from parameter.helpers import backward, make_params

import gluonish as mx
from gluonish import nd
from gluonish.errors import ArgumentError, DeviceUnavailableError, DTypeError, NonFiniteGradientError
from gluonish.gluon import ParameterDict, utils
from gluonish.gluon.utils import check_sha1, clip_global_norm, split_and_load, split_data


def lists(parts):
    return [part.asnumpy().tolist() for part in parts]


# -- split_data -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "sizes"), [(1, [5]), (2, [3, 2]), (3, [2, 2, 1]), (5, [1] * 5), (7, [1, 1, 1, 1, 1, 0, 0])]
)
def test_uneven_slices_have_the_sizes_that_mxnet_gives_them(count, sizes):
    parts = split_data(nd.arange(10).reshape((5, 2)), count, even_split=False)
    assert [part.shape for part in parts] == [(size, 2) for size in sizes]


@given(array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=7), st.integers(1, 9), st.data())
def test_slices_joined_again_are_the_array(shape, count, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = np.arange(math.prod(shape), dtype="float32").reshape(shape)
    parts = split_data(nd.array(x), count, axis, even_split=False)
    assert len(parts) == count
    lengths = [part.shape[axis] for part in parts]
    assert lengths == sorted(lengths, reverse=True)
    assert max(lengths) - min(lengths) <= 1
    np.testing.assert_array_equal(np.concatenate([part.asnumpy() for part in parts], axis), x)


@pytest.mark.parametrize("axis", [1, -1])
def test_the_batch_axis_can_be_any(axis):
    parts = split_data(nd.arange(4).reshape((2, 2)), 2, batch_axis=axis)
    assert lists(parts) == [[[0], [2]], [[1], [3]]]


@pytest.mark.parametrize("count", [2, 3, 7])
def test_a_batch_that_cannot_be_divided_evenly_is_an_error(count):
    with pytest.raises(
        ValueError, match=rf"An array of 5 examples cannot be cut into {count} equal slices[\s\S]*even_split"
    ):
        split_data(nd.ones((5, 2)), count)


@pytest.mark.parametrize("count", [0, -1])
def test_no_slice_at_all_is_an_error(count):
    with pytest.raises(ArgumentError, match=rf"num_slice of 1 or more, received {count}"):
        split_data(nd.ones((4,)), count)


@pytest.mark.parametrize("axis", [2, -3])
def test_a_batch_axis_that_is_not_there_is_an_error(axis):
    with pytest.raises(ArgumentError, match=rf"\(4, 2\) has no such batch axis.*\n.*batch_axis={axis}"):
        split_data(nd.ones((4, 2)), 2, batch_axis=axis)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("count", [1, 2])
def test_gradients_flow_back_through_slices(axis, count):
    x = nd.array(np.arange(1.0, 9.0).reshape(2, 4))
    x.attach_grad()
    with mx.autograd.record():
        total = sum((part * part).sum() * (i + 1) for i, part in enumerate(split_data(x, count, axis)))
    total.backward()
    factor = np.ones((2, 4))
    if count == 2:
        np.moveaxis(factor, axis, 0)[factor.shape[axis] // 2 :] = 2
    np.testing.assert_array_equal(x.grad.asnumpy(), 2 * factor * x.asnumpy())


# -- split_and_load ---------------------------------------------------------------------------------------


def test_every_context_gets_its_slice_in_order(contexts):
    x = np.arange(12).reshape(6, 2)
    parts = split_and_load(x, contexts)
    assert [part.context for part in parts] == contexts
    np.testing.assert_array_equal(np.concatenate([part.asnumpy() for part in parts]), x)


@pytest.mark.parametrize("data", [[1, 2, 3, 4], np.array([1, 2, 3, 4]), nd.array([1, 2, 3, 4])])
def test_data_of_any_kind_become_arrays_of_float32(data, two):
    parts = split_and_load(data, two)
    assert lists(parts) == [[1, 2], [3, 4]]
    assert {part.dtype for part in parts} == {np.float32}


def test_an_array_keeps_its_dtype(two):
    assert {p.dtype for p in split_and_load(nd.ones((4,), dtype="int32"), two)} == {np.int32}


def test_an_array_that_is_where_it_belongs_is_returned_itself():
    x = nd.ones((3, 2))
    assert split_and_load(x, [x.context])[0] is x


def test_one_context_gets_any_batch_whole():
    (part,) = split_and_load(nd.ones((5, 2)), [mx.cpu(2)])
    assert part.context == mx.cpu(2)
    assert part.shape == (5, 2)


def test_axis_and_evenness_are_passed_on(two):
    parts = split_and_load(nd.arange(6).reshape((2, 3)), two, batch_axis=1, even_split=False)
    assert lists(parts) == [[[0, 1], [3, 4]], [[2], [5]]]
    with pytest.raises(ValueError, match="An array of 3 examples cannot be cut into 2 equal slices"):
        split_and_load(nd.ones((3, 2)), two)


def test_fewer_examples_than_contexts_leave_some_empty(two):
    assert [part.shape for part in split_and_load(nd.ones((1, 2)), two, even_split=False)] == [(1, 2), (0, 2)]


def test_no_context_at_all_is_an_error():
    with pytest.raises(ArgumentError, match="needs at least one context"):
        split_and_load(nd.ones((4,)), [])


def test_a_gpu_where_there_is_none_is_an_error():
    with pytest.raises(DeviceUnavailableError, match=r"gpu\(99\)"):
        split_and_load(nd.ones((4,)), [mx.cpu(0), mx.gpu(99)])


# -- clip_global_norm -------------------------------------------------------------------------------------

groups = st.lists(arrays("float64", array_shapes(max_dims=3), elements=st.floats(-100, 100)), min_size=1)


@given(groups, st.floats(0.01, 1000), st.integers(1, 3))
def test_every_array_is_scaled_by_the_bound_over_the_norm(values, bound, places):
    """Whatever the arrays and contexts; the norm is that of the long vector of all elements."""
    norm = np.linalg.norm(np.concatenate([value.ravel() for value in values]))
    given = [nd.array(v, ctx=mx.cpu(i % places), dtype="float64") for i, v in enumerate(values)]
    assert clip_global_norm(given, bound) == pytest.approx(norm, rel=1e-6)
    scale = min(1.0, bound / (norm + 1e-8))
    for array, value in zip(given, values, strict=True):
        np.testing.assert_allclose(array.asnumpy(), value * scale, rtol=1e-9)


@given(groups, st.floats(0.01, 1000))
def test_clipping_again_with_the_same_bound_changes_nothing_more(values, bound):
    given = [nd.array(value, dtype="float64") for value in values]
    clip_global_norm(given, bound)
    before = [array.asnumpy() for array in given]
    assert clip_global_norm(given, bound) <= bound * (1 + 1e-6)
    for array, value in zip(given, before, strict=True):
        np.testing.assert_allclose(array.asnumpy(), value, rtol=1e-6)


def test_the_norm_is_a_float_of_single_precision():
    norm = clip_global_norm([nd.array([3.0]), nd.array([4.0])], 1.0)
    assert type(norm) is np.float32
    assert norm == 5


def test_the_norm_of_double_precision_is_a_double():
    norm = clip_global_norm([nd.array([1e100], dtype="float64")], 1.0)
    assert type(norm) is np.float64
    assert norm == 1e100


def test_the_norm_is_that_before_clipping_even_when_the_bound_is_0():
    array = nd.ones((4,))
    assert clip_global_norm([array], 0) == 2
    assert array.asnumpy().tolist() == [0, 0, 0, 0]


def test_zeros_stay_zeros():
    array = nd.zeros((3,))
    assert clip_global_norm([array], 1.0) == 0
    assert array.asnumpy().tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_arrays_keep_their_dtype(dtype):
    array = nd.array([3.0, 4.0], dtype=dtype)
    clip_global_norm([array], 2.5)
    assert array.dtype == nd.zeros((1,), dtype=dtype).dtype
    np.testing.assert_allclose(array.asnumpy().astype("float64"), [1.5, 2.0], rtol=1e-7)


def test_parameters_a_dictionary_and_their_gradients_are_clipped_alike():
    found = []
    for chosen in (lambda p: p, lambda p: list(p.values()), lambda p: [q.grad() for q in p.values()]):
        mx.random.seed(4)
        params = make_params([(3, 4), (5,)])
        backward(params)
        norm = clip_global_norm(chosen(params), 0.5)
        found.append((float(norm), [p.grad().asnumpy().tolist() for p in params.values()]))
    assert found[0] == found[1] == found[2]


def test_the_bound_counts_for_the_sum_over_contexts_that_a_trainer_makes(contexts):
    params = make_params([(3, 4), (5,)], contexts)
    for i, ctx in enumerate(contexts):
        backward(params, ctx, scale=i + 1.0)
    clip_global_norm(params, 0.5)
    sums = [sum(g.asnumpy().astype("float64") for g in p.list_grad()).ravel() for p in params.values()]
    assert np.linalg.norm(np.concatenate(sums)) == pytest.approx(0.5, rel=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_norm_that_is_not_finite_is_an_error_that_names_the_arrays_and_scales_none(bad, two):
    given = [nd.array([4.0]), nd.array([1.0, bad], ctx=two[1]), nd.array([[bad]])]
    with pytest.raises(
        NonFiniteGradientError,
        match=r"no finite number \(\w+\); nothing was scaled.\n"
        r".*array 1, of shape \(2,\), on cpu\(1\), array 2, of shape \(1, 1\), on cpu\(0\).\n  Lower",
    ):
        clip_global_norm(given, 1.0)
    assert [array.asnumpy().ravel()[0] for array in given[:2]] == [4.0, 1.0]


def test_a_gradient_that_is_not_finite_is_named_with_its_context(two):
    params = make_params([(3, 4), (5,)], two)
    for ctx in two:
        backward(params, ctx)
    params["p1"].grad(two[1])[0] = np.nan
    before = params["p0"].grad(two[0]).asnumpy()
    with pytest.raises(NonFiniteGradientError) as caught:
        clip_global_norm(params, 1e-3)
    assert "NaN or infinity in: the gradient of Parameter 'p1' on cpu(1).\n" in str(caught.value)
    np.testing.assert_array_equal(params["p0"].grad(two[0]).asnumpy(), before)


def test_it_is_caught_as_the_warning_that_mxnet_gave():
    with pytest.raises(UserWarning):
        clip_global_norm([nd.array([np.nan])], 1.0)


def test_gradients_whose_squares_overflow_are_clipped_all_the_same():
    """Exploded gradients are what clipping is for."""
    given = [nd.array([3e30]), nd.array([4e30])]
    assert clip_global_norm(given, 1.0) == pytest.approx(5e30, rel=1e-6)
    np.testing.assert_allclose([array.asscalar() for array in given], [0.6, 0.8], rtol=1e-6)


def test_squares_that_overflow_in_double_precision_are_an_error_that_blames_no_array():
    given = [nd.array([1e200], dtype="float64")]
    with pytest.raises(NonFiniteGradientError, match="no single array; their squares overflow together"):
        clip_global_norm(given, 1.0)
    assert given[0].asscalar() == 1e200


def test_infinities_that_cancel_between_replicas_are_found_too(two):
    params = make_params([(3, 4), (5,)], two)
    for ctx, bad in zip(two, (np.inf, -np.inf), strict=True):
        backward(params, ctx)
        params["p1"].grad(ctx)[0] = bad
    with pytest.raises(
        NonFiniteGradientError, match=r"'p1' on cpu\(0\), the gradient of .* 'p1' on cpu\(1\)"
    ):
        clip_global_norm(params, 1.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_unchecked_a_norm_that_is_not_finite_spoils_the_arrays_as_in_mxnet(bad):
    given = [nd.array([bad]), nd.array([4.0])]
    norm = clip_global_norm(given, 1.0, check_isfinite=False)
    assert norm.shape == (1,)
    np.testing.assert_equal([norm.asscalar(), given[0].asscalar()], [bad, np.nan])
    np.testing.assert_equal(given[1].asscalar(), np.nan if np.isnan(bad) else 0.0)


@pytest.mark.parametrize("bound", [-1.0, np.nan])
@pytest.mark.parametrize("make", [lambda: [nd.array([3.0])], lambda: make_params([(1,)], init="ones")])
def test_a_bound_that_bounds_nothing_is_an_error_and_scales_nothing(bound, make):
    given = make()
    with pytest.raises(
        ArgumentError, match=r"has no such bound.\n  Expected max_norm of 0 or more, received"
    ):
        clip_global_norm(given, bound)
    assert not isinstance(given, list) or given[0].asscalar() == 3


def test_integers_are_refused_instead_of_rounded_to_0():
    given = [nd.array([3.0]), nd.array([4], dtype="int32")]
    with pytest.raises(DTypeError, match=r"cannot scale integers.\n.*floating-point numbers, received int32"):
        clip_global_norm(given, 1.0)
    assert lists(given) == [[3], [4]]


@pytest.mark.parametrize("nothing", [[], ParameterDict()])
def test_nothing_to_clip_is_an_error(nothing):
    with pytest.raises(AssertionError, match="needs at least one"):
        clip_global_norm(nothing, 1.0)


def test_parameters_without_gradients_are_nothing_to_clip():
    with pytest.raises(ArgumentError, match="needs at least one parameter with a gradient"):
        clip_global_norm(make_params([(2,)], grad_req="null"), 1.0)


# -- check_sha1 -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 5, (1 << 20) + 3])
def test_a_file_has_the_hash_of_its_content(tmp_path, size):
    content = bytes(range(256)) * (size // 256 + 1)
    (tmp_path / "file").write_bytes(content[:size])
    digest = hashlib.sha1(content[:size], usedforsecurity=False).hexdigest()
    assert check_sha1(tmp_path / "file", digest)
    assert check_sha1(str(tmp_path / "file"), digest[:8])
    assert not check_sha1(tmp_path / "file", digest[::-1])


def test_a_file_that_is_not_there_has_no_hash(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        check_sha1(tmp_path / "nothing", "00")


# -- shapes and hooks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "classic", "numpy"),
    [((2, 3), True, True), ((2, 0), False, True), (None, False, False), ((), False, True)],
)
def test_a_shape_is_known_by_the_semantics_in_force(shape, classic, numpy):
    assert utils.shape_is_known(shape) is classic
    with mx.np_shape():
        assert utils.shape_is_known(shape) is numpy


def test_an_unknown_axis_is_minus_1_in_numpys_semantics():
    with mx.np_shape():
        assert not utils.shape_is_known((2, -1))
    with pytest.raises(AssertionError, match=r"A shape \(2, -1\) has a negative size"):
        utils.shape_is_known((2, -1))


def test_a_handle_puts_a_hook_into_a_dictionary_once():
    hooks, handle = {}, utils.HookHandle()
    handle.detach()
    handle.attach(hooks, print)
    assert list(hooks.values()) == [print]
    with pytest.raises(AssertionError, match="A handle has a hook already"):
        handle.attach(hooks, print)
    handle.detach()
    handle.detach()
    assert hooks == {}


# -- what old programs describe their blocks with ------------------------------------------------------------


def test_texts_of_children_are_indented_below_their_first_line():
    assert utils._indent("Outer(\n  inner\n)", 2) == "Outer(\n    inner\n  )"


def test_a_long_list_is_printed_without_its_middle():
    assert utils._brief_print_list(["a", "b"]) == "'a', 'b'"
    assert utils._brief_print_list(range(20)) == "'0', '1', '2', ..., '16', '17', '18', '19'"
