"""Tracing: what a block computes, as a graph."""

from __future__ import annotations

import networks
import pytest

from gluonish import nd
from gluonish.errors import ArgumentTypeError, SymbolValueError
from gluonish.gluon import nn
from gluonish.gluon.tracing import is_tracing, trace


def test_one_input_is_called_data_and_several_are_numbered():
    """As in MXNet, whose files have these names."""
    block = nn.HybridLambda(lambda F, x, y=None: F.concat(*x, dim=1) if y is None else F.concat(*x, y, dim=1))
    x = nd.ones((2, 3))
    assert [node.name for node in trace(block, [[x], None]).inputs] == ["data"]
    assert [node.name for node in trace(block, [[x, x], x]).inputs] == ["data0", "data1", "data2"]


def test_a_trace_has_the_structures_of_arguments_and_results():
    block = nn.HybridLambda(lambda F, x, y: (x[0] + 1, [F.split(y, num_outputs=2, axis=1), None]))
    found = trace(block, [[nd.ones(1)], nd.ones((1, 2))])
    assert (found.in_format, found.out_format) == ([[0], 0], (0, [2, -1]))
    assert len(found.outputs) == 3


def test_parameters_are_known_by_their_nodes():
    net = networks.mlp("net_")
    found = trace(net, [nd.ones((1, 5))])
    names = [node.name for node in found.parameters]
    assert names == list(net.collect_params())
    shapes = found.shapes([nd.ones((2, 5))])
    assert shapes[net[1].weight.core] == (3, 4)


def test_hooks_are_silent_while_tracing():
    net = networks.mlp()
    seen = []
    net[0].register_forward_hook(lambda *args: seen.append(args))
    flags = []
    net.add(nn.HybridLambda(lambda F, x: flags.append(is_tracing()) or x))
    trace(net, [nd.ones((1, 5))])
    assert (seen, flags, is_tracing()) == ([], [True], False)


def test_a_trace_that_fails_ends():
    with pytest.raises(SymbolValueError, match="has no shape"):
        trace(networks.Untraceable(), [nd.ones((2, 5))])
    assert not is_tracing()


def test_an_array_among_the_results_is_an_error():
    constant = nd.ones(1)
    block = nn.HybridLambda(lambda F, x: [x, constant], prefix="fixed_")
    with pytest.raises(ArgumentTypeError, match=r"'fixed' returned an array when it was called with symbols"):
        trace(block, [nd.ones(1)])


def test_other_arguments_are_an_error_unless_they_may_be():
    block = nn.HybridLambda(lambda F, x, factor: x * factor)
    with pytest.raises(ArgumentTypeError, match=r"The input of a hybridized block .*\n.*received int 3"):
        trace(block, [nd.ones(1), 3])
    assert len(trace(block, [nd.ones(1), 3], strict=False).symbol.nodes()) == 2
