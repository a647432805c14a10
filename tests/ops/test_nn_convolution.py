"""The convolutions, beyond the table of cases."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.engine.ndarray import from_data
from gluonish.errors import ArgumentError, ShapeMismatchError
from gluonish.ops.nn import windows
from ops.cases_nn_convolution import convolution, data_gradient, weight_gradient
from ops.nn_support import infer

IMAGES = (2, 6, 8, 9)


# -- shapes ---------------------------------------------------------------------------------------------


def test_the_weight_follows_from_the_data():
    inputs, outputs = infer("Convolution", [IMAGES, None, None], kernel=(3, 2), num_filter=4, num_group=2)
    assert (inputs, outputs) == ([IMAGES, (4, 3, 3, 2), (4,)], [(2, 4, 6, 8)])


def test_the_weight_has_its_channels_last_where_the_data_have():
    inputs, outputs = infer(
        "Convolution",
        [(1, 8, 8, 6), None],
        kernel=(2, 2),
        num_filter=4,
        num_group=2,
        layout="NHWC",
        no_bias=True,
    )
    assert (inputs[1], outputs) == ((4, 2, 2, 3), [(1, 7, 7, 4)])


def test_channels_and_batch_follow_from_weight_and_output():
    inputs, _ = infer(
        "Convolution",
        [(None, None, 8, None), (4, 3, 3, 2)],
        [(5, None, None, None)],
        kernel=(3, 2),
        num_filter=4,
        num_group=2,
        no_bias=True,
    )
    assert inputs[0] == (5, 6, 8, None)


def test_sizes_that_are_unknown_stay_unknown_in_the_output():
    _, outputs = infer(
        "Convolution", [(None, 6, 8, None), None], kernel=(3, 2), num_filter=4, no_bias=True, pad=(1, 1)
    )
    assert outputs == [(None, 4, 8, None)]


def test_the_weight_of_a_deconvolution_follows_from_the_data():
    inputs, outputs = infer("Deconvolution", [(1, 6, 8, 8), None], kernel=(2, 2), num_filter=4, num_group=2)
    assert (inputs[1], outputs) == ((6, 2, 2, 2), [(1, 4, 9, 9)])


def test_the_output_of_a_deconvolution_waits_for_the_data():
    inputs, outputs = infer(
        "Deconvolution", [(None, 6, None), None], kernel=(3,), num_filter=4, stride=(2,), target_shape=(9,)
    )
    assert (inputs[1], outputs) == ((6, 4, 3), [(None, 4, None)])


@pytest.mark.parametrize(
    ("shapes", "params", "match"),
    [
        ([(1, 3, 4, 4), (2, 1, 2, 2)], {"kernel": (2, 2), "num_group": 2}, "cannot split its channels"),
        ([(1, 4, 4, 4), (3, 2, 2, 2)], {"kernel": (2, 2), "num_group": 2}, "cannot split its filters"),
        ([(1, 3, 4, 4), (2, 3, 5, 5)], {"kernel": (5, 5)}, r"(?s)covers \(5, 5\).*at most \(4, 4\)"),
        ([(1, 3, 4, 4), (2, 3, 2, 2)], {"kernel": (2, 2), "dilate": (4, 1)}, r"covers \(5, 2\)"),
        ([(1, 3, 4, 4), (2, 3, 5)], {"kernel": (5,)}, "kernel of 1 axes.*'data'"),
        ([(1, 3, 4, 4), (2, 3, 2)], {"kernel": (2, 2)}, "kernel of 2 axes.*'weight'"),
        ([(1, 3, 4, 4), (2, 4, 2, 2)], {"kernel": (2, 2)}, r"'weight' has shape \(2, 4, 2, 2\)"),
    ],
)
def test_shapes_that_do_not_go_together_are_refused(shapes, params, match):
    arrays = [nd.ones(shape) for shape in shapes]
    with pytest.raises(ShapeMismatchError, match=match):
        nd.Convolution(*arrays, num_filter=shapes[1][0], no_bias=True, **params)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"kernel": ()}, "kernel of another number of axes"),
        ({"kernel": (1, 1, 1, 1)}, "kernel of another number of axes"),
        ({"kernel": (2, 2), "stride": (1,)}, "another number of entries in stride"),
        ({"kernel": (2, 2), "stride": (0, 1)}, "cannot use this stride"),
        ({"kernel": (2, 2), "pad": (-1, 1)}, "cannot use this pad"),
        ({"kernel": (2, 0)}, "cannot use this kernel"),
        ({"kernel": (2, 2), "layout": "NCW"}, "layout that does not fit its kernel"),
        ({"kernel": (2, 2), "layout": "NCWH"}, "'layout'"),
    ],
)
def test_impossible_parameters_are_refused(params, match):
    with pytest.raises(ArgumentError, match=match):
        nd.Convolution(nd.ones((1, 3, 4, 4)), nd.ones((2, 3, 2, 2)), num_filter=2, no_bias=True, **params)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"adj": (2,)}, "cannot use this adj"),
        ({"target_shape": (10,)}, r"(?s)cannot use this target_shape.*at most 9"),
    ],
)
def test_sizes_that_a_deconvolution_cannot_reach_are_refused(params, match):
    x, w = nd.ones((1, 1, 4)), nd.ones((1, 1, 3))
    with pytest.raises(ArgumentError, match=match):
        nd.Deconvolution(x, w, kernel=(3,), stride=(2,), num_filter=1, **params)


def test_a_deconvolution_ignores_no_bias():
    x, w = nd.ones((1, 1, 4)), nd.ones((1, 1, 3))
    with pytest.raises(ShapeMismatchError, match="would ignore its input 'bias'"):
        nd.Deconvolution(x, w, nd.ones((1,)), kernel=(3,), num_filter=1)


# -- target shapes ----------------------------------------------------------------------------------------

TARGETS = [
    ({"pad": (1,), "adj": (1,)}, [2, 13, 20, 130, 200, 1300, 2000, 3000]),
    ({"target_shape": (9,)}, [1, 2, 13, 20, 130, 200, 1300, 2000, 3000]),
    ({"target_shape": (8,)}, [2, 13, 20, 130, 200, 1300, 2000, 3000]),
    ({"target_shape": (7,)}, [2, 13, 20, 130, 200, 1300, 2000]),
    ({"target_shape": (6,), "pad": (1,), "adj": (1,)}, [13, 20, 130, 200, 1300, 2000]),
    ({"target_shape": (4,)}, [20, 130, 200, 1300]),
    ({"target_shape": (0,)}, [1, 2, 13, 20, 130, 200, 1300, 2000, 3000]),
]


@pytest.mark.parametrize(("params", "wanted"), TARGETS)
def test_a_target_shape_is_reached_as_in_mxnet(params, wanted):
    """Golden values of MXNet 1.9.1."""
    x = nd.array([[[1, 10, 100, 1000]]])
    w = nd.array([[[1, 2, 3]]])
    y = nd.Deconvolution(x, w, kernel=(3,), stride=(2,), num_filter=1, **params)
    assert y.asnumpy().ravel().tolist() == wanted


def test_a_target_shape_is_reached_with_dilation_too():
    """MXNet forgets the dilation here and returns other numbers."""
    x, w = nd.array([[[1, 10, 100, 1000]]]), nd.array([[[1, 2, 3]]])
    y = nd.Deconvolution(x, w, kernel=(3,), stride=(2,), dilate=(2,), num_filter=1, target_shape=(7,))
    assert y.asnumpy().ravel().tolist() == [12, 0, 123, 0, 1230, 0, 2300]


@pytest.mark.parametrize(("params", "wanted"), TARGETS)
def test_the_gradient_of_a_deconvolution_knows_the_target_shape(params, wanted):
    x, w = nd.array([[[1, 10, 100, 1000]]]), nd.array([[[1, 2, 3]]])
    x.attach_grad()
    with autograd.record():
        y = nd.Deconvolution(x, w, kernel=(3,), stride=(2,), num_filter=1, **params)
    y.backward(y)
    # Linear in x: x . gradient is y . y.
    np.testing.assert_allclose(float((x * x.grad).sum().asscalar()), np.square(wanted).sum(), rtol=1e-5)


# -- how it is computed -------------------------------------------------------------------------------------


@pytest.fixture(params=[1, 900, 5000, 1 << 30], ids=lambda size: f"{size} bytes")
def block(request, monkeypatch):
    """Cut the batch into blocks of one image, of several, or not at all."""
    monkeypatch.setattr(windows, "HOST_BLOCK", request.param)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("folded", [0, 1000], ids=["images outside", "images inside"])
@pytest.mark.parametrize(
    ("channels", "filters", "params"),
    [
        (3, 4, {"kernel": (3, 2), "stride": (2, 1), "pad": (1, 1), "dilate": (1, 2)}),
        (4, 6, {"kernel": (2, 2), "num_group": 2}),
        (3, 3, {"kernel": (3, 3), "num_group": 3, "layout": "NHWC"}),
        (3, 4, {"kernel": (1, 1)}),
    ],
)
def test_the_result_does_not_depend_on_how_the_batch_is_cut(folded, channels, filters, params, monkeypatch):
    monkeypatch.setattr(windows, "FOLDED_PIXELS", folded)
    rng = np.random.default_rng(3)
    last = params.get("layout") == "NHWC"
    within = channels // params.get("num_group", 1)
    shape = (5, 6, 7, channels) if last else (5, channels, 6, 7)
    x = rng.standard_normal(shape)
    w = rng.standard_normal(
        (filters, *params["kernel"], within) if last else (filters, within, *params["kernel"])
    )
    y = convolution(x, w, **params)
    g = rng.standard_normal(y.shape)

    images, weight = from_data(x, nd.ones(1).context), from_data(w, nd.ones(1).context)
    images.attach_grad()
    weight.attach_grad()
    with autograd.record():
        found = nd.Convolution(images, weight, num_filter=filters, no_bias=True, **params)
    found.backward(from_data(g, found.context))
    np.testing.assert_allclose(found.asnumpy(), y, rtol=1e-12, atol=1e-12)
    wanted = data_gradient(g, w, size=(6, 7), **params)
    np.testing.assert_allclose(images.grad.asnumpy(), wanted, rtol=1e-12, atol=1e-12)
    wanted = weight_gradient(x, g, **params)
    np.testing.assert_allclose(weight.grad.asnumpy(), wanted, rtol=1e-12, atol=1e-12)


def test_an_empty_batch_passes_through_with_its_gradients():
    x, w = nd.zeros((0, 3, 4, 4)), nd.ones((2, 3, 3, 3))
    x.attach_grad()
    w.attach_grad()
    with autograd.record():
        y = nd.Convolution(x, w, kernel=(3, 3), num_filter=2, no_bias=True)
    y.backward()
    assert (y.shape, x.grad.shape) == ((0, 2, 2, 2), (0, 3, 4, 4))
    assert not w.grad.asnumpy().any()


def test_halves_are_summed_up_at_full_precision():
    # In float16 the sum of 4096 ones would stop growing at 2048.
    x, w = nd.ones((1, 4096, 1), dtype="float16"), nd.ones((1, 4096, 1), dtype="float16")
    assert nd.Convolution(x, w, kernel=(1,), num_filter=1, no_bias=True).asscalar() == 4096


def test_bfloat16_is_kept():
    x, w, b = (nd.ones(shape, dtype="bfloat16") for shape in ((1, 2, 3), (4, 2, 2), (4,)))
    y = nd.Convolution(x, w, b, kernel=(2,), num_filter=4)
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y.asnumpy().astype("float32"), np.full((1, 4, 2), 5.0))


def test_parameters_that_tune_cudnn_are_accepted():
    x, w = nd.ones((1, 1, 3)), nd.ones((1, 1, 2))
    options = {"workspace": 512, "cudnn_tune": "off", "cudnn_off": True}
    y = nd.Convolution(x, w, kernel=(2,), num_filter=1, no_bias=True, **options)
    assert y.asnumpy().tolist() == [[[2, 2]]]
