"""Programs whose blocks get names: every rule of naming, in the ways that Gluon programs use it.

Each takes nothing and returns blocks. Apache MXNet 1.9.1 runs this file and ``networks.py`` too, with its own
name in the imports, and printed ``goldens/names.json`` with ``describe``.
"""

from __future__ import annotations

import networks

import gluonish as mx
from gluonish import gluon
from gluonish.gluon import nn


def layers_outside_of_any_scope():
    return [
        nn.Dense(2),
        nn.Dense(2, activation="relu"),
        nn.Conv1D(2, 3),
        nn.Conv2D(2, 3, activation="sigmoid"),
        nn.Conv3D(2, 3),
        nn.MaxPool1D(),
        nn.AvgPool2D(),
        nn.GlobalMaxPool3D(),
        nn.GlobalAvgPool2D(),
        nn.BatchNorm(),
        nn.LayerNorm(),
        nn.Dropout(0.5),
        nn.Activation("tanh"),
        nn.Activation("relu"),
        nn.LeakyReLU(0.1),
        nn.PReLU(),
        nn.GELU(),
        nn.Flatten(),
        nn.Embedding(3, 2),
        nn.HybridLambda("relu"),
        nn.HybridSequential(),
        gluon.loss.L2Loss(),
        gluon.loss.SoftmaxCrossEntropyLoss(),
        networks.Residual(),
    ]


def explicit_prefixes_take_no_number():
    return [nn.Dense(2), nn.Dense(2, prefix="own_"), nn.Dense(2), nn.Dense(2, prefix="bare"), nn.Dense(2)]


def blocks_in_the_scope_of_another():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(3, activation="relu"), nn.Dense(3, prefix="last_"), nn.Dense(2))
    return [net]


def blocks_made_outside_of_the_scope():
    net = nn.HybridSequential()
    net.add(nn.Dense(3), nn.Dense(2))
    return [net]


def a_scope_entered_twice_goes_on_counting():
    net = nn.HybridSequential()
    with net.name_scope():
        net.add(nn.Dense(3))
    with net.name_scope():
        net.add(nn.Dense(2))
    return [net]


def an_empty_prefix_is_transparent():
    outer = nn.HybridSequential(prefix="outer_")
    with outer.name_scope():
        inner = nn.HybridSequential(prefix="")
        with inner.name_scope():
            inner.add(nn.Dense(3), nn.Dense(3))
        outer.add(inner, nn.Dense(2))
    bare = nn.HybridSequential(prefix="")
    with bare.name_scope():
        bare.add(nn.Dense(2))
    return [outer, bare]


def networks_of_the_same_class():
    return [networks.mlp(), networks.mlp(), networks.convnet(), networks.deep()]


def networks_with_a_prefix():
    return [networks.mlp("a_"), networks.convnet("b_"), networks.deep("c_"), networks.Residual(prefix="d_")]


def shared_parameters():
    first = nn.Dense(3, in_units=3, prefix="first_")
    tied = networks.Tied(prefix="tied_")
    return [first, nn.Dense(3, params=first.params), nn.Dense(3, prefix="own_", params=first.params), tied]


def sharing_by_the_parameters_of_a_network():
    first = networks.Tied(prefix="net_")
    second = networks.Tied(prefix="net_", params=first.collect_params())
    third = networks.Tied(params=first.collect_params())
    return [first, second, third]


class Scopeless(gluon.HybridBlock):
    """Makes its children without a scope, and operators with and without names."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.one = nn.Dense(2)
        self.two = nn.Dense(2)

    def hybrid_forward(self, F, x):
        y = F.relu(self.one(x))
        z = F.relu(y, name="second")
        return F.concat(self.two(y), z + y, -z * 2, dim=1)


class Scoped(Scopeless):
    """The same in a scope, with parameters of its own."""

    def __init__(self, **kwargs):
        gluon.HybridBlock.__init__(self, **kwargs)
        with self.name_scope():
            self.one = nn.Dense(2)
            self.two = nn.Dense(2)
            self.three = nn.HybridSequential(prefix="")
            with self.three.name_scope():
                self.three.add(nn.HybridLambda("relu"), nn.HybridLambda("relu"))
            self.bias = self.params.get("offset", shape=(2,))

    def hybrid_forward(self, F, x, bias):
        return F.broadcast_add(self.three(super().hybrid_forward(F, x)), bias)


def operators_in_a_body():
    return [Scopeless(), Scopeless(prefix="own_"), Scoped(), Scoped(prefix="own_")]


def managers_of_names():
    with mx.name.Prefix("outer_"):
        first = [nn.Dense(2), nn.Dense(2, prefix="own_"), networks.mlp()]
    with mx.name.NameManager():
        second = [nn.Dense(2)]
    return [*first, *second, nn.Dense(2)]


PROGRAMS = [
    layers_outside_of_any_scope,
    explicit_prefixes_take_no_number,
    blocks_in_the_scope_of_another,
    blocks_made_outside_of_the_scope,
    a_scope_entered_twice_goes_on_counting,
    an_empty_prefix_is_transparent,
    networks_of_the_same_class,
    networks_with_a_prefix,
    shared_parameters,
    sharing_by_the_parameters_of_a_network,
    operators_in_a_body,
    managers_of_names,
]


def describe(program):
    """Run a program with numbers that start anew, and return all names that came of it."""
    with mx.name.NameManager():
        blocks = program()
        return [
            {
                "blocks": _block_names(block),
                "dictionary": block.params.prefix,
                "parameters": list(block.collect_params()),
                **_symbol_names(block),
            }
            for block in blocks
        ]


def _block_names(block):
    names = []
    block.apply(lambda each: names.append([each.prefix, each.name]))
    return names


def _symbol_names(block):
    if isinstance(block, gluon.loss.Loss):
        return {}
    symbol = block(mx.sym.var("data"))
    internals = symbol.get_internals().list_outputs() if symbol.name != "data" else []
    return {
        "arguments": symbol.list_arguments(),
        "states": symbol.list_auxiliary_states(),
        "outputs": symbol.list_outputs(),
        "internals": internals,
    }
