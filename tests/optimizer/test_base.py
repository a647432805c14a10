"""What holds for all optimizers: states, dtypes, and that flat memory changes nothing."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import InPlaceError
from gluonish.gluon import Parameter, Trainer
from gluonish.optimizer import SGD
from optimizer.helpers import (
    EVERY,
    FULL,
    GRADIENTS,
    LAYERWISE,
    ONE_BY_ONE,
    OPTIMIZERS,
    PLAIN,
    WEIGHT,
    elementwise_optimizer,
    every_optimizer,
    flat_optimizer,
    gradients_of,
    make,
    parameters,
    rows,
    run,
    step,
)

HALF = ["float16", "bfloat16"]

every_dtype = pytest.mark.parametrize(
    ("dtype", "masters"),
    [("float32", False), ("float64", False)]
    + [(dtype, masters) for dtype in HALF for masters in (True, False)],
    ids=str,
)


# -- flat memory --------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:accumulating in half precision")
@every_dtype
@every_optimizer
def test_a_trainer_gives_the_bits_of_updating_one_parameter_after_the_other(row, dtype, masters):
    params = parameters(dtype)
    params[1].lr_mult, params[2].wd_mult, params[0].wd_mult = 0.5, 3.0, 0.0
    common = {**FULL, "multi_precision": masters}
    single = make(row, param_dict=dict(enumerate(params)), **common)
    weights = [p.data().copy() for p in params]
    states = [single.create_state_multi_precision(i, w) for i, w in enumerate(weights)]
    trainer = Trainer(params, make(row, **common))
    for gradients in gradients_of(params, 3):
        step(params, trainer, gradients)
        for i, (w, g) in enumerate(zip(weights, gradients, strict=True)):
            single.update_multi_precision(i, w, mx.nd.array(g, dtype=dtype), states[i])
    for parameter, w in zip(params, weights, strict=True):
        np.testing.assert_array_equal(parameter.data().asnumpy(), w.asnumpy())


@pytest.mark.parametrize("name", EVERY)
def test_every_formula_that_is_stated_for_flat_arrays_runs_on_them(name):
    assert make(EVERY[name]).works_on_flat_arrays == (name not in ONE_BY_ONE)


@pytest.mark.parametrize(
    "method",
    [
        "update",
        "update_multi_precision",
        "create_state",
        "create_state_multi_precision",
        "_get_lr",
        "_get_lrs",
        "_get_wd",
        "_get_wds",
    ],
)
def test_what_a_program_overrides_is_not_passed_by(method):
    """Programs for MXNet override these; a step over flat arrays would not call them."""
    own = type("Own", (SGD,), {method: lambda self, *args: getattr(SGD, method)(self, *args)})
    assert not own().works_on_flat_arrays
    assert SGD().works_on_flat_arrays


@flat_optimizer
def test_values_between_parameters_stay_zero(row):
    """Norms over whole buffers count on it."""
    params = parameters()
    trainer = Trainer(params, make(row, **FULL))
    for gradients in gradients_of(params, 2):
        step(params, trainer, gradients)
    group = params[0].core.ready().group
    inside = np.zeros(group.size, bool)
    for parameter in params:
        start = group.offsets[parameter.core.ready().index]
        inside[start : start + parameter.data().size] = True
    values = group.data[mx.cpu(0)].flat
    assert values[inside].any()
    assert not values[~inside].any()


@every_optimizer
def test_numbers_and_arrays_of_rates_give_the_same_bits(row):
    """A multiplier that is 1 for all but one parameter turns the rates of all of them into arrays."""
    results = []
    for multiplier in (1.0, 7.0):
        mx.random.seed(3)
        params = parameters()
        params[3].lr_mult = multiplier
        trainer = Trainer(params, make(row, **FULL))
        for gradients in gradients_of(params, 4):
            step(params, trainer, gradients)
        results.append([p.data().asnumpy() for p in params[:3]])
    for first, second in zip(*results, strict=True):
        np.testing.assert_array_equal(first, second)


@every_optimizer
def test_gradients_are_left_alone(row):
    gradient = mx.nd.array(GRADIENTS[0])
    weight = mx.nd.array(WEIGHT)
    single = make(row, **FULL)
    single.update(0, weight, gradient, single.create_state(0, weight))
    assert gradient.asnumpy().tolist() == GRADIENTS[0]


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (1, 1)])
@every_optimizer
def test_weights_of_every_shape_are_updated(row, shape):
    weight, gradient = mx.nd.ones(shape), mx.nd.ones(shape)
    single = make(row, **FULL)
    single.update(0, weight, gradient, single.create_state(0, weight))
    assert weight.shape == shape
    assert (weight.asnumpy() < 1).all()


@elementwise_optimizer
def test_infinite_gradients_make_no_noise(row):
    result = run(make(row, learning_rate=0.1), gradients=[[np.inf, -np.inf, np.nan, 1e3]])
    assert np.isfinite(result[0, 3])


# -- half precision -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", HALF)
@every_optimizer
def test_with_masters_half_precision_is_the_cast_of_single_precision(row, dtype):
    single = run(make(row, **FULL))
    half = run(make(row, multi_precision=True, **FULL), dtype)
    np.testing.assert_array_equal(half, single.astype(half.dtype))


@pytest.mark.parametrize("dtype", HALF)
@every_optimizer
def test_without_masters_every_step_is_computed_in_single_precision(row, dtype):
    """The first step, from states of 0: epsilon and small squares do not vanish in the formula."""
    gradients = [[1e-3, 0.0, -2.0, 3e-4]]
    single = run(make(row, learning_rate=0.1), "float32", WEIGHT, gradients)
    if dtype == "bfloat16":
        gradients = np.array(gradients).astype(mx.nd.zeros(1, dtype=dtype).dtype)
        single = run(make(row, learning_rate=0.1), "float32", WEIGHT, gradients.astype("float32"))
    with pytest.warns(UserWarning, match="accumulating in half precision loses accuracy"):
        half = run(make(row, learning_rate=0.1), dtype, WEIGHT, gradients)
    np.testing.assert_allclose(half.astype("float64"), single, rtol=2e-2 if dtype == "bfloat16" else 2e-3)


def test_a_change_too_small_for_half_precision_counts_with_a_master():
    optimizer = SGD(learning_rate=1e-5, multi_precision=True)
    result = run(optimizer, "float16", [1.0], [[1.0]] * 100)
    assert result[-1] == np.float16(0.999)


# -- states -------------------------------------------------------------------------------------------------

PAIR, TRIPLE = ("float32",) * 2, ("float32",) * 3

STATES = {
    "sgd": None,
    "sgd-momentum": "float32",
    "nag": None,
    "nag-momentum": "float32",
    "signum": "float32",
    "signum-decay": "float32",
    "signsgd": None,
    "adam": PAIR,
    "adamw": PAIR,
    "adamw-biased": PAIR,
    "adamax": PAIR,
    "nadam": PAIR,
    "rmsprop": ("float32",),
    "rmsprop-centered": TRIPLE,
    "rmsprop-clipped": ("float32",),
    "adagrad": "float32",
    "adadelta": PAIR,
    "ftrl": PAIR,
    "ftml": TRIPLE,
    "lamb": PAIR,
    "lamb-bounds": PAIR,
    "lars": None,
    "lars-momentum": "float32",
    "dcasgd": (None, "float32"),
    "dcasgd-momentum": PAIR,
    "lbsgd": None,
    "lbsgd-momentum": "float32",
    "groupadagrad": "float32",
}
"""The states that MXNet's ``create_state`` returns, as dtypes. AdamW has Adam's."""

SINGLE = ("rmsprop", "adagrad", "adadelta", "ftrl", "groupadagrad")
"""How the names of optimizers begin whose states MXNet makes in float32 for float16 weights too."""

MASTER_LAST = ("sgd", "nag", "lars")
"""How the names of optimizers begin that keep (state, master), where others keep (master, state)."""


def layout(state):
    if state is None:
        return None
    return tuple(map(layout, state)) if isinstance(state, tuple) else np.dtype(state.dtype).name


def in_dtype(expected, dtype):
    """Return a layout with another dtype."""
    if isinstance(expected, tuple):
        return tuple(in_dtype(each, dtype) for each in expected)
    return None if expected is None else dtype


@pytest.mark.parametrize("dtype", ["float32", "float64", *HALF])
@pytest.mark.parametrize("name", EVERY)
def test_states_have_mxnets_layout(name, dtype):
    state = make(EVERY[name]).create_state(0, mx.nd.ones((2, 3), dtype=dtype))
    single = dtype in HALF and name.startswith(SINGLE)
    assert layout(state) == in_dtype(STATES[name], "float32" if single else dtype)


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("name", EVERY)
def test_states_with_a_master_have_mxnets_layout(name, dtype):
    single = make(EVERY[name], multi_precision=True)
    state = single.create_state_multi_precision(0, mx.nd.ones((2, 3), dtype=dtype))
    pair = (STATES[name], "float32")
    assert layout(state) == (pair if name.startswith(MASTER_LAST) else pair[::-1])


@pytest.mark.parametrize("name", EVERY)
def test_states_start_on_the_context_and_in_the_shape_of_the_weight(name):
    """At zero; but what the weight was before starts as the weight."""
    weight = mx.nd.ones((2, 3), ctx=mx.cpu(1))
    single = make(EVERY[name])
    slots = single.unpack_state(single.create_state(0, weight))
    for slot, array in slots.items():
        assert array.context is mx.cpu(1)
        assert array.shape == ((2, 1) if name == "groupadagrad" else (2, 3))
        assert (array.asnumpy() == (slot == "prev")).all()
        assert not np.shares_memory(array.asnumpy(), weight.asnumpy())


@every_optimizer
def test_a_state_is_packed_and_unpacked(row):
    single = make(row)
    slots = {name: object() for name in single.slot_names()}
    assert single.unpack_state(single.pack_state(slots)) == slots
    assert single.without_master(single.with_master("master", "state")) == ("master", "state")


def test_a_master_shares_no_memory_with_its_weight():
    weight = mx.nd.ones((2,), dtype="float16")
    _, master = SGD(multi_precision=True).create_state_multi_precision(0, weight)
    weight[:] = 5
    assert master.asnumpy().tolist() == [1, 1]


def test_a_weight_that_the_recorded_graph_needs_is_not_updated():
    weight = mx.nd.ones((2,))
    weight.attach_grad()
    with mx.autograd.record():
        (weight * 2).sum()
        with pytest.raises(InPlaceError, match="cannot be written while recording"):
            SGD(**PLAIN).update(0, weight, mx.nd.ones((2,)), None)
    assert weight.asnumpy().tolist() == [1, 1]


def test_an_update_counts_as_a_write():
    weight = mx.nd.ones((2,))
    weight.attach_grad()
    with mx.autograd.record():
        loss = (weight * weight).sum()
    SGD(**PLAIN).update(0, weight, mx.nd.ones((2,)), None)
    with pytest.raises(mx.errors.SavedArrayError):
        loss.backward()


# -- decay and clipping -------------------------------------------------------------------------------------


@rows([name for name in OPTIMIZERS if name not in (*LAYERWISE, "signum-decay", "dcasgd", "dcasgd-momentum")])
def test_without_decay_an_infinite_weight_does_not_spoil_the_gradient(row):
    """0 times infinity is no number: the term is left out. Some formulas need the weight for more."""
    result = run(make(row, learning_rate=0.1, wd=0.0), "float32", [np.inf, 1.0], [[1.0, 1.0]])
    assert result[0, 0] == (1.5 if row[1].get("clip_weights") else np.inf)


@pytest.mark.parametrize("bound", [0, 0.0, -1])
@every_optimizer
def test_a_bound_of_zero_or_less_is_no_bound(row, bound):
    np.testing.assert_array_equal(run(make(row, clip_gradient=bound, **PLAIN)), run(make(row, **PLAIN)))


@every_optimizer
def test_a_bound_beyond_every_gradient_changes_nothing(row):
    np.testing.assert_array_equal(run(make(row, clip_gradient=100.0, **PLAIN)), run(make(row, **PLAIN)))


# -- copies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("several", [list, tuple])
@every_optimizer
def test_several_parameters_in_one_call_are_updated_as_one_by_one(row, several):
    results = []
    for together in (True, False):
        single = make(row, **FULL)
        weights = [mx.nd.array(WEIGHT), mx.nd.array([[2.0, -0.5]])]
        states = [single.create_state_multi_precision(i, w) for i, w in enumerate(weights)]
        for gradient in GRADIENTS:
            grads = [mx.nd.array(gradient), mx.nd.array([gradient[:2]])]
            if together:
                single.update_multi_precision(several([0, 1]), weights, grads, states)
            else:
                for i in (0, 1):
                    single.update_multi_precision(i, weights[i], grads[i], states[i])
        assert single.num_update == 4
        results.append([weight.asnumpy() for weight in weights])
    for first, second in zip(*results, strict=True):
        np.testing.assert_array_equal(first, second)


@every_optimizer
def test_a_pickled_optimizer_goes_on_where_it_was(row):
    single = make(row, **FULL)
    weight = mx.nd.array(WEIGHT)
    state = single.create_state(0, weight)
    single.update(0, weight, mx.nd.array(GRADIENTS[0]), state)
    copy, twin, kept = pickle.loads(pickle.dumps((single, weight, state)))
    for each, w, s in ((single, weight, state), (copy, twin, kept)):
        each.update(0, w, mx.nd.array(GRADIENTS[1]), s)
    np.testing.assert_array_equal(twin.asnumpy(), weight.asnumpy())
    assert copy.num_update == 2


def test_a_pickled_optimizer_leaves_the_parameters_behind():
    sgd = SGD(param_dict={0: Parameter("w", lr_mult=3.0)})
    assert pickle.loads(pickle.dumps(sgd)).param_dict == {}
    assert sgd.param_dict


def test_repr_tells_the_rates():
    assert repr(SGD(learning_rate=0.5, wd=0.1)) == "SGD(learning_rate=0.5, wd=0.1)"
