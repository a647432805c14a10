"""NumPy's semantics as a switch, and the machine."""

from __future__ import annotations

import os
import threading

import pytest

import gluonish as mx
from gluonish import util
from gluonish.errors import ArgumentError, ArgumentTypeError, DeviceUnavailableError

needs_no_gpu = pytest.mark.skipif(mx.num_gpus() > 0, reason="says what happens without a GPU")


def switches():
    return util.is_np_shape(), util.is_np_array()


@pytest.fixture(autouse=True)
def restored():
    yield
    util.reset_np()


def in_thread(function):
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def test_both_switches_are_off_at_first():
    assert switches() == (False, False)


def test_set_np_and_reset_np_turn_both():
    util.set_np()
    assert switches() == (True, True)
    util.set_np(array=False)
    assert switches() == (True, False)
    util.reset_np()
    assert switches() == (False, False)


def test_arrays_cannot_have_numpys_semantics_without_shapes():
    with pytest.raises(ValueError, match="without giving it to shapes") as caught:
        util.set_np(shape=False)
    assert isinstance(caught.value, ArgumentError)
    assert switches() == (False, False)


def test_the_switches_belong_to_a_thread():
    util.set_np()
    assert in_thread(switches) == (False, False)


def test_set_np_shape_returns_what_was_there():
    assert util.set_np_shape(True) is False
    assert util.set_np_shape(0) is True
    with pytest.raises(TypeError, match=r"set_np_shape\(\) needs a truth value") as caught:
        util.set_np_shape("yes")
    assert isinstance(caught.value, ArgumentTypeError)


def test_scopes_nest_and_set_one_switch_each():
    with mx.np_shape():
        with util.np_array(), mx.np_shape(False):
            assert switches() == (False, True)
        assert switches() == (True, False)
    assert switches() == (False, False)


def test_a_scope_is_left_by_an_exception():
    with pytest.raises(KeyError), mx.np_shape():
        raise KeyError
    assert switches() == (False, False)


def test_a_scope_can_be_entered_inside_itself():
    scope = mx.np_shape()
    with scope:
        with scope:
            pass
        assert util.is_np_shape()
    assert not util.is_np_shape()


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [(mx.use_np, (True, True)), (mx.use_np_shape, (True, False)), (mx.use_np_array, (False, True))],
)
def test_a_decorated_function_runs_with_the_switches_on(decorator, expected):
    @decorator
    def inside(a, b=2):
        """Its text."""
        return switches(), a, b

    assert inside(1, b=3) == (expected, 1, 3)
    assert (inside.__name__, inside.__doc__) == ("inside", "Its text.")
    assert switches() == (False, False)


def test_all_code_of_a_decorated_class_runs_with_the_switches_on():
    @mx.use_np
    class Decorated:
        constant = 3

        def __init__(self):
            self.at_first = switches()

        def method(self):
            return switches()

        @staticmethod
        def static():
            return switches()

        @classmethod
        def of_class(cls):
            return switches(), cls

        @property
        def prop(self):
            return switches()

        @prop.setter
        def prop(self, value):
            self.at_set = switches()

    each = Decorated()
    each.prop = 1
    on = (True, True)
    assert [each.at_first, each.method(), Decorated.static(), each.prop, each.at_set] == [on] * 5
    assert Decorated.of_class() == (on, Decorated)
    assert Decorated.constant == 3


def test_only_code_can_be_decorated():
    with pytest.raises(TypeError, match=r"use_np_shape\(\) decorates classes and functions"):
        mx.use_np_shape(3)


def test_environment_variables_are_seen_by_python_too(monkeypatch):
    monkeypatch.setenv("GLUONISH_TEST_UTIL", "1")
    util.setenv("GLUONISH_TEST_UTIL", "5")
    assert util.getenv("GLUONISH_TEST_UTIL") == os.environ["GLUONISH_TEST_UTIL"] == "5"
    util.setenv("GLUONISH_TEST_UTIL", None)
    util.setenv("GLUONISH_TEST_UTIL", None)
    assert util.getenv("GLUONISH_TEST_UTIL") is None


def test_folders_are_made_with_those_above_them(tmp_path):
    util.makedirs(tmp_path / "a" / "b")
    util.makedirs(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_module_can_be_said_of_a_function():
    assert util.set_module("abc")(lambda: 1).__module__ == "abc"


@needs_no_gpu
def test_without_a_gpu_there_are_none_and_questions_about_one_are_errors():
    assert util.get_gpu_count() == mx.context.num_gpus() == 0
    for ask in (util.get_gpu_memory, mx.context.gpu_memory_info):
        with pytest.raises(DeviceUnavailableError, match="CuPy cannot be imported"):
            ask(0)
    with pytest.raises(DeviceUnavailableError, match="cannot hold arrays here"):
        util.get_cuda_compute_capability(mx.gpu(0))
    with pytest.raises(DeviceUnavailableError, match="cannot hold arrays here"):
        mx.gpu(0).empty_cache()


def test_a_compute_capability_is_asked_of_a_gpu():
    with pytest.raises(ValueError, match=r"asks a GPU.\n  Expected a gpu context, received cpu"):
        util.get_cuda_compute_capability(mx.cpu())


@pytest.mark.gpu
def test_a_gpu_tells_its_memory_and_capability(gpu):
    free, total = mx.context.gpu_memory_info(0)
    assert 0 < free <= total
    assert util.get_cuda_compute_capability(gpu) >= 30
    gpu.empty_cache()


def test_shape_semantics_can_be_switched_on_for_all_threads():
    assert util.set_np_shape(2) is False
    try:
        assert util.is_np_shape()
        assert in_thread(util.is_np_shape)
        assert not in_thread(lambda: (util.set_np_shape(False), util.is_np_shape())[1])
    finally:
        util.set_np_shape(0)
    assert not util.is_np_shape()
    assert not in_thread(util.is_np_shape)


def test_switching_shape_semantics_on_in_one_thread_leaves_the_others():
    with util.np_shape():
        assert not in_thread(util.is_np_shape)
    util.set_np_shape(True)
    try:
        assert not in_thread(util.is_np_shape)
    finally:
        util.set_np_shape(False)


def test_the_scope_of_arrays_has_the_members_of_mxnet():
    scope = mx.util._NumpyArrayScope
    assert not scope._current.value._is_np_array
    with util.np_array(True) as entered:
        assert isinstance(entered, scope)
        assert entered._is_np_array
        assert scope._current.value._is_np_array
        assert not in_thread(lambda: scope._current.value._is_np_array)
    scope._current.value = scope(True)
    try:
        assert util.is_np_array()
    finally:
        scope._current.value = scope(False)
    assert not util.is_np_array()
