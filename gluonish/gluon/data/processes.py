"""Worker processes: how they start, talk to their parent, and end.

Each process has a socket to its parent, over which it gets jobs and returns batches, one at a time. Processes
know nothing of each other. One that dies takes only its own job with it, and is noticed at once: its socket
closes. A process whose parent is gone finds the other end closed and ends by itself.
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import pickle
import random
import signal
import socket
import struct
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import numpy as np

from gluonish.context import cpu
from gluonish.engine.dispatch import GENERIC, ForceScope
from gluonish.engine.mode import ModeScope
from gluonish.engine.ndarray import NDArray
from gluonish.errors import ArgumentError, ArgumentTypeError, WorkerError
from gluonish.gluon.data.workers import Failure, Job, Pool, Source, attempt, listed

__all__ = ["process_pool"]


def process_pool(source: Source, count: int, start_method: str | None) -> Pool:
    """Return a pool of processes.

    Args:
        source: what batches are made of.
        count: the number of processes.
        start_method: one of multiprocessing's; None forks on Linux and the platform's default elsewhere.

    Raises:
        ArgumentError: a start method that this platform does not have.
        ArgumentTypeError: a new interpreter must be sent the dataset, and it cannot be pickled.
    """
    workers: list[_Process] = []

    def stop() -> None:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()

    context = _start_context(start_method)
    try:
        for i in range(count):
            workers.append(_Process(source, context, f"gluonish-data-{i}"))  # noqa: PERF401  to stop on an error
    except BaseException:
        stop()
        raise
    return Pool([worker.run for worker in workers], stop)


def _start_context(start_method: str | None) -> Any:
    if start_method is None and sys.platform == "linux":
        # Datasets of old programs hold lambdas and live in __main__, which only a fork can take along.
        start_method = "fork"
    try:
        return multiprocessing.get_context(start_method)
    except ValueError:
        raise ArgumentError(
            "start_method",
            "is unknown",
            expected="one of " + ", ".join(map(repr, multiprocessing.get_all_start_methods())),
            received=repr(start_method),
        ) from None


class _Process:
    """A worker process, as its parent sees it.

    Args:
        source: what batches are made of.
        context: multiprocessing's context for a start method.
        name: the name of the process.
    """

    def __init__(self, source: Source, context: Any, name: str) -> None:
        self._socket, theirs = socket.socketpair()
        forked = context.get_start_method() == "fork"
        arguments = (theirs, self._socket if forked else None, source)
        self._process = context.Process(target=_work, args=arguments, name=name, daemon=True)
        # A process is waited for by one thread at a time: the others would take it to be alive still. The
        # garbage collector may end the pool while its thread is waiting, hence the reentrant lock.
        self._waiting = threading.RLock()
        try:
            self._start()
        except BaseException:
            self._socket.close()
            raise
        finally:
            theirs.close()

    def _start(self) -> None:
        # What join() imports when first called. Imported by an interpreter that Ctrl-C is ending, its named
        # tuples make Python forget the interrupt, and the exit status is 1 instead of SIGINT's.
        from multiprocessing import connection  # noqa: F401, PLC0415  most programs start no processes

        try:
            with _signals_held(), warnings.catch_warnings():
                # From Python 3.12 on, forking warns if there are threads. There always are: those of NumPy's
                # BLAS, which survives a fork. Kernels that would not are never used in a worker.
                warnings.filterwarnings("ignore", ".*multi-threaded, use of fork", DeprecationWarning)
                self._process.start()
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise ArgumentTypeError(
                "The dataset, or batchify_fn, of a DataLoader",
                f"cannot be sent to a worker process: {error}",
                fix="Define its functions and classes at the top level of a module, or use "
                "thread_pool=True, or start_method='fork' where the platform has it.",
            ) from error

    def run(self, job: Job) -> Any:
        """Have the process do a job, and wait for it.

        Raises:
            WorkerError: the process died.
        """
        try:
            _send(self._socket, _pickled(job))
            return _receive(self._socket)
        except (EOFError, OSError):
            with self._waiting:
                self._process.join(timeout=1)
                code = self._process.exitcode
            raise WorkerError(
                f"Worker process {self._process.name}",
                f"died while making a batch of samples {listed(job.indices)}",
                received=f"exit code {code}" if code is not None else None,
                fix="Exit code -9 often means that memory ran out: use fewer workers or smaller batches. "
                "num_workers=0 shows errors that kill a process.",
            ) from None

    def terminate(self) -> None:
        """Ask the process to end."""
        with self._waiting:
            self._process.terminate()

    def join(self) -> None:
        """Wait for the end of the process, and insist where it does not come."""
        with self._waiting:
            self._process.join(timeout=1)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._socket.close()


_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Hold signals back while a process starts, until it has decided what to do with them."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(connection: socket.socket, parents_end: socket.socket | None, source: Source) -> None:
    """Do jobs until the parent closes its end: the main function of a worker process."""
    if parents_end is not None:
        parents_end.close()  # with our copy open, we would not notice that the parent is gone
    # Ctrl-C reaches every process of the terminal; ending its workers is the parent's business. Handlers
    # that the program installed are not meant for workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING_SIGNALS)
    name = f"Worker process {multiprocessing.current_process().name}"
    with (
        cpu(0),
        ModeScope(recording=False, training=False),
        # Thread pools of compiled kernels do not survive a fork; workers are parallel by themselves.
        ForceScope(GENERIC),
        contextlib.suppress(EOFError, OSError),
    ):
        while True:
            job = _receive(connection)
            # A fork copies the state of the global generators: workers would all draw the same.
            random.seed(job.key)
            np.random.seed(job.key % 2**32)  # noqa: NPY002  for datasets that use the global one
            _send(connection, _pickled_result(attempt(source, job), name))


# -- messages -----------------------------------------------------------------------------------------------
#
# A message is a number of blocks: pickled objects, and behind them the memory of their arrays, which is sent
# from where it lies and received where it stays.

_COUNT = struct.Struct("!I")
_SIZE = struct.Struct("!Q")


class _Pickler(pickle.Pickler):
    """Pickles NDArrays as host memory, without copying it."""

    def reducer_override(self, value: Any) -> Any:
        if type(value) is not NDArray:
            return NotImplemented
        host = np.asarray(value)
        # As bytes: there are dtypes, such as bfloat16, that the buffer protocol does not know.
        memory: Any = np.ascontiguousarray(host).reshape(-1).view(np.uint8)
        # What NumPy may only read would arrive as memory that cannot be written.
        memory.flags.writeable = True
        return _from_memory, (pickle.PickleBuffer(memory), host.dtype, host.shape)


def _from_memory(memory: Any, dtype: Any, shape: tuple[int, ...]) -> NDArray:
    return NDArray(memory.view(dtype).reshape(shape), cpu(0))


def _pickled(value: Any) -> list[Any]:
    """Return the blocks of a message."""
    buffers: list[pickle.PickleBuffer] = []
    stream = io.BytesIO()
    _Pickler(stream, protocol=5, buffer_callback=buffers.append).dump(value)
    return [stream.getbuffer(), *(buffer.raw() for buffer in buffers)]


def _pickled_result(result: Any, worker: str) -> list[Any]:
    """Return the blocks for a batch or a Failure; of what cannot be pickled, for a Failure that says so."""
    if not isinstance(result, Failure):
        try:
            return _pickled(result)
        except Exception as error:  # noqa: BLE001  objects raise what they like when they are pickled
            result = Failure(error, "while the batch was pickled to be sent home")
    failure = result.reported(worker)
    try:
        blocks = _pickled(failure)
        pickle.loads(blocks[0], buffers=blocks[1:])  # noqa: S301  some errors pickle and do not come back
    except Exception:  # noqa: BLE001
        stand_in = WorkerError(worker, f"raised {type(failure.error).__name__}: {failure.error}")
        blocks = _pickled(attrs.evolve(failure, error=stand_in))
    return blocks


def _send(connection: socket.socket, blocks: Sequence[Any]) -> None:
    sizes = b"".join(_SIZE.pack(block.nbytes) for block in blocks)
    connection.sendall(_COUNT.pack(len(blocks)) + sizes)
    for block in blocks:
        connection.sendall(block)


def _receive(connection: socket.socket) -> Any:
    """Return the object of the next message; EOFError where the other side has closed."""
    (count,) = _COUNT.unpack(_read(connection, _COUNT.size))
    sizes = _read(connection, count * _SIZE.size)
    blocks = [_read(connection, size) for (size,) in _SIZE.iter_unpack(sizes)]
    return pickle.loads(blocks[0], buffers=blocks[1:])  # noqa: S301  it comes from our own process


def _read(connection: socket.socket, size: int) -> Any:
    memory: Any = np.empty(size, np.uint8)
    view = memoryview(memory)
    while view:
        received = connection.recv_into(view, flags=socket.MSG_WAITALL)
        if not received:
            raise EOFError
        view = view[received:]
    return memory
