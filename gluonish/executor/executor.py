"""The Executor: a symbol with an array for each of its variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gluonish import autograd, nd
from gluonish.context import Context, current_context
from gluonish.engine.backward import backward as run_backward
from gluonish.engine.ndarray import NDArray
from gluonish.engine.tape import Leaf
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    DuplicateNameError,
    ShapeMismatchError,
    SignatureError,
    UnknownNameError,
)
from gluonish.executor.heads import head_gradients
from gluonish.executor.placement import places_of
from gluonish.executor.reshaping import refitted
from gluonish.executor.watching import Callback, Watch
from gluonish.shape import format_shape, is_known
from gluonish.symbol import Symbol, infer
from gluonish.symbol.program import Program

__all__ = ["Executor"]


class Executor:
    """A symbol with arrays for its variables, and buffers for their gradients.

    Executors are made by ``Symbol.bind`` and ``Symbol.simple_bind``. The graph is put in order once; each
    ``forward`` runs it on what the arrays hold then. To change what is computed, write into the arrays.

    Args:
        symbol: the symbol.
        ctx: where it runs.
        arg_arrays: an array per argument, in the order of ``symbol.list_arguments()``.
        grad_arrays: a buffer per argument; None where no gradient is wanted.
        grad_req: ``"write"``, ``"add"`` or ``"null"`` per argument.
        aux_arrays: an array per state.
        group2ctx: the contexts of groups of nodes; see ``AttrScope``.

    Attributes:
        arg_arrays: the arguments.
        grad_arrays: the buffers of their gradients.
        aux_arrays: the states, such as running means: training writes them.

    Raises:
        DuplicateNameError: two variables have one name.
        ShapeMismatchError, DTypeError: the arrays do not go together.

    Example:
        >>> import gluonish as mx
        >>> x = mx.sym.var("x")
        >>> exe = (x * x).bind(mx.cpu(), {"x": mx.nd.array([1, 2])}, {"x": mx.nd.zeros((2,))})
        >>> exe.forward(is_train=True)[0].asnumpy()
        array([1., 4.], dtype=float32)
        >>> exe.backward(mx.nd.ones((2,)))
        >>> exe.grad_dict["x"].asnumpy()
        array([2., 4.], dtype=float32)
    """

    def __init__(
        self,
        symbol: Symbol,
        ctx: Context,
        arg_arrays: Sequence[NDArray],
        grad_arrays: Sequence[NDArray | None],
        grad_req: Sequence[str],
        aux_arrays: Sequence[NDArray],
        group2ctx: Mapping[str, Context] | None = None,
    ) -> None:
        self._symbol = symbol
        self._ctx = ctx
        self._grad_req = tuple(grad_req)
        self._group2ctx = group2ctx
        self.arg_arrays = list(arg_arrays)
        self.grad_arrays = [
            buffer if request != "null" else None
            for buffer, request in zip(grad_arrays, grad_req, strict=True)
        ]
        self.aux_arrays = list(aux_arrays)
        self._arg_names = _distinct(symbol.list_arguments(), "arguments")
        self._aux_names = _distinct(symbol.list_auxiliary_states(), "states")
        self._program = Program(symbol.outputs, places_of(symbol, ctx, group2ctx) if group2ctx else None)
        self._values = self._make_values()
        self._output_types = self._infer()
        self._outputs: list[NDArray] | None = None
        self._heads: list[NDArray] | None = None
        self._callback: Callback | None = None
        self._watches_inputs = False
        self._watch: Watch | None = None

    def _make_values(self) -> list[NDArray]:
        """Return what the program runs on: arrays over the memory of ours, which know where gradients go.

        They are others, so that being bound leaves no trace in the arrays of the caller.
        """
        values = {}
        for name, array, buffer, request in zip(
            self._arg_names, self.arg_arrays, self.grad_arrays, self._grad_req, strict=True
        ):
            values[name] = array.detach()
            if buffer is not None:
                Leaf(request, buffer).attach(values[name])
        values.update(
            (name, array.detach()) for name, array in zip(self._aux_names, self.aux_arrays, strict=True)
        )
        return [values[node.name] for node in self._program.variables]

    def _infer(self) -> list[tuple[Any, Any]]:
        """Return shapes and dtypes of the outputs, having checked that the arrays go together."""
        arrays = {node.name: array for node, array in zip(self._program.variables, self._values, strict=True)}
        shapes = infer.infer_shapes(self._symbol, lambda node: arrays[node.name].shape)
        dtypes = infer.infer_dtypes(
            self._symbol, {name: np.dtype(array.dtype) for name, array in arrays.items()}
        )
        return [(shapes[id(node)][i], dtypes[id(node)][i]) for node, i in self._symbol.outputs]

    # -- the arrays -----------------------------------------------------------------------------------

    @property
    def arg_dict(self) -> dict[str, NDArray]:
        """The arguments by name."""
        return dict(zip(self._arg_names, self.arg_arrays, strict=True))

    @property
    def grad_dict(self) -> dict[str, NDArray | None]:
        """The gradients by the names of arguments; None where none is wanted."""
        return dict(zip(self._arg_names, self.grad_arrays, strict=True))

    @property
    def aux_dict(self) -> dict[str, NDArray]:
        """The states by name."""
        return dict(zip(self._aux_names, self.aux_arrays, strict=True))

    @property
    def outputs(self) -> list[NDArray]:
        """The outputs. They are the same arrays after every ``forward``; zeros before the first one."""
        if self._outputs is None:
            self._outputs = [self._zeros(shape, dtype) for shape, dtype in self._output_types]
        return self._outputs

    def _zeros(self, shape: Any, dtype: Any) -> NDArray:
        return nd.zeros(shape if is_known(shape) else (0,), ctx=self._ctx, dtype=dtype)

    @property
    def output_dict(self) -> dict[str, NDArray]:
        """The outputs by name.

        Raises:
            DuplicateNameError: two outputs have one name.
        """
        names = _distinct(self._symbol.list_outputs(), "outputs")
        return dict(zip(names, self.outputs, strict=True))

    # -- running ----------------------------------------------------------------------------------------

    def forward(self, is_train: bool = False, **kwargs: Any) -> list[NDArray]:
        """Compute the outputs.

        Args:
            is_train: whether in training mode, with ``backward`` to follow.
            kwargs: new values of arguments, by name: NDArrays, or what an array can be made of.

        Returns:
            ``outputs``.

        Raises:
            SignatureError: there is no argument of that name.
            ArgumentTypeError: a value is no array.
            ShapeMismatchError: a value is shaped otherwise than the argument.
        """
        self._feed(kwargs)
        wanted = is_train and any(buffer is not None for buffer in self.grad_arrays)
        results = self._run(recording=wanted, training=is_train)
        self._heads = results if wanted else None
        self._keep(results)
        return self.outputs

    def _feed(self, values: Mapping[str, Any]) -> None:
        """Write values into arguments; all of them are checked first."""
        arrays = self.arg_dict
        for name, value in values.items():
            if name not in arrays:
                raise SignatureError(
                    f"Argument {name!r}",
                    "is none of the executor",
                    expected="one of " + ", ".join(self._arg_names),
                )
            if not isinstance(value, (NDArray, np.ndarray, np.generic, list, tuple, int, float)):
                raise ArgumentTypeError(
                    f"Argument {name!r}",
                    "cannot take this value",
                    expected="an NDArray",
                    received=type(value).__name__,
                )
            shape = value.shape if isinstance(value, NDArray) else np.shape(value)
            if shape != arrays[name].shape:
                raise ShapeMismatchError(
                    f"Argument {name!r}",
                    "cannot take a value of this shape",
                    expected=format_shape(arrays[name].shape),
                    received=format_shape(shape),
                    fix="reshape() returns an executor for other shapes.",
                )
        for name, value in values.items():
            arrays[name][:] = value

    def _run(self, *, recording: bool, training: bool) -> list[NDArray]:
        self._watch = watcher = (
            None if self._callback is None else Watch(self._callback, self._watches_inputs)
        )
        mode = autograd.record if recording else autograd.pause
        with mode(train_mode=training):
            if current_context() is self._ctx:
                return self._program.run(self._values, watcher)
            with self._ctx:  # it is where operators without inputs make their arrays
                return self._program.run(self._values, watcher)

    def _keep(self, results: Sequence[NDArray]) -> None:
        """Let the arrays of the outputs have the memory of what was computed."""
        if self._outputs is None:
            self._outputs = [result.detach() for result in results]
            return
        for i, (output, result) in enumerate(zip(self._outputs, results, strict=True)):
            if type(output) is type(result) and output.context is result.context:
                output.adopt(result)
            else:
                self._outputs[i] = result.detach()

    def backward(self, out_grads: Any = None, is_train: bool = True) -> None:
        """Compute the gradients of the arguments.

        It may be called again for the same ``forward``. After a ``forward`` that was no training, that is
        done again first, on what the arrays hold now.

        Args:
            out_grads: the gradients of the outputs: a list, a dictionary by the names of outputs, or an array
                if there is one output. None if all of them are losses.
            is_train: whether rules that differ between training and prediction act as in training.

        Raises:
            GradientError: an output is no loss, and has no gradient here.
            ArgumentTypeError: a gradient is no array.
            ShapeMismatchError: a gradient is not shaped like its output.
            UnknownNameError: the dictionary lacks an output.
            SavedArrayError: an array was written since ``forward``.
        """
        wanted = {name for name, buffer in self.grad_dict.items() if buffer is not None}
        given = head_gradients(self._symbol, out_grads, wanted)
        if not wanted:
            return
        if self._heads is None:
            self._heads = self._run(recording=True, training=False)
        # Outputs that depend on no argument with a gradient have no history.
        recorded = [i for i, head in enumerate(self._heads) if head._node is not None]  # noqa: SLF001
        if recorded:
            heads, gradients = [self._heads[i] for i in recorded], [given[i] for i in recorded]
            observer = None if self._watch is None else self._watch.gradients
            run_backward(heads, gradients, retain_graph=True, train_mode=is_train, observer=observer)

    # -- further ----------------------------------------------------------------------------------------

    def copy_params_from(
        self,
        arg_params: Mapping[str, NDArray],
        aux_params: Mapping[str, NDArray] | None = None,
        allow_extra_params: bool = False,
    ) -> None:
        """Copy values into arguments and states, converting dtypes and contexts. Either all or none.

        Args:
            arg_params: values of arguments, by name.
            aux_params: values of states, by name.
            allow_extra_params: accept values of other names, which are not used.

        Raises:
            UnknownNameError: an argument or a state does not exist.
            ArgumentTypeError: a value is no array.
            ShapeMismatchError: a value is shaped otherwise.
        """
        pairs = []
        kinds = (("argument", arg_params, self.arg_dict), ("state", aux_params or {}, self.aux_dict))
        for kind, params, arrays in kinds:
            for name, value in params.items():
                if name in arrays:
                    _check_like(value, arrays[name], f"The value for {kind} {name!r}")
                    pairs.append((arrays[name], value))
                elif not allow_extra_params:
                    raise UnknownNameError(
                        f"Name {name!r}",
                        f"is that of no {kind} of the executor",
                        expected="one of " + ", ".join(arrays),
                        fix="allow_extra_params=True passes over it.",
                    )
        for array, value in pairs:
            array[:] = value

    def reshape(
        self, partial_shaping: bool = False, allow_up_sizing: bool = False, **kwargs: Any
    ) -> Executor:
        """Return an executor for inputs of other shapes, over the memory of this one where that suffices.

        Args:
            partial_shaping: whether arguments that are not named may change their shapes too.
            allow_up_sizing: whether what becomes larger may get new memory.
            kwargs: new shapes of inputs, by name.

        Raises:
            ArgumentError: shapes change, or grow, which may not; or they do not follow from those given.
            ShapeMismatchError: they contradict each other.
        """
        arguments, _, states = self._symbol.infer_shape(**kwargs)
        if arguments is None:
            raise ArgumentError(
                "reshape()", "needs shapes of more inputs: the others do not follow", received=kwargs
            )

        def fitted(arrays: Mapping[str, NDArray | None], shapes: Sequence[Any]) -> list[Any]:
            return refitted(
                arrays, shapes, kwargs, partial_shaping=partial_shaping, allow_up_sizing=allow_up_sizing
            )

        return Executor(
            self._symbol,
            self._ctx,
            fitted(self.arg_dict, arguments),
            fitted(self.grad_dict, arguments),
            self._grad_req,
            fitted(self.aux_dict, states),
            self._group2ctx,
        )

    def set_monitor_callback(self, callback: Callback, monitor_all: bool = False) -> None:
        """Have a function called with every array that ``forward`` and ``backward`` compute.

        Args:
            callback: gets a name and the array: ``fc_output``, and the gradients of the operator's inputs,
                ``fc_backward_output0``, or ``act_backward_output`` if it has one input.
            monitor_all: whether it gets inputs of operators too.

        Raises:
            ArgumentTypeError: it cannot be called.
        """
        if not callable(callback):
            raise ArgumentTypeError(
                "A monitor's callback", "cannot be called", expected="a function", received=repr(callback)
            )
        self._callback = callback
        self._watches_inputs = monitor_all

    def get_optimized_symbol(self) -> Symbol:
        """Return the symbol that is run: the one that was bound."""
        return self._symbol

    def debug_str(self) -> str:
        """Return a listing of the graph, and how much memory its arrays take."""
        arrays = [*self.arg_arrays, *self.aux_arrays, *self.outputs]
        arrays += [each for each in self.grad_arrays if each is not None]
        size = sum(each.size * np.dtype(each.dtype).itemsize for each in arrays)
        return f"{self._symbol.debug_str()}Total {size >> 20} MB allocated\n"


def _distinct(names: list[str], what: str) -> list[str]:
    """Return names, which differ.

    Raises:
        DuplicateNameError: two are equal.
    """
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise DuplicateNameError(f"The {what} of a symbol", "have one name twice", received=", ".join(twice))
    return names


def _check_like(value: Any, array: NDArray, subject: str) -> None:
    if not isinstance(value, NDArray):
        raise ArgumentTypeError(subject, "is no array", expected="an NDArray", received=type(value).__name__)
    if value.shape != array.shape:
        raise ShapeMismatchError(
            subject,
            "is of another shape",
            expected=format_shape(array.shape),
            received=format_shape(value.shape),
        )
