"""Optimizers by name, and of the user's own."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ArgumentTypeError, UnknownNameError
from gluonish.gluon import Trainer
from gluonish.optimizer import Optimizer
from gluonish.optimizer.registry import OPTIMIZERS
from optimizer.helpers import gradients_of, parameters, step


@pytest.fixture
def own_registry():
    """What a test registers is forgotten with it."""
    before = dict(OPTIMIZERS.classes)
    yield
    OPTIMIZERS.classes.clear()
    OPTIMIZERS.classes.update(before)


# -- the registry -------------------------------------------------------------------------------------------


NAMES = [
    "adadelta",
    "adagrad",
    "adam",
    "adamax",
    "ccsgd",
    "dcasgd",
    "ftml",
    "ftrl",
    "groupadagrad",
    "lamb",
    "lars",
    "lbsgd",
    "nadam",
    "nag",
    "rmsprop",
    "sgd",
    "sgld",
    "signum",
    "test",
]
"""What MXNet registers."""


def test_everything_that_mxnet_registers_is_registered_as_a_public_class():
    assert {*NAMES, "adamw"} == set(Optimizer.opt_registry)
    for name, kind in Optimizer.opt_registry.items():
        for module in (mx.optimizer, mx.optimizer.optimizer):
            assert getattr(module, kind.__name__) is kind
        assert kind.__name__.lower() == name
    assert mx.optimizer.contrib.GroupAdaGrad is mx.optimizer.GroupAdaGrad


@pytest.mark.parametrize("name", [*NAMES, "adamw"])
def test_a_registered_name_makes_its_class_whatever_its_case(name):
    for spelled in (name, name.upper()):
        assert type(mx.optimizer.create(spelled, learning_rate=0.5)).__name__.lower() == name
    assert type(Optimizer.create_optimizer(name)).__name__.lower() == name


@pytest.mark.parametrize("name", ["sdg", "", 3, None])
def test_an_unknown_name_is_an_error_that_lists_the_known_ones(name):
    with pytest.raises(
        UnknownNameError, match=r"is not registered.\n  Expected one of adadelta, adagrad, adam"
    ):
        mx.optimizer.create(name)


def test_an_unknown_argument_is_a_type_error_that_names_the_one_that_was_meant():
    parameters = {"learnig_rate": 0.1}
    for make in (
        lambda: mx.optimizer.create("adam", **parameters),
        lambda: Trainer([], "adam", parameters),
    ):
        with pytest.raises(TypeError, match="Optimizer 'adam' takes no argument 'learnig_rate'") as caught:
            make()
        assert "Expected learning_rate, beta1, " in str(caught.value)
        assert "Did you mean 'learning_rate'?" in str(caught.value)


def test_the_registry_is_the_one_of_mx_registry(own_registry):
    register = mx.registry.get_register_func(Optimizer, "optimizer")
    own = register(type("Own", (mx.optimizer.SGD,), {}))
    assert type(mx.optimizer.create("own")) is own is mx.registry.get_registry(Optimizer)["own"]


@pytest.mark.parametrize("register", [mx.optimizer.register, Optimizer.register])
def test_registering_anything_but_a_class_is_an_error(register):
    with pytest.raises(
        ArgumentTypeError,
        match=r"registry of optimizer takes .*\n  Expected a subclass of Optimizer, received 3",
    ):
        register(3)


def test_an_optimizer_of_the_users_own_can_be_named_and_works_on_flat_arrays(own_registry):
    @mx.optimizer.register
    class SignDescent(Optimizer):
        """Steps by the sign of the running sum of gradients."""

        def slot_names(self):
            return {"total": "zeros"}

        def step(self, xp, weight, grad, slots, rates):
            slots["total"] += grad * self.rescale_grad
            weight -= xp.sign(slots["total"]) * rates["lr"]

    params = parameters()
    before = [p.data().asnumpy() for p in params]
    trainer = Trainer(params, "signdescent", {"learning_rate": 0.25})
    step(params, trainer, [np.full(p.shape, 2.0) for p in params])
    step(params, trainer, [np.full(p.shape, -1.0) for p in params])
    assert trainer.optimizer.works_on_flat_arrays
    for parameter, value in zip(params, before, strict=True):
        np.testing.assert_allclose(parameter.data().asnumpy(), value - 0.5, rtol=1e-6)


def test_registering_a_name_again_warns_and_replaces(own_registry):
    class Adam(Optimizer):
        pass

    with pytest.warns(UserWarning, match="optimizer 'adam' was .*adam.Adam.* and becomes"):
        mx.optimizer.register(Adam)
    assert type(mx.optimizer.create("adam")) is Adam


def test_an_optimizer_without_a_formula_says_what_is_missing():
    class Idle(Optimizer):
        pass

    params = parameters()
    trainer = Trainer(params, Idle())
    with pytest.raises(NotImplementedError, match=r"Idle states neither step\(\) nor update\(\)"):
        step(params, trainer, gradients_of(params, 1)[0])
