"""gluon.ParameterDict: saving and loading."""

from __future__ import annotations

import numpy as np
import pytest
from gluon.dictionaries import all_states, assert_same_values, declared, filled
from parameter.helpers import values

import gluonish as mx
from gluonish.errors import (
    ArgumentError,
    ContextError,
    FileFormatError,
    MissingFileError,
    NotInitializedError,
    ShapeMismatchError,
    UnknownNameError,
)
from gluonish.gluon import DeferredInitializationError, ParameterDict


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.params"


def test_what_was_saved_is_loaded_on_any_contexts(path, contexts):
    params = filled(ctx=contexts)
    params.save(path)
    other = declared(weight=(2, 3), bias=(2,))
    other.load(path, ctx=[mx.cpu(5), mx.cpu(6)])
    assert other.list_ctx() == [mx.cpu(5), mx.cpu(6)]
    assert_same_values(values(other, mx.cpu(6)), values(params, contexts[0]))


def test_without_a_context_it_is_loaded_to_the_first_host_context_and_not_the_current_one(path):
    filled().save(path)
    other = declared(weight=(2, 3), bias=(2,))
    with mx.cpu(3):
        other.load(path)
    assert other.list_ctx() == [mx.cpu(0)]


def test_names_are_saved_whole_or_without_a_prefix(path):
    params = filled()
    params.save(path)
    assert list(mx.nd.load(str(path))) == ["net_weight", "net_bias"]
    params.save(path, strip_prefix="net_")
    assert list(mx.nd.load(str(path))) == ["weight", "bias"]


def test_a_prefix_that_is_not_there_cannot_be_stripped_and_no_file_is_written(path):
    with pytest.raises(ValueError, match=r"'net_weight' cannot be saved.*\n.*begins with 'other_'"):
        filled().save(path, strip_prefix="other_")
    assert not path.exists()


def test_a_stripped_prefix_is_restored_even_as_another_one(path):
    params = filled("first_")
    params.save(path, strip_prefix="first_")
    other = declared("second_", weight=(2, 3), bias=(2,))
    other.load(path, restore_prefix="second_")
    np.testing.assert_array_equal(
        other["second_bias"].data().asnumpy(), params["first_bias"].data().asnumpy()
    )


def test_a_prefix_that_the_parameters_do_not_have_cannot_be_restored(path):
    params = filled()
    params.save(path, strip_prefix="net_")
    with pytest.raises(AssertionError, match=r"'net_weight' cannot be restored.*\n.*restore_prefix 'other_'"):
        params.load(path, restore_prefix="other_")


def test_saving_averages_replicas_that_differ(path, two):
    params = filled(ctx=two, w=(2,))
    params["net_w"].data(two[0])[:] = 1.0
    params["net_w"].data(two[1])[:] = 2.0
    params.save(path)
    assert mx.nd.load(str(path))["net_w"].asnumpy().tolist() == [1.5, 1.5]


@pytest.mark.parametrize(
    ("started", "error"), [(True, DeferredInitializationError), (False, NotInitializedError)]
)
def test_saving_what_holds_no_value_is_an_error_and_writes_no_file(path, started, error):
    params = declared(w=(2, 0))
    if started:
        params.initialize()
    with pytest.raises(error, match="'net_w'"):
        params.save(path)
    assert not path.exists()


@pytest.fixture
def saved(path):
    """Return the path of a file with the parameters weight (2, 3) and bias (2,) of net_."""
    filled().save(path)
    return path


def assert_refused(params, file, error, match, **options):
    """Check that loading raises, and that it changes nothing."""
    before = all_states(params)
    with pytest.raises(error, match=match):
        params.load(file, **options)
    assert all_states(params) == before


def test_a_missing_parameter_is_an_error_that_changes_nothing(saved):
    params = declared(weight=(2, 3), gamma=(2,), bias=(2,))
    match = (
        r"'net_gamma' is missing in file.*net.params.\n.*received net_weight, net_bias.\n.*allow_missing=True"
    )
    assert_refused(params, saved, UnknownNameError, match)
    assert_refused(params, saved, AssertionError, match)


def test_a_missing_parameter_with_a_similar_name_in_the_file_shows_it(saved):
    params = declared(weights=(2, 3), bias=(2,))
    assert_refused(params, saved, UnknownNameError, r"'net_weights' is missing.*\n.*\n.*It has 'net_weight'")


def test_missing_parameters_are_left_alone_if_they_may_be_missing(saved):
    params = declared(weight=(2, 3), gamma=(2,))
    params.load(saved, allow_missing=True, ignore_extra=True)
    assert params["net_weight"].core.is_ready
    with pytest.raises(NotInitializedError):
        params["net_gamma"].data()


def test_an_array_too_many_is_an_error_that_changes_nothing(saved):
    params = declared(weight=(2, 3))
    match = r"'net_bias' in file.*belongs to no parameter.\n.*Expected net_weight.\n.*ignore_extra=True"
    assert_refused(params, saved, AssertionError, match)
    params.load(saved, ignore_extra=True)
    assert params["net_weight"].core.is_ready


def test_an_array_of_another_shape_is_an_error_that_loads_nothing(saved):
    params = declared(bias=(2,), weight=(2, 4))
    assert_refused(params, saved, ShapeMismatchError, r"'net_weight' was declared \(2, 4\) and cannot become")


def test_unknown_axes_are_filled_in_by_the_file(saved):
    params = declared(weight=(2, 0), bias=None)
    params.load(saved)
    assert [p.shape for p in params.values()] == [(2, 3), (2,)]


def test_another_dtype_is_an_error_unless_it_may_be_cast(saved):
    params = ParameterDict("net_")
    params.get("weight", shape=(2, 3), dtype="float16")
    params.get("bias", shape=(2,))
    match = r"'net_weight' cannot take a loaded array of another dtype.\n.*float16, received float32"
    assert_refused(params, saved, AssertionError, match)
    params.load(saved, cast_dtype=True)
    assert params["net_weight"].data().dtype == np.float16


def test_the_dtype_of_the_file_can_count(saved):
    params = ParameterDict("net_")
    params.get("weight", shape=(2, 3), dtype="float16")
    params.get("bias", shape=(2,))
    params.load(saved, cast_dtype=True, dtype_source="saved")
    assert params["net_weight"].data().dtype == np.float32
    assert params["net_weight"].dtype == np.float32


def test_an_unknown_source_of_the_dtype_is_an_error(saved):
    params = declared(weight=(2, 3), bias=(2,))
    assert_refused(params, saved, ArgumentError, "'current' or 'saved'", cast_dtype=True, dtype_source="file")


def test_parameters_that_are_ready_are_written_in_place_where_they_are(saved, two):
    params = filled(ctx=two)
    array = params["net_bias"].data(two[1])
    params.load(saved)
    assert params["net_bias"].data(two[1]) is array
    np.testing.assert_array_equal(array.asnumpy(), mx.nd.load(str(saved))["net_bias"].asnumpy())


def test_other_contexts_than_they_are_on_are_an_error(saved, two):
    params = filled(ctx=two)
    match = r"other contexts than the ones to load to.\n.*cpu\(0\), cpu\(1\), received cpu\(4\)"
    assert_refused(params, saved, ContextError, match, ctx=mx.cpu(4))


def test_a_file_of_arrays_without_names_is_an_error(path):
    mx.nd.save(str(path), [mx.nd.ones((2,))])
    assert_refused(declared(w=(2,)), path, ArgumentError, "holds arrays without names")


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    assert_refused(declared(w=(2,)), tmp_path / "nothing", MissingFileError, "nothing")


def test_a_file_that_ends_too_early_is_an_error_and_changes_nothing(saved):
    saved.write_bytes(saved.read_bytes()[:-4])
    assert_refused(filled(), saved, FileFormatError, "net.params")


def test_a_dictionary_in_memory_is_loaded_like_a_file():
    params = declared("q_", a=(2,), b=(2,))
    params.load_dict({"arg:q_a": mx.nd.ones(2), "aux:q_b": np.zeros(2, "float32")})
    assert params["q_a"].data().asnumpy().tolist() == [1, 1]
    assert params["q_b"].data().asnumpy().tolist() == [0, 0]


def test_errors_about_a_dictionary_in_memory_call_it_that():
    with pytest.raises(UnknownNameError, match="'net_w' is missing in the dictionary"):
        declared(w=(2,)).load_dict({})
