"""Making symbols: variables, operators on symbols, groups, and Python's operators."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gluonish import name as naming
from gluonish.attribute import AttrScope
from gluonish.engine.invoke import split_arguments
from gluonish.engine.operator import Operator, find_operator
from gluonish.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from gluonish.ops.arithmetic import PYTHON_OPERATORS
from gluonish.symbol import files
from gluonish.symbol.node import HIDDEN_KEYS, Entry, Node, checked_attributes, made_variable
from gluonish.symbol.spelling import STORAGE_TYPES, spelled, spelled_dtype
from gluonish.symbol.symbol import Symbol

__all__ = ["Group", "compose", "load", "load_json", "make_function", "var"]


def var(
    name: str,
    attr: Mapping[str, Any] | None = None,
    shape: Any = None,
    lr_mult: float | None = None,
    wd_mult: float | None = None,
    dtype: Any = None,
    init: Any = None,
    stype: Any = None,
    **kwargs: Any,
) -> Symbol:
    """Return a variable.

    Args:
        name: its name.
        attr: attributes, strings.
        shape: its shape, as far as it is known; 0 for an unknown axis.
        lr_mult: factor on the learning rate.
        wd_mult: factor on the weight decay.
        dtype: its element type.
        init: its initializer, or the initializer's ``dumps()``.
        stype: its storage type, ``"default"``, ``"row_sparse"`` or ``"csr"``.
        kwargs: further attributes, named ``__x__``.

    Raises:
        ArgumentTypeError: the name, or an attribute, is no string.
        ArgumentError: an attribute of another name. UnknownNameError: an unknown storage type.
    """
    if not isinstance(name, str):
        raise ArgumentTypeError("A variable", "needs a name", expected="a string", received=repr(name))
    owner = f"Variable {name!r}"
    attrs = checked_attributes(AttrScope.current.get(attr), owner)
    given = {
        "__shape__": shape,
        "__lr_mult__": lr_mult,
        "__wd_mult__": wd_mult,
        "__dtype__": None if dtype is None else spelled_dtype(dtype),
        "__init__": init if init is None or isinstance(init, str) else init.dumps(),
        "__storage_type__": None if stype is None else _storage_type(stype, owner),
    }
    attrs.update((key, spelled(value)) for key, value in given.items() if value is not None)
    for key, value in kwargs.items():
        if not (key.startswith("__") and key.endswith("__")):
            raise ArgumentError(owner, f"has no attribute {key!r}", fix="Write it __x__.")
        attrs[key] = spelled(value)
    return Symbol([(Node(None, name, attrs=attrs), 0)])


def _storage_type(stype: Any, owner: str) -> str:
    """Return the number that MXNet has for a storage type."""
    found = STORAGE_TYPES.get(stype, stype if isinstance(stype, str) else str(stype))
    if found not in STORAGE_TYPES.values():
        raise UnknownNameError(
            owner, "has an unknown stype", expected=", ".join(map(repr, STORAGE_TYPES)), received=repr(stype)
        )
    return found


def load_json(json_str: str) -> Symbol:
    """Return the symbol that a text describes, written by ``Symbol.tojson`` or by any version of MXNet.

    Raises:
        ArgumentTypeError: not a string.
        FileFormatError: not the text of a symbol.
        UnknownNameError: an operator that gluonish does not have.
        ArgumentError: a parameter that an operator does not take.
    """
    return Symbol(files.from_json(json_str))


def load(fname: Any) -> Symbol:
    """Return the symbol in a file, written by ``Symbol.save`` or by any version of MXNet.

    Args:
        fname: a path, or a stream of bytes.

    Raises:
        MissingFileError: there is no such file.
        ArgumentTypeError: neither of these.
        FileFormatError, UnknownNameError, ArgumentError: as of ``load_json``.
    """
    return Symbol(files.read_file(fname))


def Group(symbols: Sequence[Symbol]) -> Symbol:  # noqa: N802  MXNet's name
    """Return one symbol with the outputs of several."""
    if not symbols or not all(isinstance(each, Symbol) for each in symbols):
        raise ArgumentTypeError("Group()", "needs symbols", expected="a list of Symbols")
    return Symbol([output for each in symbols for output in each.outputs])


def compose(
    op: Operator,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    name: str | None = None,
    hint: str | None = None,
    attr: Mapping[str, str] | None = None,
    lenient: bool = False,
) -> Symbol:
    """Return the symbol of an operator on symbols; inputs that are not given become variables.

    Args:
        op: the operator.
        args: inputs and parameters by position.
        kwargs: inputs, parameters and attributes by name.
        name: the name of the node; made from the hint and a number if None.
        hint: what an automatic name is made from; the operator's name if None.
        attr: attributes of the node.
        lenient: whether the arrays may also broadcast.

    Raises:
        ArgumentTypeError: an input is no symbol, or has several outputs; an attribute is no string.
        ArgumentError: a parameter is missing, unknown or impossible.
    """
    attrs = {**(attr or {}), **_taken_attributes(kwargs)}
    inputs, given = split_arguments(op, args, kwargs)
    params = op.fill(given)
    node_attrs = _node_attributes(op, attrs)
    # The name comes last: a call that fails uses none up.
    given_name = naming.current().get(name, hint or op.name.lower().lstrip("_"))
    node = Node(op, given_name, (), params, given, node_attrs, lenient)
    node.inputs = tuple(
        (made_variable(node, input_name), 0) if symbol is None else _entry(op, symbol)
        for symbol, input_name in zip(*_complete(op, inputs, params), strict=True)
    )
    return Symbol([(node, i) for i in range(node.n_visible())])


def _taken_attributes(kwargs: dict[str, Any]) -> dict[str, str]:
    """Take the attributes out of the arguments of a call: they are written ``__x__``, or have known names."""
    keys = [key for key in kwargs if (key.startswith("__") and key.endswith("__")) or key in HIDDEN_KEYS]
    return {key: spelled(kwargs.pop(key)) for key in keys}


def _node_attributes(op: Operator, attrs: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of an operator's node: its own, and those of the scope."""
    owner = f"Operator {op.name!r}"
    checked = checked_attributes(AttrScope.current.get(attrs), owner)
    for key in checked:
        if not (key.startswith("__") and key.endswith("__")):
            raise ArgumentError(
                owner, f"has no parameter {key!r}", fix="If it is an attribute of the node, write it __x__."
            )
    return checked


def _complete(op: Operator, inputs: list[Any], params: Mapping[str, Any]) -> tuple[list[Any], list[str]]:
    """Drop the inputs that these parameters do not use, and name the rest."""
    if op.variadic is not None:
        return inputs, [f"arg{i}" for i in range(len(inputs))]
    used = op.used_inputs(params)
    inputs = [*inputs, *[None] * (len(op.input_names) - len(inputs))]
    kept = [
        (symbol, n)
        for symbol, n in zip(inputs, op.input_names, strict=True)
        if n in used or symbol is not None
    ]
    return [symbol for symbol, _ in kept], [n for _, n in kept]


def _entry(op: Operator, symbol: Any) -> Entry:
    if not isinstance(symbol, Symbol):
        raise ArgumentTypeError(
            f"Operator {op.name!r}",
            "takes symbols here",
            expected="a Symbol",
            received=f"{type(symbol).__name__}",
            fix="Arrays and symbols cannot be mixed; make constants parameters of the block.",
        )
    if len(symbol.outputs) != 1:
        raise ArgumentTypeError(
            f"Operator {op.name!r}",
            "takes one output per input",
            received=f"{symbol!r} with {len(symbol.outputs)}",
            fix="Choose one of them, y[0].",
        )
    return symbol.outputs[0]


def make_function(op: Operator, name: str | None = None) -> Callable[..., Symbol]:
    """Return the function that ``mx.sym`` has for an operator.

    Args:
        op: the operator.
        name: the function's name there, from which nodes get theirs; the operator's if None.
    """
    hint = (name or op.name).lower()

    def function(*args: Any, name: str | None = None, attr: Any = None, **kwargs: Any) -> Symbol:
        kwargs.pop("out", None)
        return compose(op, args, kwargs, name=name, hint=hint, attr=attr)

    function.__name__ = function.__qualname__ = name or op.name
    function.__doc__ = op.doc
    return function


# -- Python's operators ---------------------------------------------------------------------------------


_WRITTEN_TOGETHER = (
    "_plus_scalar",
    "_minus_scalar",
    "_rminus_scalar",
    "_mul_scalar",
    "_div_scalar",
    "_rdiv_scalar",
    "_mod_scalar",
    "_rmod_scalar",
    "_power_scalar",
)
"""Operators whose nodes MXNet calls ``_plusscalar0``; those of the others are called ``_equal_scalar0``."""


def _binary_method(elemwise: str | None, scalar: str) -> Callable[..., Any]:
    scalar_op = find_operator(scalar)
    array_op = None if elemwise is None else find_operator(elemwise)
    hint = scalar.removesuffix("_scalar")
    scalar_hint = f"{hint}scalar" if scalar in _WRITTEN_TOGETHER else scalar

    def method(self: Symbol, other: Any) -> Any:
        if isinstance(other, Symbol) and array_op is not None:
            return compose(array_op, (self, other), {}, hint=hint, lenient=True)
        if isinstance(other, numbers.Real):
            return compose(scalar_op, (self,), {"scalar": other}, hint=scalar_hint)
        return NotImplemented

    return method


def _negated(self: Symbol) -> Symbol:
    """Return the symbol times -1, which is how MXNet negates."""
    return compose(find_operator("_mul_scalar"), (self,), {"scalar": -1.0}, hint="_mulscalar")


def _absolute(self: Symbol) -> Symbol:
    return compose(find_operator("abs"), (self,), {})


def _install_python_operators() -> None:
    for name, each in PYTHON_OPERATORS.items():
        setattr(Symbol, f"__{name}__", _binary_method(each.elemwise, each.scalar))
        setattr(Symbol, f"__r{name}__", _binary_method(None, each.reverse))
    for name, method in (("__neg__", _negated), ("__abs__", _absolute)):
        setattr(Symbol, name, method)


_install_python_operators()
