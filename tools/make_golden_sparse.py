"""Ask Apache MXNet about sparse arrays: ``python make_golden_sparse.py DIR``.

It runs in an environment of its own, with ``mxnet==1.9.1`` and ``numpy<1.24``, and needs nothing of gluonish.
``sparse_answers.json`` in tests/data/mxnet has the storage types of what expressions give and of gradients
in bound symbols, and what optimizers make of row-sparse gradients; ``sparse_states.pickle`` the momentum of a
row-sparse weight, as an updater saves it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import mxnet as mx  # type: ignore[import-not-found]

VALUES = [[0.0, 0, 0], [1, 2, 3], [0, 0, 0], [-1, 0.5, 0]]

UNARY = """
    abs arccos arcsin arcsinh arctan arctanh cbrt ceil cos degrees exp expm1 fix floor gamma log log1p
    negative radians relu rint round rsqrt sigmoid sign sin sinh sqrt square stop_gradient tan tanh trunc
    zeros_like
""".split()  # noqa: SIM905  a list would take a page

EXPRESSIONS = [
    *(f"nd.sparse.{name}(x)" for name in UNARY),
    *(
        f"x {op} {number}"
        for op in ("+", "-", "*", "/", "==", "!=", ">", ">=", "<", "<=")
        for number in (0, 2, -1)
    ),
    *("2 - x", "2 * x", "2 / x", "-x", "abs(x)", "x ** 2"),
    *(f"x {op} y" for op in ("+", "-", "*", "==", ">")),
    *(f"nd.{name}(x, y)" for name in ("elemwise_add", "elemwise_sub", "elemwise_mul", "elemwise_div")),
    *("nd.broadcast_add(x, y)", "nd.maximum(x, y)", "nd.sparse.add_n(x, y)", "nd.sparse.add_n(x, y, x)"),
    *("nd.sparse.sum(x)", "nd.sparse.sum(x, axis=0)", "nd.sparse.mean(x, axis=1)", "nd.norm(x)"),
    *("nd.sparse.clip(x, 0, 1)", "nd.sparse.slice(x, begin=(1,), end=(3,))", "nd.concat(x, x, dim=0)"),
    *("nd.take(x, nd.array([1, 3]))", "nd.concat(x, x, dim=1)", "x.T", "x.copy()", "x.astype('float16')"),
    *("nd.sparse.where(x, nd.ones((4, 3)), nd.zeros((4, 3)))", "nd.ones_like(x)", "nd.make_loss(x)"),
    *("nd.sparse.dot(x, nd.ones((3, 2)))", "nd.sparse.dot(x, nd.ones((4, 2)), transpose_a=True)"),
    *("nd.sparse.dot(x, nd.ones((2, 3)), transpose_b=True)", "nd.sparse.dot(nd.ones((2, 4)), x)"),
    *(
        "nd.sparse.dot(nd.ones((2, 3)), x, transpose_b=True)",
        "nd.sparse.dot(nd.ones((4, 2)), x, transpose_a=True)",
    ),
]

SYMBOLS = [
    *(
        "sym.abs(x)",
        "sym.sqrt(x)",
        "sym.square(x)",
        "x * 2",
        "x + 2",
        "x + y",
        "x * y",
        "x - y",
        "sym.dot(x, y)",
    ),
    *(
        "sym.dot(x, y, transpose_a=True)",
        "sym.add_n(x, y)",
        "sym.broadcast_add(x, y)",
        "x + sym.dot(y, x)",
    ),
    *("sym.cast_storage(x, stype='row_sparse')", "sym.cast_storage(x, stype='default')"),
    *(f"sym.Embedding(y, x, input_dim=3, output_dim=3, sparse_grad={each})" for each in ("True", "False")),
    *("sym.contrib.SparseEmbedding(y, x, input_dim=3, output_dim=3)", "sym.sparse.retain(x, y)"),
]
"""What makes gradients of x, of which ``simple_bind`` chooses the storage."""

DEFINED = {
    "row_sparse": ("nd.sparse.retain(x, nd.array([3, 0]))",),
    "csr": ("x[1:3]", "x[-1]", "x * nd.ones((1, 3))"),
}

OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("sgd", {"wd": 0.1}),
    ("sgd", {"wd": 0.1, "lazy_update": False}),
    ("sgd", {"momentum": 0.9, "wd": 0.1}),
    ("sgd", {"momentum": 0.9, "wd": 0.1, "lazy_update": False}),
    ("sgd", {"momentum": 0.9, "clip_gradient": 1.0, "rescale_grad": 0.5}),
    ("adam", {"wd": 0.1}),
    ("adam", {"wd": 0.1, "lazy_update": False}),
    ("adagrad", {"clip_gradient": 1.0}),
    ("groupadagrad", {}),
    ("ftrl", {"wd": 0.1}),
    ("nag", {"momentum": 0.9}),
    ("rmsprop", {}),
]


def storages() -> dict[str, dict[str, str]]:
    """Return the storage types of expressions of two arrays, by their storage types."""
    found: dict[str, dict[str, str]] = {}
    for left, right in (
        ("row_sparse", "row_sparse"),
        ("csr", "csr"),
        ("row_sparse", "default"),
        ("csr", "default"),
    ):
        x, y = (mx.nd.array(VALUES).tostype(each) for each in (left, right))
        expressions = [*EXPRESSIONS, *DEFINED[left]]
        if left != right:
            expressions = [each for each in expressions if "y" in each]
        names = {"nd": mx.nd, "x": x, "y": y}
        found[f"{left}, {right}"] = {each: eval(each, names).stype for each in expressions}  # noqa: S307
    return found


def gradients() -> dict[str, dict[str, str]]:
    """Return the storage types of the gradients of x in bound symbols, by those of x and y."""
    found: dict[str, dict[str, str]] = {}
    for left in ("default", "row_sparse", "csr"):
        for right in ("default", "row_sparse", "csr"):
            kinds = found[f"{left}, {right}"] = {}
            for each in SYMBOLS:
                x, y = mx.sym.var("x", stype=left), mx.sym.var("y", stype=right)
                symbol = eval(each, {"sym": mx.sym, "x": x, "y": y})  # noqa: S307
                shapes = {
                    name: (3,) if "retain" in each and name == "y" else (3, 3)
                    for name in symbol.list_arguments()
                }
                try:
                    bound = symbol.simple_bind(mx.cpu(), grad_req={"x": "write"}, **shapes)
                except RuntimeError:
                    continue  # MXNet has no kernel for these storages
                kinds[each] = bound.grad_dict["x"].stype
    return found


def after_updates(name: str, arguments: dict[str, Any], stype: str) -> tuple[list[list[float]], bytes]:
    """Return a weight after three updates by row-sparse gradients, and the pickled states."""
    updater = mx.optimizer.get_updater(mx.optimizer.create(name, learning_rate=0.1, **arguments))
    weight = mx.nd.array([[1, -1], [2, 3], [0.5, -2], [4, 5.0]]).tostype(stype)
    for rows, values in (([0, 2], [[1.0, 2], [3, -4]]), ([2], [[0.5, 1]]), ([0, 2], [[1.0, 2], [3, -4]])):
        updater(0, mx.nd.sparse.row_sparse_array((values, rows), shape=(4, 2)), weight)
    result: list[list[float]] = weight.asnumpy().astype("float64").round(5).tolist()
    return result, updater.get_states()


def answers() -> dict[str, Any]:
    """Return everything that is asked."""
    updates = [
        {
            "name": name,
            "arguments": arguments,
            "stype": stype,
            "weight": after_updates(name, arguments, stype)[0],
        }
        for name, arguments in OPTIMIZERS
        for stype in ("default", "row_sparse")
    ]
    return {"storages": storages(), "gradients": gradients(), "updates": updates}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "sparse_answers.json").write_text(json.dumps(answers(), indent=1) + "\n")
    (folder / "sparse_states.pickle").write_bytes(after_updates("sgd", {"momentum": 0.9}, "row_sparse")[1])
