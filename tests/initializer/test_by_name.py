"""Mixed and Load: what fills an array is chosen by its name."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeMismatchError, UnknownNameError
from gluonish.gluon import ParameterDict
from gluonish.initializer import InitDesc, Load, Mixed


def initialized(init, **shapes):
    """Return the values of parameters initialised together by ``init``."""
    params = ParameterDict()
    for name, shape in shapes.items():
        params.get(name, shape=shape)
    params.initialize(init)
    return {name: p.data().asnumpy().tolist() for name, p in params.items()}


# -- Mixed ------------------------------------------------------------------------------------------------


def test_the_first_pattern_that_matches_counts():
    init = Mixed([".*bias", "fc.*", ".*"], ["zeros", mx.init.Constant(2), mx.init.Constant(3)])
    assert initialized(init, fc_bias=(1,), fc_weight=(1,), conv_weight=(1,)) == {
        "fc_bias": [0],
        "fc_weight": [2],
        "conv_weight": [3],
    }


def test_patterns_match_at_the_start_of_the_name():
    assert initialized(Mixed(["bias", ".*"], ["ones", "zeros"]), fc_bias=(1,)) == {"fc_bias": [0]}


def test_what_a_pattern_chooses_fills_a_parameter_whatever_its_name():
    init = Mixed([".*bias", ".*alpha"], [mx.init.Constant(5), mx.init.Constant(0.25)])
    assert initialized(init, fc_bias=(1,), prelu_alpha=(1,)) == {"fc_bias": [5], "prelu_alpha": [0.25]}


def test_a_direct_call_goes_by_the_end_of_the_name_as_in_mxnet():
    array = mx.nd.full((2,), 7)
    Mixed([".*"], [mx.init.Constant(5)])(InitDesc("fc_bias"), array)
    assert array.asnumpy().tolist() == [0, 0]


def test_a_pattern_may_choose_a_function_or_another_mixed():
    def three(name, arr):
        arr[:] = 3

    init = Mixed(["a", ".*"], [three, Mixed([".*"], ["ones"])])
    assert initialized(init, a=(1,), b=(1,)) == {"a": [3], "b": [1]}


def test_a_parameters_own_initializer_comes_before_the_patterns():
    params = ParameterDict()
    params.get("w", shape=(1,), init="zeros")
    params.initialize(Mixed(["nothing"], ["ones"]))
    assert params["w"].data().asnumpy().tolist() == [0]


def test_a_name_that_matches_nothing_is_an_error_that_lists_the_patterns_and_initialises_nothing():
    params = ParameterDict()
    for name in ("fc_weight", "alpha"):
        params.get(name, shape=(1,))
    with pytest.raises(
        ValueError, match=r"'alpha' matches no pattern of Mixed.\n  Expected one of 'fc', 'b'"
    ):
        params.initialize(Mixed(["fc", "b"], ["ones", "ones"]))
    assert not any(p.core.is_ready for p in params.values())


def test_a_pattern_without_an_initializer_is_an_error():
    with pytest.raises(ArgumentError, match=r"one initializer for each pattern.\s+Expected 2, received 1"):
        Mixed(["a", "b"], ["ones"])


@pytest.mark.parametrize("nonsense", [None, 3, mx.init.One])
def test_what_is_no_initializer_is_an_error_at_once(nonsense):
    with pytest.raises(ArgumentTypeError, match="The initializer is none"):
        Mixed([".*"], [nonsense])


# -- Load -------------------------------------------------------------------------------------------------


def test_arrays_are_loaded_by_name_without_their_kind():
    saved = {"arg:w": mx.nd.array([1.0, 2.0]), "aux:mean": mx.nd.array([3.0]), "b": np.array([4.0])}
    assert initialized(Load(saved), w=(2,), mean=(1,), b=(1,)) == {"w": [1, 2], "mean": [3], "b": [4]}


def test_a_file_is_loaded_by_its_path(tmp_path):
    mx.nd.save(tmp_path / "w.params", {"w": mx.nd.array([1.0, 2.0])})
    assert initialized(Load(tmp_path / "w.params"), w=(2,)) == {"w": [1, 2]}
    assert initialized(Load(str(tmp_path / "w.params")), w=(2,)) == {"w": [1, 2]}


def test_names_that_are_not_there_go_to_the_default():
    init = Load({"w": mx.nd.array([1.0])}, default_init=mx.init.Constant(5))
    assert initialized(init, w=(1,), fc_bias=(1,), alpha=(1,)) == {"w": [1], "fc_bias": [5], "alpha": [5]}


def test_the_default_of_a_direct_call_goes_by_the_end_of_the_name():
    array = mx.nd.full((2,), 7)
    Load({}, default_init="ones")(InitDesc("fc_bias"), array)
    assert array.asnumpy().tolist() == [0, 0]


def test_a_name_that_is_not_there_is_an_error_without_a_default():
    with pytest.raises(UnknownNameError, match=r"'v' is not among the loaded ones.*\n  Expected one of w"):
        initialized(Load({"w": mx.nd.ones((1,))}), v=(1,))
    with pytest.raises(AssertionError):
        initialized(Load({}), v=(1,))


def test_another_shape_is_an_error_that_shows_both():
    with pytest.raises(
        ShapeMismatchError, match=r"'w' has another shape.*\n  Expected \(2,\), received \(3,\)"
    ):
        initialized(Load({"w": mx.nd.ones((3,))}), w=(2,))


def test_a_file_without_names_is_an_error(tmp_path):
    mx.nd.save(tmp_path / "list.params", [mx.nd.ones((1,))])
    with pytest.raises(ArgumentTypeError, match=r"Load needs named arrays.\s+Expected a dictionary"):
        Load(tmp_path / "list.params")


def test_loaded_values_take_the_dtype_of_the_parameter():
    params = ParameterDict()
    params.get("w", shape=(1,), dtype="float16")
    params.initialize(Load({"w": mx.nd.array([0.1], dtype="float64")}))
    assert params["w"].data().asnumpy() == np.float16(0.1)


def test_it_says_on_request_where_each_array_came_from(capsys):
    initialized(Load({"w": mx.nd.ones((1,))}, default_init="zeros", verbose=True), w=(1,), v=(1,))
    assert capsys.readouterr().out.splitlines() == ["Initialized w from the file", "Initialized v by default"]
