"""What holds for all optimizers: rates, states, dtypes, and that flat memory changes nothing."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ArgumentTypeError, InPlaceError, LearningRateError, UnknownNameError
from gluonish.gluon import Parameter, Trainer
from gluonish.lr_scheduler import FactorScheduler
from gluonish.optimizer import SGD, Optimizer, optimizer
from gluonish.parameter.step import set_fresh
from optimizer.helpers import FULL, GRADIENTS, OPTIMIZERS, PLAIN, WEIGHT, every_optimizer, make, run

SHAPES = [(3, 4), (5,), (2, 2), ()]
HALF = ["float16", "bfloat16"]

every_dtype = pytest.mark.parametrize(
    ("dtype", "masters"),
    [("float32", False), ("float64", False)]
    + [(dtype, masters) for dtype in HALF for masters in (True, False)],
    ids=str,
)


@pytest.fixture
def own_registry(monkeypatch):
    """What a test registers is forgotten with it."""
    monkeypatch.setattr(optimizer, "_REGISTRY", dict(optimizer._REGISTRY))


def parameters(dtype="float32", ctx=None):
    params = [Parameter(f"p{i}", shape=shape, dtype=dtype) for i, shape in enumerate(SHAPES)]
    for parameter in params:
        parameter.initialize(mx.init.Normal(1.0), ctx=ctx)
    return params


def gradients_of(params, steps, seed=1):
    """Return gradients for some steps, representable in every dtype, a list per step."""
    random = np.random.default_rng(seed)
    return [[random.integers(-8, 9, p.shape) / 4 for p in params] for _ in range(steps)]


def step_flat(params, trainer, gradients, batch_size=1):
    for parameter, gradient in zip(params, gradients, strict=True):
        for buffer in parameter.list_grad():
            buffer[...] = gradient
            set_fresh(buffer, fresh=True)
    trainer.step(batch_size)


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
        step_flat(params, trainer, gradients)
        for i, (w, g) in enumerate(zip(weights, gradients, strict=True)):
            single.update_multi_precision(i, w, mx.nd.array(g, dtype=dtype), states[i])
    for parameter, w in zip(params, weights, strict=True):
        np.testing.assert_array_equal(parameter.data().asnumpy(), w.asnumpy())


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
            step_flat(params, trainer, gradients)
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


@every_optimizer
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


MASTERS = {
    "sgd": [0.80615234375, -1.849609375, 0.3330078125, 2.95703125],
    "sgd-momentum": [0.59765625, -1.46484375, 0.07147216796875, 2.845703125],
    "nag-momentum": [0.457763671875, -1.388671875, -0.04052734375, 2.826171875],
    "adam": [0.771484375, -1.7314453125, 0.176025390625, 2.783203125],
    "rmsprop": [0.53955078125, -1.6513671875, -0.2498779296875, 2.626953125],
    "rmsprop-centered": [-0.09991455078125, -0.62841796875, -1.8466796875, 1.623046875],
    "adagrad": [0.83544921875, -1.8359375, 0.342529296875, 2.8125],
}
"""MXNet's float16 weights after the four updates with all options and multi_precision."""


@pytest.mark.parametrize("name", MASTERS)
def test_half_precision_with_masters_has_mxnets_numbers(name):
    result = run(make(OPTIMIZERS[name], multi_precision=True, **FULL), "float16")[-1]
    spacing = np.spacing(np.abs(np.float16(MASTERS[name]))).astype("float64")
    assert (np.abs(result.astype("float64") - MASTERS[name]) <= spacing).all()


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

STATES = {
    "sgd": None,
    "sgd-momentum": "float32",
    "nag": None,
    "nag-momentum": "float32",
    "adam": ("float32", "float32"),
    "adamw": ("float32", "float32"),
    "adamw-biased": ("float32", "float32"),
    "rmsprop": ("float32",),
    "rmsprop-centered": ("float32", "float32", "float32"),
    "rmsprop-clipped": ("float32",),
    "adagrad": "float32",
}
"""The states that MXNet's ``create_state`` returns, as dtypes. AdamW has Adam's."""


def layout(state):
    if state is None:
        return None
    return tuple(map(layout, state)) if isinstance(state, tuple) else np.dtype(state.dtype).name


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_states_have_mxnets_layout(name):
    state = make(OPTIMIZERS[name]).create_state(0, mx.nd.ones((2, 3)))
    assert layout(state) == STATES[name]


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_states_with_a_master_have_mxnets_layout(name, dtype):
    """SGD and NAG keep (momentum, master), all others (master, state)."""
    single = make(OPTIMIZERS[name], multi_precision=True)
    state = single.create_state_multi_precision(0, mx.nd.ones((2,), dtype=dtype))
    inner_first = name.startswith(("sgd", "nag"))
    assert layout(state) == ((STATES[name], "float32") if inner_first else ("float32", STATES[name]))


@every_optimizer
def test_states_start_at_zero_on_the_context_and_in_the_shape_of_the_weight(row):
    state = make(row).create_state(0, mx.nd.ones((2, 3), ctx=mx.cpu(1)))
    arrays = [] if state is None else state if isinstance(state, tuple) else [state]
    for array in arrays:
        assert (array.shape, array.context) == ((2, 3), mx.cpu(1))
        assert not array.asnumpy().any()


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


@every_optimizer
def test_without_decay_an_infinite_weight_does_not_spoil_the_gradient(row):
    """0 times infinity is no number: the term is left out."""
    result = run(make(row, learning_rate=0.1, wd=0.0), "float32", [np.inf, 1.0], [[1.0, 1.0]])
    assert result[0, 0] == (1.5 if row[1].get("clip_weights") else np.inf)


@pytest.mark.parametrize("bound", [0, 0.0, -1])
@every_optimizer
def test_a_bound_of_zero_or_less_is_no_bound(row, bound):
    np.testing.assert_array_equal(run(make(row, clip_gradient=bound, **PLAIN)), run(make(row, **PLAIN)))


@every_optimizer
def test_a_bound_beyond_every_gradient_changes_nothing(row):
    np.testing.assert_array_equal(run(make(row, clip_gradient=100.0, **PLAIN)), run(make(row, **PLAIN)))


# -- multipliers and counts ---------------------------------------------------------------------------------

MULTIPLIED = {
    "sgd-momentum": [0.7543190717697144, -1.6432102918624878, 0.26346316933631897, 2.789525270462036],
    "nag-momentum": [0.670447587966919, -1.577594518661499, 0.20049265027046204, 2.737417459487915],
    "adam": [0.8721877336502075, -1.847226619720459, 0.3331175744533539, 2.845951795578003],
    "rmsprop": [0.7396553754806519, -1.7775284051895142, 0.11465447396039963, 2.720715045928955],
    "adagrad": [0.8979294896125793, -1.878666639328003, 0.41139882802963257, 2.847365617752075],
}
"""MXNet's weights after the four updates with all options, lr_mult 0.5 and wd_mult 2."""


@pytest.mark.parametrize("name", MULTIPLIED)
def test_multipliers_have_mxnets_effect(name):
    single = make(OPTIMIZERS[name], **FULL)
    single.set_lr_mult({0: 0.5})
    single.set_wd_mult({0: 2.0})
    np.testing.assert_allclose(run(single)[-1], MULTIPLIED[name], atol=3e-6)


def test_multipliers_are_those_of_the_parameter_then_of_the_index_then_of_the_name():
    parameter = Parameter("w", lr_mult=3.0, wd_mult=4.0)
    names = {0: "a_weight", 1: "b_weight", 2: "c_weight"}
    sgd = SGD(learning_rate=1.0, wd=1.0, param_idx2name=names, param_dict={0: parameter})
    sgd.set_lr_mult({0: 9.0, 1: 5.0, "b_weight": 8.0, "c_weight": 6.0})
    sgd.set_wd_mult({0: 9.0, 1: 5.5, "b_weight": 8.0, "c_weight": 6.5})
    assert [sgd._get_lr(i) for i in range(4)] == [3.0, 5.0, 6.0, 1.0]
    assert [sgd._get_wd(i) for i in range(4)] == [4.0, 5.5, 6.5, 1.0]


def test_multipliers_of_parameters_are_read_live():
    parameter = Parameter("w")
    sgd = SGD(learning_rate=1.0, param_dict={0: parameter})
    parameter.lr_mult = 0.25
    assert sgd._get_lr(0) == 0.25


def test_parameters_known_by_name_decay_only_if_they_are_weights_or_gammas():
    names = {0: "a_weight", 1: "a_bias", 2: "a_gamma", 3: "a_beta"}
    sgd = SGD(wd=0.1, param_idx2name=names)
    assert [sgd._get_wd(i) for i in range(4)] == [0.1, 0.0, 0.1, 0.0]
    sgd.set_wd_mult({"a_bias": 3})
    assert [sgd._get_wd(i) for i in range(4)] == pytest.approx([0.1, 0.3, 0.1, 0.0])


def test_the_number_of_updates_is_the_largest_of_any_parameter():
    sgd = SGD(**PLAIN)
    weight, gradient = mx.nd.ones((1,)), mx.nd.ones((1,))
    for index in (0, 1, 0, 0):
        sgd.update(index, weight, gradient, None)
    assert sgd.num_update == 3
    assert [sgd.update_count(index) for index in (0, 1, 2)] == [3, 1, 0]


# -- the learning rate --------------------------------------------------------------------------------------


def test_the_rate_is_a_hundredth_unless_it_is_given():
    assert SGD().learning_rate == 0.01


def test_a_schedule_is_asked_after_the_count_was_raised():
    """MXNet's numbers for FactorScheduler(2, 0.5), base_lr 0.4."""
    sgd = SGD(lr_scheduler=FactorScheduler(2, 0.5, base_lr=0.4))
    expected = [
        [0.2, -0.8, 0.5, 2.9],
        [0.6, -1.0, -1.1, 2.8],
        [0.575, 0.2, -1.4, 3.2],
        [-0.025, -0.2, -1.3, 3.2],
    ]
    np.testing.assert_allclose(run(sgd), expected, atol=3e-7)
    assert sgd.learning_rate == 0.2


def test_a_rate_that_is_given_takes_the_place_of_the_schedules():
    schedule = FactorScheduler(2, 0.5, base_lr=0.4)
    result = run(SGD(lr_scheduler=schedule, learning_rate=0.2))[-1]
    np.testing.assert_allclose(result, [0.4875, -1.1, -0.4, 3.1], atol=3e-7)


def test_a_function_is_a_schedule_too():
    sgd = SGD(lr_scheduler=lambda count: 0.5**count)
    np.testing.assert_allclose(run(sgd, weight=[0.0], gradients=[[1.0]] * 3)[:, 0], [-0.5, -0.75, -0.875])


def test_the_rate_can_be_set_unless_a_schedule_is_in_charge():
    sgd = SGD()
    sgd.set_learning_rate(0.5)
    assert sgd.learning_rate == 0.5
    scheduled = SGD(lr_scheduler=FactorScheduler(2, 0.5, base_lr=0.4))
    with pytest.raises(
        LearningRateError, match="SGD has its learning rate from a scheduler, so it cannot be"
    ):
        scheduled.set_learning_rate(0.5)
    assert scheduled.learning_rate == 0.4


def test_a_schedule_that_cannot_be_called_is_an_error():
    with pytest.raises(
        ArgumentTypeError, match=r"SGD cannot use this lr_scheduler.\n  Expected an LRSch.* 0.1"
    ):
        SGD(lr_scheduler=0.1)


def test_names_that_are_no_dictionary_are_an_error():
    with pytest.raises(
        AssertionError, match=r"cannot use this param_idx2name.\n  Expected a dictionary from"
    ):
        SGD(param_idx2name=["w"])


# -- copies -------------------------------------------------------------------------------------------------


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


# -- the registry -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sgd", "nag", "adam", "adamw", "rmsprop", "adagrad"])
def test_a_registered_name_makes_its_class_whatever_its_case(name):
    for spelled in (name, name.upper()):
        assert type(mx.optimizer.create(spelled, learning_rate=0.5)).__name__.lower() == name
    assert type(Optimizer.create_optimizer(name)).__name__.lower() == name


@pytest.mark.parametrize("name", ["sdg", "", 3, None])
def test_an_unknown_name_is_an_error_that_lists_the_known_ones(name):
    with pytest.raises(
        UnknownNameError, match=r"is not registered.\n  Expected one of adagrad, adam, adamw, nag"
    ):
        mx.optimizer.create(name)


def test_an_unknown_argument_is_a_type_error():
    with pytest.raises(TypeError, match="momentun"):
        mx.optimizer.create("sgd", momentun=0.9)


def test_repr_tells_the_rates():
    assert repr(SGD(learning_rate=0.5, wd=0.1)) == "SGD(learning_rate=0.5, wd=0.1)"


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
    step_flat(params, trainer, [np.full(p.shape, 2.0) for p in params])
    step_flat(params, trainer, [np.full(p.shape, -1.0) for p in params])
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
        step_flat(params, trainer, gradients_of(params, 1)[0])
