"""Recording and gradients, as a user sees them. The tape's own promises are tested in ``engine``."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish import autograd, nd
from gluonish.engine.ndarray import from_data
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    ContextError,
    DTypeError,
    GradientError,
    SavedArrayError,
    ShapeMismatchError,
    UnknownNameError,
)


def variable(*values, grad_req="write", **options):
    x = nd.array(values, **options)
    x.attach_grad(grad_req)
    return x


def modes():
    return autograd.is_recording(), autograd.is_training()


# -- scopes -----------------------------------------------------------------------------------------------

SCOPES = {
    "record": (autograd.record, (True, True)),
    "record-predict": (lambda: autograd.record(train_mode=False), (True, False)),
    "pause": (autograd.pause, (False, False)),
    "pause-train": (lambda: autograd.pause(train_mode=True), (False, True)),
}
"""What MXNet 1.9.1 says of recording and training inside each scope, whatever is around it."""


def test_outside_of_all_scopes_nothing_is_recorded_or_trained():
    assert modes() == (False, False)


@pytest.mark.parametrize(("scope", "inside"), SCOPES.values(), ids=SCOPES)
@pytest.mark.parametrize(("around", "outside"), SCOPES.values(), ids=SCOPES)
def test_a_scope_sets_both_flags_and_restores_them(scope, inside, around, outside):
    with around():
        with scope():
            assert modes() == inside
        assert modes() == outside
    assert modes() == (False, False)


@pytest.mark.parametrize(("around", "outside"), SCOPES.values(), ids=SCOPES)
def test_train_and_predict_mode_leave_recording_alone(around, outside):
    with around():
        with autograd.train_mode():
            assert modes() == (outside[0], True)
        with autograd.predict_mode():
            assert modes() == (outside[0], False)
        assert modes() == outside


@pytest.mark.parametrize("scope", [scope for scope, _ in SCOPES.values()], ids=SCOPES)
def test_leaving_a_scope_by_an_exception_restores_the_flags(scope):
    with autograd.record(train_mode=False):
        with pytest.raises(KeyError), scope():
            raise KeyError
        assert modes() == (True, False)


def test_one_scope_object_can_be_entered_inside_itself():
    scope = autograd.record()
    with scope:
        with autograd.pause(), scope:
            assert modes() == (True, True)
        assert modes() == (True, True)
    assert modes() == (False, False)


def test_one_scope_object_can_be_entered_by_two_threads_at_a_time():
    scope = autograd.record()
    inside, left = threading.Event(), threading.Event()
    after = []

    def other():
        with autograd.predict_mode(), scope:
            inside.set()
            left.wait(10)
        after.append(modes())

    thread = threading.Thread(target=other)
    with autograd.train_mode():
        with scope:
            thread.start()
            inside.wait(10)
        left.set()
        thread.join()
        assert modes() == (False, True)
    assert after == [(False, False)]


def test_the_setters_return_what_was():
    assert autograd.set_recording(True) is False
    assert autograd.set_recording(False) is True
    assert autograd.set_training(True) is False
    assert autograd.set_training(False) is True


def test_threads_have_flags_of_their_own():
    seen = []
    with autograd.record():
        thread = threading.Thread(target=lambda: seen.append(modes()))
        thread.start()
        thread.join()
    assert seen == [(False, False)]


def test_threads_record_independently():
    def work(factor):
        for _ in range(20):
            x = variable(1, 2)
            with autograd.record():
                y = x
                for _ in range(20):
                    y = y * factor
            y.backward()
            np.testing.assert_allclose(x.grad.asnumpy(), [factor**20] * 2, rtol=1e-5)

    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(work, (1.0, 1.5, 2.0, 0.5)))) == 4


# -- variables --------------------------------------------------------------------------------------------


def test_an_array_has_no_gradient_before_attach_grad():
    assert nd.ones(2).grad is None


@pytest.mark.parametrize("grad_req", ["write", "add", "null"])
def test_attach_grad_makes_a_zero_gradient_like_the_array(grad_req):
    x = nd.ones((2, 3), ctx=mx.cpu(1), dtype="float16")
    x.attach_grad(grad_req)
    assert x.grad.asnumpy().tolist() == [[0] * 3] * 2
    assert (x.grad.dtype, x.grad.context) == (np.float16, mx.cpu(1))


@pytest.mark.parametrize("grad_req", ["wild", "Write", None])
def test_an_unknown_grad_req_is_refused(grad_req):
    with pytest.raises(
        UnknownNameError, match=f"grad_req {grad_req!r} does not exist.\n  Expected 'write', 'add' or"
    ):
        nd.ones(2).attach_grad(grad_req)


def test_write_replaces_and_fills_the_same_buffer():
    x = variable(1, 2)
    buffer = x.grad
    for _ in range(2):
        with autograd.record():
            y = x * x
        y.backward()
    assert x.grad is buffer
    assert buffer.tolist() == [2, 4]


def test_add_accumulates_in_the_same_buffer():
    """MXNet 1.9.1 gives [6. 12.]."""
    x = variable(1, 2, grad_req="add")
    buffer = x.grad
    for _ in range(3):
        with autograd.record():
            y = x * x
        y.backward()
    assert x.grad is buffer
    assert buffer.tolist() == [6, 12]


@pytest.mark.parametrize("grad_req", ["write", "add"])
def test_several_uses_in_one_pass_are_summed(grad_req):
    x = variable(1, 2, grad_req=grad_req)
    with autograd.record():
        y = x * 2 + x * 3 + x * x
    y.backward()
    assert x.grad.tolist() == [7, 9]


def test_a_null_variable_beside_others_stays_zero():
    x, w = variable(1, 2, grad_req="null"), variable(3, 4)
    with autograd.record():
        y = x * w
    y.backward()
    assert (x.grad.tolist(), w.grad.tolist()) == ([0, 0], [1, 2])


def test_attach_grad_cuts_an_array_from_its_history():
    """MXNet 1.9.1 gives [4. 8.] and leaves the other at 0."""
    x = variable(1, 2)
    with autograd.record():
        y = x * 2
        y.attach_grad()
        z = y * y
    z.backward()
    assert (y.grad.tolist(), x.grad.tolist()) == ([4, 8], [0, 0])


def test_a_variable_that_nothing_flows_to_gets_zero_in_place_of_an_old_gradient():
    """MXNet 1.9.1 gives [0. 0.]."""
    x, u = variable(1, 2), variable(1, 2)
    u.grad[:] = 9
    with autograd.record():
        z = nd.BlockGrad(u) * x
    z.backward()
    assert u.grad.tolist() == [0, 0]


def test_mark_variables_takes_buffers_of_the_caller():
    x, w = nd.array([1, 2]), nd.array([3, 4])
    dx, dw = nd.ones(2), nd.ones(2)
    autograd.mark_variables([x, w], [dx, dw], ["write", "add"])
    with autograd.record():
        y = x * w
    y.backward()
    assert (dx.tolist(), dw.tolist()) == ([3, 4], [2, 3])
    assert x.grad is dx


def test_mark_variables_takes_one_variable_alone():
    x, dx = nd.array([1, 2]), nd.zeros(2)
    autograd.mark_variables(x, dx)
    with autograd.record():
        y = x * 3
    y.backward()
    assert dx.tolist() == [3, 3]


@pytest.mark.parametrize(
    ("buffer", "error", "text"),
    [
        (
            lambda: nd.zeros(3),
            ShapeMismatchError,
            r"another shape than its array.\n  Expected \(2,\), received \(3,\)",
        ),
        (lambda: nd.zeros((2, 2)), ShapeMismatchError, "another shape than its array"),
        (
            lambda: nd.zeros(2, dtype="float64"),
            DTypeError,
            "another dtype .*\n  Expected float32, received float64",
        ),
        (
            lambda: nd.zeros(2, ctx=mx.cpu(1)),
            ContextError,
            r"another context .*\n  Expected cpu\(0\), received cpu\(1",
        ),
        (lambda: np.zeros(2), ArgumentTypeError, "is no array.\n  Expected an NDArray, received ndarray"),
    ],
    ids=["shorter", "broadcastable", "dtype", "context", "numpy"],
)
def test_a_buffer_that_is_not_like_its_variable_is_refused(buffer, error, text):
    x, w = nd.ones(2), nd.ones(2)
    with pytest.raises(error, match=f"A gradient buffer .*{text}"):
        autograd.mark_variables([x, w], [nd.zeros(2), buffer()])
    assert x.grad is None


def test_mark_variables_needs_as_many_buffers_as_variables():
    with pytest.raises(
        ArgumentError, match=r"needs a gradient buffer and a grad_req for every variable.\n  Expected 2"
    ):
        autograd.mark_variables([nd.ones(1), nd.ones(1)], [nd.ones(1)])


def test_a_bad_grad_req_leaves_all_variables_unmarked():
    x, w = nd.ones(1), nd.ones(1)
    with pytest.raises(UnknownNameError, match="grad_req 'wild'"):
        autograd.mark_variables([x, w], [nd.ones(1), nd.ones(1)], ["write", "wild"])
    assert x.grad is None


def test_only_arrays_are_variables():
    with pytest.raises(ArgumentTypeError, match="A variable is no array"):
        autograd.mark_variables([1], [nd.ones(1)])


# -- values -----------------------------------------------------------------------------------------------


def test_a_small_network_has_the_gradients_of_mxnet():
    x = variable(0.5, -1, 2)
    w = nd.array([[1, 2, 3], [4, 5, 6]])
    w.attach_grad()
    with autograd.record():
        y = nd.tanh(nd.dot(w, x))
        z = (y * nd.array([1, -2])).sum() + (x * x).mean()
    z.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), [0.333825856, -0.665680945, 1.334812402], atol=2e-6)
    np.testing.assert_allclose(w.grad.asnumpy()[0], [2.467e-4, -4.935e-4, 9.869e-4], atol=1e-6)


def test_several_heads_are_summed_each_with_its_own_gradient():
    """MXNet 1.9.1 printed the numbers."""
    x = variable(0.5, -1, 2)
    with autograd.record():
        heads = [nd.softmax(x), nd.tanh(x)]
    autograd.backward(heads, [nd.array([1, 2, 3]), None])
    np.testing.assert_allclose(x.grad.asnumpy(), [0.5041764, 0.39610365, 0.3767927], rtol=1e-5)


def test_one_head_given_twice_counts_twice():
    x = variable(1, 2)
    with autograd.record():
        y = x * 3
    autograd.backward([y, y], [nd.array([1, 1]), nd.array([10, 100])])
    assert x.grad.tolist() == [33, 303]


def test_a_variable_itself_is_a_head():
    """MXNet 1.9.1 gives [1. 1.]."""
    x = variable(1, 2)
    x.backward()
    assert x.grad.tolist() == [1, 1]


def test_a_head_below_another_one_gets_both_gradients():
    x = variable(1, 2)
    with autograd.record():
        y = x * 2
        z = y * y
    autograd.backward([z, y])
    assert x.grad.tolist() == [2 * 4 * 1 + 2, 2 * 4 * 2 + 2]


@pytest.mark.parametrize(
    "out_grad",
    [nd.array([10, 20]), [10, 20], np.array([10, 20], "float64")],
    ids=lambda value: type(value).__name__,
)
def test_a_head_gradient_may_be_anything_shaped_like_its_head(out_grad):
    x = variable(1, 2)
    with autograd.record():
        y = x * 3
    y.backward(out_grad)
    assert x.grad.tolist() == [30, 60]


def test_a_gradient_buffer_can_be_the_head_gradient():
    x = variable(1, 2)
    x.grad[:] = [10, 20]
    with autograd.record():
        y = x * 2 + x * 3
    y.backward(x.grad)
    assert x.grad.tolist() == [50, 100]


def test_gradients_flow_through_views_and_slices():
    """MXNet 1.9.1 gives [[0. 8.] [0. 4.]]."""
    x = nd.array([[1, 2], [3, 4]])
    x.attach_grad()
    with autograd.record():
        y = (x[0] * x[1] * 2)[1:]
    y.backward()
    assert x.grad.tolist() == [[0, 8], [0, 4]]


def test_gradients_flow_through_reshaped_views_of_one_array():
    x = variable(1, 2, 3, 4)
    with autograd.record():
        y = x.reshape(2, 2)[0] * x[2:]
    y.backward()
    assert x.grad.tolist() == [3, 4, 1, 2]


def test_integer_arrays_have_integer_gradients():
    """MXNet 1.9.1 gives [4 8 12]."""
    x = nd.array([1, 2, 3], dtype="int32")
    x.attach_grad()
    with autograd.record():
        y = x * x * 2
    y.backward()
    assert x.grad.dtype is np.int32
    assert x.grad.tolist() == [4, 8, 12]


def test_gradients_come_back_across_contexts():
    """MXNet 1.9.1 gives [6. 12.]."""
    x = variable(1, 2)
    with autograd.record():
        y = x.as_in_context(mx.cpu(1)) * 3
        z = y.as_in_context(mx.cpu(0)) * x
    z.backward()
    assert x.grad.tolist() == [6, 12]
    assert x.grad.context is mx.cpu(0)


def test_heads_may_lie_on_different_contexts():
    x = variable(1, 2)
    with autograd.record():
        heads = [x * 2, x.as_in_context(mx.cpu(1)) * 3]
    autograd.backward(heads)
    assert x.grad.tolist() == [5, 5]


def test_no_gradient_flows_through_a_detached_array():
    """MXNet 1.9.1 gives [2. 4.]."""
    x = variable(1, 2)
    with autograd.record():
        z = (x * 2).detach() * x
    z.backward()
    assert x.grad.tolist() == [2, 4]


def test_what_runs_while_paused_is_a_constant():
    x = variable(1, 2)
    with autograd.record():
        with autograd.pause():
            factor = x * 10
        y = factor * x
    y.backward()
    assert x.grad.tolist() == [10, 20]


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=4), st.integers(1, 5))
def test_sums_over_shared_nodes_are_right_for_every_shape(values, uses):
    """d/dx (3 x)^n is 3 n (3 x)^(n - 1), for arrays of shape () too, which NumPy turns into scalars."""
    for data in (np.array(values), np.array(values[0])):
        x = from_data(data, mx.cpu(0))
        x.attach_grad()
        with autograd.record():
            y = x * 3
            z = y
            for _ in range(uses - 1):
                z = z * y
        z.backward()
        np.testing.assert_allclose(
            x.grad.asnumpy(), 3 * uses * (3 * data) ** (uses - 1), rtol=1e-9, atol=1e-9
        )


def test_backward_may_run_while_recording():
    x = variable(1, 2)
    with autograd.record():
        y = x * x
        y.backward()
        assert autograd.is_recording()
    assert x.grad.tolist() == [2, 4]


# -- what cannot be differentiated ------------------------------------------------------------------------

NOT_RECORDED = "The array is not in a computational graph: nothing was recorded that leads to it"


def test_an_array_computed_outside_of_a_recording_has_no_gradient():
    x = variable(1, 2)
    y = x * 2
    with pytest.raises(GradientError, match=NOT_RECORDED) as error:
        y.backward()
    assert "autograd.record()" in error.value.fix


def test_an_array_that_no_variable_leads_to_has_no_gradient():
    with autograd.record():
        y = nd.ones(2) * 2
    with pytest.raises(GradientError, match=NOT_RECORDED):
        y.backward()


def test_a_graph_of_null_variables_has_no_gradient():
    x = variable(1, 2, grad_req="null")
    with autograd.record():
        y = x * 2
    with pytest.raises(
        GradientError, match="has no inputs that require gradients: every variable has grad_req 'null'"
    ):
        y.backward()


@pytest.mark.parametrize("grads", [[nd.ones(1)], [nd.ones(1)] * 3, nd.ones(1), []])
def test_head_gradients_are_as_many_as_heads(grads):
    x = variable(1)
    with autograd.record():
        heads = [x * 2, x * 3]
    with pytest.raises(
        ArgumentError, match=r"got another number of head gradients than of heads.\n  Expected 2"
    ):
        autograd.backward(heads, grads)


@pytest.mark.parametrize("shape", [(3,), (1,), (2, 1)])
def test_a_head_gradient_is_shaped_like_its_head(shape):
    """MXNet read whatever memory lay behind a shorter one."""
    x = variable(1, 2)
    with autograd.record():
        y = x * 2
    with pytest.raises(
        ShapeMismatchError, match=r"A head gradient is not shaped like its head.\n  Expected \(2,\)"
    ):
        y.backward(nd.ones(shape))
    y.backward()
    assert x.grad.tolist() == [2, 2]


def test_at_least_one_head_is_needed():
    with pytest.raises(ArgumentError, match=r"backward\(\) needs at least one array to start from"):
        autograd.backward([])


def test_heads_are_arrays():
    with pytest.raises(
        ArgumentTypeError, match=r"backward\(\) needs arrays.\n  Expected an NDArray, received float"
    ):
        autograd.backward([3.0])


# -- more than one pass -----------------------------------------------------------------------------------


def test_a_second_pass_needs_a_retained_graph():
    x = variable(1, 2)
    with autograd.record():
        y = x * x
    y.backward()
    with pytest.raises(
        GradientError, match="The recorded graph was freed by an earlier backward pass"
    ) as error:
        y.backward()
    assert "retain_graph=True" in error.value.fix


def test_a_retained_graph_serves_several_passes():
    x = variable(1, 2, grad_req="add")
    with autograd.record():
        y = x * x
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [6, 12]


def test_a_shared_part_that_was_freed_is_an_error():
    x = variable(1, 2)
    with autograd.record():
        shared = x * 2
        first, second = shared * 3, shared * shared
    first.backward()
    x.grad[:] = 7
    with pytest.raises(GradientError, match="was freed by an earlier backward pass"):
        second.backward()
    assert x.grad.tolist() == [7, 7]


# -- grad() -----------------------------------------------------------------------------------------------


def test_grad_returns_an_array_for_one_variable_and_a_list_for_several():
    x, w = variable(1, 2), variable(3, 4)
    with autograd.record():
        y = x * w
    alone = autograd.grad(y, x, retain_graph=True)
    listed = autograd.grad(y, [x], retain_graph=True)
    both = autograd.grad(y, (x, w))
    assert alone.tolist() == [3, 4]
    assert [g.tolist() for g in listed] == [[3, 4]]
    assert [g.tolist() for g in both] == [[3, 4], [1, 2]]


def test_grad_leaves_the_buffers_alone():
    """MXNet 1.9.1 gives [3. 12.] for both."""
    x = variable(1, 2)
    with autograd.record():
        y = x * x * x
    g = autograd.grad(y, [x], retain_graph=True)[0]
    assert x.grad.tolist() == [0, 0]
    y.backward()
    assert g.tolist() == x.grad.tolist() == [3, 12]


def test_grad_takes_several_heads_with_gradients():
    x = variable(1, 2)
    with autograd.record():
        heads = [x * 2, x * x]
    g = autograd.grad(heads, x, [None, nd.array([10, 10])])
    assert g.tolist() == [22, 42]


def test_grad_reaches_arrays_in_the_middle_of_the_graph():
    x = variable(1, 2)
    with autograd.record():
        y = x * 3
        z = y * y
    to_y, to_x, to_z = autograd.grad(z, [y, x, z])
    assert (to_y.tolist(), to_x.tolist(), to_z.tolist()) == ([6, 12], [18, 36], [1, 1])


def test_grad_with_respect_to_the_head_itself_is_one():
    x = variable(1, 2)
    assert autograd.grad(x, x).tolist() == [1, 1]


def test_grad_of_what_nothing_flows_to_is_zero():
    x, u = variable(1, 2), variable(1, 2)
    with autograd.record():
        z = nd.BlockGrad(u) * x
    assert autograd.grad(z, u).tolist() == [0, 0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_of_several_variables_are_arrays_of_their_own(create_graph):
    x, w = variable(1, 2), variable(3, 4)
    with autograd.record():
        first, second = autograd.grad(x + w, [x, w], create_graph=create_graph)
    first[:] = 9
    assert second.tolist() == [1, 1]


def test_grad_frees_the_graph_unless_told_not_to():
    x = variable(1, 2)
    with autograd.record():
        y = x * x
    autograd.grad(y, x, retain_graph=True)
    autograd.grad(y, x)
    with pytest.raises(GradientError, match="was freed by an earlier backward pass"):
        autograd.grad(y, x)


def test_grad_needs_variables():
    with pytest.raises(ArgumentError, match=r"grad\(\) needs at least one variable"):
        autograd.grad(nd.ones(1), [])


def test_an_unmarked_variable_is_refused():
    x = variable(1, 2)
    with autograd.record():
        y = x * 2
    with pytest.raises(
        GradientError, match=r"A variable of grad\(\) has no gradient.\n  Mark it with attach_grad\(\)"
    ):
        autograd.grad(y, nd.ones(2))


def test_an_unreachable_variable_is_refused_before_anything_is_freed():
    x, other = variable(1, 2), variable(1, 2)
    with autograd.record():
        y = x * 2
    with pytest.raises(GradientError, match=r"A variable of grad\(\) is not in the graph of the heads"):
        autograd.grad(y, [x, other])
    assert autograd.grad(y, x).tolist() == [2, 2]


# -- gradients of gradients -------------------------------------------------------------------------------


def test_the_second_derivative_is_that_of_mxnet():
    """exp(sin(x)), printed by MXNet 1.9.1."""
    x = variable(1, 2)
    with autograd.record():
        y = nd.exp(nd.sin(x))
        g = autograd.grad(y, x, create_graph=True)
    g.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), [-1.27482033, -1.82747292], rtol=1e-6)


def test_derivatives_exist_to_any_order():
    """The derivatives of x^4: 4 x^3, 12 x^2, 24 x, 24, 0."""
    x = variable(2)
    found = []
    with autograd.record():
        y = x * x * x * x
        for _ in range(4):
            y = autograd.grad(y, x, create_graph=True)
            found.append(y.asscalar())
    assert found == [32, 48, 48, 24]


def test_products_of_two_variables_have_mixed_second_derivatives():
    """MXNet could not differentiate a product twice."""
    x, w = variable(2), variable(3)
    with autograd.record():
        y = x * x * w
        g = autograd.grad(y, x, create_graph=True)
    g.backward()
    assert (x.grad.asscalar(), w.grad.asscalar()) == (6, 4)


def test_a_gradient_penalty_reaches_the_weights():
    """d/dw of |d/dx f(w x)|^2 with f = square is 16 w^3 x^2, summed by the chain rule."""
    x, w = variable(1.5, -2), variable(0.5, 3)
    with autograd.record():
        y = nd.square(w * x)
        g = autograd.grad(y, x, create_graph=True)
        penalty = nd.square(g).sum()
    penalty.backward()
    np.testing.assert_allclose(w.grad.asnumpy(), [16 * 0.125 * 2.25, 16 * 27 * 4.0], rtol=1e-6)


@pytest.mark.parametrize("train_mode", [True, False])
def test_create_graph_gives_the_values_of_the_plain_pass(train_mode):
    x = variable(0.5, -1, 2)
    w = nd.array([[1, 2, 3], [4, 5, 6]])
    w.attach_grad()

    def loss():
        y = nd.softmax(nd.dot(w, x)[0:2] * 0.1)
        return (y * y).sum() + nd.relu(x[1:]).mean() + w[1].max()

    with autograd.record(train_mode=train_mode):
        plain = autograd.grad(loss(), [x, w], train_mode=train_mode)
        recorded = autograd.grad(loss(), [x, w], create_graph=True, train_mode=train_mode)
    for first, second in zip(plain, recorded, strict=True):
        np.testing.assert_allclose(first.asnumpy(), second.asnumpy(), rtol=1e-6, atol=1e-9)


def test_the_head_gradient_is_a_variable_under_create_graph():
    x, u = variable(1, 2), variable(10, 20)
    with autograd.record():
        g = autograd.grad(x * x, x, u, create_graph=True)
    g.backward()
    assert u.grad.tolist() == [2, 4]


def test_gradients_of_gradients_cross_contexts():
    x = variable(1, 2)
    with autograd.record():
        y = x.as_in_context(mx.cpu(1))
        g = autograd.grad(y * y * y, x, create_graph=True)
    g.backward()
    assert g.context is mx.cpu(0)
    assert x.grad.tolist() == [6, 12]


# -- Function ---------------------------------------------------------------------------------------------


class Product(autograd.Function):
    """Two inputs, two outputs: x y and x + y."""

    def forward(self, x, y):
        self.save_for_backward(x, y)
        return x * y, x + y

    def backward(self, dp, ds):
        x, y = self.saved_tensors
        return dp * y + ds, dp * x + ds


class Sigmoid(autograd.Function):
    """Saves its output."""

    def forward(self, x):
        y = 1 / (1 + nd.exp(-x))
        self.save_for_backward(y)
        return y

    def backward(self, dy):
        (y,) = self.saved_tensors
        return dy * y * (1 - y)


def one_way(forward=lambda x: x * 2, backward=lambda dy: dy * 2):
    """An instance of a Function called Custom."""
    methods = {"forward": lambda self, *x: forward(*x), "backward": lambda self, *dy: backward(*dy)}
    return type("Custom", (autograd.Function,), methods)()


def test_a_function_with_several_inputs_and_outputs():
    """MXNet 1.9.1 gives [15. 32.] and [7. 20.]."""
    x, y = variable(1, 2), variable(3, 4)
    with autograd.record():
        p, s = Product()(x, y)
        z = p * s
    z.backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([15, 32], [7, 20])


def test_an_output_that_nothing_used_has_the_gradient_zero():
    x, y = variable(1, 2), variable(3, 4)
    with autograd.record():
        p, _ = Product()(x, y)
    p.backward()
    assert x.grad.tolist() == [3, 4]


@pytest.mark.parametrize("kind", [list, tuple])
def test_outputs_come_in_the_container_that_forward_returned(kind):
    outputs = one_way(lambda x: kind([x + 1, x + 2]))(nd.ones(1))
    assert type(outputs) is kind
    assert [y.asscalar() for y in outputs] == [2, 3]


def test_forward_runs_unrecorded_in_the_mode_of_its_caller():
    seen = []
    for train_mode in (True, False):
        with autograd.record(train_mode=train_mode):
            one_way(lambda x: seen.append(modes()) or x)(variable(1))
            assert modes() == (True, train_mode)
    assert seen == [(False, True), (False, False)]


def test_a_function_accumulates_where_grad_req_is_add():
    """MXNet wrote nothing there."""
    x = variable(0, grad_req="add")
    for _ in range(2):
        with autograd.record():
            y = Sigmoid()(x)
        y.backward()
    assert x.grad.asscalar() == 0.5


def test_a_function_can_be_differentiated_twice():
    x = variable(0.3)
    with autograd.record():
        y = Sigmoid()(x)
        g = autograd.grad(y, x, create_graph=True)
    g.backward()
    s = 1 / (1 + np.exp(-0.3))
    np.testing.assert_allclose(g.asscalar(), s * (1 - s), rtol=1e-6)
    np.testing.assert_allclose(x.grad.asscalar(), s * (1 - s) * (1 - 2 * s), rtol=1e-5)


def test_mixed_second_derivatives_go_through_saved_inputs():
    x, y = variable(1, 2), variable(3, 4)
    with autograd.record():
        p, _ = Product()(x, y)
        g = autograd.grad(p, x, create_graph=True)
    g.backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([0, 0], [1, 1])


def test_an_instance_serves_one_call():
    function = Sigmoid()
    function(nd.ones(1))
    with pytest.raises(
        ArgumentError, match="Sigmoid was called already; an instance of Function serves one call"
    ):
        function(nd.ones(1))


def test_a_subclass_may_have_a_constructor_of_its_own():
    class Scale(autograd.Function):
        def __init__(self, factor):
            self.factor = factor

        def forward(self, x):
            return x * self.factor

        def backward(self, dy):
            return dy * self.factor

    x = variable(1)
    with autograd.record():
        y = Scale(7)(x)
    y.backward()
    assert x.grad.asscalar() == 7


@pytest.mark.parametrize("raising", ["forward", "backward"])
def test_an_exception_inside_keeps_its_type_and_restores_the_flags(raising):
    def fail(*_):
        raise ZeroDivisionError("mine")

    def run():
        with autograd.record():
            y = one_way(**{raising: fail})(variable(1))
        y.backward()

    with pytest.raises(ZeroDivisionError, match="mine"):
        run()
    assert modes() == (False, False)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_backward_returns_as_many_gradients_as_forward_has_inputs(count):
    x, w = variable(1), variable(1)
    with autograd.record():
        y = one_way(lambda x, w: x * w, lambda dy: [dy] * count)(x, w)
    with pytest.raises(
        GradientError, match=r"must return one gradient for every input of forward\(\)"
    ) as error:
        y.backward()
    assert (error.value.subject, error.value.expected, error.value.received) == (
        "Custom.backward()",
        2,
        count,
    )


@pytest.mark.parametrize(
    ("returned", "error", "text"),
    [
        (
            lambda dy: dy.sum(),
            ShapeMismatchError,
            r"has another shape than its array.\n  Expected \(2,\), received \(1,\)",
        ),
        (lambda dy: dy.asnumpy(), ArgumentTypeError, "is no array.\n  Expected an NDArray, received ndarray"),
        (lambda dy: dy.as_in_context(mx.cpu(1)), ContextError, "is on another context than its array"),
    ],
    ids=["shape", "type", "context"],
)
def test_backward_returns_gradients_like_the_inputs(returned, error, text):
    x = variable(1, 2)
    with autograd.record():
        y = one_way(backward=returned)(x)
    with pytest.raises(error, match=rf"What Custom.backward\(\) returned for input 0 {text}"):
        y.backward()


def test_a_gradient_of_another_dtype_is_converted():
    x = variable(1, 2)
    with autograd.record():
        y = one_way(backward=lambda dy: dy.astype("float64") * 3)(x)
        z = y + one_way(backward=lambda dy: dy.astype("float64") * 4)(x)
    assert autograd.grad(z, x).dtype is np.float32


def test_none_is_a_gradient_of_zero():
    x, w = variable(1), variable(1)
    with autograd.record():
        y = one_way(lambda x, w: x * w, lambda dy: (None, dy * 5))(x, w)
    y.backward()
    assert (x.grad.asscalar(), w.grad.asscalar()) == (0, 5)


def test_backward_may_write_into_the_gradient_it_gets():
    def doubled(dy):
        dy *= 2
        return dy

    x = variable(1)
    with autograd.record():
        a = x * 1
        b = a * 3
        y = b + one_way(backward=doubled)(a)
    y.backward()
    assert x.grad.asscalar() == 5


def test_a_saved_array_written_before_the_pass_is_an_error():
    saved = []

    class Mine(autograd.Function):
        def forward(self, x):
            factor = nd.array([3])
            saved.append(factor)
            self.save_for_backward(factor, "a note")
            return x * factor

        def backward(self, dy):
            factor, note = self.saved_tensors
            assert note == "a note"
            return dy * factor

    x = variable(1)
    with autograd.record():
        y, z = Mine()(x), Mine()(x)
    saved[1][:] = 7
    with pytest.raises(
        SavedArrayError, match=r"An array of shape \(1,\), saved by Mine, was written before the backw"
    ):
        z.backward()
    y.backward()
    assert x.grad.asscalar() == 3


def test_an_input_returned_as_it_is_keeps_its_own_history():
    x = variable(1, 2)
    with autograd.record():
        y = one_way(lambda x: x, lambda dy: dy * 10)(x)
        z = y + x
    assert y is not x
    z.backward()
    assert x.grad.tolist() == [11, 11]


def test_a_variable_returned_by_forward_stays_a_variable():
    w, x = variable(5), variable(1)
    with autograd.record():
        y = one_way(lambda x: w, lambda dy: dy * 10)(x)
        z = y * w
    z.backward()
    assert (w.grad.asscalar(), x.grad.asscalar()) == (5, 50)


def test_a_function_takes_arrays():
    with pytest.raises(
        ArgumentTypeError, match=r"Sigmoid\(\) takes arrays.\n  Expected NDArrays, received float"
    ):
        Sigmoid()(1.0)


@pytest.mark.parametrize("result", [1.0, [], None])
def test_a_function_returns_arrays(result):
    with pytest.raises(ArgumentTypeError, match=r"Custom.forward\(\) must return arrays"):
        one_way(lambda x: result)(nd.ones(1))


def test_outside_of_a_recording_a_function_only_computes():
    y = Sigmoid()(variable(0))
    assert y.asscalar() == 0.5
    with pytest.raises(GradientError, match=NOT_RECORDED):
        y.backward()


# -- the history as a symbol ----------------------------------------------------------------------------


def test_a_history_is_a_symbol_of_its_variables():
    x, z = nd.ones((2,)), nd.ones((2,))
    for each in (x, z):
        each.attach_grad()
    with autograd.record():
        y = x * x + 2 * x - z
    symbol = autograd.get_symbol(y)
    assert len(symbol.list_arguments()) == 2
    assert len(symbol.list_outputs()) == 1
    assert all(name.startswith("var") for name in symbol.list_arguments())
    assert [node.op.name for node in symbol.nodes() if node.op] == [
        "broadcast_mul",
        "_mul_scalar",
        "broadcast_add",
        "broadcast_sub",
    ]


def test_arrays_without_history_are_variables_of_another_name():
    x = nd.ones((2, 3))
    x.attach_grad()
    with autograd.record():
        y = nd.FullyConnected(x, nd.ones((4, 3)), nd.zeros((4,)), num_hidden=4).as_in_context(mx.cpu(1))
    symbol = autograd.get_symbol(y)
    names = symbol.list_arguments()
    assert [name.rstrip("0123456789_") for name in names] == ["var", "null", "null"]
    assert symbol.infer_shape(**{names[0]: (2, 3)})[1] == [(2, 4)]


def test_the_symbol_of_one_of_several_outputs_is_that_output():
    x = nd.arange(4)
    x.attach_grad()
    with autograd.record():
        _, second = nd.split(x, 2, axis=0)
    assert autograd.get_symbol(second).list_outputs()[0].endswith("output1")
    assert autograd.get_symbol(x).name == autograd.get_symbol(second).list_arguments()[0]


def test_parameters_that_were_given_are_told():
    x = nd.ones((2, 3))
    x.attach_grad()
    with autograd.record():
        y = nd.sum(x, axis=1)
    assert autograd.get_symbol(y).nodes()[-1].given == {"axis": (1,)}


def test_a_function_is_an_operator_that_only_the_tape_can_run():
    class Double(autograd.Function):
        def forward(self, x):
            return x * 2, x * 3

        def backward(self, dy, dz):
            return dy * 2 + dz * 3

    x = nd.ones((2,))
    x.attach_grad()
    with autograd.record():
        y, _ = Double()(x)
    assert autograd.get_symbol(y).nodes()[-1].op.name == "_CustomFunction"


def test_a_deep_history_is_described_without_recursion():
    x = nd.ones((1,))
    x.attach_grad()
    with autograd.record():
        y = x
        for _ in range(5000):
            y = y + 1
    assert len(autograd.get_symbol(y).nodes()) == 5001


def test_an_array_without_history_has_no_symbol():
    with pytest.raises(GradientError, match="is not in a computational graph, so there is no symbol"):
        autograd.get_symbol(nd.ones((1,)))
    with pytest.raises(ArgumentTypeError, match=r"get_symbol\(\) takes an array"):
        autograd.get_symbol(3)


def test_a_freed_history_has_no_symbol():
    x = nd.ones((1,))
    x.attach_grad()
    with autograd.record():
        y = x * 2
    y.backward()
    with pytest.raises(GradientError, match="was freed by an earlier backward pass"):
        autograd.get_symbol(y)
