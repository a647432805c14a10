"""BucketingModule: one set of parameters for symbols that differ with the length of their input."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gluonish import nd
from gluonish.context import Context
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError
from gluonish.model import load_params
from gluonish.module.base_module import BaseModule
from gluonish.module.module import Module
from gluonish.module.steps import SGD_DEFAULTS, UNIFORM
from gluonish.serialization import load as load_arrays
from gluonish.serialization import save

__all__ = ["BucketingModule"]


class BucketingModule(BaseModule):
    """Modules that share their parameters, one for every bucket key that batches come with.

    Args:
        sym_gen: takes a bucket key; returns a symbol, the names of its inputs and the names of its labels.
        default_bucket_key: the key of the bucket that needs most memory, whose symbol has all parameters.
        logger: where to report to.
        context: see ``Module``.
        work_load_list: see ``Module``.
        fixed_param_names: see ``Module``.
        state_names: see ``Module``.
        group2ctxs: see ``Module``.
        compression_params: see ``Module``.

    Raises:
        ArgumentError: there is no ``default_bucket_key``.

    Example:
        >>> import gluonish as mx
        >>> def sym_gen(length):
        ...     total = mx.sym.sum(mx.sym.var("data"), axis=1, keepdims=True)
        ...     return mx.sym.FullyConnected(total, num_hidden=2, name="fc"), ("data",), None
        >>> module = mx.mod.BucketingModule(sym_gen, default_bucket_key=8)
        >>> module.bind([("data", (1, 8))], for_training=False)
        >>> module.init_params(mx.init.One())
        >>> module.forward(mx.io.DataBatch(
        ...     [mx.nd.ones((1, 3))], bucket_key=3, provide_data=[mx.io.DataDesc("data", (1, 3))]))
        >>> module.get_outputs()[0].tolist()
        [[3.0, 3.0]]
    """

    def __init__(
        self,
        sym_gen: Callable[[Any], tuple[Any, Sequence[str] | None, Sequence[str] | None]],
        default_bucket_key: Any = None,
        logger: Any = logging,
        context: Context | Sequence[Context] | None = None,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(logger)
        if default_bucket_key is None:
            raise ArgumentError(
                "BucketingModule", "needs a bucket to begin with", expected="default_bucket_key="
            )
        self._default_bucket_key = default_bucket_key
        self._sym_gen = sym_gen
        self._options: dict[str, Any] = {
            "logger": logger,
            "context": context,
            "work_load_list": work_load_list,
            "fixed_param_names": fixed_param_names,
            "state_names": state_names,
            "group2ctxs": group2ctxs,
            "compression_params": compression_params,
        }
        self._make(default_bucket_key)  # it fails now rather than later
        self._buckets: dict[Any, Module] = {}
        self._monitor: Any = None
        self._grad_req: Any = "write"
        self._loaded: tuple[Mapping[str, NDArray], Mapping[str, NDArray]] | None = None
        self._reset_bind()

    def _reset_bind(self) -> None:
        self.binded = False
        self._buckets = {}
        self._curr_module: Any = None
        self._curr_bucket_key: Any = None

    def _make(self, bucket_key: Any) -> Module:
        symbol, data_names, label_names = self._call_sym_gen(bucket_key)
        return Module(symbol, data_names, label_names, **self._options)

    def _call_sym_gen(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        return self._sym_gen(*args, **kwargs)

    # -- what it is ---------------------------------------------------------------------------------------

    @property
    def symbol(self) -> Any:
        """The symbol of the current bucket."""
        self._require("symbol")
        return self._curr_module.symbol

    @property
    def data_names(self) -> Sequence[str]:
        """The names of the inputs: of the current bucket, or of the default one."""
        if self.binded:
            return self._curr_module.data_names
        return self._call_sym_gen(self._default_bucket_key)[1] or ()

    @property
    def output_names(self) -> Sequence[str]:
        """The names of the outputs: of the current bucket, or of the default one."""
        if self.binded:
            return self._curr_module.output_names
        return self._call_sym_gen(self._default_bucket_key)[0].list_outputs()

    @property
    def data_shapes(self) -> Sequence[Any]:
        """Descriptions of the inputs of the current bucket."""
        self._require("data_shapes")
        return self._curr_module.data_shapes

    @property
    def label_shapes(self) -> Sequence[Any] | None:
        """Descriptions of the labels of the current bucket."""
        self._require("label_shapes")
        return self._curr_module.label_shapes

    @property
    def output_shapes(self) -> Sequence[Any]:
        """Names and shapes of the outputs of the current bucket."""
        self._require("output_shapes")
        return self._curr_module.output_shapes

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
        """Bind the default bucket; the shapes are those of its batches. See ``BaseModule.bind``.

        Raises:
            ArgumentError: a ``shared_module`` is given: buckets share among themselves.
        """
        if shared_module is not None:
            raise ArgumentError(
                "BucketingModule", "shares parameters among its buckets only", expected="no shared_module"
            )
        kept: Any = self.get_params() if self.params_initialized and self.binded else None
        if force_rebind:
            self._reset_bind()
        if self.binded:
            self.logger.warning("Already bound, ignoring bind()")
            return
        self.for_training = for_training
        self.inputs_need_grad = inputs_need_grad
        self._grad_req = grad_req
        module = self._make(self._default_bucket_key)
        module.bind(data_shapes, label_shapes, for_training, inputs_need_grad, grad_req=grad_req)
        self._curr_module, self._curr_bucket_key = module, self._default_bucket_key
        self._buckets[self._default_bucket_key] = module
        self.binded = True
        kept, self._loaded = kept or self._loaded, None
        if kept is not None:
            self.set_params(*kept)

    def switch_bucket(self, bucket_key: Any, data_shapes: Any, label_shapes: Any = None) -> None:
        """Go to a bucket, which is bound first if it is new.

        Args:
            bucket_key: its key.
            data_shapes: as of ``bind``.
            label_shapes: as of ``bind``.
        """
        self._require("switch_bucket()")
        if bucket_key not in self._buckets:
            module = self._make(bucket_key)
            first = self._buckets[self._default_bucket_key]
            if self.params_initialized:
                module.bind(
                    data_shapes,
                    label_shapes,
                    self.for_training,
                    self.inputs_need_grad,
                    shared_module=first,
                    grad_req=self._grad_req,
                )
            else:
                raise ArgumentError(
                    "BucketingModule", "cannot bind another bucket yet", fix="Call init_params() first."
                )
            if self._monitor is not None:
                module.install_monitor(self._monitor)
            self._buckets[bucket_key] = module
        self._curr_module, self._curr_bucket_key = self._buckets[bucket_key], bucket_key

    def prepare(self, data_batch: Any, sparse_row_id_fn: Any = None) -> None:
        """Bind the bucket of a batch, and stay in the current one."""
        self._require("prepare()", params=True)
        current = self._curr_bucket_key
        self.switch_bucket(data_batch.bucket_key, data_batch.provide_data, data_batch.provide_label)
        self._curr_module.prepare(data_batch, sparse_row_id_fn=sparse_row_id_fn)
        self._curr_module, self._curr_bucket_key = self._buckets[current], current

    # -- parameters ---------------------------------------------------------------------------------------

    def init_params(
        self,
        initializer: Any = UNIFORM,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Give the parameters values; see ``Module.init_params``."""
        if self.params_initialized and not force_init:
            return
        self._require("init_params()")
        self._curr_module.init_params(
            initializer, arg_params, aux_params, allow_missing, force_init, allow_extra
        )
        self._share_values()

    def set_params(
        self,
        arg_params: Mapping[str, NDArray] | None,
        aux_params: Mapping[str, NDArray] | None,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set parameters; see ``Module.set_params``."""
        if self.params_initialized and not force_init:
            warnings.warn(
                "Parameters already initialized and force_init=False. set_params call ignored.", stacklevel=2
            )
            return
        self._require("set_params()")
        self._curr_module.set_params(arg_params, aux_params, allow_missing, force_init, allow_extra)
        self._share_values()

    def _share_values(self) -> None:
        """Let all buckets know that the current one has new values in the arrays that they share."""
        self.params_initialized = True
        for each in self._buckets.values():
            each.params_initialized = True
            each._arg_params = self._curr_module._arg_params
            each._aux_params = self._curr_module._aux_params

    def get_params(self) -> tuple[dict[str, NDArray], dict[str, NDArray]]:
        """Return arguments and states by name; see ``Module.get_params``."""
        self._require("get_params()", params=True)
        first = self._buckets[self._default_bucket_key]
        first._params_dirty = any(each._params_dirty for each in self._buckets.values())
        for each in self._buckets.values():
            each._params_dirty = each is first and first._params_dirty
        return first.get_params()

    def get_states(self, merge_multi_context: bool = True) -> Any:
        """Return the states of the current bucket; see ``Module.get_states``."""
        self._require("get_states()", params=True)
        return self._curr_module.get_states(merge_multi_context)

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states of the current bucket; see ``Module.set_states``."""
        self._require("set_states()", params=True)
        self._curr_module.set_states(states, value)

    # -- running ------------------------------------------------------------------------------------------

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = SGD_DEFAULTS,
        force_init: bool = False,
    ) -> None:
        """Get an optimizer for all buckets; see ``Module.init_optimizer``."""
        self._require("init_optimizer()", params=True)
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring.")
            return
        first = self._buckets[self._default_bucket_key]
        first.init_optimizer(kvstore, optimizer, optimizer_params, force_init=force_init)
        for each in self._buckets.values():
            if each is not first:
                each.borrow_optimizer(first)
        self.optimizer_initialized = True

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs of a batch in its bucket.

        Args:
            data_batch: a batch with ``bucket_key``, ``provide_data`` and ``provide_label``.
            is_train: see ``Module.forward``.
        """
        self._require("forward()", params=True)
        self.switch_bucket(data_batch.bucket_key, data_batch.provide_data, data_batch.provide_label)
        self._curr_module.forward(data_batch, is_train=is_train)

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients; see ``Module.backward``."""
        self._require("backward()", params=True)
        self._curr_module.backward(out_grads)

    def update(self) -> None:
        """Let the optimizer update the parameters; see ``Module.update``."""
        self._require("update()", params=True, optimizer=True)
        self._curr_module.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the outputs; see ``Module.get_outputs``."""
        self._require("get_outputs()", params=True)
        return self._curr_module.get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list[Any]:
        """Return the gradients of the inputs; see ``Module.get_input_grads``."""
        self._require("get_input_grads()", params=True)
        return self._curr_module.get_input_grads(merge_multi_context)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric compare the outputs with labels; see ``Module.update_metric``."""
        self._require("update_metric()", params=True)
        self._curr_module.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Let a ``Monitor`` look at all buckets, also those to come."""
        self._require("install_monitor()")
        self._monitor = mon
        for each in self._buckets.values():
            each.install_monitor(mon)

    # -- files --------------------------------------------------------------------------------------------

    def save_checkpoint(self, prefix: str, epoch: int, remove_amp_cast: bool = False) -> None:
        """Write the parameters, the keys of the buckets, and a symbol for each.

        Args:
            prefix: what the names of the files begin with: ``prefix-0001.params``, ``prefix.buckets`` and
                ``prefix-key-symbol.json``.
            epoch: the number of the epoch.
            remove_amp_cast: whether casts that mixed precision has put into the symbols are left out.

        Raises:
            ArgumentError: it has no parameters.
            ArgumentTypeError: a key is no number.
        """
        self._require("save_checkpoint()", params=True)
        keys = list(self._buckets)
        for key in keys:
            self._buckets[key].symbol.save(f"{prefix}-{key}-symbol.json", remove_amp_cast=remove_amp_cast)
        save(f"{prefix}.buckets", nd.array(keys, dtype="int32"))
        self.save_params(f"{prefix}-{epoch:04d}.params")

    @staticmethod
    def load(
        prefix: str,
        epoch: int,
        sym_gen: Callable[..., Any] | None = None,
        default_bucket_key: Any = None,
        **kwargs: Any,
    ) -> BucketingModule:
        """Return a module with the parameters of a checkpoint; it is still to be bound.

        Args:
            prefix: what the names of the files begin with.
            epoch: the number of the epoch.
            sym_gen: see ``BucketingModule``.
            default_bucket_key: see ``BucketingModule``.
            **kwargs: further arguments of ``BucketingModule``.

        Raises:
            ArgumentError: there is no ``sym_gen``.
            MissingFileError: a file is not there.
        """
        if sym_gen is None:
            raise ArgumentError("BucketingModule.load()", "cannot make symbols", expected="sym_gen=")
        module = BucketingModule(sym_gen, default_bucket_key, **kwargs)
        module._loaded = load_params(prefix, epoch)
        module.params_initialized = True
        return module

    @staticmethod
    def load_dict(
        sym_dict: Mapping[Any, Any] | None = None,
        sym_gen: Callable[..., Any] | None = None,
        default_bucket_key: Any = None,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        **kwargs: Any,
    ) -> BucketingModule:
        """Return a module with given parameters; it is still to be bound.

        Args:
            sym_dict: symbols by bucket key; without effect, since ``sym_gen`` makes them.
            sym_gen: see ``BucketingModule``.
            default_bucket_key: see ``BucketingModule``.
            arg_params: values of arguments, by name.
            aux_params: values of states, by name.
            **kwargs: further arguments of ``BucketingModule``.

        Raises:
            ArgumentError: there is no ``sym_gen``.
        """
        del sym_dict
        if sym_gen is None:
            raise ArgumentError("BucketingModule.load_dict()", "cannot make symbols", expected="sym_gen=")
        module = BucketingModule(sym_gen, default_bucket_key, **kwargs)
        module._loaded = dict(arg_params or {}), dict(aux_params or {})
        module.params_initialized = True
        return module


def bucket_keys(prefix: str | os.PathLike[str]) -> list[int]:
    """Return the keys of the buckets that a checkpoint was written with."""
    arrays: Any = load_arrays(f"{os.fspath(prefix)}.buckets")
    return [int(key) for key in arrays[0].asnumpy()]
