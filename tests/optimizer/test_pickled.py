"""Reading pickled states: MXNet's, our own, and nothing else."""

from __future__ import annotations

import contextlib
import os
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.engine.sparse import RowSparseNDArray
from gluonish.errors import FileFormatError
from gluonish.lr_scheduler import FactorScheduler, LRScheduler, PolyScheduler
from gluonish.optimizer import DCASGD, SGD, Adam, Nadam, Optimizer, RMSProp
from gluonish.optimizer.pickled import read_states

FOLDER = Path(__file__).parent.parent / "data/mxnet/states"
"""Files that a Trainer of Apache MXNet 1.9.1 saved; tools/make_golden_states.py makes them."""


def read(name):
    return read_states((FOLDER / f"{name}.states").read_bytes())


def test_momentum_of_mxnet_is_read():
    """After two steps of momentum 0.9 with decay, as tests/data/mxnet/states/runs.json tells."""
    states, optimizer = read("sgd")
    assert type(optimizer) is SGD
    assert (optimizer.lr, optimizer.momentum, optimizer.wd, optimizer.num_update) == (0.1, 0.9, 0.1, 2)
    assert optimizer._all_index_update_counts == {0: {0: 2, 1: 2}}
    assert optimizer._index_update_count is optimizer._all_index_update_counts[0]
    assert optimizer.param_dict == {}
    assert [states[i].shape for i in (0, 1)] == [(2, 3), (3,)]
    change = 0.9 * (-0.1 * (1 + 0.05)) - 0.1 * (1 + 0.1 * (0.5 - 0.105))
    assert states[1].asnumpy()[0] == pytest.approx(change, rel=1e-5)
    assert type(states[1]) is mx.nd.NDArray
    assert (states[1] + 1).shape == (3,)


@pytest.mark.parametrize(
    ("name", "kind", "layout"),
    [
        ("adam", Adam, ("float32", "float32")),
        ("rmsprop", RMSProp, ("float32",) * 3),
        ("dcasgd", DCASGD, (None, "float32")),
        ("half", SGD, ("float32", "float32")),
        ("plain", SGD, None),
    ],
)
def test_states_of_mxnet_have_their_layout(name, kind, layout):
    states, optimizer = read(name)
    assert type(optimizer) is kind
    state = states[0]
    found = state and tuple(None if each is None else np.dtype(each.dtype).name for each in state)
    assert found == layout


def test_schedules_of_mxnet_go_on_where_they_were():
    factor, poly = read("factor")[1].lr_scheduler, read("poly")[1].lr_scheduler
    assert type(factor) is FactorScheduler
    assert [factor(n) for n in (0, 2, 3, 4)] == [0.1, 0.1, 0.05, 0.025]
    assert type(poly) is PolyScheduler
    assert [round(poly(n), 6) for n in (0, 3, 5)] == [0.2, 0.032, 0]
    assert poly.base_lr_orig == 0.2


def test_what_mxnet_keeps_as_a_value_and_we_compute_is_left_out():
    nadam = Nadam()
    nadam.__setstate__({**nadam.__dict__, "m_schedule": 0.5})
    assert nadam.m_schedule == 1


class Mine(Optimizer):
    """An optimizer of the user's own."""


class Schedule(LRScheduler):
    """A schedule of the user's own."""

    def __call__(self, num_update):
        return 0.5


def test_classes_of_the_users_own_are_read_if_they_are_imported():
    content = pickle.dumps(({}, Mine(lr_scheduler=Schedule())))
    states, optimizer = read_states(content)
    assert states == {}
    assert type(optimizer) is Mine
    assert optimizer.learning_rate == 0.5


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "float64"])
def test_arrays_of_ours_are_read_in_every_protocol(dtype, protocol):
    kept = {"w": (mx.nd.array([1.0, -2.5], dtype=dtype, ctx=mx.cpu(1)), None, 3)}
    states, optimizer = read_states(pickle.dumps(kept, protocol))
    array, nothing, number = states["w"]
    assert (array.tolist(), array.dtype, array.context) == ([1, -2.5], kept["w"][0].dtype, mx.cpu(1))
    assert (nothing, number, optimizer) == (None, 3, None)


def test_numbers_of_numpy_are_read():
    optimizer = SGD(learning_rate=np.float64(0.5), wd=np.float32(0.25))
    read_back = read_states(pickle.dumps(({}, optimizer)))[1]
    assert (read_back.lr, read_back.wd) == (0.5, 0.25)


class Evil:
    """What must not be run."""

    def __reduce__(self):
        return os.system, ("echo this must not run",)


@pytest.mark.parametrize("content", [{0: Evil()}, ({}, Evil()), [Evil()]])
def test_nothing_else_is_called(content):
    with pytest.raises(FileFormatError, match=r"name something that is not read from a pickle: posix.system"):
        read_states(pickle.dumps(content))


@pytest.mark.parametrize("name", ["eval", "getattr", "__import__"])
def test_builtin_functions_are_not_found(name):
    content = b"cbuiltins\n" + name.encode() + b"\n."
    with pytest.raises(FileFormatError, match=f"not read from a pickle: builtins.{name}"):
        read_states(content)


def test_sparse_states_of_mxnet_are_read():
    """The momentum of a row-sparse weight after three steps; tools/make_golden_sparse.py makes the file."""
    states, _ = read_states((FOLDER.parent / "sparse_states.pickle").read_bytes())
    assert type(states[0]) is RowSparseNDArray
    np.testing.assert_allclose(states[0].asnumpy()[1:], [[0, 0], [-0.588, 0.634], [0, 0]], rtol=1e-5)


HOLDS_ITSELF: list = []
HOLDS_ITSELF.append(HOLDS_ITSELF)


def doubled(times):
    """Return a list that is written out as 2**times objects."""
    found = [1.0]
    for _ in range(times):
        found = [found, found]
    return found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x80\x04]r\xff\xff\xff\x7f.", "stores something as number 2147483647"),
        (b"\x80\x04B\xff\xff\xff\x7fabc.", "expected 2147483647 bytes"),
        (b"\x80\x04\x8e\xff\xff\xff\xff\xff\x00\x00\x00abc.", "cannot be read"),
        (b"\x80\x02cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.", "bytes in an unknown form"),
        (
            b"\x80\x02cnumpy\nndarray\nJ\xff\xff\xff\x7f\x85R.",
            "make an object of a class that is only to be named",
        ),
        (pickle.dumps({0: 1}) + b"x", "something follows after their end"),
        (pickle.dumps({0: HOLDS_ITSELF}), "hold each other more than 100 deep"),
        (pickle.dumps({0: doubled(60)}), "a few objects hold each other too often"),
        (pickle.dumps({0: {1, 2}}), "hold a set"),
        (pickle.dumps({0: np.array(["text"])}), "have a dtype that is unknown: 'U4'"),
        (pickle.dumps({0: np.array([None])}), "have a dtype that is unknown: 'O8'"),
    ],
    ids=[
        "number",
        "bytes",
        "long bytes",
        "bytearray",
        "array",
        "rest",
        "cycle",
        "doubling",
        "set",
        "text",
        "object",
    ],
)
def test_a_pickle_takes_no_memory_and_no_time_that_its_bytes_do_not_stand_for(content, message):
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError, match=message):
            read_states(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1e6


def test_numpy_arrays_of_any_layout_are_read():
    kept = {
        0: np.arange(6.0).reshape(2, 3).T,
        1: np.array(1.5),
        2: np.arange(3, dtype=">i4"),
        3: np.zeros((0, 2)),
    }
    states, _ = read_states(pickle.dumps(kept))
    for key, array in kept.items():
        np.testing.assert_array_equal(states[key], array)
        assert states[key].shape == array.shape


DAMAGES = {
    "num_update": -1,
    "begin_num_update": "a",
    "_all_index_update_counts": {0: 3},
    "lr": "a",
    "lr_scheduler": 3,
}


def test_what_an_older_version_did_not_have_is_as_in_a_new_optimizer():
    optimizer = Adam(beta1=0.5)
    optimizer.set_update_count(3, 7)
    held = optimizer.__dict__
    held["_index_update_count"] = held.pop("_all_index_update_counts")[0]
    for name in ("aggregate_num", "allow_np_array"):
        del held[name]
    read_back = read_states(pickle.dumps(({}, optimizer)))[1]
    assert (read_back.beta1, read_back.aggregate_num) == (0.5, Adam().aggregate_num)
    assert read_back._all_index_update_counts[0][3] == 7


@pytest.mark.parametrize("name", DAMAGES)
def test_an_optimizer_with_damaged_attributes_is_an_error(name):
    optimizer = SGD()
    optimizer.__dict__[name] = DAMAGES[name]
    with pytest.raises(FileFormatError, match="have damaged attributes of SGD"):
        read_states(pickle.dumps(({}, optimizer)))


def test_a_file_of_mxnet_cut_at_any_length_is_an_error():
    content = (FOLDER / "sgd.states").read_bytes()
    for length in range(len(content)):
        with pytest.raises(FileFormatError, match="The pickled states cannot be read"):
            read_states(content[:length])


def test_a_flipped_bit_is_an_error_or_another_value():
    content = (FOLDER / "factor.states").read_bytes()
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 1 << position % 8
        try:
            states, optimizer = read_states(bytes(damaged))
        except FileFormatError:
            continue
        assert isinstance(states, dict)
        assert isinstance(optimizer, (Optimizer, type(None)))


@given(st.binary(max_size=60))
def test_any_bytes_are_an_error_or_states(content):
    for each in (content, b"\x80\x04" + content, b"\x80\x04" + content + b"."):
        with contextlib.suppress(FileFormatError):
            read_states(each)


@pytest.mark.parametrize("content", [b"", b"abc", b"\x80\x04", pickle.dumps({0: 1})[:-3]])
def test_a_damaged_pickle_is_an_error(content):
    with pytest.raises(
        FileFormatError, match=r"The pickled states cannot be read: .*\n  Expected what get_states"
    ):
        read_states(content)


@pytest.mark.parametrize("content", [3, [1, 2], ({}, 3), (3, SGD())])
def test_a_pickle_of_something_else_is_an_error(content):
    with pytest.raises(FileFormatError, match="The pickled states are something else"):
        read_states(pickle.dumps(content))


def test_a_damaged_array_of_mxnet_is_an_error():
    content = (FOLDER / "sgd.states").read_bytes()
    start = content.index(b"\xc9\xfa\x93\xf9")
    with pytest.raises(FileFormatError, match="A pickled array cannot be read"):
        read_states(content[:start] + b"\xff\xff\xff\x7f" + content[start + 4 :])
