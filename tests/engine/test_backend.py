"""Array libraries by kind of device."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd, nd
from gluonish.context import Context
from gluonish.dtype import SUPPORTED, dtype_name
from gluonish.engine import backend as backends
from gluonish.engine.backend import Backend, backend_of, gpu_unavailable_reason, num_gpus, special_functions
from gluonish.engine.invoke import invoke
from gluonish.engine.operator import Operator
from gluonish.engine.storage import ALIGNMENT
from gluonish.engine.tape import Leaf
from gluonish.errors import DeviceUnavailableError

CPU = mx.cpu(0)
HOST = backend_of(CPU)

needs_no_gpu = pytest.mark.skipif(gpu_unavailable_reason() is None, reason="this machine has a GPU")


# -- host memory ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("device_type", ["cpu", "cpu_pinned", "cpu_shared"])
def test_all_host_memory_has_one_backend(device_type):
    assert backend_of(Context(device_type, 3)) is HOST
    assert (HOST.kind, HOST.xp, HOST.enters_device) == ("cpu", np, False)


@pytest.mark.parametrize("dtype", SUPPORTED, ids=dtype_name)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_aligned_buffers_start_on_a_cache_line_and_hold_zeros(dtype, size):
    buffer = HOST.aligned(size, dtype, CPU)
    assert buffer.ctypes.data % ALIGNMENT == 0
    assert (buffer.shape, buffer.dtype) == ((size,), dtype)
    assert not buffer.astype("float32").any()


def test_a_buffer_may_be_empty():
    assert HOST.aligned(0, "float32", CPU).shape == (0,)


def test_copies_are_independent_and_contiguous():
    source = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    for copy in (HOST.from_host(source, CPU), HOST.copy_within(source, CPU)):
        assert copy.flags.c_contiguous
        assert not np.shares_memory(copy, source)
        np.testing.assert_array_equal(copy, source)


def test_host_arrays_are_handed_out_as_they_are():
    raw = np.zeros(2)
    assert HOST.to_host(raw) is raw


def test_an_empty_array_has_its_shape_and_dtype():
    raw = HOST.empty((2, 0), np.dtype("float16"), CPU)
    assert (raw.shape, raw.dtype) == ((2, 0), np.float16)


def test_a_generator_is_a_function_of_its_key():
    first, again, other = (HOST.generator(key, CPU).random(4).tolist() for key in (7, 7, 2**127 + 7))
    assert first == again != other


def test_the_host_is_one_device_that_needs_no_waiting():
    assert HOST.device_count() == 1
    assert HOST.synchronize(CPU) is None
    assert HOST.release(CPU) is None


def test_special_functions_of_the_host_are_scipys():
    assert special_functions(np).erf(0.0) == 0.0
    assert special_functions(np) is HOST.special


# -- GPUs that are not there ------------------------------------------------------------------------------

SIMULATED = """
import sys
sys.modules["cupy"] = None  # what the import system takes for: it cannot be imported
import gluonish as mx
from gluonish.errors import DeviceUnavailableError
for attempt in range(2):
    try:
        mx.nd.zeros((1,), ctx=mx.gpu(attempt))
    except DeviceUnavailableError as error:
        print(error)
print(mx.num_gpus())
"""


def test_an_array_on_a_gpu_without_cupy_is_an_error_that_says_what_is_missing():
    result = subprocess.run([sys.executable, "-c", SIMULATED], capture_output=True, text=True, check=True)
    first, second = ("Context gpu(0)", "Context gpu(1)")
    for start in (first, second):
        assert (
            f"{start} cannot hold arrays here: CuPy cannot be imported (import of cupy halted; None"
            in result.stdout
        )
    assert result.stdout.count("pip install 'gluonish[cuda12]'") == 2
    assert result.stdout.splitlines()[-1] == "0"


WITHOUT_DRIVER = """
import sys, types
cupy = sys.modules["cupy"] = types.ModuleType("cupy")
class Runtime:
    def getDeviceCount(self):
        raise RuntimeError("cudaErrorInsufficientDriver: the driver is too old")
cupy.cuda = types.SimpleNamespace(runtime=Runtime(), Device=int)
import gluonish as mx
try:
    mx.nd.zeros((1,), ctx=mx.gpu(0))
except mx.errors.DeviceUnavailableError as error:
    print(error)
"""


def test_the_reason_why_cuda_cannot_be_used_is_kept():
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_DRIVER], capture_output=True, text=True, check=True
    )
    assert "CUDA cannot be used (cudaErrorInsufficientDriver: the driver is too old)" in result.stdout
    assert "nvidia-smi" in result.stdout


@needs_no_gpu
def test_moving_to_a_missing_gpu_is_an_error_never_a_fall_back():
    for move in (lambda: nd.ones(1).as_in_context(mx.gpu(0)), lambda: nd.ones(1, ctx=mx.gpu(0))):
        with pytest.raises(DeviceUnavailableError, match=r"Context gpu\(0\) cannot hold arrays here"):
            move()


@needs_no_gpu
def test_without_a_gpu_there_are_none():
    assert num_gpus() == mx.num_gpus() == 0
    assert gpu_unavailable_reason().startswith("Context gpu(0) cannot hold arrays here")


def test_importing_gluonish_loads_no_array_library_for_gpus():
    program = (
        "import sys, gluonish; print('cupy' in sys.modules, 'gluonish.engine.cupy_backend' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "False"]


# -- devices that are entered -----------------------------------------------------------------------------


class Entered(Backend):
    """Host memory that must be entered, like a GPU, and knows which contexts are entered."""

    enters_device = True

    def __init__(self):
        self.inside = [None]

    @contextlib.contextmanager
    def scope(self, ctx):
        self.inside.append(ctx)
        yield
        self.inside.pop()


@pytest.fixture
def entered(monkeypatch):
    backend = Entered()
    monkeypatch.setitem(backends._BACKENDS, "gpu", backend)
    return backend


def test_kernels_and_gradient_rules_run_inside_their_device(entered):
    seen = []

    def kernel(xp, data):
        seen.append(entered.inside[-1])
        return data * 2

    op = Operator("watched", kernel)

    @op.gradient("data")
    def gradient(F, g):
        seen.append(entered.inside[-1])
        return g * 2

    x = nd.ones(2, ctx=mx.gpu(1))
    x.attach_grad()
    with autograd.record():
        y = invoke(op, [x], {})
        z = invoke(op, [y.as_in_context(mx.gpu(2))], {}).as_in_context(CPU)
    z.backward()
    assert seen == [mx.gpu(1), mx.gpu(2), mx.gpu(2), mx.gpu(1)]
    assert entered.inside == [None]
    assert x.grad.tolist() == [4, 4]


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: x * 3,
        lambda x: x,
        lambda x: nd.BlockGrad(x) * nd.ones_like(x),
        lambda x: x.as_in_context(CPU) * 3,
        lambda x: x.as_in_context(mx.gpu(2)) * 3,
        lambda x: x * x.grad,
    ],
    ids=["operator", "head", "nothing flows", "from the host", "from another device", "own buffer"],
)
def test_gradients_are_written_inside_the_device_of_their_variable(entered, monkeypatch, compute):
    accumulate = Leaf.accumulate
    seen = []

    def watched(leaf, value, *, first):
        seen.append((leaf.grad.context, entered.inside[-1]))
        accumulate(leaf, value, first=first)

    monkeypatch.setattr(Leaf, "accumulate", watched)
    x = nd.ones(2, ctx=mx.gpu(1))
    x.attach_grad()
    with autograd.record():
        y = compute(x)
    y.backward()
    assert seen
    assert set(seen) == {(mx.gpu(1), mx.gpu(1))}


def test_writes_happen_inside_the_device_of_their_target(entered):
    class Watched(np.ndarray):
        def __setitem__(self, key, value):
            seen.append(entered.inside[-1])
            super().__setitem__(key, value)

    seen = []
    x = nd.ones(2, ctx=mx.gpu(1))
    x._raw = x._raw.view(Watched)
    x[:] = 3
    x[:] = nd.ones(2, ctx=mx.gpu(2))
    assert seen == [mx.gpu(1)] * 2


# -- GPUs -------------------------------------------------------------------------------------------------


@pytest.mark.gpu
def test_an_array_goes_to_the_gpu_and_back(gpu):
    x = nd.array([1, 2], ctx=gpu)
    assert x.context is gpu
    assert (x + 1).as_in_context(CPU).tolist() == [2, 3]


@pytest.mark.gpu
def test_a_gpu_that_is_not_there_is_an_error(gpu):
    with pytest.raises(DeviceUnavailableError, match=r"Context gpu\(99\) .*there is no such device"):
        nd.ones(1, ctx=mx.gpu(99))


@pytest.mark.gpu
def test_aligned_buffers_and_views_of_moved_memory_work_on_the_gpu(gpu):
    backend = backend_of(gpu)
    old, new = backend.aligned(8, "float32", gpu), backend.aligned(8, "float32", gpu)
    new[...] = backend.xp.arange(8)
    view = backend.rebase(old[2:6].reshape(2, 2), old, new)
    np.testing.assert_array_equal(backend.to_host(view), [[2, 3], [4, 5]])
    assert backend.rebase(old, old, new) is new


@pytest.mark.gpu
def test_gradients_cross_from_the_gpu_to_the_host(gpu):
    x = nd.array([1, 2], ctx=gpu)
    x.attach_grad()
    with autograd.record():
        y = (x * x).as_in_context(CPU) * 3
    y.backward()
    assert x.grad.context is gpu
    assert x.grad.tolist() == [6, 12]
