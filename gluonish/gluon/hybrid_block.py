"""HybridBlock: a block whose computation is written once for arrays and for symbols."""

from __future__ import annotations

import logging
import os
import warnings
from typing import Any

import numpy as np

from gluonish import nd, sym
from gluonish.context import Context, current_context
from gluonish.dtype import as_dtype
from gluonish.engine.mode import MODE
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, ShapeInferenceError
from gluonish.gluon import completion
from gluonish.gluon.block import Block
from gluonish.gluon.cached_graph import CachedGraph, OperatorHook, check_format
from gluonish.gluon.structure import flatten, leaves_of
from gluonish.gluon.tracing import trace
from gluonish.parameter import lifecycle
from gluonish.serialization import save as save_file
from gluonish.shape import format_shape, is_known
from gluonish.symbol import Symbol
from gluonish.symbol.infer import infer_dtypes, settled_outputs

__all__ = ["HybridBlock"]

_LOGGER = logging.getLogger(__name__)


class HybridBlock(Block):
    """A block whose computation is written once, as ``hybrid_forward(F, x, ...)``.

    ``F`` is ``mx.nd`` when it is called with arrays and ``mx.sym`` when it is called with symbols. The
    block's own parameters arrive as keyword arguments, named like the attributes they are assigned to.

    Args:
        prefix: as of Block.
        params: as of Block.

    Example:
        >>> import gluonish as mx
        >>> class Project(mx.gluon.HybridBlock):
        ...     def __init__(self, size, **kwargs):
        ...         super().__init__(**kwargs)
        ...         self.basis = self.params.get("basis", shape=(0, size), allow_deferred_init=True)
        ...     def hybrid_forward(self, F, x, basis):
        ...         return F.dot(x, basis)
        >>> project = Project(2)
        >>> project.initialize(mx.init.One())
        >>> project(mx.nd.array([[2.0, 3.0, 4.0]])).asnumpy()
        array([[9., 9.]], dtype=float32)
        >>> project.basis.shape
        (3, 2)
    """

    _active: bool
    _flags: dict[str, Any]
    _graphs: dict[bool, CachedGraph]
    _operator_hooks: list[tuple[OperatorHook, bool]]

    def __init__(self, prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self.__dict__.update(_active=False, _flags={}, _graphs={}, _operator_hooks=[])

    # -- attributes -------------------------------------------------------------------------------------

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Register a hybrid block as a child.

        Raises:
            ArgumentTypeError: it is no HybridBlock.
        """
        if not isinstance(block, HybridBlock):
            raise ArgumentTypeError(
                f"{type(self).__name__} {self.name!r}",
                "is a HybridBlock, so its children must be",
                expected="a HybridBlock",
                received=f"{type(block).__name__}",
                fix="If it is a Sequential, use HybridSequential; otherwise derive the parent from Block.",
            )
        super().register_child(block, name)
        self._forget_graphs()

    @property
    def states_shapes(self) -> bool:
        """Whether the class states ``infer_shape`` itself."""
        return type(self).infer_shape is not HybridBlock.infer_shape

    @property
    def is_traceable(self) -> bool:
        """Whether the class defines ``hybrid_forward``, which runs with symbols too."""
        return type(self).hybrid_forward is not HybridBlock.hybrid_forward

    @property
    def is_hybridized(self) -> bool:
        """Whether ``hybridize()`` was called."""
        return self._active

    @property
    def captured_graph(self) -> CachedGraph | None:
        """The graph that was captured, that for prediction before that for training; or None."""
        return self._graphs.get(False) or self._graphs.get(True)

    @property
    def _cached_graph(self) -> tuple[Any, ...]:
        """The captured graph in MXNet's form: its inputs and its outputs, as symbols; empty without one."""
        graph = self.captured_graph
        if graph is None:
            return ()
        return [Symbol([(node, 0)]) for node in graph.captured.inputs], graph.captured.symbol

    # -- hybridizing --------------------------------------------------------------------------------------

    def hybridize(
        self,
        active: bool = True,
        backend: str | None = None,
        clear: bool = True,
        static_alloc: bool = False,
        static_shape: bool = False,
        inline_limit: int = 2,
        forward_bulk_size: int | None = None,
        backward_bulk_size: int | None = None,
        **kwargs: Any,  # noqa: ARG002  options of a backend, and there is none
    ) -> None:
        """Capture the computation as a graph in the next call, and run the graph from then on.

        A graph is captured once for training and once for prediction. Python code of ``hybrid_forward`` runs
        when it is captured, and not in later calls; calls must have the structure of the first.

        Args:
            active: whether to; False runs the Python code in every call again.
            backend: a partitioning backend of MXNet; there is none here, so it is logged and left out.
            clear: whether to forget graphs captured before.
            static_alloc: accepted, as are the following: how memory is planned changes no result.
            static_shape: accepted with ``static_alloc`` only, as in MXNet.
            inline_limit: accepted.
            forward_bulk_size: accepted.
            backward_bulk_size: accepted.
            kwargs: options of the backend.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Dense(2, in_units=3)
            >>> net.initialize(mx.init.One())
            >>> net.hybridize()
            >>> net(mx.nd.ones((1, 3))).asnumpy()
            array([[3., 3.]], dtype=float32)
        """
        self._active = active
        self._flags = {"static_alloc": static_alloc, "static_shape": static_shape}
        if clear:
            self._forget_graphs()
        if backend is not None and active:
            _LOGGER.warning("There is no backend %r to optimize for; it is left out.", backend)
        if active and (self._forward_hooks or self._forward_pre_hooks):
            warnings.warn(
                f"{type(self).__name__} {self.name!r} is hybridized and has hooks. They are not called when "
                "a block that it is a part of runs as a graph.",
                stacklevel=2,
            )
        super().hybridize(
            active,
            static_alloc=static_alloc,
            static_shape=static_shape,
            inline_limit=inline_limit,
            forward_bulk_size=forward_bulk_size,
            backward_bulk_size=backward_bulk_size,
        )

    def optimize_for(
        self,
        x: Any,
        *args: Any,
        backend: str | None = None,
        clear: bool = False,
        static_alloc: bool = False,
        static_shape: bool = False,
        inline_limit: int = 2,
        forward_bulk_size: int | None = None,
        backward_bulk_size: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Hybridize for a backend, and capture the graph from inputs at once, without running it.

        Args:
            x: the first input.
            args: further inputs.
            backend: as of ``hybridize``, likewise the following.
            clear: see there.
            static_alloc: see there.
            static_shape: see there.
            inline_limit: see there.
            forward_bulk_size: see there.
            backward_bulk_size: see there.
            kwargs: see there.

        Raises:
            ArgumentError: no backend is named.
            ArgumentTypeError: the backend is no string.
        """
        if backend is None:
            raise ArgumentError("optimize_for()", "needs a backend", fix="Pass backend=, or use hybridize().")
        if not isinstance(backend, str):
            raise ArgumentTypeError(
                "optimize_for()", "needs a backend by name", expected="a string", received=repr(backend)
            )
        self.hybridize(
            True,
            backend,
            clear,
            static_alloc,
            static_shape,
            inline_limit,
            forward_bulk_size,
            backward_bulk_size,
            **kwargs,
        )
        self.infer_shape(x, *args)

    def cast(self, dtype: Any) -> None:
        """Change the element type of all parameters, or of none. Layers that need more precision keep it."""
        self._forget_graphs()
        super().cast(dtype)

    def register_op_hook(self, callback: OperatorHook, monitor_all: bool = False) -> None:
        """Call a function with the outputs of every operator while the block runs as a graph.

        Args:
            callback: called as ``callback(name, operator, array)``.
            monitor_all: whether it gets the inputs too.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Dense(2, in_units=3, prefix="fc_")
            >>> net.initialize()
            >>> net.hybridize()
            >>> net.register_op_hook(lambda name, operator, array: print(name, operator, array.shape))
            >>> y = net(mx.nd.ones((1, 3)))
            fc_fwd_output FullyConnected (1, 2)
        """
        self._operator_hooks.append((callback, monitor_all))
        super().register_op_hook(callback, monitor_all)

    def _forget_graphs(self) -> None:
        self._graphs = {}

    _clear_cached_op = _forget_graphs  # MXNet's name

    def _graph(self, args: tuple[Any, ...]) -> CachedGraph:
        """Return the graph for the present mode, captured from these arguments if there is none.

        Raises:
            ArgumentError: another graph was captured with another structure of arguments; impossible flags.
            SymbolValueError, ArgumentTypeError: ``hybrid_forward`` cannot be traced with symbols.
        """
        found = self._graphs.get(MODE.training)
        if found is not None:
            return found
        # Names that a trace gives come from scopes that threads share: one of them traces.
        with lifecycle.COMPLETING:
            found = self._graphs.get(MODE.training)
            if found is None:
                found = self._captured(args)
                first = not self._graphs
                self._graphs = {**self._graphs, MODE.training: found}
                if first:
                    found.warn_about_the_unused()
        return found

    def _captured(self, args: tuple[Any, ...]) -> CachedGraph:
        label = f"{type(self).__name__} {self.name!r}"
        if self._flags.get("static_shape") and not self._flags.get("static_alloc"):
            raise ArgumentError(
                label,
                "cannot have static shapes without static memory",
                fix="Call hybridize(static_alloc=True, static_shape=True).",
            )
        for other in self._graphs.values():
            check_format(label, other.captured.in_format, flatten(list(args), "input")[1])
        return CachedGraph(label, trace(self, args))

    # -- inference ----------------------------------------------------------------------------------------

    def infer_shape(self, *args: Any) -> None:
        """Infer the shapes of all parameters from inputs, and set them.

        Args:
            args: arrays, or nested lists of them, as the block is called with.

        Raises:
            ShapeInferenceError: a shape does not follow from those of the inputs.
            ShapeMismatchError: a shape contradicts what is known.
            SymbolValueError, ArgumentTypeError: ``hybrid_forward`` cannot be traced with symbols.
        """
        if self.replays_graph:
            arrays = [leaf for leaf in leaves_of(args) if isinstance(leaf, NDArray)]
            shapes = self._graph(args).captured.shapes(arrays)
        else:
            shapes = completion.trace_shapes(self, args)
        unknown = [
            f"{core.name} {format_shape(shape)}" for core, shape in shapes.items() if not is_known(shape)
        ]
        if unknown:
            raise ShapeInferenceError(
                f"{type(self).__name__} {self.name!r}",
                "has parameters whose shapes do not follow from its inputs",
                received=", ".join(unknown),
                fix="Give them their full shapes.",
            )
        for core, shape in shapes.items():
            core.merge_shape(shape)

    def infer_type(self, *args: Any) -> None:
        """Infer the element types of all parameters from inputs, and cast those that have another.

        Args:
            args: arrays, or nested lists of them, as the block is called with.

        Raises:
            DTypeError: the types contradict each other: those of inputs and of parameters are given.
        """
        captured = self._graph(args).captured if self.replays_graph else trace(self, args)
        arrays = [leaf for leaf in leaves_of(args) if isinstance(leaf, NDArray)]
        known = {node.name: np.dtype(x.dtype) for node, x in zip(captured.inputs, arrays, strict=True)}
        known |= {node.name: p.core.dtype for node, p in captured.parameters.items()}
        table = infer_dtypes(captured.symbol, known)
        with lifecycle.one_cast():
            for node, parameter in captured.parameters.items():
                found = table.get(id(node), [parameter.core.dtype])[0]
                if as_dtype(found) != parameter.core.dtype:
                    parameter.cast(found)

    # -- calling ------------------------------------------------------------------------------------------

    def forward(self, x: Any, *args: Any) -> Any:
        """Call ``hybrid_forward`` with the namespace and the parameters that suit the inputs.

        A hybridized block runs the captured graph instead.

        Raises:
            ArgumentTypeError: arrays and symbols are mixed, or there is neither.
        """
        if isinstance(x, NDArray) and not args:
            ctx: Context | None = x.context
        else:
            ctx = self._context((x, *args))
        if ctx is None:
            symbols = {name: p.var() for name, p in self._reg_params.items()}
            with self.name_scope():
                return self.hybrid_forward(sym, x, *args, **symbols)
        if self._active:
            return self._graph((x, *args))((x, *args), self._operator_hooks)
        params = {name: p.data(ctx) for name, p in self._reg_params.items()}
        if current_context() is ctx:
            return self.hybrid_forward(nd, x, *args, **params)
        with ctx:  # arrays that are made in hybrid_forward go where the inputs are
            return self.hybrid_forward(nd, x, *args, **params)

    def _context(self, args: tuple[Any, ...]) -> Context | None:
        """Return the context of the first array; None if there are symbols.

        Raises:
            ArgumentTypeError: there are both, or neither.
        """
        array = symbol = None
        for leaf in leaves_of(args):
            if isinstance(leaf, NDArray):
                array = leaf if array is None else array
            elif isinstance(leaf, Symbol):
                symbol = leaf
        if array is not None and symbol is None:
            return array.context
        if symbol is not None and array is None:
            return None
        label = f"{type(self).__name__} {self.name!r}"
        if array is not None:
            raise ArgumentTypeError(
                label,
                "was called with arrays and symbols at once",
                expected="arrays or symbols",
                received="both",
            )
        raise ArgumentTypeError(
            label,
            "must be called with an array or a symbol",
            expected="an NDArray or a Symbol",
            received=", ".join(type(each).__name__ for each in args),
            fix="Convert data with nd.array().",
        )

    def hybrid_forward(self, F: Any, x: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Compute the output with the operators of ``F``. Subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} must define hybrid_forward()")

    # -- files --------------------------------------------------------------------------------------------

    def export(self, path: Any, epoch: int = 0, remove_amp_cast: bool = True) -> None:
        """Write the graph to ``path-symbol.json`` and the parameters to ``path-0000.params``.

        MXNet reads both, and so does ``SymbolBlock.imports``.

        Args:
            path: what the names of the files begin with.
            epoch: the number in the name of the parameters' file.
            remove_amp_cast: taken for the sake of the interface.

        Raises:
            ArgumentError: the block was not hybridized and called yet.
            NotInitializedError, DeferredInitializationError: a parameter holds no value.
            MissingFileError: the folder does not exist.
        """
        graph = self.captured_graph
        if not self.replays_graph or graph is None or graph.shapes is None:
            raise ArgumentError(
                f"{type(self).__name__} {self.name!r}",
                "has no graph to export",
                fix="Call hybridize(), and run the block once with its inputs.",
            )
        shapes = dict(zip(graph.captured.inputs, graph.shapes, strict=True))
        shapes |= {node: p.core.shape for node, p in graph.captured.parameters.items()}
        symbol = Symbol(settled_outputs(graph.captured.symbol, shapes.get))
        states = set(symbol.list_auxiliary_states())
        used = {*symbol.list_arguments(), *states}
        cores = {p.name: p.core for p in self.collect_params().values() if p.name in used}
        lifecycle.require_ready(list(cores.values()), "is needed by export()")
        arrays = {
            f"{'aux' if name in states else 'arg'}:{name}": lifecycle.value_of(core)
            for name, core in cores.items()
        }
        prefix = os.fspath(path)
        symbol.save(f"{prefix}-symbol.json", remove_amp_cast)
        save_file(f"{prefix}-{epoch:04d}.params", arrays)

    def __getstate__(self) -> dict[str, Any]:
        # Graphs are captured again; functions of a running program are left behind, like hooks.
        return {**super().__getstate__(), "_graphs": {}, "_operator_hooks": []}
