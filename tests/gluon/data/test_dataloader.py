"""DataLoader: the same batches whatever makes them, and workers that end as they should."""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import warnings
import weakref

import ml_dtypes
import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    ShapeMismatchError,
    WorkerError,
    WorkerTimeoutError,
)
from gluonish.gluon.data import (
    ArrayDataset,
    BatchSampler,
    DataLoader,
    Dataset,
    SequentialSampler,
    SimpleDataset,
    default_batchify_fn,
    default_mp_batchify_fn,
)

needs_fork = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this platform cannot fork"
)
THREADS = {"num_workers": 2, "thread_pool": True}
PROCESSES = {"num_workers": 2, "start_method": "fork"}
WORKERS = [
    pytest.param(THREADS, id="threads"),
    pytest.param(PROCESSES, id="processes", marks=needs_fork),
]
every_kind = pytest.mark.parametrize("kind", [pytest.param({}, id="no workers"), *WORKERS])
every_worker = pytest.mark.parametrize("kind", WORKERS)

TEN = SimpleDataset(list(range(10)))


def values(loader):
    return [batch.asnumpy().tolist() for batch in loader]


class Computed(Dataset):
    """Ten samples, computed by a function of their number."""

    def __init__(self, function):
        self._function = function

    def __len__(self):
        return 10

    def __getitem__(self, idx):
        return self._function(idx)


@pytest.fixture
def new_workers():
    """The worker processes that were started since the beginning of the test."""

    def started():
        return [p for p in multiprocessing.active_children() if p not in before and "gluonish" in p.name]

    before = multiprocessing.active_children()
    return started


# -- batches --------------------------------------------------------------------------------------------


@every_kind
def test_batches_hold_the_samples_in_order(kind):
    assert values(DataLoader(TEN, 4, **kind)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


@every_kind
def test_a_loader_can_be_read_many_times(kind):
    loader = DataLoader(TEN, 5, **kind)
    assert values(loader) == values(loader) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


@every_kind
def test_two_iterations_at_once_do_not_disturb_each_other(kind):
    loader = DataLoader(TEN, 5, **kind)
    pairs = [(a.asnumpy()[0], b.asnumpy()[0]) for a, b in zip(loader, loader, strict=True)]
    assert pairs == [(0, 0), (5, 5)]


@every_kind
def test_an_iteration_that_was_broken_off_leaves_nothing_behind(kind):
    loader = DataLoader(TEN, 2, **kind)
    for _ in loader:
        break
    assert values(loader)[0] == [0, 1]


@every_kind
def test_batches_are_on_cpu_0_whatever_the_samples_are(kind):
    dataset = Computed(lambda i: (mx.nd.ones((2,)) * i, np.float32(i), i))
    for batch in DataLoader(dataset, 3, **kind):
        assert [part.context for part in batch] == [mx.cpu(0)] * 3


@every_worker
def test_workers_bring_arrays_of_other_contexts_to_cpu_0(kind):
    loader = DataLoader(Computed(lambda i: mx.nd.ones((2,), mx.cpu(1))), 5, **kind)
    assert {batch.context for batch in loader} == {mx.cpu(0)}


def test_without_workers_batches_are_on_the_current_context():
    with mx.cpu(1):
        assert next(iter(DataLoader(TEN, 5))).context == mx.cpu(1)


@every_kind
def test_batches_can_be_written(kind):
    batch = next(iter(DataLoader(Computed(lambda i: mx.nd.ones((2,))), 5, **kind)))
    batch[:] = 7
    assert batch.asnumpy().tolist() == [[7, 7]] * 5


@pytest.mark.parametrize(
    "sample",
    [
        np.zeros((0, 3)),
        np.float16(1.5),
        np.arange(6, dtype="uint8").reshape(2, 3).T,
        np.ones((2,), ml_dtypes.bfloat16),
        np.array([True, False]),
    ],
    ids=["empty", "number", "transposed", "bfloat16", "bool"],
)
@every_kind
def test_arrays_of_every_kind_arrive_as_they_were(kind, sample):
    array = mx.nd.array(sample, dtype=sample.dtype)
    (batch,) = DataLoader(Computed(lambda i: array), 10, **kind)
    assert (batch.dtype, batch.shape) == (array.dtype, (10, *sample.shape))
    assert (batch.asnumpy() == sample).all()


@every_kind
def test_a_batchify_function_may_return_anything(kind):
    loader = DataLoader(
        TEN, 5, batchify_fn=lambda samples: {"sum": np.array(sum(samples)), "of": samples}, **kind
    )
    first, second = loader
    assert first == {"sum": 10, "of": [0, 1, 2, 3, 4]}
    assert second["sum"] == 35


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"batch_size": 4, "last_batch": "discard"}, [[0, 1, 2, 3], [4, 5, 6, 7]]),
        ({"batch_size": 2, "sampler": SequentialSampler(3, 5)}, [[5, 6], [7]]),
        ({"batch_size": 2, "sampler": [9, 0, 3]}, [[9, 0], [3]]),
        ({"batch_sampler": BatchSampler(SequentialSampler(4), 3)}, [[0, 1, 2], [3]]),
        ({"batch_sampler": [[1, 2], [9]]}, [[1, 2], [9]]),
    ],
)
@every_kind
def test_samplers_decide_what_is_in_a_batch(kind, arguments, expected):
    loader = DataLoader(TEN, **arguments, **kind)
    assert values(loader) == expected
    assert len(loader) == len(expected)


def test_left_over_samples_roll_over_into_the_next_epoch():
    loader = DataLoader(TEN, 4, last_batch="rollover")
    assert [len(loader), values(loader), len(loader), values(loader)[0]] == [
        2,
        [[0, 1, 2, 3], [4, 5, 6, 7]],
        3,
        [8, 9, 0, 1],
    ]


@every_kind
def test_batches_can_be_pinned(kind):
    dataset = Computed(lambda i: (i, {"x": np.ones(2), "name": "n"}))
    first, second = next(iter(DataLoader(dataset, 5, pin_memory=True, pin_device_id=1, **kind)))
    assert [first.context, second["x"].context, second["name"]] == [mx.cpu_pinned(1)] * 2 + [["n"] * 5]


def test_negative_numbers_of_workers_mean_none():
    assert values(DataLoader(TEN, 10, num_workers=-1)) == [list(range(10))]


# -- randomness -----------------------------------------------------------------------------------------


def noisy(i):
    return float(i) + mx.nd.random.uniform(shape=(1,)).asscalar()


def two_epochs(seed, dataset, kind):
    mx.random.seed(seed)
    loader = DataLoader(dataset, 3, shuffle=True, **kind)
    return [values(loader), values(loader)]


@every_worker
def test_a_seed_gives_the_same_batches_with_workers_and_without(kind):
    assert two_epochs(3, Computed(noisy), kind) == two_epochs(3, Computed(noisy), {})


@every_kind
def test_batches_and_epochs_draw_different_numbers(kind):
    drawn = np.concatenate(
        [np.ravel(batch) for epoch in two_epochs(3, Computed(noisy), kind) for batch in epoch]
    )
    assert len(set(drawn % 1)) == 20


@needs_fork
@pytest.mark.parametrize("draw", [np.random.random_sample, random.random], ids=["numpy", "random"])
def test_worker_processes_draw_repeatable_numbers_from_global_generators(draw):
    """After a fork all workers have the same global generators: none would know what the others draw."""
    dataset = Computed(lambda i: draw())
    first, second = two_epochs(3, dataset, PROCESSES), two_epochs(3, dataset, PROCESSES)
    assert first == second
    assert len({x for epoch in first for batch in epoch for x in batch}) == 20


@every_kind
def test_reading_another_loader_does_not_change_how_the_next_epoch_is_shuffled(kind):
    def second_epoch(read_between):
        mx.random.seed(4)
        loader = DataLoader(TEN, 3, shuffle=True, **kind)
        values(loader)
        read_between()
        return values(loader)

    assert second_epoch(lambda: None) == second_epoch(lambda: values(DataLoader(TEN, 2, **kind)))


@needs_fork
def test_workers_started_while_recording_do_not_record():
    dataset = Computed(lambda i: [autograd.is_recording(), autograd.is_training()])
    with autograd.record():
        loader = DataLoader(dataset, 10, **PROCESSES)
    assert values(loader) == [[[False, False]] * 10]


# -- prefetching ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefetch", [0, 1, 3])
def test_no_more_batches_are_made_ahead_than_asked_for(prefetch):
    read = []
    loader = DataLoader(
        Computed(lambda i: read.append(i) or i), 1, num_workers=1, thread_pool=True, prefetch=prefetch
    )
    for number, _ in enumerate(loader):
        assert max(read) <= number + prefetch


def test_batches_are_made_before_they_are_asked_for():
    second = threading.Event()
    loader = DataLoader(Computed(lambda i: second.set() if i == 1 else i), 1, batchify_fn=list, **THREADS)
    iterator = iter(loader)
    next(iterator)
    assert second.wait(timeout=20)


def test_batches_of_an_iteration_that_was_broken_off_are_not_made():
    read, release = [], threading.Event()

    def sample(i):
        read.append(i)
        if i == 1:
            release.wait(timeout=20)
        return i

    loader = DataLoader(Computed(sample), 1, num_workers=1, thread_pool=True, prefetch=9)
    for _ in loader:
        break
    release.set()
    values(loader)
    assert len(read) <= 2 + 10


def test_an_idle_worker_does_not_keep_its_last_batch():
    freed = threading.Event()
    loader = DataLoader(TEN, 10, **THREADS)
    (batch,) = loader
    weakref.finalize(batch, freed.set)
    del batch
    assert freed.wait(timeout=20)


def test_auto_reload_begins_the_first_epoch_at_once():
    begun = threading.Event()
    loader = DataLoader(Computed(lambda i: begun.set() or i), 5, auto_reload=True, **THREADS)
    assert begun.wait(timeout=20)
    assert values(loader) == values(loader) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


def test_refresh_begins_an_epoch_and_clean_drops_it():
    mx.random.seed(0)
    orders = [next(iter(DataLoader(TEN, 10, shuffle=True))).asnumpy().tolist() for _ in range(2)]
    mx.random.seed(0)
    loader = DataLoader(TEN, 10, shuffle=True, **THREADS)
    loader.refresh()
    loader.clean()
    assert values(loader) == [orders[1]]


# -- failures -------------------------------------------------------------------------------------------


def fragile(i):
    if i == 3:
        raise LookupError(f"no {i}")
    return i


@every_kind
def test_what_a_sample_raises_is_raised_by_the_loader(kind):
    iterator = iter(DataLoader(Computed(fragile), 2, **kind))
    assert next(iterator).asnumpy().tolist() == [0, 1]
    with pytest.raises(LookupError, match="no 3"):
        next(iterator)


@every_worker
def test_an_error_from_a_worker_names_the_sample_and_shows_the_traceback(kind):
    with pytest.raises(LookupError) as caught:
        values(DataLoader(Computed(fragile), 2, **kind))
    cause = str(caught.value.__cause__)
    assert "gluonish-data-" in cause
    assert "failed at sample 3" in cause
    assert "in fragile" in cause
    assert "LookupError: no 3" in cause


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions have notes from Python 3.11 on")
def test_an_error_without_workers_names_the_sample_in_a_note():
    with pytest.raises(LookupError) as caught:
        values(DataLoader(Computed(fragile), 2))
    assert caught.value.__notes__ == ["It was raised at sample 3."]


@every_worker
def test_an_error_of_the_batchify_function_names_the_batch(kind):
    with pytest.raises(ZeroDivisionError) as caught:
        list(DataLoader(TEN, 2, batchify_fn=lambda samples: 1 // (samples[0] - 4), **kind))
    assert "failed while samples 4, 5 were made a batch" in str(caught.value.__cause__)


@every_kind
def test_a_loader_goes_on_after_an_error_in_an_epoch(kind):
    loader = DataLoader(Computed(fragile), batch_sampler=[[3], [1]], **kind)
    iterator = iter(loader)
    with pytest.raises(LookupError):
        next(iterator)
    loader._batch_sampler = [[1], [2]]
    assert values(loader) == [[1], [2]]


class Stubborn(Exception):
    """Pickles, and does not come back."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


class Sealed(Exception):
    """Does not pickle."""

    def __reduce__(self):
        raise TypeError("sealed")


def raising(error):
    def sample(i):
        raise error

    return sample


@needs_fork
@pytest.mark.parametrize(
    "error", [Stubborn("this", "that"), Sealed("this and that")], ids=["stubborn", "sealed"]
)
def test_an_error_that_cannot_be_sent_home_is_described(error):
    expected = f"Worker process gluonish-data-[01] raised {type(error).__name__}: this and that"
    with pytest.raises(WorkerError, match=expected) as caught:
        values(DataLoader(Computed(raising(error)), 2, **PROCESSES))
    assert "failed at sample 0" in str(caught.value.__cause__)


@needs_fork
def test_a_batch_that_cannot_be_sent_home_is_an_error():
    loader = DataLoader(TEN, 2, batchify_fn=lambda samples: threading.Lock(), **PROCESSES)
    with pytest.raises(TypeError, match="cannot pickle") as caught:
        list(loader)
    assert "failed while the batch was pickled to be sent home" in str(caught.value.__cause__)


def dies_once(flag):
    def sample(i):
        if i == 3 and not flag.exists():
            flag.touch()
            os._exit(5)
        return i

    return sample


@needs_fork
def test_a_worker_that_dies_is_an_error_at_once(tmp_path):
    loader = DataLoader(Computed(dies_once(tmp_path / "died")), 2, **PROCESSES)
    with pytest.raises(WorkerError, match=r"gluonish-data-. died while .* samples 2, 3(.|\n)*exit code 5"):
        list(loader)


@needs_fork
def test_after_a_worker_died_the_next_epoch_has_new_ones(tmp_path):
    loader = DataLoader(Computed(dies_once(tmp_path / "died")), 5, **PROCESSES)
    with pytest.raises(WorkerError):
        list(loader)
    assert values(loader) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


@needs_fork
def test_other_iterations_learn_that_the_workers_are_gone(tmp_path):
    loader = DataLoader(Computed(dies_once(tmp_path / "died")), 1, prefetch=1, **PROCESSES)
    other = iter(loader)
    next(other)
    with pytest.raises(WorkerError, match="died"):
        list(loader)
    with pytest.raises(WorkerError, match=r"were ended, because another iteration lost one|died"):
        list(other)


@every_worker
def test_a_worker_that_takes_too_long_is_an_error(kind):
    loader = DataLoader(Computed(lambda i: threading.Event().wait()), 2, timeout=0.1, **kind)
    with pytest.raises(WorkerTimeoutError, match=r"did not make a batch within 0.1 seconds"):
        list(loader)


@needs_fork
def test_a_worker_that_took_too_long_is_ended(new_workers):
    loader = DataLoader(Computed(lambda i: threading.Event().wait()), 2, timeout=0.1, **PROCESSES)
    processes = new_workers()
    with pytest.raises(WorkerTimeoutError):
        list(loader)
    assert not any(process.is_alive() for process in processes)


def test_the_timeout_is_caught_by_the_clauses_of_old_programs():
    assert issubclass(WorkerTimeoutError, multiprocessing.TimeoutError)
    assert issubclass(WorkerTimeoutError, TimeoutError)


# -- how workers start and end --------------------------------------------------------------------------


@needs_fork
def test_processes_end_with_the_loader(new_workers):
    loader = DataLoader(TEN, 2, **PROCESSES)
    iterator = iter(loader)
    next(iterator)
    processes = new_workers()
    assert len(processes) == 2
    del loader, iterator
    gc.collect()
    assert not any(process.is_alive() for process in processes)


@needs_fork
def test_processes_end_with_a_loader_that_reloads_itself(new_workers):
    loader = DataLoader(TEN, 2, auto_reload=True, **PROCESSES)
    processes = new_workers()
    assert len(processes) == 2
    del loader
    gc.collect()
    assert not any(process.is_alive() for process in processes)


@needs_fork
def test_a_forked_child_that_drops_the_loader_leaves_its_workers_alone():
    loaders = [DataLoader(TEN, 5, **PROCESSES)]
    child = multiprocessing.get_context("fork").Process(target=loaders.clear)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # from Python 3.12 on: there are threads
        child.start()
    child.join()
    assert child.exitcode == 0
    assert values(loaders[0]) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


@needs_fork
def test_an_iteration_keeps_the_workers_of_its_loader():
    assert values(iter(DataLoader(TEN, 5, **PROCESSES))) == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


def test_threads_end_with_the_loader():
    before = set(threading.enumerate())
    loader = DataLoader(TEN, 2, **THREADS)
    values(loader)
    threads = set(threading.enumerate()) - before
    del loader
    gc.collect()
    for thread in threads:
        thread.join(timeout=20)
    assert len(threads) == 2
    assert not any(thread.is_alive() for thread in threads)


def test_processes_can_be_started_afresh():
    dataset = ArrayDataset(mx.nd.arange(4), np.arange(4) * 2)
    (batch,) = DataLoader(dataset, 4, num_workers=1, start_method="spawn")
    assert [part.asnumpy().tolist() for part in batch] == [[0, 1, 2, 3], [0, 2, 4, 6]]


def test_a_dataset_that_cannot_be_sent_to_a_fresh_process_is_an_error(new_workers):
    with pytest.raises(ArgumentTypeError, match=r"cannot be sent to a worker process(.|\n)*thread_pool=True"):
        DataLoader(TEN.transform(lambda x: x), 2, num_workers=1, start_method="spawn")
    assert new_workers() == []


SCRIPT = """
import os, signal, sys, threading
from gluonish.gluon.data import DataLoader, SimpleDataset

def sample(x):
    if x == 2:
        threading.Event().wait()
    return x

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where this was started in the background
signal.signal(signal.SIGTERM, lambda *_: print("handler of the program", flush=True))
loader = DataLoader(SimpleDataset(list(range(8))).transform(sample), 1, num_workers=2, prefetch={prefetch})
iterator = iter(loader)
next(iterator)
print("ready", flush=True)
{ending}
"""


def program(ending, prefetch=4):
    """Start a program whose workers hang. Reading its output to the end waits for its workers as well."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT).format(ending=ending, prefetch=prefetch)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def last_words(process):
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


@needs_fork
@pytest.mark.parametrize("ending", ["", "del loader, iterator", "sys.exit(0)"])
def test_a_program_ends_although_its_workers_hang(ending):
    assert last_words(program(ending)) == (0, "ready\n", "")


@needs_fork
@pytest.mark.parametrize(
    "ending", ["list(iterator)", "threading.Event().wait()"], ids=["waiting", "elsewhere"]
)
def test_ctrl_c_ends_program_and_workers_with_one_traceback(ending):
    process = program(ending)
    assert process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGINT)
    code, out, err = last_words(process)
    assert (code, out) == (-signal.SIGINT, "")
    assert err.count("Traceback") == err.count("KeyboardInterrupt") == 1
    assert "gluonish-data" not in err


@needs_fork
def test_an_error_of_the_program_ends_its_workers():
    code, _, err = last_words(program("raise ValueError('enough')"))
    assert (code, err.count("Traceback")) == (1, 1)
    assert err.endswith("ValueError: enough\n")


@needs_fork
def test_workers_end_when_their_parent_is_killed():
    process = program("threading.Event().wait()", prefetch=0)
    assert process.stdout.readline() == "ready\n"
    process.kill()
    assert last_words(process) == (-signal.SIGKILL, "", "")


# -- arguments ------------------------------------------------------------------------------------------

FAULTY = [
    ({}, ArgumentError, "needs a batch_size or a batch_sampler"),
    ({"batch_size": 2, "batch_sampler": []}, ArgumentError, "has a batch_sampler, which decides"),
    ({"shuffle": True, "batch_sampler": []}, ArgumentError, "has a batch_sampler, which decides"),
    ({"last_batch": "keep", "batch_sampler": []}, ArgumentError, "has a batch_sampler, which decides"),
    ({"batch_size": 2, "shuffle": True, "sampler": []}, ArgumentError, "has a sampler, which decides"),
    ({"batch_size": 2, "last_batch": "x"}, ArgumentError, "last_batch is unknown"),
    ({"batch_size": 0}, ArgumentError, "batch_size is too small"),
    ({"batch_size": 2, "timeout": 0}, ArgumentError, "timeout is not positive"),
    ({"batch_size": 2, "timeout": "a"}, ArgumentTypeError, "timeout is no number"),
    ({"batch_size": 2, "num_workers": 1.5}, ArgumentTypeError, "num_workers is no integer"),
    ({"batch_size": 2, "num_workers": 1, "start_method": "x"}, ArgumentError, "start_method is unknown"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), FAULTY)
def test_impossible_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        DataLoader(TEN, **arguments)


@pytest.mark.parametrize(("arguments", "error", "message"), FAULTY)
def test_a_loader_that_was_not_made_leaves_quietly(arguments, error, message, monkeypatch, capfd):
    noises = []
    monkeypatch.setattr(sys, "unraisablehook", noises.append)
    with pytest.raises(error):
        DataLoader(TEN, **arguments)
    gc.collect()
    assert (noises, *capfd.readouterr()) == ([], "", "")


# -- batchify -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("samples", "dtype"),
    [
        ([1, 2], np.int64),
        ([1.5, 2.5], np.float64),
        ([True, False], np.bool_),
        ([np.float32(1), np.float32(2)], np.float32),
        ([np.ones(2, "uint8"), np.ones(2, "uint8")], np.uint8),
        ([[1, 2], [3, 4]], np.int64),
        ([mx.nd.ones((2,), dtype="float16")] * 2, np.float16),
    ],
)
def test_a_batch_has_the_dtype_of_its_samples(samples, dtype):
    batch = default_batchify_fn(samples)
    assert (batch.dtype, len(batch)) == (dtype, 2)


def test_tuples_become_a_list_of_batches():
    numbers, (rows, more) = default_batchify_fn([(1, (mx.nd.array([2]), 5)), (3, (mx.nd.array([4]), 6))])
    assert [x.asnumpy().tolist() for x in (numbers, rows, more)] == [[1, 3], [[2], [4]], [5, 6]]


def test_dictionaries_become_a_dictionary_of_batches():
    """MXNet cannot batch them."""
    batch = default_batchify_fn([{"x": 1, "y": [2, 3]}, {"x": 4, "y": [5, 6]}])
    assert {key: value.asnumpy().tolist() for key, value in batch.items()} == {
        "x": [1, 4],
        "y": [[2, 3], [5, 6]],
    }


def test_strings_stay_a_list():
    assert default_batchify_fn([("a", 1), ("b", 2)])[0] == ["a", "b"]


def test_arrays_stay_on_their_context():
    samples = [mx.nd.ones((2,), mx.cpu(1))] * 2
    assert default_batchify_fn(samples).context == mx.cpu(1)
    assert default_mp_batchify_fn(samples).context == mx.cpu(0)


def test_a_batch_shares_no_memory_with_its_samples():
    sample = mx.nd.ones((2,))
    batch = default_batchify_fn([sample])
    batch[:] = 5
    assert sample.asnumpy().tolist() == [1, 1]


@pytest.mark.parametrize(
    ("samples", "error", "message"),
    [
        (
            [mx.nd.ones((2,)), mx.nd.ones((2,)), mx.nd.ones((3,))],
            ShapeMismatchError,
            r"Samples 0 and 2 of a batch differ in their shapes(.|\n)*Expected \(2,\), received \(3,\)",
        ),
        ([np.ones(1), np.ones(2)], ShapeMismatchError, "Samples 0 and 1 of a batch differ in their shapes"),
        ([np.ones(1), 2], ShapeMismatchError, r"Expected \(1,\), received \(\)"),
        ([(1, 2), (1,)], ShapeMismatchError, r"differ in their parts(.|\n)*Expected 2, received 1"),
        ([(1, 2), 3], ShapeMismatchError, "Expected 2, received type int"),
        ([{"a": 1}, {"b": 1}], ShapeMismatchError, "differ in their keys"),
        ([[1, 2], [3]], ArgumentTypeError, "A batch cannot be made of these samples"),
        ([], ArgumentError, "A batch needs at least one sample"),
        ([None, None], ArgumentTypeError, r"received NoneType None"),
    ],
)
def test_samples_that_cannot_form_a_batch_are_named(samples, error, message):
    with pytest.raises(error, match=message):
        default_batchify_fn(samples)
