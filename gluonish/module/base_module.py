"""What all modules share: training, scoring and predicting, over a few steps that each kind states."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from gluonish import metric as metrics
from gluonish import nd
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from gluonish.io import DataDesc, DataIter
from gluonish.model import BatchEndParam
from gluonish.module.steps import SGD_DEFAULTS, UNIFORM, Steps, as_batch, as_list, described

__all__ = ["BaseModule"]

_as_list = as_list
"""What modules that programs define import from MXNet, like the two functions below."""

_PARAMETER_ENDS = ("_weight", "_bias", "_gamma", "_beta")


def _check_input_names(symbol: Any, names: Sequence[str], typename: str, throw: bool) -> None:
    """Raise an error, or warn unless ``throw``, if a name is no argument of the symbol.

    Args:
        symbol: the symbol.
        names: the names.
        typename: what they name: ``"data"``, ``"label"`` ...
        throw: whether to raise.

    Raises:
        UnknownNameError: naming the arguments that are no parameters by their names.
    """
    arguments = symbol.list_arguments()
    what = f"{typename}_names"
    for name in names:
        if name in arguments:
            continue
        candidates = ", ".join(each for each in arguments if not each.endswith(_PARAMETER_ENDS))
        if throw:
            raise UnknownNameError(
                f"Name {name!r} in {what}", "is no argument of the symbol", expected=f"one of {candidates}"
            )
        warnings.warn(
            f"{name!r} in {what} is no argument of the symbol; arguments are {candidates}", stacklevel=4
        )


def _parse_data_desc(
    data_names: Sequence[str], label_names: Sequence[str], data_shapes: Any, label_shapes: Any
) -> tuple[list[DataDesc], list[DataDesc] | None]:
    """Return descriptions of inputs and labels, if they have the names of a module's.

    Args:
        data_names: the names of all inputs.
        label_names: the names that labels may have.
        data_shapes: names and shapes of the inputs, or descriptions.
        label_shapes: likewise of labels; None, or empty, for none.

    Raises:
        ArgumentError: inputs have other names.
        UnknownNameError: a label has.
    """
    data = described(data_shapes)
    names = [each.name for each in data]
    if sorted(names) != sorted(data_names):
        raise ArgumentError(
            "data_shapes",
            "has other names than the module's data_names",
            expected=", ".join(data_names),
            received=", ".join(names),
        )
    labels = described(label_shapes) or None
    unknown = [each.name for each in labels or () if each.name not in label_names]
    if unknown:
        raise UnknownNameError(
            f"Label {unknown[0]!r}",
            "is none of the module's",
            expected=", ".join(label_names) or "no labels",
        )
    return data, labels


class BaseModule(Steps):
    """A module that is trained, asked for scores and asked for predictions.

    A subclass states the steps that these consist of: see ``Steps``.
    """

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
