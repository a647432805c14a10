"""The structure that arguments of a captured graph have to have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluonish.errors import ArgumentError
from gluonish.gluon.cached_graph import check_format

formats = st.recursive(st.sampled_from([0, -1]), lambda inner: st.lists(inner, max_size=3), max_leaves=6)


@given(st.lists(formats, max_size=4), st.integers(0, 3), st.integers(0, 3))
def test_nones_at_the_end_do_not_count(form, more, other):
    check_format("Net", form + [-1] * more, tuple(form) + (-1,) * other)


@given(st.lists(formats, min_size=1, max_size=4), st.integers(0, 3))
def test_an_array_more_does(form, nones):
    with pytest.raises(ArgumentError, match="Net was hybridized and first called with another structure"):
        check_format("Net", form, form + [-1] * nones + [0])


def test_a_none_inside_a_list_counts():
    with pytest.raises(ArgumentError, match=r"Expected \[\[0\]\].*received \[\[0, -1\]\]"):
        check_format("Net", [[0]], [[0, -1]])
