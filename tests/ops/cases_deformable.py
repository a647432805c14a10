"""Cases of deformable convolutions."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case


def _tent(image, y, x):
    """Return a bilinear sample of one image with zeros around it."""
    height, width = image.shape
    return sum(
        image[i, j] * max(0, 1 - abs(y - i)) * max(0, 1 - abs(x - j)) for i, j in np.ndindex(height, width)
    )


def _held(image, y, x):
    """Return a sample that has the last pixel's value up to one behind it, and is 0 farther outside."""
    height, width = image.shape
    if not (0 <= y < height and 0 <= x < width):
        return 0.0
    return _tent(image, min(y, height - 1), min(x, width - 1))


def _convolve(sample, x, offset, weight, bias, mask=None, *, stride=(1, 1), pad=(0, 0), groups=1, moved=1):
    filters, within, kh, kw = weight.shape
    rows, columns = offset.shape[2:]
    out = np.zeros((len(x), filters, rows, columns))
    for b, f, i, j in np.ndindex(out.shape):
        total = 0.0 if bias is None else bias[f]
        for c, p, q in np.ndindex(within, kh, kw):
            channel = f // (filters // groups) * within + c
            point = channel // (x.shape[1] // moved) * kh * kw + p * kw + q
            y = i * stride[0] - pad[0] + p + offset[b, 2 * point, i, j]
            z = j * stride[1] - pad[1] + q + offset[b, 2 * point + 1, i, j]
            factor = 1 if mask is None else mask[b, point, i, j]
            total += weight[f, c, p, q] * factor * sample(x[b, channel], y, z)
        out[b, f, i, j] = total
    return out


def _grid(offset):
    """Return the grid for images of 4 x 5 and windows of 2 x 1, in pixels from -1 (the border) to 1."""
    out = np.zeros((2, 2, 2 * 3, 5))
    for b, k, i, j in np.ndindex(2, 2, 3, 5):
        y, x = i + k + offset[b, 2 * k, i, j], j + offset[b, 2 * k + 1, i, j]
        outside = not (0 <= y < 4 and 0 <= x < 5)
        y, x = (-1, -1) if outside else (min(y, 3), min(x, 4))
        out[b, :, k * 3 + i, j] = (x + 1) / 3 - 1, (y + 1) / 2.5 - 1
    return out


def _slopes(offset):
    """Return how fast the same grid grows: not at all where points are outside or beyond the last pixel."""
    out = np.zeros(offset.shape)
    for b, k, i, j in np.ndindex(2, 2, 3, 5):
        y, x = i + k + offset[b, 2 * k, i, j], j + offset[b, 2 * k + 1, i, j]
        if 0 <= y < 4 and 0 <= x < 5:
            out[b, 2 * k : 2 * k + 2, i, j] = 0.4 * (y <= 3), (x <= 4) / 3
    return out


IMAGES, INSIDE, WIDE = Arr((2, 2, 4, 5)), Arr((2, 8, 3, 4), 0.1, 0.4), Arr((2, 4, 3, 5), -1.8, 1.9)
WEIGHT, BIAS, KERNEL = Arr((2, 2, 2, 2)), Arr((2,)), {"kernel": (2, 2), "num_filter": 2}
HALVES = {"num_group": 2, "num_deformable_group": 2, "stride": (2, 1), "pad": (1, 0), "no_bias": True}
GRID = {"size": (4, 5), "kernel": (2, 1)}

DEFORMABLE, MODULATED = "_contrib_DeformableConvolution", "_contrib_ModulatedDeformableConvolution"

CASES = [
    Case(
        DEFORMABLE,
        [IMAGES, INSIDE, WEIGHT, BIAS],
        KERNEL,
        expect=lambda x, o, w, b: _convolve(_held, x, o, w, b),
        dtypes=("float32",),
    ),
    Case(
        DEFORMABLE,
        [IMAGES, Arr((2, 16, 3, 4), 0.1, 0.4), Arr((2, 1, 2, 2))],
        KERNEL | HALVES,
        expect=lambda x, o, w: _convolve(_held, x, o, w, None, stride=(2, 1), pad=(1, 0), groups=2, moved=2),
        dtypes=("float32",),
    ),
    Case(
        MODULATED,
        [IMAGES, INSIDE, Arr((2, 4, 3, 4)), WEIGHT, BIAS],
        KERNEL,
        expect=lambda x, o, m, w, b: _convolve(_tent, x, o, w, b, m),
        dtypes=("float32",),
    ),
    Case(
        MODULATED,
        [IMAGES, Arr((2, 16, 3, 4), 0.1, 0.4), Arr((2, 8, 3, 4)), Arr((2, 1, 2, 2))],
        KERNEL | HALVES,
        expect=lambda x, o, m, w: _convolve(
            _tent, x, o, w, None, m, stride=(2, 1), pad=(1, 0), groups=2, moved=2
        ),
        dtypes=("float32",),
    ),
    Case("_deformable_grid", [WIDE], GRID, expect=_grid, wrt=(), note="outside", dtypes=("float32",)),
    Case("_deformable_grid", [Arr((2, 4, 3, 5), 0.1, 0.4)], GRID, expect=_grid, dtypes=("float32",)),
    Case("_deformable_slopes", [WIDE], GRID, expect=_slopes, wrt=(), dtypes=("float32",)),
]
