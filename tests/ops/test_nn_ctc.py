"""CTCLoss: MXNet's numbers, long sequences, and impossible arguments."""

from __future__ import annotations

import numpy as np
import pytest
from gluon.nn.golden import ramp

import gluonish as mx
from gluonish import autograd, nd, sym
from gluonish.errors import ArgumentError, DTypeError, IndexOutOfRangeError, ShapeMismatchError

LABELS = nd.array([[1, 2, 0], [3, 3, 0], [2, 1, 3]])
FIVE_STEPS = ramp(5, 3, 4, scale=0.3)
LENGTHS = nd.array([5, 4, 3])


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, (4.180050, 6.903780, 4.896000)),
        ({"data_lengths": LENGTHS, "use_data_lengths": True}, (4.180050, 5.381290, 5.376840)),
        (
            {"label_lengths": nd.array([2, 1, 0]), "use_label_lengths": True},
            (4.180050, 6.723780, 9.737950),
        ),
        (
            {
                "data_lengths": LENGTHS,
                "label_lengths": nd.array([2, 2, 3]),
                "use_data_lengths": True,
                "use_label_lengths": True,
            },
            (4.180050, 5.381290, 5.376840),
        ),
    ],
)
def test_losses_are_those_of_mxnet(arguments, expected):
    for name in ("CTCLoss", "ctc_loss"):
        found = getattr(nd, name)(FIVE_STEPS, LABELS, **arguments)
        np.testing.assert_allclose(found.asnumpy(), expected, rtol=1e-5)


def test_with_the_blank_last_losses_are_those_of_mxnet():
    labels = nd.array([[0, 1, -1], [2, 2, -1], [1, 0, 2]])
    found = nd.contrib.CTCLoss(FIVE_STEPS, labels, blank_label="last")
    np.testing.assert_allclose(found.asnumpy(), (4.448920, 4.514070, 2.225230), rtol=1e-5)
    labels = nd.array([[-1, -1, -1], [2, 2, -1], [-1, -1, -1]])
    found = nd.contrib.ctc_loss(FIVE_STEPS, labels, blank_label="last")
    np.testing.assert_allclose(found.asnumpy(), (7.937948, 4.514072, 7.937948), rtol=1e-5)


def test_labels_behind_the_first_padding_do_not_count():
    found = nd.CTCLoss(FIVE_STEPS, nd.array([[1, 0, 2]] * 3))
    np.testing.assert_allclose(found.asnumpy(), (5.742180, 5.240273, 6.181948), rtol=1e-5)


def test_labels_that_do_not_fit_into_the_steps_have_no_loss_and_no_gradient_as_in_mxnet():
    x = FIVE_STEPS.copy()
    x.attach_grad()
    labels = nd.array([[1, 1, 1], [3, 3, 0], [2, 1, 3]])
    with autograd.record():
        losses = nd.CTCLoss(x, labels, nd.array([3, 4, 3]), use_data_lengths=True)
    losses.backward()
    np.testing.assert_allclose(losses.asnumpy(), (0, 5.381290, 5.376840), rtol=1e-5)
    assert (x.grad[:, 0].asnumpy() == 0).all()
    assert (x.grad[:3, 1].asnumpy() != 0).all()


def test_gradients_are_those_of_mxnet():
    x = FIVE_STEPS.copy()
    x.attach_grad()
    with autograd.record():
        losses = nd.CTCLoss(x, LABELS, LENGTHS, use_data_lengths=True)
    losses.backward(nd.array([1, 2, 0.5]))
    first = [[-0.12232, -0.58863, 0.07756, 0.63339], [-0.00198, 0.13382, 1.09276, -1.2246]]
    np.testing.assert_allclose(x.grad[0, :2].asnumpy(), first, atol=1e-5)
    np.testing.assert_allclose(x.grad[2, 2].asnumpy(), [0.11107, 0.03345, 0.27319, -0.41772], atol=1e-5)
    assert (x.grad[3:, 2].asnumpy() == 0).all()


@pytest.mark.parametrize("scale", [1, 30])
def test_long_sequences_neither_underflow_nor_overflow(scale):
    """Each probability of the whole is far below the smallest number of the dtype."""
    scores = mx.random.normal(0, scale, shape=(400, 2, 30))
    labels = mx.random.randint(1, 30, shape=(2, 60))
    found = {}
    for dtype in ("float32", "float64"):
        x = scores.astype(dtype)
        x.attach_grad()
        with autograd.record():
            losses = nd.CTCLoss(x, labels)
        losses.backward()
        found[dtype] = losses.asnumpy(), x.grad.asnumpy()
    assert (found["float64"][0] > 500).all()
    np.testing.assert_allclose(found["float32"][0], found["float64"][0], rtol=1e-4)
    np.testing.assert_allclose(found["float32"][1], found["float64"][1], atol=2e-2)
    np.testing.assert_allclose(found["float64"][1].sum(axis=2), 0, atol=1e-9)


def test_lengths_that_are_used_are_the_inputs_of_a_symbol():
    plain = sym.CTCLoss(sym.var("x"), name="ctc")
    assert plain.list_arguments() == ["x", "ctc_label"]
    assert plain.list_outputs() == ["ctc_output0"]
    both = sym.CTCLoss(sym.var("x"), use_data_lengths=True, use_label_lengths=True, name="ctc")
    assert both.list_arguments() == ["x", "ctc_label", "ctc_data_lengths", "ctc_label_lengths"]


def test_lengths_of_labels_alone_are_inferred_and_computed():
    loss = sym.CTCLoss(sym.var("x"), sym.var("y"), use_label_lengths=True, name="ctc")
    assert loss.list_arguments() == ["x", "y", "ctc_label_lengths"]
    shapes = loss.infer_shape(x=(5, 3, 4), y=(3, 2))
    assert shapes == ([(5, 3, 4), (3, 2), (3,)], [(3,)], [])


@pytest.mark.parametrize("label", [4, 9])
def test_a_label_that_is_no_class_is_an_error(label):
    with pytest.raises(
        IndexOutOfRangeError, match=rf"labels of CTCLoss got an index .*\n.*0 to 3, received {label}"
    ):
        nd.CTCLoss(FIVE_STEPS, nd.array([[label, 2, 0]] * 3))


def test_lengths_beyond_the_end_are_errors():
    with pytest.raises(IndexOutOfRangeError, match=r"data lengths of CTCLoss.*\n.*0 to 5, received 6"):
        nd.CTCLoss(FIVE_STEPS, LABELS, nd.array([6, 5, 5]), use_data_lengths=True)
    with pytest.raises(IndexOutOfRangeError, match=r"label lengths of CTCLoss.*\n.*0 to 3, received -1"):
        nd.CTCLoss(FIVE_STEPS, LABELS, label_lengths=nd.array([1, -1, 1]), use_label_lengths=True)


def test_lengths_that_are_not_announced_are_an_error():
    with pytest.raises(ShapeMismatchError, match="would ignore its input 'data_lengths'"):
        nd.CTCLoss(FIVE_STEPS, LABELS, LENGTHS)
    with pytest.raises(ShapeMismatchError, match="needs its input 'label_lengths'"):
        nd.CTCLoss(FIVE_STEPS, LABELS, use_label_lengths=True)


@pytest.mark.parametrize(
    ("x", "labels", "message"),
    [
        (nd.ones((5, 3)), LABELS, r"needs data of other axes.*\n.*steps, batch, classes"),
        (FIVE_STEPS, nd.ones((3,)), r"needs label of other axes.*\n.*batch, labels"),
        (FIVE_STEPS, LABELS[:2], r"'label' .*\n.*"),
    ],
)
def test_shapes_that_do_not_fit_are_errors(x, labels, message):
    with pytest.raises(ShapeMismatchError, match=message):
        nd.CTCLoss(x, labels)


def test_scores_are_real_numbers_and_the_blank_is_first_or_last():
    with pytest.raises(DTypeError, match=r"'CTCLoss' computes with real numbers only"):
        nd.CTCLoss(nd.ones((5, 3, 4), dtype="int32"), LABELS)
    with pytest.raises(ArgumentError, match=r"'blank_label'.*\n.*'first', 'last', received 'middle'"):
        nd.CTCLoss(FIVE_STEPS, LABELS, blank_label="middle")
