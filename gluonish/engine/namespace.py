"""Operators as attributes: the ``F`` that gradient rules compute with.

One rule serves two passes. In an ordinary backward pass ``F`` is a ``RawNamespace``: its functions are the
kernels, on raw arrays. Under ``create_graph`` it is the recorded namespace of ``gluonish.engine.invoke``.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gluonish.engine.dispatch import find_kernel
from gluonish.engine.operator import (
    Operator,
    find_operator,
    lookup_operator,
    operators,
    promised_operators,
)
from gluonish.engine.stored import densified

if TYPE_CHECKING:
    from gluonish.context import Context
    from gluonish.engine.backend import Backend

__all__ = [
    "SPARSE_TOO",
    "OperatorNamespace",
    "RawNamespace",
    "StoredNamespace",
    "classic_operators",
    "populate",
    "public_name",
    "raw_namespace",
    "stored_namespace",
]


class OperatorNamespace:
    """Operators by name, as attributes.

    Attributes:
        recorded: whether its functions take NDArrays and record.
    """

    recorded: bool

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        function = self.bind(find_operator(name))
        setattr(self, name, function)
        return function

    def bind(self, op: Operator) -> Callable[..., Any]:
        """Return the function that this namespace has for an operator."""
        raise NotImplementedError

    def zeros(self, shape: tuple[int, ...], dtype: Any, ctx: Context) -> Any:
        """Return zeros as this namespace's kind of array."""
        raise NotImplementedError


class RawNamespace(OperatorNamespace):
    """Kernels on the raw arrays of one backend."""

    recorded = False

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def bind(self, op: Operator) -> Callable[..., Any]:
        """Return a function that runs the operator's kernel with its parameters completed."""
        xp, kind = self._backend.xp, self._backend.kind

        def call(*arrays: Any, **given: Any) -> Any:
            params = op.fill(given)
            kernel = op.kernel if op.kernels is None else find_kernel(op, kind, arrays, params)
            result = kernel(xp, *arrays, **params)
            if op.single:
                return result
            visible = op.visible(params)
            return result[0] if visible == 1 else result[:visible]

        return call

    def zeros(self, shape: tuple[int, ...], dtype: Any, ctx: Context) -> Any:  # noqa: ARG002
        """Return raw zeros; the caller has entered the device."""
        return self._backend.xp.zeros(shape, dtype)


class StoredNamespace(RawNamespace):
    """Kernels on raw arrays and sparse values: what no kernel takes as it is becomes dense."""

    def bind(self, op: Operator) -> Callable[..., Any]:
        """Return a function that runs the operator on whatever it is given."""
        xp, on_dense = self._backend.xp, super().bind(op)

        def call(*arrays: Any, **given: Any) -> Any:
            params = op.fill(given)
            kernel = op.stored_kernel(arrays, params)
            if kernel is not None:
                return kernel.function(xp, *arrays, **params)
            return on_dense(*map(densified, arrays), **given)

        return call


_RAW: dict[int, RawNamespace] = {}
_STORED: dict[int, StoredNamespace] = {}


def raw_namespace(backend: Backend) -> RawNamespace:
    """Return the raw namespace of a backend."""
    space = _RAW.get(id(backend))
    if space is None:
        space = _RAW[id(backend)] = RawNamespace(backend)
    return space


def stored_namespace(space: OperatorNamespace) -> StoredNamespace:
    """Return the namespace for sparse values beside a raw one."""
    assert isinstance(space, RawNamespace)
    found = _STORED.get(id(space))
    if found is None:
        found = _STORED[id(space)] = StoredNamespace(space._backend)
    return found


SUB_NAMESPACES = ("contrib", "image", "linalg", "random", "sparse")
"""Prefixes of operator names, ``_linalg_gemm2``, that are namespaces of functions, ``nd.linalg.gemm2``."""


def public_name(name: str) -> tuple[str | None, str]:
    """Return the sub-namespace and the function's name there for an operator's name.

    Example:
        >>> public_name("softmax"), public_name("_linalg_gemm2"), public_name("_mul_scalar")
        ((None, 'softmax'), ('linalg', 'gemm2'), ('_internal', '_mul_scalar'))
    """
    if not name.startswith("_"):
        return None, name
    prefix, _, rest = name[1:].partition("_")
    if prefix in SUB_NAMESPACES and rest:
        return prefix, rest
    return "_internal", name


SPARSE_TOO = frozenset(
    """
    ElementWiseSum Embedding FullyConnected LinearRegressionOutput LogisticRegressionOutput
    MAERegressionOutput abs adam_update add_n arccos arccosh arcsin arcsinh arctan arctanh broadcast_add
    broadcast_div broadcast_minus broadcast_mul broadcast_plus broadcast_sub cast_storage cbrt ceil clip
    concat cos cosh degrees dot elemwise_add elemwise_div elemwise_mul elemwise_sub exp expm1 fix floor
    ftrl_update gamma gammaln log log10 log1p log2 make_loss mean negative norm radians relu rint round
    rsqrt sgd_mom_update sgd_update sigmoid sign sin sinh slice sqrt square stop_gradient sum tan tanh
    trunc where zeros_like
    """.split()  # noqa: SIM905  a list would take a page
)
"""Names of operators that MXNet has in the namespace ``sparse`` as well."""

NUMPY_PREFIX = "_np"
"""How the names of operators with NumPy's semantics begin. Functions of ``mx.np`` call them."""


def classic_operators() -> dict[str, Operator]:
    """Return the operators of ``mx.nd`` and ``mx.sym`` by every name they have there."""
    return {name: op for name, op in operators().items() if not name.startswith(NUMPY_PREFIX)}


def populate(module: dict[str, Any], make: Callable[[Operator, str], Callable[..., Any]]) -> None:
    """Fill a module with functions made from the operator table; names it has already are kept.

    The sub-namespace ``op`` has the functions of operators only, none that is written by hand. Functions of
    operators that are declared later are made when they are asked for, by a ``__getattr__`` that asks the
    module's own one, if it has any, for all other names.

    Args:
        module: the module's ``globals()``.
        make: makes the function of an operator, given the name that it has in the module.
    """
    for name, op in classic_operators().items():
        space, short = public_name(name)
        names = module if space is None else vars(_sub_namespace(module, space))
        function = make(op, short)
        names.setdefault(short, function)
        if space is None:
            vars(_sub_namespace(module, "op"))[short] = function
        elif space == "random":
            vars(_sub_namespace(module, "_internal"))[name] = function
        if name in SPARSE_TOO:
            vars(_sub_namespace(module, "sparse")).setdefault(name, function)
    for space in {public_name(name)[0] for name in (*classic_operators(), *promised_operators())}:
        holder = module if space is None else vars(_sub_namespace(module, space))
        holder["__getattr__"] = _on_demand(holder, space, make)
    operators_only = vars(_sub_namespace(module, "op"))
    operators_only["__getattr__"] = _on_demand(operators_only, None, make)


def _on_demand(
    holder: dict[str, Any], space: str | None, make: Callable[[Operator, str], Callable[..., Any]]
) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a namespace: it makes the functions of operators that it lacks yet."""
    before = holder.get("__getattr__")
    prefix = "" if space in (None, "_internal") else f"_{space}_"

    def __getattr__(short: str) -> Any:  # noqa: N807  the function of this name in the module
        name = prefix + short
        if public_name(name) == (space, short) and not name.startswith(NUMPY_PREFIX):
            op = lookup_operator(name)
            if op is not None:
                function = holder[short] = make(op, short)
                return function
        if before is not None:
            return before(short)
        raise AttributeError(f"module {holder['__name__']!r} has no attribute {short!r}", name=short)

    return __getattr__


def _sub_namespace(module: dict[str, Any], space: str) -> types.ModuleType:
    """Return the module of a sub-namespace, made if there is no file of that name."""
    sub = module.get(space)
    if sub is None:
        name = f"{module['__name__']}.{space}"
        sub = module[space] = types.ModuleType(name, f"Functions of the ``{space}`` family.")
        # ``import gluonish.nd.linalg`` finds it there.
        sys.modules[name] = sub
    return sub
