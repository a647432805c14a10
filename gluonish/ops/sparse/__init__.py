"""Kernels for sparse arrays, and the operators that only those have.

A kernel belongs to an operator of another module and to a combination of storage types (``Operator.stored``).
Combinations without one are computed from dense copies, in ``gluonish.engine.invoke``. The result of a
kernel stands for the same array as what the generic kernel makes of dense copies; the tests compare the two
for every kernel that is declared.

``casting``  changing the storage
``elements`` of one array
``pairs``    of two
``products`` products and lookups
``sums``     reductions
``choosing`` parts of matrices
``updates``  steps of optimizers
"""

from gluonish.ops.sparse import casting, choosing, elements, pairs, products, sums, updates
from gluonish.ops.sparse.pairs import install_python_operators

__all__ = [
    "casting",
    "choosing",
    "elements",
    "install_python_operators",
    "pairs",
    "products",
    "sums",
    "updates",
]
