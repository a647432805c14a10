"""Cases of connectionist temporal classification, by enumerating all ways to say the labels."""

from __future__ import annotations

import itertools

import numpy as np

from ops.cases import Arr, Case

SCORES = Arr((4, 3, 3))


def said(path, blank):
    """Return what a path of classes says: each once for as long as it lasts, without the blanks."""
    return [c for c, _ in itertools.groupby(path) if c != blank]


def loss_of_one(scores, labels, blank):
    """Return -log of the sum of the probabilities of all paths that say these labels; 0 if there is none."""
    steps, classes = scores.shape
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    ways = [
        np.prod([p[t, c] for t, c in enumerate(path)])
        for path in itertools.product(range(classes), repeat=steps)
        if said(path, blank) == labels
    ]
    return -np.log(sum(ways)) if ways and steps else 0.0


def loss(scores, labels, lengths=None, counts=None, *, last=False):
    blank, losses = scores.shape[2] - 1 if last else 0, []
    for n, row in enumerate(labels.astype(int)):
        own = list(row)
        if counts is not None:
            own = own[: int(counts[n])]
        else:
            padding = [i for i, label in enumerate(own) if label < (0 if last else 1)]
            own = own[: padding[0]] if padding else own
        steps = len(scores) if lengths is None else int(lengths[n])
        losses.append(loss_of_one(scores[:steps, n], own, blank))
    return np.array(losses)


def labels(*rows, dtype="int32"):
    return Arr((len(rows), len(rows[0])), values=rows, dtype=dtype)


def numbers(*values):
    return Arr((len(values),), values=values, dtype="int32")


LOSSES = [
    Case("CTCLoss", [SCORES, labels([1, 2], [2, 0], [1, 1])], wrt=(0,), expect=loss, note="blank first"),
    Case(
        "CTCLoss",
        [SCORES, labels([1, 2], [2, -1], [0, 0], dtype="float64")],
        wrt=(0,),
        expect=loss,
        note="labels of floats, and none",
    ),
    Case(
        "CTCLoss",
        [SCORES, labels([0, 1], [1, -1], [1, 1])],
        {"blank_label": "last"},
        wrt=(0,),
        expect=lambda x, y: loss(x, y, last=True),
        note="blank last",
    ),
    Case(
        "CTCLoss",
        [SCORES, labels([1, 2], [2, 0], [1, 1]), numbers(3, 2, 2)],
        {"use_data_lengths": True},
        wrt=(0,),
        expect=loss,
        note="some steps, too few for the last",
    ),
    Case(
        "CTCLoss",
        [SCORES, labels([0, 1], [1, 1], [1, 0]), numbers(4, 0, 2), numbers(2, 1, 0)],
        {"use_data_lengths": True, "use_label_lengths": True, "blank_label": "last"},
        wrt=(0,),
        expect=lambda x, y, n, m: loss(x, y, n, m, last=True),
        note="all lengths",
    ),
]


def scan(x, stay, step, skip, *, reverse=False):
    """Multiply with the matrix that a scan is, made of the paths between any two states."""
    steps, batch, states = x.shape
    y = np.zeros_like(x)
    for n in range(batch):
        share = np.eye(steps * states).reshape(steps, states, steps, states)
        for t in range(1, steps):
            for s in range(states):
                for back, weights in enumerate((stay, step, skip)):
                    if s >= back:
                        share[t, s] += weights[t, n, s] * share[t - 1, s - back]
        y[:, n] = np.einsum("tsuv,ts->uv" if reverse else "tsuv,uv->ts", share, x[:, n])
    return y


BANDS = [Arr((3, 2, 5)) for _ in range(4)]

SCANS = [
    Case("_band_scan", BANDS, expect=scan),
    Case(
        "_band_scan",
        BANDS,
        {"reverse": True},
        expect=lambda *arrays: scan(*arrays, reverse=True),
        note="back",
    ),
    Case("_band_scan", [Arr((3, 2, 1)) for _ in range(4)], expect=scan, note="one state"),
]

STATES = [
    Case(
        "_ctc_states",
        [labels([1, 2], [2, 2], [1, 0])],
        {"steps": 2, "classes": 3},
        wrt=(),
        dtypes=(),
        expect=lambda _: (
            [[0, 1, 0, 2, 0], [3, 5, 3, 5, 3], [6, 7, 6, 6, 6]],
            [[0, 0, 0, 1, 0], [0, 0, 0, 0, 0], [0, 0, 0, 1, 0]],
            [np.zeros((3, 5)), [[0, 0, 0, 1, 1], [0, 0, 0, 1, 1], [0, 1, 1, 0, 0]]],
        ),
    ),
    Case(
        "_ctc_states",
        [labels([0], [1]), numbers(1, 2), numbers(1, 0)],
        {
            "steps": 2,
            "classes": 3,
            "use_data_lengths": True,
            "use_label_lengths": True,
            "blank_label": "last",
            "dtype": "float64",
        },
        wrt=(),
        dtypes=(),
        expect=lambda *arrays: (
            [[2, 0, 2], [5, 5, 5]],
            np.zeros((2, 3)),
            [[[0, 1, 1], [0, 0, 0]], [[0, 0, 0], [1, 0, 0]]],
        ),
    ),
]

CASES = [*LOSSES, *SCANS, *STATES]
