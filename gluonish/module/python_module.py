"""Modules whose outputs a program computes itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gluonish import nd
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.module.base_module import BaseModule, described
from gluonish.module.steps import SGD_DEFAULTS, UNIFORM

__all__ = ["PythonLossModule", "PythonModule"]


class PythonModule(BaseModule):
    """A module without parameters. A subclass states ``_compute_output_shapes``, ``forward`` and the rest.

    Args:
        data_names: the names of the inputs.
        label_names: the names of the labels; None for none.
        output_names: the names of the outputs.
        logger: where to report to.
    """

    def __init__(
        self,
        data_names: Sequence[str],
        label_names: Sequence[str] | None,
        output_names: Sequence[str],
        logger: Any = logging,
    ) -> None:
        super().__init__(logger)
        self._data_names = list(data_names)
        self._label_names = None if label_names is None else list(label_names)
        self._output_names = list(output_names)
        self._data_shapes: Any = None
        self._label_shapes: Any = None
        self._output_shapes: Any = None

    @property
    def data_names(self) -> list[str]:
        """The names of the inputs."""
        return self._data_names

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs."""
        return self._output_names

    @property
    def data_shapes(self) -> Any:
        """Descriptions of the inputs."""
        return self._data_shapes

    @property
    def label_shapes(self) -> Any:
        """Descriptions of the labels; None where there are none."""
        return self._label_shapes

    @property
    def output_shapes(self) -> Any:
        """Names and shapes of the outputs."""
        return self._output_shapes

    def _compute_output_shapes(self) -> Sequence[Any]:
        """Return names and shapes of the outputs, from ``data_shapes`` and ``label_shapes``."""
        raise self._left_open("_compute_output_shapes")

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return two empty dictionaries."""
        return {}, {}

    def init_params(
        self,
        initializer: Any = UNIFORM,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Do nothing: there are no parameters."""
        del initializer, arg_params, aux_params, allow_missing, force_init, allow_extra
        self.params_initialized = True

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = SGD_DEFAULTS,
        force_init: bool = False,
    ) -> None:
        """Do nothing: there are no parameters."""
        del kvstore, optimizer, optimizer_params, force_init
        self.optimizer_initialized = True

    def update(self) -> None:
        """Do nothing: there are no parameters."""

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric compare the outputs with labels; nothing where there are no labels.

        Raises:
            ArgumentError: labels are cut for several contexts.
        """
        if self._label_shapes is None:
            return
        if pre_sliced:
            raise ArgumentError(type(self).__name__, "works on one context", expected="pre_sliced=False")
        eval_metric.update(labels, self.get_outputs())

    def bind(
        self,
        data_shapes: Any,
        label_shapes: Any = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: Any = None,
        grad_req: Any = "write",
    ) -> None:
        """Take note of the shapes; see ``BaseModule.bind``.

        Raises:
            ArgumentError: other inputs or labels than the module's, or ``grad_req`` is not ``"write"``.
        """
        del shared_module
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if grad_req != "write":
            raise ArgumentError(
                type(self).__name__,
                "writes gradients only",
                expected="grad_req='write'",
                received=repr(grad_req),
            )
        data, labels = described(data_shapes), described(label_shapes)
        if [each.name for each in data] != self._data_names:
            raise ArgumentError(
                "data_shapes",
                "has other names than the module's inputs",
                expected=", ".join(self._data_names),
                received=", ".join(each.name for each in data),
            )
        if label_shapes is not None and [each.name for each in labels] != (self._label_names or []):
            raise ArgumentError(
                "label_shapes",
                "has other names than the module's labels",
                expected=", ".join(self._label_names or ()) or "none",
                received=", ".join(each.name for each in labels),
            )
        self.for_training = for_training
        self.inputs_need_grad = inputs_need_grad
        self._data_shapes = data
        self._label_shapes = labels if label_shapes is not None else None
        self._output_shapes = self._compute_output_shapes()
        self.binded = True


class PythonLossModule(PythonModule):
    """A loss whose gradient a function computes; its output is its input.

    Args:
        name: what the name of the output begins with.
        data_names: the name of the input, in a list.
        label_names: the name of the label, in a list.
        logger: where to report to.
        grad_func: takes scores and labels; returns the gradient of the loss with respect to the scores.

    Raises:
        ArgumentTypeError: ``grad_func`` cannot be called.
        ArgumentError: more than one input or label.

    Example:
        >>> import gluonish as mx
        >>> loss = mx.mod.PythonLossModule(grad_func=lambda scores, labels: scores - labels)
        >>> loss.bind([("data", (2,))], [("softmax_label", (2,))])
        >>> loss.forward(mx.io.DataBatch([mx.nd.array([3, 4])], [mx.nd.array([1, 1])]))
        >>> loss.backward()
        >>> loss.get_input_grads()[0].tolist()
        [2.0, 3.0]
    """

    def __init__(
        self,
        name: str = "pyloss",
        data_names: Sequence[str] = ("data",),
        label_names: Sequence[str] = ("softmax_label",),
        logger: Any = logging,
        grad_func: Callable[[NDArray, NDArray], Any] | None = None,
    ) -> None:
        super().__init__(data_names, label_names, [f"{name}_output"], logger)
        self._name = name
        if len(self._data_names) != 1 or len(label_names) != 1:
            raise ArgumentError(
                "PythonLossModule",
                "has one input and one label",
                received=f"{len(self._data_names)} and {len(label_names)}",
            )
        if grad_func is not None and not callable(grad_func):
            raise ArgumentTypeError(
                "grad_func", "cannot be called", expected="a function", received=repr(grad_func)
            )
        self._grad_func = grad_func
        self._scores: Any = None
        self._labels: Any = None
        self._scores_grad: Any = None

    def _compute_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        return [(f"{self._name}_output", tuple(self._data_shapes[0].shape))]

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Take note of the scores, and in training of the labels."""
        self._scores = data_batch.data[0]
        if self.for_training if is_train is None else is_train:
            self._labels = data_batch.label[0]

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the scores."""
        del merge_multi_context
        return [self._scores]

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradient of the scores.

        Raises:
            ArgumentError: there are gradients of outputs, which a loss does not have; or it is not bound for
                training.
        """
        self._require("backward()", train=True)
        if out_grads is not None:
            raise ArgumentError("PythonLossModule", "is a loss", expected="out_grads=None")
        self._backward_impl()

    def _backward_impl(self) -> None:
        """Compute the gradient; without ``grad_func`` a subclass states it."""
        if self._grad_func is None:
            raise self._left_open("_backward_impl")
        grad = self._grad_func(self._scores, self._labels)
        self._scores_grad = grad if isinstance(grad, NDArray) else nd.array(grad)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradient of the scores."""
        del merge_multi_context
        return [self._scores_grad]

    def install_monitor(self, mon: Any) -> None:
        """Raise an error: there is nothing to look at."""
        del mon
        raise self._left_open("install_monitor")
