"""SymbolBlock: a block whose computation is a graph from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import commonprefix
from typing import Any

import numpy as np

from gluonish import initializer
from gluonish import name as naming
from gluonish.context import Context
from gluonish.dtype import as_dtype
from gluonish.errors import ArgumentError, ArgumentTypeError, GluonishError
from gluonish.gluon.cached_graph import CachedGraph, check_format
from gluonish.gluon.hybrid_block import HybridBlock
from gluonish.gluon.parameter_dict import ParameterDict
from gluonish.gluon.structure import flatten, regroup
from gluonish.gluon.tracing import Trace
from gluonish.symbol import Group, Symbol, load, var
from gluonish.symbol.infer import infer_dtypes
from gluonish.symbol.node import Entry, Node, copy_graph
from gluonish.symbol.spelling import read_shape

__all__ = ["SymbolBlock"]

ROW_SPARSE = "1"
"""How an attribute ``__storage_type__`` says it."""

NORMALIZING = ("BatchNorm", "_contrib_BatchNormWithReLU", "_contrib_SyncBatchNorm")
"""Operators whose parameters stay in float32 when a block is cast to half precision."""


class SymbolBlock(HybridBlock):
    """A block that computes a symbol; all variables of it but the inputs are parameters.

    What the variables say about themselves (shape, initializer, multipliers) is what the parameters have;
    states of operators have no gradients.

    Args:
        outputs: the outputs, a symbol or nested lists of symbols. The block returns arrays in that structure.
        inputs: the variables that stand for the arguments, likewise.
        params: a dictionary to share parameters with, by their full names.

    Raises:
        ArgumentTypeError: something that is no symbol, or an input that is no variable.
        ArgumentError: a variable is sparse.

    Example:
        >>> import gluonish as mx
        >>> data = mx.sym.var("data")
        >>> hidden = mx.sym.FullyConnected(data, num_hidden=4, name="fc")
        >>> block = mx.gluon.SymbolBlock([hidden, mx.sym.relu(hidden)], data)
        >>> block.initialize()
        >>> [y.shape for y in block(mx.nd.ones((2, 3)))], block.collect_params()["fc_weight"].shape
        ([(2, 4), (2, 4)], (4, 3))
    """

    def __init__(self, outputs: Any, inputs: Any, params: ParameterDict | None = None) -> None:
        name = naming.current().get(None, self._alias())
        super().__init__(prefix="")
        if isinstance(inputs, Symbol) and len(inputs) == 1:
            inputs = [inputs]
        if isinstance(outputs, (list, tuple)) and len(outputs) == 1:
            outputs = outputs[0]
        variables, in_format = flatten(inputs, "input")
        leaves, out_format = flatten(outputs, "output")
        self._name = name
        self._params = ParameterDict("", params)
        self._inputs = [_variable_name(each) for each in variables]
        self._outputs = Group([leaf for leaf in leaves if leaf is not None])
        self._in_format = in_format
        self._out_format = out_format
        self._make_parameters()

    def _make_parameters(self) -> None:
        """Make a parameter of every variable that is no input."""
        symbol = self._outputs
        dtypes = infer_dtypes(symbol, {})
        states = set(symbol.list_auxiliary_states())
        variables = [node for node in symbol.nodes() if node.op is None and node.name not in self._inputs]
        in_order = [node for node in variables if node.name not in states]
        in_order += [node for node in variables if node.name in states]
        initials = _initials_of_states(symbol)
        for node in in_order:
            if node.attrs.get("__storage_type__") == ROW_SPARSE:
                raise ArgumentError(
                    f"Variable {node.name!r}",
                    "cannot be a parameter of a SymbolBlock: it is sparse",
                    expected="a dense variable",
                )
            self._make_parameter(node, dtypes[id(node)][0], initials, is_state=node.name in states)
        # What all names begin with, letter by letter.
        shared = len(commonprefix(list(self.params))) if len(in_order) > 1 else 0  # noqa: RUF071
        for full, parameter in self.params.items():
            self._register_parameter(full[shared:] or full, parameter)

    def _make_parameter(
        self, node: Node, dtype: np.dtype[Any], initials: dict[str, str], *, is_state: bool
    ) -> None:
        if self.params.shared is not None and node.name in self.params.shared:
            self.params.get(node.name)
            return
        shape = read_shape(node.attrs.get("__shape__"), f"The shape of {node.name!r}")
        self.params.get(
            node.name,
            grad_req="null" if is_state else "write",
            # Of no axes is how MXNet writes that nothing is known.
            shape=tuple(0 if dim is None else dim for dim in shape) if shape else None,
            dtype=dtype.type,
            lr_mult=float(node.attrs.get("__lr_mult__", 1)),
            wd_mult=float(node.attrs.get("__wd_mult__", 1)),
            init=_known_initializer(node.attrs.get("__init__", initials.get(node.name))),
            allow_deferred_init=True,
        )

    @property
    def name(self) -> str:
        """An automatic name; the names of parameters have nothing of it."""
        return self._name

    @staticmethod
    def imports(
        symbol_file: Any,
        input_names: str | Sequence[str],
        param_file: Any = None,
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
    ) -> SymbolBlock:
        """Return the block in files that ``HybridBlock.export`` has written, here or in MXNet.

        Args:
            symbol_file: the path of the graph, ``net-symbol.json``.
            input_names: the name of the input, or the names of several.
            param_file: the path of the parameters, ``net-0000.params``; they are to be initialised if None.
            ctx: where to put them; ``cpu(0)`` if None.
            allow_missing: accept parameters that are not in the file.
            ignore_extra: accept arrays that belong to no parameter.

        Raises:
            MissingFileError: a file does not exist.
            FileFormatError: a file is not what it should be.
            UnknownNameError: an operator that gluonish does not have; a parameter that is missing, or one too
                many; then an input may have another name.

        Example:
            >>> import gluonish as mx, os, tempfile
            >>> net = mx.gluon.nn.Dense(2, in_units=3)
            >>> net.initialize(mx.init.One())
            >>> net.hybridize()
            >>> _ = net(mx.nd.ones((1, 3)))
            >>> path = os.path.join(tempfile.mkdtemp(), "net")
            >>> net.export(path)
            >>> block = mx.gluon.SymbolBlock.imports(path + "-symbol.json", "data", path + "-0000.params")
            >>> block(mx.nd.ones((1, 3))).asnumpy()
            array([[3., 3.]], dtype=float32)
        """
        names = [input_names] if isinstance(input_names, str) else list(input_names)
        block = SymbolBlock(load(symbol_file), [var(name) for name in names])
        if param_file is not None:
            block.collect_params().load(
                param_file,
                ctx,
                allow_missing,
                ignore_extra,
                cast_dtype=True,
                dtype_source="saved",
            )
        return block

    # -- running ------------------------------------------------------------------------------------------

    @property
    def replays_graph(self) -> bool:
        """Calls with arrays always run the graph."""
        return True

    def _forget_graphs(self) -> None:
        """Keep the graph: it is all there is."""

    def _graph(self, args: tuple[Any, ...]) -> CachedGraph:  # noqa: ARG002  it does not depend on a call
        graphs = self._graphs
        if not graphs:
            graph = CachedGraph(f"SymbolBlock {self.name!r}", self._as_trace())
            graphs = self._graphs = {False: graph, True: graph}
        return graphs[False]

    def _as_trace(self) -> Trace:
        """Return the graph with the parameters' own symbols as variables."""
        parameters = {parameter.name: parameter for parameter in self.params.values()}
        inputs = {name: Node(None, name) for name in self._inputs}
        return Trace(
            inputs=tuple(inputs.values()),
            in_format=self._in_format,
            outputs=tuple(self._copied({name: (node, 0) for name, node in inputs.items()})),
            out_format=self._out_format,
            parameters={p.var().outputs[0][0]: p for p in parameters.values()},
        )

    def _copied(self, inputs: dict[str, Entry]) -> list[Entry]:
        """Return the outputs for other inputs, with the parameters' own symbols."""

        def replace(node: Node) -> Entry:
            return inputs[node.name] if node.name in inputs else self.params[node.name].var().outputs[0]

        return copy_graph(self._outputs.outputs, replace)

    def forward(self, x: Any, *args: Any) -> Any:
        """Run the graph on arrays, or compose it with symbols.

        Raises:
            ArgumentTypeError: arrays and symbols are mixed, or there is neither.
            ArgumentError: the arguments are structured otherwise than the inputs.
        """
        if self._context((x, *args)) is not None:
            return self._graph(())((x, *args), self._operator_hooks)
        leaves, received = flatten([x, *args], "input")
        check_format(f"SymbolBlock {self.name!r}", self._in_format, received)
        entries = [leaf.outputs[0] for leaf in leaves]
        outputs = self._copied(dict(zip(self._inputs, entries, strict=True)))
        return regroup(iter([Symbol([entry]) for entry in outputs]), self._out_format)

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        """There is none: the graph is given."""
        raise NotImplementedError("a SymbolBlock has no hybrid_forward(); its graph is given")

    def reset_ctx(self, ctx: Context | Sequence[Context]) -> None:
        """Move all parameters to other contexts, or none of them; see ``ParameterDict.reset_ctx``."""
        self.collect_params().reset_ctx(ctx)

    def cast(self, dtype: Any) -> None:
        """Change the element type of all parameters; those of batch normalisation stay in float32 or more."""
        super().cast(dtype)
        if as_dtype(dtype).itemsize == 2:  # noqa: PLR2004
            for node in self._outputs.nodes():
                if node.op is not None and node.op.name in NORMALIZING:
                    for child, _ in node.inputs[1:]:
                        self.params[child.name].cast("float32")

    def __repr__(self) -> str:
        sizes = f"{len(self._inputs)} -> {len(self._outputs)}"
        return f"{type(self).__name__}(\n{self._outputs!r} : {sizes}\n)"


def _variable_name(symbol: Any) -> str:
    """Return the name of a variable.

    Raises:
        ArgumentTypeError: the symbol is none.
    """
    if not isinstance(symbol, Symbol) or len(symbol) != 1 or symbol.outputs[0][0].op is not None:
        raise ArgumentTypeError(
            "An input of a SymbolBlock", "must be a variable", expected="sym.var(...)", received=repr(symbol)
        )
    return symbol.outputs[0][0].name


def _initials_of_states(symbol: Symbol) -> dict[str, str]:
    """Return the initializers that operators have for their inputs, by the names of variables."""
    found = {}
    for node in symbol.nodes():
        if node.op is not None and node.op.initial:
            arranged = node.arranged(node.inputs, None)
            for entry, argument in zip(arranged, node.op.input_names, strict=False):
                if argument in node.op.initial and entry is not None:
                    found[entry[0].name] = node.op.initial[argument]
    return found


def _known_initializer(text: str | None) -> str | None:
    """Return the spelling of an initializer if there is such a one here: a program may have had its own."""
    try:
        if text is not None:
            initializer.create(text)
    except GluonishError:
        return None
    return text
