"""The states of a parameter: which moves there are, and that there are no others."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import (
    ArgumentError,
    DeferredInitializationError,
    GradientError,
    NotInitializedError,
)
from gluonish.gluon import Parameter
from gluonish.parameter import lifecycle
from gluonish.parameter.states import Deferred, Ready, Uninitialized

RAW, RAW_UNKNOWN, DEFERRED, READY = "raw", "raw, shape unknown", "deferred", "ready"


def parameter_in(state):
    """Return a new parameter in a state."""
    if state == RAW:
        return Parameter("w", shape=(2, 3))
    parameter = Parameter("w", shape=(2, 3) if state == READY else (2, 0), allow_deferred_init=True)
    if state != RAW_UNKNOWN:
        parameter.initialize(mx.init.Constant(2))
    return parameter


def learn_and_finish(parameter):
    parameter.shape = (2, 3)
    lifecycle.finish([parameter.core])


ACTIONS = {
    "initialize": lambda p: p.initialize(),
    "initialize again": lambda p: p.initialize(force_reinit=True),
    "finish": learn_and_finish,
    "learn the shape": lambda p: setattr(p, "shape", (2, 3)),
    "set_data": lambda p: p.set_data(np.ones((2, 3))),
    "load": lambda p: lifecycle.load([(p.core, mx.nd.ones((2, 3)))], None),
    "reset_ctx": lambda p: p.reset_ctx(mx.cpu(1)),
    "cast": lambda p: p.cast("float16"),
    "grad_req": lambda p: setattr(p, "grad_req", "null"),
    "zero_grad": lambda p: p.zero_grad(),
    "data": lambda p: p.data(),
    "grad": lambda p: p.grad(),
    "list_data": lambda p: p.list_data(),
    "list_ctx": lambda p: p.list_ctx(),
}

MOVES = {
    RAW: {
        "initialize": Ready,
        "initialize again": Ready,
        "finish": Uninitialized,
        "learn the shape": Uninitialized,
        "set_data": NotInitializedError,
        "load": Ready,
        "reset_ctx": NotInitializedError,
        "cast": Uninitialized,
        "grad_req": Uninitialized,
        "zero_grad": Uninitialized,
        "data": NotInitializedError,
        "grad": NotInitializedError,
        "list_data": NotInitializedError,
        "list_ctx": NotInitializedError,
    },
    DEFERRED: {
        "initialize": Deferred,
        "initialize again": Deferred,
        "finish": Ready,
        "learn the shape": Deferred,
        "set_data": Deferred,
        "load": Ready,
        "reset_ctx": Deferred,
        "cast": Deferred,
        "grad_req": Deferred,
        "zero_grad": Deferred,
        "data": DeferredInitializationError,
        "grad": DeferredInitializationError,
        "list_data": DeferredInitializationError,
        "list_ctx": Deferred,
    },
    READY: dict.fromkeys(ACTIONS, Ready),
}
MOVES[RAW_UNKNOWN] = {**MOVES[RAW], "initialize": Deferred, "initialize again": Deferred}
"""What every action makes of every state: the state after it, or the error that leaves the state alone."""


@pytest.mark.filterwarnings("ignore:Parameter 'w' is already initialized")
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", MOVES)
def test_every_action_makes_its_move_and_no_other(state, action):
    parameter = parameter_in(state)
    before = parameter.core.state
    outcome = MOVES[state][action]
    if issubclass(outcome, Exception):
        with pytest.raises(outcome, match=r"Parameter 'w' (has not been initialized|is needed here)"):
            ACTIONS[action](parameter)
        assert parameter.core.state is before
    else:
        ACTIONS[action](parameter)
        assert type(parameter.core.state) is outcome


@pytest.mark.parametrize("action", ["finish", "data", "list_data", "grad"])
def test_what_completes_or_reads_a_pending_parameter_of_unknown_shape_leaves_it_pending(action):
    parameter = parameter_in(DEFERRED)
    before = parameter.core.state
    with pytest.raises(DeferredInitializationError, match=r"w \(2, \?\), belongs to no layer"):
        lifecycle.finish([parameter.core]) if action == "finish" else ACTIONS[action](parameter)
    assert parameter.core.state is before


def test_a_parameter_that_may_not_wait_cannot_start_without_its_shape():
    parameter = Parameter("w", shape=(2, 0))
    with pytest.raises(
        ArgumentError, match=r"does not allow deferred initialization.\n  Received shape \(2, \?"
    ):
        parameter.initialize()
    assert type(parameter.core.state) is Uninitialized


@pytest.mark.parametrize("state", [RAW, DEFERRED, READY])
def test_states_are_values_that_nobody_can_change(state):
    held = parameter_in(state).core.state
    for name in ("contexts", "data", "key", "anything"):
        with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
            setattr(held, name, ())


def test_a_pending_parameter_that_is_initialized_again_forgets_what_was_asked_before():
    parameter = parameter_in(DEFERRED)
    parameter.set_data(np.full((2, 3), 7))
    parameter.initialize(mx.init.Constant(5), ctx=mx.cpu(2))
    assert parameter.list_ctx() == [mx.cpu(2)]
    assert (parameter.data().asnumpy() == 5).all()


def test_reset_ctx_of_a_pending_parameter_keeps_its_initializer():
    parameter = parameter_in(DEFERRED)
    parameter.reset_ctx([mx.cpu(2), mx.cpu(1)])
    learn_and_finish(parameter)
    assert parameter.list_ctx() == [mx.cpu(2), mx.cpu(1)]
    assert (parameter.data(mx.cpu(1)).asnumpy() == 2).all()


def test_set_data_of_a_pending_parameter_takes_the_initializers_place():
    parameter = parameter_in(DEFERRED)
    parameter.set_data(np.arange(6).reshape(2, 3))
    assert parameter.shape == (2, 3)
    lifecycle.finish([parameter.core])
    assert parameter.data().asnumpy().tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_change_of_grad_req_while_pending_counts_when_it_is_ready():
    parameter = parameter_in(DEFERRED)
    parameter.grad_req = "null"
    learn_and_finish(parameter)
    with pytest.raises(GradientError, match="its grad_req is 'null'"):
        parameter.grad()


def test_loading_makes_a_pending_parameter_ready_on_its_contexts():
    parameter = parameter_in(DEFERRED)
    parameter.reset_ctx([mx.cpu(1), mx.cpu(2)])
    lifecycle.load([(parameter.core, np.ones((2, 3), "float32"))], None)
    assert parameter.list_ctx() == [mx.cpu(1), mx.cpu(2)]
    assert parameter.shape == (2, 3)


def test_loading_puts_an_uninitialized_parameter_on_cpu_0_whatever_the_current_context():
    parameter = parameter_in(RAW)
    with mx.cpu(2):
        lifecycle.load([(parameter.core, np.ones((2, 3), "float32"))], None)
    assert parameter.list_ctx() == [mx.cpu(0)]
