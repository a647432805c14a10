"""Write tests/data/torch/layers.json with PyTorch itself: ``python torch_layer_goldens.py FILE``.

It runs in an environment of its own, with torch and numpy, and needs nothing of gluonish. The file is kept in
the repository; this is how to make it again. The cases, and the numbers that go in, are those of
tests/nn/torch_cases.py; everything is computed in float64. For each case it holds:

- ``outputs``: what the layer or function returned;
- ``input_grads``: the gradients of the sum of outputs times fixed numbers by the inputs of floats;
- ``parameter_grads``: likewise by the parameters;
- ``state``: the names and shapes of the state, in order, and ``buffers``, their values afterwards;
- ``repr``: how the layer shows itself.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import torch

CASES = Path(__file__).resolve().parent.parent / "tests" / "nn" / "torch_cases.py"
DIGITS = 10


def load_cases() -> Any:
    """Import the cases by their path."""
    spec = importlib.util.spec_from_file_location("torch_cases", CASES)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["torch_cases"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cases = load_cases()


def plain(tensor: Any) -> Any:
    """Return a tensor as nested lists with ten significant digits."""

    def shorten(value: Any) -> Any:
        if isinstance(value, list):
            return [shorten(each) for each in value]
        return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value

    return None if tensor is None else shorten(tensor.detach().tolist())


def inputs_of(case: Any, rng: Any) -> list[Any]:
    """Return the inputs as tensors; those of floats want gradients."""
    arrays = [cases.drawn(spec, rng) for spec in case.inputs]
    wanted = [cases.wants_grad(position, spec) for position, spec in enumerate(case.inputs)]
    return [torch.tensor(a, requires_grad=flag) for a, flag in zip(arrays, wanted, strict=True)]


def flat(outputs: Any) -> list[Any]:
    """Return the tensors in nested tuples."""
    if isinstance(outputs, torch.Tensor):
        return [outputs]
    return [each for part in outputs if part is not None for each in flat(part)]


def differentiate(outputs: list[Any], rng: Any) -> None:
    """Run the backward pass of the sum of outputs times fixed numbers."""
    heads = cases.heads_for([tuple(each.shape) for each in outputs], rng)
    total = sum((o * torch.tensor(h)).sum() for o, h in zip(outputs, heads, strict=True))
    if total.requires_grad:
        total.backward()


def of_layer(label: str, case: Any) -> dict[str, Any]:
    """Return the record of a layer."""
    rng = cases.rng_of(label)
    layer = getattr(torch.nn, case.name)(*case.args, **case.kwargs).double()
    state = layer.state_dict()
    values = cases.weights_for({name: tuple(each.shape) for name, each in state.items()}, rng)
    layer.load_state_dict({**state, **{name: torch.tensor(value) for name, value in values.items()}})
    layer.train(case.train)
    inputs = inputs_of(case, rng)
    outputs = flat(layer(*inputs))
    differentiate(outputs, rng)
    parameters = dict(layer.named_parameters())
    return {
        "repr": repr(layer),
        "state": [[name, list(each.shape)] for name, each in state.items()],
        "outputs": [plain(each) for each in outputs],
        "input_grads": [plain(each.grad) for each in inputs],
        "parameter_grads": {name: plain(each.grad) for name, each in parameters.items()},
        "buffers": {name: plain(each) for name, each in layer.state_dict().items() if name not in parameters},
    }


def of_function(label: str, case: Any) -> dict[str, Any]:
    """Return the record of a function."""
    rng = cases.rng_of(label)
    inputs = inputs_of(case, rng)
    named = {
        name: cases.drawn(v, rng) if isinstance(v, tuple) and v and isinstance(v[0], str) else v
        for name, v in case.kwargs.items()
    }
    named = {name: torch.tensor(v) if hasattr(v, "shape") else v for name, v in named.items()}
    outputs = flat(getattr(torch.nn.functional, case.name)(*inputs, *case.args, **named))
    differentiate(outputs, rng)
    return {
        "outputs": [plain(each) for each in outputs],
        "input_grads": [plain(each.grad) for each in inputs],
    }


def main(path: str) -> None:
    """Write the file."""
    record = {
        "torch": torch.__version__,
        "layers": {label: of_layer(label, case) for label, case in cases.LAYERS.items()},
        "functions": {label: of_function(label, case) for label, case in cases.FUNCTIONS.items()},
    }
    text = json.dumps(record, separators=(",", ":"))
    Path(path).write_text(text.replace('},"', '},\n"') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
