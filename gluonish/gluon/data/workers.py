"""Workers that make batches beside the main program: threads, or processes.

How a batch is made
    A ``Job`` names its samples and carries the key of a random stream; ``attempt`` reads the samples, hands
    them to the batchify function and returns the batch, or a ``Failure`` that says which sample raised. Since
    the stream belongs to the job, a batch does not depend on which worker makes it, or on how many there are.

How workers run
    A pool has one thread per worker, and all of them take jobs from one queue. Threads of a pool of processes
    hand their job to a process and wait for the batch; see ``processes``.

How they end
    A pool is closed when it is garbage collected, when the interpreter exits, or by ``close``. Threads are
    daemons and processes are terminated: a worker that hangs holds up nothing.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import attrs

from gluonish.engine import rng
from gluonish.errors import WorkerError

__all__ = [
    "Failure",
    "InlinePool",
    "Job",
    "Pool",
    "Source",
    "attempt",
    "listed",
    "thread_pool",
    "workers_gone",
]


# -- making a batch ---------------------------------------------------------------------------------------


@attrs.frozen
class Source:
    """What batches are made of, and how."""

    dataset: Any
    batchify_fn: Callable[[list[Any]], Any]


@attrs.frozen
class Job:
    """One batch to be made: its samples, and the key of the random stream to draw from meanwhile."""

    indices: Sequence[Any]
    key: int


class WorkerTraceback(Exception):  # noqa: N818  not an error of its own: the cause of one, for display
    """Where a worker was when it raised, as text."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


@attrs.frozen(eq=False)
class Failure:
    """A batch that could not be made.

    Attributes:
        error: what was raised.
        position: which sample raised it.
        report: the traceback of a worker, as text; empty where the error carries its own.
    """

    error: Exception
    position: str
    report: str = ""

    def reported(self, worker: str) -> Failure:
        """Return the failure with its traceback as text, as it leaves a worker."""
        lines = traceback.format_exception(self.error)
        return attrs.evolve(self, report=f"{worker} failed {self.position}:\n{''.join(lines)}")

    def throw(self) -> None:
        """Raise the error; the worker's traceback and the sample are named in its cause, or in a note."""
        if self.report:
            raise self.error from WorkerTraceback(self.report)
        if sys.version_info >= (3, 11):
            self.error.add_note(f"It was raised {self.position}.")
        raise self.error


def attempt(source: Source, job: Job) -> Any:
    """Return the batch of a job, or a Failure."""
    position = "before the first sample"
    try:
        with rng.StreamScope(job.key):
            samples = []
            for index in job.indices:
                position = f"at sample {index!r}"
                samples.append(source.dataset[index])
            position = f"while samples {listed(job.indices)} were made a batch"
            return source.batchify_fn(samples)
    except Exception as error:  # noqa: BLE001  whatever a dataset raises belongs to whoever asked for the batch
        return Failure(error, position)


def listed(indices: Sequence[Any], most: int = 10) -> str:
    """Return the first few indices as a text for messages."""
    shown = ", ".join(map(repr, indices[:most]))
    return f"{shown} ..." if len(indices) > most else shown


# -- pools --------------------------------------------------------------------------------------------------


class InlinePool:
    """No workers: jobs are done when they are submitted, by the calling thread.

    Args:
        source: what batches are made of.
    """

    closed = False

    def __init__(self, source: Source) -> None:
        self._source = source

    def submit(self, job: Job) -> Future[Any]:
        """Do a job; the future holds its batch or Failure."""
        future: Future[Any] = Future()
        future.set_result(attempt(self._source, job))
        return future

    def close(self) -> None:
        """Do nothing: there is nothing to end."""


_Task = tuple[Job, Future[Any]]


class Pool:
    """Threads that take jobs from a queue.

    The threads hold no reference to the pool: it is garbage collected, and thereby closed, as soon as nobody
    uses it.

    Args:
        runners: one function per thread, which does a job.
        stop: called once when the pool closes.
    """

    def __init__(self, runners: Sequence[Callable[[Job], Any]], stop: Callable[[], None]) -> None:
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._finalizer = weakref.finalize(self, _shut, self._tasks, len(runners), stop, os.getpid())
        for i, run in enumerate(runners):
            threading.Thread(
                target=_serve, args=(self._tasks, run), name=f"gluonish-data-{i}", daemon=True
            ).start()

    @property
    def closed(self) -> bool:
        """Whether the pool takes no more jobs."""
        return not self._finalizer.alive

    def submit(self, job: Job) -> Future[Any]:
        """Have a job done; the future will hold its batch or Failure, or a WorkerError.

        Raises:
            WorkerError: the pool was closed.
        """
        if self.closed:
            raise workers_gone()
        future: Future[Any] = Future()
        self._tasks.put((job, future))
        return future

    def close(self) -> None:
        """End the workers; jobs that are not finished are cancelled or fail."""
        self._finalizer()


def workers_gone() -> WorkerError:
    """Return the error for a job of a pool that was closed while others still used it."""
    return WorkerError(
        "The workers of a DataLoader", "were ended, because another iteration lost one of them"
    )


def _shut(tasks: queue.SimpleQueue[_Task | None], threads: int, stop: Callable[[], None], owner: int) -> None:
    if os.getpid() != owner:
        return  # a forked child dropped its copy of the pool; the workers are its parent's
    with contextlib.suppress(queue.Empty):
        while (task := tasks.get_nowait()) is not None:
            task[1].cancel()
    for _ in range(threads):
        tasks.put(None)
    stop()


def _serve(tasks: queue.SimpleQueue[_Task | None], run: Callable[[Job], Any]) -> None:
    while (task := tasks.get()) is not None:
        job, future = task
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(run(job))
            except BaseException as error:  # noqa: BLE001  raised where the result is asked for
                future.set_exception(error)
        # An idle worker must not keep its last batch alive.
        del task, job, future


def thread_pool(source: Source, count: int) -> Pool:
    """Return a pool of threads."""

    def run(job: Job) -> Any:
        result = attempt(source, job)
        if isinstance(result, Failure):
            return result.reported(f"Worker thread {threading.current_thread().name}")
        return result

    return Pool([run] * count, stop=lambda: None)
