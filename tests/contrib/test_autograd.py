"""The old interface of gradients. What MXNet 1.9.1 gives for the functions here is stated as numbers."""

from __future__ import annotations

import threading

import pytest

import gluonish as mx
from gluonish.contrib import autograd
from gluonish.errors import ArgumentTypeError, IndexOutOfRangeError


def product_and_sum(x, y):
    return x * y, x + y


@pytest.fixture
def pair():
    return mx.nd.array([1.0, 2.0]), mx.nd.array([3.0, 4.0])


@pytest.mark.parametrize(
    ("argnum", "expected"),
    [(None, [[4, 5], [2, 3]]), (1, [[2, 3]]), ([0], [[4, 5]]), ((1, 0), [[2, 3], [4, 5]])],
)
def test_gradients_of_all_outputs_are_added_for_the_chosen_arguments(pair, argnum, expected):
    gradients, outputs = autograd.grad_and_loss(product_and_sum, argnum)(*pair)
    assert [each.asnumpy().tolist() for each in gradients] == expected
    assert [each.asnumpy().tolist() for each in outputs] == [[3, 8], [4, 6]]
    alone = autograd.grad(product_and_sum, argnum)(*pair)
    assert [each.asnumpy().tolist() for each in alone] == expected


def test_the_functions_keep_their_names(pair):
    for each in (autograd.grad(product_and_sum), autograd.grad_and_loss(product_and_sum)):
        assert each.__name__ == "product_and_sum"


def test_an_argument_that_is_no_array_is_an_error(pair):
    with pytest.raises(
        ArgumentTypeError, match=r"Argument 0 is nothing to differentiate by.\n.*received int"
    ):
        autograd.grad(product_and_sum)(3, pair[1])
    autograd.grad(lambda x, factor: x * factor, 0)(pair[0], 3)
    with pytest.raises(
        IndexOutOfRangeError, match=r"Argument 2 is not given.\n  Expected one of 2 arguments"
    ):
        autograd.grad(product_and_sum, 2)(*pair)


def flags():
    return mx.autograd.is_recording(), mx.autograd.is_training()


def test_sections_set_recording_and_training_together():
    seen = [flags()]
    with autograd.train_section():
        seen.append(flags())
        with autograd.test_section():
            seen.append(flags())
        seen.append(flags())
    assert [*seen, flags()] == [(False, False), (True, True), (False, False), (True, True), (False, False)]


def test_the_flag_can_be_set_for_this_thread_and_what_it_was_is_returned():
    elsewhere = []
    try:
        assert autograd.set_is_training(True) is False
        thread = threading.Thread(target=lambda: elsewhere.append(flags()))
        thread.start()
        thread.join()
        assert (flags(), elsewhere) == ((True, True), [(False, False)])
    finally:
        assert autograd.set_is_training(False) is True
    assert flags() == (False, False)


def test_gradients_of_outputs_can_be_given(pair):
    x, gradient = pair[0], mx.nd.zeros(2)
    autograd.mark_variables([x], [gradient])
    with autograd.train_section():
        y = x * x
    autograd.backward([y], [mx.nd.array([1.0, 10.0])], retain_graph=True)
    assert gradient.asnumpy().tolist() == [2, 40]
    autograd.compute_gradient([y])
    assert gradient.asnumpy().tolist() == [2, 4]


def test_the_old_names_of_namespaces_are_the_new_ones():
    assert mx.contrib.nd is mx.contrib.ndarray is mx.nd.contrib
    assert mx.contrib.sym is mx.contrib.symbol is mx.sym.contrib
