"""Names of blocks, parameters and symbols: those of MXNet, to the letter."""

from __future__ import annotations

import copy
import gc
import json
import threading
import weakref
from pathlib import Path

import pytest
from gluon.named_programs import PROGRAMS, describe

import gluonish as mx
from gluonish.gluon import Block, nn

GOLDEN = json.loads((Path(__file__).parent / "goldens" / "names.json").read_text())


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_names_are_those_that_mxnet_gives(program):
    assert json.loads(json.dumps(describe(program))) == GOLDEN[program.__name__]


def test_every_program_has_golden_names():
    assert list(GOLDEN) == [program.__name__ for program in PROGRAMS]


def test_a_name_is_the_prefix_without_its_last_underscore():
    assert nn.Dense(1, prefix="fc_").name == "fc"
    assert nn.Dense(1, prefix="fc__").name == "fc_"
    assert nn.Dense(1, prefix="fc").name == "fc"
    assert nn.Sequential(prefix="").name == ""


def names_in_threads(make, count):
    """Call ``make`` in threads that all are in it at once, and return what they return."""
    together = threading.Barrier(count)
    found = []
    threads = [threading.Thread(target=lambda: found.append(make(together))) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_every_thread_counts_for_itself():
    def make(together):
        names = []
        for _ in range(3):
            together.wait()
            names.append(nn.Dense(1).name)
        return names

    assert names_in_threads(make, 3) == [["dense0", "dense1", "dense2"]] * 3


def test_a_scope_of_one_thread_is_none_of_another():
    net = Block(prefix="net_")
    with net.name_scope():
        (outside,) = names_in_threads(lambda _: nn.Dense(1).name, 1)
        inside = nn.Dense(1).name
    assert (outside, inside) == ("dense0", "net_dense0")


def test_a_scope_can_be_entered_inside_itself():
    net = Block(prefix="net_")
    scope = net.name_scope()
    with scope:
        first = nn.Dense(1).name
        with scope:
            second = nn.Dense(1).name
        third = nn.Dense(1).name
    with mx.name.NameManager():
        after = nn.Dense(1).name
    assert [first, second, third, after] == ["net_dense0", "net_dense1", "net_dense2", "dense0"]


def test_the_scope_of_an_empty_prefix_changes_no_name_and_no_number():
    net, inner = Block(prefix="net_"), Block(prefix="")
    with mx.name.NameManager(), net.name_scope():
        x = mx.sym.relu(mx.sym.var("x"))
        with inner.name_scope():
            names = [nn.Dense(1).name, mx.sym.relu(x).name]
        after = [nn.Dense(1).name, mx.sym.relu(x).name]
    assert (names, after) == (["net_dense0", "net_relu1"], ["net_dense1", "net_relu2"])


def test_an_exception_leaves_the_scope():
    net = Block(prefix="net_")
    with pytest.raises(KeyError), net.name_scope():
        raise KeyError
    with mx.name.NameManager():
        assert nn.Dense(1).name == "dense0"
        assert mx.sym.relu(mx.sym.var("x")).name == "relu0"


def test_a_copy_goes_on_counting_by_itself():
    net = nn.Sequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(1))
    twin = copy.deepcopy(net)
    with twin.name_scope():
        assert nn.Dense(1).name == "net_dense1"
    with net.name_scope():
        assert nn.Dense(1).name == "net_dense1"


def test_an_open_scope_keeps_its_block():
    with nn.Sequential(prefix="net_").name_scope():
        gc.collect()
        assert nn.Dense(1).name == "net_dense0"
        assert mx.sym.relu(mx.sym.var("x")).name == "net_relu0"


def test_a_block_that_had_scopes_is_freed_at_once():
    net = nn.Sequential()
    with net.name_scope():
        net.add(nn.Dense(1))
    gone = weakref.ref(net)
    del net
    assert gone() is None
