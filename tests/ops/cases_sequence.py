"""Cases of the operators on sequences, and of running sums."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

STEPS_FIRST = Arr((4, 3, 2))
BATCH_FIRST = Arr((3, 4))
LENGTHS = Arr((3,), values=[1, 4, 2], dtype="int32")
FLOAT_LENGTHS = Arr((3,), values=[1.7, 4.0, 2.0])
USED = {"use_sequence_length": True}


def per_sequence(function):
    """Apply a function of (steps, length) to each sequence of a batch along axis 1."""

    def apply(x, lengths):
        return np.stack([function(x[:, b], int(n)) for b, n in enumerate(lengths)], -x.ndim + 1)

    return apply


def masked(value):
    return per_sequence(lambda steps, n: np.concatenate([steps[:n], np.full_like(steps[n:], value)]))


reversed_ = per_sequence(lambda steps, n: np.concatenate([steps[:n][::-1], steps[n:]]))


def last(x, lengths):
    return np.stack([x[int(n) - 1, b] for b, n in enumerate(lengths)])


def put_last(v, lengths, steps):
    out = np.zeros((steps, *v.shape))
    for b, n in enumerate(lengths):
        out[int(n) - 1, b] = v[b]
    return out


CASES = [
    Case("SequenceMask", [STEPS_FIRST], expect=lambda x: x, note="no lengths"),
    Case("SequenceMask", [STEPS_FIRST, LENGTHS], {**USED, "value": -1.0}, expect=masked(-1.0)),
    Case("SequenceMask", [STEPS_FIRST, FLOAT_LENGTHS], USED, expect=masked(0.0)),
    Case(
        "SequenceMask",
        [BATCH_FIRST, LENGTHS],
        {**USED, "axis": 1},
        expect=lambda x, n: masked(0.0)(x.T, n).T,
    ),
    Case("SequenceLast", [STEPS_FIRST], expect=lambda x: x[3], note="no lengths"),
    Case("SequenceLast", [STEPS_FIRST, LENGTHS], USED, expect=last),
    Case("SequenceLast", [BATCH_FIRST, FLOAT_LENGTHS], {**USED, "axis": 1}, expect=lambda x, n: last(x.T, n)),
    Case(
        "_sequence_last_put",
        [Arr((3, 2)), LENGTHS],
        {**USED, "steps": 4},
        expect=lambda v, n: put_last(v, n, 4),
    ),
    Case(
        "_sequence_last_put", [Arr((3,))], {"steps": 2, "axis": 1}, expect=lambda v: np.stack([v * 0, v], 1)
    ),
    Case("SequenceReverse", [STEPS_FIRST], expect=lambda x: x[[3, 2, 1, 0]], note="no lengths"),
    Case("SequenceReverse", [STEPS_FIRST, LENGTHS], USED, expect=reversed_),
    Case(
        "SequenceReverse",
        [BATCH_FIRST, FLOAT_LENGTHS],
        {**USED, "axis": 1},
        expect=lambda x, n: reversed_(x.T, n).T,
    ),
    Case("_np_cumsum", [Arr((2, 3))], expect=lambda x: np.tril(np.ones((6, 6))) @ x.flatten(), note="flat"),
    Case("_np_cumsum", [Arr((2, 3))], {"axis": 0}, expect=lambda x: [x[0], x[0] + x[1]]),
    Case("_np_cumsum", [Arr((2, 3, 2))], {"axis": -1}, expect=lambda x: np.stack([x[..., 0], x.sum(-1)], -1)),
    Case(
        "_np_cumsum",
        [Arr((3,), values=[1.5, 2.0, 0.25])],
        {"axis": 0, "dtype": "float64"},
        expect=lambda x: [1.5, 3.5, 3.75],
    ),
]
