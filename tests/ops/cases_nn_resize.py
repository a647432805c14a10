"""Cases of upsampling."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case


def _nearest(x, scale):
    return np.kron(x, np.ones((scale, scale)))


def _bilinear(x, w, scale):
    """Add each pixel times the kernel where it falls, and cut off what the padding takes."""
    kernel, pad = w.shape[-1], scale // 2
    height, width = (n * scale + kernel for n in x.shape[2:])
    out = np.zeros((*x.shape[:2], height, width))
    for i, j in np.ndindex(*x.shape[2:]):
        patch = x[:, :, i, j, None, None] * w[:, 0]
        out[:, :, i * scale : i * scale + kernel, j * scale : j * scale + kernel] += patch
    return out[:, :, pad : pad + x.shape[2] * scale, pad : pad + x.shape[3] * scale]


NEAREST = {"sample_type": "nearest"}

CASES = [
    Case("UpSampling", [Arr((2, 3, 2, 3))], {"scale": 2, **NEAREST}, expect=lambda x: _nearest(x, 2)),
    Case("UpSampling", [Arr((1, 2, 2, 2))], {"scale": 3, **NEAREST}, expect=lambda x: _nearest(x, 3)),
    Case(
        "UpSampling",
        [Arr((2, 1, 2, 3)), Arr((2, 2, 4, 6)), Arr((2, 3, 2, 3))],
        {"scale": 2, **NEAREST},
        expect=lambda x, y, z: np.concatenate([_nearest(x, 2), y, _nearest(z, 2)], axis=1),
        note="joined",
    ),
    Case(
        "UpSampling",
        [Arr((2, 2, 1, 2)), Arr((2, 2, 2, 4))],
        {"scale": 4, "multi_input_mode": "sum", **NEAREST},
        expect=lambda x, y: _nearest(x, 4) + _nearest(y, 2),
        note="added",
    ),
    *(
        Case(
            "UpSampling",
            [Arr((2, 3, 2, 4)), Arr((3, 1, kernel, kernel))],
            {"scale": scale, "sample_type": "bilinear", "num_filter": 3},
            expect=lambda x, w, scale=scale: _bilinear(x, w, scale),
        )
        for scale, kernel in [(1, 1), (2, 4), (3, 5), (4, 8)]
    ),
]
