"""nn.Parameter in all three constructions, its gradient, moves, copies and text."""

import copy
import operator
import pickle

import numpy as np
import pytest

import gluonish as mx
from gluonish import nn
from gluonish.errors import ContextError, InPlaceError, ShapeMismatchError, SignatureError
from gluonish.tensors import Tensor, no_grad, ones, randn


@pytest.mark.parametrize(
    ("make", "dtype", "shape", "trained"),
    [
        (lambda: nn.Parameter([1.0, 2.0]), "float32", (2,), True),
        (lambda: nn.Parameter([1, 2]), "int64", (2,), True),
        (lambda: nn.Parameter(3.0), "float32", (), True),
        (lambda: nn.Parameter(), "float32", (0,), True),
        (lambda: nn.Parameter([1.0], np.float64), "float64", (1,), True),
        (lambda: nn.Parameter([1.0], "float16", "cpu"), "float16", (1,), True),
        (lambda: nn.Parameter([1.0], False), "float32", (1,), False),
        (lambda: nn.Parameter(np.ones(2)), "float64", (2,), True),
        (lambda: nn.Parameter(mx.nd.ones((2, 3))), "float32", (2, 3), True),
        (
            lambda: nn.Parameter.create([1, 2], {"dtype": "int32", "requires_grad": False}),
            "int32",
            (2,),
            False,
        ),
        (lambda: nn.Parameter.create(randn([2, 2]), requires_grad=True), "float32", (2, 2), True),
    ],
)
def test_all_constructions(make, dtype, shape, trained):
    p = make()
    assert (p.dtype, p.shape, p.requires_grad) == (np.dtype(dtype), shape, trained)
    assert p.is_leaf
    assert p.grad is None
    assert p.ndim == len(shape)
    assert isinstance(p, Tensor)


def test_arguments_that_make_no_sense_are_refused():
    with pytest.raises(SignatureError, match="cannot make sense"):
        nn.Parameter([1.0], True, True)


def test_a_tensor_is_copied():
    source = ones(2)
    p = nn.Parameter(source)
    source.data[:] = 5
    assert p.tolist() == [1.0, 1.0]


def test_it_requires_a_gradient_also_inside_no_grad():
    with no_grad():
        assert nn.Parameter([1.0]).requires_grad


def test_backward_from_itself_gives_ones_and_adds_up():
    p = nn.Parameter([1.0, 2.0])
    p.backward()
    assert p.grad.tolist() == [1.0, 1.0]
    p.backward()
    assert p.grad.tolist() == [2.0, 2.0]
    p.zero_grad()
    assert p.grad is None


def test_grad_req_write_replaces():
    p = nn.Parameter([1.0], grad_req="write")
    p.backward()
    p.backward()
    assert p.grad.tolist() == [1.0]


def test_a_bool_to_backward_is_keep_grad():
    p = nn.Parameter([2.0])
    between = p * 3
    (between * between).backward(True)
    assert between.grad.tolist() == [12.0]


def test_requires_grad_remembers_how_gradients_are_kept():
    p = nn.Parameter([1.0], grad_req="write")
    p.requires_grad = False
    assert p.grad_req == "null"
    assert p.grad is None
    p.requires_grad_()
    assert p.grad_req == "write"


def test_data_is_the_live_memory_and_assigning_writes_in_place():
    p = nn.Parameter([1.0, 2.0])
    view = p.data
    p.data -= 0.5 * p.data
    assert view.tolist() == [0.5, 1.0]
    p.data = [7.0, 8.0]
    assert view.tolist() == [7.0, 8.0]
    with pytest.raises(ShapeMismatchError, match="does not change the shape"):
        p.data = [1.0]


def test_a_gradient_can_be_given():
    p = nn.Parameter([1.0, 2.0])
    p.grad = [3.0, 4.0]
    assert p.grad.tolist() == [3.0, 4.0]
    p.grad = None
    assert p.grad is None


def test_a_write_to_a_part_is_refused_outside_of_no_grad():
    p = nn.Parameter([1.0, 2.0])
    with pytest.raises(InPlaceError, match=r"inside no_grad\(\)") as caught:
        p[0] = 5.0
    assert isinstance(caught.value, RuntimeError)
    with no_grad():
        p[0] = 5.0
    assert p.tolist() == [5.0, 2.0]


def test_operators_return_tensors():
    assert type(nn.Parameter([1.0]) + 1) is Tensor
    assert type(mx.nd.ones((1,)) * nn.Parameter([1.0])) is Tensor


def test_it_is_hashed_by_identity_and_compared_by_element():
    p, q = nn.Parameter([1.0]), nn.Parameter([1.0])
    assert len({p, q}) == 2
    assert (p == q).tolist() == [True]


def test_to_returns_itself_or_a_new_leaf_parameter():
    p = nn.Parameter([1.0], grad_req="write")
    assert p.to("float32") is p
    other = p.to("float64")
    assert type(other) is nn.Parameter
    assert (other.dtype, other.is_leaf, other.grad_req) == (np.float64, True, "write")
    assert p.dtype == np.float32


def test_replicas_stand_beside_operands_on_their_devices(two):
    p = nn.Parameter([1.0], device=two)
    assert (p * ones(1, device=two[1])).context == two[1]
    assert (ones(1, device=two[1]) * p).context == two[1]
    with two[1]:
        assert (p * 2).context == two[1]
        p.backward()
    assert [None if g is None else g.tolist() for g in p.list_grad()] == [None, [1.0]]
    with pytest.raises(ContextError, match=r"cpu\(0\), cpu\(1\)"):
        p * ones(1, device=mx.cpu(2))


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))], ids=["copy", "pickle"]
)
def test_copies_keep_what_is_declared(copied, two):
    class Special(nn.Parameter):
        pass

    globals()["Special"] = Special
    Special.__qualname__ = "Special"
    p = Special([1.0], device=two, lr_mult=2.0, wd_mult=0.5, grad_req="write")
    q = copied(p)
    assert type(q) is Special
    assert (q.lr_mult, q.wd_mult, q.grad_req, q.list_ctx()) == (2.0, 0.5, "write", two)
    q.data = [5.0]
    assert p.tolist() == [1.0]


def test_its_texts():
    p = nn.Parameter([[1.0, -0.5]])
    assert str(p) == "[[1.0, -0.5]]"
    assert repr(p) == "Parameter containing:\nTensor([[1.0, -0.5]], requires_grad=True)"


def test_its_name_is_that_of_the_first_attribute():
    p = nn.Parameter([1.0])
    assert p.name is None
    net = nn.Module()
    net.weight = p
    net.other = p
    assert p.name == "weight"


def test_an_integer_parameter_has_a_gradient_of_its_dtype():
    p = nn.Parameter([1, 2])
    (p * 2.5).sum().backward()
    assert p.grad.tolist() == [2, 2]
    assert p.grad.dtype == np.int64


def test_materialize_gives_the_shape():
    p = nn.UninitializedParameter(init="ones", dtype="float16")
    p.materialize((2,), dtype="float64")
    assert type(p) is nn.Parameter
    assert (p.tolist(), p.dtype) == ([1.0, 1.0], np.float64)


def test_a_buffer_is_a_tensor_without_a_gradient(two):
    buffer = nn.Buffer([1, 2], "float32", two)
    assert not buffer.requires_grad
    assert buffer.list_ctx() == two
    with pytest.raises(TypeError, match="needs content"):
        nn.Buffer(None)


def test_initialize_of_gluon_fills_it_anew():
    p = nn.Parameter([1.0, 2.0])
    p.initialize("zeros", force_reinit=True)
    assert p.tolist() == [0.0, 0.0]


def test_a_gluon_parameter_computes_like_an_array(two):
    w = mx.gluon.Parameter("w", shape=(2,))
    with pytest.raises(mx.base.MXNetError, match="has not been initialized"):
        w + 1
    w.initialize(mx.init.One(), ctx=two)
    x = mx.nd.array([1.0, 3.0], ctx=two[1])
    for found, expected in (
        (w + x, [2, 4]),
        (x - w, [0, 2]),
        (x / w, [1, 3]),
        (mx.nd.dot(x, w), [4]),
        (mx.nd.broadcast_add(w, x), [2, 4]),
    ):
        assert found.context == two[1]
        assert found.asnumpy().ravel().tolist() == expected
    assert (2 - w).asnumpy().tolist() == [1, 1]
    assert (-w).asnumpy().tolist() == [-1, -1]
    assert (w > 0).asnumpy().tolist() == [1, 1]
    assert w[0].asnumpy().tolist() == [1]
    assert [w].index(w) == 0
    assert w != x
    w.reset_ctx(two[0])
    assert np.asarray(w).tolist() == [1, 1]


def test_writing_in_place_writes_every_replica():
    module = nn.Module()
    module.p = nn.Parameter([1.0, 2.0])
    p = module.to([mx.cpu(0), mx.cpu(1)]).p
    with pytest.raises(InPlaceError, match="no_grad"):
        p.zero_()
    with no_grad():
        p += 1
        p.mul_(2)
    assert [replica.tolist() for replica in p.list_data()] == [[4.0, 6.0]] * 2
    with no_grad():
        p.fill_(3)
    assert [replica.tolist() for replica in p.list_data()] == [[3.0, 3.0]] * 2


@pytest.mark.parametrize("swapped", [False, True], ids=["left", "right"])
@pytest.mark.parametrize(
    "function",
    [
        operator.add,
        operator.sub,
        operator.mul,
        operator.truediv,
        operator.floordiv,
        operator.mod,
        operator.pow,
        operator.eq,
        operator.matmul,
        mx.add,
        mx.mul,
        mx.maximum,
        mx.matmul,
    ],
)
def test_operators_take_the_replica_beside_the_other_operand(function, swapped):
    values, others = [1.0, 2.0], [3.0, 4.0]
    parameter = nn.Parameter(values, device=[mx.cpu(1), mx.cpu(2)])
    other = Tensor(others, device=mx.cpu(2))
    result = function(other, parameter) if swapped else function(parameter, other)
    alone = function(Tensor(others), Tensor(values)) if swapped else function(Tensor(values), Tensor(others))
    assert result.context == mx.cpu(2)
    np.testing.assert_array_equal(result.detach().numpy(), alone.numpy())
