"""Typed parameters of operators: what each annotation reads, from Python values and from text."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.context import Context
from gluonish.dtype import SUPPORTED, dtype_name
from gluonish.engine.fields import REQUIRED, DType, Scalar, fields_of
from gluonish.engine.operator import operators
from gluonish.errors import ArgumentError, ContextError, DTypeError


def kernel(
    xp,
    data,
    *,
    count: int,
    rate: float = 0.5,
    flag: bool = False,
    word: str = "",
    number: Scalar = 0,
    shape: tuple[int, ...] = (),
    dtype: DType | None = None,
    ctx: Context | None = None,
    mode: Literal["clip", "wrap"] = "clip",
    axis: int | None = None,
    axes: tuple[int, ...] | None = None,
    rates: tuple[float, ...] = (),
    bound: Scalar | None = None,
    anything: Any = None,
    rng=None,
    out=None,
):
    """A kernel with a parameter of every kind."""


FIELDS = fields_of(kernel, skip=("rng", "out"))


def read(name, value):
    return FIELDS[name].parse(value, "Op")


def identical(first, second):
    return type(first) is type(second) and first == second


def test_parameters_are_the_keyword_only_arguments_in_order():
    assert list(FIELDS) == [
        *(
            "count",
            "rate",
            "flag",
            "word",
            "number",
            "shape",
            "dtype",
            "ctx",
            "mode",
            "axis",
            "axes",
            "rates",
        ),
        *("bound", "anything"),
    ]


def test_a_parameter_without_a_default_is_required():
    assert FIELDS["count"].default is REQUIRED
    assert repr(REQUIRED) == "REQUIRED"
    assert FIELDS["rate"].default == 0.5


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("count", 3, 3),
        ("count", np.int64(3), 3),
        ("count", 3.0, 3),
        ("count", "3", 3),
        ("count", " 3 ", 3),
        ("count", "3.0", 3),
        ("count", True, 1),
        ("rate", 3, 3.0),
        ("rate", np.float32(0.5), 0.5),
        ("rate", "1e-3", 0.001),
        ("rate", "-inf", float("-inf")),
        ("flag", True, True),
        ("flag", 1, True),
        ("flag", 0, False),
        ("flag", np.True_, True),
        ("flag", "True", True),
        ("flag", "false", False),
        ("flag", "1", True),
        ("word", "max", "max"),
        ("word", "1", "1"),
        ("number", 2, 2),
        ("number", 2.0, 2.0),
        ("number", "2", 2),
        ("number", "2.0", 2.0),
        ("number", np.float32(2), 2.0),
        ("number", np.int8(2), 2),
        ("number", True, 1),
        ("shape", (2, 3), (2, 3)),
        ("shape", [2, 3], (2, 3)),
        ("shape", 2, (2,)),
        ("shape", "(2, 3)", (2, 3)),
        ("shape", "[2,3]", (2, 3)),
        ("shape", "()", ()),
        ("shape", np.array([2, 3]), (2, 3)),
        ("dtype", "float16", np.dtype("float16")),
        ("dtype", np.float16, np.dtype("float16")),
        ("dtype", None, None),
        ("dtype", "None", None),
        ("ctx", "gpu(1)", mx.gpu(1)),
        ("ctx", mx.cpu(1), mx.cpu(1)),
        ("ctx", None, None),
        ("ctx", "", mx.cpu(0)),
        ("mode", "wrap", "wrap"),
        ("axis", None, None),
        ("axis", "None", None),
        ("axis", "-1", -1),
        ("axes", None, None),
        ("axes", 1, (1,)),
        ("axes", "(0, 1)", (0, 1)),
        ("rates", "(0.5, 1)", (0.5, 1.0)),
        ("bound", None, None),
        ("bound", "0", 0),
        ("bound", 1.5, 1.5),
        ("anything", "x", "x"),
    ],
)
def test_a_value_is_read_as_its_parameters_type(name, value, expected):
    assert identical(read(name, value), expected)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("count", 2.5, "an integer"),
        ("count", "two", "an integer"),
        ("count", None, "an integer"),
        ("count", (1,), "an integer"),
        ("rate", "fast", "a number"),
        ("rate", None, "a number"),
        ("rate", 1j, "a number"),
        ("flag", 2, "True or False"),
        ("flag", "yes", "True or False"),
        ("flag", None, "True or False"),
        ("word", 1, "a string"),
        ("number", "a", "a number"),
        ("number", 1j, "a number"),
        ("shape", "2,,", "a tuple, each entry an integer"),
        ("shape", (2.5,), "a tuple, each entry an integer"),
        ("shape", None, "a tuple, each entry an integer"),
        ("dtype", "floaty", "a dtype, or None"),
        ("ctx", 3, "a context, or None"),
        ("mode", "raise", "one of 'clip', 'wrap'"),
        ("axis", "x", "an integer, or None"),
    ],
)
def test_any_other_value_is_refused_with_what_is_expected(name, value, words):
    with pytest.raises(DTypeError if name == "dtype" else ArgumentError) as error:
        read(name, value)
    assert str(error.value) == (
        f"Operator 'Op' cannot take this for its parameter {name!r}.\n  Expected {words}, received {value!r}."
    )


def test_a_context_that_cannot_be_read_keeps_its_own_error():
    with pytest.raises(ContextError, match="cannot be read"):
        read("ctx", "gpu(")


@given(st.integers())
def test_every_integer_survives_its_text(number):
    assert read("count", str(number)) == read("count", number) == number


@given(st.floats(allow_nan=False))
def test_every_float_survives_its_text(number):
    assert identical(read("rate", str(number)), number)


def test_nan_survives_its_text():
    assert np.isnan(read("rate", "nan"))


@given(st.lists(st.integers(-5, 5)).map(tuple))
def test_every_shape_survives_its_text(shape):
    assert read("shape", str(shape)) == shape


@pytest.mark.parametrize("dtype", SUPPORTED, ids=dtype_name)
def test_every_dtype_survives_its_name(dtype):
    assert read("dtype", dtype_name(dtype)) is dtype


@pytest.mark.parametrize("annotation", [dict, bytes, complex])
def test_an_annotation_that_nothing_can_read_is_an_error_of_the_declaration(annotation):
    def strange(xp, *, value=None):
        pass

    strange.__annotations__["value"] = annotation
    with pytest.raises(TypeError, match="no parser for operator parameters annotated"):
        fields_of(strange, skip=())


def test_every_default_of_every_operator_is_a_value_that_it_takes():
    wrong = [
        (op.name, name)
        for op in operators().values()
        for name, field in op.fields.items()
        if field.default is not REQUIRED and field.parse(field.default, op.name) != field.default
    ]
    assert wrong == []
