"""SequentialModule: modules in a row, each of which feeds the next."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, DuplicateNameError, UnknownNameError
from gluonish.io import DataBatch, DataDesc
from gluonish.module.base_module import BaseModule, as_batch, described
from gluonish.module.steps import SGD_DEFAULTS, UNIFORM

__all__ = ["SequentialModule"]


class SequentialModule(BaseModule):
    """Modules in a row: the outputs of one are the inputs of the next, and gradients go back.

    Args:
        logger: where to report to.

    Attributes:
        META_TAKE_LABELS: the option of ``add`` for a module that gets the labels.
        META_AUTO_WIRING: the option of ``add`` for a module whose inputs are those outputs in their order,
            whatever their names.

    Example:
        >>> import gluonish as mx
        >>> double, add = mx.sym.var("data") * 2, mx.sym.var("x") + 1
        >>> row = mx.mod.SequentialModule()
        >>> _ = row.add(mx.mod.Module(double, label_names=None))
        >>> _ = row.add(mx.mod.Module(add, data_names=["x"], label_names=None), auto_wiring=True)
        >>> row.bind([("data", (1, 2))], for_training=False)
        >>> row.init_params()
        >>> row.predict(mx.nd.array([[1, 2]])).tolist()
        [[3.0, 5.0]]
    """

    META_TAKE_LABELS: ClassVar[str] = "take_labels"
    META_AUTO_WIRING: ClassVar[str] = "auto_wiring"

    def __init__(self, logger: Any = logging) -> None:
        super().__init__(logger)
        self._modules: list[BaseModule] = []
        self._metas: list[dict[str, Any]] = []
        self._data_shapes: list[DataDesc] | None = None
        self._label_shapes: Any = None

    def add(self, module: BaseModule, **kwargs: Any) -> SequentialModule:
        """Add a module at the end; what was bound or initialised is to be so again.

        Args:
            module: the module.
            **kwargs: ``take_labels=True`` and ``auto_wiring=True``.

        Returns:
            This module, so that calls can be chained.

        Raises:
            UnknownNameError: there is no such option.
        """
        options = (self.META_TAKE_LABELS, self.META_AUTO_WIRING)
        for name in kwargs:
            if name not in options:
                raise UnknownNameError(
                    f"Option {name!r}",
                    "of SequentialModule.add() does not exist",
                    expected=" or ".join(options),
                )
        self._modules.append(module)
        self._metas.append(kwargs)
        self.binded = self.params_initialized = self.optimizer_initialized = False
        return self

    def _takes_labels(self, index: int) -> bool:
        return bool(self._metas[index].get(self.META_TAKE_LABELS))

    # -- what it is ---------------------------------------------------------------------------------------

    @property
    def data_names(self) -> Sequence[str]:
        """The names of the first module's inputs."""
        return self._modules[0].data_names if self._modules else []

    @property
    def output_names(self) -> Sequence[str]:
        """The names of the last module's outputs."""
        return self._modules[-1].output_names if self._modules else []

    @property
    def data_shapes(self) -> Sequence[Any]:
        """Descriptions of the first module's inputs."""
        self._require("data_shapes")
        return self._modules[0].data_shapes

    @property
    def label_shapes(self) -> Sequence[Any] | None:
        """Descriptions of the labels; None where no module takes any."""
        self._require("label_shapes")
        return self._label_shapes

    @property
    def output_shapes(self) -> Sequence[Any]:
        """Names and shapes of the last module's outputs."""
        self._require("output_shapes")
        return self._modules[-1].output_shapes

    # -- parameters ---------------------------------------------------------------------------------------

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return arguments and states of all modules, by name."""
        self._require("get_params()", params=True)
        arguments: dict[str, NDArray] = {}
        states: dict[str, NDArray] = {}
        for module in self._modules:
            of_arguments, of_states = module.get_params()
            arguments.update(of_arguments)
            states.update(of_states)
        return arguments, states

    def init_params(
        self,
        initializer: Any = UNIFORM,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Give the parameters of all modules values; see ``Module.init_params``.

        Raises:
            DuplicateNameError: two modules have a parameter of one name.
        """
        if self.params_initialized and not force_init:
            return
        self._require("init_params()")
        owners: dict[str, int] = {}
        for i, module in enumerate(self._modules):
            module.init_params(initializer, arg_params, aux_params, allow_missing, force_init, allow_extra)
            for name in [name for params in module.get_params() for name in params]:
                if name in owners:
                    raise DuplicateNameError(
                        f"Parameter {name!r} of layer {i}", f"has the name of one of layer {owners[name]}"
                    )
                owners[name] = i
        self.params_initialized = True

    # -- binding ------------------------------------------------------------------------------------------

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
        """Bind all modules, each to the shapes that the one before puts out; see ``BaseModule.bind``.

        Raises:
            ArgumentError: there are no modules, or a ``shared_module`` is given.
        """
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if shared_module is not None or not self._modules:
            raise ArgumentError(
                "SequentialModule", "cannot be bound", expected="modules added before, and no shared_module"
            )
        shapes, labels_taken = described(data_shapes), False
        for i, module in enumerate(self._modules):
            labels_taken = labels_taken or self._takes_labels(i)
            if i and self._metas[i].get(self.META_AUTO_WIRING):
                shapes = [
                    DataDesc(name, each.shape, each.dtype, each.layout)
                    for name, each in zip(module.data_names, shapes, strict=True)
                ]
            module.bind(
                shapes,
                label_shapes if self._takes_labels(i) else None,
                for_training=for_training,
                inputs_need_grad=for_training and (inputs_need_grad or i > 0),
                force_rebind=force_rebind,
                grad_req=grad_req,
            )
            shapes = [DataDesc(name, shape) for name, shape in module.output_shapes]
        self._label_shapes = described(label_shapes) if labels_taken else None
        self.for_training = for_training
        self.inputs_need_grad = inputs_need_grad
        self.binded = True

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = SGD_DEFAULTS,
        force_init: bool = False,
    ) -> None:
        """Get an optimizer for every module; see ``Module.init_optimizer``."""
        self._require("init_optimizer()", params=True)
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring.")
            return
        for module in self._modules:
            module.init_optimizer(kvstore, optimizer, optimizer_params, force_init)
        self.optimizer_initialized = True

    # -- running ------------------------------------------------------------------------------------------

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs of all modules, one after the other; see ``Module.forward``."""
        self._require("forward()", params=True)
        batch = as_batch(data_batch)
        data = batch.data
        for i, module in enumerate(self._modules):
            label = batch.label if self._takes_labels(i) else None
            module.forward(DataBatch(data, label, pad=batch.pad, index=batch.index), is_train=is_train)
            if i + 1 < len(self._modules):
                data = module.get_outputs()

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients of all modules, from the last to the first."""
        self._require("backward()", params=True)
        for i, module in reversed(list(enumerate(self._modules))):
            module.backward(out_grads)
            if i > 0:
                out_grads = module.get_input_grads()

    def update(self) -> None:
        """Let the optimizers update the parameters."""
        self._require("update()", params=True, optimizer=True)
        for module in self._modules:
            module.update()

    def get_outputs(self, merge_multi_context: bool = True) -> Any:
        """Return the outputs of the last module."""
        self._require("get_outputs()", params=True)
        return self._modules[-1].get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> Any:
        """Return the gradients of the first module's inputs.

        Raises:
            ArgumentError: it is not bound for them.
        """
        self._require("get_input_grads()", params=True)
        return self._modules[0].get_input_grads(merge_multi_context)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric compare the outputs of those modules that take labels."""
        self._require("update_metric()", params=True)
        for i, module in enumerate(self._modules):
            if self._takes_labels(i):
                module.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Let a ``Monitor`` look at all modules."""
        self._require("install_monitor()")
        for module in self._modules:
            module.install_monitor(mon)
