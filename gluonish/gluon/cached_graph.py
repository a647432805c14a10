"""A block's computation as a graph that was captured once, and is run instead of its Python code."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from gluonish.context import Context, current_context
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, ContextError
from gluonish.gluon.completion import complete_graph
from gluonish.gluon.structure import NOTHING, Format, flatten, regroup, same_format
from gluonish.gluon.tracing import Trace
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.shape import Shape
from gluonish.symbol.program import Program

if TYPE_CHECKING:
    from gluonish.symbol.node import Node

__all__ = ["CachedGraph", "OperatorHook", "check_format"]

OperatorHook: TypeAlias = Callable[[str, str, NDArray], None]
"""Gets the name of an array, the name of the operator, and the array."""


class CachedGraph:
    """A captured graph, ready to be run on any context, by any number of threads.

    Args:
        block: the name of the block, for messages.
        captured: the graph.

    Attributes:
        captured: the graph.
        shapes: the shapes of the inputs of the first run.

    Raises:
        ArgumentError: the graph has variables that are neither inputs nor parameters.
    """

    def __init__(self, block: str, captured: Trace) -> None:
        self._block = block
        self.captured = captured
        self.shapes: tuple[Shape, ...] | None = None
        self._program = Program(captured.outputs)
        inputs = {id(node): i for i, node in enumerate(captured.inputs)}
        # Where a run takes the value of each variable from: the number of an input, or a parameter.
        self._sources: list[int | ParameterCore] = [
            inputs[id(node)] if id(node) in inputs else self._core_of(node)
            for node in self._program.variables
        ]
        self._cores = [source for source in self._sources if isinstance(source, ParameterCore)]
        self._settled_at = -1

    def _core_of(self, node: Node) -> ParameterCore:
        parameter = self.captured.parameters.get(node)
        if parameter is None:
            raise ArgumentError(
                self._block,
                f"computes with a variable that it has no parameter for: {node.name!r}",
                fix="Pass every input of an operator, or make it a parameter of the block.",
            )
        core: ParameterCore = parameter.core
        return core

    def warn_about_the_unused(self) -> None:
        """Warn of inputs and parameters that the graph does not use."""
        used = {id(node) for node in self._program.variables}
        for i, node in enumerate(self.captured.inputs):
            if id(node) not in used:
                warnings.warn(
                    f"The {i}-th input to {self._block} is not used by any computation. Is this intended?",
                    stacklevel=4,
                )
        for node in self.captured.parameters:
            if id(node) not in used:
                warnings.warn(
                    f"Parameter {node.name} is not used by any computation. Is this intended?", stacklevel=4
                )

    def __call__(self, args: Sequence[Any], hooks: Sequence[tuple[OperatorHook, bool]] = ()) -> Any:
        """Run the graph.

        Args:
            args: what the block is called with.
            hooks: what is called with the outputs of every operator, each with whether it wants inputs too.

        Raises:
            ArgumentError: the arguments have another structure than those that the graph was captured with.
            ContextError: the arrays are on several contexts, or a parameter is not on theirs.
        """
        arrays = self._arrays(args)
        if not arrays:
            raise ArgumentTypeError(
                self._block, "must be called with an array", expected="an NDArray", received="none"
            )
        ctx = arrays[0].context
        if any(x.context.place is not ctx.place for x in arrays):
            raise _several_contexts(self._block, arrays)
        if self.shapes is None:
            self.shapes = tuple(x.shape for x in arrays)
        if self._settled_at == lifecycle.DEFERRALS.count:
            return self._run(arrays, ctx, hooks)
        count = lifecycle.DEFERRALS.count
        with complete_graph(self.captured, self._cores, arrays):
            outputs = self._run(arrays, ctx, hooks)
        if not any(core.is_deferred for core in self._cores):
            self._settled_at = count
        return outputs

    def _arrays(self, args: Sequence[Any]) -> list[NDArray]:
        """Return the arrays among the arguments, whose structure is checked."""
        form = self.captured.in_format
        if isinstance(form, list) and len(args) == len(form):
            for each, own in zip(args, form, strict=True):
                if own != 0 or not isinstance(each, NDArray):
                    break
            else:
                return list(args)
        leaves, received = flatten(list(args), "input")
        check_format(self._block, form, received)
        return [leaf for leaf in leaves if leaf is not None]

    def _run(self, arrays: list[NDArray], ctx: Context, hooks: Sequence[tuple[OperatorHook, bool]]) -> Any:
        values = [arrays[source] if isinstance(source, int) else source.data(ctx) for source in self._sources]
        watcher = _watcher(hooks) if hooks else None
        if current_context() is ctx:
            outputs = self._program.run(values, watcher)
        else:
            with ctx:  # it is where operators without inputs make their arrays
                outputs = self._program.run(values, watcher)
        return regroup(iter(outputs), self.captured.out_format)


def check_format(block: str, expected: Format, received: Format) -> None:
    """Refuse arguments of another structure than the first ones; Nones at the end may be left out.

    Raises:
        ArgumentError: it is another.
    """
    if not same_format(_without_last_nones(expected), _without_last_nones(received)):
        raise ArgumentError(
            block,
            "was hybridized and first called with another structure of arguments",
            expected=f"{expected}, where 0 is an array and -1 is None",
            received=str(received),
            fix="Call it in the same way, or call hybridize() again to forget the first call.",
        )


def _without_last_nones(form: Format) -> Format:
    formats = list(form) if not isinstance(form, int) else [form]
    while formats and formats[-1] == NOTHING:
        formats.pop()
    return formats


def _several_contexts(block: str, arrays: Sequence[NDArray]) -> ContextError:
    contexts = ", ".join(dict.fromkeys(str(x.context) for x in arrays))
    return ContextError(
        block,
        "is hybridized and was called with arrays on several contexts",
        expected="one context",
        received=contexts,
        fix="Move them to one, x.as_in_context(ctx), or call the block once for each.",
    )


def _watcher(hooks: Sequence[tuple[OperatorHook, bool]]) -> Callable[..., None]:
    def watch(node: Node, inputs: list[Any], outputs: list[Any]) -> None:
        assert node.op is not None
        for hook, of_inputs in hooks:
            if of_inputs:
                names = node.op.names_of_inputs([x is not None for x in inputs])
                arrays = [x for x in inputs if x is not None]
                for name, array in zip(names, arrays, strict=True):
                    hook(f"{node.name}_{name}", node.op.name, array)
            for i, array in enumerate(outputs):
                hook(node.output_name(i), node.op.name, array)

    return watch
