"""The Symbol class: outputs of a graph of operators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from gluonish import name as naming
from gluonish.engine.methods import OperatorMethods
from gluonish.engine.operator import Operator, find_operator
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    DeprecatedError,
    IndexOutOfRangeError,
    SymbolValueError,
    UnknownNameError,
    UnsupportedError,
)
from gluonish.symbol import files
from gluonish.symbol.inferring import Inferring
from gluonish.symbol.node import Entry, Node, copy_graph
from gluonish.symbol.running import Running

__all__ = ["Symbol"]


class Symbol(Inferring, Running, OperatorMethods):
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

    __slots__ = ()

    # NumPy arrays and scalars on the left of an operator give way to ours.
    __array_ufunc__ = None

    def __repr__(self) -> str:
        if self.name is None:
            return f"<Symbol group [{', '.join(str(each.name) for each in self)}]>"
        return f"<Symbol {self.name}>"

    __hash__ = object.__hash__

    # -- structure ------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.outputs)

    def __iter__(self) -> Iterator[Symbol]:
        for output in self.outputs:
            yield Symbol([output])

    def __getitem__(self, key: int | str | slice) -> Symbol:
        if isinstance(key, slice):
            return Symbol(self.outputs[key])
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

    def get_internals(self) -> Symbol:
        """Return a group of all outputs of all nodes."""
        outputs: list[tuple[Node, int]] = []
        for node in self.nodes():
            outputs.extend((node, i) for i in range(node.n_visible()))
        return Symbol(outputs)

    def get_children(self) -> Symbol | None:
        """Return a group of what the nodes of the outputs take; None of variables."""
        entries = [entry for node, _ in self.outputs for entry in node.inputs]
        unique = dict.fromkeys(entries)
        return Symbol(list(unique)) if unique else None

    # -- attributes -------------------------------------------------------------------------------------

    def attr(self, key: str) -> str | None:
        """Return an attribute of the node, or a parameter it was given, as a string; None if there is none.

        Its name is the attribute ``name``.

        Example:
            >>> import gluonish as mx
            >>> mx.sym.var("x", shape=(2, 0), lr_mult=2).attr("__shape__")
            '(2, 0)'

        Raises:
            ArgumentTypeError: the key is no string.
        """
        if not isinstance(key, str):
            raise ArgumentTypeError("An attribute", "has a name", expected="a string", received=repr(key))
        if self.name is None:
            return None
        return self.name if key == "name" else self.outputs[0][0].attribute(key)

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """Return all attributes of the node, and the parameters it was given.

        Args:
            recursive: no longer anything: those of all nodes are returned by ``attr_dict()``.

        Raises:
            DeprecatedError: ``recursive`` is True.
        """
        if recursive:
            raise DeprecatedError("list_attr()", "is not recursive", fix="Use attr_dict().")
        return self.outputs[0][0].attributes()

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """Return the attributes, and the parameters given, of all nodes that have some, by their names.

        Example:
            >>> import gluonish as mx
            >>> mx.sym.Activation(mx.sym.var("x"), act_type="relu", name="act").attr_dict()
            {'act': {'act_type': 'relu'}}
        """
        found = {node.name: node.attributes() for node in self.nodes()}
        return {name: attributes for name, attributes in found.items() if attributes}

    def _set_attr(self, **kwargs: str) -> None:
        """Set attributes of the node, or parameters of its operator.

        Raises:
            ArgumentTypeError: a value is no string.
            ArgumentError: the symbol is a group, or the operator does not take such parameters.
        """
        if self.name is None:
            raise ArgumentError(repr(self), "is a group, which has no attributes", fix="Choose a part of it.")
        self.outputs[0][0].set_attributes(kwargs)

    # -- files --------------------------------------------------------------------------------------------

    def tojson(self, remove_amp_cast: bool = True) -> str:  # noqa: ARG002  there are no such casts
        """Return the graph as text, in the format of MXNet's ``symbol.json``.

        Args:
            remove_amp_cast: taken for the sake of the interface.

        Example:
            >>> import gluonish as mx
            >>> y = mx.sym.relu(mx.sym.var("x"), name="y")
            >>> mx.sym.load_json(y.tojson()).list_arguments()
            ['x']
        """
        return files.to_json(self.outputs)

    def save(self, fname: Any, remove_amp_cast: bool = True) -> None:
        """Write the graph to a file, which MXNet reads too.

        Args:
            fname: a path, or a stream opened for writing bytes.
            remove_amp_cast: as of ``tojson``.

        Raises:
            ArgumentTypeError: neither of these.
            MissingFileError: its folder does not exist.
        """
        files.write_file(fname, self.tojson(remove_amp_cast))

    def debug_str(self) -> str:
        """Return a listing of the graph: outputs, variables, and operators with inputs and attributes."""
        lines = ["Symbol Outputs:"]
        lines += [f"\toutput[{i}]={node.name}({index})" for i, (node, index) in enumerate(self.outputs)]
        for node in self.nodes():
            if node.op is None:
                lines.append(f"Variable:{node.name}")
                continue
            lines += ["--------------------", f"Op:{node.op.name}, Name={node.name}", "Inputs:"]
            lines += [
                f"\targ[{i}]={child.name}({index})"
                + (f" version={int(i in node.op.aux)}" if child.op is None else "")
                for i, (child, index) in enumerate(node.inputs)
            ]
            written = node.written()
            if written:
                lines += ["Attrs:", *(f"\t{key}={written[key]}" for key in sorted(written))]
        return "\n".join(lines) + "\n"

    def __copy__(self) -> Symbol:
        return Symbol(copy_graph(self.outputs, lambda _: None))

    def __deepcopy__(self, memo: dict[int, Any]) -> Symbol:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        lenient = [i for i, node in enumerate(self.nodes()) if node.lenient]
        return _unpickled, (self.tojson(), lenient)

    # -- composition --------------------------------------------------------------------------------------

    def __call__(self, *args: Symbol, name: str | None = None, **kwargs: Symbol) -> Symbol:
        """Return a copy of the graph with other symbols in place of its variables.

        Args:
            args: what replaces the arguments, in the order of ``list_arguments()``.
            name: a name for the node of the output.
            kwargs: what replaces variables, by their names.

        Raises:
            ArgumentTypeError: by position and by name at once, or no symbols.
            UnknownNameError: there is no such variable.

        Example:
            >>> import gluonish as mx
            >>> x, y = mx.sym.var("x"), mx.sym.var("y")
            >>> (x * 2)(x=y + 1).list_arguments()
            ['y']
        """
        if args and kwargs:
            raise ArgumentTypeError(
                repr(self), "is composed with symbols by position or by name, not both", received="both"
            )
        names = self.list_inputs()
        given = dict(zip(self.list_arguments(), args, strict=False)) if args else kwargs
        unknown = [each for each in given if each not in names]
        if unknown or len(args) > len(self.list_arguments()):
            raise UnknownNameError(
                f"Variable {(unknown or ['behind the last'])[0]!r}",
                f"is none of {self!r}",
                expected="one of " + ", ".join(names),
            )
        replaced = {each: _only_output(symbol, repr(self)) for each, symbol in given.items()}
        outputs = copy_graph(self.outputs, lambda node: replaced.get(node.name))
        if name is not None:
            outputs[0][0].name = naming.current().get(name, "")
        return Symbol(outputs)

    def _compose(self, *args: Symbol, name: str | None = None, **kwargs: Symbol) -> None:
        """Put other symbols in place of variables of this symbol itself; see ``__call__``."""
        self.outputs = self(*args, name=name, **kwargs).outputs

    def apply_operator(self, op: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Symbol:
        """Compose an operator with this symbol as its first input; the node is named after the method."""
        return _compose()(op, (self, *args), kwargs, hint=op.method)

    def astype(self, dtype: Any) -> Symbol:
        """Return the symbol in another dtype."""
        return self._cast(dtype)

    def detach(self) -> Symbol:
        """Return the symbol with no gradient flowing back through it."""
        return _compose()(find_operator("BlockGrad"), (self,), {})

    def optimize_for(
        self,
        backend: str,
        args: Any = None,
        aux: Any = None,
        ctx: Any = None,
        shape_dict: Any = None,
        type_dict: Any = None,
        stype_dict: Any = None,
        skip_infer: bool = False,
        **kwargs: Any,
    ) -> Symbol:
        """Return the symbol for a backend, which is the symbol: gluonish chooses kernels when they run."""
        del backend, args, aux, ctx, shape_dict, type_dict, stype_dict, skip_infer, kwargs
        return self

    def get_backend_symbol(self, backend: str) -> Symbol:
        """Return the symbol for a backend; see ``optimize_for``."""
        return self.optimize_for(backend)

    def gradient(self, wrt: Sequence[str]) -> NoReturn:
        """Refuse: MXNet never had the symbol of a gradient.

        Raises:
            UnsupportedError: always.
        """
        raise UnsupportedError(
            repr(self),
            f"has no symbol of its gradient with respect to {', '.join(wrt)}",
            fix="bind() it and call backward().",
        )

    def as_np_ndarray(self) -> Symbol:
        """Return the symbol."""
        return self

    def as_nd_ndarray(self) -> Symbol:
        """Return the symbol."""
        return self

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
        "copy",
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


def _only_output(symbol: Any, owner: str) -> Entry:
    """Return the output of a symbol that has one.

    Raises:
        ArgumentTypeError: it is no symbol, or has several.
    """
    if not isinstance(symbol, Symbol) or len(symbol.outputs) != 1:
        raise ArgumentTypeError(
            owner, "is composed with symbols of one output", expected="a Symbol", received=repr(symbol)[:60]
        )
    return symbol.outputs[0]


def _unpickled(text: str, lenient: Sequence[int]) -> Symbol:
    symbol = Symbol(files.from_json(text))
    nodes = symbol.nodes()
    for i in lenient:
        nodes[i].lenient = True
    return symbol


def _compose() -> Callable[..., Symbol]:
    from gluonish.symbol.compose import compose  # noqa: PLC0415  composing is above this module

    return compose
