"""Facts that shape and dtype rules state."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluonish.engine.facts import DTypeFacts, ShapeFacts
from gluonish.errors import DTypeError, ShapeMismatchError

dims = st.one_of(st.none(), st.integers(1, 2))
shapes = st.one_of(st.none(), st.lists(dims, min_size=1, max_size=2).map(tuple))


def shape_facts(*values, names=("data", "weight", "output"), n_inputs=2):
    return ShapeFacts("Op", names, list(values), n_inputs)


def test_facts_are_read_by_name_and_by_position():
    s = shape_facts((1,), None, (2, 3))
    assert (s["data"], s[1], s["output"]) == ((1,), None, (2, 3))
    assert (s.inputs, s.outputs) == ([(1,), None], [(2, 3)])


def test_an_optional_input_is_there_or_not():
    s = shape_facts(None, None, None)
    assert "weight" in s
    assert "bias" not in s


def test_a_stated_fact_is_merged_with_what_is_known():
    s = shape_facts((2, None), None, None)
    s["data"] = (None, 3)
    s["weight"] = [4, None]
    assert s.inputs == [(2, 3), (4, None)]


def test_a_fact_can_be_stated_about_an_output():
    s = shape_facts(None, None, None)
    s["output"] = (5,)
    assert s.outputs == [(5,)]


def test_stating_nothing_changes_nothing():
    s = shape_facts((2, None), None, None)
    s["data"] = None
    s["data"] = (None, None)
    s["data"] = (2, None)
    assert not s.changed
    assert s["data"] == (2, None)


def test_something_new_is_noticed():
    s = shape_facts((2, None), None, None)
    s["data"] = (None, 3)
    assert s.changed


def test_a_contradiction_names_the_operator_and_the_argument():
    s = shape_facts(None, (4, 5), None)
    with pytest.raises(ShapeMismatchError) as error:
        s["weight"] = (4, 3)
    assert str(error.value) == (
        "Operator 'Op': its argument 'weight' has shape (4, 5) where the rest of the call needs (4, 3).\n"
        "  Axis 1: expected 3, received 5."
    )


def test_a_rule_can_refuse_the_call_as_a_whole():
    with pytest.raises(ShapeMismatchError) as error:
        shape_facts((1, None), (2,), None).fail("has no room", expected="room", fix="Make some.")
    assert str(error.value) == (
        "Operator 'Op' has no room.\n  Expected room, received data (1, ?), weight (2,).\n  Make some."
    )


def compatible(values):
    known = [value for value in values if value is not None]
    return len({len(value) for value in known}) <= 1 and all(
        len({dim for dim in axis if dim is not None}) <= 1 for axis in zip(*known, strict=False)
    )


@given(st.lists(shapes, min_size=2, max_size=4))
def test_arrays_of_one_shape_learn_all_that_is_known_of_any(values):
    names = [f"x{i}" for i in range(len(values))]
    s = ShapeFacts("Op", names, list(values), len(values))
    if not compatible(values):
        with pytest.raises(ShapeMismatchError):
            s.same(*names)
        return
    s.same(*names)
    known = [value for value in values if value is not None]
    together = tuple(
        max((d for d in axis if d is not None), default=None) for axis in zip(*known, strict=True)
    )
    assert s.values == [together if known else None] * len(values)


def test_a_dtype_is_stated_once_and_then_only_repeated():
    d = DTypeFacts("Op", ("data", "output"), [None, None], 1)
    d["data"] = np.dtype("float32")
    d.same("data", "output")
    assert d.values == [np.dtype("float32")] * 2
    with pytest.raises(DTypeError) as error:
        d["output"] = np.dtype("float64")
    assert str(error.value).startswith(
        "Operator 'Op' got arrays of different dtypes: its argument 'output' does not fit.\n"
        "  Expected float64, received float32."
    )
