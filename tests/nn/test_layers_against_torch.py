"""Layers, functions and losses compute what PyTorch computes, forwards and backwards.

The record is tests/data/torch/layers.json; tools/torch_layer_goldens.py makes it.
"""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest
from nn import torch_cases as cases

from gluonish import nn
from gluonish.nn import functional as F
from gluonish.tensors import Tensor

RECORD = json.loads((pathlib.Path(__file__).parents[1] / "data" / "torch" / "layers.json").read_text())
CLOSE = {"rtol": 2e-7, "atol": 1e-9}  # PyTorch keeps some constants in float32


def inputs_of(case, rng, dtype="float64"):
    arrays = [cases.drawn(spec, rng) for spec in case.inputs]
    return [
        Tensor(a.astype(dtype) if a.dtype.kind == "f" else a, requires_grad=cases.wants_grad(i, spec))
        for i, (a, spec) in enumerate(zip(arrays, case.inputs, strict=True))
    ]


def layer_of(label, dtype="float64"):
    """Return a layer with the weights of its record, and the generator for what follows."""
    case = cases.LAYERS[label]
    rng = cases.rng_of(label)
    layer = getattr(nn, case.name)(*case.args, **case.kwargs).to(dtype)
    shapes = {name: each.shape for name, each in layer.state_dict().items()}
    layer.load_state_dict(cases.weights_for(shapes, rng), strict=False)
    return layer.train(case.train), rng


def flat(outputs):
    if isinstance(outputs, Tensor):
        return [outputs]
    return [each for part in outputs if part is not None for each in flat(part)]


def differentiate(outputs, rng):
    heads = cases.heads_for([each.shape for each in outputs], rng)
    total = sum((o * Tensor(h.astype(o.dtype))).sum() for o, h in zip(outputs, heads, strict=True))
    if total.requires_grad:
        total.backward()


def check(found, expected, what):
    if expected is None:
        assert found is None or not np.any(found), what
    else:
        np.testing.assert_allclose(np.asarray(found), expected, err_msg=what, **CLOSE)


@pytest.mark.parametrize("label", cases.LAYERS)
def test_a_layer_computes_what_torch_computes(label):
    case, record = cases.LAYERS[label], RECORD["layers"][label]
    layer, rng = layer_of(label)
    inputs = inputs_of(case, rng)
    outputs = flat(layer(*inputs))
    differentiate(outputs, rng)
    assert len(outputs) == len(record["outputs"])
    for found, expected in zip(outputs, record["outputs"], strict=True):
        check(found, expected, "output")
    for found, expected in zip(inputs, record["input_grads"], strict=True):
        check(found.grad, expected, "gradient of an input")
    for name, parameter in layer.named_parameters():
        check(parameter.grad, record["parameter_grads"][name], f"gradient of {name}")
    for name, buffer in layer.named_buffers():
        check(buffer, record["buffers"][name], f"buffer {name}")


@pytest.mark.parametrize("label", cases.LAYERS)
def test_a_layer_has_the_state_of_torchs_in_its_order(label):
    layer, _ = layer_of(label)
    state = [[name, list(each.shape)] for name, each in layer.state_dict().items()]
    assert state == RECORD["layers"][label]["state"]


@pytest.mark.parametrize("label", cases.LAYERS)
def test_a_layer_shows_itself_as_torchs_does(label):
    layer, _ = layer_of(label)
    expected = RECORD["layers"][label]["repr"]
    assert repr(layer) == expected.replace("NonDynamicallyQuantizableLinear", "Linear")


@pytest.mark.parametrize("label", cases.FUNCTIONS)
def test_a_function_computes_what_torch_computes(label):
    case, record = cases.FUNCTIONS[label], RECORD["functions"][label]
    rng = cases.rng_of(label)
    inputs = inputs_of(case, rng)
    named = {
        name: Tensor(cases.drawn(v, rng)) if isinstance(v, tuple) and v and isinstance(v[0], str) else v
        for name, v in case.kwargs.items()
    }
    outputs = flat(getattr(F, case.name)(*inputs, *case.args, **named))
    differentiate(outputs, rng)
    for found, expected in zip(outputs, record["outputs"], strict=True):
        check(found, expected, "output")
    for found, expected in zip(inputs, record["input_grads"], strict=True):
        check(found.grad, expected, "gradient of an input")
