"""Every layer keeps every promise, and every check of a promise fails on a layer that breaks it."""

from __future__ import annotations

import copy
import inspect
import pickle
from functools import partial

import attrs
import pytest
from descriptors import (
    ACTIVATIONS,
    CONVOLUTIONS,
    DENSE,
    LAYERS,
    NETWORKS,
    NORMALIZATIONS,
    OWN,
    ROWS,
    Refusal,
    Row,
)
from gluon.nn import broken, contracts
from hypothesis import given, settings
from hypothesis import strategies as st

import gluonish as mx
from gluonish.gluon import HybridBlock, contrib, nn, rnn

SIZED = [row for row in ROWS if row.sizes]
HYBRID = [row for row in ROWS if row.kind is HybridBlock]
REFUSING = [row for row in ROWS if row.refusal]

COPIES = pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda block: pickle.loads(pickle.dumps(block))], ids=["deepcopy", "pickle"]
)


def over(rows):
    """Return a decorator that runs a test for each of these rows."""
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.id)


# -- initial values -------------------------------------------------------------------------------------


@over(SIZED)
def test_sizes_found_in_the_first_batch_change_no_bit_of_the_initial_values(row, contexts):
    contracts.check_deferral_changes_no_bit(row, contexts)


@over([row for row in ROWS if row.parameters])
def test_all_contexts_start_with_the_same_values(row, contexts):
    contracts.check_replicas_are_equal(row, contexts)


PARTS = [DENSE[0], CONVOLUTIONS[2], NORMALIZATIONS[0], ACTIVATIONS[6], NETWORKS[2], NETWORKS[6], OWN[0]]


@settings(max_examples=25)
@given(
    st.permutations(range(7)), st.permutations(range(7)), st.lists(st.integers(0, 2), min_size=7, max_size=7)
)
def test_the_order_of_building_and_of_first_calls_changes_no_bit(building, calling, strangers):
    contracts.check_order_changes_no_bit(PARTS, building, calling, strangers)


# -- gradients and steps --------------------------------------------------------------------------------


@over(contracts.TRAINED)
def test_a_gradient_is_replaced_by_the_next_one(row):
    contracts.check_write_replaces(row)


@over(contracts.SPLITTABLE)
@pytest.mark.parametrize("parts", [2, 3])
def test_micro_batches_add_up_to_the_gradient_of_the_whole_batch(row, parts):
    contracts.check_add_accumulates(row, parts)


@over(contracts.TRAINED)
def test_a_frozen_parameter_has_no_gradient_and_the_others_keep_theirs(row):
    contracts.check_null_has_no_gradient(row)


@over(ROWS)
def test_gradients_are_those_of_finite_differences(row):
    contracts.check_gradient_is_that_of_finite_differences(row)


@over(contracts.SPLITTABLE)
def test_training_on_a_split_batch_is_training_on_the_whole(row, contexts):
    contracts.check_split_batch_equals_whole(row, contexts)


# -- names, shapes, texts -------------------------------------------------------------------------------


@over(ROWS)
def test_parameters_have_their_golden_names_and_shapes(row):
    contracts.check_names_and_shapes(row)


@over(HYBRID)
def test_a_trace_infers_the_shapes_that_a_run_has(row):
    contracts.check_trace_infers_what_a_run_has(row)


@over(REFUSING)
def test_a_second_batch_of_another_feature_size_is_an_error_that_says_what_does_not_fit(row):
    contracts.check_another_size_is_refused(row)


@over([*LAYERS, *NETWORKS])
def test_the_repr_has_the_sizes_once_they_are_known(row):
    contracts.check_repr_has_the_sizes(row)


@over(ROWS)
@pytest.mark.parametrize("pattern", [".*weight", ".*(bias|beta)", "weight", "row_.*0", ""])
def test_parameters_are_selected_by_what_their_names_begin_with(row, pattern):
    contracts.check_selection(row, pattern)


@over(ROWS)
def test_a_layer_is_the_kind_of_block_it_is_said_to_be(row):
    contracts.check_kind(row)


# -- graphs -----------------------------------------------------------------------------------------------


@over(HYBRID)
def test_a_captured_graph_computes_what_the_code_does(row):
    contracts.check_graph_computes_what_the_code_does(row)


@over([row for row in HYBRID if row.sizes])
def test_capturing_a_graph_changes_no_bit_of_the_initial_values(row, contexts):
    contracts.check_hybridizing_changes_no_initial_value(row, contexts)


@over(HYBRID)
def test_an_exported_layer_is_imported_as_one_that_computes_the_same(row, tmp_path):
    contracts.check_export_is_imported(row, tmp_path)


# -- copies, files, dtypes ------------------------------------------------------------------------------


@over(ROWS)
def test_a_file_restores_a_layer_that_knows_no_sizes(row, tmp_path):
    contracts.check_file_restores(row, tmp_path / "layer.params")


@over(ROWS)
@COPIES
def test_a_copy_is_equal_and_independent(row, copied):
    contracts.check_copy_is_equal_and_independent(row, copied)


@over(SIZED)
@COPIES
def test_a_copy_of_a_pending_layer_completes_as_the_layer_would_have(row, copied):
    contracts.check_copy_of_a_pending_layer_completes(row, copied)


@over(ROWS)
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_a_cast_layer_computes_in_that_type(row, dtype):
    contracts.check_cast_runs(row, dtype)


# -- the checks themselves ------------------------------------------------------------------------------

ONE, TWO = [mx.cpu(0)], [mx.cpu(0), mx.cpu(1)]

BROKEN = [
    (
        contracts.check_deferral_changes_no_bit,
        partial(broken.layer, nn.Dense, weight_initializer=broken.Wandering()),
        (ONE,),
    ),
    (contracts.check_replicas_are_equal, partial(broken.layer, broken.Drifting), (TWO,)),
    (contracts.check_write_replaces, partial(broken.layer, broken.Hoarding), ()),
    (contracts.check_add_accumulates, partial(broken.layer, broken.Gregarious), (2,)),
    (contracts.check_null_has_no_gradient, partial(broken.layer, broken.Resentful), ()),
    (contracts.check_gradient_is_that_of_finite_differences, partial(broken.layer, broken.Blind), ()),
    (contracts.check_split_batch_equals_whole, partial(broken.layer, broken.Gregarious), (TWO,)),
    (contracts.check_names_and_shapes, partial(broken.layer, broken.Renamed), ()),
    (contracts.check_trace_infers_what_a_run_has, partial(broken.layer, broken.TwoFaced), ()),
    (contracts.check_another_size_is_refused, partial(broken.layer, broken.Tolerant), ()),
    (contracts.check_repr_has_the_sizes, partial(broken.layer, broken.Discreet), ()),
    (contracts.check_selection, partial(broken.layer, broken.Unselective), (".*bias",)),
    (contracts.check_graph_computes_what_the_code_does, partial(broken.layer, broken.Deranged), ()),
    (
        contracts.check_hybridizing_changes_no_initial_value,
        partial(broken.layer, nn.Dense, weight_initializer=broken.Wandering()),
        (ONE,),
    ),
    (
        contracts.check_copy_is_equal_and_independent,
        partial(broken.layer, broken.Inseparable),
        (copy.deepcopy,),
    ),
    (
        contracts.check_copy_of_a_pending_layer_completes,
        partial(broken.layer, nn.Dense, weight_initializer=broken.Wandering()),
        (copy.deepcopy,),
    ),
    (contracts.check_cast_runs, partial(broken.layer, broken.Stubborn), ("float16",)),
]


@pytest.mark.parametrize(("check", "make", "arguments"), BROKEN, ids=[check.__name__ for check, *_ in BROKEN])
def test_a_check_passes_on_a_sound_layer_and_fails_on_a_broken_one(check, make, arguments):
    check(broken.SOUND, *arguments)
    with pytest.raises(AssertionError):
        check(make(), *arguments)


def test_the_check_of_files_fails_on_a_layer_with_hidden_state(tmp_path):
    with pytest.raises(AssertionError, match="not equal"):
        contracts.check_file_restores(broken.layer(broken.Moody), tmp_path / "layer.params")


def test_the_check_of_exports_fails_on_a_layer_that_computes_otherwise_with_symbols(tmp_path):
    with pytest.raises(AssertionError, match="not equal"):
        contracts.check_export_is_imported(broken.layer(broken.Deranged), tmp_path)


def test_the_check_of_order_fails_where_all_parameters_draw_from_one_stream():
    rows = [broken.layer(nn.Dense, weight_initializer=broken.Wandering())] * 2
    with pytest.raises(AssertionError, match=r"0\.weight"):
        contracts.check_order_changes_no_bit(rows, [0, 1], [1, 0], [0, 0])


def test_the_check_of_kinds_fails_on_a_layer_for_arrays_only():
    row = attrs.evolve(ACTIVATIONS[0], create=broken.Concrete)
    with pytest.raises(AssertionError):
        contracts.check_kind(row)


def test_every_check_is_shown_to_fail():
    shown = {check.__name__ for check, *_ in BROKEN}
    shown |= {"check_file_restores", "check_order_changes_no_bit", "check_kind", "check_export_is_imported"}
    checks = {
        name for name, _ in inspect.getmembers(contracts, inspect.isfunction) if name.startswith("check_")
    }
    assert checks - {"check_gradient"} == shown


# -- the table ------------------------------------------------------------------------------------------


def test_every_layer_has_a_row():
    made = {cls for row in ROWS for block in _all_blocks(row.deferred()) for cls in type(block).__mro__}
    named = {
        getattr(place, name)
        for place in (nn, rnn, contrib.cnn, contrib.nn, contrib.rnn)
        for name in place.__all__
    }
    # It has no deferred parameter, and needs a Trainer; test_sparse_parameters.py has its tests.
    made.add(contrib.nn.SparseEmbedding)
    assert {each for each in named if isinstance(each, type)} - made == set()


def _all_blocks(block):
    found = []
    block.apply(found.append)
    return found


def test_rows_have_names_of_their_own():
    assert len({row.id for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("field", [field.name for field in attrs.fields(Row)])
def test_a_row_that_lacks_a_field_cannot_be_made(field):
    fields = attrs.asdict(DENSE[0], recurse=False)
    del fields[field]
    with pytest.raises(TypeError, match=f"'{field}'"):
        Row(**fields)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", ""),
        ("create", "Dense"),
        ("sizes", {"in_units": 0}),
        ("shape", (5,)),
        ("dtype", "single"),
        ("indices", 0),
        ("parameters", {"weight": (3, 5)}),
        ("parameters", {"row_weight": (3, 0)}),
        ("parameters", {}),
        ("kind", str),
        ("behaviour", "odd"),
        ("refusal", None),
    ],
)
def test_a_row_with_an_impossible_field_cannot_be_made(field, value):
    with pytest.raises((ValueError, TypeError)):
        attrs.evolve(DENSE[0], **{field: value})


@pytest.mark.parametrize("field", [field.name for field in attrs.fields(Refusal)])
def test_a_refusal_that_lacks_a_field_cannot_be_made(field):
    fields = attrs.asdict(DENSE[0].refusal, recurse=False)
    del fields[field]
    with pytest.raises(TypeError, match=f"'{field}'"):
        Refusal(**fields)
