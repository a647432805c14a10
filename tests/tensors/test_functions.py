"""Functions of tensors agree with NumPy, which has the same names or others for them."""

import numpy as np
import pytest

import gluonish as torch
from gluonish import tensors
from gluonish._names import TENSOR_NAMES
from gluonish.errors import ArgumentError, SignatureError

X = np.arange(-6, 6, dtype="float32").reshape(3, 4) / 4
P = np.abs(X) + 0.25
I = np.array([[0, 2], [1, 1], [3, 0]])

CASES = {
    "add": (lambda x: torch.add(x, 2, alpha=3), X + 6),
    "sub": (lambda x: torch.sub(x, x, alpha=2), -X),
    "div": (lambda x: x.div(2), X / 2),
    "pow": (lambda x: torch.pow(x, 2), X**2),
    "rpow": (lambda x: torch.pow(2.0, x), 2.0**X),
    "clamp": (lambda x: x.clamp(-0.5, 0.5), X.clip(-0.5, 0.5)),
    "clamp below": (lambda x: x.clamp(min=0.0), X.clip(0)),
    "where": (lambda x: torch.where(x > 0, x, 0.0), np.where(X > 0, X, 0)),
    "masked_fill": (lambda x: x.masked_fill(x < 0, 9.0), np.where(X < 0, 9, X)),
    "maximum": (lambda x: torch.maximum(x, -x), np.abs(X)),
    "sigmoid": (lambda x: x.sigmoid(), 1 / (1 + np.exp(-X))),
    "relu": (lambda x: torch.relu(x), X.clip(0)),
    "rsqrt": (lambda x: torch.rsqrt(x.abs() + 0.25), P**-0.5),
    "matmul": (lambda x: x @ x.t(), X @ X.T),
    "addmm": (lambda x: torch.addmm(torch.ones(3, 3), x, x.t(), beta=2, alpha=3), 2 + 3 * X @ X.T),
    "einsum": (lambda x: torch.einsum("ij,kj->ik", x, x), X @ X.T),
    "outer": (lambda x: torch.outer(x[0], x[1]), np.outer(X[0], X[1])),
    "sum": (lambda x: x.sum(1, keepdim=True), X.sum(1, keepdims=True)),
    "sum axis": (lambda x: x.sum(axis=(0, 1)), X.sum()),
    "mean": (lambda x: x.mean(dim=0), X.mean(0)),
    "prod": (lambda x: x.prod(1), X.prod(1)),
    "var": (lambda x: x.var(0), X.var(0, ddof=1)),
    "std": (lambda x: x.std(1, unbiased=False), X.std(1)),
    "max": (lambda x: x.max(), X.max()),
    "max values": (lambda x: x.max(1).values, X.max(1)),
    "max indices": (lambda x: torch.max(x, 0, keepdim=True).indices, X.argmax(0)[None]),
    "min of two": (lambda x: torch.min(x, -x), -np.abs(X)),
    "argmin": (lambda x: x.argmin(1, keepdim=True), X.argmin(1)[:, None]),
    "any": (lambda x: (x > 1).any(1), (X > 1).any(1)),
    "all": (lambda x: (x > -9).all(), np.array(True)),
    "norm": (lambda x: x.norm(), np.linalg.norm(X)),
    "norm 1": (lambda x: torch.norm(x, 1, 0), np.abs(X).sum(0)),
    "cumsum": (lambda x: x.cumsum(0), X.cumsum(0)),
    "logsumexp": (lambda x: torch.logsumexp(x, 1), np.log(np.exp(X).sum(1))),
    "softmax": (lambda x: x.softmax(1).sum(1), np.ones(3)),
    "log_softmax": (lambda x: x.log_softmax(0).exp().sum(0), np.ones(4)),
    "view": (lambda x: x.view(2, -1), X.reshape(2, 6)),
    "flatten": (lambda x: x.view(3, 2, 2).flatten(1), X),
    "squeeze": (lambda x: x.view(1, 3, 1, 4).squeeze(), X),
    "squeeze one": (lambda x: x.view(1, 3, 1, 4).squeeze(0), X.reshape(3, 1, 4)),
    "unsqueeze": (lambda x: x.unsqueeze(-1), X[..., None]),
    "permute": (lambda x: x.view(3, 2, 2).permute(2, 0, 1), X.reshape(3, 2, 2).transpose(2, 0, 1)),
    "transpose": (lambda x: x.transpose(0, 1), X.T),
    "T": (lambda x: x.T, X.T),
    "mT": (lambda x: x.view(3, 2, 2).mT, X.reshape(3, 2, 2).swapaxes(1, 2)),
    "expand": (lambda x: x[:, :1].expand(-1, 5), np.repeat(X[:, :1], 5, 1)),
    "repeat": (lambda x: x.repeat(2, 1), np.tile(X, (2, 1))),
    "repeat_interleave": (lambda x: x.repeat_interleave(2, 0), np.repeat(X, 2, 0)),
    "flip": (lambda x: x.flip([0, 1]), X[::-1, ::-1]),
    "roll": (lambda x: torch.roll(x, 1, 0), np.roll(X, 1, 0)),
    "tril": (lambda x: x.tril(), np.tril(X)),
    "diag": (lambda x: torch.diag(x), np.diag(X)),
    "cat": (lambda x: torch.cat([x, x], 1), np.concatenate([X, X], 1)),
    "stack": (lambda x: torch.stack([x, x], dim=1), np.stack([X, X], 1)),
    "split": (lambda x: x.split(3, 1)[1], X[:, 3:]),
    "split sizes": (lambda x: x.split([1, 3], 1)[1], X[:, 1:]),
    "chunk": (lambda x: x.chunk(2)[0], X[:2]),
    "unbind": (lambda x: x.unbind(1)[2], X[:, 2]),
    "narrow": (lambda x: x.narrow(1, 1, 2), X[:, 1:3]),
    "index_select": (lambda x: x.index_select(1, torch.tensor([3, 0])), X[:, [3, 0]]),
    "gather": (lambda x: x.gather(1, torch.tensor(I)), np.take_along_axis(X, I, 1)),
    "sort": (lambda x: (-x).sort(1).values, np.sort(-X, 1)),
    "argsort": (lambda x: x.argsort(0, descending=True), np.argsort(-X, 0)),
    "topk": (lambda x: x.topk(2).values, np.sort(X, 1)[:, :-3:-1]),
    "clone": (lambda x: x.clone(), X),
}


@pytest.mark.parametrize("name", CASES)
def test_a_function_agrees_with_numpy(name):
    function, expected = CASES[name]
    found = function(torch.tensor(X))
    assert isinstance(found, torch.Tensor)
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-6)


WHOLE = ("any", "all", "argmin", "argsort", "max indices")
"""Cases whose results are whole numbers, or bools."""


@pytest.mark.parametrize("name", [name for name in CASES if name not in WHOLE])
def test_a_function_is_differentiable(name):
    x = torch.tensor(X, requires_grad=True)
    CASES[name][0](x).sum().backward()
    assert x.grad is not None
    assert np.isfinite(x.grad).all()


def test_a_gradient_flows_to_the_elements_that_were_chosen():
    x = torch.tensor(X, requires_grad=True)
    x.topk(1).values.sum().backward()
    assert x.grad.tolist() == [[0, 0, 0, 1]] * 3


def test_both_names_of_an_axis_at_once_are_refused():
    with pytest.raises(SignatureError, match="takes dim or axis"):
        torch.ones(2).sum(0, axis=0)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ArgumentError, match="do not add up"):
        torch.ones(3).split([1, 1])
    with pytest.raises(ArgumentError, match="cannot end before it starts"):
        torch.ones(2, 2).flatten(1, 0)
    with pytest.raises(ArgumentError, match="transposes matrices"):
        torch.ones(1, 1, 1).t()
    with pytest.raises(TypeError, match=r"add\(\) takes tensors"):
        torch.add("x", 1)


@pytest.mark.parametrize(
    ("made", "shape", "dtype"),
    [
        (lambda: torch.zeros(2, 3), (2, 3), "float32"),
        (lambda: torch.ones([2], dtype="int8"), (2,), "int8"),
        (lambda: torch.full((2,), 7), (2,), "int64"),
        (lambda: torch.full((2,), True), (2,), "bool"),
        (lambda: torch.full((2,), 0.5), (2,), "float32"),
        (lambda: torch.ones(1, dtype="int8").new_zeros(2, 1), (2, 1), "int8"),
        (lambda: torch.ones(1, dtype="int8").new_tensor([2, 1]), (2,), "int8"),
        (lambda: torch.logspace(0, 1, 3), (3,), "float32"),
        (lambda: torch.normal(torch.zeros(3), 1.0), (3,), "float32"),
        (lambda: torch.bernoulli(torch.ones(3) / 2), (3,), "float32"),
        (lambda: torch.empty(()), (), "float32"),
        (lambda: torch.rand(2), (2,), "float32"),
        (lambda: torch.randn(size=(2, 1)), (2, 1), "float32"),
        (lambda: torch.randint(3, (4,)), (4,), "int64"),
        (lambda: torch.randperm(5), (5,), "int64"),
        (lambda: torch.arange(3), (3,), "int64"),
        (lambda: torch.arange(0, 1, 0.25), (4,), "float32"),
        (lambda: torch.linspace(0, 1, 5), (5,), "float32"),
        (lambda: torch.eye(2, 3), (2, 3), "float32"),
        (lambda: torch.zeros_like(torch.ones(2, dtype="float16")), (2,), "float16"),
        (lambda: torch.randn_like(torch.ones(2), dtype="float64"), (2,), "float64"),
        (lambda: torch.full_like(torch.ones(2), 3), (2,), "float32"),
        (lambda: torch.from_numpy(np.ones(2)), (2,), "float64"),
    ],
)
def test_creation(made, shape, dtype):
    x = made()
    assert isinstance(x, torch.Tensor)
    assert (x.shape, x.dtype) == (shape, np.dtype(dtype))


def test_a_seed_repeats_draws():
    torch.manual_seed(3)
    first = torch.randn(4).tolist()
    torch.manual_seed(3)
    assert torch.randn(4).tolist() == first
    assert sorted(torch.randperm(6).tolist()) == list(range(6))


def test_the_package_offers_every_name_that_it_lists():
    for name in TENSOR_NAMES:
        assert getattr(torch, name) is getattr(tensors, name)
    held = {name for name in dir(tensors) if not name.startswith("_")}
    modules = {name for name in held if type(getattr(tensors, name)).__name__ == "module"}
    assert held - modules - set(TENSOR_NAMES) == {"log"}
