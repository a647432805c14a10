"""Operators with NumPy's semantics where those differ from MXNet's classic ones.

Comparisons return bools, arrays of different dtypes may meet, reductions end in arrays of shape (), products
follow NumPy's rules for axes. Everything else in ``mx.np`` is computed by the classic operators. The package
is loaded when ``mx.np`` is first used, or when an operator is looked up by a name that begins with ``_np``.
"""

from gluonish.ops.numpy import arithmetic, complex_numbers, elementwise, products, reduction, search, shaping

__all__ = ["arithmetic", "complex_numbers", "elementwise", "products", "reduction", "search", "shaping"]
