"""Why parameters are pending, word for word."""

from __future__ import annotations

import copy
import gc
import pickle

import pytest

import gluonish as mx
from gluonish.gluon import Parameter, ParameterDict, nn
from gluonish.parameter.explain import Owner, explain, pending_error


def pending(name, shape, owner=None):
    parameter = Parameter(name, shape=shape, allow_deferred_init=True)
    parameter.initialize()
    parameter.core.owner = owner
    return parameter.core


class Layer:
    """As much of a block as an Owner looks at."""

    name = "fc"


def test_a_free_parameter_belongs_to_no_layer():
    explanation = explain([pending("w", (64, 0))])
    assert str(explanation) == (
        "1 parameter pending:\n  w (64, ?), belongs to no layer: set its shape and initialize it again."
    )


def test_a_layer_that_was_never_called_wants_a_batch_or_its_argument():
    layer = Layer()
    (found,) = explain([pending("fc_weight", (64, 0), Owner(layer, "in_units"))]).pending
    assert str(found) == (
        "fc_weight (64, ?), of Layer 'fc', which was never called: run one batch through the layer, "
        "or pass in_units= to Layer so that the shape is known now."
    )


def test_a_layer_that_was_called_wants_its_argument():
    layer = Layer()
    owner = Owner(layer, "in_units")
    owner.called = True
    (found,) = explain([pending("fc_weight", (64, 0), owner)]).pending
    assert str(found) == (
        "fc_weight (64, ?), of Layer 'fc', which was called: the forward pass did not settle it; "
        "pass in_units= to Layer so that the shape is known now."
    )


def test_without_an_argument_the_full_shape_would_do():
    layer = Layer()
    (found,) = explain([pending("w", None, Owner(layer))]).pending
    assert found.fix == "run one batch through the layer, or give it its full shape."
    assert found.layer == "Layer 'fc'"


def test_a_layer_that_is_gone_is_as_good_as_none():
    layer = Layer()
    core = pending("w", (0,), Owner(layer))
    del layer
    gc.collect()
    (found,) = explain([core]).pending
    assert found.layer is None


def test_only_pending_parameters_are_listed_in_their_order():
    ready, raw = Parameter("ready", shape=(2,)), Parameter("raw", shape=(2,))
    ready.initialize()
    explanation = explain([pending("b", (0,)), ready.core, pending("a", (0,)), raw.core])
    assert [each.name for each in explanation.pending] == ["b", "a"]
    assert len(explanation) == 2
    assert explanation


def test_nothing_pending_is_false_and_says_so():
    explanation = explain([])
    assert not explanation
    assert str(explanation) == "No parameter is pending."


def test_the_error_for_one_parameter_names_it_in_its_first_line():
    error = pending_error([pending("w", (64, 0))], "is needed by Trainer.step()")
    assert str(error) == (
        "Parameter 'w' is needed by Trainer.step(), but has no value yet: its initialization waits for its "
        "shape.\n  w (64, ?), belongs to no layer: set its shape and initialize it again."
    )


def test_the_error_for_several_speaks_of_all_of_them():
    error = pending_error([pending("a", (0,)), pending("b", None)], "is needed by Trainer.step()")
    first, *rest = str(error).split("\n")
    assert first == (
        "2 parameters are needed by Trainer.step(), but have no values yet: their initialization waits for "
        "their shapes."
    )
    assert [line.split()[0] for line in rest] == ["a", "b"]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_an_owner_does_not_go_along_with_a_copy(duplicate):
    assert duplicate({"owner": Owner(Layer())}) == {"owner": None}


def test_a_network_explains_every_parameter_with_its_own_layer():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(3, in_units=2), nn.Dense(4), nn.Conv2D(8, kernel_size=3))
    net.initialize()
    found = {each.name: (each.shape, each.layer, each.fix) for each in net.collect_params().explain().pending}
    assert list(found) == ["net_dense1_weight", "net_conv0_weight"]
    assert found["net_dense1_weight"][0] == "(4, ?)"
    assert "Dense 'net_dense1'" in found["net_dense1_weight"][1]
    assert "pass in_units= to Dense" in found["net_dense1_weight"][2]
    assert "pass in_channels= to Conv2D" in found["net_conv0_weight"][2]


def test_a_dictionary_that_is_ready_has_nothing_to_explain():
    params = ParameterDict()
    params.get("w", shape=(2,))
    params.initialize(mx.init.One())
    assert not params.explain()
