"""A symbol as a table."""

from __future__ import annotations

import sys
from itertools import pairwise
from types import SimpleNamespace

import pytest

import gluonish as mx
from gluonish.errors import ArgumentError, ArgumentTypeError, NotInstalledError


@pytest.fixture
def network():
    """A network with every kind of node: data, parameters, states, a label, two inputs."""
    x = mx.sym.var("data")
    y = mx.sym.Convolution(x, kernel=(3, 3), num_filter=4, name="conv")
    y = mx.sym.BatchNorm(y, name="bn")
    y = mx.sym.FullyConnected(y, num_hidden=3, name="fc", no_bias=True)
    with mx.name.NameManager():
        y = y + mx.sym.FullyConnected(y, num_hidden=3, name="side")
    return mx.sym.SoftmaxOutput(y, name="softmax")


def rows(text):
    """The cells of the rows, by the columns of the default positions."""
    ends = [0, 52, 76, 88, 120]
    lines = [line for line in text.splitlines() if set(line) - set("_=")]
    return [[line[a:b].strip() for a, b in pairwise(ends)] for line in lines]


def test_operators_are_listed_with_shapes_parameters_and_inputs(network, capsys):
    """The numbers that MXNet 1.9.1 prints."""
    mx.viz.print_summary(network, {"data": (1, 3, 8, 8)})
    assert rows(capsys.readouterr().out) == [
        ["Layer (type)", "Output Shape", "Param #", "Previous Layer"],
        ["data(null)", "3x8x8", "0", ""],
        ["conv(Convolution)", "4x6x6", "112", "data"],
        ["bn(BatchNorm)", "4x6x6", "8", "conv"],
        ["fc(FullyConnected)", "3", "432", "bn"],
        ["side(FullyConnected)", "3", "12", "fc"],
        ["_plus0(elemwise_add)", "3", "0", "fc"],
        ["", "", "", "side"],
        ["softmax(SoftmaxOutput)", "3", "0", "_plus0"],
        ["Total params: 564", "", "", ""],
    ]


def test_without_shapes_there_are_none_and_no_numbers(network, capsys):
    mx.viz.print_summary(network)
    found = {row[0]: row[1:] for row in rows(capsys.readouterr().out)}
    assert found["conv(Convolution)"] == ["", "", "data"]
    assert found["_plus0(elemwise_add)"] == ["", "0", "fc"]


def test_columns_end_where_they_are_asked_to(capsys):
    y = mx.sym.relu(mx.sym.var("a_long_name"), name="r")
    mx.viz.print_summary(y, {"a_long_name": (1, 2)}, line_length=40, positions=[8, 16, 24, 40])
    assert "a_long_n2       0" in capsys.readouterr().out


def test_only_symbols_are_printed():
    with pytest.raises(TypeError, match=r"print_summary\(\) prints symbols") as caught:
        mx.viz.print_summary(3)
    assert isinstance(caught.value, ArgumentTypeError)


def test_shapes_that_do_not_determine_the_rest_are_an_error():
    y = mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=2) + mx.sym.var("z")
    with pytest.raises(ValueError, match="cannot work out all shapes") as caught:
        mx.viz.print_summary(mx.sym.Group([y, mx.sym.var("other")]), {"x": (2, 3)})
    assert isinstance(caught.value, ArgumentError)


# -- drawings -----------------------------------------------------------------------------------------


class Drawing:
    """Takes what is drawn, as graphviz does."""

    def __init__(self, name, format):  # noqa: A002  graphviz calls it so
        self.name, self.format, self.nodes, self.edges = name, format, {}, {}

    def node(self, name, **attributes):
        self.nodes[name] = attributes

    def edge(self, tail, head, **attributes):
        self.edges[tail, head] = attributes


@pytest.fixture
def drawn(monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", SimpleNamespace(Digraph=Drawing))


@pytest.mark.usefixtures("drawn")
def test_operators_are_boxes_and_arrows_carry_shapes(network):
    drawing = mx.viz.plot_network(network, title="t", save_format="png", shape={"data": (1, 3, 8, 8)})
    assert (drawing.name, drawing.format) == ("t", "png")
    assert set(drawing.nodes) == {"data", "conv", "bn", "fc", "side", "_plus0", "softmax", "softmax_label"}
    assert drawing.nodes["conv"] == {
        "label": "Convolution\n3x3/1, 4",
        "fillcolor": "#fb8072",
        "fixedsize": "true",
        "height": "0.8034",
        "shape": "box",
        "style": "filled",
        "width": "1.3",
    }
    assert drawing.nodes["data"]["shape"] == "oval"
    assert drawing.edges["conv", "data"] == {"dir": "back", "arrowtail": "open", "label": "3x8x8"}
    assert drawing.edges["fc", "bn"]["label"] == "4x6x6"


@pytest.mark.usefixtures("drawn")
def test_parameters_are_drawn_if_wanted_and_attributes_replaced(network):
    drawing = mx.viz.plot_network(network, hide_weights=False, node_attrs={"fixedsize": "false"})
    assert drawing.nodes["bn_moving_mean"]["shape"] == "oval"
    assert drawing.edges["bn", "bn_moving_mean"]["label"] == ""
    assert {each["fixedsize"] for each in drawing.nodes.values()} == {"false"}


@pytest.mark.usefixtures("drawn")
def test_a_drawing_warns_of_names_that_occur_twice():
    twice = mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=2, name="fc")
    twice = mx.sym.FullyConnected(twice, num_hidden=2, name="fc")
    with pytest.warns(RuntimeWarning, match="multiple variables with the same name.*fc,fc_bias,fc_weight"):
        mx.viz.plot_network(twice)


def test_drawing_takes_symbols_and_graphviz(monkeypatch, network):
    with pytest.raises(ArgumentTypeError, match="draws symbols"):
        mx.viz.plot_network(3)
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(NotInstalledError, match="pip install graphviz"):
        mx.viz.plot_network(network)
