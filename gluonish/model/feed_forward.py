"""FeedForward: the oldest kind of model, which takes NumPy arrays; ``mx.mod.Module`` does its work."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gluonish import metric as metrics
from gluonish.context import Context, current_context
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.initializer import Uniform
from gluonish.io import NDArrayIter, ResizeIter
from gluonish.model.checkpoint import load_checkpoint, save_checkpoint
from gluonish.module import Module

__all__ = ["FeedForward"]

UNIFORM = Uniform(0.01)


class FeedForward:
    """A symbol with parameters, that is trained on arrays. New programs use ``mx.mod.Module``.

    Args:
        symbol: the symbol.
        ctx: a context, or several that share every batch.
        num_epoch: the number behind the last epoch.
        epoch_size: how many batches an epoch has; None for one pass over the data.
        optimizer: the name of an optimizer, or one.
        initializer: draws what ``arg_params`` lacks.
        numpy_batch_size: the batch size for arrays.
        arg_params: values of arguments, by name.
        aux_params: values of states, by name.
        allow_extra_params: accept values of names that do not exist.
        begin_epoch: the number of the first epoch.
        **kwargs: arguments of the optimizer.

    Example:
        >>> import gluonish as mx
        >>> y = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=1)
        >>> y = mx.sym.LinearRegressionOutput(y, name="softmax")
        >>> model = mx.model.FeedForward(y, num_epoch=50, learning_rate=0.2, numpy_batch_size=2)
        >>> x = mx.nd.array([[0.0], [1.0], [2.0], [3.0]]).asnumpy()
        >>> model.fit(x, 2 * x[:, 0] + 1, eval_metric="mse")
        >>> model.predict(x).round(1).tolist()
        [[1.0], [3.0], [5.0], [7.0]]
    """

    def __init__(
        self,
        symbol: Any,
        ctx: Context | Sequence[Context] | None = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: Any = "sgd",
        initializer: Any = UNIFORM,
        numpy_batch_size: int = 128,
        arg_params: Mapping[str, NDArray] | None = None,
        aux_params: Mapping[str, NDArray] | None = None,
        allow_extra_params: bool = False,
        begin_epoch: int = 0,
        **kwargs: Any,
    ) -> None:
        self.symbol = symbol
        given = current_context() if ctx is None else ctx
        self.ctx: list[Context] = [given] if isinstance(given, Context) else list(given)
        self.num_epoch = num_epoch
        self.epoch_size = epoch_size
        self.optimizer = optimizer
        self.initializer = initializer
        self.numpy_batch_size = numpy_batch_size
        self.arg_params = arg_params
        self.aux_params = aux_params
        self.allow_extra_params = allow_extra_params
        self.begin_epoch = begin_epoch
        self.kwargs = dict(kwargs)
        self._predictor: Module | None = None

    # -- data ---------------------------------------------------------------------------------------------

    def _init_iter(self, X: Any, y: Any, is_train: bool) -> Any:
        """Return an iterator over arrays; anything else is one already.

        Raises:
            ArgumentError: labels are missing, or as long as another number of inputs.
            ArgumentTypeError: neither an array nor an iterator.
        """
        if not isinstance(X, (np.ndarray, NDArray)):
            if not hasattr(X, "provide_data"):
                raise ArgumentTypeError(
                    "X", "is no data", expected="an array or an iterator", received=type(X).__name__
                )
            return X
        if y is None and is_train:
            raise ArgumentError("fit()", "needs labels for an array", expected="y=")
        label = np.zeros(X.shape[0]) if y is None else np.asarray(y)
        if label.shape[0] != X.shape[0]:
            raise ArgumentError("y", "is not as long as X", expected=X.shape[0], received=label.shape[0])
        label = label[:, 0] if label.ndim == 2 and label.shape[1] == 1 else label  # noqa: PLR2004  a column
        return NDArrayIter(
            X,
            label,
            min(X.shape[0], self.numpy_batch_size),
            shuffle=is_train,
            last_batch_handle="roll_over" if is_train else "pad",
        )

    def _init_eval_iter(self, eval_data: Any) -> Any:
        """Return an iterator over a pair of arrays; anything else is one already, or None."""
        if isinstance(eval_data, (tuple, list)) and len(eval_data) == 2:  # noqa: PLR2004  a pair
            inputs, labels = (np.array(x) if isinstance(x, list) else x for x in eval_data)
            return self._init_iter(inputs, labels, is_train=False)
        return eval_data

    # -- training -----------------------------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: Any = None,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        logger: Any = None,
        work_load_list: Sequence[float] | None = None,
        monitor: Any = None,
        eval_end_callback: Any = None,
        eval_batch_end_callback: Any = None,
    ) -> None:
        """Train.

        Args:
            X: inputs, as an array, or an iterator over inputs and labels.
            y: labels for an array.
            eval_data: an iterator, or a pair of arrays, to score on after every epoch.
            eval_metric: see ``BaseModule.fit``.
            epoch_end_callback: see ``BaseModule.fit``.
            batch_end_callback: see ``BaseModule.fit``.
            kvstore: see ``BaseModule.fit``.
            logger: where to report to.
            work_load_list: see ``Module``.
            monitor: see ``BaseModule.fit``.
            eval_end_callback: see ``BaseModule.fit``.
            eval_batch_end_callback: see ``BaseModule.fit``.

        Raises:
            ArgumentError: there are no labels.
            ArgumentTypeError: ``X`` is neither an array nor an iterator.
        """
        batches = self._init_iter(X, y, is_train=True)
        batches.reset()
        module = self._module(
            batches, **({} if logger is None else {"logger": logger}), work_load_list=work_load_list
        )
        if self.epoch_size is not None:
            batches = ResizeIter(batches, self.epoch_size, reset_internal=False)
        module.fit(
            batches,
            self._init_eval_iter(eval_data),
            eval_metric,
            epoch_end_callback,
            batch_end_callback,
            kvstore,
            self.optimizer,
            self.kwargs,
            eval_end_callback,
            eval_batch_end_callback,
            self.initializer,
            self.arg_params,
            self.aux_params,
            allow_missing=True,
            begin_epoch=self.begin_epoch,
            num_epoch=self.num_epoch,
            monitor=monitor,
        )
        self.arg_params, self.aux_params = module.get_params()
        self._predictor = None

    def _module(self, batches: Any, **options: Any) -> Module:
        return Module(
            self.symbol,
            [each[0] for each in batches.provide_data],
            [each[0] for each in batches.provide_label or ()],
            context=self.ctx,
            **options,
        )

    @staticmethod
    def create(
        symbol: Any,
        X: Any,
        y: Any = None,
        ctx: Context | Sequence[Context] | None = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: Any = "sgd",
        initializer: Any = UNIFORM,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        logger: Any = None,
        work_load_list: Sequence[float] | None = None,
        eval_end_callback: Any = None,
        eval_batch_end_callback: Any = None,
        **kwargs: Any,
    ) -> FeedForward:
        """Return a model that is trained; see ``FeedForward`` and ``fit`` for the arguments."""
        model = FeedForward(symbol, ctx, num_epoch, epoch_size, optimizer, initializer, **kwargs)
        model.fit(
            X,
            y,
            eval_data,
            eval_metric,
            epoch_end_callback,
            batch_end_callback,
            kvstore,
            logger,
            work_load_list,
            None,
            eval_end_callback,
            eval_batch_end_callback,
        )
        return model

    # -- asking -------------------------------------------------------------------------------------------

    def _bound(self, batches: Any) -> Module:
        """Return a module for the shapes of an iterator's inputs.

        Raises:
            ArgumentError: there are no parameters.
        """
        if self.arg_params is None:
            raise ArgumentError("FeedForward", "has no parameters", fix="Call fit(), or pass arg_params.")
        if self._predictor is None:
            self._predictor = self._module(batches)
        module = self._predictor
        if not module.binded:
            with warnings.catch_warnings():  # a symbol need not have the labels that an iterator offers
                warnings.simplefilter("ignore")
                module.bind(batches.provide_data, batches.provide_label, for_training=False)
            names = {*module.symbol.list_arguments()}
            arguments = {name: array for name, array in self.arg_params.items() if name in names}
            module.set_params(arguments, self.aux_params or {}, allow_extra=self.allow_extra_params)
        return module

    def predict(
        self, X: Any, num_batch: int | None = None, return_data: bool = False, reset: bool = True
    ) -> Any:
        """Return the outputs as NumPy arrays.

        Args:
            X: inputs, as an array, or an iterator.
            num_batch: how many batches; None for all.
            return_data: whether inputs and labels are returned too.
            reset: whether the iterator begins again first.

        Returns:
            The output, or a list of outputs; with ``return_data`` these, inputs and labels.
        """
        batches = self._init_iter(X, None, is_train=False)
        outputs: list[Any] = []
        data: list[Any] = []
        labels: list[Any] = []
        for found, _, batch in self._bound(batches).iter_predict(batches, num_batch, reset):
            kept = batches.batch_size - (batch.pad or 0)
            outputs.append([each.asnumpy() for each in found])
            data.append([each[:kept].asnumpy() for each in batch.data])
            labels.append([each[:kept].asnumpy() for each in batch.label or ()])
        joined = [_joined(each) for each in (outputs, data, labels)]
        return tuple(joined) if return_data else joined[0]

    def score(
        self,
        X: Any,
        eval_metric: Any = "acc",
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        reset: bool = True,
    ) -> Any:
        """Return the value of a metric; arguments as of ``BaseModule.score``."""
        batches = self._init_iter(X, None, is_train=False)
        metric = metrics.create(eval_metric)
        self._bound(batches).score(batches, metric, num_batch, batch_end_callback, reset=reset)
        return metric.get()[1]

    # -- files --------------------------------------------------------------------------------------------

    def save(self, prefix: str, epoch: int | None = None, remove_amp_cast: bool = True) -> None:
        """Write a checkpoint; see ``save_checkpoint``.

        Args:
            prefix: what the names of the files begin with.
            epoch: the number of the epoch; ``num_epoch`` if None.
            remove_amp_cast: whether casts that mixed precision has put into the symbol are left out.

        Raises:
            ArgumentError: there is no number, or there are no parameters.
        """
        epoch = self.num_epoch if epoch is None else epoch
        if epoch is None or self.arg_params is None:
            raise ArgumentError(
                "save()", "has nothing to save, or no number", expected="a trained model, and epoch="
            )
        save_checkpoint(prefix, epoch, self.symbol, self.arg_params, self.aux_params or {}, remove_amp_cast)

    @staticmethod
    def load(
        prefix: str, epoch: int, ctx: Context | Sequence[Context] | None = None, **kwargs: Any
    ) -> FeedForward:
        """Return the model of a checkpoint, which goes on with the next epoch.

        Args:
            prefix: what the names of the files begin with.
            epoch: the number of the epoch.
            ctx: see ``FeedForward``.
            **kwargs: further arguments of ``FeedForward``.
        """
        symbol, arguments, states = load_checkpoint(prefix, epoch)
        return FeedForward(
            symbol, ctx=ctx, arg_params=arguments, aux_params=states, begin_epoch=epoch, **kwargs
        )


def _joined(batches: list[list[Any]]) -> Any:
    """Return arrays of several batches put together: one, or a list if there are several."""
    joined = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
    return joined[0] if len(joined) == 1 else joined
