"""Cases of ``x[key]``, by resolved keys."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

CUBE = Arr((2, 3, 4))
ALL = slice(None)


def key_cases():
    """What a key chooses, and, as the transpose of that, what is added at it."""
    choices = [
        ("row", (1,), lambda x: x[1]),
        ("block", (slice(0, 1), slice(1, 3)), lambda x: np.array([[x[0, 1], x[0, 2]]])),
        ("element", (1, 2, slice(3, 4)), lambda x: [x[1, 2, 3]]),
        ("columns", (ALL, ALL, 1), lambda x: np.array([[r[1] for r in m] for m in x])),
        ("steps", (ALL, slice(None, None, -2)), lambda x: np.stack([x[:, 2], x[:, 0]], 1)),
        ("new axis", (None, 1, None), lambda x: x[1].reshape(1, 1, 3, 4)),
        ("indices", (np.array([1, 1, 0]),), lambda x: np.stack([x[1], x[1], x[0]])),
        ("inner indices", (ALL, np.array([[2, 0]])), lambda x: np.stack([x[:, 2], x[:, 0]], 1)[:, None]),
        (
            "pairs",
            (ALL, np.array([0, 2, 2]), np.array([1, 3, 3])),
            lambda x: np.stack([x[:, 0, 1], x[:, 2, 3], x[:, 2, 3]], 1),
        ),
        ("apart", (0, ALL, np.array([3, 0])), lambda x: np.stack([x[0, :, 3], x[0, :, 0]])),
        ("trailing", (np.array([1]), ALL, ALL), lambda x: x[1][None]),
    ]
    for note, key, choose in choices:
        yield Case("_getitem", [CUBE], {"key": key}, expect=choose, note=note)
        chosen = np.shape(choose(np.zeros(CUBE.shape)))
        yield Case(
            "_key_add",
            [Arr(chosen)],
            {"key": key, "shape": CUBE.shape},
            expect=lambda v, f=choose: transpose_of(f, CUBE.shape, v),
            note=note,
        )


def transpose_of(linear, shape, values):
    """Apply the transpose of a linear function, found from what it does to the unit vectors."""
    units = np.eye(int(np.prod(shape)))
    return np.array([np.sum(np.asarray(linear(unit.reshape(shape))) * values) for unit in units]).reshape(
        shape
    )


CASES = list(key_cases())
