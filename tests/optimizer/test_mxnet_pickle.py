"""States in MXNet's form. tools/check_in_mxnet.py shows that MXNet goes on from them."""

from __future__ import annotations

import io

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ArgumentError
from gluonish.gluon import Trainer
from gluonish.optimizer.mxnet_pickle import write_states
from gluonish.serialization.pickles import read_pickle
from optimizer.helpers import parameters, step

NAMES = ("sgd", "adam", "rmsprop", "ftml", "nadam", "lamb", "dcasgd", "lbsgd", "adagrad")
GRADIENTS = [np.array([[2.0, -3.0, 0.25]]), np.array([1.0])]
SHAPES = [(1, 3), (1,)]


def saved(trainer):
    stream = io.BytesIO()
    trainer.save_states(stream, format="mxnet")
    return stream.getvalue()


def tree_of(content):
    return read_pickle(content, "The states", lambda module, name: True, "states")


@pytest.mark.parametrize("name", NAMES)
def test_training_goes_on_from_states_in_mxnets_form(name, two):
    params = parameters(shapes=SHAPES)
    trainer = Trainer(params, name)
    for _ in range(2):
        step(params, trainer, GRADIENTS)
    content, values = saved(trainer), [p.data().asnumpy() for p in params]
    step(params, trainer, GRADIENTS)
    others = parameters(shapes=SHAPES, ctx=two)
    for parameter, value in zip(others, values, strict=True):
        parameter.set_data(value)
    fresh = Trainer(others, name)
    fresh.load_states(content, allow_pickle=True)
    step(others, fresh, [gradient / 2 for gradient in GRADIENTS])
    for parameter, other in zip(params, others, strict=True):
        np.testing.assert_allclose(other.list_data()[1].asnumpy(), parameter.data().asnumpy(), rtol=1e-6)


def test_it_has_the_names_of_mxnets_classes_and_a_record_for_each_array():
    params = parameters(shapes=SHAPES)
    trainer = Trainer(params, "sgd", {"momentum": 0.5, "lr_scheduler": mx.lr_scheduler.PolyScheduler(5)})
    step(params, trainer, GRADIENTS)
    states, optimizer = tree_of(saved(trainer))
    assert (states[0].module, states[0].name, states[0].args) == ("mxnet.ndarray.ndarray", "NDArray", (None,))
    assert states[0].state["handle"].args[0].startswith(b"\xc9\xfa\x93\xf9")
    assert (optimizer.module, optimizer.name) == ("mxnet.optimizer.optimizer", "SGD")
    assert optimizer.state["_all_index_update_counts"] == {0: {0: 1, 1: 1}}
    assert "param_dict" not in optimizer.state
    scheduler = optimizer.state["lr_scheduler"]
    assert (scheduler.module, scheduler.name) == ("mxnet.lr_scheduler", "PolyScheduler")
    assert scheduler.state["max_steps"] == 5
    assert not any(name.startswith("_") for name in scheduler.state)


class Mine(mx.optimizer.SGD):
    """An optimizer of the user's own."""


def test_what_mxnet_does_not_have_cannot_be_written():
    with pytest.raises(ArgumentError, match=r"Mine is not known to MXNet.\n  Save the states as safetensors"):
        saved(Trainer(parameters(shapes=SHAPES), Mine()))
    with pytest.raises(ArgumentError, match=r"A file of MXNet cannot hold this.\n.*received <object"):
        write_states({0: object()}, {}, mx.optimizer.SGD())


def test_an_unknown_format_is_an_error(tmp_path):
    with pytest.raises(
        ArgumentError, match=r"format is unknown.\n  Expected None or 'mxnet', received 'torch'"
    ):
        Trainer(parameters(shapes=SHAPES), "sgd").save_states(tmp_path / "a.states", format="torch")
