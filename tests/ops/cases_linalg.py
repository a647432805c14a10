"""Cases of products of matrices and of linear algebra.

Operators that read one triangle of a symmetric matrix have symmetric gradients, which finite differences in
all elements do not show; ``test_linalg`` checks them through a function that makes the matrix symmetric.
"""

from __future__ import annotations

import numpy as np

from ops.cases import Arr, Case

A23, A34 = Arr((2, 3)), Arr((3, 4))
CUBE = Arr((2, 3, 4))
SINGLE = ("float32",)

RNG = np.random.default_rng(5)
# Far from singular, so that float32 has digits left.
REGULAR = Arr((2, 3, 3), values=RNG.uniform(-0.5, 0.5, (2, 3, 3)) + 2 * np.eye(3))
POSITIVE = Arr(
    (2, 3, 3),
    values=[
        [[2.3, 0.1, 0.2], [0.1, 1.6, 0.5], [0.2, 0.5, 2.1]],
        [[2.0, 0.4, -0.3], [0.4, 3.0, 0.2], [-0.3, 0.2, 1.2]],
    ],
)
LOWER = np.tril(np.ones((3, 3)))


def t(x):
    return np.swapaxes(x, -1, -2)


def by_sums(equation):
    return lambda *arrays: np.einsum(equation, *arrays)


def kron_columns(*matrices):
    """Column by column."""
    columns = []
    for j in range(matrices[0].shape[1]):
        column = np.ones(1)
        for matrix in matrices:
            column = np.kron(column, matrix[:, j])
        columns.append(column)
    return np.array(columns).T


def cofactor_det(a):
    return (
        a[..., 0, 0] * (a[..., 1, 1] * a[..., 2, 2] - a[..., 1, 2] * a[..., 2, 1])
        - a[..., 0, 1] * (a[..., 1, 0] * a[..., 2, 2] - a[..., 1, 2] * a[..., 2, 0])
        + a[..., 0, 2] * (a[..., 1, 0] * a[..., 2, 1] - a[..., 1, 1] * a[..., 2, 0])
    )


def gram_schmidt(a):
    """LQ row by row; LAPACK's signs are those of Householder reflections."""
    q, lower = np.zeros(a.shape), np.zeros((*a.shape[:-1], a.shape[-2]))
    for place in np.ndindex(*a.shape[:-2]):
        for i, row in enumerate(a[place]):
            rest = row.copy()
            for j in range(i):
                lower[place][i, j] = q[place][j] @ row
                rest -= lower[place][i, j] * q[place][j]
            lower[place][i, i] = np.sqrt(rest @ rest)
            q[place][i] = rest / lower[place][i, i]
    signs = np.sign(np.linalg.qr(t(a))[0][..., 0, :] * q[..., :, 0])
    return q * signs[..., None], lower * signs[..., None, :]


def eigen(a):
    """From the characteristic of the SVD of a positive definite matrix."""
    u, values, _ = np.linalg.svd(a)
    rows = t(u)[..., ::-1, :]
    largest = np.take_along_axis(rows, np.abs(rows).argmax(-1)[..., None], -1)
    return rows * np.sign(largest), values[..., ::-1]


def products():
    for flags, equation in (
        ((False, False), "ij,jk->ik"),
        ((True, False), "ji,jk->ik"),
        ((False, True), "ij,kj->ik"),
        ((True, True), "ji,kj->ik"),
    ):
        params = dict(zip(("transpose_a", "transpose_b"), flags, strict=True))
        a = Arr((3, 2) if flags[0] else (2, 3))
        b = Arr((4, 3) if flags[1] else (3, 4))
        stack_a, stack_b = Arr((2, *a.shape)), Arr((2, *b.shape))
        stacked = by_sums("b" + equation.replace(",", ",b").replace("->", "->b"))
        yield Case("dot", [a, b], params, expect=by_sums(equation))
        yield Case("batch_dot", [stack_a, stack_b], params, expect=stacked)
        yield Case(
            "_linalg_gemm2",
            [stack_a, stack_b],
            {**params, "alpha": -0.5},
            expect=lambda x, y, f=stacked: f(x, y) / -2,
        )
        yield Case(
            "_linalg_gemm",
            [stack_a, stack_b, Arr((2, 2, 4))],
            {**params, "alpha": 2.0, "beta": 3.0},
            expect=lambda x, y, z, f=stacked: 2 * f(x, y) + 3 * z,
        )


def triangular():
    for lower in (True, False):
        for transpose in (False, True):
            for right in (False, True):
                params = {"lower": lower, "transpose": transpose, "rightside": right, "alpha": 1.5}

                def op(a, lower=lower, transpose=transpose):
                    kept = a * (LOWER if lower else LOWER.T)
                    return t(kept) if transpose else kept

                def multiplied(a, b, op=op, right=right):
                    return 1.5 * (b @ op(a) if right else op(a) @ b)

                def solved(a, b, op=op, right=right):
                    inverse = np.linalg.inv(op(a))
                    return 1.5 * (b @ inverse if right else inverse @ b)

                b = Arr((2, 2, 3) if right else (2, 3, 2))
                yield Case("_linalg_trmm", [REGULAR, b], params, expect=multiplied)
                yield Case("_linalg_trsm", [REGULAR, b], params, expect=solved)


def triangles():
    n = Arr((2, 4, 4))
    for offset, lower in ((0, True), (0, False), (1, True), (2, False), (-1, False)):
        places = [
            (i, j) if offset < 0 or (offset == 0 and lower) else (j, i)
            for i in range(4)
            for j in range(4)
            if j <= i - abs(offset)
        ]
        params = {"offset": offset, "lower": lower}

        def packed(x, places=places):
            return np.stack([x[:, i, j] for i, j in places], -1)

        def unpacked(x, places=places):
            out = np.zeros((2, 4, 4))
            for k, (i, j) in enumerate(places):
                out[:, i, j] = x[:, k]
            return out

        yield Case("_linalg_extracttrian", [n], params, expect=packed)
        yield Case("_linalg_maketrian", [Arr((2, len(places)))], params, expect=unpacked)


CASES = [
    *products(),
    Case("dot", [Arr((3,)), Arr((3,))], expect=lambda x, y: [sum(x * y)], note="vectors"),
    Case("dot", [A23, Arr((3,))], expect=by_sums("ij,j->i")),
    Case("dot", [Arr((3,)), A34], expect=by_sums("i,ij->j")),
    Case("dot", [A23, Arr((2,))], {"transpose_a": True}, expect=by_sums("ji,j->i")),
    Case("dot", [CUBE, Arr((4, 2))], expect=by_sums("abi,ij->abj")),
    Case("dot", [CUBE, Arr((4, 2, 3))], expect=by_sums("abi,icd->abcd")),
    Case("dot", [CUBE, Arr((2, 5))], {"transpose_a": True}, expect=by_sums("iab,ic->abc")),
    Case("dot", [Arr((2, 4)), CUBE], {"transpose_b": True}, expect=by_sums("ai,bci->abc")),
    Case("batch_dot", [Arr((2, 2, 2, 3)), Arr((2, 2, 3, 2))], expect=by_sums("abij,abjk->abik")),
    Case("khatri_rao", [Arr((2, 3)), Arr((4, 3))], expect=kron_columns),
    Case("khatri_rao", [Arr((2, 2)), Arr((3, 2)), Arr((2, 2))], expect=kron_columns),
    Case("khatri_rao", [Arr((2, 2))], expect=lambda x: x, note="one matrix"),
    Case("_linalg_gemm2", [A23, A34], expect=by_sums("ij,jk->ik")),
    Case("_linalg_gemm2", [Arr((3, 2, 4)), Arr((4, 2, 5))], {"axis": 0}, expect=by_sums("iaj,jak->iak")),
    Case(
        "_linalg_gemm2",
        [Arr((2, 3, 2, 4)), Arr((2, 5, 2, 4))],
        {"axis": -3, "transpose_b": True},
        expect=by_sums("aibj,akbj->aibk"),
    ),
    Case(
        "_linalg_gemm",
        [Arr((3, 2, 4)), Arr((4, 2, 5)), Arr((3, 2, 5))],
        {"axis": 0, "beta": 0.5},
        expect=lambda a, b, c: np.einsum("iaj,jak->iak", a, b) + c / 2,
    ),
    Case("_linalg_syrk", [CUBE], expect=lambda a: np.einsum("bik,bjk->bij", a, a)),
    Case(
        "_linalg_syrk",
        [A23],
        {"transpose": True, "alpha": 2.0},
        expect=lambda a: 2 * np.einsum("ki,kj->ij", a, a),
    ),
    *triangular(),
    *triangles(),
    Case(
        "_linalg_extractdiag",
        [Arr((2, 3, 3))],
        {"offset": -1},
        expect=lambda a: np.stack([a[:, 1, 0], a[:, 2, 1]], 1),
    ),
    Case("_linalg_extractdiag", [Arr((2, 2))], expect=lambda a: [a[0, 0], a[1, 1]]),
    Case(
        "_linalg_makediag",
        [Arr((2, 2))],
        {"offset": 1},
        expect=lambda a: [[[0, x, 0], [0, 0, y], [0, 0, 0]] for x, y in a],
    ),
    Case("_linalg_makediag", [Arr((2,))], expect=lambda a: [[a[0], 0], [0, a[1]]]),
    Case("_triangle", [REGULAR], expect=lambda a: a * LOWER),
    Case(
        "_triangle",
        [REGULAR],
        {"lower": False, "diagonal": 0.5},
        expect=lambda a: a * (LOWER.T - np.eye(3) / 2),
    ),
    Case("_linalg_potrf", [POSITIVE], expect=lambda a: np.linalg.cholesky(a), wrt=()),
    Case("_linalg_potri", [REGULAR], expect=lambda a: np.linalg.inv((a * LOWER) @ t(a * LOWER))),
    Case(
        "_linalg_inverse", [REGULAR], expect=lambda a: np.linalg.solve(a, np.broadcast_to(np.eye(3), a.shape))
    ),
    Case(
        "_linalg_inverse", [Arr(values=[[2.0, 1.0], [0.5, -1.0]])], expect=lambda a: [[0.4, 0.4], [0.2, -0.8]]
    ),
    Case("_linalg_det", [REGULAR], expect=cofactor_det),
    Case("_linalg_det", [Arr(values=[[2.0, 1.0], [0.5, -1.0]])], expect=lambda a: [-2.5]),
    Case(
        "_linalg_slogdet",
        [REGULAR],
        expect=lambda a: (np.sign(cofactor_det(a)), np.log(np.abs(cofactor_det(a)))),
    ),
    Case(
        "_linalg_slogdet", [Arr(values=[[2.0, 1.0], [0.5, -1.0]])], expect=lambda a: ([-1.0], [np.log(2.5)])
    ),
    Case("_linalg_sumlogdiag", [REGULAR], expect=lambda a: np.log(a[:, 0, 0] * a[:, 1, 1] * a[:, 2, 2])),
    Case("_linalg_sumlogdiag", [Arr((2, 2), 0.5, 1.5)], expect=lambda a: [np.log(a[0, 0] * a[1, 1])]),
    Case("_linalg_gelqf", [Arr((2, 2, 3))], expect=gram_schmidt, dtypes=SINGLE),
    Case("_linalg_gelqf", [REGULAR], expect=gram_schmidt),
    Case("_linalg_syevd", [POSITIVE], expect=eigen, wrt=()),
    Case(
        "L2Normalization",
        [CUBE],
        expect=lambda x: x / np.sqrt(np.einsum("bij,bij->b", x, x) + 1e-10)[:, None, None],
    ),
    Case(
        "L2Normalization",
        [CUBE],
        {"mode": "channel", "eps": 0.5},
        expect=lambda x: x / np.sqrt(np.einsum("bij,bij->bj", x, x) + 0.5)[:, None],
    ),
    Case(
        "L2Normalization",
        [Arr((2, 2, 2, 3))],
        {"mode": "spatial"},
        expect=lambda x: x / np.sqrt(np.einsum("bcij,bcij->bc", x, x) + 1e-10)[..., None, None],
    ),
    Case("L2Normalization", [Arr((3,))], {"eps": 0.5}, expect=lambda x: x / np.sqrt(x * x + 0.5), note="1-D"),
]
