"""gluon.Parameter and Constant: every member of the contract."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    ContextError,
    DeviceUnavailableError,
    DTypeError,
    GradientError,
    InPlaceError,
    NotInitializedError,
    SavedArrayError,
    ShapeMismatchError,
    UnknownNameError,
)
from gluonish.gluon import Constant, DeferredInitializationError, Parameter


def make(shape=(2, 3), ctx=None, **kwargs):
    parameter = Parameter("w", shape=shape, **kwargs)
    parameter.initialize(ctx=ctx)
    return parameter


def square_sum(parameter, ctx=None):
    """Record sum(w^2), whose gradient is 2 w."""
    with mx.autograd.record():
        data = parameter.data(ctx)
        return (data * data).sum()


# -- construction ---------------------------------------------------------------------------------------


def test_an_int_is_a_shape_of_one_axis():
    assert Parameter("w", shape=5).shape == (5,)


def test_unknown_axes_are_zero_whatever_their_spelling():
    assert Parameter("w", shape=(4, 0)).shape == (4, 0)
    assert Parameter("w", shape=(4, -1)).shape == (4, 0)
    assert Parameter("w", shape=[4, None]).shape == (4, 0)
    assert Parameter("w").shape is None


def test_repr_has_the_dtype_as_it_was_given():
    assert repr(Parameter("w", shape=(2,))) == "Parameter w (shape=(2,), dtype=<class 'numpy.float32'>)"
    assert repr(Parameter("w", shape=(2,), dtype="float16")) == "Parameter w (shape=(2,), dtype=float16)"


def test_multipliers_and_init_are_plain_attributes():
    parameter = Parameter("w", lr_mult=2.0, wd_mult=0.5, init="ones")
    parameter.lr_mult = 3.0
    parameter.init = None
    assert (parameter.lr_mult, parameter.wd_mult, parameter.init) == (3.0, 0.5, None)


def test_an_unknown_grad_req_is_an_error_that_names_the_choices():
    with pytest.raises(
        ArgumentError, match=r"'w' cannot have this grad_req.\s+Expected 'write', 'add' or 'null'"
    ):
        Parameter("w", grad_req="replace")


def test_an_unknown_storage_type_is_an_error():
    with pytest.raises(AssertionError, match="cannot have this stype"):
        Parameter("w", stype="sparse")


def test_an_unknown_dtype_is_an_error():
    with pytest.raises(DTypeError, match="dtype 'float33' is not supported"):
        Parameter("w", dtype="float33")


def test_a_parameter_that_is_not_differentiable_never_gets_a_gradient():
    parameter = make(differentiable=False)
    parameter.grad_req = "write"
    assert parameter.grad_req == "null"


def test_parameters_are_compared_by_identity():
    a, b = Parameter("w", shape=(2,)), Parameter("w", shape=(2,))
    assert a != b
    assert len({a, b}) == 2


# -- the shape ------------------------------------------------------------------------------------------


def test_setting_the_shape_fills_in_unknown_axes():
    parameter = Parameter("w", shape=(4, 0))
    parameter.shape = (4, 7)
    assert parameter.shape == (4, 7)


@pytest.mark.parametrize("shape", [(5, 7), (4, 7, 1), (0, 3, 3)])
def test_a_shape_that_contradicts_the_declared_one_is_an_error_and_changes_nothing(shape):
    parameter = Parameter("w", shape=(4, 0))
    with pytest.raises(ShapeMismatchError, match=r"Parameter 'w' was declared \(4, \?\)"):
        parameter.shape = shape
    assert parameter.shape == (4, 0)


def test_the_message_names_the_axis():
    parameter = Parameter("w", shape=(64, 0))
    with pytest.raises(ShapeMismatchError, match="Axis 0: expected 64, received 32"):
        parameter.shape = (32, 100)


# -- before initialisation ------------------------------------------------------------------------------
@pytest.mark.parametrize("access", ["data", "list_data", "grad", "list_grad", "list_ctx"])
def test_reading_before_initialize_says_what_to_do(access):
    with pytest.raises(NotInitializedError, match=r"'w' has not been initialized.*\n.*Call initialize"):
        getattr(Parameter("w", shape=(2,)), access)()


def test_errors_before_initialize_are_caught_as_mxnet_raised_them():
    raw = Parameter("w", shape=(2,))
    with pytest.raises(RuntimeError):
        raw.data()
    with pytest.raises(AssertionError):
        raw.set_data(mx.nd.ones((2,)))
    with pytest.raises(ValueError, match="has not been initialized"):
        raw.reset_ctx(mx.cpu(1))


def test_zero_grad_before_initialize_leaves_it_uninitialized():
    parameter = Parameter("w", shape=(2,))
    parameter.zero_grad()
    with pytest.raises(NotInitializedError):
        parameter.data()


def test_cast_before_initialize_changes_the_dtype():
    parameter = Parameter("w", shape=(2,))
    parameter.cast("float16")
    parameter.initialize()
    assert parameter.data().dtype == np.float16


# -- initialize -----------------------------------------------------------------------------------------


def test_all_replicas_start_equal(contexts):
    parameter = make(ctx=contexts, init=mx.init.Normal(1.0))
    values = [array.asnumpy() for array in parameter.list_data()]
    assert all((value == values[0]).all() for value in values)
    assert [array.context for array in parameter.list_data()] == contexts
    assert parameter.list_ctx() == contexts


def test_the_argument_comes_before_the_own_initializer_before_the_default():
    parameter = Parameter("w", shape=(2,), init="ones")
    parameter.initialize(init="zeros", default_init=mx.init.Constant(5))
    assert parameter.data().asnumpy().tolist() == [0, 0]
    parameter.initialize(default_init=mx.init.Constant(5), force_reinit=True)
    assert parameter.data().asnumpy().tolist() == [1, 1]
    parameter.init = None
    parameter.initialize(default_init=mx.init.Constant(5), force_reinit=True)
    assert parameter.data().asnumpy().tolist() == [5, 5]


def test_the_name_does_not_choose_the_initializer():
    bias = Parameter("fc_bias", shape=(1000,))
    bias.initialize()
    assert bias.data().asnumpy().std() > 0


def test_initializing_again_is_a_warning_and_changes_nothing():
    parameter = make()
    before = parameter.data().asnumpy()
    with pytest.warns(UserWarning, match="already initialized, ignoring. Set force_reinit=True"):
        parameter.initialize(mx.init.One())
    assert (parameter.data().asnumpy() == before).all()


def test_force_reinit_makes_new_arrays_with_zero_gradients():
    parameter = make()
    before = parameter.data()
    square_sum(parameter).backward()
    parameter.initialize(mx.init.One(), force_reinit=True)
    assert parameter.data() is not before
    assert (parameter.data().asnumpy() == 1).all()
    assert (parameter.grad().asnumpy() == 0).all()


def test_an_unknown_initializer_is_an_error_and_leaves_the_parameter_as_it_was():
    parameter = Parameter("w", shape=(2,))
    with pytest.raises(UnknownNameError, match="Initializer 'xavjer' is not registered"):
        parameter.initialize("xavjer")
    with pytest.raises(NotInitializedError):
        parameter.data()


def test_an_initializer_that_fails_leaves_the_parameter_as_it_was():
    parameter = make()
    before = parameter.data()
    with pytest.raises(ValueError, match="a vector has no fan-in"):
        Parameter("b", shape=(3,)).initialize(mx.init.Xavier())
    assert parameter.data() is before


def test_an_unknown_context_is_an_error():
    with pytest.raises(ContextError, match="Context type 'tpu' is unknown"):
        make(ctx=mx.Context("tpu", 0))


def test_a_gpu_where_there_is_none_is_an_error_and_changes_nothing():
    if mx.num_gpus():
        pytest.skip("this machine has a GPU")
    parameter = Parameter("w", shape=(2,))
    with pytest.raises(DeviceUnavailableError, match=r"gpu\(0\) cannot hold arrays here: CuPy"):
        parameter.initialize(ctx=[mx.cpu(0), mx.gpu(0)])
    with pytest.raises(NotInitializedError):
        parameter.data()


def test_an_empty_list_of_contexts_is_an_error():
    with pytest.raises(ArgumentError, match="list of contexts is empty"):
        make(ctx=[])


def test_a_context_named_twice_counts_once():
    assert make(ctx=[mx.cpu(0), mx.cpu(1), mx.cpu(0)]).list_ctx() == [mx.cpu(0), mx.cpu(1)]


def test_without_a_context_the_current_one_is_taken():
    with mx.cpu(2):
        parameter = make()
    assert parameter.list_ctx() == [mx.cpu(2)]


def test_an_unknown_shape_without_deferral_is_an_error_that_names_parameter_and_shape():
    with pytest.raises(ValueError, match=r"'w' cannot be initialized.*\n.*Received shape \(2, \?\)"):
        make(shape=(2, 0))


def test_integer_parameters_take_constant_initializers_and_refuse_random_ones():
    parameter = make(dtype="int8", init="ones")
    assert parameter.data().dtype == np.int8
    with pytest.raises(DTypeError, match=r"draws real numbers.*\n.*received int8"):
        make(dtype="int8")


def test_a_scalar_shape_is_a_shape():
    parameter = make(shape=(), init="ones")
    assert parameter.data().shape == ()


# -- deferral -------------------------------------------------------------------------------------------


def deferred(**kwargs):
    parameter = Parameter("w", shape=(2, 0), allow_deferred_init=True, **kwargs)
    parameter.initialize(mx.init.One(), ctx=[mx.cpu(0), mx.cpu(1)])
    return parameter


def test_reading_a_deferred_parameter_names_it_and_its_unknown_axes():
    with pytest.raises(DeferredInitializationError, match=r"w \(2, \?\)"):
        deferred().data()


def test_a_deferred_parameter_knows_its_contexts_and_moves_by_plan():
    parameter = deferred()
    assert parameter.list_ctx() == [mx.cpu(0), mx.cpu(1)]
    parameter.reset_ctx(mx.cpu(3))
    parameter.shape = (2, 4)
    parameter.initialize(mx.init.One(), ctx=parameter.list_ctx())
    assert parameter.data().context == mx.cpu(3)


def test_setting_the_shape_alone_does_not_finish_the_initialization():
    parameter = deferred()
    parameter.shape = (2, 4)
    with pytest.raises(DeferredInitializationError):
        parameter.data()


def test_a_value_given_while_deferred_makes_the_shape_known_and_is_kept():
    parameter = deferred()
    parameter.set_data(np.full((2, 5), 7.0))
    assert parameter.shape == (2, 5)
    with pytest.raises(DeferredInitializationError):
        parameter.data()


# -- data and gradients ---------------------------------------------------------------------------------


def test_data_is_the_same_live_object_every_time():
    parameter = make()
    assert parameter.data() is parameter.data()
    parameter.data()[:] = 3
    assert (parameter.data().asnumpy() == 3).all()


def test_data_without_a_context_is_that_of_the_current_one_among_several(two):
    parameter = make(ctx=two)
    with mx.cpu(1):
        assert parameter.data() is parameter.list_data()[1]


def test_a_context_without_a_replica_is_an_error_that_names_those_with_one(two):
    with pytest.raises(
        RuntimeError, match=r"'w' was not initialized on context cpu\(5\).*\n.*cpu\(0\), cpu\(1\)"
    ):
        make(ctx=two).data(mx.cpu(5))


def test_pinned_and_shared_host_memory_mean_the_replica_of_that_number():
    parameter = make(ctx=[mx.cpu(1)])
    assert parameter.data(mx.cpu_pinned(1)) is parameter.data(mx.cpu_shared(1)) is parameter.data()


def test_gradients_are_live_buffers_that_start_at_zero(contexts):
    parameter = make(ctx=contexts)
    assert [g.asnumpy().any() for g in parameter.list_grad()] == [False] * len(contexts)
    buffer = parameter.grad(contexts[-1])
    square_sum(parameter, contexts[-1]).backward()
    assert parameter.grad(contexts[-1]) is buffer
    np.testing.assert_allclose(buffer.asnumpy(), 2 * parameter.data(contexts[-1]).asnumpy(), rtol=1e-6)


def test_write_replaces_and_add_accumulates():
    parameter = make()
    for _ in range(3):
        square_sum(parameter).backward()
    np.testing.assert_allclose(parameter.grad().asnumpy(), 2 * parameter.data().asnumpy(), rtol=1e-6)
    parameter.grad_req = "add"
    for _ in range(3):
        square_sum(parameter).backward()
    np.testing.assert_allclose(parameter.grad().asnumpy(), 6 * parameter.data().asnumpy(), rtol=1e-6)


def test_switching_from_write_to_add_starts_the_gradient_at_zero():
    parameter = make()
    square_sum(parameter).backward()
    buffer = parameter.grad()
    parameter.grad_req = "add"
    assert parameter.grad() is buffer
    assert not buffer.asnumpy().any()
    for _ in range(2):
        square_sum(parameter).backward()
    np.testing.assert_allclose(buffer.asnumpy(), 4 * parameter.data().asnumpy(), rtol=1e-6)
    parameter.grad_req = "add"  # no change, so nothing is lost
    assert buffer.asnumpy().any()


def test_zero_grad_writes_in_place_on_all_contexts(two):
    parameter = make(ctx=two)
    buffers = parameter.list_grad()
    for ctx in two:
        square_sum(parameter, ctx).backward()
    parameter.zero_grad()
    assert [g.asnumpy().any() for g in buffers] == [False, False]
    assert all(a is b for a, b in zip(parameter.list_grad(), buffers, strict=True))


def test_null_has_no_gradient_and_says_why():
    parameter = make(grad_req="null")
    with pytest.raises(GradientError, match="no gradient, because its grad_req is 'null'"):
        parameter.grad()
    with pytest.raises(RuntimeError):
        parameter.list_grad()


def test_switching_to_null_drops_the_gradient_and_keeps_the_memory():
    parameter = make()
    old = parameter.data()
    parameter.grad_req = "null"
    assert parameter.data() is not old
    old[:] = 4
    assert (parameter.data().asnumpy() == 4).all()
    with pytest.raises(GradientError):
        parameter.grad()


def test_switching_back_from_null_gives_new_zero_gradients(two):
    parameter = make(ctx=two)
    square_sum(parameter, two[0]).backward()
    parameter.grad_req = "null"
    parameter.grad_req = "write"
    assert not parameter.grad(two[0]).asnumpy().any()
    square_sum(parameter, two[1]).backward()
    np.testing.assert_allclose(
        parameter.grad(two[1]).asnumpy(), 2 * parameter.data(two[1]).asnumpy(), rtol=1e-6
    )


def test_a_graph_recorded_before_switching_to_null_does_not_crash():
    parameter = make()
    other = mx.nd.ones((2, 3))
    other.attach_grad()
    with mx.autograd.record():
        loss = (parameter.data() * other).sum()
    parameter.grad_req = "null"
    loss.backward()
    np.testing.assert_array_equal(other.grad.asnumpy(), parameter.data().asnumpy())


# -- set_data -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [mx.nd.full((2, 3), 2.0), np.full((2, 3), 2), [[2, 2, 2], [2, 2, 2]]],
    ids=["NDArray", "NumPy", "list"],
)
def test_set_data_writes_all_replicas_in_place(value, two):
    parameter = make(ctx=two)
    arrays = parameter.list_data()
    parameter.set_data(value)
    assert all((array.asnumpy() == 2).all() for array in arrays)
    assert all(a is b for a, b in zip(arrays, parameter.list_data(), strict=True))


def test_set_data_takes_an_array_from_any_context_and_converts_its_dtype(two):
    parameter = make(ctx=two)
    parameter.set_data(mx.nd.ones((2, 3), ctx=mx.cpu(7), dtype="float64"))
    assert parameter.data(two[1]).dtype == np.float32
    assert (parameter.data(two[1]).asnumpy() == 1).all()


def test_set_data_of_another_shape_is_an_error_and_changes_nothing():
    parameter = make()
    before = parameter.data().asnumpy()
    with pytest.raises(ShapeMismatchError, match=r"'w' was declared \(2, 3\) and cannot become \(3, 2\)"):
        parameter.set_data(mx.nd.ones((3, 2)))
    np.testing.assert_array_equal(parameter.data().asnumpy(), before)


def test_set_data_while_recording_is_an_error():
    parameter = make()
    with (
        mx.autograd.record(),
        pytest.raises(InPlaceError, match="Parameter 'w' cannot be written while recording"),
    ):
        parameter.set_data(mx.nd.ones((2, 3)))


def test_a_backward_pass_over_a_parameter_written_since_is_an_error_that_names_it():
    parameter = make()
    loss = square_sum(parameter)
    parameter.set_data(mx.nd.ones((2, 3)))
    with pytest.raises(SavedArrayError, match=r"Parameter 'w', input .* was written after it was recorded"):
        loss.backward()


# -- casting and moving -----------------------------------------------------------------------------------


def test_cast_makes_new_arrays_and_leaves_old_ones_behind():
    parameter = make()
    old = parameter.data()
    parameter.cast("float64")
    assert parameter.data().dtype == np.float64
    assert parameter.grad().dtype == np.float64
    np.testing.assert_allclose(parameter.data().asnumpy(), old.asnumpy())
    old[:] = 9
    assert not (parameter.data().asnumpy() == 9).any()


def test_assigning_the_dtype_is_cast():
    parameter = make()
    parameter.dtype = np.float16
    assert parameter.data().dtype == np.float16
    assert parameter.dtype is np.float16


def test_a_cast_parameter_can_be_trained_on():
    parameter = make()
    parameter.cast("float16")
    square_sum(parameter).backward()
    np.testing.assert_allclose(parameter.grad().asnumpy(), 2 * parameter.data().asnumpy(), rtol=1e-3)


def test_reset_ctx_copies_equal_replicas_bit_for_bit():
    parameter = make(shape=(1000,), ctx=[mx.cpu(0), mx.cpu(1), mx.cpu(2)])
    before = parameter.data(mx.cpu(0)).asnumpy()
    parameter.reset_ctx([mx.cpu(5), mx.cpu(6)])
    assert parameter.list_ctx() == [mx.cpu(5), mx.cpu(6)]
    for array in parameter.list_data():
        np.testing.assert_array_equal(array.asnumpy(), before)


def test_reset_ctx_averages_replicas_that_differ():
    parameter = make(shape=(2,), ctx=[mx.cpu(0), mx.cpu(1)])
    parameter.data(mx.cpu(0))[:] = mx.nd.array([1.0, 2.0])
    parameter.data(mx.cpu(1))[:] = mx.nd.array([3.0, 8.0], ctx=mx.cpu(1))
    parameter.reset_ctx(mx.cpu(0))
    assert parameter.data().asnumpy().tolist() == [2.0, 5.0]


def test_reset_ctx_to_a_missing_gpu_changes_nothing():
    if mx.num_gpus():
        pytest.skip("this machine has a GPU")
    parameter = make()
    array = parameter.data()
    with pytest.raises(DeviceUnavailableError):
        parameter.reset_ctx([mx.cpu(0), mx.gpu(0)])
    assert parameter.data() is array


# -- symbols, copies, constants ---------------------------------------------------------------------------


def test_var_is_one_symbol_with_the_name():
    parameter = Parameter("w", shape=(2, 0), lr_mult=2.0)
    assert parameter.var() is parameter.var()
    assert parameter.var().name == "w"
    assert parameter.var().attr("__lr_mult__") == "2.0"
    assert parameter.var().attr("__shape__") == "(2, 0)"
    assert parameter.var().attr("__storage_type__") == "0"


def test_the_symbol_of_a_parameter_that_a_function_fills_does_not_name_an_initializer():
    parameter = Parameter("w", shape=(2,), init=lambda _, array: array.__setitem__(slice(None), 1))
    assert "__init__" not in parameter.var().list_attr()


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))], ids=["copy", "pickle"]
)
def test_copies_keep_everything_and_share_nothing(copied, two):
    parameter = make(ctx=two, lr_mult=3.0, grad_req="add")
    parameter.data(two[1])[:] = 5
    twin = copied(parameter)
    assert (twin.name, twin.lr_mult, twin.grad_req, twin.list_ctx()) == ("w", 3.0, "add", two)
    assert (twin.data(two[1]).asnumpy() == 5).all()
    np.testing.assert_array_equal(twin.data(two[0]).asnumpy(), parameter.data(two[0]).asnumpy())
    twin.data(two[0])[:] = 8
    assert not (parameter.data(two[0]).asnumpy() == 8).any()
    square_sum(twin, two[0]).backward()
    assert not parameter.grad(two[0]).asnumpy().any()


def test_a_pending_parameter_can_be_copied_and_stays_pending():
    twin = copy.deepcopy(deferred())
    with pytest.raises(DeferredInitializationError):
        twin.data()
    assert twin.list_ctx() == [mx.cpu(0), mx.cpu(1)]


def test_a_constant_keeps_the_dtype_of_an_array_and_makes_anything_else_float32():
    assert Constant("c", mx.nd.ones((2,), dtype="float16")).dtype == np.float16
    assert Constant("c", np.ones(2, np.int64)).dtype == np.float32
    assert Constant("c", [[1, 2]]).shape == (1, 2)


def test_setting_the_grad_req_of_a_constant_is_a_warning():
    constant = Constant("c", [1.0])
    with pytest.warns(UserWarning, match="Constant 'c' has no gradient"):
        constant.grad_req = "write"
    assert constant.grad_req == "null"


def test_set_data_of_a_constant_leaves_its_value_and_reinit_restores_it():
    constant = Constant("c", [1.0])
    constant.initialize()
    constant.set_data([5.0])
    assert constant.data().asscalar() == 5
    assert constant.value.asscalar() == 1
    constant.initialize(force_reinit=True)
    assert constant.data().asscalar() == 1


def test_the_repr_of_a_constant_says_so():
    assert repr(Constant("c", [1.0])).startswith("Constant c (shape=(1,)")


@pytest.mark.parametrize("attribute", ["lr_mult", "wd_mult"])
@pytest.mark.parametrize("value", ["a", "2", None, [1]])
def test_a_multiplier_that_is_no_number_is_an_error_and_the_one_before_stays(attribute, value):
    parameter = Parameter("w", shape=(2,), **{attribute: 3})
    with pytest.raises(
        ArgumentTypeError, match=rf"'w' cannot have this {attribute}.*\n.*a number, or a func"
    ):
        setattr(parameter, attribute, value)
    assert getattr(parameter, attribute) == 3


@pytest.mark.parametrize("stated", [(0, 3), (2, 0), (None, 3), (-1, -1)])
def test_a_known_size_cannot_be_forgotten(stated):
    parameter = Parameter("w", shape=(2, 3))
    with pytest.raises(AssertionError, match=r"'w' cannot forget the size of axis .\.\n.*\(2, 3\), received"):
        parameter.shape = stated
    assert parameter.shape == (2, 3)
