"""Where NumPy and torch differ, tensors follow torch. The numbers were printed by PyTorch."""

import numpy as np
import pytest

import gluonish as torch
from gluonish import autograd, nn
from gluonish.errors import DTypeError, GradientError, InPlaceError

T = torch.tensor


def gradient(function, *values):
    leaves = [T(value).requires_grad_() for value in values]
    function(*leaves).sum().backward()
    return [leaf.grad.tolist() for leaf in leaves]


@pytest.mark.parametrize("name", ["exp", "sqrt", "sin", "reciprocal", "log2", "tanh", "atan"])
def test_functions_of_whole_numbers_are_floats(name):
    found = getattr(torch, name)(T([1, 2]))
    assert found.dtype == "float32"
    np.testing.assert_allclose(found.numpy(), getattr(torch, name)(T([1.0, 2.0])).numpy(), rtol=1e-6)


def test_halves_are_rounded_to_even_numbers():
    assert T([0.5, 1.5, 2.5, -0.5, -1.5]).round().tolist() == [0, 2, 2, 0, -2]


@pytest.mark.parametrize(
    ("left", "right", "dtype"),
    [
        (T([1, 2], dtype="int32"), T(5), "int32"),
        (T([1.0], dtype="float16"), T(5.0), "float16"),
        (T([1.0]), T(2.0, dtype="float64"), "float32"),
        (T([1], dtype="int8"), T(2.5), "float32"),
        (T([1.0], dtype="float16"), T([5.0]), "float32"),
        (T(1, dtype="int32"), T(5), "int64"),
    ],
)
def test_a_tensor_of_no_axes_counts_like_a_number(left, right, dtype):
    for found in (left + right, right * left, left / right if dtype[0] == "f" else left - right):
        assert found.dtype == dtype
    assert torch.maximum(left, right).dtype == dtype


@pytest.mark.parametrize("name", ["sum", "prod", "cumsum", "cumprod"])
def test_whole_numbers_add_up_and_multiply_as_int64(name):
    found = getattr(T([100, 100], dtype="int8").to(torch.int64 if name == "cumprod" else "int8"), name)(0)
    assert found.dtype == "int64"
    assert found.numpy().max() == (200 if "sum" in name else 10000)


def test_joined_tensors_have_the_dtype_that_holds_them_all():
    assert torch.cat([T([1]), T([1.5])]).tolist() == [1.0, 1.5]
    assert torch.hstack([T([[1]]), T([[2]])]).tolist() == [[1, 2]]
    assert torch.vstack([T([1]), T([2])]).tolist() == [[1], [2]]


def test_limits_can_be_tensors():
    x = T([-1.0, 0.0, 1.0])
    assert x.clamp(max=T([-2.0, 5.0, 0.5])).tolist() == [-2.0, 0.0, 0.5]
    assert x.clamp(T(-0.5), T(0.5)).tolist() == [-0.5, 0.0, 0.5]


def test_quotients_can_be_rounded():
    x = T([-7, 7])
    assert torch.div(x, 2, rounding_mode="trunc").tolist() == [-3, 3]
    assert torch.div(x, 2, rounding_mode="floor").tolist() == [-4, 3]
    with pytest.raises(ValueError, match="rounding_mode"):
        torch.div(x, 2, rounding_mode="up")


# -- gradients --------------------------------------------------------------------------------------------


def test_elements_that_tie_share_the_gradient_of_the_largest():
    assert gradient(lambda x: x.max(), [1.0, 3.0, 3.0]) == [[0.0, 0.5, 0.5]]
    assert gradient(lambda x: x.amin(0), [[1.0, 3.0], [1.0, 2.0]]) == [[[0.5, 0.0], [0.5, 1.0]]]
    assert gradient(lambda x: x.max(), [np.inf, np.inf]) == [[0.5, 0.5]]


def test_along_an_axis_the_element_whose_index_is_told_gets_the_gradient():
    assert gradient(lambda x: x.max(0).values, [[1.0, 3.0], [1.0, 2.0]]) == [[[1.0, 1.0], [0.0, 0.0]]]


def test_the_exponent_of_zero_has_a_gradient_of_zero():
    (_, by_exponent) = gradient(lambda x, y: x**y, [0.0, 2.0], [2.0, 3.0])
    np.testing.assert_allclose(by_exponent, [0.0, 8 * np.log(2)], rtol=1e-6)


def test_the_median_passes_its_gradient_to_the_lower_of_two():
    assert gradient(lambda x: x.median(), [3.0, 1.0, 2.0, 5.0]) == [[0.0, 0.0, 1.0, 0.0]]


def test_a_mask_has_no_history():
    x = T([1.0, -1.0], requires_grad=True)
    mask = x > 0
    assert not mask.requires_grad
    assert mask.float().numpy().tolist() == [1.0, 0.0]


def test_variables_that_are_not_used_may_have_no_gradient():
    x, y = (T([2.0], requires_grad=True) for _ in range(2))
    found, none = autograd.grad(x * x, [x, y], grad_outputs=T([3.0]), allow_unused=True)
    assert (found.tolist(), none) == ([12.0], None)
    with pytest.raises(GradientError, match="not in the graph"):
        autograd.grad(x * x, [x, y])


# -- writing ----------------------------------------------------------------------------------------------


def test_an_intermediate_result_takes_over_the_history_of_what_is_written():
    def assigned(x):
        y = x * 2
        y += 1
        y *= x
        y.sub_(x, alpha=3)
        return y

    assert gradient(assigned, [1.0, 2.0]) == [[4 * v + 1 - 3 for v in (1.0, 2.0)]]


def test_another_name_of_the_tensor_sees_what_was_written():
    x = T([1.0], requires_grad=True)
    y = same = x * 2
    y += 1
    (same * 5).backward()
    assert same.tolist() == [3.0]
    assert x.grad.tolist() == [10.0]


def test_a_result_that_a_view_or_the_backward_pass_needs_is_not_written():
    x = T([1.0, 2.0], requires_grad=True)
    y = x * 2
    view = y.view(2, 1)
    with pytest.raises(InPlaceError, match="a view of it, or the backward pass"):
        y += 1
    z = x.tanh()
    with pytest.raises(InPlaceError, match="a view of it, or the backward pass"):
        z.mul_(2)
    assert view.tolist() == [[2.0], [4.0]]


def test_what_was_saved_before_a_write_is_not_taken_for_what_is_there_now():
    x = T([2.0], requires_grad=True)
    y = x * 1
    square = y * y
    y += 1
    with pytest.raises(GradientError, match="written"):
        square.backward()


def test_a_leaf_that_requires_its_gradient_is_not_written():
    p = nn.Parameter([1.0])
    with pytest.raises(InPlaceError, match="no_grad"):
        p += 1
    with torch.no_grad():
        p += 1
    assert p.tolist() == [2.0]
    assert p.is_leaf


def test_whole_numbers_take_no_fractions_in_place():
    x = T([1, 2])
    with pytest.raises(DTypeError, match="in place"):
        x += 1.5
    with pytest.raises(DTypeError, match="in place"):
        x.div_(2)
    assert x.tolist() == [1, 2]


def test_methods_with_an_underscore_write_into_the_tensor():
    x = T([[1.0, -2.0]])
    row = x[0]
    assert x.abs_().pow_(2).neg_() is x
    x.masked_fill_(x < -3, 0.0)
    assert row.tolist() == [-1.0, 0.0]


# -- places -----------------------------------------------------------------------------------------------


def test_scattering_puts_back_what_gathering_takes():
    rng = np.random.default_rng(0)
    x = T(rng.standard_normal((3, 4)))
    index = T(np.stack([rng.permutation(4) for _ in range(3)]))
    assert torch.zeros_like(x).scatter(1, index, x.gather(1, index)).tolist() == x.tolist()


def test_of_several_elements_for_one_place_the_last_counts_and_sums_have_all():
    index = T([0, 2, 0])
    source = T([1.0, 2.0, 3.0])
    assert torch.zeros(3).scatter(0, index, source).tolist() == [3.0, 0.0, 2.0]
    assert torch.zeros(3).scatter_add(0, index, source).tolist() == [4.0, 0.0, 2.0]
    assert torch.zeros(3).index_add(0, index, source, alpha=2).tolist() == [8.0, 0.0, 4.0]


def test_gradients_go_to_what_was_scattered_and_to_what_was_left():
    assert gradient(lambda x, s: x.scatter(0, T([1]), s) * T([2.0, 3.0]), [1.0, 1.0], [5.0]) == [
        [2.0, 0.0],
        [3.0],
    ]
    assert gradient(lambda x, s: x.scatter_add(0, T([1, 1]), s), [1.0, 1.0], [5.0, 6.0]) == [
        [1.0, 1.0],
        [1.0, 1.0],
    ]


def test_an_index_without_a_place_is_an_error():
    for method in ("scatter", "scatter_add"):
        with pytest.raises(IndexError, match="3"):
            getattr(torch.zeros(2, 3), method)(1, T([[3]]), T([[1.0]]))


def test_whole_parts_of_an_axis_are_filled_and_copied():
    x = torch.zeros(3, 2)
    assert x.index_fill(0, T([2]), 5.0).tolist() == [[0, 0], [0, 0], [5, 5]]
    assert x.index_copy(1, T([1]), torch.ones(3, 1)).tolist() == [[0, 1]] * 3


def test_what_is_not_zero_is_found():
    x = T([[0.0, 1.0], [2.0, 0.0]])
    assert torch.nonzero(x).tolist() == [[0, 1], [1, 0]]
    assert [each.tolist() for each in torch.where(x > 0)] == [[0, 1], [1, 0]]
    assert x.masked_select(x > 0).tolist() == [1.0, 2.0]
    assert x.count_nonzero(0).tolist() == [1, 1]


def test_a_new_axis_is_over_the_same_memory():
    x = torch.ones(2)
    x.unsqueeze(0).zero_()
    assert x.tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="axis 2"):
        x.unsqueeze(2)


def test_a_tensor_without_elements_has_other_shapes_too():
    x = torch.zeros(0, 3)
    assert [y.shape for y in (x.view(-1), x.reshape(3, 0), x.unsqueeze(0), x.flatten())] == [
        (0,),
        (3, 0),
        (1, 0, 3),
        (0,),
    ]
    with pytest.raises(ValueError, match="3"):
        torch.ones(3).reshape(0, 2)
