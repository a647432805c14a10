"""Module: a symbol with its parameters and its optimizer, on one context or several."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gluonish import nd
from gluonish.context import Context, cpu
from gluonish.engine.ndarray import NDArray
from gluonish.errors import (
    ArgumentError,
    UnknownNameError,
)
from gluonish.io import DataDesc
from gluonish.model import load_checkpoint
from gluonish.module.base_module import _check_input_names, _parse_data_desc
from gluonish.module.executor_group import DataParallelExecutorGroup
from gluonish.module.optimizing import ModuleWithOptimizer
from gluonish.module.steps import as_batch, described

__all__ = ["Module"]


class Module(ModuleWithOptimizer):
    """A symbol that is trained and asked.

    Args:
        symbol: the symbol.
        data_names: which of its arguments are inputs.
        label_names: which of its arguments are labels; None for none.
        logger: where to report to.
        context: a context, or several that share every batch.
        work_load_list: how much of a batch each context gets, in proportion.
        fixed_param_names: parameters that are not trained.
        state_names: inputs that keep their values from batch to batch; see ``set_states``.
        group2ctxs: contexts of groups of nodes, see ``AttrScope``.
        compression_params: how gradients are compressed between contexts; see
            ``KVStore.set_gradient_compression``.

    Raises:
        UnknownNameError: a name is no argument of the symbol.
        ArgumentError: not as many work loads as contexts.

    Example:
        >>> import gluonish as mx
        >>> y = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=1)
        >>> y = mx.sym.LinearRegressionOutput(y, name="lro")
        >>> x = mx.nd.array([[0.0], [1.0], [2.0], [3.0]])
        >>> batches = mx.io.NDArrayIter(x, 2 * x[:, 0] + 1, batch_size=2, label_name="lro_label")
        >>> module = mx.mod.Module(y, label_names=["lro_label"])
        >>> module.fit(batches, num_epoch=50, eval_metric="mse", optimizer_params={"learning_rate": 0.2})
        >>> bool(module.score(batches, "mse")[0][1] < 0.01)
        True
    """

    def __init__(
        self,
        symbol: Any,
        data_names: Sequence[str] | None = ("data",),
        label_names: Sequence[str] | None = ("softmax_label",),
        logger: Any = logging,
        context: Context | Sequence[Context] | None = None,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(logger)
        if context is None or isinstance(context, Context):
            context = [context or cpu()]
        self._context: list[Context] = list(context)
        loads = [1] * len(self._context) if work_load_list is None else list(work_load_list)
        if len(loads) != len(self._context):
            raise ArgumentError(
                "work_load_list",
                "is not given for every context",
                expected=len(self._context),
                received=len(loads),
            )
        self._work_load_list = loads
        self._group2ctxs = group2ctxs
        self._symbol = symbol
        self._data_names = list(data_names or ())
        self._label_names = list(label_names or ())
        self._state_names = list(state_names or ())
        self._fixed_param_names = list(fixed_param_names or ())
        arguments = symbol.list_arguments()
        for typename, names in (
            ("data", self._data_names),
            ("label", self._label_names),
            ("state", self._state_names),
            ("fixed_param", self._fixed_param_names),
        ):
            _check_input_names(symbol, names, typename, throw=typename != "label")
        inputs = {*self._data_names, *self._label_names, *self._state_names}
        self._param_names = [name for name in arguments if name not in inputs]
        self._aux_names = symbol.list_auxiliary_states()
        self._output_names = symbol.list_outputs()
        self._compression_params = compression_params
        self._arg_params: dict[str, NDArray] | None = None
        self._aux_params: dict[str, NDArray] | None = None
        self._params_dirty = False
        self._optimizer: Any = None
        self._kvstore: Any = None
        self._update_on_kvstore: bool | None = None
        self._updater: Any = None
        self._preload_opt_states: str | None = None
        self._grad_req: Any = None
        self._reset_bind()

    def _reset_bind(self) -> None:
        self.binded = False
        self._exec_group: Any = None
        self._data_shapes: list[DataDesc] | None = None
        self._label_shapes: list[DataDesc] | None = None

    # -- what it is ---------------------------------------------------------------------------------------

    @property
    def data_names(self) -> list[str]:
        """The names of the inputs."""
        return self._data_names

    @property
    def label_names(self) -> list[str]:
        """The names of the labels."""
        return self._label_names

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs."""
        return self._output_names

    @property
    def data_shapes(self) -> list[DataDesc]:
        """Descriptions of the inputs."""
        self._require("data_shapes")
        assert self._data_shapes is not None
        return self._data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        """Descriptions of the labels; None if it is bound without."""
        self._require("label_shapes")
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the outputs."""
        self._require("output_shapes")
        return self._exec_group.get_output_shapes()

    # -- files --------------------------------------------------------------------------------------------

    @staticmethod
    def load(prefix: str, epoch: int, load_optimizer_states: bool = False, **kwargs: Any) -> Module:
        """Return a module with the symbol and the parameters of a checkpoint; it is still to be bound.

        Args:
            prefix: what the names of the files begin with.
            epoch: the number of the epoch.
            load_optimizer_states: whether ``init_optimizer`` is to read the optimizer's states too.
            **kwargs: arguments of ``Module``.

        Raises:
            MissingFileError: a file is not there.
        """
        symbol, arguments, states = load_checkpoint(prefix, epoch)
        module = Module(symbol, **kwargs)
        module._arg_params, module._aux_params = arguments, states
        module.params_initialized = True
        if load_optimizer_states:
            module._preload_opt_states = _states_file(prefix, epoch)
        return module

    def save_checkpoint(
        self, prefix: str, epoch: int, save_optimizer_states: bool = False, remove_amp_cast: bool = True
    ) -> None:
        """Write ``prefix-symbol.json``, ``prefix-0001.params`` and, if asked to, ``prefix-0001.states``.

        Args:
            prefix: what the names of the files begin with.
            epoch: the number of the epoch.
            save_optimizer_states: whether what the optimizer keeps is written too.
            remove_amp_cast: whether casts that mixed precision has put into the symbol are left out.
        """
        self._symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
        file = f"{prefix}-{epoch:04d}.params"
        self.save_params(file)
        self.logger.info('Saved checkpoint to "%s"', file)
        if save_optimizer_states:
            self.save_optimizer_states(_states_file(prefix, epoch))
            self.logger.info('Saved optimizer state to "%s"', _states_file(prefix, epoch))

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
        """Make executors; see ``BaseModule.bind``.

        Raises:
            ArgumentError: names differ from those of the module; gradients of inputs are wanted without
                training; or ``shared_module`` is not ready.
            ShapeInferenceError: the shapes do not suffice.
        """
        if force_rebind:
            self._reset_bind()
        if self.binded:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if inputs_need_grad and not for_training:
            raise ArgumentError(
                "bind()", "computes gradients of inputs only for training", expected="for_training=True"
            )
        data, labels = _parse_data_desc(self._data_names, self._label_names, data_shapes, label_shapes)
        shared_group = None
        if shared_module is not None:
            if not (shared_module.binded and shared_module.params_initialized):
                raise ArgumentError(
                    "shared_module", "has no parameters to share", fix="Bind and initialise it first."
                )
            shared_group = shared_module._exec_group
        self._exec_group = DataParallelExecutorGroup(
            self._symbol,
            self._context,
            self._work_load_list,
            data,
            labels,
            self._param_names,
            for_training,
            inputs_need_grad,
            shared_group,
            logger=self.logger,
            fixed_param_names=self._fixed_param_names,
            grad_req=grad_req,
            state_names=self._state_names,
            group2ctxs=self._group2ctxs,
        )
        self.for_training = for_training
        self.inputs_need_grad = inputs_need_grad
        self._grad_req = grad_req
        self._data_shapes, self._label_shapes = data, labels
        self.binded = True
        if shared_module is not None:
            self.params_initialized = True
            self._arg_params, self._aux_params = shared_module._arg_params, shared_module._aux_params
            if shared_module.optimizer_initialized:
                self.borrow_optimizer(shared_module)
        elif self.params_initialized:  # loaded, or bound again
            self._exec_group.set_params(self._arg_params, self._aux_params)

    def reshape(self, data_shapes: Any, label_shapes: Any = None) -> None:
        """Change the shapes of inputs and labels; parameters stay.

        Args:
            data_shapes: as of ``bind``.
            label_shapes: as of ``bind``.
        """
        self._require("reshape()")
        self._data_shapes, self._label_shapes = _parse_data_desc(
            self._data_names, self._label_names, data_shapes, label_shapes
        )
        self._exec_group.reshape(self._data_shapes, self._label_shapes)

    # -- running ------------------------------------------------------------------------------------------

    def prepare(
        self, data_batch: Any, sparse_row_id_fn: Callable[[Any], Mapping[str, Any]] | None = None
    ) -> None:
        """Pull the rows of row-sparse parameters that a batch needs.

        Args:
            data_batch: the batch.
            sparse_row_id_fn: takes the batch; returns, by the names of row-sparse parameters, the numbers of
                the rows. Without it all rows are there.

        Raises:
            UnknownNameError: there is no such parameter.
        """
        self._require("prepare()")
        if sparse_row_id_fn is None:
            return
        if not self._kvstore or not self._update_on_kvstore:
            self.logger.warning("prepare() pulls no rows: no kvstore updates the parameters")
            return
        group = self._exec_group
        for name, row_ids in sparse_row_id_fn(data_batch).items():
            if name not in group.param_names:
                raise UnknownNameError(
                    f"Parameter {name!r}", "does not exist", expected="one of " + ", ".join(group.param_names)
                )
            replicas = group.param_arrays[group.param_names.index(name)]
            self._kvstore.row_sparse_pull(name, out=list(replicas), row_ids=row_ids)

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs for a batch, of the shapes that are bound or others.

        Args:
            data_batch: a batch; or, for several contexts, a list of batches with one for each.
            is_train: whether in training mode; None for what the module is bound for.
        """
        self._require("forward()", params=True)
        batch = _joined(data_batch) if isinstance(data_batch, list) else as_batch(data_batch)
        self._follow_shapes(batch)
        self._exec_group.forward(batch, is_train)
        if is_train or (is_train is None and self.for_training):
            self._params_dirty = self._params_dirty or bool(self._aux_names)

    def _follow_shapes(self, batch: Any) -> None:
        """Bind to the shapes of a batch if they are others."""
        shapes = [tuple(each.shape) for each in batch.data]
        if shapes == [tuple(each.shape) for each in self.data_shapes]:
            return
        data = described(getattr(batch, "provide_data", None)) or _reshaped(self.data_shapes, batch.data)
        labels = described(getattr(batch, "provide_label", None)) or None
        if labels is None and self._label_shapes:
            given = getattr(batch, "label", None)
            labels = _reshaped(self._label_shapes, given) if given else _rebatched(self._label_shapes, data)
        self.reshape(data, labels)

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients; see ``BaseModule.backward``.

        Raises:
            ArgumentError: it is not bound for training.
        """
        self._require("backward()", params=True)
        self._exec_group.backward(out_grads)

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the outputs; see ``BaseModule.get_outputs``."""
        self._require("get_outputs()", params=True)
        return self._exec_group.get_outputs(merge_multi_context=merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradients of the inputs; see ``BaseModule.get_input_grads``.

        Raises:
            ArgumentError: it is not bound for them.
        """
        self._require("get_input_grads()", params=True)
        return self._exec_group.get_input_grads(merge_multi_context=merge_multi_context)

    def get_states(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the states, a list of arrays for each, with one per context.

        Raises:
            ArgumentError: they are to be put together.
        """
        self._require("get_states()", params=True)
        return self._exec_group.get_states(merge_multi_context=merge_multi_context)

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states.

        Args:
            states: per state an array or a list of arrays, one for each context; as ``get_outputs(False)``
                returns them.
            value: a number for all of them instead.

        Raises:
            ArgumentError: both are given, or neither.
        """
        self._require("set_states()", params=True)
        self._exec_group.set_states(states, value)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric compare the outputs with labels; see ``BaseModule.update_metric``."""
        self._exec_group.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Let a ``Monitor`` look at all executors."""
        self._require("install_monitor()")
        self._exec_group.install_monitor(mon)


def _states_file(prefix: str, epoch: int) -> str:
    return f"{prefix}-{epoch:04d}.states"


def _reshaped(before: Sequence[DataDesc], arrays: Sequence[Any]) -> list[DataDesc]:
    return [
        DataDesc(each.name, tuple(array.shape), each.dtype, each.layout)
        for each, array in zip(before, arrays, strict=False)
    ]


def _rebatched(before: Sequence[DataDesc], data: Sequence[DataDesc]) -> list[DataDesc]:
    """Return descriptions of labels for the batch size of other inputs: no labels came with these."""
    sizes = [each.shape[axis] for each in data if (axis := DataDesc.get_batch_axis(each.layout)) >= 0]
    found = []
    for each in before:
        shape, axis = list(each.shape), DataDesc.get_batch_axis(each.layout)
        if axis >= 0 and sizes:
            shape[axis] = sizes[0]
        found.append(DataDesc(each.name, tuple(shape), each.dtype, each.layout))
    return found


def _joined(batches: Sequence[Any]) -> Any:
    """Return one batch of several, which are cut again in the same places."""
    first = batches[0]

    def joined(parts: Sequence[Sequence[Any]]) -> list[Any]:
        there = parts[0][0].context if parts and parts[0] else None
        return [
            nd.concat(*(each.as_in_context(there) for each in arrays), dim=0)
            for arrays in zip(*parts, strict=True)
        ]

    joined_batch = type(first)(joined([each.data for each in batches]))
    if first.label:
        joined_batch.label = joined([each.label for each in batches])
    return joined_batch
