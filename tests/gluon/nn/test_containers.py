"""Sequential and HybridSequential."""

from __future__ import annotations

import pytest

import gluonish as mx
from gluonish.errors import ArgumentTypeError, IndexOutOfRangeError
from gluonish.gluon import Block, HybridBlock, nn

CONTAINERS = pytest.mark.parametrize("container", [nn.Sequential, nn.HybridSequential])


class Both(Block):
    """Gives two outputs."""

    def forward(self, x):
        return x, x * 10


class Sum(Block):
    """Takes them as one argument."""

    def forward(self, pair):
        return pair[0] + pair[1]


def stack(container, *units, **kwargs):
    net = container(**kwargs)
    with net.name_scope():
        net.add(*(nn.Dense(n) for n in units))
    return net


@CONTAINERS
def test_blocks_run_in_the_order_they_were_added(container):
    net = container()
    net.add(nn.HybridLambda(lambda F, x: x + 1))
    net.add(nn.HybridLambda(lambda F, x: x * 3), nn.HybridLambda(lambda F, x: x - 2))
    assert net(mx.nd.array([1.0])).asscalar() == 4


@CONTAINERS
def test_an_empty_container_returns_its_input(container):
    x = mx.nd.ones(3)
    assert container()(x) is x


@CONTAINERS
def test_a_container_has_a_length_and_is_iterated_in_order(container):
    net = stack(container, 1, 2, 3)
    assert len(net) == 3
    assert [block.weight.shape[0] for block in net] == [1, 2, 3]


@CONTAINERS
def test_an_index_gives_a_block_and_a_slice_a_container_that_shares_blocks(container):
    net = stack(container, 1, 2, 3, prefix="net_")
    assert net[0].weight.shape[0] == 1
    assert net[-1] is net[2]
    part = net[1:]
    assert type(part) is container
    assert part.prefix == "net_"
    assert list(part) == [net[1], net[2]]


@CONTAINERS
@pytest.mark.parametrize("index", [3, -4])
def test_an_index_out_of_range_is_an_error(container, index):
    with pytest.raises(IndexOutOfRangeError, match=rf"'net' has no layer {index}.*\n.*a number below 3"):
        stack(container, 1, 2, 3, prefix="net_")[index]


@CONTAINERS
def test_a_name_is_no_index(container):
    with pytest.raises(TypeError, match="not str"):
        stack(container, 1)["0"]


@CONTAINERS
def test_something_that_is_no_block_is_an_error_and_is_not_added(container):
    net = container(prefix="net_")
    with pytest.raises(ArgumentTypeError, match=r"'net'.*\n.*received int"):
        net.add(3)
    assert len(net) == 0


def test_a_block_that_is_not_hybrid_cannot_be_in_a_hybrid_container():
    net = nn.HybridSequential(prefix="net_")
    with pytest.raises(
        ValueError, match=r"'net' is a HybridBlock.*\n.*received Sequential.\n.*use HybridSequential"
    ):
        net.add(nn.Sequential())
    assert len(net) == 0


def test_several_outputs_reach_the_next_block_as_one_argument():
    net = nn.Sequential()
    net.add(Both(), Sum())
    assert net(mx.nd.array([2.0])).asscalar() == 22


def test_several_outputs_of_the_last_block_are_those_of_the_container():
    net = nn.Sequential()
    net.add(Both())
    first, second = net(mx.nd.array([2.0]))
    assert (first.asscalar(), second.asscalar()) == (2, 20)


def test_a_subclass_can_say_how_its_blocks_are_run():
    class Skip(nn.HybridSequential):
        def hybrid_forward(self, F, x):
            return x + super().hybrid_forward(F, x)

    net = Skip()
    net.add(nn.HybridLambda(lambda F, x: x * 3))
    assert net(mx.nd.array([2.0])).asscalar() == 8
    assert isinstance(net, HybridBlock)


def test_the_repr_lists_blocks_by_number():
    net = nn.HybridSequential()
    net.add(nn.Dense(2, in_units=3, activation="relu"), nn.Flatten())
    assert repr(net) == "HybridSequential(\n  (0): Dense(3 -> 2, Activation(relu))\n  (1): Flatten\n)"


def test_a_container_can_be_an_attribute_of_itself_and_be_numbered_on():
    net = nn.Sequential()
    net.add(nn.Dense(1))
    net.head = nn.Dense(2)
    net.add(nn.Dense(3))
    assert list(net._children) == ["0", "head", "2"]
    assert [block.weight.shape[0] for block in net] == [1, 2, 3]
