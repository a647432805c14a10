"""What changes the state of many parameters: all of them change, or none."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import gluonish as mx
from gluonish.context import Context
from gluonish.errors import (
    ArgumentError,
    ContextError,
    DeferredInitializationError,
    DeviceUnavailableError,
    InPlaceError,
    NotInitializedError,
    ParameterMismatchError,
    ShapeMismatchError,
    UnknownNameError,
)
from gluonish.gluon import Parameter, ParameterDict, Trainer
from gluonish.parameter import lifecycle
from gluonish.parameter.lifecycle import as_contexts
from parameter.helpers import backward, make_params, values

NO_GPU = pytest.mark.skipif(mx.num_gpus() > 0, reason="needs a machine without a GPU")
SHAPES = [(2, 3), (5,), (4,)]


class Refusing(mx.init.Initializer):
    """Fails for one parameter, after it has drawn and written."""

    def __init__(self, name):
        super().__init__()
        self.name = name

    def _init_weight(self, name, arr):
        arr[:] = mx.random.normal(shape=arr.shape)
        if name == self.name:
            raise ZeroDivisionError(f"no value for {name}")


def everything_about(params):
    """Return what must not change when something fails: states, values, gradients, declarations."""
    seen = {}
    for name, p in params.items():
        declared = (p.shape, p.dtype, p.grad_req, p.lr_mult)
        arrays = [] if not p.core.is_ready else [a.asnumpy().tobytes() for a in p.list_data()]
        if arrays and p.grad_req != "null":
            arrays += [g.asnumpy().tobytes() for g in p.list_grad()]
        seen[name] = (declared, p.core.state, arrays)
    return seen


def five(**kwargs):
    """Return a dictionary with five parameters that are not initialised."""
    params = ParameterDict()
    for i in range(5):
        params.get(f"p{i}", shape=(i + 1, 2), **kwargs)
    return params


# -- contexts -----------------------------------------------------------------------------------------------


def test_contexts_are_taken_once_each_in_their_order():
    assert as_contexts([mx.cpu(1), mx.cpu(0), mx.cpu(1)]) == (mx.cpu(1), mx.cpu(0))
    assert as_contexts(mx.cpu(2)) == (mx.cpu(2),)
    assert as_contexts("cpu(3)") == (mx.cpu(3),)
    with mx.cpu(4):
        assert as_contexts(None) == (mx.cpu(4),)


def test_an_empty_list_of_contexts_is_an_error():
    params = five()
    for call in (params.initialize, params["p0"].initialize):
        with pytest.raises(
            ArgumentError, match=r"list of contexts is empty.\n  Expected at least one context"
        ):
            call(ctx=[])
    assert not params["p0"].core.is_ready


# -- initialising -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("force", [False, True])
def test_an_initializer_that_fails_for_the_third_of_five_initialises_none(force):
    params = five()
    if force:
        params.initialize(mx.init.One())
    before = everything_about(params)
    with pytest.raises(ZeroDivisionError, match="no value for p2"):
        params.initialize(Refusing("p2"), force_reinit=force)
    assert everything_about(params) == before


def test_a_failure_does_not_count_as_an_initialisation():
    """Otherwise the weights of a run would depend on the mistakes that were made before it."""
    mx.random.seed(4)
    params = five()
    params.initialize(mx.init.Normal())
    expected = values(params)
    mx.random.seed(4)
    again = five()
    for name in ("p2", "p4"):
        with pytest.raises(ZeroDivisionError):
            again.initialize(Refusing(name))
    again.initialize(mx.init.Normal())
    for name, value in values(again).items():
        np.testing.assert_array_equal(value, expected[name])


def test_one_unknown_shape_among_five_initialises_none():
    params = five()
    params.get("late", shape=(0, 2))
    with pytest.raises(ArgumentError, match="'late' cannot be initialized: its shape is not known"):
        params.initialize()
    assert not any(p.core.is_ready for p in params.values())


def test_one_unknown_initializer_among_five_initialises_none():
    params = five()
    params["p3"].init = "xavjer"
    with pytest.raises(UnknownNameError, match="'xavjer' is not registered"):
        params.initialize()
    assert not any(p.core.is_ready for p in params.values())


@NO_GPU
def test_a_missing_gpu_among_the_contexts_initialises_none():
    params = five()
    params.get("late", shape=(0, 2), allow_deferred_init=True)
    with pytest.raises(DeviceUnavailableError, match=r"Context gpu\(0\) cannot hold arrays here"):
        params.initialize(ctx=[mx.cpu(0), mx.gpu(0)])
    for parameter in params.values():
        with pytest.raises(NotInitializedError):
            parameter.list_ctx()


def test_parameters_of_several_dtypes_are_initialised_in_one_call(contexts):
    params = ParameterDict()
    for dtype in ("float32", "float16", "float64"):
        params.get(dtype, shape=(3,), dtype=dtype, init="ones")
    params.get("frozen", shape=(3,), init="ones", grad_req="null")
    params.initialize(ctx=contexts)
    assert {name: p.data(contexts[-1]).dtype.__name__ for name, p in params.items() if name != "frozen"} == {
        name: name for name in ("float32", "float16", "float64")
    }
    assert len({p.core.ready().group for p in params.values()}) == 4


def test_a_cast_while_pending_gives_the_bits_of_a_cast_afterwards():
    def value(cast_first):
        mx.random.seed(3)
        parameter = Parameter("w", shape=(40, 0), allow_deferred_init=True)
        parameter.initialize(mx.init.Normal(1.0))
        if cast_first:
            parameter.cast("float16")
        parameter.shape = (40, 5)
        lifecycle.finish([parameter.core])
        parameter.cast("float16")
        return parameter.data().asnumpy()

    np.testing.assert_array_equal(value(cast_first=True), value(cast_first=False))


def test_finishing_one_that_fails_leaves_all_pending():
    params = ParameterDict()
    for name in ("a", "b"):
        params.get(name, shape=(0,), allow_deferred_init=True)
    params.initialize(Refusing("b"))
    for parameter in params.values():
        parameter.shape = (3,)
    with pytest.raises(ZeroDivisionError, match="no value for b"):
        lifecycle.finish([p.core for p in params.values()])
    assert all(p.core.is_deferred for p in params.values())
    params["b"].initialize(mx.init.One())
    lifecycle.finish([params["a"].core, params["b"].core])
    assert params["b"].data().asnumpy().tolist() == [1, 1, 1]
    assert params["a"].core.is_ready


def test_finishing_names_every_parameter_whose_shape_is_unknown():
    params = ParameterDict()
    for name, shape in {"a": (0,), "b": (3,), "c": (2, 0)}.items():
        params.get(name, shape=shape, allow_deferred_init=True)
    params.initialize()
    with pytest.raises(
        DeferredInitializationError, match=r"2 parameters could not be completed[\s\S]*a \(\?,\)"
    ):
        lifecycle.finish([p.core for p in params.values()])
    assert params["b"].core.is_ready
    assert params["a"].core.is_deferred


# -- casting ------------------------------------------------------------------------------------------------


def test_casting_converts_values_and_starts_new_gradients(contexts):
    params = make_params(SHAPES, contexts)
    for ctx in contexts:
        backward(params, ctx)
    before = values(params, contexts[-1])
    params.cast("float16")
    for name, parameter in params.items():
        np.testing.assert_array_equal(parameter.data(contexts[-1]).asnumpy(), before[name].astype("float16"))
        assert parameter.dtype == np.float16
        assert not any(g.asnumpy().any() for g in parameter.list_grad())


def test_arrays_taken_before_a_cast_are_left_behind():
    params = make_params(SHAPES)
    old = params["p0"].data()
    before = old.asnumpy()
    params.cast("float64")
    params["p0"].set_data(np.zeros((2, 3)))
    np.testing.assert_array_equal(old.asnumpy(), before)


def test_casting_to_the_dtype_it_has_changes_nothing():
    params = make_params(SHAPES)
    arrays = [p.data() for p in params.values()]
    params.cast("float32")
    assert all(p.data() is array for p, array in zip(params.values(), arrays, strict=True))


def test_values_too_large_for_the_new_dtype_become_infinite_in_silence():
    params = make_params([(2,)])
    params["p0"].set_data(np.array([1e6, -1e30]))
    params.cast("float16")
    assert params["p0"].data().asnumpy().tolist() == [np.inf, -np.inf]


def test_values_too_large_for_a_pending_parameter_become_infinite_in_silence():
    parameter = Parameter("w", shape=(0,), dtype="float16", allow_deferred_init=True)
    parameter.initialize()
    parameter.set_data(np.array([1e30]))
    lifecycle.finish([parameter.core])
    assert parameter.data().asnumpy().tolist() == [np.inf]


# -- moving -------------------------------------------------------------------------------------------------


def test_equal_replicas_are_copied_bit_for_bit(two):
    params = make_params(SHAPES, two)
    before = values(params, two[0])
    params.reset_ctx([mx.cpu(2), mx.cpu(0), mx.cpu(1)])
    for ctx in (mx.cpu(0), mx.cpu(1), mx.cpu(2)):
        for name, value in values(params, ctx).items():
            np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "bfloat16"])
def test_replicas_that_differ_are_averaged(dtype, two):
    params = make_params([(3,)], two, dtype=dtype)
    params["p0"].data(two[0])[:] = 1.5
    params["p0"].data(two[1])[:] = 2.0
    params.reset_ctx(mx.cpu(3))
    assert params["p0"].data().asnumpy().tolist() == [1.75] * 3


def test_the_mean_of_half_precision_replicas_does_not_overflow(two):
    params = make_params([(2,)], two, dtype="float16")
    params["p0"].data(two[0])[:] = 61440
    params["p0"].data(two[1])[:] = 49152
    params.reset_ctx(mx.cpu(3))
    assert params["p0"].data().asnumpy().tolist() == [55296] * 2


def test_replicas_with_the_same_nan_are_equal(two):
    params = make_params([(2,)], two)
    params["p0"].set_data(np.array([np.nan, 1.0]))
    params.reset_ctx(two[1])
    np.testing.assert_array_equal(params["p0"].data().asnumpy(), [np.nan, 1.0])


def test_moving_one_that_was_never_initialised_moves_none():
    params = make_params(SHAPES)
    params.get("raw", shape=(2,))
    before = everything_about(params)
    with pytest.raises(NotInitializedError, match="'raw' has not been initialized"):
        params.reset_ctx(mx.cpu(1))
    assert everything_about(params) == before


@NO_GPU
def test_moving_to_a_missing_gpu_moves_none():
    params = make_params(SHAPES)
    params.get("late", shape=(0,), allow_deferred_init=True)
    params["late"].initialize()
    backward({name: p for name, p in params.items() if name != "late"})
    before = everything_about(params)
    with pytest.raises(DeviceUnavailableError, match=r"Context gpu\(0\) cannot hold arrays here"):
        params.reset_ctx([mx.cpu(1), mx.gpu(0)])
    assert everything_about(params) == before


# -- gradients ----------------------------------------------------------------------------------------------


def test_an_unknown_grad_req_among_many_changes_none():
    params = make_params(SHAPES)
    before = everything_about(params)
    with pytest.raises(ArgumentError, match="cannot have this grad_req"):
        params.setattr("grad_req", "replace")
    assert everything_about(params) == before


def test_switching_to_null_keeps_the_memory_and_gives_new_arrays(two):
    params = make_params(SHAPES, two)
    old = params["p1"].data(two[1])
    params["p1"].grad_req = "null"
    assert params["p1"].data(two[1]) is not old
    params["p1"].set_data(np.arange(5))
    assert old.asnumpy().tolist() == [0, 1, 2, 3, 4]


def test_a_graph_recorded_before_null_still_reaches_the_old_gradient():
    params = make_params([(3,)])
    gradient = params["p0"].grad()
    with mx.autograd.record():
        loss = (params["p0"].data() * 3).sum()
    params["p0"].grad_req = "null"
    loss.backward()
    assert gradient.asnumpy().tolist() == [3, 3, 3]


def test_switching_between_write_and_add_keeps_arrays_and_starts_gradients_at_zero():
    params = make_params(SHAPES)
    backward(params)
    arrays = [(p.data(), p.grad(), p.grad().asnumpy()) for p in params.values()]
    params.setattr("grad_req", "add")
    for parameter, (data, grad, _) in zip(params.values(), arrays, strict=True):
        assert parameter.data() is data
        assert parameter.grad() is grad
        assert not grad.asnumpy().any()
        assert not data._fresh_grad
    for _ in range(2):
        backward(params)
    np.testing.assert_array_equal(params["p0"].grad().asnumpy(), 2 * arrays[0][2])


def test_thawing_starts_a_gradient_of_zero_that_is_not_fresh():
    params = make_params(SHAPES, grad_req="null")
    params["p1"].grad_req = "write"
    assert not params["p1"].grad().asnumpy().any()
    with pytest.raises(mx.errors.StaleGradientError):
        Trainer(params, "sgd").step(1)


# -- values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [np.ones((2, 3)), [[1] * 3] * 2, mx.nd.ones((2, 3), ctx=mx.cpu(4))], ids=type
)
def test_set_data_writes_every_replica_in_place(value, contexts):
    params = make_params(SHAPES, contexts, dtype="float16")
    arrays = params["p0"].list_data()
    params["p0"].set_data(value)
    assert all(a is b for a, b in zip(params["p0"].list_data(), arrays, strict=True))
    assert all((array.asnumpy() == 1).all() for array in arrays)


def test_set_data_of_another_shape_changes_nothing():
    params = make_params(SHAPES)
    before = everything_about(params)
    with pytest.raises(ShapeMismatchError, match=r"'p0' was declared \(2, 3\) and cannot become \(3, 2\)"):
        params["p0"].set_data(np.ones((3, 2)))
    assert everything_about(params) == before


def test_set_data_while_recording_changes_nothing(two):
    params = make_params(SHAPES, two)
    before = everything_about(params)
    with (
        mx.autograd.record(),
        pytest.raises(InPlaceError, match="Parameter 'p0' cannot be written while rec"),
    ):
        params["p0"].set_data(np.ones((2, 3)))
    assert everything_about(params) == before


def test_set_data_of_a_frozen_parameter_is_allowed_while_recording():
    params = make_params(SHAPES, grad_req="null")
    with mx.autograd.record():
        params["p1"].set_data(mx.nd.ones((5,)) * 2)
    assert params["p1"].data().asnumpy().tolist() == [2] * 5


# -- loading ------------------------------------------------------------------------------------------------


def pairs(params, arrays):
    return [(params[name].core, array) for name, array in arrays.items()]


def test_loaded_values_go_to_all_replicas_in_place(contexts):
    params = make_params(SHAPES, contexts)
    arrays = params["p1"].list_data()
    lifecycle.load(pairs(params, {"p1": mx.nd.arange(5)}), tuple(reversed(contexts)))
    for array in arrays:
        assert array.asnumpy().tolist() == [0, 1, 2, 3, 4]


FAULTS = {
    "shape": ({"p1": np.ones(6, "float32")}, {}, ShapeMismatchError, r"'p1' was declared \(5,\)"),
    "rank": ({"p1": np.ones((5, 1), "float32")}, {}, ShapeMismatchError, "This is the shape in the file"),
    "dtype": (
        {"p1": np.ones(5, "float16")},
        {},
        ParameterMismatchError,
        "Expected float32, received float16",
    ),
    "source": ({}, {"dtype_source": "file"}, ArgumentError, "dtype_source is unknown"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_among_many_loads_nothing(fault):
    arrays, options, error, message = FAULTS[fault]
    params = make_params(SHAPES)
    params.get("late", shape=(0,), allow_deferred_init=True)
    params["late"].initialize()
    params.get("raw", shape=(0,))
    before = everything_about(params)
    good = {"p0": np.ones((2, 3), "float32"), "late": np.ones(2, "float32"), "raw": np.ones(2, "float32")}
    with pytest.raises(error, match=message):
        lifecycle.load(pairs(params, {**good, **arrays}), None, **options)
    assert everything_about(params) == before


def test_other_contexts_than_a_parameter_is_on_are_an_error_that_loads_nothing(two):
    params = make_params(SHAPES, two)
    before = everything_about(params)
    with pytest.raises(
        ContextError, match=r"Expected cpu\(0\), cpu\(1\), received cpu\(0\)\.\n  Leave ctx out"
    ):
        lifecycle.load(pairs(params, {"p1": np.ones(5, "float32")}), (mx.cpu(0),))
    assert everything_about(params) == before


@NO_GPU
def test_a_missing_gpu_loads_nothing():
    params = five()
    params.get("unknown", shape=(0, 2))
    before = everything_about(params)
    arrays = {name: np.ones((i + 1, 2), "float32") for i, name in enumerate(params)}
    with pytest.raises(DeviceUnavailableError, match=r"Context gpu\(0\) cannot hold arrays here"):
        lifecycle.load(pairs(params, arrays), (mx.cpu(0), mx.gpu(0)))
    assert everything_about(params) == before


def test_loading_while_recording_loads_nothing():
    params = make_params(SHAPES)
    params.get("raw", shape=(0,))
    before = everything_about(params)
    arrays = {"raw": np.ones(2), "p1": np.ones(5)}
    with mx.autograd.record(), pytest.raises(InPlaceError, match="Parameter 'p1' cannot be written while"):
        lifecycle.load(pairs(params, arrays), None, cast_dtype=True, dtype_source="saved")
    assert everything_about(params) == before


def test_another_dtype_is_converted_to_the_parameters_or_taken_over():
    for source, expected in (("current", np.float32), ("saved", np.float16)):
        params = make_params(SHAPES)
        lifecycle.load(
            pairs(params, {"p1": np.full(5, 0.1, "float16")}), None, cast_dtype=True, dtype_source=source
        )
        assert params["p1"].data().dtype is expected
        assert params["p0"].data().dtype is np.float32
        assert (params["p1"].data().asnumpy() == np.float16(0.1)).all()


def test_loading_fills_in_unknown_shapes():
    parameter = Parameter("w")
    lifecycle.load([(parameter.core, np.ones((2, 5), "float32"))], (mx.cpu(1),))
    assert parameter.shape == (2, 5)
    assert parameter.list_ctx() == [mx.cpu(1)]


def test_loading_keeps_momentum():
    params = make_params([(3,)])
    trainer = Trainer(params, "sgd", {"learning_rate": 1.0, "momentum": 0.5})
    with mx.autograd.record():
        loss = params["p0"].data().sum()
    loss.backward()
    trainer.step(1)
    lifecycle.load(pairs(params, {"p0": np.zeros(3, "float32")}), None)
    with mx.autograd.record():
        loss = (params["p0"].data() * 0).sum()
    loss.backward()
    trainer.step(1)
    assert params["p0"].data().asnumpy().tolist() == [-0.5] * 3


# -- what is needed, and one value --------------------------------------------------------------------------


def test_need_of_values_names_the_uninitialised_before_the_pending():
    params = make_params(SHAPES)
    lifecycle.require_ready([p.core for p in params.values()], "is needed by save()")
    params.get("late", shape=(0,), allow_deferred_init=True)
    params["late"].initialize()
    with pytest.raises(
        DeferredInitializationError, match=r"Parameter 'late' is needed by save\(\), but has no"
    ):
        lifecycle.require_ready([p.core for p in params.values()], "is needed by save()")
    params.get("raw", shape=(2,))
    with pytest.raises(NotInitializedError, match="'raw' has not been initialized"):
        lifecycle.require_ready([p.core for p in params.values()], "is needed by save()")


def test_the_value_for_all_replicas_is_a_copy_on_the_host(two):
    params = make_params([(3,)], two)
    value = lifecycle.value_of(params["p0"].core)
    assert value.context == mx.cpu(0)
    value[:] = 5
    assert not (params["p0"].data(two[0]).asnumpy() == 5).any()
    params["p0"].data(two[0])[:] = 1
    params["p0"].data(two[1])[:] = 2
    assert lifecycle.value_of(params["p0"].core).asnumpy().tolist() == [1.5] * 3


# -- copies -------------------------------------------------------------------------------------------------


def duplicates(parameter):
    return [copy.deepcopy(parameter), pickle.loads(pickle.dumps(parameter))]


def test_a_copy_of_a_ready_parameter_has_its_replicas_and_no_memory_in_common(two):
    params = make_params([(3,)], two, lr_mult=2.0, wd_mult=3.0, grad_req="add", dtype="bfloat16")
    params["p0"].data(two[1])[:] = 7
    original = params["p0"]
    for twin in duplicates(original):
        assert (twin.name, twin.shape, twin.grad_req, twin.lr_mult, twin.wd_mult) == (
            "p0",
            (3,),
            "add",
            2.0,
            3.0,
        )
        assert twin.list_ctx() == two
        for ctx in two:
            np.testing.assert_array_equal(twin.data(ctx).asnumpy(), original.data(ctx).asnumpy())
        twin.set_data(np.zeros(3))
        assert (original.data(two[1]).asnumpy() == 7).all()


def test_a_copy_of_a_pending_parameter_completes_to_the_same_value():
    mx.random.seed(5)
    original = Parameter("w", shape=(0,), allow_deferred_init=True)
    original.initialize(mx.init.Normal(1.0), ctx=mx.cpu(1))
    twins = [*duplicates(original), original]
    for twin in twins:
        twin.shape = (4,)
        lifecycle.finish([twin.core])
    assert len({twin.data().asnumpy().tobytes() for twin in twins}) == 1
    assert {twin.list_ctx()[0] for twin in twins} == {Context("cpu", 1)}


def test_a_copy_of_an_uninitialised_parameter_is_uninitialised():
    for twin in duplicates(Parameter("w", shape=(3,), init=mx.init.One())):
        with pytest.raises(NotInitializedError):
            twin.data()
        twin.initialize()
        assert twin.data().asnumpy().tolist() == [1, 1, 1]


def test_a_parameter_that_is_dropped_takes_its_group_along():
    params = make_params([(3,)])
    group = weakref.ref(params["p0"].core.ready().group)
    Trainer(params, "sgd", {"momentum": 0.9}).step(1, ignore_stale_grad=True)
    del params
    gc.collect()
    assert group() is None
