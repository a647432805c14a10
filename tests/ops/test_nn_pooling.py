"""The poolings, beyond the table of cases."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import nd
from gluonish.errors import ArgumentError, ShapeMismatchError
from ops.nn_support import gradient, infer

LOWEST = np.finfo("float32").min


def row(size):
    return nd.arange(1, size + 1).reshape((1, 1, size))


# -- golden values of MXNet 1.9.1 ---------------------------------------------------------------------------

CONVENTIONS = [
    # convention, kind, pixels, kernel, stride, pad, count_include_pad, result
    ("valid", "max", 7, 3, 2, 1, None, [2, 4, 6, 7]),
    ("valid", "avg", 7, 3, 2, 1, None, [1, 3, 5, 13 / 3]),
    ("valid", "avg", 7, 3, 2, 1, False, [1.5, 3, 5, 6.5]),
    ("valid", "sum", 6, 2, 3, 0, None, [3, 9]),
    ("full", "max", 6, 2, 3, 0, None, [2, 5, LOWEST]),
    ("full", "avg", 6, 2, 3, 0, None, [1.5, 4.5, 0]),
    ("full", "avg", 6, 2, 3, 0, False, [1.5, 4.5, 0]),
    ("full", "avg", 6, 3, 2, 1, None, [1, 3, 5, 3]),
    ("full", "avg", 6, 3, 2, 1, False, [1.5, 3, 5, 6]),
    ("full", "sum", 6, 3, 2, 1, None, [3, 9, 15, 6]),
    ("full", "max", 5, 2, 2, 1, None, [1, 3, 5, LOWEST]),
    ("full", "avg", 7, 2, 2, 0, None, [1.5, 3.5, 5.5, 7]),
    ("full", "avg", 4, 2, 4, 0, None, [1.5, 0]),
    ("same", "max", 7, 3, 2, 0, None, [3, 5, 7, 7]),
    ("same", "max", 7, 2, 1, 0, None, [2, 3, 4, 5, 6, 7, 7]),
]


@pytest.mark.parametrize(("convention", "kind", "size", "k", "s", "p", "include", "wanted"), CONVENTIONS)
def test_conventions_are_those_of_mxnet(convention, kind, size, k, s, p, include, wanted):
    y = nd.Pooling(
        row(size),
        kernel=(k,),
        stride=(s,),
        pad=(p,),
        pool_type=kind,
        pooling_convention=convention,
        count_include_pad=include,
    )
    np.testing.assert_allclose(y.asnumpy().ravel(), np.array(wanted, "float32"), rtol=1e-6)


def test_norms_of_odd_order_keep_signs():
    x = nd.array([[[1, -2, 3, -4]]])
    for p, wanted in [(1, [-1, -1]), (2, [2.236068, 5]), (3, [-1.9129312, -3.3322217])]:
        y = nd.Pooling(x, kernel=(2,), stride=(2,), pool_type="lp", p_value=p)
        np.testing.assert_allclose(y.asnumpy().ravel(), wanted, rtol=1e-6)


@pytest.mark.parametrize(
    ("p", "wanted"),
    [
        (1, [1, 1, 1, 1]),
        (2, [0.4472136, -0.8944272, 0.6, -0.8]),
        (3, [0.27327588, 1.0931035, 0.81054044, 1.440961]),
    ],
)
def test_gradients_of_norms_are_those_of_mxnet(p, wanted):
    x = nd.array([[[1, -2, 3, -4]]])
    found = gradient(lambda x: nd.Pooling(x, kernel=(2,), stride=(2,), pool_type="lp", p_value=p), x)
    np.testing.assert_allclose(found.ravel(), wanted, rtol=1e-5)


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({"output_size": (1, 3)}, [[3, 4.5, 6]]),
        ({}, [[4.5]]),
    ],
)
def test_adaptive_pooling_gives_what_mxnet_does(params, wanted):
    x = nd.arange(10).reshape((1, 1, 2, 5))
    assert nd.contrib.AdaptiveAvgPooling2D(x, **params).asnumpy()[0, 0].tolist() == wanted


# -- which pixel a maximum's gradient goes to ---------------------------------------------------------------


def test_of_equal_pixels_the_first_gets_the_gradient():
    found = gradient(lambda x: nd.Pooling(x, kernel=(2, 2)), nd.ones((1, 1, 3, 3)))
    assert found[0, 0].tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]


def test_of_equal_pixels_in_a_global_pooling_the_first_gets_the_gradient():
    found = gradient(lambda x: nd.Pooling(x, global_pool=True), nd.ones((2, 1, 2, 2)))
    assert found.reshape(2, 4).tolist() == [[1, 0, 0, 0], [1, 0, 0, 0]]


def test_a_pixel_that_is_the_maximum_of_several_windows_gets_all_their_gradients():
    found = gradient(lambda x: nd.Pooling(x, kernel=(3,)), nd.array([[[0, 1, 5, 2, 0]]]))
    assert found.ravel().tolist() == [0, 0, 3, 0, 0]


def test_windows_of_padding_alone_send_no_gradient_anywhere():
    found = gradient(
        lambda x: nd.Pooling(x, kernel=(2,), stride=(3,), pooling_convention="full"),
        nd.arange(6).reshape((1, 1, 6)),
    )
    assert found.ravel().tolist() == [0, 1, 0, 0, 1, 0]


@pytest.mark.parametrize("params", [{"kernel": (2,)}, {"global_pool": True}])
def test_windows_with_nan_are_nan_and_send_no_gradient(params):
    x = nd.array([[[1, np.nan]]])
    assert np.isnan(nd.Pooling(x, **params).asscalar())
    assert gradient(lambda x: nd.Pooling(x, **params), x).ravel().tolist() == [0, 0]


def test_channels_last_send_gradients_to_their_own_channel():
    x = nd.array(np.arange(8).reshape(1, 2, 2, 2))
    found = gradient(lambda x: nd.Pooling(x, kernel=(2, 2), layout="NHWC"), x, nd.array([[[[3, 4]]]]))
    assert found[0, 1, 1].tolist() == [3, 4]
    assert found.sum() == 7


def test_a_norm_of_zeros_has_the_gradient_zero():
    found = gradient(lambda x: nd.Pooling(x, kernel=(2,), pool_type="lp", p_value=2), nd.zeros((1, 1, 3)))
    assert found.ravel().tolist() == [0, 0, 0]


def test_large_windows_count_past_what_a_byte_holds():
    x = nd.array(np.arange(13 * 13 * 2).reshape(1, 1, 13, 26))
    found = gradient(lambda x: nd.Pooling(x, kernel=(13, 13), stride=(1, 13)), x)
    assert np.flatnonzero(found).tolist() == [12 * 26 + 12, 13 * 26 - 1]


# -- shapes and errors ----------------------------------------------------------------------------------


def test_batch_and_channels_follow_from_the_output():
    inputs, outputs = infer("Pooling", [(None, None, 8)], [(2, 3, None)], kernel=(2,), stride=(2,))
    assert (inputs, outputs) == ([(2, 3, 8)], [(2, 3, 4)])


def test_a_global_pooling_knows_its_result_before_its_data():
    _, outputs = infer("Pooling", [(None, 3, None, None)], global_pool=True)
    assert outputs == [(None, 3, 1, 1)]


@pytest.mark.parametrize(
    ("shape", "params", "error", "match"),
    [
        ((1, 1, 4, 4), {}, ArgumentError, "needs a kernel"),
        ((1, 1, 4, 4), {"kernel": (2,)}, ArgumentError, "another number of entries in kernel"),
        ((1, 1, 4, 4), {"kernel": (5, 2)}, ShapeMismatchError, "kernel of 5 pixels on axis 2"),
        ((4, 4), {"kernel": (2, 2)}, ShapeMismatchError, "pools images"),
        ((1, 1, 4), {"kernel": (2,), "layout": "NCHW"}, ArgumentError, "layout"),
        ((1, 1, 4), {"kernel": (2,), "pool_type": "lp"}, ArgumentError, "no such norm"),
        ((1, 1, 4), {"kernel": (2,), "pool_type": "lp", "p_value": 4}, ArgumentError, "no such norm"),
        (
            (1, 1, 4),
            {"kernel": (2,), "pad": (1,), "pooling_convention": "same"},
            ArgumentError,
            "cannot be padded",
        ),
    ],
)
def test_impossible_poolings_are_refused(shape, params, error, match):
    with pytest.raises(error, match=match):
        nd.Pooling(nd.ones(shape), **params)


@pytest.mark.parametrize("size", [(0,), (1, 2, 3), (2, -1)])
def test_impossible_sizes_of_adaptive_pooling_are_refused(size):
    with pytest.raises(ArgumentError, match="cannot make images of this size"):
        nd.contrib.AdaptiveAvgPooling2D(nd.ones((1, 1, 4, 4)), output_size=size)


def test_halves_are_summed_up_at_full_precision():
    x = nd.ones((1, 1, 4096), dtype="float16")
    assert nd.Pooling(x, global_pool=True, pool_type="avg").asscalar() == 1
    assert nd.Pooling(x, kernel=(4095,), pool_type="sum").asnumpy().ravel().tolist() == [4096, 4096]
