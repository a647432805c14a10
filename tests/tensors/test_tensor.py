"""Tensors: what they are made of, what is recorded, and their gradients."""

import copy
import pickle

import numpy as np
import pytest

import gluonish as torch
from gluonish.errors import ArgumentError, ArgumentTypeError, GradientError
from gluonish.tensors import Tensor, enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled


@pytest.mark.parametrize(
    ("data", "dtype"),
    [([1.0], "float32"), ([1], "int64"), ([True], "bool"), (2, "int64"), (np.ones(1), "float64")],
)
def test_the_dtype_follows_the_data(data, dtype):
    assert Tensor(data).dtype == np.dtype(dtype)


def test_ragged_lists_are_refused():
    with pytest.raises(ArgumentTypeError, match="rectangular"):
        Tensor([[1.0], [2.0, 3.0]])


def test_content_is_copied():
    host = np.ones(2, np.float32)
    x = Tensor(host)
    host[:] = 5
    assert x.tolist() == [1.0, 1.0]


def test_a_tensor_records_by_itself_if_it_requires_a_gradient():
    x = Tensor([2.0], requires_grad=True)
    y = x * x
    assert y.requires_grad
    assert not y.is_leaf
    assert not (Tensor([2.0]) * 2).requires_grad
    y.backward()
    assert x.grad.tolist() == [4.0]


def test_the_result_is_a_tensor_if_any_operand_is_and_history_is_kept():
    x = Tensor([2.0], requires_grad=True)
    y = torch.nd.array([3.0]) * x
    assert type(y) is Tensor
    y.backward()
    assert x.grad.tolist() == [3.0]


@pytest.mark.parametrize(
    "scope", [no_grad, inference_mode, torch.autograd.pause, lambda: set_grad_enabled(False)]
)
def test_nothing_is_recorded_in_scopes_without_gradients(scope):
    x = Tensor([2.0], requires_grad=True)
    with scope():
        assert not is_grad_enabled()
        assert not (x * 2).requires_grad
        with enable_grad():
            assert (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_no_grad_decorates_functions():
    @no_grad()
    def double(x):
        return x * 2

    assert not double(Tensor([1.0], requires_grad=True)).requires_grad


def test_gradients_add_up_until_they_are_forgotten():
    x = Tensor([1.0], requires_grad=True)
    for expected in (2.0, 4.0):
        (x * 2).backward()
        assert x.grad.tolist() == [expected]
    x.zero_grad()
    assert x.grad is None
    (x * 2).backward()
    x.zero_grad(set_to_none=False)
    assert x.grad.tolist() == [0.0]


def test_the_head_gradient_is_given_by_any_of_its_names():
    for given in ({"gradient": [2.0, 3.0]}, {"out_grad": torch.nd.array([2, 3])}):
        x = Tensor([1.0, 1.0], requires_grad=True)
        (x * 1).backward(**given)
        assert x.grad.tolist() == [2.0, 3.0]


def test_results_keep_their_gradient_if_asked():
    x = Tensor([2.0], requires_grad=True)
    y = x * 3
    y.retain_grad()
    (y * y).backward()
    assert y.grad.tolist() == [12.0]
    assert y.keep_grad


def test_a_hook_sees_and_replaces_a_gradient_until_it_is_removed():
    x = Tensor([1.0], requires_grad=True)
    seen = []
    handle = x.register_hook(lambda g: seen.append(g.tolist()) or g * 10)
    (x * 2).backward()
    handle.remove()
    (x * 2).backward()
    assert seen == [[2.0]]
    assert x.grad.tolist() == [22.0]
    with pytest.raises(GradientError, match="no hook can see it"):
        Tensor([1.0]).register_hook(print)


def test_a_gradient_of_a_gradient():
    x = Tensor([1.0, 2.0], requires_grad=True)
    first = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    assert type(first) is Tensor
    first.sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_functions_of_yours_take_tensors():
    class Square(torch.autograd.Function):
        def forward(self, x):
            self.save_for_backward(x)
            return x * x

        def backward(self, g):
            (x,) = self.saved_tensors
            return 2 * x * g

    x = Tensor([3.0], requires_grad=True)
    y = Square()(x)
    assert type(y) is Tensor
    y.backward()
    assert x.grad.tolist() == [6.0]


def test_backward_needs_history_and_makes_no_graph():
    with pytest.raises(GradientError):
        Tensor([1.0]).backward()
    with pytest.raises(ArgumentError, match=r"autograd\.grad"):
        (Tensor([1.0], requires_grad=True) * 2).backward(create_graph=True)


def test_a_result_cannot_stop_to_require_its_gradient():
    y = Tensor([1.0], requires_grad=True) * 2
    assert y.requires_grad_() is y
    with pytest.raises(GradientError, match=r"detach\(\)"):
        y.requires_grad = False


def test_a_tensor_with_history_is_not_given_to_numpy():
    x = Tensor([1.0], requires_grad=True)
    with pytest.raises(ArgumentError, match=r"detach\(\)\.numpy\(\)"):
        x.numpy()
    assert x.detach().numpy().tolist() == [1.0]
    assert np.asarray(x).tolist() == [1.0]


def test_whole_numbers_beside_floats_become_float32():
    for y in (Tensor([3]) * 2.0, 2.0 * Tensor([3]), Tensor([3]).mul(2.0), Tensor([3]) + Tensor([3.0])):
        assert (y.dtype, y.tolist()) == (np.float32, [6.0])
    assert (Tensor([3]) * 2).dtype == np.int64


def test_comparisons_are_bool_and_reductions_have_no_axes():
    x = Tensor([1.0, 2.0])
    assert (x > 1).dtype == np.bool_
    assert x.sum().shape == ()
    assert Tensor([]).shape == (0,)


def test_writes_in_place_are_refused_where_a_graph_needs_the_tensor():
    x = Tensor([1.0], requires_grad=True)
    with pytest.raises(RuntimeError, match=r"inside no_grad\(\)"):
        x.add_(1)
    with no_grad():
        x.add_(1).mul_(3)
    assert x.tolist() == [6.0]


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["copy", "pickle"]
)
def test_leaves_are_copied_with_their_flag(copied):
    x = Tensor([1.0], requires_grad=True, device=torch.cpu(1))
    y = copied(x)
    assert (y.requires_grad, y.context, y.tolist()) == (True, torch.cpu(1), [1.0])
    with pytest.raises(GradientError, match="only leaves"):
        copy.deepcopy(x * 2)


@pytest.mark.parametrize(
    ("spelled", "ctx"), [("cpu", torch.cpu(0)), ("cpu:1", torch.cpu(1)), (torch.cpu(2), torch.cpu(2))]
)
def test_devices_are_spelled_as_in_torch(spelled, ctx):
    assert torch.zeros(1, device=spelled).device == ctx
    assert torch.ones(1).to(spelled).context == ctx


def test_to_takes_dtype_device_and_both():
    x = torch.ones(1)
    assert x.to("float32") is x
    assert x.to("cpu:1", "float16").dtype == np.float16
    assert x.to(torch.zeros(1, dtype="int32")).dtype == np.int32
    assert x.double().half().long().dtype == np.int64


def test_its_text():
    x = Tensor([[1.0, 2.5]], requires_grad=True)
    assert str(x) == repr(x) == "Tensor([[1.0, 2.5]], grad=None)"
    x.sum().backward()
    assert str(x) == "Tensor([[1.0, 2.5]], grad=[[1.0, 1.0]])"


def test_devices_have_torchs_names():
    assert torch.device("cuda", 1) == torch.device("cuda:1") == torch.gpu(1)
    assert torch.cuda.is_available() == (torch.cuda.device_count() > 0) == (torch.num_gpus() > 0)
