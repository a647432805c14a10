"""Nested lists of arrays, flattened and put together again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish import nd, sym
from gluonish.errors import ArgumentTypeError
from gluonish.gluon.structure import flatten, leaves_of, regroup, same_format

leaves = st.sampled_from([None, 0])
structures = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple), max_leaves=8
)


def with_arrays(structure):
    """Return the structure with an array in place of every 0."""
    if isinstance(structure, (list, tuple)):
        return type(structure)(with_arrays(each) for each in structure)
    return None if structure is None else nd.ones(1)


@given(structures)
def test_what_is_flattened_is_put_together_again(structure):
    value = with_arrays(structure)
    flat, form = flatten(value, "input")
    arrays = [leaf for leaf in flat if leaf is not None]
    assert regroup(iter(arrays), form) == value
    assert list(leaves_of([value])) == flat


@given(structures, structures)
def test_formats_are_alike_where_structures_are_up_to_the_kind_of_list(first, second):
    def listed(structure):
        return [listed(each) for each in structure] if isinstance(structure, (list, tuple)) else structure

    formats = [flatten(with_arrays(each), "input")[1] for each in (first, second)]
    assert same_format(*formats) == (listed(first) == listed(second))


def test_a_symbol_of_several_outputs_stands_for_a_list_of_arrays():
    parts = sym.split(sym.var("x"), num_outputs=3, axis=1)
    assert flatten((parts, sym.var("y")), "output")[1] == (3, 0)
    assert regroup(iter("abcd"), (3, 0)) == (["a", "b", "c"], "d")


@pytest.mark.parametrize("value", [3, "x", {"a": nd.ones(1)}, [nd.ones(1), 2.5]], ids=repr)
def test_anything_else_is_an_error(value):
    with pytest.raises(ArgumentTypeError, match=r"The output of a hybridized block must consist of arrays"):
        flatten(value, "output")
    assert issubclass(ArgumentTypeError, mx.errors.MXNetError)
