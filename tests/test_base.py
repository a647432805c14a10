"""``mx.base``: small things that programs take from it."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import base
from gluonish.errors import ArgumentError


class Clock(metaclass=base.ClassPropertyType):
    _hour = 3

    @base.classproperty
    def hour(cls):
        """What time it is."""
        return cls._hour

    @hour.setter
    def hour(cls, value):
        cls._hour = value

    @base.classproperty
    def year(cls):
        return 1


def test_a_property_of_a_class_is_read_from_the_class_and_from_instances():
    assert Clock.hour == Clock().hour == 3


def test_a_property_of_a_class_can_be_assigned_to():
    class Copy(Clock):
        pass

    Copy.hour = 5
    assert (Copy.hour, Copy._hour, Clock.hour) == (5, 5, 3)
    assert isinstance(vars(Clock)["hour"], base.classproperty)


def test_a_property_without_setter_stays():
    with pytest.raises(ArgumentError, match="A property of class Clock cannot be assigned to"):
        Clock.year = 2


def test_other_attributes_of_such_a_class_are_ordinary():
    class Copy(Clock):
        pass

    Copy.minute = 1
    assert Copy.minute == 1


@pytest.mark.parametrize(
    ("value", "listed"), [((1, 2), (1, 2)), ([1], [1]), ("ab", ["ab"]), (None, [None]), ({1: 2}, [{1: 2}])]
)
def test_as_list_leaves_lists_and_tuples_alone(value, listed):
    assert base._as_list(value) == listed


def test_a_symbol_asked_for_values_raises_what_old_programs_catch():
    with pytest.raises(base.NotImplementedForSymbol):
        mx.sym.var("x").asnumpy()
    assert issubclass(base.NotImplementedForSymbol, base.MXNetError)
    assert issubclass(base.NotSupportedForSparseNDArray, mx.MXNetError)


def test_kinds_of_numbers_are_those_of_mxnet():
    assert isinstance(np.float16(1), base.numeric_types)
    assert isinstance(np.int64(1), base.integer_types)
    assert not isinstance(1.0, base.integer_types)
    assert isinstance("x", base.string_types)
    assert base.mx_real_t is np.float32


def test_strings_go_to_c_and_back():
    assert base.c_str("grün").value.decode() == "grün"
    assert base.py_str(b"x") == "x"


def test_a_string_of_python_is_one_already():
    # Hooks on operators were given the names as C had them, so old programs pass what they get through it.
    assert base.py_str("x") == "x"


def test_an_argument_that_is_not_given_is_written_as_such():
    assert repr(base._Null) == "_Null"


def test_data_are_kept_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("MXNET_HOME", str(tmp_path))
    assert base.data_dir() == str(tmp_path)
    monkeypatch.delenv("MXNET_HOME")
    assert base.data_dir() == base.data_dir_default()
    assert base.data_dir_default().endswith("mxnet")


def test_a_class_made_with_a_metaclass_has_it_and_its_bases():
    class Derived(base.with_metaclass(base.ClassPropertyType, dict)):
        pass

    assert type(Derived) is base.ClassPropertyType
    assert issubclass(Derived, dict)


def test_error_classes_are_registered_by_name_or_under_one(monkeypatch):
    monkeypatch.setattr(base, "error_types", dict(base.error_types))

    @mx.error.register
    class First(RuntimeError):
        pass

    @mx.error.register("Other")
    class Second(RuntimeError):
        pass

    assert mx.error.register("Third", First) is First
    assert [base.error_types[name] for name in ("First", "Other", "Third")] == [First, Second, First]
    assert base.error_types["InternalError"] is mx.error.InternalError
