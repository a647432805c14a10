"""gluon.ParameterDict: parameters by name, handled as one."""

from __future__ import annotations

import copy
import itertools
import pickle

import numpy as np
import pytest
from gluon.dictionaries import all_states, assert_same_values, declared, filled
from hypothesis import given
from hypothesis import strategies as st
from parameter.helpers import backward, make_params, values

import gluonish as mx
from gluonish.errors import (
    ArgumentError,
    DTypeError,
    DuplicateNameError,
    NotInitializedError,
    ParameterMismatchError,
    UnknownNameError,
)
from gluonish.gluon import Constant, Parameter, ParameterDict

# -- a dictionary ---------------------------------------------------------------------------------------


def test_full_names_are_the_prefix_and_the_name():
    params = ParameterDict("net_")
    assert params.get("weight", shape=(2,)).name == "net_weight"
    assert list(params) == ["net_weight"]
    assert params.prefix == "net_"


def test_parameters_come_in_the_order_they_were_added():
    params = declared(b=(1,), a=(2,), c=(3,))
    assert list(params.keys()) == ["net_b", "net_a", "net_c"]
    assert [p.shape for p in params.values()] == [(1,), (2,), (3,)]
    assert [(name, p.name) for name, p in params.items()] == [(name, name) for name in params]


def test_it_has_a_length_and_is_true_even_when_empty():
    assert len(ParameterDict()) == 0
    assert ParameterDict()
    assert len(declared(a=(1,), b=(1,))) == 2


def test_membership_is_by_full_name():
    params = declared(weight=(2,))
    assert "net_weight" in params
    assert "weight" not in params


def test_a_name_that_is_not_there_is_an_error_with_the_nearest_ones():
    params = declared(weight=(2,), bias=(2,))
    with pytest.raises(
        UnknownNameError, match=r"'net_wieght' is not in this.*\n.*Did you mean 'net_weight'?"
    ):
        params["net_wieght"]
    with pytest.raises(KeyError):
        params["weight"]


def test_a_name_like_none_of_them_is_an_error_without_a_guess():
    with pytest.raises(UnknownNameError) as caught:
        declared(weight=(2,))["momentum"]
    assert "Did you mean" not in str(caught.value)


def test_the_repr_is_that_of_mxnet():
    params = declared("a_", w=(2, 0))
    params.get_constant("c", mx.nd.array([1, 2]))
    assert repr(params) == (
        "a_ (\n"
        "  Parameter a_w (shape=(2, 0), dtype=<class 'numpy.float32'>)\n"
        "  Constant a_c (shape=(2,), dtype=<class 'numpy.float32'>)\n"
        ")"
    )


def test_the_repr_of_an_empty_one_without_prefix_is_that_of_mxnet():
    assert repr(ParameterDict()) == "(\n\n)"


def test_adding_a_parameter_again_changes_nothing():
    params, weight = ParameterDict(), Parameter("w", shape=(2,))
    params.add("w", weight)
    params.add("w", weight)
    assert list(params.values()) == [weight]


def test_two_parameters_of_one_name_are_an_error_that_shows_both():
    params = declared("", w=(2,))
    present = params["w"]
    with pytest.raises(DuplicateNameError, match=r"'w' is there already.*\n.*\(2,\).*received.*\(3,\)"):
        params.add("w", Parameter("w", shape=(3,)))
    assert list(params.values()) == [present]


# -- get --------------------------------------------------------------------------------------------------


def test_what_exists_is_returned_and_not_made_again():
    params = ParameterDict()
    assert params.get("w", shape=(2,)) is params.get("w")


def test_unknown_axes_are_filled_in_from_both_sides():
    params = ParameterDict("net_")
    weight = params.get("weight", shape=(4, 0), allow_deferred_init=True)
    assert params.get("weight", shape=(0, 3)) is weight
    assert weight.shape == (4, 3)


@pytest.mark.parametrize("unknown", [None, (0, 0), (-1, 3), (4, -1)])
def test_a_shape_that_says_nothing_new_changes_nothing(unknown):
    params = declared(weight=(4, 3))
    assert params.get("weight", shape=unknown).shape == (4, 3)


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_two_parts_of_one_shape_always_agree(shape, first, second):
    """Whatever each of two callers knows of one shape, together they know what either of them does."""
    parts = [tuple(d if k else 0 for d, k in zip(shape, known, strict=False)) for known in (first, second)]
    params = ParameterDict()
    params.get("w", shape=parts[0])
    merged = params.get("w", shape=parts[1]).shape
    assert merged == tuple(max(a, b) for a, b in zip(*parts, strict=True))


@pytest.mark.parametrize("shape", [(5, 3), (4, 0, 1), (4,), 4])
def test_a_shape_that_contradicts_is_an_error_that_shows_both_and_changes_nothing(shape):
    params = declared(weight=(4, 0))
    with pytest.raises(
        ParameterMismatchError,
        match=r"'net_weight' exists already, with another shape.\n.*Expected shape=.*received shape=\(4, 0\)",
    ):
        params.get("weight", shape=shape)
    assert params["net_weight"].shape == (4, 0)


@pytest.mark.parametrize(
    ("attribute", "has", "wanted"),
    [
        ("dtype", "float32", "float16"),
        ("init", "ones", "zeros"),
        ("lr_mult", 1.0, 2.0),
        ("wd_mult", 1.0, 0.0),
        ("grad_req", "write", "add"),
    ],
)
def test_another_attribute_is_an_error_that_shows_both_and_changes_nothing(attribute, has, wanted):
    params = ParameterDict()
    params.get("w", shape=(2, 0), **{attribute: has})
    with pytest.raises(
        ParameterMismatchError,
        match=rf"with another {attribute}.\n  Expected {attribute}={wanted}, received {attribute}={has}",
    ):
        params.get("w", shape=(2, 3), **{attribute: wanted})
    assert getattr(params["w"], attribute) == has
    assert params["w"].shape == (2, 0)


def test_a_mismatch_is_caught_as_mxnet_raised_it():
    with pytest.raises(AssertionError):
        declared(w=(2,)).get("w", dtype="float16")


def test_one_dtype_in_two_spellings_agrees():
    params = ParameterDict()
    weight = params.get("w", dtype="float16")
    assert params.get("w", dtype=np.float16) is weight
    assert weight.dtype == "float16"


def test_an_initializer_is_adopted_where_there_is_none():
    params = declared(w=(2,))
    assert params.get("w", init="ones").init == "ones"


def test_equal_initializers_agree():
    params = ParameterDict()
    weight = params.get("w", init=mx.init.Normal(0.5))
    assert params.get("w", init=mx.init.Normal(0.5)) is weight


def test_arguments_of_none_agree_with_anything():
    params = ParameterDict()
    weight = params.get("w", shape=(2,), init="ones", lr_mult=3.0)
    assert params.get("w", shape=None, init=None, lr_mult=None) is weight
    assert (weight.shape, weight.init, weight.lr_mult) == ((2,), "ones", 3.0)


def test_an_unknown_argument_for_a_new_parameter_is_a_type_error_and_adds_none():
    params = ParameterDict()
    with pytest.raises(TypeError, match="shap"):
        params.get("w", shap=(2,))
    assert list(params) == []


# -- sharing ----------------------------------------------------------------------------------------------


def test_a_shared_parameter_is_taken_over_by_its_full_name():
    first = declared("s_", weight=(2, 3))
    second = ParameterDict("s_", shared=first)
    assert second.get("weight", shape=(0, 3)) is first["s_weight"]
    assert list(second) == ["s_weight"]
    assert second.shared is first


def test_what_is_not_shared_is_made_here_alone():
    first = declared("s_", weight=(2,))
    second = ParameterDict("s_", shared=first)
    second.get("bias", shape=(2,))
    assert list(first) == ["s_weight"]
    assert list(second) == ["s_bias"]


def test_sharing_reaches_one_dictionary_far():
    first = declared("s_", weight=(2,))
    third = ParameterDict("s_", shared=ParameterDict("s_", shared=first))
    assert third.get("weight", shape=(2,)) is not first["s_weight"]


def test_a_shared_parameter_that_differs_is_an_error_and_is_not_taken_over():
    second = ParameterDict("s_", shared=declared("s_", weight=(2, 3)))
    with pytest.raises(ParameterMismatchError, match="'s_weight' exists already, with another shape"):
        second.get("weight", shape=(3, 3))
    assert list(second) == []


def test_a_shared_constant_is_taken_over_only_if_it_has_the_value():
    first = ParameterDict("s_")
    constant = first.get_constant("c", [1.0, 2.0])
    second = ParameterDict("s_", shared=first)
    with pytest.raises(ParameterMismatchError, match="exists already, with another value"):
        second.get_constant("c", [1.0, 3.0])
    assert list(second) == []
    assert second.get_constant("c", [1.0, 2.0]) is constant


# -- get_constant -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("again", [None, [1.0, 2.0], np.array([1, 2]), mx.nd.array([1, 2])])
def test_a_constant_is_found_again_by_its_value_or_without(again):
    params = ParameterDict("net_")
    constant = params.get_constant("c", mx.nd.array([1.0, 2.0]))
    assert isinstance(constant, Constant)
    assert constant.name == "net_c"
    assert params.get_constant("c", again) is constant
    assert params.get("c") is constant


def test_a_constant_with_nan_is_found_again():
    params = ParameterDict()
    constant = params.get_constant("c", [np.nan, 1.0])
    assert params.get_constant("c", [np.nan, 1.0]) is constant


@pytest.mark.parametrize("value", [[1.0, 3.0], [1.0, 2.0, 3.0], [[1.0, 2.0]]])
def test_another_value_is_an_error_that_shows_both_and_changes_nothing(value):
    params = ParameterDict()
    params.get_constant("c", [1.0, 2.0])
    with pytest.raises(ParameterMismatchError, match=r"'c' exists already.*\n.*\[1.*received \[1. 2.\]"):
        params.get_constant("c", value)
    assert params["c"].value.asnumpy().tolist() == [1.0, 2.0]


def test_a_constant_that_does_not_exist_needs_a_value():
    params = ParameterDict("net_")
    with pytest.raises(KeyError, match=r"Constant 'net_c' does not exist.\n  Give a value"):
        params.get_constant("c")
    assert list(params) == []


def test_a_parameter_is_no_constant():
    with pytest.raises(AssertionError, match=r"Parameter 'net_w' is no Constant"):
        declared(w=(2,)).get_constant("w", [1.0, 2.0])


def test_get_of_a_constant_with_other_attributes_is_an_error():
    params = ParameterDict()
    params.get_constant("c", [1.0, 2.0])
    with pytest.raises(ParameterMismatchError, match="'c' exists already, with another grad_req"):
        params.get("c", grad_req="write")


# -- update -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [dict, lambda items: items])
def test_update_takes_over_the_objects_at_the_end(kind):
    params, other = declared("a_", x=(1,)), declared("b_", y=(2,), z=(3,))
    params.update(kind(other))
    assert list(params) == ["a_x", "b_y", "b_z"]
    assert params["b_y"] is other["b_y"]


def test_update_with_the_same_parameters_changes_nothing():
    params = declared(x=(1,), y=(2,))
    params.update(params)
    assert list(params) == ["net_x", "net_y"]


def test_update_with_another_parameter_of_one_name_is_an_error_before_any_change():
    params, other = declared(x=(1,)), declared(y=(2,), x=(1,))
    with pytest.raises(DuplicateNameError, match="'net_x' is there already"):
        params.update(other)
    assert list(params) == ["net_x"]


# -- initialising -----------------------------------------------------------------------------------------


def test_a_parameters_own_initializer_comes_before_the_one_for_all(contexts):
    params = ParameterDict()
    params.get("own", shape=(2,), init="ones")
    params.get("none", shape=(2,))
    params.initialize("zeros", ctx=contexts)
    for ctx in contexts:
        assert params["own"].data(ctx).asnumpy().tolist() == [1, 1]
        assert params["none"].data(ctx).asnumpy().tolist() == [0, 0]


def test_without_an_initializer_values_are_uniform_within_seven_hundredths():
    params = filled()
    params.initialize(force_reinit=True)
    drawn = params["net_weight"].data().asnumpy()
    assert 0.01 < np.abs(drawn).max() <= 0.07


def test_initializing_again_warns_of_every_parameter_and_changes_nothing():
    params = filled()
    before = values(params)
    with pytest.warns(UserWarning, match="already initialized, ignoring") as caught:
        params.initialize("ones")
    assert [str(each.message).split("'")[1] for each in caught] == ["net_weight", "net_bias"]
    for name, value in values(params).items():
        np.testing.assert_array_equal(value, before[name])


def test_force_reinit_draws_anew():
    params = filled()
    params.initialize("ones", force_reinit=True)
    assert all((value == 1).all() for value in values(params).values())


def test_verbosity_prints_a_line_for_each_parameter(capsys):
    params = declared(weight=(2, 3), bias=(2,))
    params.initialize("ones", verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["net_weight", "net_bias"]


def test_without_verbosity_nothing_is_printed(capsys):
    filled()
    assert capsys.readouterr().out == ""


def test_values_depend_on_names_below_the_prefix_and_not_on_order_or_prefix():
    def drawn(prefix, names):
        mx.random.seed(9)
        params = filled(prefix, **dict.fromkeys(names, (4,)))
        return {name: params[prefix + name].data().asnumpy().tolist() for name in "abc"}

    plain = drawn("x_", "abc")
    assert len({tuple(value) for value in plain.values()}) == 3
    for names in itertools.permutations("abc"):
        assert drawn("other_", names) == plain


def test_two_dictionaries_after_one_seed_differ():
    first, second = filled("x_"), filled("x_")
    assert not np.array_equal(first["x_weight"].data().asnumpy(), second["x_weight"].data().asnumpy())


def test_an_unknown_initializer_is_an_error_that_initializes_none():
    params = declared(weight=(2, 3), bias=(2,))
    with pytest.raises(UnknownNameError, match="'xaviar'"):
        params.initialize("xaviar")
    with pytest.raises(NotInitializedError):
        params.list_ctx()


def test_a_shape_that_may_not_be_deferred_is_an_error_that_initializes_none():
    params = declared(weight=(2, 3))
    params.get("strict", shape=(0, 2))
    with pytest.raises(ArgumentError, match=r"'net_strict' cannot be initialized[\s\S]*shape \(\?, 2\)"):
        params.initialize()
    with pytest.raises(NotInitializedError, match="'net_weight'"):
        params["net_weight"].data()


# -- all at once ------------------------------------------------------------------------------------------


def test_zero_grad_reaches_every_gradient_and_spares_values(contexts):
    params = make_params([(3, 4), (5,)], contexts)
    for ctx in contexts:
        backward(params, ctx)
    before = values(params, contexts[-1])
    params.zero_grad()
    for parameter in params.values():
        assert all((gradient.asnumpy() == 0).all() for gradient in parameter.list_grad())
    for name, value in values(params, contexts[-1]).items():
        np.testing.assert_array_equal(value, before[name])


def test_zero_grad_sees_what_became_ready_or_trained_since_the_last_time():
    params = declared(w=(2, 0))
    params.initialize(mx.init.One())
    params.zero_grad()
    params["net_w"].shape = (2, 3)
    params.initialize(mx.init.One())
    backward(params)
    params.zero_grad()
    assert (params["net_w"].grad().asnumpy() == 0).all()
    params["net_w"].grad_req = "null"
    params["net_w"].grad_req = "add"
    backward(params)
    params.zero_grad()
    assert (params["net_w"].grad().asnumpy() == 0).all()


def test_zero_grad_passes_over_parameters_without_gradients():
    params = make_params([(2,), (3,)])
    params["p0"].grad_req = "null"
    backward(params)
    params.zero_grad()
    assert (params["p1"].grad().asnumpy() == 0).all()


def test_reset_ctx_moves_all_of_them(two):
    params = filled(ctx=two)
    before = values(params, two[1])
    params.reset_ctx(mx.cpu(2))
    assert params.list_ctx() == [mx.cpu(2)]
    for name, value in values(params).items():
        np.testing.assert_array_equal(value, before[name])


def test_reset_ctx_with_one_that_was_never_initialized_moves_none():
    params = filled()
    params.get("late", shape=(2,))
    with pytest.raises(NotInitializedError, match="'net_late'"):
        params.reset_ctx(mx.cpu(2))
    assert params["net_weight"].list_ctx() == [mx.cpu(0)]


def test_list_ctx_has_each_context_once(two):
    params = filled(ctx=two)
    params.get("late", shape=(2,)).initialize(ctx=[two[1], mx.cpu(2)])
    assert params.list_ctx() == [mx.cpu(0), mx.cpu(1), mx.cpu(2)]


def test_list_ctx_of_pending_parameters_is_where_they_will_be(two):
    params = declared(w=(2, 0))
    params.initialize(ctx=two)
    assert params.list_ctx() == two


def test_cast_reaches_all_of_them():
    params = filled()
    params.cast("float16")
    assert {p.data().dtype for p in params.values()} == {np.float16}
    assert params["net_weight"].dtype == np.float16


def test_casting_to_an_unknown_type_is_an_error_and_casts_none():
    params = filled()
    before = all_states(params)
    with pytest.raises(DTypeError, match="'float33' is not supported"):
        params.cast("float33")
    assert all_states(params) == before


@pytest.mark.parametrize(("name", "value"), [("lr_mult", 2.0), ("wd_mult", 0.0), ("init", "ones")])
def test_setattr_sets_an_attribute_of_all(name, value):
    params = filled()
    params.setattr(name, value)
    assert [getattr(p, name) for p in params.values()] == [value, value]


def test_setattr_switches_gradients_off_and_on():
    params = filled()
    params.setattr("grad_req", "null")
    assert all(p.core.ready().grad is None for p in params.values())
    params.setattr("grad_req", "add")
    assert [p.grad_req for p in params.values()] == ["add", "add"]


def test_setattr_of_an_unknown_grad_req_changes_none():
    params = filled()
    with pytest.raises(ArgumentError, match=r"cannot have this grad_req.\n.*'write', 'add' or 'null'"):
        params.setattr("grad_req", "replace")
    assert [p.grad_req for p in params.values()] == ["write", "write"]


def test_setattr_of_grad_req_passes_over_constants():
    params = filled()
    params.get_constant("c", [1.0])
    params.setattr("grad_req", "add")
    assert [p.grad_req for p in params.values()] == ["add", "add", "null"]


def test_an_attribute_that_looks_like_a_slip_is_set_with_a_warning():
    params = filled()
    with pytest.warns(UserWarning, match="no attribute 'lr_mul'.*mean 'lr_mult'"):
        params.setattr("lr_mul", 2.0)
    assert params["net_weight"].lr_mul == 2.0
    assert params["net_weight"].lr_mult == 1.0


def test_an_attribute_of_the_users_own_is_set_in_silence():
    params = filled()
    params.setattr("owner_team", "vision")
    assert params["net_bias"].owner_team == "vision"


def test_a_pattern_on_names_selects_what_is_set():
    net = mx.gluon.nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(mx.gluon.nn.Dense(2, in_units=3), mx.gluon.nn.Dense(2, in_units=2))
    net.collect_params(".*bias").setattr("lr_mult", 2)
    assert [p.lr_mult for p in net.collect_params().values()] == [1, 2, 1, 2]


def test_explain_lists_what_is_pending_with_its_cause():
    params = declared(w=(2, 0), b=(2,))
    params.initialize()
    explanation = params.explain()
    assert len(explanation) == 1
    assert str(explanation) == (
        "1 parameter pending:\n  net_w (2, ?), belongs to no layer: set its shape and initialize it again."
    )


def test_explain_is_false_once_nothing_is_pending():
    assert not filled().explain()


# -- copies -----------------------------------------------------------------------------------------------


def pickled(params):
    return pickle.loads(pickle.dumps(params))


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_a_copy_has_equal_parameters_of_its_own(copied, two):
    params = filled(ctx=two)
    twin = copied(params)
    assert repr(twin) == repr(params)
    assert_same_values(values(twin, two[1]), values(params, two[1]))
    twin["net_bias"].set_data(np.zeros(2))
    assert (params["net_bias"].data(two[0]).asnumpy() != 0).all()


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_a_copy_made_after_zeroing_zeroes_gradients_of_its_own(copied):
    """What a dictionary remembers of its memory is nothing that a copy could use."""
    params = filled()
    params.zero_grad()
    twin = copied(params)
    backward(params)
    backward(twin)
    twin.zero_grad()
    assert (twin["net_bias"].grad().asnumpy() == 0).all()
    assert (params["net_bias"].grad().asnumpy() != 0).all()


def test_a_shallow_copy_has_the_same_parameters_in_a_dictionary_of_its_own():
    params = filled()
    twin = copy.copy(params)
    twin.get("late", shape=(2,))
    assert twin["net_bias"] is params["net_bias"]
    assert "net_late" not in params
