"""Calls of functions that ``mx.np`` and official NumPy both have, written once for both.

A call takes the namespace and arrays. What it returns must be equal in both; where it is smooth, its gradient
is checked too. A call that NumPy spells otherwise has no place here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import numpy as np


@attrs.frozen
class Call:
    """One call.

    Attributes:
        text: what is called, for the test's name.
        run: ``run(np, *arrays)``.
        shapes: of the arrays, which are drawn from [low, high).
        low: see there.
        high: see there.
        smooth: whether gradients are checked.
    """

    text: str
    run: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...] = ((2, 3),)
    low: float = 0.3
    high: float = 1.7
    smooth: bool = True

    def arrays(self) -> list[np.ndarray]:
        rng = np.random.default_rng(5)
        return [rng.uniform(self.low, self.high, shape) for shape in self.shapes]

    def __str__(self) -> str:
        return self.text


def call(text: str, *shapes: tuple[int, ...], **options: Any) -> Call:
    """Return the call of an expression in ``np`` and the arrays ``a``, ``b`` and ``c``."""
    run = eval(f"lambda np, a=None, b=None, c=None: {text}")
    return Call(text, run, shapes or ((2, 3),), **options)


def rough(text: str, *shapes: tuple[int, ...], **options: Any) -> Call:
    return call(text, *shapes, smooth=False, **options)


CUBE = (2, 3, 4)

CALLS = [
    # elementwise functions of every kind of operand
    call("np.add(a, b)", (2, 3), (3,)),
    call("np.subtract(2.5, a)"),
    call("np.multiply(a, 2)"),
    call("np.divide(1, a)"),
    call("np.remainder(a, 0.4)"),
    call("np.power(a, b)", (2, 1), (3,)),
    call("np.power(2.0, a)"),
    call("np.hypot(a, 2.0)"),
    call("np.arctan2(2.0, a)"),
    call("np.maximum(a, 1.1)"),
    call("np.minimum(a, b)", (2, 3), (2, 1)),
    call("np.fabs(a)", low=-2.0),
    call("np.deg2rad(a)"),
    call("np.rad2deg(a)"),
    call("np.absolute(a)", low=-2.0),
    rough("np.floor_divide(a, 0.4)"),
    rough("np.less(a, 1.0)"),
    rough("np.greater_equal(1.0, a)"),
    rough("np.logical_xor(a > 1, a > 0.5)"),
    rough("np.around(a, 1)"),
    rough("np.round(a)"),
    rough("np.isfinite(a - 1.0)"),
    rough("np.invert(a > 1)"),
    rough("np.sign(a - 1.0)"),
    call("np.clip(a, 0.6, 1.2)"),
    call("np.clip(a, None, 1.2)"),
    call("np.clip(a, 0.6, None)"),
    call("np.nan_to_num(a)"),
    # reductions
    call("np.sum(a)"),
    call("np.sum(a, axis=())"),
    call("np.sum(a, axis=(0, -1), keepdims=True)", CUBE),
    call("np.sum(a, initial=2.0)"),
    call("np.sum(a)", ()),
    call("np.prod(a, axis=0)"),
    call("np.mean(a)"),
    call("np.mean(a, axis=1, keepdims=True)"),
    call("np.std(a)"),
    call("np.std(a, axis=0, ddof=1)", (3, 2)),
    call("np.var(a, axis=(0, 1), keepdims=True)", CUBE),
    call("np.max(a, axis=0)"),
    call("np.min(a)"),
    call("np.amax(a, 1)"),
    call("np.amin(a, 1, keepdims=True)"),
    call("np.cumsum(a)"),
    call("np.cumsum(a, axis=0)"),
    call("np.average(a)"),
    call("np.average(a, axis=1, weights=b)", (2, 3), (3,)),
    call("np.average(a, weights=b)", (2, 3), (2, 3)),
    rough("np.average(a, axis=0, weights=b, returned=True)[1]", (2, 3), (2, 3)),
    rough("np.any(a > 1.5)"),
    rough("np.all(a > 0.5, axis=1)"),
    rough("np.argmax(a)"),
    rough("np.argmin(a, axis=0)"),
    rough("np.percentile(a, 30, axis=1)"),
    rough("np.percentile(a, [10, 80])"),
    rough("np.quantile(a, 0.3)"),
    rough("np.median(a, axis=0)", (4, 3)),
    # shapes
    call("np.reshape(a, (3, -1))"),
    call("np.reshape(a, ())", (1, 1)),
    call("np.ravel(a)"),
    call("np.transpose(a)", CUBE),
    call("np.transpose(a, (1, 2, 0))", CUBE),
    call("np.swapaxes(a, 0, -1)", CUBE),
    call("np.moveaxis(a, 0, -1)", CUBE),
    call("np.moveaxis(a, [0, 1], [-1, 0])", CUBE),
    call("np.expand_dims(a, 1)"),
    call("np.expand_dims(a, (0, -1))"),
    call("np.squeeze(a)", (1, 2, 1)),
    call("np.squeeze(a, axis=0)", (1, 2, 1)),
    call("np.squeeze(a, axis=(0, -1))", (1, 1)),
    call("np.broadcast_to(a, (2, 3, 4))", (3, 1)),
    call("np.broadcast_arrays(a, b)[1]", (2, 1), (3,)),
    call("np.atleast_1d(a)", ()),
    call("np.atleast_2d(a)", (3,)),
    call("np.atleast_3d(a)", (2, 3)),
    call("np.atleast_3d(a)", (3,)),
    call("np.meshgrid(a, b)[0]", (2,), (3,)),
    call("np.meshgrid(a, b, indexing='ij', sparse=True)[1]", (2,), (3,)),
    call("np.flip(a)"),
    call("np.flip(a, 1)"),
    call("np.flip(a, (0, 2))", CUBE),
    call("np.flipud(a)"),
    call("np.fliplr(a)"),
    call("np.rot90(a)"),
    call("np.rot90(a, 2)"),
    call("np.rot90(a, -1, (1, 2))", CUBE),
    call("np.roll(a, 2)"),
    call("np.roll(a, 1, axis=1)"),
    call("np.roll(a, (1, 2), axis=(0, 1))"),
    call("np.tile(a, 2)"),
    call("np.tile(a, (2, 1, 2))"),
    call("np.repeat(a, 2)"),
    call("np.repeat(a, 2, axis=1)"),
    call("np.repeat(a, [1, 3], axis=0)"),
    call("np.resize(a, (2, 4))"),
    call("np.diag(a)", (3,)),
    call("np.diag(a, 1)", (3, 4)),
    call("np.diagonal(a, 1, 0, 2)", CUBE),
    call("np.diagflat(a, -1)"),
    call("np.trace(a)", (3, 3)),
    call("np.trace(a, 1, 0, 2)", CUBE),
    call("np.tril(a)", (3, 3)),
    call("np.triu(a, 1)", (3, 3)),
    call("np.pad(a, 1)"),
    call("np.pad(a, ((1, 0), (0, 2)), constant_values=3.0)"),
    call("np.pad(a, ((1, 1), (2, 0)), mode='edge')"),
    call("np.pad(a, (1, 2), mode='reflect')", (3, 4)),
    call("np.pad(a, (2, 1), mode='symmetric')", (3,)),
    call("np.pad(a, (2, 1), mode='wrap')", (3,)),
    # joining and cutting
    call("np.concatenate([a, b])", (1, 3), (2, 3)),
    call("np.concatenate((a, b), axis=None)", (1, 3), (2,)),
    call("np.stack([a, b], axis=-1)", (2, 3), (2, 3)),
    call("np.vstack([a, b])", (3,), (2, 3)),
    call("np.hstack([a, b])", (2,), (3,)),
    call("np.hstack([a, b])", (2, 1), (2, 3)),
    call("np.dstack([a, b])", (2,), (2,)),
    call("np.column_stack([a, b])", (2,), (2, 3)),
    call("np.append(a, b)", (2, 3), (2,)),
    call("np.append(a, b, axis=0)", (2, 3), (1, 3)),
    call("np.split(a, 3, axis=1)[1]"),
    call("np.split(a, [1, 4])[1]", (5,)),
    call("np.array_split(a, 2)[0]", (5,)),
    call("np.array_split(a, [3, 2])[1]", (5,)),
    call("np.array_split(a, [-2])[1]", (5,)),
    call("np.hsplit(a, 3)[2]"),
    call("np.vsplit(a, 2)[1]"),
    call("np.dsplit(a, 2)[1]", CUBE),
    call("np.delete(a, 1)", (4,)),
    call("np.delete(a, [0, -1], axis=1)"),
    call("np.delete(a, slice(1, 3))", (4,)),
    call("np.insert(a, 1, 5.0)", (3,)),
    call("np.insert(a, [0, 2], b)", (3,), (2,)),
    call("np.insert(a, 1, b, axis=1)", (2, 3), (2,)),
    call("np.insert(a, 1, b, axis=0)", (2, 3), (3,)),
    call("np.insert(a, slice(0, 2), 7.0)", (3,)),
    # choosing
    call("np.where(a > 1, a, b)", (2, 3), (3,)),
    call("np.where(a > 1, a, 0.5)"),
    rough("np.where(a > 1)"),
    rough("np.nonzero(a > 1)[0]"),
    call("np.take(a, np.array([0, 2]), axis=1)"),
    call("np.take(a, np.array([0, 5]))"),
    call("np.sort(a)"),
    call("np.sort(a, axis=0)"),
    call("np.sort(a, axis=None)"),
    rough("np.argsort(a, axis=0)"),
    rough("np.argsort(a, axis=None)"),
    rough("np.unique(np.floor(a * 3))"),
    rough("np.unique(np.floor(a * 3), return_counts=True)[1]"),
    rough("np.unique(np.floor(a * 2), axis=0)"),
    rough("np.histogram(a, bins=3, range=(0.0, 2.0))[0]"),
    rough("np.histogram(a, bins=np.array([0.0, 1.0, 2.0]))[0]"),
    call("np.diff(a)"),
    call("np.diff(a, n=2, axis=1)"),
    call("np.diff(a, axis=0, prepend=b)", (2, 3), (1, 3)),
    call("np.ediff1d(a)"),
    call("np.ediff1d(a, to_begin=b)", (3,), (2,)),
    rough("np.unravel_index(np.array([1, 5]).astype('int64'), (2, 3))[1]"),
    rough("np.diag_indices_from(a)[0]", (3, 3)),
    # products
    call("np.dot(a, b)", (3,), (3,)),
    call("np.dot(a, b)", (2, 3), (3,)),
    call("np.dot(a, b)", (2, 3), (4, 3, 2)),
    call("np.dot(a, b)", (), (3,)),
    call("np.matmul(a, b)", (4, 2, 3), (3, 2)),
    call("np.tensordot(a, b, axes=1)", (2, 3), (3, 4)),
    call("np.tensordot(a, b, axes=([0, 2], [1, 0]))", CUBE, (4, 2, 3)),
    call("np.tensordot(a, b, axes=(1, 0))", (2, 3), (3, 4)),
    call("np.tensordot(a, b, axes=0)", (2,), (3,)),
    call("np.vdot(a, b)", (2, 3), (3, 2)),
    call("np.inner(a, b)", (2, 3), (4, 3)),
    call("np.inner(a, b)", (), (3,)),
    call("np.outer(a, b)", (2, 3), (2,)),
    call("np.kron(a, b)", (2, 3), (2, 2)),
    call("np.kron(a, b)", (2,), (2, 2)),
    call("np.einsum('ij,jk', a, b)", (2, 3), (3, 4)),
    call("np.einsum('ii', a)", (3, 3)),
    call("np.einsum('...ij,...jk->...ik', a, b)", (2, 2, 3), (3, 2)),
    call("np.einsum('i...->...', a)", CUBE),
    call("np.einsum('ij, j -> i', a, b, optimize=True)", (2, 3), (3,)),
    call("np.polyval(a, b)", (3,), (2,)),
    # linear algebra
    call("np.linalg.norm(a)", CUBE),
    call("np.linalg.norm(a, axis=1)"),
    call("np.linalg.norm(a, ord=3)", (4,)),
    call("np.linalg.norm(a, ord=1, axis=0)"),
    call("np.linalg.norm(a, np.inf, axis=1, keepdims=True)"),
    call("np.linalg.norm(a, -np.inf)", (3,)),
    rough("np.linalg.norm(a, 0)", (3,)),
    call("np.linalg.norm(a, 'fro')"),
    call("np.linalg.norm(a, 1)", (3, 4)),
    call("np.linalg.norm(a, -1)", (3, 4)),
    call("np.linalg.norm(a, np.inf, axis=(0, 2))", CUBE),
    call("np.linalg.norm(a, -np.inf, axis=(2, 0), keepdims=True)", CUBE),
    rough("np.linalg.norm(a, 'nuc')"),
    call("np.linalg.inv(a + np.eye(3) * 3)", (2, 3, 3)),
    call("np.linalg.det(a)", (3, 3)),
    call("np.linalg.det(a)", (2, 2, 2)),
    call("np.linalg.slogdet(a)[1]", (3, 3)),
    call("np.linalg.cholesky(np.matmul(a, a.T) + np.eye(3))", (3, 3)),
    call("np.linalg.solve(a + np.eye(3) * 3, b)", (3, 3), (3,)),
    call("np.linalg.solve(a + np.eye(3) * 3, b)", (3, 3), (3, 2)),
    call("np.linalg.eigh(a + a.T)[0]", (3, 3)),
    rough("np.linalg.eigvalsh(a + a.T)", (3, 3)),
    rough("np.linalg.matrix_rank(a)"),
    rough("np.linalg.svd(a)[1]"),
    rough("np.linalg.pinv(a)"),
    # left to NumPy
    rough("np.isclose(a, a + 1e-9)"),
    rough("np.nanmax(a, axis=0)"),
    rough("np.searchsorted(np.sort(a), b)", (4,), (2,)),
    rough("np.interp(b, np.sort(a), a)", (4,), (2,)),
    rough("np.corrcoef(a)"),
    rough("np.take_along_axis(a, np.argsort(a, axis=1), axis=1)"),
    # methods
    call("a.sum(0)"),
    call("a.mean(axis=1, keepdims=True)"),
    call("a.std(ddof=1)"),
    call("a.var(0)"),
    call("a.max(axis=0)"),
    call("a.min()"),
    call("a.prod(axis=1)"),
    call("a.cumsum(1)"),
    call("a.reshape(3, 2)"),
    call("a.reshape((3, -1), order='C')"),
    call("a.flatten()"),
    call("a.ravel()"),
    call("a.T"),
    call("a.transpose(1, 0)"),
    call("a.transpose((1, 2, 0))", CUBE),
    call("a.swapaxes(0, 1)"),
    call("a.squeeze()", (1, 2)),
    call("a.repeat(2, 0)"),
    call("a.diagonal()", (3, 3)),
    call("a.clip(0.5, 1.0)"),
    rough("a.round(1)"),
    rough("a.argmax(axis=0)"),
    rough("a.argmin()"),
    rough("a.argsort()"),
    rough("a.nonzero()[1]"),
    rough("a.any()"),
    rough("a.all(axis=0)"),
    call("a.take(np.array([0, 2]), axis=1)"),
    call("a.dot(b)", (2, 3), (3,)),
    call("a.astype('float64', copy=False) * a.copy()"),
    # Python's operators
    call("-a + 2 - b * 3 / a", (2, 3), (3,)),
    call("a ** 2 + 2 ** a"),
    call("5 % (a + 1)"),
    rough("a // 0.3 + 5 // a"),
    call("a @ b", (2, 3), (3, 2)),
    call("abs(a - 1)"),
    rough("(a > 1) & (a < 1.5) | ~(a >= 0.5) ^ (a == a)"),
    rough("a != b", (2, 3), (3,)),
    # keys
    call("a[0, 1]"),
    call("a[..., None, 1]", CUBE),
    call("a[a > 1]"),
    call("a[:, [0, 2]]"),
    call("a[::-1, 1:]"),
]
