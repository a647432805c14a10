"""What all modules share: training, scoring and predicting, over a few steps that each kind states."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from gluonish import metric as metrics
from gluonish import nd
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, FileFormatError
from gluonish.io import DataBatch, DataDesc, DataIter
from gluonish.model import BatchEndParam
from gluonish.module.steps import SGD_DEFAULTS, UNIFORM, Steps
from gluonish.serialization import load, save

__all__ = ["BaseModule", "as_batch", "as_list", "described"]


def as_list(given: Any) -> list[Any]:
    """Return what was given, as a list: nothing, one or several."""
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]


def described(given: Any) -> list[DataDesc]:
    """Return descriptions of arrays, from descriptions or from names with shapes."""
    return [each if isinstance(each, DataDesc) else DataDesc(*each) for each in given or ()]


def as_batch(given: Any) -> Any:
    """Return a batch of one input, if an array is given."""
    if isinstance(given, (NDArray, np.ndarray)):
        return DataBatch([given if isinstance(given, NDArray) else nd.array(given)])
    return given


class BaseModule(Steps):
    """A machine that is bound to shapes, gets parameters, and then runs on batches.

    A subclass states ``bind``, ``init_params``, ``init_optimizer``, ``forward``, ``backward``, ``update``,
    ``get_outputs``, ``get_input_grads``, ``update_metric``, ``get_params`` and ``install_monitor``, and the
    names and shapes of its inputs and outputs.

    Args:
        logger: where to report to.

    Attributes:
        binded: whether it is bound to shapes.
        params_initialized: whether it has parameters.
        optimizer_initialized: whether it has an optimizer.
        for_training: whether it is bound for training.
        inputs_need_grad: whether gradients of the inputs are computed.
    """

    # -- parameters ---------------------------------------------------------------------------------------

    def set_params(
        self,
        arg_params: Mapping[str, NDArray] | None,
        aux_params: Mapping[str, NDArray] | None,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Set parameters; see ``init_params``, which draws nothing here."""
        self.init_params(None, arg_params, aux_params, allow_missing, force_init, allow_extra)

    def save_params(self, fname: str | os.PathLike[str]) -> None:
        """Write the parameters to a ``.params`` file."""
        arguments, states = self.get_params()
        arrays = {f"arg:{name}": array for name, array in arguments.items()}
        arrays.update((f"aux:{name}", array) for name, array in states.items())
        save(fname, arrays)

    def load_params(self, fname: str | os.PathLike[str]) -> None:
        """Set the parameters to those of a file.

        Raises:
            FileFormatError: it holds arrays that are neither arguments nor states.
        """
        found: dict[str, dict[str, Any]] = {"arg": {}, "aux": {}}
        arrays = load(fname)
        for key, array in arrays.items() if isinstance(arrays, dict) else [("", None)]:
            kind, _, name = key.partition(":")
            if kind not in found or not name:
                raise FileFormatError(
                    f"File {fname}", "holds no parameters", expected="arg:... and aux:...", received=repr(key)
                )
            found[kind][name] = array
        self.set_params(found["arg"], found["aux"])

    # -- asking -------------------------------------------------------------------------------------------

    def prepare(
        self, data_batch: Any, sparse_row_id_fn: Callable[[Any], Mapping[str, Any]] | None = None
    ) -> None:
        """Get ready for a batch before it is run.

        Args:
            data_batch: the batch.
            sparse_row_id_fn: gives for a batch the rows that are needed of row-sparse parameters, by name.
        """
        if sparse_row_id_fn is not None:
            self.logger.warning("sparse_row_id_fn is not called: there are no row-sparse parameters")

    def forward_backward(self, data_batch: Any) -> None:
        """Compute outputs and gradients for a batch, in training mode."""
        self.forward(data_batch, is_train=True)
        self.backward()

    def score(
        self,
        eval_data: Any,
        eval_metric: Any,
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        score_end_callback: Any = None,
        reset: bool = True,
        epoch: int = 0,
        sparse_row_id_fn: Any = None,
    ) -> list[tuple[str, float]]:
        """Run over batches and return what a metric says.

        Args:
            eval_data: the iterator.
            eval_metric: a metric, or what ``mx.metric.create`` takes.
            num_batch: how many batches; None for all.
            batch_end_callback: called after every batch, with a ``BatchEndParam``; or a list of such.
            score_end_callback: called at the end, likewise.
            reset: whether the iterator begins again first.
            epoch: what callbacks are told.
            sparse_row_id_fn: see ``prepare``.

        Returns:
            Names and values.
        """
        self._require("score()", params=True)
        if reset:
            eval_data.reset()
        eval_metric = metrics.create(eval_metric)
        eval_metric.reset()
        actual_num_batch = 0
        for nbatch, eval_batch in enumerate(islice(eval_data, num_batch)):
            self.prepare(eval_batch, sparse_row_id_fn=sparse_row_id_fn)
            self.forward(eval_batch, is_train=False)
            self._measure(eval_metric, eval_batch)
            for callback in as_list(batch_end_callback):
                callback(BatchEndParam(epoch, nbatch, eval_metric, locals()))
            actual_num_batch += 1
        for callback in as_list(score_end_callback):
            callback(BatchEndParam(epoch, actual_num_batch, eval_metric, locals()))
        return list(eval_metric.get_global_name_value())

    def _measure(self, eval_metric: Any, batch: Any) -> None:
        """Let a metric see a batch, or a list of batches with one for each context."""
        if isinstance(batch, list):
            self.update_metric(eval_metric, [each.label for each in batch], pre_sliced=True)
        else:
            self.update_metric(eval_metric, batch.label)

    def iter_predict(
        self, eval_data: Any, num_batch: int | None = None, reset: bool = True, sparse_row_id_fn: Any = None
    ) -> Iterator[tuple[list[NDArray], int, Any]]:
        """Yield outputs, number and batch for every batch, without what only fills it.

        Args:
            eval_data: the iterator.
            num_batch: how many batches; None for all.
            reset: whether the iterator begins again first.
            sparse_row_id_fn: see ``prepare``.
        """
        self._require("predict()", params=True)
        if reset:
            eval_data.reset()
        for nbatch, eval_batch in enumerate(islice(eval_data, num_batch)):
            self.prepare(eval_batch, sparse_row_id_fn=sparse_row_id_fn)
            self.forward(eval_batch, is_train=False)
            pad = eval_batch.pad or 0
            outputs = self.get_outputs()
            yield [each[: each.shape[0] - pad] for each in outputs], nbatch, eval_batch

    def predict(
        self,
        eval_data: Any,
        num_batch: int | None = None,
        merge_batches: bool = True,
        reset: bool = True,
        always_output_list: bool = False,
        sparse_row_id_fn: Any = None,
    ) -> Any:
        """Return the outputs for an array, or for all batches of an iterator.

        Args:
            eval_data: an array, or an iterator.
            num_batch: how many batches; None for all.
            merge_batches: whether outputs of all batches are put together.
            reset: whether the iterator begins again first.
            always_output_list: whether a single output comes in a list too.
            sparse_row_id_fn: see ``prepare``.

        Returns:
            The output, or a list of outputs if there are several; without ``merge_batches`` a list for every
            batch.

        Raises:
            ArgumentTypeError: neither an array nor an iterator.
            ArgumentError: batches differ in the number of their outputs.
        """
        self._require("predict()", params=True)
        if isinstance(eval_data, (NDArray, np.ndarray)):
            self.forward(as_batch(eval_data), is_train=False)
            return self.get_outputs()[0]
        if not isinstance(eval_data, DataIter) and not hasattr(eval_data, "reset"):
            raise ArgumentTypeError(
                "predict()", "takes an array or an iterator", received=type(eval_data).__name__
            )
        found = [
            [each.copy() for each in outputs]
            for outputs, _, _ in self.iter_predict(eval_data, num_batch, reset, sparse_row_id_fn)
        ]
        if not found or not merge_batches:
            return found
        if len({len(outputs) for outputs in found}) > 1:
            raise ArgumentError(
                "predict()",
                "cannot put batches together that differ in the number of outputs",
                fix="Pass merge_batches=False.",
            )
        merged = [nd.concat(*parts, dim=0) for parts in zip(*found, strict=True)]
        return merged[0] if len(merged) == 1 and not always_output_list else merged

    # -- training -----------------------------------------------------------------------------------------

    def fit(
        self,
        train_data: Any,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Any = SGD_DEFAULTS,
        eval_end_callback: Any = None,
        eval_batch_end_callback: Any = None,
        initializer: Any = UNIFORM,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        allow_missing: bool = False,
        force_rebind: bool = False,
        force_init: bool = False,
        begin_epoch: int = 0,
        num_epoch: int | None = None,
        validation_metric: Any = None,
        monitor: Any = None,
        sparse_row_id_fn: Any = None,
    ) -> None:
        """Train for some epochs.

        Args:
            train_data: the iterator to train on.
            eval_data: an iterator to score on after every epoch.
            eval_metric: a metric, or what ``mx.metric.create`` takes.
            epoch_end_callback: called after every epoch with its number, the symbol, and the two dictionaries
                of ``get_params``; or a list of such.
            batch_end_callback: called after every batch, with a ``BatchEndParam``; or a list of such.
            kvstore: see ``init_optimizer``.
            optimizer: see ``init_optimizer``.
            optimizer_params: see ``init_optimizer``.
            eval_end_callback: see ``score``.
            eval_batch_end_callback: see ``score``.
            initializer: see ``init_params``.
            arg_params: see ``init_params``.
            aux_params: see ``init_params``.
            allow_missing: see ``init_params``.
            force_rebind: see ``bind``.
            force_init: see ``init_params``.
            begin_epoch: the number of the first epoch.
            num_epoch: the number behind the last epoch.
            validation_metric: the metric for ``eval_data``; ``eval_metric`` if None.
            monitor: a ``Monitor``.
            sparse_row_id_fn: see ``prepare``.

        Raises:
            ArgumentError: there is no ``num_epoch``.
        """
        if num_epoch is None:
            raise ArgumentError("fit()", "needs to know how long", expected="num_epoch=")
        self.bind(
            train_data.provide_data, train_data.provide_label, for_training=True, force_rebind=force_rebind
        )
        if monitor is not None:
            self.install_monitor(monitor)
        self.init_params(
            initializer,
            arg_params,
            aux_params,
            allow_missing,
            force_init,
        )
        self.init_optimizer(kvstore, optimizer, optimizer_params)
        validation_metric = eval_metric if validation_metric is None else validation_metric
        eval_metric = metrics.create(eval_metric)
        for epoch in range(begin_epoch, num_epoch):
            tic = time.perf_counter()
            found = self._train_epoch(
                train_data, epoch, eval_metric, as_list(batch_end_callback), monitor, sparse_row_id_fn
            )
            for name, value in found:
                self.logger.info("Epoch[%d] Train-%s=%f", epoch, name, value)
            self.logger.info("Epoch[%d] Time cost=%.3f", epoch, time.perf_counter() - tic)
            arguments, states = self.get_params()
            self.set_params(arguments, states)  # contexts agree on their states again
            for callback in as_list(epoch_end_callback):
                callback(epoch, self.symbol, arguments, states)
            if eval_data is not None:
                for name, value in self.score(
                    eval_data,
                    validation_metric,
                    batch_end_callback=eval_batch_end_callback,
                    score_end_callback=eval_end_callback,
                    epoch=epoch,
                    sparse_row_id_fn=sparse_row_id_fn,
                ):
                    self.logger.info("Epoch[%d] Validation-%s=%f", epoch, name, value)
            train_data.reset()

    def _train_epoch(
        self,
        train_data: Any,
        epoch: int,
        eval_metric: Any,
        callbacks: list[Any],
        monitor: Any,
        sparse_row_id_fn: Any,
    ) -> list[tuple[str, float]]:
        """Train on every batch once; return what the metric says of all of them.

        The next batch is asked for, and prepared, before callbacks hear of this one.
        """
        eval_metric.reset()
        batches = iter(train_data)
        next_data_batch = next(batches, None)
        nbatch, eval_name_vals = 0, []
        while next_data_batch is not None:
            data_batch = next_data_batch
            if monitor is not None:
                monitor.tic()
            self.forward_backward(data_batch)
            self.update()
            self._measure(eval_metric, data_batch)
            next_data_batch = next(batches, None)
            if next_data_batch is not None:
                self.prepare(next_data_batch, sparse_row_id_fn=sparse_row_id_fn)
            if monitor is not None:
                monitor.toc_print()
            if next_data_batch is None:  # before a callback may reset the metric
                eval_name_vals = list(eval_metric.get_global_name_value())
            for callback in callbacks:
                callback(BatchEndParam(epoch, nbatch, eval_metric, locals()))
            nbatch += 1
        return eval_name_vals
