"""Updates parameter by parameter: what programs for MXNet override, states that follow, masters."""

from __future__ import annotations

import numpy as np
import pytest
from optimizer.helpers import gradients_of, parameters, step

import gluonish as mx
from gluonish.gluon import Trainer


class ByOperators(mx.optimizer.Optimizer):
    """SGD with momentum as programs for MXNet write it: with its update operator."""

    def create_state(self, index, weight):
        return mx.nd.zeros(weight.shape, weight.context, dtype=weight.dtype)

    def update(self, index, weight, grad, state):
        self._update_count(index)
        lr, wd = self._get_lr(index), self._get_wd(index)
        given = {"rescale_grad": self.rescale_grad}
        if self.clip_gradient:
            given["clip_gradient"] = self.clip_gradient
        mx.nd.sgd_mom_update(weight, grad, state, out=weight, lr=lr, wd=wd, momentum=0.9, **given)


@pytest.mark.parametrize("central", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_an_optimizer_written_with_operators_gives_the_bits_of_the_flat_one(dtype, central, two):
    results = []
    common = {"learning_rate": 0.1, "wd": 0.1, "clip_gradient": 1.0, "multi_precision": True}
    for optimizer in (ByOperators(**common), mx.optimizer.SGD(momentum=0.9, **common)):
        mx.random.seed(3)
        params = parameters(dtype, two)
        params[1].lr_mult, params[2].wd_mult = 0.5, 3.0
        trainer = Trainer(params, optimizer, update_on_kvstore=central)
        for gradients in gradients_of(params, 3):
            step(params, trainer, gradients, batch_size=2)
        results.append([array.asnumpy() for parameter in params for array in parameter.list_data()])
    for first, second in zip(*results, strict=True):
        np.testing.assert_array_equal(first, second)


class OwnMasters(mx.optimizer.SGD):
    """Keeps its masters in a form of its own, and takes one parameter at a time."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.aggregate_num = 0

    def create_state_multi_precision(self, index, weight):
        return weight.astype("float32"), "master", index

    def update_multi_precision(self, index, weight, grad, state):
        self._update_count(index)
        master, word, own = state
        assert (word, own) == ("master", index)
        master -= self._get_lr(index) * grad.astype("float32")
        weight[:] = master.astype(weight.dtype)


def test_masters_in_a_form_of_their_own_are_left_alone():
    params = parameters("float16", shapes=[(3,), (2,)])
    before = [parameter.data().asnumpy() for parameter in params]
    trainer = Trainer(params, OwnMasters(learning_rate=2.0**-14, multi_precision=True))
    for _ in range(64):
        step(params, trainer, [np.ones(3), np.ones(2)])
    for parameter, value in zip(params, before, strict=True):
        expected = value.astype("float32") - np.float32(64 * 2.0**-14)
        np.testing.assert_array_equal(parameter.data().asnumpy(), expected.astype("float16"))


@pytest.mark.parametrize("masters", [True, False])
def test_the_table_of_a_trainer_counts_states_and_masters(masters):
    params = parameters("float16", shapes=[(4, 2)])
    trainer = Trainer(params, ByOperators(multi_precision=masters))
    if masters:
        step(params, trainer, [np.ones((4, 2))])
    else:
        with pytest.warns(UserWarning, match="accumulating in half precision"):
            step(params, trainer, [np.ones((4, 2))])
    assert trainer._single.nbytes(params[0].core) == (8 * 4 * 2 if masters else 8 * 2)


class Untyped(mx.optimizer.Optimizer):
    """Keeps a float32 sum whatever the dtype of the weight, and nothing else."""

    def create_state(self, index, weight):
        return mx.nd.zeros(weight.shape, ctx=weight.context)

    def update(self, index, weight, grad, state):
        self._update_count(index)
        state += grad.astype("float32")
        weight[:] = weight - (self._get_lr(index) * state).astype(weight.dtype)


@pytest.mark.filterwarnings("ignore:accumulating in half precision")
def test_a_state_in_another_dtype_than_its_weight_keeps_it():
    params = parameters("float16", shapes=[(3,)])
    trainer = Trainer(params, Untyped(learning_rate=0.5))
    for _ in range(2):
        step(params, trainer, [np.ones(3)])
    state = trainer._single.state(params[0].core)
    assert (state.dtype, state.tolist()) == (np.float32, [2, 2, 2])


class Together(mx.optimizer.Optimizer):
    """Updates several parameters in one call, and asks for that, as MXNet's aggregating optimizers do."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.aggregate_num = 2
        self.calls = []

    def create_state(self, index, weight):
        return None

    def update_multi_precision(self, index, weight, grad, state):
        self.calls.append((index, type(weight), type(grad), state))
        for i, w, g in zip(index, weight, grad, strict=True):
            self._update_count(i)
            w[:] -= self._get_lr(i) * g


class CallsSuper(mx.optimizer.SGD):
    """Notes its calls, and leaves the rest to SGD."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.calls = []

    def update_multi_precision(self, index, weight, grad, state):
        self.calls.append(index)
        super().update_multi_precision(index, weight, grad, state)


def test_an_override_that_calls_the_method_it_overrides_is_entered_once():
    optimizer = CallsSuper(learning_rate=0.5)
    weights = [mx.nd.ones(2) for _ in range(3)]
    mx.optimizer.get_updater(optimizer)([0, 1, 2], [mx.nd.ones(2)] * 3, weights)
    assert optimizer.calls == [(0, 1, 2)]
    assert [weight.asnumpy().tolist() for weight in weights] == [[0.5, 0.5]] * 3


def test_an_optimizer_that_takes_several_parameters_is_handed_tuples_by_updaters_and_trainers():
    optimizer = Together(learning_rate=0.5)
    weights = [mx.nd.ones(2) for _ in range(3)]
    mx.optimizer.get_updater(optimizer)([0, 1, 2], [mx.nd.ones(2)] * 3, weights)
    assert optimizer.calls == [((0, 1), tuple, tuple, [None, None]), ((2,), tuple, tuple, [None])]
    assert [weight.asnumpy().tolist() for weight in weights] == [[0.5, 0.5]] * 3

    params = parameters(shapes=[(3,), (2,)])
    before = params[0].data().asnumpy()
    optimizer = Together(learning_rate=0.5)
    step(params, Trainer(params, optimizer), gradients_of(params, 1)[0])
    assert [call[0] for call in optimizer.calls] == [(0,), (1,)]
    np.testing.assert_allclose(params[0].data().asnumpy(), before - 0.5 * params[0].grad().asnumpy())
