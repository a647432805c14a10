"""Cases of Fourier transforms, sketches, and the penalty on activities."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case


def _transformed(x):
    numbers = np.fft.fft(x)
    return np.stack([numbers.real, numbers.imag], -1).reshape(*x.shape[:-1], -1)


def _back(x):
    count = x.shape[-1] // 2
    turns = np.exp(2j * np.pi * np.outer(np.arange(count), np.arange(count)) / count)
    return ((x[..., ::2] + 1j * x[..., 1::2]) @ turns).real


def _sketched(x, h, s):
    out = np.zeros((*x.shape[:-1], 3))
    for i, place in enumerate(h[0].astype(int)):
        out[..., place] += s[0, i] * x[..., i]
    return out


SKETCH = [Arr(values=[[2, 0, 2, 1]]), Arr(values=[[1, -1, -1, 1]])]
REGULARIZED = [Arr((4, 3), 0.1, 0.9), Arr((3,), 0.2, 0.8)]

CASES = [
    Case("_contrib_fft", [Arr((2, 5))], expect=_transformed),
    Case("_contrib_fft", [Arr((2, 1, 2, 4))], expect=_transformed),
    Case("_contrib_ifft", [Arr((2, 6))], expect=_back),
    Case("_contrib_ifft", [Arr((2, 1, 2, 4))], expect=_back),
    Case("_contrib_count_sketch", [Arr((2, 4)), *SKETCH], {"out_dim": 3}, expect=_sketched, wrt=(0,)),
    Case("_contrib_count_sketch", [Arr((1, 2, 2, 4)), *SKETCH], {"out_dim": 3}, expect=_sketched, wrt=(0,)),
    # The gradient is not that of the copy: tests/nd/test_answers.py has it, and the averages.
    Case(
        "IdentityAttachKLSparseReg",
        REGULARIZED,
        {"momentum": 0.7},
        expect=lambda x, average: x,
        wrt=(),
    ),
]
