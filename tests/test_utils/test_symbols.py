"""Checking what symbols compute, and their gradients."""

from __future__ import annotations

import numpy as np
import pytest

import gluonish as mx
from gluonish import test_utils as tu
from gluonish.errors import ArgumentError, ArgumentTypeError, ComparisonError
from gluonish.test_utils.evaluation import bound

E = np.e
X = mx.sym.var("x")
ONES = np.ones(2)
RNG = np.random.default_rng(0)


@pytest.fixture
def exp_plus():
    """exp(x) + x: its value and its gradient are e + 1 at 1."""
    return mx.sym.exp(X) + X


@pytest.fixture
def dense():
    return mx.sym.FullyConnected(X, num_hidden=2, name="fc")


@pytest.fixture
def normal():
    return mx.sym.BatchNorm(X, name="bn", fix_gamma=False)


# -- forward ----------------------------------------------------------------------------------------------


def test_a_symbol_is_computed_from_numpy_arrays(exp_plus):
    assert tu.same(tu.simple_forward(mx.sym.Group([X, X * 2]), x=ONES)[1], 2 * ONES)
    np.testing.assert_allclose(tu.simple_forward(exp_plus, x=ONES), (E + 1) * ONES, rtol=1e-6)
    assert tu.simple_forward(exp_plus, mx.cpu(1), x=ONES).dtype == np.float32


def test_states_may_be_given_among_the_inputs(normal):
    y = tu.simple_forward(
        normal,
        x=np.array([[3.0], [5.0]]),
        bn_gamma=np.ones(1),
        bn_beta=np.zeros(1),
        bn_moving_mean=np.ones(1),
        bn_moving_var=np.ones(1),
    )
    np.testing.assert_allclose(y, [[2], [4]], rtol=1e-3)


@pytest.mark.parametrize("by_name", [True, False])
def test_what_is_expected_is_found(exp_plus, by_name):
    expected = (E + 1) * ONES
    (output,) = tu.check_symbolic_forward(
        exp_plus,
        {"x": ONES} if by_name else [ONES],
        {exp_plus.list_outputs()[0]: expected} if by_name else [expected],
    )
    assert isinstance(output, mx.nd.NDArray)


def test_what_is_not_expected_is_told_by_the_name_of_the_output():
    y = mx.sym.exp(X, name="y")
    with pytest.raises(ComparisonError, match="EXPECTED_y_output and FORWARD_y_output differ in 2 of 2"):
        tu.check_symbolic_forward(y, [ONES], [ONES])


def test_a_context_and_a_dtype_may_be_chosen(exp_plus):
    (output,) = tu.check_symbolic_forward(exp_plus, [ONES], [(E + 1) * ONES], ctx=mx.cpu(2), dtype=np.float64)
    assert (output.context, output.dtype) == (mx.cpu(2), np.float64)
    (output,) = tu.check_symbolic_forward(X, [np.ones(2, "int32")], [ONES], dtype="asnumpy")
    assert output.dtype == np.int32


@pytest.mark.parametrize(
    ("location", "states", "message"),
    [
        ({"z": ONES}, None, r"The arguments do not match those of the symbol.\n  Expected \['x', 'bn_gamma'"),
        ([ONES], None, "The arguments are fewer than those of the symbol"),
        ([ONES[None], ONES, ONES], None, "The states are fewer than those of the symbol"),
        ([ONES[None], ONES, ONES], {"q": ONES}, "The states do not match those of the symbol"),
    ],
)
def test_arguments_and_states_must_be_those_of_the_symbol(normal, location, states, message):
    with pytest.raises(ValueError, match=message) as caught:
        tu.check_symbolic_forward(normal, location, [ONES], aux_states=states)
    assert isinstance(caught.value, ArgumentError)


def test_python_operators_broadcast_as_on_arrays():
    assert tu.simple_forward(X + mx.sym.var("y"), x=np.ones((2, 1)), y=np.ones((1, 3))).shape == (2, 3)


# -- backward ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grad_req", ["write", "add", ["add"], {"x": "add"}])
@pytest.mark.parametrize("expected", [[(E + 1) * ONES * 3], {"x": (E + 1) * ONES * 3}])
def test_expected_gradients_are_found(exp_plus, grad_req, expected):
    found = tu.check_symbolic_backward(exp_plus, [ONES], [3 * ONES], expected, grad_req=grad_req)
    assert list(found) == ["x"]


def test_a_wrong_gradient_is_told_by_the_name_of_the_argument(exp_plus):
    with pytest.raises(ComparisonError, match="EXPECTED_x and BACKWARD_x differ"):
        tu.check_symbolic_backward(exp_plus, [ONES], None, [ONES], grad_req="add")


def test_gradients_that_are_not_wanted_are_not_compared(exp_plus):
    assert tu.check_symbolic_backward(exp_plus, [ONES], [ONES], [0 * ONES], grad_req="null") == {"x": None}


def test_gradients_of_outputs_may_be_given_by_name():
    y = mx.sym.square(X, name="y")
    tu.check_symbolic_backward(y, [ONES], {"y_output": 5 * ONES}, [10 * ONES])


def test_a_storage_that_does_not_fit_is_an_error(exp_plus):
    with pytest.raises(ArgumentError, match="makes CSR of matrices only"):
        tu.check_symbolic_backward(exp_plus, [ONES], None, [ONES], grad_stypes={"x": "csr"})


# -- finite differences -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_right_gradients_pass(dense, dtype):
    location = {"x": RNG.random((3, 4)), "fc_weight": RNG.random((2, 4)), "fc_bias": RNG.random(2)}
    atol = 1e-3 if dtype is np.float32 else 1e-8
    tu.check_numeric_gradient(dense, location, rtol=1e-3, atol=atol, dtype=dtype)


def test_a_wrong_gradient_is_found():
    wrong = mx.sym.BlockGrad(mx.sym.exp(X)) + X
    with pytest.raises(ComparisonError, match="NUMERICAL_x and BACKWARD_x differ in 2 of 2"):
        tu.check_numeric_gradient(wrong, [ONES])


def test_a_gradient_that_is_wrong_by_a_percent_is_found():
    class Nearly(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.assign(out_data[0], req[0], in_data[0] ** 2)

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            self.assign(in_grad[0], req[0], 2.02 * in_data[0] * out_grad[0])

    @mx.operator.register("test_nearly")
    class NearlyProp(mx.operator.CustomOpProp):
        def create_operator(self, *_):
            return Nearly()

    with pytest.raises(ComparisonError):
        tu.check_numeric_gradient(mx.sym.Custom(X, op_type="test_nearly"), [np.array([0.5, 2.0])])


def test_only_chosen_gradients_are_checked():
    y = mx.sym.BlockGrad(mx.sym.exp(X)) * mx.sym.var("y")
    tu.check_numeric_gradient(y, [ONES, ONES], grad_nodes=["y"])
    tu.check_numeric_gradient(y, [ONES, ONES], grad_nodes={"x": "null", "y": "add"})
    with pytest.raises(ComparisonError, match="NUMERICAL_x"):
        tu.check_numeric_gradient(y, [ONES, ONES], grad_nodes=["x"])


def test_states_are_the_same_before_every_difference(normal):
    location = [RNG.random((3, 2)), np.ones(2), np.zeros(2)]
    tu.check_numeric_gradient(
        normal, location, [np.zeros(2), np.ones(2)], 1e-4, rtol=1e-4, atol=1e-4, dtype=np.float64
    )
    tu.check_numeric_gradient(
        mx.sym.BatchNorm(X, name="bn", fix_gamma=False, use_global_stats=True),
        location,
        {"bn_moving_mean": np.zeros(2), "bn_moving_var": np.ones(2)},
        use_forward_train=False,
        dtype=np.float64,
        rtol=1e-3,
        atol=1e-6,
    )


def test_an_integer_input_has_no_differences():
    y = mx.sym.Embedding(X, mx.sym.var("w"), input_dim=3, output_dim=2)
    tu.check_numeric_gradient(y, {"x": np.array([0, 2]), "w": RNG.random((3, 2))}, grad_nodes=["w"])


def test_differences_need_a_floating_dtype(dense):
    with pytest.raises(AssertionError, match="cannot take differences in this dtype"):
        tu.check_numeric_gradient(dense, [ONES] * 3, dtype=np.int32)


def test_gradients_to_check_are_names(dense):
    with pytest.raises(ValueError, match="cannot tell which gradients to check") as caught:
        tu.check_numeric_gradient(dense, [np.ones((2, 2)), np.ones((2, 2)), ONES], grad_nodes=3)
    assert isinstance(caught.value, ArgumentTypeError)


def test_numeric_gradients_are_returned_by_name():
    executor = bound(mx.sym.square(X), mx.cpu(), {"x": mx.nd.zeros(2, dtype="float64")})
    found = tu.numeric_grad(executor, {"x": np.array([1.0, -3.0])}, dtype=np.float64)
    np.testing.assert_allclose(found["x"], [2, -6], rtol=1e-6)


# -- others -----------------------------------------------------------------------------------------------


def test_a_symbol_is_bound_with_buffers_for_the_gradients_that_are_wanted(exp_plus):
    executor = bound(exp_plus, mx.cpu(), {"x": mx.nd.zeros(2)}, grad_req={"x": "write"})
    assert executor.grad_dict["x"].asnumpy().tolist() == [0, 0]
    executor.forward(is_train=True, x=mx.nd.ones(2))
    executor.backward(mx.nd.ones(2) * 2)
    np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), 2 * (E + 1) * ONES, rtol=1e-6)


def test_the_structure_of_symbols_is_compared(exp_plus):
    assert tu.same_symbol_structure(exp_plus, mx.sym.exp(X) + X)
    assert tu.same_symbol_structure(exp_plus, mx.sym.exp(mx.sym.var("q")) + X) is False
    assert not tu.same_symbol_structure(exp_plus, mx.sym.sin(X) + X)


@pytest.mark.parametrize("typ", ["whole", "forward"])
def test_a_duration_is_positive(dense, typ):
    assert tu.check_speed(dense, N=1, typ=typ, x=(2, 3)) > 0


def test_a_way_to_run_that_does_not_exist_is_an_error(dense):
    with pytest.raises(ArgumentError, match=r"check_speed\(\) can run this not"):
        tu.check_speed(dense, typ="backward", x=(2, 3))
