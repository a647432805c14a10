"""Functions whose gradient a user writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gluonish.engine.backend import backend_of
from gluonish.engine.mode import ModeScope
from gluonish.engine.namespace import OperatorNamespace
from gluonish.engine.ndarray import NDArray, array_label
from gluonish.engine.storage import Storage
from gluonish.engine.tape import Node, refuse
from gluonish.engine.template import Template
from gluonish.errors import ArgumentError, ArgumentTypeError, GradientError, SavedArrayError

__all__ = ["Function"]


class Function:
    """A function whose gradient you write yourself.

    Subclass it with ``forward`` and ``backward``; both get and return NDArrays. An instance is used for one
    call. ``forward`` runs unrecorded. ``backward`` returns a gradient like each input, or None for zero;
    under ``create_graph`` what it computes is recorded.

    Example:
        >>> import gluonish as mx
        >>> class Sigmoid(mx.autograd.Function):
        ...     def forward(self, x):
        ...         y = 1 / (1 + mx.nd.exp(-x))
        ...         self.save_for_backward(y)
        ...         return y
        ...     def backward(self, dy):
        ...         (y,) = self.saved_tensors
        ...         return dy * y * (1 - y)
        >>> x = mx.nd.zeros((1,))
        >>> x.attach_grad()
        >>> with mx.autograd.record():
        ...     y = Sigmoid()(x)
        >>> y.backward()
        >>> x.grad.asscalar()
        np.float32(0.25)
    """

    # On the class, so that a subclass need not call __init__ of this one.
    _used = False
    _saved: tuple[Any, ...] = ()
    _versions: tuple[int, ...] = ()

    def save_for_backward(self, *arrays: Any) -> None:
        """Keep arrays, and other things, for ``backward``. There they are ``self.saved_tensors``."""
        self._saved = arrays
        self._versions = tuple(x._storage.version if isinstance(x, NDArray) else 0 for x in arrays)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was given to ``save_for_backward``."""
        return self._saved

    def forward(self, *inputs: NDArray) -> Any:
        """Compute the outputs: an array, or a list or tuple of them."""
        raise NotImplementedError

    def backward(self, *output_grads: NDArray) -> Any:
        """Compute the gradient of each input from that of each output."""
        raise NotImplementedError

    def __call__(self, *inputs: NDArray) -> Any:
        """Run ``forward`` and put the call on the tape.

        Raises:
            ArgumentError: the instance was called before.
            ArgumentTypeError: an input or an output is no array.
        """
        name = type(self).__name__
        if self._used:
            raise ArgumentError(
                name,
                "was called already; an instance of Function serves one call",
                fix="Make a new instance for each call.",
            )
        self._used = True
        _check_arrays(inputs, f"{name}()", "takes arrays")
        with ModeScope(recording=False):
            result = self.forward(*inputs)
        outputs = _as_list(result)
        _check_arrays(outputs or [None], f"{name}.forward()", "must return arrays")
        # What was there before the call, such as an input, keeps the history that it has.
        outputs = [y.detach() if y._node or any(y is x for x in inputs) else y for y in outputs]
        if any(x.is_tracked for x in inputs):
            FunctionNode(self, inputs, outputs)
        if isinstance(result, NDArray):
            return outputs[0]
        return outputs if isinstance(result, list) else tuple(outputs)


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _check_arrays(values: Sequence[Any], subject: str, problem: str) -> None:
    for value in values:
        if not isinstance(value, NDArray):
            raise ArgumentTypeError(subject, problem, expected="NDArrays", received=type(value).__name__)


class FunctionNode(Node):
    """A recorded call of a Function.

    Attributes:
        function: the instance; None when it is released.
        inputs: what the gradients must be like.
        outputs: what the cotangents are like.
        own: the entries of those saved arrays that are outputs, by position. Twins without history have taken
            their place: the node must not refer to its own outputs.
    """

    __slots__ = ("function", "inputs", "outputs", "own")

    function: Function | None

    def __init__(self, function: Function, inputs: Sequence[NDArray], outputs: Sequence[NDArray]) -> None:
        super().__init__(inputs, outputs, outputs[0].context, inputs[0].context)
        self.function = function
        self.inputs = [Template.of(x) for x in inputs]
        self.outputs = [Template.of(y) for y in outputs]
        saved = function._saved
        self.own = {i: x._entry for i, x in enumerate(saved) if isinstance(x, NDArray) and x._node is self}
        function._saved = tuple(x.detach() if i in self.own else x for i, x in enumerate(saved))

    @property
    def label(self) -> str:
        """The name of the function's class."""
        return type(self.function).__name__

    def verify(self, relied_on: set[Storage]) -> None:
        """Check that the arrays given to ``save_for_backward`` are as they were."""
        assert self.function is not None
        for array, version in zip(self.function._saved, self.function._versions, strict=True):
            if not isinstance(array, NDArray):
                continue
            if array._storage.version != version:
                refuse(
                    SavedArrayError(
                        f"{array_label(array)}, saved by {type(self.function).__name__},",
                        "was written before the backward pass, so the gradient can no longer be computed",
                        fix="Write it after backward(), or save a copy of it.",
                    )
                )
            relied_on.add(array._storage)

    def release(self) -> None:
        """Forget the function too, with what it saved."""
        super().release()
        self.function = None

    def pull(self, cotangents: list[Any], space: OperatorNamespace) -> Sequence[Any]:
        """Run the function's ``backward``."""
        function = self.function
        assert function is not None
        output_grads = [_as_array(g, like) for g, like in zip(cotangents, self.outputs, strict=True)]
        plain = function._saved
        if space.recorded:
            function._saved = tuple(self._with_history(i, x) for i, x in enumerate(plain))
        try:
            results = _as_list(function.backward(*output_grads))
        finally:
            function._saved = plain
        gradients = self._checked(results, f"{type(function).__name__}.backward()")
        return gradients if space.recorded else [None if g is None else g._raw for g in gradients]

    def _with_history(self, position: int, saved: Any) -> Any:
        """Return what was saved at a position as a ``backward`` needs it that is recorded itself."""
        if position not in self.own:
            return saved
        twin = saved.detach()
        twin._node, twin._entry = self, self.own[position]
        return twin

    def _checked(self, results: list[Any], owner: str) -> list[NDArray | None]:
        """Return the gradients in the dtypes of the inputs."""
        if len(results) != len(self.inputs):
            raise GradientError(
                owner,
                "must return one gradient for every input of forward()",
                expected=len(self.inputs),
                received=len(results),
            )
        for i, (g, like) in enumerate(zip(results, self.inputs, strict=True)):
            if g is not None:
                like.check(g, f"What {owner} returned for input {i}", any_dtype=True)
                results[i] = g.astype(like.dtype, copy=False)
        return results


def _as_array(g: Any, like: Template) -> NDArray:
    """Return a cotangent as an array of its own: ``backward`` may write into it."""
    if g is None:
        return like.zeros()
    if not isinstance(g, NDArray):
        g = like.family.make(backend_of(like.context).xp.asarray(g), like.context)
    return g.copy()
