"""Contexts are values, and scopes that set the current one."""

from __future__ import annotations

import copy
import pickle
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.context import Context, as_context
from gluonish.errors import ArgumentTypeError, ContextError

TYPES = ("cpu", "gpu", "cpu_pinned", "cpu_shared")

some_context = st.builds(Context, st.sampled_from(TYPES), st.integers(0, 20))


# -- values -----------------------------------------------------------------------------------------------


@given(some_context, some_context)
def test_contexts_are_equal_if_type_and_number_are(first, second):
    same = (first.device_type, first.device_id) == (second.device_type, second.device_id)
    assert (first == second) is same
    assert (first is second) is same
    assert (len({first, second}) == 1) is same


@given(some_context)
def test_a_context_survives_copies_pickles_and_its_own_text(ctx):
    assert copy.copy(ctx) is ctx
    assert copy.deepcopy([ctx])[0] is ctx
    assert pickle.loads(pickle.dumps(ctx)) is ctx
    assert as_context(str(ctx)) is ctx
    assert Context(ctx) is ctx


@pytest.mark.parametrize("function", [mx.cpu, mx.gpu, mx.cpu_pinned, mx.cpu_shared])
def test_the_functions_make_the_contexts_of_their_name(function):
    assert function(2) is Context(function.__name__, 2)
    assert function() is Context(function.__name__, 0)


def test_a_context_is_written_as_the_call_that_makes_it():
    assert [str(mx.cpu(1)), repr(mx.gpu(0)), str(mx.cpu_pinned())] == ["cpu(1)", "gpu(0)", "cpu_pinned(0)"]


def test_device_types_have_the_numbers_that_mxnet_writes_to_files():
    assert [Context(each).device_typeid for each in TYPES] == [1, 2, 3, 5]


@pytest.mark.parametrize("name", ["device_type", "device_id", "place", "colour"])
def test_a_context_cannot_be_changed(name):
    with pytest.raises(AttributeError, match=f"Context cpu.0. is an immutable value; '{name}' cannot be set"):
        setattr(mx.cpu(0), name, 1)
    with pytest.raises(AttributeError, match="cannot be deleted"):
        delattr(mx.cpu(0), name)


def test_pinned_and_shared_memory_are_the_place_of_the_cpu_of_their_number():
    assert mx.cpu_pinned(3).place is mx.cpu(3)
    assert mx.cpu_shared(3).place is mx.cpu(3)
    assert mx.cpu(3).place is mx.cpu(3)
    assert mx.gpu(3).place is mx.gpu(3)


def test_a_gpu_can_be_named_on_any_machine():
    assert mx.gpu(99).device_id == 99


def test_a_negative_number_means_the_first_host_device_as_in_mxnet():
    assert mx.cpu(-1) is mx.cpu(0)


def test_a_negative_gpu_is_refused():
    with pytest.raises(ContextError, match=r"Context gpu\(-1\) has a negative device number") as error:
        mx.gpu(-1)
    assert error.value.expected == "0 or more"


@pytest.mark.parametrize("device_type", ["tpu", None, 2, ["cpu"]])
def test_an_unknown_type_is_refused(device_type):
    with pytest.raises(ContextError, match="is unknown") as error:
        Context(device_type)
    assert repr(device_type) in str(error.value)
    assert "'cpu', 'gpu'" in str(error.value)


@pytest.mark.parametrize("number", ["0", 1.0, None])
def test_a_device_number_is_an_integer(number):
    with pytest.raises(
        ContextError, match=r"Context cpu needs a device number.\n  Expected an integer, received"
    ):
        mx.cpu(number)


def test_threads_that_race_for_a_new_context_get_one_object():
    found = []
    start = threading.Barrier(8)

    def make():
        start.wait()
        found.extend(mx.cpu(1000 + i) for i in range(50))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(ctx) for ctx in found}) == 50


# -- reading ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spelled", "ctx"),
    [("gpu(1)", mx.gpu(1)), ("cpu", mx.cpu(0)), ("cpu_pinned(2)", mx.cpu_pinned(2)), (mx.gpu(4), mx.gpu(4))],
)
def test_a_context_can_be_spelled(spelled, ctx):
    assert as_context(spelled) is ctx


@pytest.mark.parametrize(
    "text", ["cpu(", "cpu()", "cpu(-1)", "gpu(1", "gpu(²)", "gpu 1", " cpu(0)", "cpu(0)x", ""]
)
def test_a_text_of_another_form_is_refused(text):
    with pytest.raises(ContextError, match=r"cannot be read.\n  Expected a form like 'gpu\(0\)' or 'cpu'"):
        as_context(text)


def test_a_text_that_names_no_device_type_is_refused():
    with pytest.raises(ContextError, match="Context type 'tpu' is unknown"):
        as_context("tpu(0)")


@pytest.mark.parametrize("value", [0, 1.5, ["cpu"]])
def test_what_is_neither_context_nor_text_is_refused(value):
    with pytest.raises(
        ArgumentTypeError, match=r"The context is not a Context.\n  Expected a Context such as"
    ):
        as_context(value)


# -- scopes -----------------------------------------------------------------------------------------------


def test_the_current_context_is_the_first_cpu():
    assert mx.current_context() is mx.cpu(0)
    assert as_context(None) is mx.cpu(0)


def test_a_scope_sets_the_current_context_and_gives_itself():
    with mx.cpu(1) as ctx:
        assert ctx is mx.current_context() is as_context(None) is mx.cpu(1)
    assert mx.current_context() is mx.cpu(0)


def test_arrays_are_made_on_the_current_context():
    with mx.cpu(2):
        made = [mx.nd.zeros(1), mx.nd.array([1]), mx.nd.random.uniform(shape=1)]
    assert [x.context for x in made] == [mx.cpu(2)] * 3


def test_leaving_by_an_exception_restores_the_outer_context():
    with pytest.raises(KeyError), mx.cpu(1):
        raise KeyError
    assert mx.current_context() is mx.cpu(0)


def test_scopes_nest():
    with mx.cpu(1):
        with mx.gpu(7):
            assert mx.current_context() is mx.gpu(7)
        assert mx.current_context() is mx.cpu(1)


def test_a_context_can_be_entered_inside_itself():
    """MXNet restored the wrong context here, since the scope kept the outer one on itself."""
    ctx = mx.cpu(1)
    with ctx:
        with mx.cpu(2), ctx:
            assert mx.current_context() is ctx
        assert mx.current_context() is ctx
    assert mx.current_context() is mx.cpu(0)


def test_every_thread_has_a_current_context_of_its_own():
    seen = []
    entered, looked = threading.Event(), threading.Event()

    def other():
        seen.append(mx.current_context())
        with mx.cpu(1):
            entered.set()
            looked.wait(10)
            seen.append(mx.current_context())

    with mx.cpu(3):
        thread = threading.Thread(target=other)
        thread.start()
        entered.wait(10)
        seen.append(mx.current_context())
        looked.set()
        thread.join()
    assert seen == [mx.cpu(0), mx.cpu(3), mx.cpu(1)]


# -- the current context as a property of the class -------------------------------------------------------


def test_the_default_context_is_the_current_one_and_can_be_assigned():
    with mx.cpu(1):
        assert Context.default_ctx is mx.cpu(1)
        Context.default_ctx = mx.cpu(3)
        assert mx.current_context() is mx.nd.ones(1).context is mx.cpu(3)
        with mx.cpu(2):
            assert mx.current_context() is mx.cpu(2)
        assert mx.current_context() is mx.cpu(3)
    assert mx.current_context() is mx.cpu(0)


def test_the_default_context_belongs_to_a_thread():
    seen = []

    def work():
        seen.append(Context.default_ctx)
        Context.default_ctx = mx.cpu(9)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [mx.cpu(0)]
    assert Context.default_ctx is mx.cpu(0)


def test_only_a_context_can_become_the_default():
    with pytest.raises(ArgumentTypeError, match="The context is not a Context"):
        Context.default_ctx = 3


def test_device_types_are_found_by_number():
    assert Context.devtype2str == {1: "cpu", 2: "gpu", 3: "cpu_pinned", 5: "cpu_shared"}
    assert {Context.devstr2type[name]: name for name in TYPES} == Context.devtype2str


def test_the_host_has_no_cache_to_empty():
    assert mx.cpu(0).empty_cache() is None
