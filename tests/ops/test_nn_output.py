"""The layers that end a network: their gradients, and what they refuse.

Golden values are those of MXNet 1.9.1.
"""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.errors import DTypeError, ShapeMismatchError
from ops.nn_support import gradient, infer

ROWS = [[1.0, 2, 3], [4, 1, 0], [1, 1, 5]]
LABELS = [2, 0, 1]
HEAD = [[1.0, 2, 3], [1, 1, 1], [0, 2, 0]]

PLAIN = np.array(
    [
        [0.09003057, 0.24472848, -0.33475906],
        [-0.06376046, 0.04661262, 0.01714783],
        [0.01766842, -0.9823316, 0.9646632],
    ]
)
IGNORED = PLAIN * [[1], [0], [1]]


def softmax_gradient(data=ROWS, label=LABELS, head=None, **params):
    label = nd.array(label)
    head = None if head is None else nd.array(head)
    return gradient(lambda x: nd.SoftmaxOutput(x, label, **params), nd.array(data), head)


# -- the cross entropy of a softmax -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, PLAIN),
        ({"head": HEAD}, PLAIN),
        ({"grad_scale": 2.0, "normalization": "batch"}, PLAIN * 2 / 3),
        ({"normalization": "valid"}, PLAIN / 3),
        ({"use_ignore": True, "ignore_label": 0}, IGNORED),
        ({"use_ignore": True, "ignore_label": 0, "normalization": "valid"}, IGNORED / 2),
        ({"use_ignore": True, "ignore_label": 0, "normalization": "batch"}, IGNORED / 3),
        (
            {"smooth_alpha": 0.3},
            [
                [-0.05996943, 0.09472847, -0.03475904],
                [0.23623955, -0.10338739, -0.13285218],
                [-0.13233158, -0.68233156, 0.8146632],
            ],
        ),
        (
            {"label": [5, -1, 0]},  # no classes: no target
            [
                [0.09003057, 0.24472848, 0.66524094],
                [0.93623954, 0.04661262, 0.01714783],
                [-0.9823316, 0.01766842, 0.9646632],
            ],
        ),
        (
            {"label": [1.7, 0, 0]},  # truncated
            [
                [0.09003057, -0.75527155, 0.66524094],
                [-0.06376046, 0.04661262, 0.01714783],
                [-0.9823316, 0.01766842, 0.9646632],
            ],
        ),
        (
            {
                "label": [[0.2, 0.3, 0.5], [1, 0, 0], [0, 0.5, 0.5]],
                "grad_scale": 2.0,
                "normalization": "batch",
            },
            [
                [-0.21993886, -0.11054307, 0.3304819],
                [-0.12752092, 0.09322524, 0.03429565],
                [0.03533685, -0.96466315, 0.9293264],
            ],
        ),
    ],
)
def test_gradients_of_rows_are_those_of_mxnet(params, wanted):
    np.testing.assert_allclose(softmax_gradient(**params), wanted, rtol=1e-5, atol=1e-7)


PLACES = np.arange(12).reshape(2, 3, 2) * 0.1
# The softmax along axis 1 is the same at all places; the labels are 0 and 2, and 1 and none.
COLUMN = np.array([0.2693075, 0.3289329, 0.40175956])
HIT = np.eye(3)[[0, 2, 1]]
WITHOUT = (
    np.stack([COLUMN - HIT[0], COLUMN - HIT[1], COLUMN - HIT[2], COLUMN]).reshape(2, 2, 3).swapaxes(1, 2)
)
COUNTED = np.array([[[1, 1]], [[1, 0]]])


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, WITHOUT / 2),
        ({"normalization": "batch"}, WITHOUT / 4),
        ({"normalization": "valid"}, WITHOUT / 3),
        ({"use_ignore": True}, WITHOUT * COUNTED / 2),
        ({"use_ignore": True, "normalization": "batch"}, WITHOUT * COUNTED / 4),
        ({"use_ignore": True, "normalization": "valid"}, WITHOUT * COUNTED / 3),
    ],
)
@pytest.mark.parametrize("shape", [(2, 2), (2, 1, 2)])
def test_gradients_of_places_are_those_of_mxnet(params, wanted, shape):
    labels = np.reshape([[0, 2], [1, -1]], shape)
    found = softmax_gradient(PLACES, labels, multi_output=True, **params)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7)


def test_smoothing_holds_for_places_too():
    """MXNet forgets smooth_alpha there."""
    found = softmax_gradient(PLACES, [[0, 2], [1, 1]], multi_output=True, smooth_alpha=0.3)
    np.testing.assert_allclose(found[0, :, 0] * 2, COLUMN - [0.7, 0.15, 0.15], rtol=1e-5)


@pytest.mark.parametrize(
    ("params", "divisor"),
    [({}, 1), ({"normalization": "batch"}, 6), ({"normalization": "valid"}, 6)],
)
def test_gradients_along_the_last_axis_are_those_of_mxnet(params, divisor):
    labels = np.array([[0, 1, 1], [1, 0, 0]])
    found = softmax_gradient(PLACES, labels, preserve_shape=True, **params)
    wanted = [0.47502083, 0.5249792] - np.eye(2)[labels]
    np.testing.assert_allclose(found, wanted / divisor, rtol=1e-5)


def test_the_head_gradient_counts_if_it_is_asked_for():
    """MXNet multiplies with the softmax instead of the gradient that it documents."""
    np.testing.assert_allclose(softmax_gradient(head=HEAD, out_grad=True), PLAIN * HEAD, rtol=1e-5)


def test_ignoring_all_labels_gives_zeros():
    found = softmax_gradient(label=[0, 0, 0], use_ignore=True, ignore_label=0, normalization="valid")
    assert not found.any()


def test_labels_may_be_integers():
    label = nd.array(LABELS, dtype="int32")
    found = gradient(lambda x: nd.SoftmaxOutput(x, label), nd.array(ROWS))
    np.testing.assert_allclose(found, PLAIN, rtol=1e-5, atol=1e-7)


def test_the_label_gets_the_gradient_zero():
    x, label = nd.array(ROWS), nd.array(LABELS)
    x.attach_grad()
    label.attach_grad()
    with autograd.record():
        y = nd.SoftmaxOutput(x, label)
    y.backward()
    assert not label.grad.asnumpy().any()


def test_the_gradient_of_the_gradient_is_that_of_the_softmax():
    x = nd.array([[0.0, 0.0]])
    x.attach_grad()
    with autograd.record():
        (first,) = autograd.grad(nd.SoftmaxOutput(x, nd.array([1])), [x], create_graph=True)
    first.backward(nd.array([[1, 0]]))
    np.testing.assert_allclose(x.grad.asnumpy(), [[0.25, -0.25]])


def test_it_has_the_name_of_old_programs():
    assert nd.Softmax(nd.array(ROWS), nd.array(LABELS)).shape == (3, 3)


@pytest.mark.parametrize(
    ("data", "params", "wanted"),
    [
        ((4, 5), {}, (4,)),
        ((4, 5, 6, 7), {"multi_output": True}, (4, 42)),
        ((4, 5, 6), {"preserve_shape": True}, (4, 5)),
    ],
)
def test_the_shape_of_labels_follows_from_the_data(data, params, wanted):
    assert infer("SoftmaxOutput", [data, None], **params)[0][1] == wanted


@pytest.mark.parametrize(
    ("shape", "label", "params", "match"),
    [
        ((3, 4), (3, 1), {}, "'label' has shape"),
        ((2, 3, 4), (2, 3), {"multi_output": True}, "another number of labels"),
        ((3,), (3,), {"multi_output": True}, "no axis of classes"),
    ],
)
def test_labels_that_do_not_fit_are_refused(shape, label, params, match):
    with pytest.raises(ShapeMismatchError, match=match):
        nd.SoftmaxOutput(nd.ones(shape), nd.ones(label), **params)


# -- regression -------------------------------------------------------------------------------------------

TARGETS = [[1.0, 0, 1], [0, 1, 0.5], [1, 1, 1]]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("LinearRegressionOutput", [[0, 2 / 3, 2 / 3], [4 / 3, 0, -1 / 6], [0, 0, 4 / 3]]),
        (
            "LogisticRegressionOutput",
            [
                [-0.08964714, 0.293599, -0.01580862],
                [0.32733792, -0.08964714, 0],
                [-0.08964714, -0.08964714, -0.00223094],
            ],
        ),
        # Where both are equal MXNet takes -1 for the sign, gluonish 0.
        ("MAERegressionOutput", [[0, 1 / 3, 1 / 3], [1 / 3, 0, -1 / 3], [0, 0, 1 / 3]]),
    ],
)
@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("head", [None, HEAD])
def test_gradients_of_regressions_are_those_of_mxnet(name, wanted, scale, head):
    head = None if head is None else nd.array(head)
    found = gradient(
        lambda x: getattr(nd, name)(x, nd.array(TARGETS), grad_scale=scale), nd.array(ROWS), head
    )
    np.testing.assert_allclose(found, np.multiply(wanted, scale), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "wanted"), [("LinearRegressionOutput", 1), ("LogisticRegressionOutput", 0.25)]
)
def test_the_gradient_of_the_gradient_is_that_of_the_result(name, wanted):
    x = nd.array([[0.0]])
    x.attach_grad()
    with autograd.record():
        (first,) = autograd.grad(getattr(nd, name)(x, nd.array([[1]])), [x], create_graph=True)
    first.backward()
    assert x.grad.asscalar() == wanted


def test_labels_of_another_shape_are_taken_in_order():
    x, label = nd.array([[1.0], [2]]), nd.array([3.0, 1])
    assert gradient(lambda x: nd.LinearRegressionOutput(x, label), x).tolist() == [[-2], [1]]
    x, label = nd.ones((2, 3, 2)), nd.zeros((2, 6))
    found = gradient(lambda x: nd.LinearRegressionOutput(x, label), x)
    np.testing.assert_allclose(found, np.full((2, 3, 2), 1 / 6), rtol=1e-6)


def test_a_column_of_results_has_a_row_of_labels():
    assert infer("LinearRegressionOutput", [(4, 1), None])[0][1] == (4,)
    assert infer("LinearRegressionOutput", [(4, 5, 2), None])[0][1] == (4, 5, 2)


def test_another_number_of_labels_is_refused():
    with pytest.raises(ShapeMismatchError, match="another number of labels than of results"):
        nd.LinearRegressionOutput(nd.ones((2, 2)), nd.ones((2,)))


def test_integers_are_refused():
    with pytest.raises(DTypeError, match="real numbers only"):
        nd.LinearRegressionOutput(nd.ones((2,), dtype="int32"), nd.ones((2,)))


# -- losses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, 1),
        ({"grad_scale": 2}, 2),
        ({"grad_scale": 2, "normalization": "batch"}, 2 / 3),
        ({"normalization": "valid", "valid_thresh": 1}, 1 / 4),
        ({"normalization": "valid", "valid_thresh": 100}, 1),
    ],
)
@pytest.mark.parametrize("head", [None, HEAD])
def test_gradients_of_losses_are_those_of_mxnet(params, wanted, head):
    head = None if head is None else nd.array(head)
    found = gradient(lambda x: nd.MakeLoss(x, **params), nd.array(ROWS), head)
    np.testing.assert_allclose(found, np.full((3, 3), wanted), rtol=1e-6)


def test_a_loss_without_parameters_has_the_gradient_1():
    assert (gradient(nd.make_loss, nd.array(ROWS), nd.array(HEAD)) == 1).all()


# -- support vector machines --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, [[-1.0, 1.4, 6.0], [0.0, 2.4, -0.2]]),
        ({"use_linear": True}, [[-1.0, 1.0, 1.0], [0.0, 1.0, -1.0]]),
        ({"margin": 0.7, "regularization_coefficient": 0.5}, [[-0.2, 0.4, 2.7], [0.0, 0.9, 0.0]]),
    ],
)
def test_the_gradient_of_a_support_vector_machine_is_that_of_the_hinge_loss(params, wanted):
    scores, labels = nd.array([[0.5, -0.3, 2.0], [-1.5, 0.2, 0.9]]), nd.array([0, 2])
    found = gradient(lambda x: nd.SVMOutput(x, labels, **params), scores, nd.full((2, 3), 3))
    np.testing.assert_allclose(found, wanted, atol=1e-6)
