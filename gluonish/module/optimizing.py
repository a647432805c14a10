"""The optimizer of a module: who updates, and what is kept for it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gluonish import optimizer as optimizers
from gluonish.context import Context
from gluonish.errors import ArgumentError, ArgumentTypeError, MissingFileError
from gluonish.model.stores import (
    _create_kvstore,
    _create_sparse_kvstore,
    _initialize_kvstore,
    _update_params,
    _update_params_on_kvstore,
)
from gluonish.module.parameters import ModuleWithParameters
from gluonish.module.steps import SGD_DEFAULTS
from gluonish.serialization.atomic import atomic_write

__all__ = ["ModuleWithOptimizer"]


class ModuleWithOptimizer(ModuleWithParameters):
    """A module that updates its parameters, or lets a store do it."""

    _context: list[Context]
    _compression_params: Mapping[str, Any] | None
    _optimizer: Any
    _kvstore: Any
    _update_on_kvstore: bool | None
    _updater: Any
    _preload_opt_states: str | None

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = SGD_DEFAULTS,
        force_init: bool = False,
    ) -> None:
        """Get an optimizer; see ``BaseModule.init_optimizer``.

        Raises:
            ArgumentError: it is not bound, or has no parameters.
            UnknownNameError: there is no such optimizer or store.
            ArgumentTypeError: the optimizer is neither a name nor an optimizer.
        """
        self._require("init_optimizer()", params=True)
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring...")
            return
        arguments, _ = self.get_params()
        store: Any
        if any(array.stype != "default" for array in arguments.values()):
            store, update_on_kvstore = _create_sparse_kvstore(kvstore)
        else:
            store, update_on_kvstore = _create_kvstore(kvstore, len(self._context), arguments)
        if store is not None and self._compression_params:
            store.set_gradient_compression(self._compression_params)
        self._optimizer = self._make_optimizer(optimizer, optimizer_params, update_on_kvstore)
        self._kvstore, self._update_on_kvstore = store, update_on_kvstore
        self._updater = None if update_on_kvstore else optimizers.get_updater(self._optimizer)
        if store is not None:
            if update_on_kvstore:
                store.set_optimizer(self._optimizer)
            group = self._exec_group
            _initialize_kvstore(store, group.param_arrays, arguments, group.param_names, update_on_kvstore)
        self.optimizer_initialized = True
        if self._preload_opt_states is not None:
            self.load_optimizer_states(self._preload_opt_states)
            self._preload_opt_states = None

    def _make_optimizer(self, optimizer: Any, arguments: Any, update_on_kvstore: bool) -> Any:
        names, count = self._exec_group.param_names, 1 if update_on_kvstore else len(self._context)
        idx2name = {i * count + k: name for i, name in enumerate(names) for k in range(count)}
        rescale_grad = 1.0 / self._exec_group.batch_size
        if isinstance(optimizer, str):
            arguments = {"rescale_grad": rescale_grad, **dict(arguments)}
            return optimizers.create(optimizer, sym=self.symbol, param_idx2name=idx2name, **arguments)
        if not isinstance(optimizer, optimizers.Optimizer):
            raise ArgumentTypeError(
                "init_optimizer()", "takes a name or an Optimizer", received=type(optimizer).__name__
            )
        if optimizer.rescale_grad != rescale_grad:
            warnings.warn(
                f"the optimizer has rescale_grad {optimizer.rescale_grad}, and is not told that a batch has "
                f"{self._exec_group.batch_size} examples: is that meant?",
                stacklevel=3,
            )
        if not optimizer.idx2name:
            optimizer.idx2name = idx2name
        return optimizer

    def borrow_optimizer(self, shared_module: ModuleWithOptimizer) -> None:
        """Use the optimizer and the store of another module, whose parameters this one shares.

        Raises:
            ArgumentError: it has none.
        """
        if not shared_module.optimizer_initialized:
            raise ArgumentError("shared_module", "has no optimizer", fix="Call its init_optimizer() first.")
        self._optimizer = shared_module._optimizer
        self._kvstore = shared_module._kvstore
        self._update_on_kvstore = shared_module._update_on_kvstore
        self._updater = shared_module._updater
        self.optimizer_initialized = True

    def update(self) -> None:
        """Let the optimizer update the parameters with the gradients of the last ``backward``.

        Raises:
            ArgumentError: there is no optimizer.
        """
        self._require("update()", params=True, optimizer=True)
        self._params_dirty = True
        group = self._exec_group
        if self._update_on_kvstore:
            _update_params_on_kvstore(group.param_arrays, group.grad_arrays, self._kvstore, group.param_names)
        else:
            _update_params(
                group.param_arrays,
                group.grad_arrays,
                updater=self._updater,
                num_device=len(self._context),
                kvstore=self._kvstore,
                param_names=group.param_names,
            )

    def save_optimizer_states(self, fname: str | os.PathLike[str]) -> None:
        """Write what the optimizer keeps to a file, in MXNet's form.

        Raises:
            ArgumentError: there is no optimizer.
        """
        self._require("save_optimizer_states()", params=True, optimizer=True)
        if self._update_on_kvstore:
            self._kvstore.save_optimizer_states(fname)
            return
        with atomic_write(fname) as file:
            file.write(self._updater.get_states())

    def load_optimizer_states(self, fname: str | os.PathLike[str]) -> None:
        """Read what ``save_optimizer_states`` has written, here or in MXNet.

        Raises:
            ArgumentError: there is no optimizer.
            MissingFileError: there is no such file.
            FileFormatError: the file is something else.
        """
        self._require("load_optimizer_states()", params=True, optimizer=True)
        if self._update_on_kvstore:
            self._kvstore.load_optimizer_states(fname)
            return
        path = Path(fname)
        if not path.is_file():
            raise MissingFileError(f"File {path}", "does not exist", fix="Check the path.")
        self._updater.set_states(path.read_bytes())
