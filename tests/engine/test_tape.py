"""The tape's promises: no gradient from memory that was written, no cycles, any depth, ownership of sums."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish import autograd, nd
from gluonish.engine.invoke import invoke
from gluonish.engine.operator import NOT_DIFFERENTIABLE, ZERO_GRADIENT, Operator
from gluonish.errors import GradientError, SavedArrayError

CPU = mx.cpu(0)


def variable(*values, grad_req="write"):
    x = nd.array(values)
    x.attach_grad(grad_req)
    return x


@pytest.fixture
def no_collector():
    """What is freed in such a test is freed by counting references."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


# -- saved arrays -----------------------------------------------------------------------------------------

WRITES = {
    "whole": lambda x: x.__setitem__(slice(None), 5),
    "part": lambda x: x.__setitem__(0, 5),
    "iadd": lambda x: x.__iadd__(1),
    "out": lambda x: nd.exp(nd.ones(2), out=x),
    "copyto": lambda x: nd.ones(2).copyto(x),
    "step": lambda x: x.__isub__(0.1 * x.grad if x.grad is not None else 0.1),
    "detached": lambda x: x.detach().__setitem__(slice(None), 5),
    "view": lambda x: x[1:].__setitem__(slice(None), 5),
    "reshaped": lambda x: x.reshape(2, 1).__iadd__(1),
}
writes = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


@writes
def test_a_saved_input_written_before_the_pass_is_an_error_that_names_it(write):
    x = variable(1, 2)
    x._storage.label = "Parameter 'w'"
    with autograd.record():
        y = nd.log(x)
    write(x)
    with pytest.raises(SavedArrayError) as error:
        y.backward()
    assert str(error.value) == (
        "Parameter 'w', input 'data' of the recorded operator 'log', was written after it was recorded and "
        "before the backward pass, so its gradient can no longer be computed.\n"
        "  Write it after backward(), or compute with a copy of it."
    )


@writes
def test_a_saved_constant_written_before_the_pass_is_an_error(write):
    x, w = variable(1, 2), nd.array([3, 4])
    with autograd.record():
        y = x * w
    write(w)
    with pytest.raises(
        SavedArrayError, match=r"An array of shape \(2,\), input 'rhs' of the recorded operator"
    ):
        y.backward()


@writes
def test_a_saved_output_written_before_the_pass_is_an_error(write):
    x = variable(1, 2)
    with autograd.record():
        y = nd.exp(x)
        z = y + 0
    write(y)
    with pytest.raises(
        SavedArrayError, match=r"An array of shape \(2,\), output of the recorded operator 'exp', was"
    ):
        z.backward()


@writes
def test_a_write_to_what_no_rule_needs_is_allowed(write):
    """Addition needs no array; a product, only the other factor."""
    x, w, u = variable(1, 2), nd.array([3, 4]), variable(5, 6)
    with autograd.record():
        s = x + w
        y = s * 2 + x
        z = x * w
    for array in (s, x, y, z):
        write(array)
    (y_grad,) = autograd.grad([y], [x])
    assert y_grad.tolist() == [3, 3]
    z.backward()
    assert x.grad.tolist() == [3, 4]
    assert u.grad.tolist() == [0, 0]


@writes
def test_a_write_after_the_pass_is_allowed(write):
    x = variable(1, 2)
    with autograd.record():
        y = x * x
    y.backward()
    write(x)
    assert x.grad.tolist() == [2, 4]


def test_a_write_inside_the_recording_counts_too():
    x, w = variable(1, 2), nd.array([3, 4])
    with autograd.record():
        y = x * w
        w += 1
    with pytest.raises(SavedArrayError, match="input 'rhs'"):
        y.backward()


def test_an_array_used_before_and_after_a_write_gives_no_gradient():
    x, w = variable(1, 2), nd.array([3, 4])
    with autograd.record():
        y = x * w
        w += 1
        z = y * w
    with pytest.raises(SavedArrayError, match="input 'rhs'"):
        z.backward()


def test_an_operator_that_overwrites_its_own_saved_input_gives_no_gradient():
    """``y *= x`` loses the factor that the gradient of x is made of."""
    x, y = variable(1, 2), nd.array([3, 4])
    with autograd.record():
        y *= x
    with pytest.raises(SavedArrayError, match="input 'lhs' of the recorded operator 'broadcast_mul'"):
        y.backward()


def test_a_state_written_by_a_kernel_counts():
    def kernel(xp, data, state):
        state += 1
        return data * 1

    op = Operator("counting", kernel, mutates=("state",))
    x, state = variable(1, 2), nd.array([3, 4])
    with autograd.record():
        y = x * state
        invoke(op, [x, state], {})
    with pytest.raises(SavedArrayError, match="input 'rhs'"):
        y.backward()


def test_a_failed_check_changes_no_gradient_and_frees_nothing():
    x, w = variable(1, 2), nd.array([3, 4])
    x.grad[:] = 9
    with autograd.record():
        y = x + x
        z = y * w
    before = w.copy()
    w[:] = 0
    with pytest.raises(SavedArrayError):
        z.backward()
    assert x.grad.tolist() == [9, 9]
    assert before.tolist() == [3, 4]
    y.backward()
    assert x.grad.tolist() == [2, 2]


def test_grad_checks_saved_arrays_too():
    x = variable(1, 2)
    with autograd.record():
        y = x * x
    x[:] = 0
    with pytest.raises(SavedArrayError, match="of the recorded operator 'broadcast_mul', was written"):
        autograd.grad(y, x)


def test_inputs_of_variadic_operators_are_numbered_in_the_message():
    def kernel(xp, *data):
        return data[0] * data[1]

    op = Operator("both", kernel)

    @op.gradient()
    def gradient(F, g, data):
        return g * data[1], g * data[0]

    x, w = variable(1, 2), variable(3, 4)
    with autograd.record():
        y = invoke(op, [x, w], {})
    w += 1
    with pytest.raises(
        SavedArrayError, match=r"An array of shape \(2,\), input 1 of the recorded operator 'both'"
    ):
        y.backward()


def test_a_gradient_buffer_that_the_graph_computed_with_is_written_last():
    """y = (x g) x with g = 10, whose buffer the pass itself writes: dy/dx = 20 x."""
    x = variable(2)
    x.grad[:] = 10
    with autograd.record():
        y = x * x.grad * x
    y.backward()
    assert x.grad.asscalar() == 40


def test_a_gradient_buffer_that_the_graph_computed_with_can_accumulate():
    x = variable(2, grad_req="add")
    x.grad[:] = 10
    with autograd.record():
        y = x * x.grad * x
    y.backward()
    assert x.grad.asscalar() == 50


def test_writing_gradients_counts():
    x = variable(1, 2)
    with autograd.record():
        y = x * x.grad
        z = x * 3
    z.backward()
    with pytest.raises(SavedArrayError, match="input 'rhs'"):
        y.backward()


def test_a_pass_marks_the_gradients_that_it_wrote_as_fresh():
    x, u, unrelated = variable(1), variable(1), variable(1)
    with autograd.record():
        y = x * 2 + nd.BlockGrad(u)
    y.backward()
    assert [v.grad._storage.fresh for v in (x, u, unrelated)] == [True, True, False]


# -- ownership --------------------------------------------------------------------------------------------


def test_an_array_that_flows_to_several_inputs_is_not_added_to_in_place():
    """The rule of addition hands one and the same gradient to both sides."""
    x, w = variable(1, 2), variable(1, 2)
    with autograd.record():
        a, b = x * 1, w * 1
        y = (a + b) + a * 2 + a * 3
    y.backward()
    assert (x.grad.tolist(), w.grad.tolist()) == ([6, 6], [1, 1])


def test_the_head_gradient_of_the_caller_is_left_alone():
    x = variable(1, 2)
    seed = nd.array([1, 10])
    with autograd.record():
        a = x * 1
        y = a + a + a
    y.backward(seed)
    assert seed.tolist() == [1, 10]
    assert x.grad.tolist() == [3, 30]


def test_what_grad_returns_is_no_array_of_the_graph():
    x = variable(1, 2)
    seed = nd.array([1, 10])
    with autograd.record():
        y = nd.identity(x)
    g = autograd.grad(y, x, seed)
    g[:] = 0
    assert seed.tolist() == [1, 10]


programs = st.lists(
    st.tuples(st.sampled_from(["+", "*", "-"]), st.integers(0, 20), st.integers(0, 20)),
    min_size=1,
    max_size=12,
)


@given(programs, st.lists(st.integers(-2, 2), min_size=2, max_size=2))
def test_any_graph_of_sums_and_products_has_the_gradient_of_forward_mode(program, values):
    """Dual numbers compute the same derivatives without any tape."""
    x, w = (variable(v) for v in values)
    duals = [(float(values[0]), np.array([1.0, 0.0])), (float(values[1]), np.array([0.0, 1.0]))]
    with autograd.record():
        arrays = [x, w]
        for sign, i, j in program:
            (a, da), (b, db) = duals[i % len(duals)], duals[j % len(duals)]
            left, right = arrays[i % len(arrays)], arrays[j % len(arrays)]
            if sign == "*":
                arrays.append(left * right)
                duals.append((a * b, a * db + b * da))
            else:
                s = 1 if sign == "+" else -1
                arrays.append(left + right if s == 1 else left - right)
                duals.append((a + s * b, da + s * db))
    if not np.abs(duals[-1][1]).max() < 1e6:
        return
    arrays[-1].backward()
    np.testing.assert_allclose([x.grad.asscalar(), w.grad.asscalar()], duals[-1][1], rtol=1e-5)


# -- graphs as objects ------------------------------------------------------------------------------------


def test_a_graph_is_freed_with_its_outputs(no_collector):
    x = variable(1, 2)
    with autograd.record():
        a = nd.exp(x)
        b = nd.softmax(a * a) + nd.concat(a, a, dim=0)[:2]
    references = [weakref.ref(a), weakref.ref(b)]
    del a, b
    assert [reference() for reference in references] == [None, None]


def test_a_graph_is_freed_after_a_pass(no_collector):
    x = variable(1, 2)
    with autograd.record():
        y = nd.exp(x) * x
        z = y.sum()
    z.backward()
    references = [weakref.ref(y), weakref.ref(z)]
    del y, z
    assert [reference() for reference in references] == [None, None]


def test_a_pass_frees_what_was_saved_while_the_output_lives(no_collector):
    x = variable(1, 2)
    with autograd.record():
        a = x * 2
        y = (a * a).sum()
    reference = weakref.ref(a)
    del a
    assert reference() is not None
    y.backward()
    assert reference() is None


@pytest.mark.parametrize("keep", ["saved", "attribute"])
def test_a_function_is_freed_with_its_outputs(no_collector, keep):
    class Mine(autograd.Function):
        def forward(self, x):
            y = nd.exp(x)
            if keep == "saved":
                self.save_for_backward(x, y)
            else:
                self.y = y
            return y

        def backward(self, dy):
            return dy * (self.saved_tensors[1] if keep == "saved" else self.y)

    x = variable(1, 2)
    with autograd.record():
        y = Mine()(x)
    reference = weakref.ref(y)
    if keep == "attribute":  # a cycle of the user's making; the pass breaks it
        y.backward()
    del y
    assert reference() is None


def test_a_gradient_with_a_graph_of_its_own_is_freed(no_collector):
    x = variable(1, 2)
    with autograd.record():
        y = nd.exp(x) * x
        g = autograd.grad(y, x, create_graph=True)
        p = (g * g).sum()
    p.backward()
    references = [weakref.ref(each) for each in (y, g, p)]
    del y, g, p
    assert [reference() for reference in references] == [None] * 3


@pytest.mark.parametrize("pass_over", [True, False], ids=["backward", "dropped"])
def test_a_chain_of_fifty_thousand_operators_needs_no_recursion(pass_over):
    x = variable(1)
    with autograd.record():
        y = x
        for _ in range(50_000):
            y = y * 1.0
    if pass_over:
        y.backward()
        assert x.grad.asscalar() == 1
    del y


def test_a_deep_chain_can_be_differentiated_with_a_graph():
    x = variable(1)
    with autograd.record():
        y = x
        for _ in range(3_000):
            y = y + x * x
        g = autograd.grad(y, x, create_graph=True)
    g.backward()
    assert g.asscalar() == 6_001
    assert x.grad.asscalar() == 6_000


def test_entries_grow_in_the_order_of_computation():
    x = variable(1, 2)
    with autograd.record():
        y = x * 2
        parts = nd.split(y, num_outputs=2, axis=0)
        z = parts[0] * parts[1]
    entries = [x._entry, y._entry, *(part._entry for part in parts), z._entry]
    assert entries == sorted(set(entries))


def test_a_node_knows_its_parents_and_nothing_else():
    x, w = variable(1), nd.ones(1)
    with autograd.record():
        y = x * w
    assert y._node.parents == (x._node, None)
    assert y._node.parent_entries == (x._entry, None)


def test_a_graph_may_be_built_by_one_thread_and_passed_over_by_another():
    x = variable(1, 2)
    results = []

    def build():
        with autograd.record():
            results.append(x * x)

    for work in (build, lambda: results[0].backward()):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert x.grad.tolist() == [2, 4]


# -- what is recorded -------------------------------------------------------------------------------------


def test_nothing_is_recorded_that_no_variable_leads_to():
    with autograd.record():
        y = nd.ones(2) * 2
    assert y._node is None


def test_nothing_is_saved_that_no_rule_asks_for():
    x, w = variable(1, 2), nd.array([3, 4])
    with autograd.record():
        product, total, power = x * w, x + w, nd.exp(x)
    assert [each is w for each in product._node.saved] == [True]
    assert total._node.saved == []
    assert [each._storage is power._storage for each in power._node.saved] == [True]


def test_an_operator_that_is_not_differentiable_refuses_the_pass():
    op = Operator("magic", lambda xp, data: data * 1, gradient=NOT_DIFFERENTIABLE)
    x = variable(1, 2)
    with autograd.record():
        y = invoke(op, [x], {})
    with pytest.raises(
        GradientError, match="Operator 'magic' is not differentiable, and a gradient is asked"
    ) as error:
        y.backward()
    assert "BlockGrad" in error.value.fix


def test_an_operator_that_is_not_differentiable_may_stand_aside():
    op = Operator("magic", lambda xp, data: data * 1, gradient=NOT_DIFFERENTIABLE)
    x = variable(1, 2)
    with autograd.record():
        y = invoke(op, [x], {}).detach() * x
    y.backward()
    assert x.grad.tolist() == [1, 2]


def test_a_gradient_through_an_operator_that_declares_none_is_an_error():
    op = Operator("silent", lambda xp, data: data * 1)
    x = variable(1)
    with autograd.record():
        y = invoke(op, [x], {})
    with pytest.raises(GradientError, match=r"'silent' declares no gradient.*\n.*@op\.gradient"):
        y.backward()


def test_an_operator_of_gradient_zero_gives_zero():
    op = Operator("steps", lambda xp, data: xp.floor(data), gradient=ZERO_GRADIENT)
    x = variable(1.5, 2.5)
    x.grad[:] = 9
    with autograd.record():
        y = invoke(op, [x], {})
    y.backward()
    assert x.grad.tolist() == [0, 0]


def test_an_exception_in_a_rule_restores_the_flags():
    op = Operator("broken", lambda xp, data: data * 1)

    @op.gradient("data")
    def gradient(F, g):
        raise ZeroDivisionError

    x = variable(1)
    with autograd.record():
        y = invoke(op, [x], {})
        with pytest.raises(ZeroDivisionError):
            y.backward()
        assert (autograd.is_recording(), autograd.is_training()) == (True, True)
