"""DataLoader: batches of a dataset, made by the calling thread or by workers beside it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from gluonish.context import Context, cpu_pinned
from gluonish.engine import rng
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, WorkerError, WorkerTimeoutError
from gluonish.gluon.data.arguments import as_integer
from gluonish.gluon.data.batchify import default_batchify_fn, default_mp_batchify_fn
from gluonish.gluon.data.processes import process_pool
from gluonish.gluon.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from gluonish.gluon.data.workers import (
    Failure,
    InlinePool,
    Job,
    Pool,
    Source,
    thread_pool,
    workers_gone,
)

__all__ = ["DataLoader"]


class DataLoader:
    """Read a dataset in batches, once per iteration.

    The batches of an epoch are the same whatever ``num_workers`` is: while a batch is made, random draws of
    ``mx.random`` come from a stream of its own, and ``mx.random.seed`` makes these, and the shuffling,
    repeatable. In worker processes that also holds for the global generators of ``numpy.random`` and
    ``random``.

    Worker processes are forked on Linux, when the loader is made: they see the dataset as it is then, and it
    may hold anything. Elsewhere, or with another ``start_method``, dataset and ``batchify_fn`` are pickled.
    What a worker raises is raised in the main program, with the worker's traceback and the number of the
    sample. Workers end when the loader is garbage collected, on Ctrl-C, and with the program.

    Args:
        dataset: anything with ``len`` and ``[]``.
        batch_size: the number of samples in a batch.
        shuffle: read in random order.
        sampler: yields the numbers of the samples, instead of ``shuffle``.
        last_batch: what happens to samples that are too few for a batch: ``"keep"`` (the default) yields a
            smaller one, ``"discard"`` drops them, ``"rollover"`` begins the next epoch with them.
        batch_sampler: yields a list of numbers for each batch, instead of the four arguments before.
        batchify_fn: makes a batch of a list of samples; ``default_batchify_fn`` if not given.
        num_workers: how many workers make batches; with 0, the calling thread makes each one when it is asked
            for.
        pin_memory: copy the arrays of a batch to page-locked memory, ``cpu_pinned(pin_device_id)``.
        pin_device_id: see ``pin_memory``.
        prefetch: how many batches workers make ahead; twice ``num_workers`` if not given.
        thread_pool: the workers are threads, not processes. Right for datasets that spend their time in NumPy
            or in reading files, which both let other threads run.
        timeout: the seconds to wait for a worker's batch.
        auto_reload: begin to prefetch the next epoch as soon as one is over, and the first one now.
        start_method: how worker processes start, one of multiprocessing's methods. Not in MXNet.

    Raises:
        ArgumentError: missing, contradicting or impossible arguments.
        ArgumentTypeError: an argument of the wrong type, or a dataset that cannot be sent to workers.
        WorkerTimeoutError: in an iteration: a worker did not deliver within ``timeout`` seconds.
        WorkerError: in an iteration: a worker process died.

    Example:
        >>> loader = DataLoader([1, 2, 3, 4, 5], batch_size=2)
        >>> [batch.asnumpy().tolist() for batch in loader]
        [[1, 2], [3, 4], [5]]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = None,
        shuffle: bool = False,
        sampler: Any = None,
        last_batch: str | None = None,
        batch_sampler: Any = None,
        batchify_fn: Callable[[list[Any]], Any] | None = None,
        num_workers: int = 0,
        pin_memory: bool = False,
        pin_device_id: int = 0,
        prefetch: int | None = None,
        thread_pool: bool = False,
        timeout: float = 120,
        auto_reload: bool = False,
        *,
        start_method: str | None = None,
    ) -> None:
        self._dataset = dataset
        self._batch_sampler = _batch_sampler(dataset, batch_size, shuffle, sampler, last_batch, batch_sampler)
        self._num_workers = max(0, as_integer(num_workers, "num_workers"))
        if batchify_fn is None:
            batchify_fn = default_mp_batchify_fn if self._num_workers else default_batchify_fn
        self._batchify_fn = batchify_fn
        self._pin_context = cpu_pinned(pin_device_id) if pin_memory else None
        ahead = 2 * self._num_workers if prefetch is None else max(0, as_integer(prefetch, "prefetch"))
        self._prefetch = ahead if self._num_workers else 0
        self._thread_pool = thread_pool
        self._timeout = _seconds(timeout)
        self._start_method = start_method
        self.auto_reload = auto_reload
        self._pool = self._start_pool()
        self._ahead: _Epoch | None = None
        if auto_reload:
            self.refresh()

    def __len__(self) -> int:
        return len(self._batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        epoch, self._ahead = self._ahead or self._begin(), None
        try:
            yield from epoch
        finally:
            epoch.cancel()
        if self.auto_reload:
            self.refresh()

    def refresh(self) -> None:
        """Begin the next epoch now, so that its first batches are ready when they are asked for."""
        self.clean()
        self._ahead = self._begin()

    def clean(self) -> None:
        """Drop the epoch that was begun ahead, if there is one."""
        if self._ahead is not None:
            self._ahead.cancel()
            self._ahead = None

    def _begin(self) -> _Epoch:
        if self._pool.closed:
            self._pool = self._start_pool()
        return _Epoch(
            self._pool, _jobs(self._batch_sampler), self._prefetch, self._timeout, self._pin_context
        )

    def _start_pool(self) -> Pool | InlinePool:
        source = Source(self._dataset, self._batchify_fn)
        if not self._num_workers:
            return InlinePool(source)
        if self._thread_pool:
            return thread_pool(source, self._num_workers)
        return process_pool(source, self._num_workers, self._start_method)


def _jobs(batch_sampler: Iterable[Any]) -> Iterator[Job]:
    # The key is counted since the seed, like those of initial values, and not drawn: reading a validation set
    # between two epochs must not change how the training set is shuffled in the second.
    key = rng.initial_key("gluon.data.DataLoader")
    for number, indices in enumerate(batch_sampler):
        yield Job(list(indices), (key + number) % 2**128)


class _Epoch:
    """One pass over the batches: it keeps as many jobs in the pool as are to be made ahead.

    Args:
        pool: does the jobs.
        jobs: one for each batch.
        prefetch: how many jobs to submit ahead.
        timeout: the seconds to wait for a batch.
        pin_context: where to copy the arrays of a batch, if anywhere.
    """

    def __init__(
        self,
        pool: Pool | InlinePool,
        jobs: Iterator[Job],
        prefetch: int,
        timeout: float,
        pin_context: Context | None,
    ) -> None:
        self._pool = pool
        self._jobs = jobs
        self._timeout = timeout
        self._pin_context = pin_context
        self._pending: deque[Future[Any]] = deque()
        for _ in range(prefetch):
            self._submit_next()

    def __iter__(self) -> _Epoch:
        return self

    def __next__(self) -> Any:
        self._submit_next()
        if not self._pending:
            raise StopIteration
        batch = self._result(self._pending.popleft())
        if isinstance(batch, Failure):
            batch.throw()
        return batch if self._pin_context is None else _as_in_context(batch, self._pin_context)

    def cancel(self) -> None:
        """Withdraw the jobs that no worker has begun."""
        for future in self._pending:
            future.cancel()
        self._pending.clear()

    def _submit_next(self) -> None:
        job = next(self._jobs, None)
        if job is not None:
            self._pending.append(self._pool.submit(job))

    def _result(self, future: Future[Any]) -> Any:
        """Wait for a batch. A pool that has lost a worker is closed; the next epoch gets another one."""
        try:
            return future.result(self._timeout)
        except FutureTimeoutError:
            self._pool.close()
            raise WorkerTimeoutError(
                "A worker of a DataLoader",
                f"did not make a batch within {self._timeout} seconds",
                fix="Give a larger timeout, or num_workers=0 to see what it does.",
            ) from None
        except CancelledError:
            raise workers_gone() from None
        except WorkerError:
            self._pool.close()
            raise


def _batch_sampler(
    dataset: Any, batch_size: int | None, shuffle: bool, sampler: Any, last_batch: str | None, given: Any
) -> Any:
    """Return what yields the numbers of each batch, and refuse arguments that contradict each other."""
    if given is not None:
        if batch_size is not None or shuffle or sampler is not None or last_batch is not None:
            raise ArgumentError(
                "DataLoader",
                "has a batch_sampler, which decides on batch_size, shuffle, sampler and last_batch as well",
                fix="Leave these four out.",
            )
        return given
    if batch_size is None:
        raise ArgumentError("DataLoader", "needs a batch_size or a batch_sampler")
    if sampler is None:
        sampler = RandomSampler(len(dataset)) if shuffle else SequentialSampler(len(dataset))
    elif shuffle:
        raise ArgumentError(
            "DataLoader", "has a sampler, which decides on the order", fix="Leave shuffle out."
        )
    return BatchSampler(sampler, batch_size, last_batch or "keep")


def _seconds(timeout: Any) -> float:
    if not isinstance(timeout, (int, float)):
        raise ArgumentTypeError("timeout", "is no number", expected="seconds", received=repr(timeout))
    if timeout <= 0:
        raise ArgumentError("timeout", "is not positive", expected="seconds above 0", received=timeout)
    return timeout


def _as_in_context(batch: Any, ctx: Context) -> Any:
    """Return a batch with its arrays on a context."""
    if isinstance(batch, NDArray):
        return batch.as_in_context(ctx)
    if isinstance(batch, (list, tuple)):
        return [_as_in_context(part, ctx) for part in batch]
    if isinstance(batch, dict):
        return {key: _as_in_context(part, ctx) for key, part in batch.items()}
    return batch
