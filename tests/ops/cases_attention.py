"""Cases of the products in multi-head attention."""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

HEADS = {"heads": 2}


def _heads(projections, parts, which):
    """Return one part of every head: batch, head, position, entry."""
    length, batch, width = projections.shape
    size = width // (2 * parts)
    heads = [projections[:, :, (h * parts + which) * size :][:, :, :size] for h in range(2)]
    return np.stack(heads).transpose(2, 0, 1, 3).reshape(batch, 2, length, size)


def _maps(queries, keys):
    scores = np.einsum("bhqd,bhkd->bhqk", queries, keys) / np.sqrt(queries.shape[-1])
    return scores.reshape(-1, *scores.shape[2:])


def _averages(attention, values):
    batch, heads, _, size = values.shape
    maps = attention.reshape(batch, heads, *attention.shape[1:])
    return np.einsum("bhqk,bhkd->qbhd", maps, values).reshape(attention.shape[1], batch, heads * size)


CASES = [
    Case(
        "_contrib_interleaved_matmul_selfatt_qk",
        [Arr((3, 2, 12))],
        HEADS,
        expect=lambda x: _maps(_heads(x, 3, 0), _heads(x, 3, 1)),
    ),
    Case(
        "_contrib_interleaved_matmul_selfatt_valatt",
        [Arr((3, 2, 12)), Arr((4, 3, 3))],
        HEADS,
        expect=lambda x, attention: _averages(attention, _heads(x, 3, 2)),
    ),
    Case(
        "_contrib_interleaved_matmul_encdec_qk",
        [Arr((3, 2, 4)), Arr((4, 2, 8))],
        HEADS,
        expect=lambda q, kv: _maps(_heads(q, 1, 0), _heads(kv, 2, 0)),
    ),
    Case(
        "_contrib_interleaved_matmul_encdec_valatt",
        [Arr((4, 2, 8)), Arr((4, 3, 4))],
        HEADS,
        expect=lambda kv, attention: _averages(attention, _heads(kv, 2, 1)),
    ),
]
