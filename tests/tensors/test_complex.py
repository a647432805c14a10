"""Complex tensors: what they are made of, how they meet others, where they are kept; PyTorch's gradients."""

import copy
import json
import pathlib
import pickle

import numpy as np
import pytest

import gluonish as torch
from gluonish import autograd, nn, optim
from gluonish.errors import DTypeError, ParameterMismatchError
from gluonish.tensors import Tensor

GOLDEN = json.loads((pathlib.Path(__file__).parents[1] / "data/torch/complex.json").read_text())
Z = [1 + 2j, 3 - 1j, -0.5 + 0.25j]
W = [0.5 - 1j, 2j, -1.5 + 0.5j]


def as_complex(pairs):
    return np.array(pairs) @ [1, 1j]


@pytest.mark.parametrize("text", GOLDEN)
def test_gradients_are_those_of_pytorch(text):
    loss, of_z, of_w = GOLDEN[text]
    z, w = (Tensor(each, dtype="complex128", requires_grad=True) for each in (Z, W))
    y = eval(text)
    weights = torch.arange(1, y.size + 1).reshape(y.shape)
    found = (y * weights * (1 - 0.5j)).real.sum() if y.is_complex() else (y * weights).sum()
    found.backward()
    assert found.item() == pytest.approx(loss)
    np.testing.assert_allclose(z.grad, as_complex(of_z), rtol=1e-7, atol=1e-8)
    if of_w is not None:
        np.testing.assert_allclose(w.grad, as_complex(of_w), rtol=1e-7, atol=1e-8)


# -- what they are ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1j, "complex64"),
        ([1j, 2.0], "complex64"),
        (np.ones(1, complex), "complex128"),
        (np.complex64(1), "complex64"),
    ],
)
def test_the_dtype_follows_the_data(data, dtype):
    assert Tensor(data).dtype == np.dtype(dtype)


@pytest.mark.parametrize(
    ("other", "dtype"),
    [
        (Tensor([1]), "complex64"),
        (Tensor([True]), "complex64"),
        (Tensor([1.0], dtype="float16"), "complex64"),
        (Tensor([1.0], dtype="bfloat16"), "complex64"),
        (Tensor([1.0], dtype="float64"), "complex128"),
        (Tensor([1j], dtype="complex128"), "complex128"),
        (2, "complex64"),
        (0.5, "complex64"),
        (1j, "complex64"),
    ],
)
def test_complex_numbers_win_over_real_ones(other, dtype):
    z = Tensor([1 + 1j])
    value = complex(other) if not isinstance(other, Tensor) else complex(other.to(dtype="complex128")[0])
    for result, expected in ((z + other, 1 + 1j + value), (other * z, value * (1 + 1j))):
        assert result.dtype == np.dtype(dtype)
        assert result.tolist() == [expected]


def test_a_complex_number_has_the_precision_of_the_tensor_it_meets():
    assert (Tensor([1.0], dtype="float64") * 0.1j).item() == 0.1j
    assert (Tensor([1.0]) + 1j).dtype == np.dtype("complex64")
    assert (np.complex64(1j) * Tensor([2.0])).tolist() == [2j]


def test_parts_and_directions_are_numpys():
    z, host = Tensor(Z, dtype="complex128"), np.array(Z)
    for found, expected in (
        *((z.real, host.real), (z.imag, host.imag), (z.conj(), host.conj())),
        *((abs(z), np.abs(host)), (z.angle(), np.angle(host)), (z.sgn(), host / np.abs(host))),
    ):
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-15)


def test_real_tensors_have_no_imaginary_part():
    assert Tensor([1.0]).conj().real.tolist() == [1.0]
    with pytest.raises(DTypeError, match=r"imag\(\) takes complex numbers"):
        _ = Tensor([1.0]).imag


def test_complex_numbers_are_made_of_parts_and_of_lengths():
    made = torch.complex(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
    assert made.tolist() == [1 + 3j, 2 + 4j]
    np.testing.assert_allclose(torch.polar(abs(made), made.angle()).numpy(), made.numpy(), rtol=1e-6)
    with pytest.raises(DTypeError, match=r"complex\(\) takes real numbers"):
        torch.complex(made, made)


def test_comparisons_for_equality_are_bools():
    z = Tensor(Z)
    assert (z == 3 - 1j).tolist() == [False, True, False]
    assert (z != z.conj()).tolist() == [True, True, True]


@pytest.mark.parametrize("compare", ["relu", "max", "argsort", "floor", "softmax"])
def test_what_asks_for_an_order_refuses_complex_numbers(compare):
    with pytest.raises(DTypeError, match="does not take complex numbers"):
        getattr(torch, compare)(Tensor(Z)) if compare != "softmax" else Tensor(Z).softmax()


def test_content_goes_in_and_out():
    z = torch.zeros(2, dtype=torch.complex64)
    z[0] = 1 + 2j
    z *= 2j
    assert z.tolist() == [-4 + 2j, 0j]
    assert z[0].item() == complex(z[0]) == -4 + 2j
    assert repr(z) == "Tensor([-4.0+2.0j, 0.0+0.0j], grad=None)"
    assert copy.deepcopy(z).tolist() == pickle.loads(pickle.dumps(z)).tolist() == z.tolist()
    with pytest.raises(DTypeError, match="is complex, and no float"):
        float(z[0])


@pytest.mark.parametrize(
    "change", [lambda x: x.copy_(Tensor(1j)), lambda x: x.mul_(1j), lambda x: x.__iadd__(1j)]
)
def test_a_real_tensor_takes_no_complex_numbers_in_place(change):
    x = torch.ones(2)
    with pytest.raises(DTypeError, match=r"cannot take (complex numbers|the result)"):
        change(x)
    assert x.tolist() == [1.0, 1.0]


def test_normal_draws_have_variance_one():
    torch.manual_seed(1)
    z = torch.randn(20000, dtype=torch.complex64)
    assert z.var().item() == pytest.approx(1, abs=0.05)
    assert z.real.var().item() == pytest.approx(0.5, abs=0.05)


def test_conversion_to_real_numbers_takes_the_real_part():
    assert Tensor(Z).to("float32").tolist() == [1.0, 3.0, -0.5]
    assert Tensor([0j, 1j]).bool().tolist() == [False, True]
    assert Tensor([1.0]).cdouble().dtype == np.dtype("complex128")


def test_the_gradient_of_a_real_operand_is_real():
    x, z = Tensor([1.0, 2.0], requires_grad=True), Tensor([1j, 2 + 1j])
    (x * z).abs().sum().backward()
    assert x.grad.dtype == np.dtype("float32")
    np.testing.assert_allclose(x.grad, np.abs([1j, 2 + 1j]), rtol=1e-6)


def test_complex_numbers_pass_through_recording_and_hooks():
    seen, z = [], Tensor([1 + 1j], requires_grad=True)
    with autograd.record():
        y = z * 2
        y.register_hook(lambda g: seen.append(g.tolist()))
        loss = (y * y.conj()).real.sum()
    loss.backward()
    assert seen == [[4 + 4j]]
    np.testing.assert_array_equal(z.grad, [8 + 8j])


# -- beside MXNet's arrays --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.nd.array([1.0], dtype="complex64"),
        lambda: torch.nd.zeros((2,), dtype="complex64"),
        lambda: torch.nd.ones((2,)).astype("complex64"),
        lambda: torch.np.ones((2,)).astype("complex64"),
        lambda: torch.gluon.Parameter("w", shape=(2,), dtype="complex64"),
        lambda: Tensor(Z).as_nd_ndarray(),
    ],
)
def test_arrays_of_mxnets_kinds_are_never_complex(make):
    with pytest.raises(DTypeError, match="complex"):
        make()


# -- modules and files ------------------------------------------------------------------------------------


class Rotation(nn.Module):
    def __init__(self):
        super().__init__()
        self.turn = nn.Parameter([1j, 2.0])
        self.shift = nn.Parameter([1.0, 1.0])

    def forward(self, z):
        return (z * self.turn + self.shift).abs().square().sum()


def test_a_parameter_may_be_a_complex_scalar():
    p = nn.Parameter(1 + 2j)
    assert (p.dtype, p.shape, p.item()) == (np.dtype("complex64"), (), 1 + 2j)


def test_descent_follows_the_gradient_of_complex_parameters():
    net = Rotation()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    z = Tensor([1 + 1j, 2 - 1j])
    before = net(z)
    before.backward()
    # The derivative of |z t + s|^2 by t is 2 (z t + s) conj(z).
    expected = 2 * (np.asarray(z) * [1j, 2.0] + 1) * np.conj(np.asarray(z))
    np.testing.assert_allclose(net.turn.grad, expected, rtol=1e-6)
    optimizer.step()
    np.testing.assert_allclose(np.asarray(net.turn), np.array([1j, 2.0]) - 0.1 * expected, rtol=1e-6)


def test_an_optimizer_that_squares_gradients_refuses_complex_parameters():
    net = Rotation()
    net(Tensor([1j, 1.0])).backward()
    with pytest.raises(DTypeError, match="does not update complex parameters"):
        optim.Adam(net.parameters(), lr=0.1).step()
    assert net.turn.tolist() == [1j, 2.0]


def test_the_norm_of_complex_gradients_counts_both_parts():
    p = nn.Parameter([3 + 4j])
    (p * p.conj()).real.sum().backward()
    assert nn.utils.clip_grad_norm_([p], 1.0).item() == pytest.approx(10)
    np.testing.assert_allclose(p.grad, [0.6 + 0.8j], rtol=1e-5)


def test_a_state_is_loaded_into_complex_parameters_only():
    state = Rotation().state_dict()
    net = Rotation()
    net.turn.data = np.zeros(2, np.complex64)
    net.load_state_dict(state)
    assert net.turn.tolist() == [1j, 2.0]
    with pytest.raises((ParameterMismatchError, RuntimeError), match="complex"):
        net.load_state_dict({**state, "shift": Tensor([1j, 1.0])})
    assert net.shift.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("end", "dtype"), [("safetensors", "complex64"), ("npz", "complex64"), ("npz", "complex128")]
)
def test_complex_tensors_are_saved(tmp_path, end, dtype):
    path = tmp_path / f"z.{end}"
    torch.save({"z": Tensor(Z, dtype=dtype), "x": torch.ones(1)}, path)
    found = torch.load(path)
    assert found["z"].dtype == np.dtype(dtype)
    assert found["z"].tolist() == Z


def test_complex_arrays_are_loaded_as_tensors_only(tmp_path):
    torch.save({"z": Tensor(Z)}, tmp_path / "z.npz")
    with pytest.raises(DTypeError, match="holds complex numbers"):
        torch.nd.load(str(tmp_path / "z.npz"))


@pytest.mark.parametrize(("end", "words"), [("safetensors", "has no complex128"), ("params", "complex128")])
def test_a_format_without_the_dtype_says_so(tmp_path, end, words):
    with pytest.raises(DTypeError, match=words):
        torch.save({"z": Tensor(Z, dtype="complex128")}, tmp_path / f"z.{end}")
    assert list(tmp_path.iterdir()) == []
