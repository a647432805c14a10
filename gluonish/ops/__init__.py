"""The operators, one module per family. Importing this package declares them all.

In a family's module stand, side by side, an operator's kernel (whose signature declares its inputs and
parameters), its shape and dtype rules, and its gradient. Kernels are written against ``xp``, the module of
their arrays; they know nothing of devices.

Those with NumPy's semantics, in ``gluonish.ops.numpy``, are declared when one of them is first looked up.

A kernel returns memory of its own, never its input or a view of it, unless it is declared ``view=True``.
"""

import importlib

from gluonish.engine.methods import install_methods
from gluonish.engine.operator import declare_later
from gluonish.ops import (
    arithmetic,
    arranging,
    broadcasting,
    creation,
    decompositions,
    elementwise,
    histogram,
    indexing,
    joining,
    keys,
    linalg,
    nn,
    ordering,
    positions,
    products,
    random,
    random_choices,
    reduction,
    scatter,
    sequence,
    shaping,
    slicing,
    sparse,
    triangles,
    updates,
)

__all__ = [
    "arithmetic",
    "arranging",
    "broadcasting",
    "creation",
    "decompositions",
    "elementwise",
    "histogram",
    "indexing",
    "joining",
    "keys",
    "linalg",
    "nn",
    "ordering",
    "positions",
    "products",
    "random",
    "random_choices",
    "reduction",
    "scatter",
    "sequence",
    "shaping",
    "slicing",
    "sparse",
    "triangles",
    "updates",
]

declare_later("_np", lambda: importlib.import_module("gluonish.ops.numpy"))
arithmetic.install_python_operators()
sparse.install_python_operators()
keys.install_indexing()
install_methods()
