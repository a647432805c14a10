"""Files of trainer states: settings, states of the user's own, and those that MXNet saved."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from optimizer.helpers import parameters, step

import gluonish as mx
from gluonish.engine.legacy import LEGACY
from gluonish.errors import ArgumentError, FileFormatError
from gluonish.gluon import Parameter, Trainer

FOLDER = Path(__file__).parent.parent / "data/mxnet/states"
"""Files that a Trainer of Apache MXNet 1.9.1 saved; tools/make_golden_states.py makes them."""

RUNS = json.loads((FOLDER / "runs.json").read_text())
GRADIENTS = RUNS.pop("gradients")


def saved(tmp_path, optimizer, steps=1):
    """Return the path of a file that a Trainer has saved after some steps."""
    params = parameters(shapes=[(2, 3)])
    trainer = Trainer(params, optimizer)
    for _ in range(steps):
        step(params, trainer, [np.ones((2, 3))])
    path = tmp_path / "trainer.states"
    trainer.save_states(path)
    return path


# -- settings -----------------------------------------------------------------------------------------------


def test_the_settings_of_the_optimizer_become_those_of_the_file(tmp_path):
    """A program that lowered the rate before it saved goes on with the lower rate, as in MXNet."""
    path = saved(tmp_path, mx.optimizer.SGD(learning_rate=0.25, momentum=0.5, wd=0.125, clip_gradient=2.0))
    trainer = Trainer(parameters(shapes=[(2, 3)]), "sgd", {"learning_rate": 0.1, "momentum": 0.9})
    trainer.load_states(path)
    optimizer = trainer.optimizer
    assert (optimizer.lr, optimizer.momentum, optimizer.wd, optimizer.clip_gradient) == (
        0.25,
        0.5,
        0.125,
        2.0,
    )
    assert trainer.learning_rate == 0.25


def test_what_a_step_sets_and_what_shapes_the_states_stays_as_it_is(tmp_path):
    path = saved(tmp_path, mx.optimizer.SGD(rescale_grad=4.0, multi_precision=True))
    trainer = Trainer(parameters(shapes=[(2, 3)]), "sgd", {"rescale_grad": 0.5})
    trainer.load_states(path)
    assert (trainer.optimizer.rescale_grad, trainer.optimizer.multi_precision) == (0.5, False)


def test_a_schedule_goes_on_where_it_was(tmp_path):
    def schedule():
        return mx.lr_scheduler.FactorScheduler(step=2, factor=0.5, base_lr=0.8)

    path = saved(tmp_path, mx.optimizer.SGD(lr_scheduler=schedule()), steps=5)
    trainer = Trainer(parameters(shapes=[(2, 3)]), "sgd", {"lr_scheduler": schedule()})
    trainer.load_states(path)
    assert trainer.learning_rate == 0.2
    assert (trainer.optimizer.lr_scheduler.count, trainer.optimizer.num_update) == (4, 5)


def test_a_function_is_a_schedule_that_a_file_leaves_alone(tmp_path):
    path = saved(tmp_path, mx.optimizer.SGD(lr_scheduler=lambda count: 1 / count), steps=4)
    trainer = Trainer(parameters(shapes=[(2, 3)]), "sgd", {"lr_scheduler": lambda count: 1 / count})
    trainer.load_states(path)
    assert trainer.learning_rate == 0.25


# -- states of the user's own -------------------------------------------------------------------------------


class Nested(mx.optimizer.Optimizer):
    """Keeps nested states: a sum, and a list of what it likes."""

    def create_state(self, index, weight):
        return mx.nd.zeros(weight.shape, ctx=weight.context), [None, 0.5, (mx.nd.ones((1,)), "name")]

    def update(self, index, weight, grad, state):
        self._update_count(index)
        total, (_, factor, (count, _)) = state
        total[:] = total * factor + grad
        count[:] = count + 1
        weight[:] = weight - total / count.asscalar()


def test_nested_states_are_saved_and_loaded(tmp_path):
    params = parameters(shapes=[(2,)])
    trainer = Trainer(params, Nested())
    for _ in range(2):
        step(params, trainer, [np.ones(2)])
    trainer.save_states(tmp_path / "nested.states")
    before = params[0].data().asnumpy()
    others = parameters(shapes=[(2,)], ctx=mx.cpu(3))
    others[0].set_data(before)
    fresh = Trainer(others, Nested())
    fresh.load_states(tmp_path / "nested.states")
    step(others, fresh, [np.ones(2)])
    np.testing.assert_allclose(others[0].data().asnumpy(), before - 1.75 / 4, rtol=1e-6)
    assert fresh.optimizer.update_count(0) == 3


class Secretive(mx.optimizer.Optimizer):
    """Keeps an object that only it knows."""

    def create_state(self, index, weight):
        return {"a": 1}

    def update(self, index, weight, grad, state):
        self._update_count(index)


def test_states_of_a_form_that_only_the_optimizer_knows_cannot_be_saved(tmp_path):
    with pytest.raises(ArgumentError, match=r"Secretive keeps states in a form that only it knows.*\n.*dict"):
        saved(tmp_path, Secretive())
    assert not (tmp_path / "trainer.states").exists()


# -- MXNet's files ------------------------------------------------------------------------------------------

ROUGHLY = ("nadam",)
"""The schedule of its momentum advances with every step here, and in MXNet with every parameter of a step."""

WITH_MOMENTUM = ("sgd", "lbsgd", "lars", "nag", "signum")


@pytest.mark.parametrize("name", RUNS)
def test_training_goes_on_from_a_file_that_mxnet_saved(name, two):
    """With other settings than the file's, which then count, and on other contexts."""
    run = RUNS[name]
    params = {}
    for each, values in run["before"].items():
        params[each] = Parameter(each, shape=np.shape(values), dtype=run["dtype"])
        params[each].initialize(ctx=two)
        params[each].set_data(mx.nd.array(values, dtype=run["dtype"]))
    arguments = {"multi_precision": run["dtype"] == "float16"}
    if run["kind"] in WITH_MOMENTUM and name not in ("plain", "factor", "poly"):
        arguments["momentum"] = 0.25
    if name == "rmsprop":
        arguments["centered"] = True
    trainer = Trainer(params, run["kind"], arguments)
    trainer.load_states(FOLDER / f"{name}.states", allow_pickle=True)
    halves = [np.array(GRADIENTS[each]) / 2 for each in sorted(params)]
    step([params[each] for each in sorted(params)], trainer, halves)
    tolerance = 1e-3 if run["dtype"] == "float16" or name in ROUGHLY else 5e-6
    for each, values in run["after"].items():
        for array in params[each].list_data():
            np.testing.assert_allclose(array.asnumpy(), values, rtol=tolerance, atol=tolerance)
    assert trainer.optimizer.num_update == 3


def test_a_pickle_is_read_only_if_it_may_be_one():
    trainer = Trainer(parameters(shapes=[(2, 3), (3,)]), "sgd", {"momentum": 0.9})
    for source in (FOLDER / "sgd.states", (FOLDER / "sgd.states").read_bytes()):
        with pytest.raises(
            FileFormatError, match=r"is a pickle, as MXNet saves states.\n.*\n.* set allow_pickle=True"
        ):
            trainer.load_states(source)
    assert trainer.optimizer.num_update == 0


def test_a_program_for_mxnet_reads_them(monkeypatch):
    monkeypatch.setattr(LEGACY, "active", True)
    trainer = Trainer(parameters(shapes=[(2, 3), (3,)]), "sgd", {"momentum": 0.9})
    trainer.load_states(FOLDER / "sgd.states")
    assert trainer.optimizer.num_update == 2


@pytest.mark.parametrize("kind", ["sgd", "lbsgd"])
def test_mxnets_states_of_another_optimizer_are_refused(kind):
    trainer = Trainer(parameters(shapes=[(2, 3), (3,)]), kind)
    with pytest.raises(FileFormatError, match=r"states of another optimizer.*\n.*received Adam"):
        trainer.load_states(FOLDER / "adam.states", allow_pickle=True)


def test_mxnets_states_of_other_parameters_are_refused_and_change_nothing():
    trainer = Trainer(parameters(shapes=[(2, 3), (7,)]), "sgd", {"momentum": 0.9, "learning_rate": 0.5})
    with pytest.raises(
        FileFormatError, match=r"no state for parameter 'p1', number 1.*\n.*\(7,\), received \(3,\)"
    ):
        trainer.load_states(FOLDER / "sgd.states", allow_pickle=True)
    assert (trainer.learning_rate, trainer.optimizer.num_update) == (0.5, 0)


def test_mxnets_states_of_other_slots_are_refused():
    trainer = Trainer(parameters(shapes=[(2, 3), (3,)]), "sgd")
    with pytest.raises(
        FileFormatError, match=r"other states for parameter 'p0'.*\n.*Expected none, received mom"
    ):
        trainer.load_states(FOLDER / "sgd.states", allow_pickle=True)


def test_a_damaged_file_of_mxnet_is_refused(tmp_path):
    shutil.copy(FOLDER / "sgd.states", tmp_path / "cut.states")
    content = (tmp_path / "cut.states").read_bytes()
    (tmp_path / "cut.states").write_bytes(content[:-10])
    trainer = Trainer(parameters(shapes=[(2, 3), (3,)]), "sgd", {"momentum": 0.9})
    with pytest.raises(FileFormatError, match="The pickled states cannot be read"):
        trainer.load_states(tmp_path / "cut.states", allow_pickle=True)
