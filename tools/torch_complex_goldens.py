"""Print what PyTorch computes with complex tensors, and their gradients, as JSON.

Run it where torch is installed; its output is ``tests/data/torch/complex.json``. The functions are evaluated
by their texts; the loss is Re sum(n (1 - i/2) f_n) of a complex result, sum(n f_n) of a real one.
"""

import json
from typing import Any

import torch

Z = [1 + 2j, 3 - 1j, -0.5 + 0.25j]
W = [0.5 - 1j, 2j, -1.5 + 0.5j]
FUNCTIONS = (
    *(
        "z * w",
        "z / w",
        "z ** w",
        "z - 2 * w",
        "z ** 3",
        "2.0 ** z",
        "z.exp()",
        "z.log()",
        "z.sqrt()",
        "z.sin()",
    ),
    *(
        "z.tanh()",
        "z.abs()",
        "z.angle()",
        "z.sgn()",
        "z.real * z.imag",
        "z.conj() * w",
        "z.prod()",
        "z.mean()",
    ),
    *("z @ w", "z.real * w", "z.reciprocal()", "z.cumsum(0)", "z.norm()", "z.var()"),
)


def pairs(values: torch.Tensor) -> list[list[float]]:
    """Return complex numbers as pairs."""
    return [[round(each.real, 9), round(each.imag, 9)] for each in values.tolist()]


def answer(text: str) -> list[Any]:
    """Return the loss of a function, and its gradients by both arguments."""
    z, w = (torch.tensor(each, dtype=torch.complex128, requires_grad=True) for each in (Z, W))
    y = eval(text)  # noqa: S307  the texts above
    weights = torch.arange(1, y.numel() + 1).reshape(y.shape)
    loss = (y * weights * (1 - 0.5j)).real.sum() if y.is_complex() else (y * weights).sum()
    loss.backward()
    return [round(loss.item(), 9), pairs(z.grad), None if w.grad is None else pairs(w.grad)]


if __name__ == "__main__":
    print(json.dumps({text: answer(text) for text in FUNCTIONS}).replace('], "', '],\n "'))
