"""Losses: per example, weighted, as arrays and as symbols.

Golden values were printed by Apache MXNet 1.9.1.
"""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import gluonish as mx
from gluonish import autograd, gluon, nd
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    BroadcastError,
    ContextError,
    IndexOutOfRangeError,
    ShapeMismatchError,
)
from gluonish.gluon.loss import (
    CosineEmbeddingLoss,
    CTCLoss,
    HingeLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    L2Loss,
    LogisticLoss,
    Loss,
    PoissonNLLLoss,
    SDMLLoss,
    SigmoidBCELoss,
    SigmoidBinaryCrossEntropyLoss,
    SoftmaxCELoss,
    SoftmaxCrossEntropyLoss,
    SquaredHingeLoss,
    TripletLoss,
    _apply_weighting,
    _reshape_like,
)
from gluonish.testing import check_gradient

PRED = np.array([[1, 2, 3], [0, -1, 2]], "float32")
ONE_HOT = np.array([[0, 0, 1], [1, 0, 0]], "float32")
SIGNED = 2 * ONE_HOT - 1
COUNTS = np.array([[1, 0, 3], [2, 5, 0]], "float32")
CLASSES = np.array([2, 0], "float32")
PER_EXAMPLE = np.array([[0.5], [2]], "float32")
POSITIVE = np.array([[2, 1, 1]], "float32")
PROBABILITIES = np.array([[0.9, 0.2, 0.5], [0.1, 0.75, 0.25]], "float32")

ALL = [
    L1Loss(),
    L2Loss(),
    SigmoidBCELoss(),
    SigmoidBCELoss(from_sigmoid=True),
    SoftmaxCELoss(),
    SoftmaxCELoss(sparse_label=False),
    SoftmaxCELoss(from_logits=True),
    HuberLoss(),
    HuberLoss(rho=0.3),
    HingeLoss(),
    SquaredHingeLoss(margin=2),
    LogisticLoss(),
    LogisticLoss(label_format="binary"),
    KLDivLoss(),
    KLDivLoss(from_logits=False),
]
"""The losses of predictions and labels, with one number per example."""


def call(loss, *operands):
    """Call a loss with NumPy arrays, None for none, and return NumPy numbers."""
    return loss(*[None if each is None else nd.array(each) for each in operands]).asnumpy()


def example(loss, count=4, classes=3, dtype="float64"):
    """Return predictions and labels such as a loss takes, at no kink."""
    rng = np.random.default_rng(7)
    pred = rng.uniform(0.1, 0.9, (count, classes))
    if isinstance(loss, SoftmaxCELoss) and loss._sparse_label:
        label = rng.integers(classes, size=count)
    else:
        label = rng.uniform(0.02, 0.08, (count, classes))
    return nd.array(pred, dtype=dtype), nd.array(label, dtype=dtype)


# -- golden values ----------------------------------------------------------------------------------------

GOLDEN = [
    (L2Loss(), (PRED, ONE_HOT), (1.5, 1)),
    (L2Loss(weight=3), (PRED, ONE_HOT), (4.5, 3)),
    (L2Loss(), (PRED, ONE_HOT, PER_EXAMPLE), (0.75, 2)),
    (L2Loss(weight=3), (PRED, ONE_HOT, PER_EXAMPLE), (2.25, 6)),
    (L2Loss(batch_axis=1), (PRED, ONE_HOT), (0.5, 1.25, 2)),
    (L1Loss(), (PRED, ONE_HOT), (1.666667, 1.333333)),
    (L1Loss(weight=3), (PRED, ONE_HOT), (5, 4)),
    (L1Loss(), (PRED, ONE_HOT, PER_EXAMPLE), (0.833333, 2.666667)),
    (L1Loss(weight=3), (PRED, ONE_HOT, PER_EXAMPLE), (2.5, 8)),
    (L1Loss(batch_axis=1), (PRED, ONE_HOT), (1, 1.5, 2)),
    (L1Loss(batch_axis=1), (np.arange(6).reshape(2, 3), np.zeros((2, 3)), [[1, 2, 0]]), (1.5, 5, 0)),
    (SigmoidBCELoss(), (PRED, ONE_HOT), (1.162926, 1.044446)),
    (SigmoidBCELoss(weight=3), (PRED, ONE_HOT, PER_EXAMPLE), (1.744389, 6.266674)),
    (SigmoidBCELoss(), (PRED, ONE_HOT, None, POSITIVE), (1.162926, 1.275495)),
    (SigmoidBCELoss(), (PRED, ONE_HOT, PER_EXAMPLE, POSITIVE), (0.581463, 2.550989)),
    (SigmoidBCELoss(weight=2), (PRED, ONE_HOT, PER_EXAMPLE, [[2, 1, 3]]), (1.195317, 5.101979)),
    (SigmoidBCELoss(batch_axis=1), (PRED, ONE_HOT), (1.003204, 1.220095, 1.087758)),
    (SigmoidBCELoss(True), (PROBABILITIES, ONE_HOT, None, [[2, 1, 3]]), (1.535057, 2.093049)),
    (SoftmaxCELoss(), (PRED, CLASSES), (0.407604, 2.169845)),
    (SoftmaxCELoss(weight=2), (PRED, CLASSES), (0.815208, 4.339689)),
    (SoftmaxCELoss(), (PRED, CLASSES, PER_EXAMPLE), (0.203802, 4.339689)),
    (SoftmaxCELoss(weight=2), (PRED, CLASSES, PER_EXAMPLE), (0.407604, 8.679379)),
    (SoftmaxCELoss(), (PRED, CLASSES.reshape(2, 1)), (0.407604, 2.169845)),
    (SoftmaxCELoss(sparse_label=False), (PRED, ONE_HOT), (0.407604, 2.169845)),
    (SoftmaxCELoss(0, batch_axis=1), (PRED, [0, 1, 1]), (0.313262, 3.048587, 1.313262)),
    (
        SoftmaxCELoss(0, batch_axis=1, weight=3),
        (PRED, [0, 1, 1], [[1, 2, 0.5]]),
        (0.939785, 18.291523, 1.969893),
    ),
    (HuberLoss(), (PRED, ONE_HOT), (1.166667, 0.833333)),
    (HuberLoss(rho=2), (PRED, ONE_HOT), (0.75, 0.5)),
    (HuberLoss(rho=0.5), (PRED, ONE_HOT), (1.416667, 1.083333)),
    (HuberLoss(weight=3), (PRED, ONE_HOT, PER_EXAMPLE), (1.75, 5)),
    (HuberLoss(batch_axis=1), (PRED, ONE_HOT), (0.5, 1, 1.5)),
    (HingeLoss(), (PRED, SIGNED), (1.666667, 1.333333)),
    (HingeLoss(margin=2), (PRED, SIGNED), (2.333333, 2.333333)),
    (HingeLoss(weight=3), (PRED, SIGNED, PER_EXAMPLE), (2.5, 8)),
    (HingeLoss(batch_axis=1), (PRED, SIGNED), (1.5, 1.5, 1.5)),
    (SquaredHingeLoss(), (PRED, SIGNED), (4.333333, 3.333333)),
    (SquaredHingeLoss(margin=2), (PRED, SIGNED), (8.333333, 7)),
    (SquaredHingeLoss(weight=3), (PRED, SIGNED, PER_EXAMPLE), (6.5, 20)),
    (SquaredHingeLoss(batch_axis=1), (PRED, SIGNED), (2.5, 4.5, 4.5)),
    (LogisticLoss(), (PRED, SIGNED), (1.162926, 1.044446)),
    (LogisticLoss(label_format="binary"), (PRED, ONE_HOT), (1.162926, 1.044446)),
    (LogisticLoss(weight=3), (PRED, SIGNED, PER_EXAMPLE), (1.744389, 6.266674)),
    (LogisticLoss(batch_axis=1), (PRED, SIGNED), (1.003204, 1.220095, 1.087758)),
    (KLDivLoss(), (PRED, ONE_HOT), (-3, 0)),
    (KLDivLoss(weight=3), (PRED, ONE_HOT, PER_EXAMPLE), (-4.5, 0)),
    (KLDivLoss(batch_axis=1), (PRED, ONE_HOT), (0, 0, -3)),
    (KLDivLoss(from_logits=False), (PRED, ONE_HOT), (0.407604, 2.169845)),
    (KLDivLoss(from_logits=False, axis=0), (PRED, ONE_HOT), (0.313262, 1.313262)),
    (KLDivLoss(False), (PRED, [[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]]), (0.077951, 2.130813)),
    (TripletLoss(), ([[1, 2], [0, -1]], [[1.5, 2], [3, 1]], [[0, 0], [0, -2]]), (0, 13)),
    (
        TripletLoss(margin=5, weight=2),
        ([[1, 2], [0, -1]], [[1.5, 2], [3, 1]], [[0, 0], [0, -2]]),
        (0.5, 34),
    ),
    (TripletLoss(batch_axis=1), ([[1, 2], [0, -1]], [[1.5, 2], [3, 1]], [[0, 0], [0, -2]]), (9.25, 0)),
    (PoissonNLLLoss(), (PRED, ONE_HOT), (5.991635,)),
    (PoissonNLLLoss(), (PRED, COUNTS), (5.658302,)),
    (PoissonNLLLoss(weight=2), (PRED, COUNTS), (11.316604,)),
    (PoissonNLLLoss(batch_axis=1), (PRED, COUNTS, PER_EXAMPLE), (6.268385,)),
    (PoissonNLLLoss(from_logits=False), (PRED + 2, COUNTS), (1.947796,)),
    (PoissonNLLLoss(compute_full=True), (PRED, COUNTS + 1), (6.514723,)),
    (PoissonNLLLoss(from_logits=False, compute_full=True), (PRED + 2, COUNTS + 1), (2.941920,)),
    (CosineEmbeddingLoss(), (PRED, ONE_HOT, [1, -1]), [[0.198216], [0]]),
    (CosineEmbeddingLoss(), (PRED, COUNTS, [1, -1]), [[0.154846], [0]]),
    (CosineEmbeddingLoss(), (PRED, COUNTS, [[1], [-1]], PER_EXAMPLE), [[0.077423], [0]]),
    (CosineEmbeddingLoss(weight=2), (PRED, COUNTS, [1, -1]), [[0.309691], [0]]),
    (CosineEmbeddingLoss(), (PRED * 0, COUNTS, [1, -1]), [[1], [0]]),
    (CosineEmbeddingLoss(), (PRED, COUNTS, [0, 0.5]), [[0], [0]]),
    (SDMLLoss(), (PRED, ONE_HOT), (0.607284, 2.207284)),
    (SDMLLoss(smoothing_parameter=0.1), (PRED, ONE_HOT), (0.093066, 3.293065)),
    (SDMLLoss(weight=2), (PRED, ONE_HOT), (0.607284, 2.207284)),
]


@pytest.mark.parametrize(("loss", "operands", "expected"), GOLDEN)
def test_values_are_those_of_mxnet(loss, operands, expected):
    np.testing.assert_allclose(call(loss, *operands), expected, rtol=1e-5, atol=3e-6)


def test_a_loss_over_images_has_its_classes_on_an_axis_of_their_own():
    images = (np.arange(24) * 7 % 11 - 5).reshape(2, 3, 2, 2) / 2
    labels = np.array([[[0, 1], [2, 0]], [[1, 1], [0, 2]]])
    loss = SoftmaxCELoss(axis=1)
    np.testing.assert_allclose(call(loss, images, labels), (2.334360, 1.054541), rtol=1e-5)
    weights = [[[[1, 0], [2, 1]]], [[[1, 1], [0, 0]]]]
    np.testing.assert_allclose(call(loss, images, labels, weights), (2.114179, 0.907117), rtol=1e-5)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (L1Loss(), (1, 2, 3)),
        (L2Loss(), (0.5, 2, 4.5)),
        (SigmoidBCELoss(), np.log1p(np.exp([1, 2, 3]))),
    ],
    ids=repr,
)
def test_one_number_per_example_needs_no_second_axis(loss, expected):
    np.testing.assert_allclose(call(loss, [1, 2, 3], [0, 0, 0]), expected, rtol=1e-6)


# -- formulas ---------------------------------------------------------------------------------------------

logits = arrays("float64", (3, 4), elements=st.floats(-30, 30))
fractions = arrays("float64", (3, 4), elements=st.floats(0, 1))


@given(logits, fractions, st.floats(0.1, 5))
def test_binary_cross_entropy_is_that_of_the_sigmoid(pred, label, positive):
    sigmoid = 1 / (1 + np.exp(-pred))
    complement = 1 / (1 + np.exp(pred))
    expected = -(positive * label * np.log(sigmoid) + (1 - label) * np.log(complement)).mean(1)
    found = call(SigmoidBCELoss(), pred.astype("float64"), label, None, np.full((1, 4), positive))
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-6)


@given(logits, arrays("int64", (3,), elements=st.integers(0, 3)))
def test_cross_entropy_is_that_of_the_softmax(pred, label):
    expected = np.log(np.exp(pred).sum(1)) - pred[np.arange(3), label]
    np.testing.assert_allclose(call(SoftmaxCELoss(), pred, label), expected, rtol=2e-5, atol=1e-5)


@given(logits, arrays("int64", (3,), elements=st.integers(0, 3)))
def test_class_numbers_mean_what_one_hot_rows_mean(pred, label):
    dense = call(SoftmaxCELoss(sparse_label=False), pred, np.eye(4)[label])
    np.testing.assert_allclose(call(SoftmaxCELoss(), pred, label), dense, rtol=1e-6, atol=1e-6)


@given(logits, fractions)
def test_log_probabilities_give_what_their_logits_give(pred, label):
    pred = nd.array(pred, dtype="float64")
    label = nd.array(label, dtype="float64")
    first = SoftmaxCELoss(sparse_label=False)(pred, label)
    second = SoftmaxCELoss(sparse_label=False, from_logits=True)(nd.log_softmax(pred), label)
    np.testing.assert_allclose(second.asnumpy(), first.asnumpy(), rtol=1e-12)


@given(arrays("float64", (3, 4), elements=st.floats(-8, 8)), fractions)
def test_probabilities_give_what_their_logits_give(pred, label):
    pred, label = nd.array(pred, dtype="float64"), nd.array(label, dtype="float64")
    first = SigmoidBCELoss()(pred, label)
    second = SigmoidBCELoss(from_sigmoid=True)(nd.sigmoid(pred), label)
    np.testing.assert_allclose(second.asnumpy(), first.asnumpy(), rtol=1e-6, atol=1e-8)


@given(logits, logits)
def test_absolute_and_squared_differences_are_means_over_all_but_the_batch(pred, label):
    pred, label = pred.reshape(3, 2, 2).astype("float32"), label.reshape(3, 2, 2).astype("float32")
    wide = pred.astype("float64") - label
    for axis in (0, 1, 2, -1):
        rest = tuple(i for i in range(3) if i != axis % 3)
        np.testing.assert_allclose(
            call(L1Loss(batch_axis=axis), pred, label), abs(wide).mean(rest), rtol=1e-5, atol=1e-6
        )
        np.testing.assert_allclose(
            call(L2Loss(batch_axis=axis), pred, label), (wide**2).mean(rest) / 2, rtol=1e-5, atol=1e-6
        )


def test_labels_are_given_the_shape_of_the_predictions():
    for loss in (L1Loss(), L2Loss(), SigmoidBCELoss(), SoftmaxCELoss(sparse_label=False)):
        np.testing.assert_array_equal(
            call(loss, PRED, ONE_HOT.reshape(3, 2)), call(loss, PRED, ONE_HOT), err_msg=repr(loss)
        )


@pytest.mark.parametrize("loss", ALL, ids=repr)
def test_weights_of_examples_multiply_their_losses(loss):
    pred, label = example(loss)
    weights = nd.array([[0.0], [1.0], [0.5], [-2.0]], dtype="float64")
    plain = loss(pred, label).asnumpy()
    np.testing.assert_allclose(loss(pred, label, weights).asnumpy(), plain * weights.asnumpy().ravel())


@pytest.mark.parametrize("loss", [L1Loss(), L2Loss(), SigmoidBCELoss()], ids=repr)
def test_weights_of_elements_leave_elements_out(loss):
    mask = np.array([[1, 0, 0], [0, 0, 1]])
    expected = [call(loss, PRED[:1, :1], ONE_HOT[:1, :1]) / 3, call(loss, PRED[1:, 2:], ONE_HOT[1:, 2:]) / 3]
    np.testing.assert_allclose(call(loss, PRED, ONE_HOT, mask), np.ravel(expected), rtol=1e-6)


def test_half_the_square_stays_where_there_is_no_weight():
    np.testing.assert_array_equal(call(L2Loss(weight=None), PRED, ONE_HOT), call(L2Loss(), PRED, ONE_HOT))


def test_no_examples_have_no_losses():
    assert SoftmaxCELoss()(nd.zeros((0, 3)), nd.zeros((0,))).shape == (0,)


# -- gradients --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ALL, ids=repr)
def test_first_and_second_derivatives_are_those_of_finite_differences(loss):
    pred, label = example(loss)
    weights = nd.array([[0.5], [1.0], [2.0], [0.1]], dtype="float64")
    check_gradient(lambda p: loss(p, label, weights), [pred], order=2)


@pytest.mark.parametrize("from_sigmoid", [False, True])
def test_derivatives_with_a_weight_of_the_positive_class_are_right_too(from_sigmoid):
    loss = SigmoidBCELoss(from_sigmoid, weight=1.5)
    pred, label = example(loss)
    check_gradient(
        lambda p, w: loss(p, label, None, w), [pred, nd.array([[2, 1, 3]], dtype="float64")], order=2
    )


@pytest.mark.parametrize(
    ("loss", "operands", "expected"),
    [
        (L1Loss(weight=3), (ONE_HOT, PER_EXAMPLE), [[0.5, 0.5, 0.5], [-2, -2, 2]]),
        (L2Loss(weight=3), (ONE_HOT, PER_EXAMPLE), [[0.5, 1, 1], [-2, -2, 4]]),
        (
            SigmoidBCELoss(),
            (ONE_HOT, None, POSITIVE),
            [[0.243686, 0.293599, -0.015809], [0, 0.089647, 0.293599]],
        ),
        (
            SoftmaxCELoss(),
            (CLASSES, PER_EXAMPLE),
            [[0.045015, 0.122364, -0.167379], [-1.771609, 0.084020, 1.687592]],
        ),
    ],
    ids=repr,
)
def test_gradients_are_those_of_mxnet(loss, operands, expected):
    pred = nd.array(PRED)
    pred.attach_grad()
    with autograd.record():
        value = loss(pred, *[None if each is None else nd.array(each) for each in operands])
    value.backward()
    np.testing.assert_allclose(pred.grad.asnumpy(), expected, rtol=1e-4, atol=1e-6)


def test_the_gradient_of_the_cross_entropy_is_the_softmax_less_the_label():
    pred = nd.array(PRED)
    pred.attach_grad()
    with autograd.record():
        value = SoftmaxCELoss()(pred, nd.array(CLASSES))
    value.backward()
    softmax = np.exp(PRED) / np.exp(PRED).sum(1, keepdims=True)
    np.testing.assert_allclose(pred.grad.asnumpy(), softmax - ONE_HOT, rtol=1e-5)


@pytest.mark.parametrize("loss", ALL, ids=repr)
def test_a_batch_in_parts_has_the_losses_and_gradients_of_the_whole(loss):
    pred, label = example(loss)
    pred.attach_grad()
    with autograd.record():
        whole = loss(pred, label)
    whole.backward()
    found, gradients = [], []
    for part, target in zip(
        gluon.utils.split_data(pred.detach(), 2), gluon.utils.split_data(label, 2), strict=True
    ):
        part.attach_grad()
        with autograd.record():
            value = loss(part, target)
        value.backward()
        found.append(value.asnumpy())
        gradients.append(part.grad.asnumpy())
    np.testing.assert_allclose(np.concatenate(found), whole.asnumpy(), rtol=1e-12)
    np.testing.assert_allclose(np.concatenate(gradients), pred.grad.asnumpy(), rtol=1e-12)


# -- losses of their own form ------------------------------------------------------------------------------


def test_a_margin_keeps_vectors_apart_that_are_near_enough():
    angles = np.radians([0, 20, 60, 90])
    x, y = np.tile([1.0, 0.0], (4, 1)), np.stack([np.cos(angles), np.sin(angles)], 1)
    expected = np.maximum(np.cos(angles) - 0.7, 0)[:, None]
    found = call(CosineEmbeddingLoss(margin=0.7), x, y, -np.ones(4))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=3e-6)


def test_counts_of_zero_and_one_have_no_stirling_term():
    """MXNet gives NaN here, for log(0) times 0."""
    plain = call(PoissonNLLLoss(), PRED, [[0, 1, 0], [1, 1, 0]])
    full = call(PoissonNLLLoss(compute_full=True), PRED, [[0, 1, 0], [1, 1, 0]])
    np.testing.assert_allclose(full, plain, rtol=1e-6)


def test_stirlings_term_is_near_the_logarithm_of_the_factorial():
    plain = call(PoissonNLLLoss(), [[0.0]], [[10]])
    full = call(PoissonNLLLoss(compute_full=True), [[0.0]], [[10]])
    np.testing.assert_allclose(full - plain, np.log(np.arange(1, 11)).sum(), rtol=1e-3)


def test_the_epsilon_of_a_poisson_loss_is_its_last_argument():
    loss = PoissonNLLLoss(from_logits=False)
    found = loss(nd.array(PRED + 2), nd.array(COUNTS), None, 0.5).asnumpy()
    np.testing.assert_allclose(found, (1.462181,), rtol=1e-5)


@given(
    arrays("float64", (4, 3), elements=st.floats(-2, 2)), arrays("float64", (4, 3), elements=st.floats(-2, 2))
)
def test_smoothed_metric_learning_is_a_cross_entropy_over_distances(x, y):
    distances = ((x[:, None] - y[None]) ** 2).sum(2)
    log_p = -distances - np.log(np.exp(-distances).sum(1, keepdims=True))
    wanted = np.where(np.eye(4), 0.8, 0.2 / 3)
    expected = (wanted * (np.log(wanted) - log_p)).sum(1)
    found = SDMLLoss(smoothing_parameter=0.2)(nd.array(x, dtype="float64"), nd.array(y, dtype="float64"))
    np.testing.assert_allclose(found.asnumpy(), expected, rtol=1e-9, atol=1e-9)


def test_smoothed_metric_learning_runs_with_symbols_and_with_one_row():
    graph = SDMLLoss()(mx.sym.var("x"), mx.sym.var("y"))
    assert graph.infer_shape(x=(5, 3), y=(5, 3))[1] == [(5,)]
    assert np.isfinite(call(SDMLLoss(0), PRED[:1], ONE_HOT[:1])).all()


SCORES = ((np.arange(40) * 7 % 11 - 5) * 0.3).reshape(2, 5, 4).astype("float32")
SAID = np.array([[1, 0, -1], [2, 2, 1]], "float32")


@pytest.mark.parametrize(
    ("loss", "operands", "expected"),
    [
        (CTCLoss(), (SCORES, SAID), (5.070750, 6.137100)),
        (CTCLoss("TNC"), (SCORES.swapaxes(0, 1), SAID), (5.070750, 6.137100)),
        (CTCLoss("TNC", "TN"), (SCORES.swapaxes(0, 1), SAID.T), (5.070750, 6.137100)),
        (CTCLoss(weight=2.0), (SCORES, SAID), (10.141500, 12.274190)),
        (CTCLoss(), (SCORES, SAID, None, None, [1, 3]), (5.070750, 18.411289)),
        (CTCLoss(), (SCORES, SAID, [5, 4]), (5.070750, 11.834240)),
        (CTCLoss(), (SCORES, SAID, [5, 4], [2, 3]), (5.070750, 11.834240)),
        (CTCLoss(), (SCORES, SAID, None, [1, 2]), (4.917130, 5.086420)),
        (
            CTCLoss(),
            (np.ones((2, 20, 4)), [[1, 0, -1, -1], [2, 1, 1, -1]]),
            (18.828207, 16.505817),
        ),
    ],
)
def test_losses_of_unplaced_labels_are_those_of_mxnet(loss, operands, expected):
    np.testing.assert_allclose(call(loss, *operands), expected, rtol=1e-5)


OWN_FORM = [
    (TripletLoss(margin=4), [(4, 3), (4, 3), (4, 3)]),
    (CosineEmbeddingLoss(margin=-2), [(4, 3), (4, 3)]),
    (SDMLLoss(), [(4, 3), (4, 3)]),
    (PoissonNLLLoss(compute_full=True), [(4, 3)]),
    (PoissonNLLLoss(from_logits=False), [(4, 3)]),
    (CTCLoss(), [(3, 4, 3)]),
]


@pytest.mark.parametrize(("loss", "shapes"), OWN_FORM, ids=repr)
def test_derivatives_of_losses_of_their_own_form_are_right(loss, shapes):
    rng = np.random.default_rng(3)
    inputs = [nd.array(rng.uniform(0.5, 1.5, shape), dtype="float64") for shape in shapes]
    rest = {
        CosineEmbeddingLoss: [nd.array([1, -1, 1, -1], dtype="float64")],
        PoissonNLLLoss: [nd.array(rng.integers(2, 9, (4, 3)), dtype="float64")],
        CTCLoss: [nd.array([[1, 0], [1, 1], [0, -1]])],
    }.get(type(loss), [])
    check_gradient(lambda *arrays: loss(*arrays, *rest), inputs, order=2)


# -- extremes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("positive", [None, [[2.0, 1.0]]])
def test_extreme_logits_have_finite_binary_losses_and_gradients(dtype, positive):
    """The loss of a wrong answer is the logit, that of a right one is 0; neither overflows."""
    pred = nd.array([[1000, -1000], [1000, -1000]], dtype=dtype)
    label = nd.array([[1, 0], [0, 1]], dtype=dtype)
    weight = [] if positive is None else [None, nd.array(positive, dtype=dtype)]
    pred.attach_grad()
    with autograd.record():
        value = SigmoidBCELoss()(pred, label, *weight)
    value.backward()
    assert value.asnumpy().tolist() == [0, 1000]
    assert pred.grad.asnumpy().tolist() == [[0, 0], [0.5, -0.5]]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_extreme_logits_have_finite_cross_entropies_and_gradients(dtype):
    pred = nd.array([[1000, 0, -1000], [-1000, 0, 1000]], dtype=dtype)
    pred.attach_grad()
    with autograd.record():
        value = SoftmaxCELoss()(pred, nd.array([0, 0]))
    value.backward()
    assert value.asnumpy().tolist() == [0, 2000]
    assert pred.grad.asnumpy().tolist() == [[0, 0, 0], [-1, 0, 1]]


def test_certain_probabilities_have_finite_losses():
    """The largest loss of one element is -log(1e-12)."""
    found = call(SigmoidBCELoss(from_sigmoid=True), [[0.0, 1.0], [1.0, 0.0]], [[1, 0], [1, 0]])
    np.testing.assert_allclose(found, [-np.log(1e-12), 0], atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("loss", ALL, ids=repr)
def test_a_loss_has_the_dtype_of_its_predictions(loss, dtype):
    assert loss(*example(loss, dtype=dtype)).dtype == np.dtype(dtype)


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32", "uint8"])
def test_class_numbers_come_in_any_dtype(dtype):
    found = SoftmaxCELoss()(nd.array(PRED), nd.array(CLASSES, dtype=dtype))
    np.testing.assert_allclose(found.asnumpy(), (0.407606, 2.169846), rtol=1e-6)


# -- bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", [3, -1, 1000])
def test_a_class_number_that_is_no_class_is_an_error_and_never_the_nearest_class(label):
    with pytest.raises(
        IndexOutOfRangeError, match=rf"'pick' got an index out of range.\n  Expected 0 to 2, received {label}"
    ):
        call(SoftmaxCELoss(), PRED, [2, label])


def test_a_class_number_out_of_range_is_an_error_while_recording_and_leaves_nothing_behind():
    pred = nd.array(PRED)
    pred.attach_grad()
    with autograd.record():
        with pytest.raises(IndexError):
            SoftmaxCELoss()(pred, nd.array([0, 3]))
        value = SoftmaxCELoss()(pred, nd.array([0, 1]))
    value.backward()
    assert np.isfinite(pred.grad.asnumpy()).all()


@pytest.mark.parametrize("loss", [L1Loss(), L2Loss(), SigmoidBCELoss(), SoftmaxCELoss(sparse_label=False)])
def test_labels_of_another_number_are_an_error(loss):
    with pytest.raises(ShapeMismatchError, match=r"cannot fill the shape \(2, 3\) with 4 elements"):
        call(loss, PRED, np.ones((2, 2)))


def test_class_numbers_of_another_number_are_an_error():
    with pytest.raises(ShapeMismatchError, match=r"'pick'.*\n.*Axis 0: expected 2, received 3"):
        call(SoftmaxCELoss(), PRED, np.ones(3))


def test_weights_that_do_not_broadcast_are_an_error():
    with pytest.raises(BroadcastError, match=r"lhs \(2, 3\), rhs \(3, 1\)"):
        call(L2Loss(), PRED, ONE_HOT, np.ones((3, 1)))


@pytest.mark.parametrize("kind", [L1Loss, L2Loss, SigmoidBCELoss, SoftmaxCELoss, CTCLoss, TripletLoss])
def test_a_weight_that_is_no_number_is_an_error(kind):
    with pytest.raises(ArgumentTypeError, match=rf"{kind.__name__} needs a number as weight.\n.*'heavy'"):
        kind(weight="heavy")
    with pytest.raises(AssertionError):
        kind(weight=[1.0])


@pytest.mark.parametrize("weight", [2, 2.0, np.float32(2), np.int64(2)])
def test_any_kind_of_number_is_a_weight(weight):
    np.testing.assert_allclose(call(L1Loss(weight=weight), PRED, ONE_HOT), (3.333333, 2.666667), rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: LogisticLoss(label_format="one"),
            r"unknown label_format.*\n.*'signed' or 'binary', received",
        ),
        (lambda: CTCLoss("NCT"), r"unknown layout.*\n.*'NTC' or 'TNC', received 'NCT'"),
        (lambda: CTCLoss("NTC", "NTT"), r"unknown label_layout.*\n.*'NT' or 'TN'"),
        (lambda: HuberLoss(rho="x"), r"HuberLoss has an impossible rho"),
        (lambda: HingeLoss(margin=None), r"HingeLoss has an impossible margin"),
        (lambda: SquaredHingeLoss(margin="x"), r"SquaredHingeLoss has an impossible margin"),
        (lambda: TripletLoss(margin="x"), r"TripletLoss has an impossible margin"),
        (lambda: CosineEmbeddingLoss(margin="x"), r"CosineEmbeddingLoss has an impossible margin"),
        (lambda: SDMLLoss(2), r"impossible smoothing_parameter.*\n.*from 0 to 1"),
    ],
)
def test_an_impossible_argument_is_an_error(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


def test_an_axis_that_is_not_there_is_an_error():
    with pytest.raises(ArgumentError, match="no axis 3"):
        call(L2Loss(batch_axis=3), PRED, ONE_HOT)
    with pytest.raises(ArgumentError, match="no axis 2"):
        call(SoftmaxCELoss(axis=2), PRED, CLASSES)


def test_predictions_and_labels_on_different_contexts_are_an_error(two):
    with pytest.raises(ContextError, match=r"on different contexts.*cpu\(1\).*cpu\(0\)"):
        L2Loss()(nd.array(PRED, ctx=two[0]), nd.array(ONE_HOT, ctx=two[1]))


def test_the_base_class_computes_nothing():
    with pytest.raises(NotImplementedError, match=r"Loss must define hybrid_forward\(\)"):
        Loss(None, 0)(nd.array(PRED), nd.array(ONE_HOT))


# -- as blocks --------------------------------------------------------------------------------------------


def test_the_short_names_are_the_long_ones():
    assert SigmoidBCELoss is SigmoidBinaryCrossEntropyLoss
    assert SoftmaxCELoss is SoftmaxCrossEntropyLoss


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (L1Loss(), "L1Loss(batch_axis=0, w=None)"),
        (L2Loss(), "L2Loss(batch_axis=0, w=1.0)"),
        (L2Loss(weight=2, batch_axis=1), "L2Loss(batch_axis=1, w=2)"),
        (SigmoidBCELoss(), "SigmoidBinaryCrossEntropyLoss(batch_axis=0, w=None)"),
        (SoftmaxCELoss(axis=1, weight=0.5), "SoftmaxCrossEntropyLoss(batch_axis=0, w=0.5)"),
        (CTCLoss(), "CTCLoss(batch_axis=0, w=None)"),
        (CTCLoss("TNC", "TN", 3.0), "CTCLoss(batch_axis=1, w=3.0)"),
        (SDMLLoss(), "SDMLLoss(batch_axis=0, w=1.0)"),
    ],
)
def test_the_repr_is_that_of_mxnet(loss, text):
    assert repr(loss) == text


def test_a_loss_has_no_parameters_and_is_named_after_its_class():
    with mx.name.NameManager():
        loss = SoftmaxCELoss()
    assert loss.prefix == "softmaxcrossentropyloss0_"
    assert list(loss.collect_params()) == []


@pytest.mark.parametrize("loss", ALL, ids=repr)
def test_with_symbols_it_composes_one_that_infers_a_loss_per_example(loss):
    pred, label = example(loss)
    graph = loss(mx.sym.var("pred"), mx.sym.var("label"))
    assert sorted(graph.list_arguments()) == ["label", "pred"]
    _, outputs, _ = graph.infer_shape(pred=pred.shape, label=label.shape)
    assert outputs == [(4,)]


def test_with_symbols_weights_are_further_arguments():
    names = ["pred", "label", "weight", "positive"]
    graph = SigmoidBCELoss()(*map(mx.sym.var, names))
    assert sorted(graph.list_arguments()) == sorted(names)


@pytest.mark.parametrize("loss", [SoftmaxCELoss(axis=1, weight=2.0), SigmoidBCELoss(True, batch_axis=1)])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda loss: pickle.loads(pickle.dumps(loss))])
def test_a_copy_computes_the_same(loss, copied):
    pred, label = example(loss)
    np.testing.assert_array_equal(copied(loss)(pred, label).asnumpy(), loss(pred, label).asnumpy())


def test_a_loss_inside_a_network_trains_it():
    class WithLoss(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.layer, self.loss = gluon.nn.Dense(3), SoftmaxCELoss()

        def hybrid_forward(self, F, x, label):
            return self.loss(self.layer(x), label)

    net = WithLoss()
    net.initialize()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
    x, label = nd.array(np.eye(3)), nd.array([2, 0, 1])
    means = []
    for _ in range(20):
        with autograd.record():
            value = net(x, label)
        value.backward()
        trainer.step(1)
        means.append(float(value.mean().asscalar()))
    assert means[-1] < means[0] / 3


# -- losses that programs write ---------------------------------------------------------------------------


def test_a_loss_of_ones_own_uses_the_helpers_by_their_names_in_mxnet():
    class Quartic(Loss):
        def hybrid_forward(self, F, pred, label, sample_weight=None):
            loss = (_reshape_like(F, label, pred) - pred) ** 4
            loss = _apply_weighting(F, loss, self._weight, sample_weight)
            return F.mean(loss, axis=self._batch_axis, exclude=True)

    loss = Quartic(2.0, 0)
    label = nd.array(ONE_HOT.reshape(-1))
    expected = (2 * PER_EXAMPLE * (ONE_HOT - PRED) ** 4).mean(1)
    for _ in range(2):
        np.testing.assert_allclose(loss(nd.array(PRED), label, nd.array(PER_EXAMPLE)).asnumpy(), expected)
        loss.hybridize()
