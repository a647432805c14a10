"""The Symbol class: outputs of a graph of operators."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from gluonish import name as naming
from gluonish.dtype import as_dtype
from gluonish.engine.invoke import split_arguments
from gluonish.engine.methods import OperatorMethods
from gluonish.engine.operator import Operator, find_operator
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    IndexOutOfRangeError,
    SymbolValueError,
    UnknownNameError,
)
from gluonish.ops.arithmetic import PYTHON_OPERATORS
from gluonish.shape import from_mxnet
from gluonish.symbol import infer

__all__ = ["Group", "Node", "Symbol", "compose", "make_function", "var"]


class Node:
    """A variable or an operator in a graph.

    Attributes:
        op: the operator; None for a variable.
        name: its name.
        inputs: the outputs of other nodes that it takes: pairs of node and number.
        params: the complete parameters of the operator.
        given: the parameters as they were given, which is what files store.
        attrs: attributes, ``__shape__`` and the like.
        lenient: whether the arrays may also broadcast, as Python's operators do on arrays.
    """

    __slots__ = ("attrs", "given", "inputs", "lenient", "name", "op", "params")

    def __init__(
        self,
        op: Operator | None,
        name: str,
        inputs: Sequence[tuple[Node, int]] = (),
        params: Mapping[str, Any] | None = None,
        given: Mapping[str, Any] | None = None,
        attrs: Mapping[str, Any] | None = None,
        lenient: bool = False,
    ) -> None:
        self.op = op
        self.name = name
        self.inputs = tuple(inputs)
        self.params = dict(params or {})
        self.given = dict(given or {})
        self.attrs = dict(attrs or {})
        self.lenient = lenient

    def n_outputs(self) -> int:
        """Return the number of outputs, hidden ones included."""
        return 1 if self.op is None else len(self.op.outputs(self.params))

    def output_name(self, index: int) -> str:
        """Return the name of an output: the variable's name, or the node's with the output's behind it."""
        if self.op is None:
            return self.name
        return f"{self.name}_{self.op.outputs(self.params)[index]}"


class Symbol(OperatorMethods):
    """One or several outputs of a graph of operators.

    Symbols are made by ``mx.sym.var`` and by the operators of ``mx.sym``.

    Example:
        >>> import gluonish as mx
        >>> x = mx.sym.var("x")
        >>> y = mx.sym.FullyConnected(x, num_hidden=4, name="fc")
        >>> y.list_arguments()
        ['x', 'fc_weight', 'fc_bias']
        >>> y.infer_shape(x=(2, 5))
        ([(2, 5), (4, 5), (4,)], [(2, 4)], [])
    """

    __slots__ = ("outputs",)

    # NumPy arrays and scalars on the left of an operator give way to ours.
    __array_ufunc__ = None

    outputs: tuple[tuple[Node, int], ...]

    def __init__(self, outputs: Sequence[tuple[Node, int]]) -> None:
        self.outputs = tuple(outputs)

    def __repr__(self) -> str:
        if self.name is None:
            return f"<Symbol group [{', '.join(str(each.name) for each in self)}]>"
        return f"<Symbol {self.name}>"

    __hash__ = object.__hash__

    # -- structure ------------------------------------------------------------------------------------

    @property
    def name(self) -> str | None:
        """The name of the node; None for a group of several."""
        nodes = {id(node): node for node, _ in self.outputs}
        return next(iter(nodes.values())).name if len(nodes) == 1 else None

    def __len__(self) -> int:
        return len(self.outputs)

    def __iter__(self) -> Iterator[Symbol]:
        for output in self.outputs:
            yield Symbol([output])

    def __getitem__(self, key: int | str) -> Symbol:
        if isinstance(key, str):
            names = self.list_outputs()
            if names.count(key) != 1:
                raise UnknownNameError(
                    f"Output {key!r}", "does not exist once", expected="one of " + ", ".join(names)
                )
            key = names.index(key)
        if not isinstance(key, int):
            raise ArgumentTypeError(
                repr(self), "is indexed by its outputs", expected="an int or a name", received=repr(key)
            )
        if not -len(self.outputs) <= key < len(self.outputs):
            raise IndexOutOfRangeError(
                repr(self), f"has {len(self.outputs)} outputs", received=f"index {key}"
            )
        return Symbol([self.outputs[key]])

    def nodes(self) -> list[Node]:
        """Return all nodes below the outputs, inputs before those who use them."""
        order: list[Node] = []
        seen: set[int] = set()
        pending: list[tuple[Node, bool]] = [(node, False) for node, _ in reversed(self.outputs)]
        while pending:
            node, expanded = pending.pop()
            if expanded:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                pending.append((node, True))
                pending.extend((child, False) for child, _ in reversed(node.inputs))
        return order

    def _variables(self) -> tuple[list[Node], list[Node]]:
        """Return the variables that are arguments, and those that are states of operators."""
        nodes = self.nodes()
        states = {
            id(node.inputs[i][0])
            for node in nodes
            if node.op is not None
            for i in node.op.aux
            if i < len(node.inputs)
        }
        variables = [node for node in nodes if node.op is None]
        return (
            [node for node in variables if id(node) not in states],
            [node for node in variables if id(node) in states],
        )

    def list_arguments(self) -> list[str]:
        """Return the names of the variables, in the order of computation."""
        return [node.name for node in self._variables()[0]]

    def list_auxiliary_states(self) -> list[str]:
        """Return the names of the variables that are states of operators, such as running means."""
        return [node.name for node in self._variables()[1]]

    def list_inputs(self) -> list[str]:
        """Return the names of all variables, states included."""
        return [node.name for node in self.nodes() if node.op is None]

    def list_outputs(self) -> list[str]:
        """Return the names of the outputs."""
        return [node.output_name(index) for node, index in self.outputs]

    def get_internals(self) -> Symbol:
        """Return a group of all outputs of all nodes."""
        outputs: list[tuple[Node, int]] = []
        for node in self.nodes():
            count = 1 if node.op is None else node.op.visible(node.params)
            outputs.extend((node, i) for i in range(count))
        return Symbol(outputs)

    def attr(self, key: str) -> Any:
        """Return an attribute of the node, or None."""
        return self.outputs[0][0].attrs.get(key)

    def list_attr(self) -> dict[str, Any]:
        """Return all attributes of the node."""
        return dict(self.outputs[0][0].attrs)

    # -- inference --------------------------------------------------------------------------------------

    def infer_shape(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Work out all shapes from those of some arguments.

        Args:
            args: shapes of the arguments in the order of ``list_arguments()``, None where not known.
            kwargs: shapes by name; 0 stands for an unknown axis.

        Returns:
            The shapes of arguments, outputs and states; three times None if some are not determined.

        Raises:
            ShapeMismatchError: they contradict each other.
        """
        arguments, outputs, states = self.infer_shape_partial(*args, **kwargs)
        complete = all(shape and 0 not in shape for shape in (*arguments, *outputs, *states))
        return (arguments, outputs, states) if complete else (None, None, None)

    def infer_shape_partial(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Work out shapes as far as possible; unknown axes are 0, shapes of unknown rank ()."""
        given = self._by_name(args, kwargs)
        known = {name: from_mxnet(shape or None, owner=f"Shape of {name!r}") for name, shape in given.items()}
        shapes = infer.infer_shapes(self, lambda node: known.get(node.name))

        def spelled(entry: tuple[Node, int]) -> tuple[int, ...]:
            shape = shapes[id(entry[0])][entry[1]]
            return () if shape is None else tuple(0 if dim is None else dim for dim in shape)

        return self._in_order(spelled)

    def infer_type(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Work out all dtypes from those of some arguments; what is not determined becomes float32.

        Returns:
            The dtypes of arguments, outputs and states.

        Raises:
            DTypeError: they contradict each other.
        """
        known = {
            name: None if dtype is None else as_dtype(dtype)
            for name, dtype in self._by_name(args, kwargs).items()
        }
        dtypes = infer.infer_dtypes(self, known)
        return self._in_order(lambda entry: dtypes[id(entry[0])][entry[1]].type)

    def _by_name(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        names = self.list_arguments()
        if len(args) > len(names) or (args and kwargs):
            raise ArgumentError(
                repr(self), "takes shapes or dtypes by position or by name", expected=", ".join(names)
            )
        unknown = set(kwargs).difference(names, self.list_auxiliary_states())
        if unknown:
            raise UnknownNameError(
                f"Argument {min(unknown)!r}", f"is none of {self!r}", expected="one of " + ", ".join(names)
            )
        return dict(zip(names, args, strict=False)) if args else kwargs

    def _in_order(self, value: Callable[[tuple[Node, int]], Any]) -> tuple[Any, Any, Any]:
        arguments, states = self._variables()
        return (
            [value((node, 0)) for node in arguments],
            [value(output) for output in self.outputs],
            [value((node, 0)) for node in states],
        )

    # -- composition --------------------------------------------------------------------------------------

    def apply_operator(self, op: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Symbol:
        """Compose an operator with this symbol as its first input."""
        return compose(op, (self, *args), kwargs)

    def astype(self, dtype: Any) -> Symbol:
        """Return the symbol in another dtype."""
        return self._cast(dtype)

    def detach(self) -> Symbol:
        """Return the symbol with no gradient flowing back through it."""
        return compose(find_operator("BlockGrad"), (self,), {})

    # -- what only arrays have ------------------------------------------------------------------------------

    def _refuse(self, what: str) -> NoReturn:
        raise SymbolValueError(
            repr(self),
            f"has no {what}: it stands for an array that is not computed yet",
            fix="In hybrid_forward use operators of F instead, such as F.reshape_like or F.broadcast_like.",
        )

    def __bool__(self) -> bool:  # noqa: PLE0304  it raises
        self._refuse("truth value")

    def __float__(self) -> float:
        self._refuse("number")

    def __int__(self) -> int:
        self._refuse("number")

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse("values")

    def __getattr__(self, name: str) -> Any:
        if name in _ARRAY_ONLY:
            self._refuse(name)
        raise AttributeError(f"'Symbol' object has no attribute {name!r}")


_ARRAY_ONLY = frozenset(
    (
        "as_in_context",
        "as_in_ctx",
        "asnumpy",
        "asscalar",
        "attach_grad",
        "backward",
        "context",
        "copyto",
        "ctx",
        "dtype",
        "grad",
        "item",
        "ndim",
        "shape",
        "size",
        "tolist",
        "wait_to_read",
    )
)


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
        attr: attributes.
        shape: its shape, as far as it is known; 0 for an unknown axis.
        lr_mult: factor on the learning rate.
        wd_mult: factor on the weight decay.
        dtype: its element type.
        init: its initializer, or the initializer's ``dumps()``.
        stype: its storage type.
        kwargs: further attributes, named ``__x__``.

    Raises:
        ArgumentTypeError: the name is no string.
    """
    if not isinstance(name, str):
        raise ArgumentTypeError("A variable", "needs a name", expected="a string", received=repr(name))
    attrs = dict(attr or {})
    given = {
        "__shape__": shape,
        "__lr_mult__": lr_mult,
        "__wd_mult__": wd_mult,
        "__dtype__": None if dtype is None else as_dtype(dtype),
        "__init__": init,
        "__storage_type__": stype,
    }
    attrs.update((key, value) for key, value in given.items() if value is not None)
    for key, value in kwargs.items():
        if not (key.startswith("__") and key.endswith("__")):
            raise ArgumentError(f"Variable {name!r}", f"has no attribute {key!r}", fix="Write it __x__.")
        attrs[key] = value
    return Symbol([(Node(None, name, attrs=attrs), 0)])


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
    lenient: bool = False,
) -> Symbol:
    """Return the symbol of an operator on symbols; inputs that are not given become variables.

    Raises:
        ArgumentTypeError: an input is no symbol, or has several outputs.
    """
    given_name = naming.current().get(name, hint or op.name.lower().lstrip("_"))
    inputs, given = split_arguments(op, args, kwargs)
    params = op.fill(given)
    entries = [
        _entry(op, symbol, f"{given_name}_{input_name}")
        for symbol, input_name in zip(*_complete(op, inputs, params), strict=True)
    ]
    node = Node(op, given_name, entries, params, given, lenient=lenient)
    return Symbol([(node, i) for i in range(op.visible(params))])


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


def _entry(op: Operator, symbol: Any, default_name: str) -> tuple[Node, int]:
    if symbol is None:
        return Node(None, default_name), 0
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


def make_function(op: Operator) -> Callable[..., Symbol]:
    """Return the function that ``mx.sym`` has for an operator."""

    def function(*args: Any, name: str | None = None, attr: Any = None, **kwargs: Any) -> Symbol:
        kwargs.pop("out", None)
        symbol = compose(op, args, kwargs, name=name)
        if attr:
            symbol.outputs[0][0].attrs.update(attr)
        return symbol

    function.__name__ = function.__qualname__ = op.name
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


def _unary_method(op_name: str, hint: str) -> Callable[[Symbol], Symbol]:
    op = find_operator(op_name)

    def method(self: Symbol) -> Symbol:
        return compose(op, (self,), {}, hint=hint)

    return method


def _install_python_operators() -> None:
    for name, each in PYTHON_OPERATORS.items():
        setattr(Symbol, f"__{name}__", _binary_method(each.elemwise, each.scalar))
        setattr(Symbol, f"__r{name}__", _binary_method(None, each.reverse))
    # MXNet negates by multiplying with -1, and names the node so.
    for name, op_name, hint in (("__neg__", "negative", "_mulscalar"), ("__abs__", "abs", "abs")):
        setattr(Symbol, name, _unary_method(op_name, hint))


_install_python_operators()
