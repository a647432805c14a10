"""The Symbol class: outputs of a graph of operators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from gluonish import name as naming
from gluonish.context import Context, current_context
from gluonish.dtype import as_dtype
from gluonish.engine.methods import OperatorMethods
from gluonish.engine.operator import Operator, find_operator
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    IndexOutOfRangeError,
    SymbolValueError,
    UnknownNameError,
)
from gluonish.shape import from_mxnet
from gluonish.symbol import files, infer
from gluonish.symbol.node import Entry, Node, checked_attributes, copy_graph, sorted_nodes

if TYPE_CHECKING:
    from gluonish.engine.ndarray import NDArray
    from gluonish.executor import Executor

__all__ = ["Symbol"]


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

    def nodes(self) -> list[Node]:
        """Return all nodes below the outputs, inputs before those who use them."""
        return sorted_nodes(self.outputs)

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

        Example:
            >>> import gluonish as mx
            >>> mx.sym.var("x", shape=(2, 0), lr_mult=2).attr("__shape__")
            '(2, 0)'
        """
        return self.outputs[0][0].attribute(key) if self.name is not None else None

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """Return all attributes of the node, and the parameters it was given.

        Args:
            recursive: no longer anything: those of all nodes are returned by ``attr_dict()``.

        Raises:
            ArgumentError: ``recursive`` is True.
        """
        if recursive:
            raise ArgumentError("list_attr()", "is not recursive", fix="Use attr_dict().")
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
        """Set attributes of the node.

        Raises:
            ArgumentTypeError: a value is no string.
        """
        node = self.outputs[0][0]
        node.attrs.update(checked_attributes(kwargs, f"Node {node.name!r}"))

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

    def infer_type_partial(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Work out dtypes as ``infer_type`` does, which always finds all of them."""
        return self.infer_type(*args, **kwargs)

    # -- running ------------------------------------------------------------------------------------------

    def bind(
        self,
        ctx: Context,
        args: Any,
        args_grad: Any = None,
        grad_req: Any = "write",
        aux_states: Any = None,
        group2ctx: Mapping[str, Context] | None = None,
        shared_exec: Executor | None = None,
    ) -> Executor:
        """Return an executor over given arrays.

        Args:
            ctx: the context to run on.
            args: arrays for the arguments: in the order of ``list_arguments()``, or by name.
            args_grad: buffers for their gradients, likewise; None, or no buffer, for no gradient.
            grad_req: ``"write"``, ``"add"`` or ``"null"`` for all arguments, as a list, or by name (``"null"``
                for those not named).
            aux_states: arrays for the states, like ``args``.
            group2ctx: the contexts of groups of nodes: of those with the attribute ``ctx_group``.
            shared_exec: taken for the sake of the interface.

        Raises:
            ArgumentError: other numbers or names of arrays, or an unknown ``grad_req``.
            ArgumentTypeError: something that is no array, or no context.
            ShapeMismatchError, DTypeError: the arrays do not go together.

        Example:
            >>> import gluonish as mx
            >>> exe = mx.sym.exp(mx.sym.var("x")).bind(mx.cpu(), {"x": mx.nd.zeros((2,))})
            >>> exe.forward()[0].asnumpy()
            array([1., 1.], dtype=float32)
        """
        from gluonish.executor.binding import bind  # noqa: PLC0415  executors are above symbols

        return bind(self, ctx, args, args_grad, grad_req, aux_states, group2ctx, shared_exec)

    def simple_bind(
        self,
        ctx: Context,
        grad_req: Any = "write",
        type_dict: Mapping[str, Any] | None = None,
        stype_dict: Mapping[str, str] | None = None,
        group2ctx: Mapping[str, Context] | None = None,
        shared_arg_names: Sequence[str] | None = None,
        shared_exec: Executor | None = None,
        shared_buffer: dict[str, NDArray] | None = None,
        **kwargs: Any,
    ) -> Executor:
        """Return an executor over new arrays: zeros, for the variables and for their gradients.

        Args:
            ctx: the context to run on.
            grad_req: as of ``bind``.
            type_dict: dtypes of arguments, by name; what follows from none is float32.
            stype_dict: storage types of arguments, by name.
            group2ctx: as of ``bind``.
            shared_arg_names: with ``shared_buffer``, the names of arguments that ``shared_exec`` lends.
            shared_exec: an executor that lends arrays.
            shared_buffer: arrays by name, for executors of one buffer to use in turn; new ones are put in.
            kwargs: shapes of inputs, by name. Names that the symbol does not have are passed over.

        Raises:
            ShapeInferenceError: shapes do not follow from those that are given.
            ShapeMismatchError, DTypeError: shapes or dtypes contradict each other.
            ArgumentError, ArgumentTypeError: as of ``bind``.

        Example:
            >>> import gluonish as mx
            >>> net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
            >>> net.simple_bind(mx.cpu(), data=(4, 3)).arg_dict["fc_weight"].shape
            (2, 3)
        """
        from gluonish.executor.binding import simple_bind  # noqa: PLC0415  executors are above symbols

        return simple_bind(
            self,
            ctx,
            grad_req,
            type_dict,
            stype_dict,
            group2ctx,
            shared_arg_names,
            shared_exec,
            shared_buffer,
            **kwargs,
        )

    def eval(self, ctx: Context | None = None, **kwargs: NDArray) -> list[NDArray]:
        """Return the outputs for given arrays.

        Args:
            ctx: the context to run on; the current one if None.
            kwargs: arrays for arguments and states, by name.

        Raises:
            ArgumentError: one is missing.
            ArgumentTypeError: something that is no array.

        Example:
            >>> import gluonish as mx
            >>> (mx.sym.var("a") + mx.sym.var("b")).eval(a=mx.nd.ones((2,)), b=mx.nd.ones((2,)))[0].asnumpy()
            array([2., 2.], dtype=float32)
        """
        where = current_context() if ctx is None else ctx
        states = {name: kwargs[name] for name in self.list_auxiliary_states() if name in kwargs}
        return self.bind(where, kwargs, aux_states=states).forward()

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
            fname: a path.
            remove_amp_cast: as of ``tojson``.

        Raises:
            ArgumentTypeError: not a path.
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
                f"\targ[{i}]={child.name}({index}) version={int(i in node.op.aux)}"
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

    def apply_operator(self, op: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Symbol:
        """Compose an operator with this symbol as its first input."""
        return _compose()(op, (self, *args), kwargs)

    def astype(self, dtype: Any) -> Symbol:
        """Return the symbol in another dtype."""
        return self._cast(dtype)

    def detach(self) -> Symbol:
        """Return the symbol with no gradient flowing back through it."""
        return _compose()(find_operator("BlockGrad"), (self,), {})

    def optimize_for(self, backend: Any, *args: Any, **kwargs: Any) -> Symbol:  # noqa: ARG002
        """Return the symbol for a backend, which is the symbol: gluonish chooses kernels when they run."""
        return self

    get_backend_symbol = optimize_for

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
