"""What a module is: the steps that each kind states, in the order in which they are taken."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, UnsupportedError
from gluonish.initializer import Uniform

__all__ = ["SGD_DEFAULTS", "UNIFORM", "Steps"]

SGD_DEFAULTS = (("learning_rate", 0.01),)
UNIFORM = Uniform(0.01)
"""What parameters are drawn with if nothing else is said."""


class Steps:
    """The steps of a module. A subclass states those that are left open, and its names and shapes.

    See ``BaseModule`` for the argument and the attributes.
    """

    def __init__(self, logger: Any = logging) -> None:
        self.logger = logger
        self.binded = False
        self.for_training = False
        self.inputs_need_grad = False
        self.params_initialized = False
        self.optimizer_initialized = False
        self._symbol: Any = None
        self._total_exec_bytes = 0

    # -- what it is ---------------------------------------------------------------------------------------

    @property
    def symbol(self) -> Any:
        """The symbol; None where there is none."""
        return self._symbol

    @property
    def data_names(self) -> Sequence[str]:
        """The names of the inputs."""
        raise self._left_open("data_names")

    @property
    def output_names(self) -> Sequence[str]:
        """The names of the outputs."""
        raise self._left_open("output_names")

    @property
    def data_shapes(self) -> Sequence[Any]:
        """Descriptions of the inputs."""
        raise self._left_open("data_shapes")

    @property
    def label_shapes(self) -> Sequence[Any] | None:
        """Descriptions of the labels; None where there are none."""
        raise self._left_open("label_shapes")

    @property
    def output_shapes(self) -> Sequence[Any]:
        """Names and shapes of the outputs."""
        raise self._left_open("output_shapes")

    def _left_open(self, name: str) -> UnsupportedError:
        return UnsupportedError(
            f"{type(self).__name__}.{name}", "is not there", fix="A class of modules states it itself."
        )

    def _require(
        self, action: str, *, params: bool = False, optimizer: bool = False, train: bool = False
    ) -> None:
        """Raise an error if a step that comes first was left out.

        Raises:
            ArgumentError: naming the step.
        """
        steps = (
            (self.binded, "bind()"),
            (self.for_training or not train, "bind() with for_training=True"),
            (self.params_initialized or not params, "init_params()"),
            (self.optimizer_initialized or not optimizer, "init_optimizer()"),
        )
        for done, step in steps:
            if not done:
                raise ArgumentError(type(self).__name__, f"cannot do {action} yet", fix=f"Call {step} first.")

    # -- steps that each kind of module states ------------------------------------------------------------

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
        """Get ready for inputs of certain shapes.

        Args:
            data_shapes: names and shapes of the inputs, as ``DataDesc`` or pairs; an iterator's
                ``provide_data``.
            label_shapes: likewise for the labels.
            for_training: whether ``backward`` will be called.
            inputs_need_grad: whether gradients of the inputs are wanted.
            force_rebind: bind again, if it is bound already; otherwise that is only logged.
            shared_module: a module whose parameters are used.
            grad_req: how gradients are kept: ``"write"``, ``"add"`` or ``"null"``, or that per argument.
        """
        raise self._left_open("bind")

    def init_params(
        self,
        initializer: Any = UNIFORM,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Give the parameters values.

        Args:
            initializer: draws what is not given.
            arg_params: given values of arguments, by name.
            aux_params: given values of states, by name.
            allow_missing: whether the initializer may draw what ``arg_params`` lacks.
            force_init: do it even if there are values already.
            allow_extra: accept values of names that do not exist.
        """
        raise self._left_open("init_params")

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = SGD_DEFAULTS,
        force_init: bool = False,
    ) -> None:
        """Get an optimizer, and a store if there are several contexts.

        Args:
            kvstore: the name of a store, or one; None for none.
            optimizer: the name of an optimizer, or one.
            optimizer_params: its arguments, as a dictionary or pairs. Gradients are divided by the batch size
                if ``rescale_grad`` is not among them.
            force_init: do it even if there is an optimizer already.
        """
        raise self._left_open("init_optimizer")

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return arguments and states by name, in host memory."""
        raise self._left_open("get_params")

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs for a batch.

        Args:
            data_batch: a ``DataBatch``, or whatever has its ``data`` and ``label``.
            is_train: whether in training mode; None for what the module is bound for.
        """
        raise self._left_open("forward")

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients.

        Args:
            out_grads: gradients of the outputs; None if all of them are losses.
        """
        raise self._left_open("backward")

    def get_outputs(self, merge_multi_context: bool = True) -> Any:
        """Return the outputs of the last ``forward``.

        Args:
            merge_multi_context: whether the parts of several contexts are put together; otherwise there is a
                list for every output.
        """
        raise self._left_open("get_outputs")

    def get_input_grads(self, merge_multi_context: bool = True) -> Any:
        """Return the gradients of the inputs after ``backward``; see ``get_outputs``."""
        raise self._left_open("get_input_grads")

    def get_states(self, merge_multi_context: bool = True) -> Any:
        """Return the states: there are none."""
        self._require("get_states()", params=True)
        del merge_multi_context
        return []

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states: there are none."""
        self._require("set_states()", params=True)
        if states or value:
            raise ArgumentError(type(self).__name__, "has no states to set")

    def update(self) -> None:
        """Let the optimizer update the parameters with the gradients."""
        raise self._left_open("update")

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric compare the outputs with labels.

        Args:
            eval_metric: the metric.
            labels: the labels; with ``pre_sliced`` a list for every context.
            pre_sliced: see above.
        """
        raise self._left_open("update_metric")

    def install_monitor(self, mon: Any) -> None:
        """Let a ``Monitor`` look at everything that is computed."""
        raise self._left_open("install_monitor")
