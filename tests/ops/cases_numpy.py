"""Cases of the operators with NumPy's semantics."""

from __future__ import annotations

import math

import numpy as np

from ops.cases import Arr, Case

LEFT, RIGHT = Arr((2, 3), 0.4, 2.0), Arr((3,), 0.5, 1.7)
SINGLE = Arr((2, 3), 0.4, 2.0, "float32")
COMPARED = [Arr(values=[[0.0, 1.0, 2.0], [2.0, 0.0, 1.0]]), Arr(values=[1.0, 0.0, 2.0])]
BITS = [Arr(values=[[12, 10, 7], [0, 1, 2]], dtype="int32"), Arr(values=[10, 6, 5], dtype="int32")]
MATRIX = Arr((2, 3))
CUBE = Arr((2, 3, 4))

# -- arithmetic -------------------------------------------------------------------------------------------

SMOOTH = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "mod": lambda a, b: a - b * np.floor(a / b),
    "power": lambda a, b: np.exp(b * np.log(a)),
    "maximum": lambda a, b: np.where(a > b, a, b),
    "minimum": lambda a, b: np.where(a < b, a, b),
    "hypot": lambda a, b: np.sqrt(a**2 + b**2),
    "true_divide": lambda a, b: a / b,
    "arctan2": lambda a, b: np.angle(b + 1j * a),
    "copysign": lambda a, b: np.abs(a) * np.sign(b),
    "ldexp": lambda a, b: a * np.exp(b * math.log(2)),
}
REVERSED = ("true_divide", "arctan2", "copysign", "ldexp")
WITH_NUMBERS = ("hypot", *REVERSED)

PREDICATES = {
    "equal": lambda a, b: a == b,
    "not_equal": lambda a, b: ~(a == b),
    "greater": lambda a, b: b < a,
    "greater_equal": lambda a, b: ~(a < b),
    "less": lambda a, b: b > a,
    "less_equal": lambda a, b: ~(a > b),
    "logical_and": lambda a, b: (a * b) != 0,
    "logical_or": lambda a, b: (np.abs(a) + np.abs(b)) != 0,
    "logical_xor": lambda a, b: (a != 0) != (b != 0),
}
ON_BITS = {
    "bitwise_and": lambda a, b: a & b,
    "bitwise_or": lambda a, b: a | b,
    "bitwise_xor": lambda a, b: a ^ b,
    "lcm": lambda a, b: np.vectorize(math.lcm)(a, b),
    "gcd": lambda a, b: np.vectorize(math.gcd)(a, b),
}


def arithmetic():
    for name, function in SMOOTH.items():
        yield Case(f"_npi_{name}", [LEFT, RIGHT], expect=function)
        # float32 beside float64: the gradients are checked by the other argument alone.
        yield Case(f"_npi_{name}", [RIGHT, SINGLE], expect=function, wrt=(0,), dtypes=(), note="promoted")
        if name in WITH_NUMBERS:
            yield Case(f"_npi_{name}_scalar", [LEFT], {"scalar": 1.3}, expect=lambda a, f=function: f(a, 1.3))
        if name in REVERSED:
            yield Case(
                f"_npi_r{name}_scalar", [LEFT], {"scalar": 1.3}, expect=lambda a, f=function: f(1.3, a)
            )
    divided = {"expect": lambda a, b: np.floor(a / b), "wrt": ()}
    yield Case("_npi_floor_divide", [LEFT, RIGHT], **divided)
    yield Case(
        "_npi_floor_divide_scalar", [LEFT], {"scalar": 0.7}, expect=lambda a: np.floor(a / 0.7), wrt=()
    )
    yield Case("_npi_rfloor_divide_scalar", [LEFT], {"scalar": 3.0}, expect=lambda a: np.floor(3 / a), wrt=())


def predicates():
    for name, function in PREDICATES.items():
        yield Case(f"_npi_{name}", COMPARED, expect=function, wrt=())
        yield Case(
            f"_npi_{name}_scalar",
            COMPARED[:1],
            {"scalar": 1.0},
            expect=lambda a, f=function: f(a, 1.0),
            wrt=(),
        )
        if name.startswith(("greater", "less")):
            yield Case(
                f"_npi_r{name}_scalar",
                COMPARED[:1],
                {"scalar": 1.0},
                expect=lambda a, f=function: f(1.0, a),
                wrt=(),
            )
    for name, function in ON_BITS.items():
        yield Case(f"_npi_{name}", BITS, expect=function, wrt=(), dtypes=())
        yield Case(
            f"_npi_{name}_scalar",
            BITS[:1],
            {"scalar": 6},
            expect=lambda a, f=function: f(a, 6),
            wrt=(),
            dtypes=(),
        )


# -- one array --------------------------------------------------------------------------------------------

SPECIAL = Arr(values=[0.0, -1.5, np.nan, np.inf, -np.inf])

UNARY = [
    Case("_npi_logical_not", [SPECIAL], expect=lambda x: [1, 0, 0, 0, 0], wrt=()),
    Case("_npi_isnan", [SPECIAL], expect=lambda x: [0, 0, 1, 0, 0], wrt=()),
    Case("_npi_isinf", [SPECIAL], expect=lambda x: [0, 0, 0, 1, 1], wrt=()),
    Case("_npi_isfinite", [SPECIAL], expect=lambda x: [1, 1, 0, 0, 0], wrt=()),
    Case("_npi_isposinf", [SPECIAL], expect=lambda x: [0, 0, 0, 1, 0], wrt=()),
    Case("_npi_isneginf", [SPECIAL], expect=lambda x: [0, 0, 0, 0, 1], wrt=()),
    Case("_npi_bitwise_not", BITS[:1], expect=lambda x: -x - 1, wrt=(), dtypes=()),
    Case("_npi_around", [Arr(values=[-2.5, -1.5, 0.5, 1.4])], expect=lambda x: [-2, -2, 0, 1], wrt=()),
    Case("_npi_around", [Arr(values=[126.0, -1.26])], {"decimals": -1}, expect=lambda x: [130, 0], wrt=()),
    Case("_npi_nan_to_num", expect=lambda x: x),
    Case(
        "_npi_nan_to_num",
        [SPECIAL],
        {"nan": 1.0, "posinf": 2.0, "neginf": 3.0},
        expect=lambda x: [0, -1.5, 1, 2, 3],
        wrt=(),
    ),
]

REDUCTIONS = [
    Case("_np_any", [Arr(values=[[0.0, 2.0], [0.0, 0.0]])], {"axis": 1}, expect=lambda x: [1, 0], wrt=()),
    Case("_np_any", [Arr(values=[[0.0, 2.0]])], expect=lambda x: 1, wrt=(), note="of all"),
    Case(
        "_np_all",
        [Arr(values=[[1.0, 2.0], [0.0, 3.0]])],
        {"axis": 1, "keepdims": True},
        expect=lambda x: [[1], [0]],
        wrt=(),
    ),
    Case(
        "_np_all", [Arr(values=[[1.0, 0.0]])], {"axis": ()}, expect=lambda x: [[1, 0]], wrt=(), note="of none"
    ),
    Case("_npi_argmax", [Arr(values=[[1.0, 5.0], [7.0, 2.0]])], expect=lambda x: 2, wrt=()),
    Case(
        "_npi_argmax", [Arr(values=[[1.0, 5.0], [7.0, 2.0]])], {"axis": -1}, expect=lambda x: [1, 0], wrt=()
    ),
    Case(
        "_npi_argmin",
        [Arr(values=[[1.0, 5.0], [7.0, 2.0]])],
        {"axis": 0, "keepdims": True},
        expect=lambda x: [[0, 1]],
        wrt=(),
    ),
    Case(
        "_npi_percentile",
        [Arr(values=[4.0, 1.0, 3.0])],
        {"q": (0, 50, 75)},
        expect=lambda x: [1, 3, 3.5],
        wrt=(),
    ),
    Case(
        "_npi_percentile",
        [Arr(values=[[4.0, 1.0], [3.0, 5.0]])],
        {"q": 50.0, "axis": 0, "interpolation": "lower", "keepdims": True},
        expect=lambda x: [[[3, 1]]],
        wrt=(),
    ),
]


# -- shapes -----------------------------------------------------------------------------------------------

SHAPES = [
    Case("_np_reshape", [CUBE], {"newshape": (4, -1)}, expect=lambda x: x.reshape(4, 6)),
    Case("_np_reshape", [Arr((1, 1))], {"newshape": ()}, expect=lambda x: x[0, 0], note="scalar"),
    Case(
        "_np_reshape",
        [Arr((0, 3))],
        {"newshape": (3, 0)},
        expect=lambda x: np.zeros((3, 0)),
        wrt=(),
        note="empty",
    ),
    Case("_npx_reshape", [CUBE], {"newshape": (-2, -5)}, expect=lambda x: x.reshape(2, 12)),
    Case("_npx_reshape", [CUBE], {"newshape": (-5, -2), "reverse": True}, expect=lambda x: x.reshape(6, 4)),
    Case(
        "_npx_reshape",
        [Arr((1, 6, 2))],
        {"newshape": (-3, -6, -1, 2, -4)},
        expect=lambda x: x.reshape(3, 2, 2),
    ),
    Case("_npx_reshape", [CUBE], {"newshape": (-1, 4)}, expect=lambda x: x.reshape(6, 4)),
    Case(
        "_np_broadcast_to",
        [Arr((3, 1))],
        {"shape": (2, 3, 4)},
        expect=lambda x: np.stack([x @ np.ones((1, 4))] * 2),
    ),
    Case("_np_broadcast_to", [Arr(())], {"shape": (2,)}, expect=lambda x: np.array([x, x])),
    Case("_np_roll", [MATRIX], {"shift": 2}, expect=lambda x: np.r_[x[1, 1:], x[0], x[1, :1]].reshape(2, 3)),
    Case("_np_roll", [MATRIX], {"shift": (1, -1), "axis": (0, 1)}, expect=lambda x: x[[1, 0]][:, [1, 2, 0]]),
    Case("_npi_tril", [Arr((3, 3))], {"k": -1}, expect=lambda x: x * [[0, 0, 0], [1, 0, 0], [1, 1, 0]]),
    Case("_npi_triu", [CUBE], expect=lambda x: x * [[1, 1, 1, 1], [0, 1, 1, 1], [0, 0, 1, 1]]),
    Case(
        "_np_where",
        [Arr(values=[[1.0], [0.0]]), Arr((3,)), Arr((2, 1))],
        expect=lambda c, x, y: np.stack([x, np.repeat(y[1], 3)]),
        wrt=(1, 2),
    ),
]

SEARCH = [
    Case(
        "_npx_nonzero",
        [Arr(values=[[0.0, 2.0], [3.0, 0.0]])],
        expect=lambda x: [[0, 1], [1, 0]],
        wrt=(),
        data_dependent=True,
    ),
    Case("_npi_unique", [Arr(values=[3.0, 1.0, 3.0])], expect=lambda x: [1, 3], wrt=(), data_dependent=True),
    Case(
        "_npi_unique",
        [Arr(values=[3.0, 1.0, 3.0])],
        {"return_index": True, "return_inverse": True, "return_counts": True},
        expect=lambda x: ([1, 3], [1, 0], [1, 0, 1], [1, 2]),
        wrt=(),
        data_dependent=True,
    ),
    Case(
        "_npi_unique",
        [Arr(values=[[3.0, 1.0], [3.0, 1.0]])],
        {"axis": 0},
        expect=lambda x: [[3, 1]],
        wrt=(),
        data_dependent=True,
    ),
    Case(
        "_npi_bincount",
        [Arr(values=[1, 0, 1], dtype="int32")],
        {"minlength": 4},
        expect=lambda x: [1, 2, 0, 0],
        wrt=(),
        dtypes=(),
        data_dependent=True,
    ),
    Case(
        "_npi_bincount",
        [Arr(values=[1, 0, 1], dtype="int32"), Arr(values=[0.5, 2.0, 0.25])],
        expect=lambda x, w: [2, 0.75],
        wrt=(),
        data_dependent=True,
    ),
]


# -- products ---------------------------------------------------------------------------------------------


def summed(subscripts):
    """Sum products letter by letter, by broadcasting all of them to one array."""
    inputs, output = subscripts.split("->")

    def compute(*arrays):
        sizes = {
            k: n
            for term, a in zip(inputs.split(","), arrays, strict=True)
            for k, n in zip(term, a.shape, strict=True)
        }
        result = np.zeros([sizes[k] for k in output])
        for place in np.ndindex(*sizes.values()):
            at = dict(zip(sizes, place, strict=True))
            term = math.prod(
                a[tuple(at[k] for k in t)] for t, a in zip(inputs.split(","), arrays, strict=True)
            )
            result[tuple(at[k] for k in output)] += term
        return result

    return compute


def einsums():
    for subscripts, shapes in [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij->ji", [(2, 3)]),
        ("ij->", [(2, 3)]),
        ("ii->i", [(3, 3)]),
        ("ii->", [(3, 3)]),
        ("iji->j", [(2, 3, 2)]),
        ("iii->i", [(2, 2, 2)]),
        ("i,i,i->i", [(3,), (3,), (3,)]),
        ("ij,kj->k", [(2, 3), (4, 3)]),
        ("bij,bjk->bki", [(2, 2, 3), (2, 3, 2)]),
    ]:
        arrays = [Arr(shape) for shape in shapes]
        params = {"subscripts": subscripts}
        yield Case("_npi_einsum", arrays, params, expect=summed(subscripts), dtypes=("float32",))


def tensordots():
    for a, b, axes, subscripts in [
        ((2, 3), (3, 4), ((1,), (0,)), "ij,jk->ik"),
        ((2, 3, 4), (4, 2, 5), ((2, 0), (0, 1)), "ijk,kil->jl"),
        ((2, 3, 4), (4, 2, 5), ((0, -1), (1, 0)), "ijk,kil->jl"),
        ((2,), (3,), ((), ()), "i,j->ij"),
        ((2, 3), (2, 3), ((0, 1), (0, 1)), "ij,ij->"),
    ]:
        params = {"a_axes_summed": axes[0], "b_axes_summed": axes[1]}
        yield Case("_npi_tensordot", [Arr(a), Arr(b)], params, expect=summed(subscripts), dtypes=("float32",))


def matmuls():
    for a, b, subscripts in [
        ((2, 3), (3, 4), "ij,jk->ik"),
        ((3,), (3,), "j,j->"),
        ((3,), (3, 4), "j,jk->k"),
        ((2, 3), (3,), "ij,j->i"),
        ((5, 2, 3), (3, 4), "bij,jk->bik"),
        ((3,), (5, 3, 4), "j,bjk->bk"),
        ((5, 2, 3), (5, 3, 4), "bij,bjk->bik"),
    ]:
        yield Case("_npi_matmul", [Arr(a), Arr(b)], expect=summed(subscripts))
    yield Case(
        "_npi_matmul",
        [Arr((5, 1, 2, 3)), Arr((2, 3, 2))],
        expect=lambda a, b: summed("aij,bjk->abik")(a[:, 0], b),
        note="broadcast",
    )


WELL_CONDITIONED = Arr(values=[[[2.0, 0.3], [-0.4, 1.5]], [[1.0, 0.2], [0.1, -1.2]]])

PRODUCTS = [
    *einsums(),
    *tensordots(),
    *matmuls(),
    Case(
        "_npi_solve",
        [WELL_CONDITIONED, Arr((2, 2, 3))],
        expect=lambda a, b: np.linalg.inv(a) @ b,
        dtypes=("float32",),
    ),
]

CASES = [*arithmetic(), *predicates(), *UNARY, *REDUCTIONS, *SHAPES, *SEARCH, *PRODUCTS]
