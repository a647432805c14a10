"""Cases of windows as columns, and of columns added up to images."""

from __future__ import annotations

import itertools

import numpy as np

from ops.cases import Arr, Case


def _counts(size, kernel, stride, dilate, pad):
    return [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, d, p in zip(size, kernel, stride, dilate, pad, strict=True)
    ]


def _windows(shape, kernel, stride, dilate, pad):
    """Yield the column and row of each element of the result, and its pixel; those in the padding not."""
    size = shape[2:]
    counts = _counts(size, kernel, stride, dilate, pad)
    for column, window in enumerate(itertools.product(*map(range, counts))):
        for row, place in enumerate(itertools.product(*map(range, kernel))):
            pixel = tuple(
                w * s + i * d - p for w, i, s, d, p in zip(window, place, stride, dilate, pad, strict=True)
            )
            if all(0 <= i < n for i, n in zip(pixel, size, strict=True)):
                yield row, column, pixel


def _unfold(x, kernel, stride, dilate, pad):
    pixels = int(np.prod(kernel))
    counts = _counts(x.shape[2:], kernel, stride, dilate, pad)
    columns = np.zeros((*x.shape[:2], pixels, int(np.prod(counts))))
    for row, column, pixel in _windows(x.shape, kernel, stride, dilate, pad):
        columns[:, :, row, column] = x[(slice(None), slice(None), *pixel)]
    return columns.reshape(len(x), -1, columns.shape[-1])


def _fold(columns, output_size, kernel, stride, dilate, pad):
    channels = columns.shape[1] // int(np.prod(kernel))
    images = np.zeros((len(columns), channels, *output_size))
    columns = columns.reshape(len(columns), channels, -1, columns.shape[-1])
    for row, column, pixel in _windows(images.shape, kernel, stride, dilate, pad):
        images[(slice(None), slice(None), *pixel)] += columns[:, :, row, column]
    return images


WINDOWS = [
    ((5,), {"kernel": (2,), "stride": (1,), "dilate": (2,), "pad": (1,)}, 5),
    ((3, 4), {"kernel": (2, 2), "stride": (1, 2), "dilate": (1, 1), "pad": (0, 1)}, 6),
    ((2, 3, 2), {"kernel": (2, 1, 2), "stride": (1, 2, 1), "dilate": (1, 1, 1), "pad": (0, 0, 0)}, 2),
]
CASES = [
    case
    for size, window, count in WINDOWS
    for case in (
        Case("im2col", [Arr((2, 2, *size))], window, expect=lambda x, w=window: _unfold(x, **w)),
        Case(
            "col2im",
            [Arr((2, 2 * int(np.prod(window["kernel"])), count))],
            {"output_size": size, **window},
            expect=lambda x, n=size, w=window: _fold(x, n, **w),
        ),
    )
]
