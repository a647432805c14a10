"""Calling operators: arguments, checks and their messages, ``out=``, in-place operators."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import gluonish as mx
from gluonish import autograd, nd
from gluonish.engine.invoke import (
    RECORDED,
    bind_arguments,
    call_operator,
    invoke,
    settle_hook,
    split_arguments,
)
from gluonish.engine.ndarray import from_data
from gluonish.engine.operator import Operator, find_operator
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    BroadcastError,
    ContextError,
    DTypeError,
    InPlaceError,
    OperatorError,
    ShapeMismatchError,
)

DENSE = find_operator("FullyConnected")
x23, w43, b4 = nd.ones((2, 3)), nd.ones((4, 3)), nd.ones(4)


def labelled(shape, label, **options):
    x = nd.ones(shape, **options)
    x._storage.label = label
    return x


# -- arguments --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((x23, w43, b4), {"num_hidden": 4}),
        ((x23, w43), {"bias": b4, "num_hidden": 4}),
        ((), {"bias": b4, "weight": w43, "data": x23, "num_hidden": "4"}),
        ((x23, w43, b4, 4), {}),
        ((x23, w43, b4, 4, False), {"flatten": True}),
    ],
)
def test_inputs_and_parameters_come_by_position_or_by_name(args, kwargs):
    np.testing.assert_array_equal(nd.FullyConnected(*args, **kwargs).asnumpy(), np.full((2, 4), 4))


def test_absent_optional_inputs_may_be_none_or_left_out():
    assert bind_arguments(DENSE, (x23, w43, None), {})[0] == [x23, w43]
    assert bind_arguments(DENSE, (x23, w43), {"bias": None})[0] == [x23, w43]
    assert split_arguments(DENSE, (), {"bias": b4})[0] == [None, None, b4]


@pytest.mark.parametrize(
    "args", [[(x23, w43, b4)], [[x23, w43, b4]], [x23, w43, b4]], ids=["tuple", "list", "each"]
)
def test_variadic_operators_take_arrays_one_by_one_or_as_a_list(args):
    inputs, params = bind_arguments(find_operator("Concat"), tuple(args), {"num_args": 3, "dim": 0})
    assert inputs == [x23, w43, b4]
    assert params == {"dim": 0}


def test_variadic_operators_take_their_list_by_name():
    np.testing.assert_array_equal(nd.concat(data=[b4, b4], dim=0).asnumpy(), np.ones(8))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: nd.FullyConnected(num_hidden=4), "needs its input 'data'"),
        (lambda: nd.FullyConnected(x23, num_hidden=4), "needs its input 'weight'"),
        (lambda: nd.FullyConnected(weight=w43, num_hidden=4), "needs its input 'data'"),
        (lambda: nd.FullyConnected(x23, None, b4, num_hidden=4), "needs its input 'weight'"),
        (lambda: nd.FullyConnected(x23, w43, b4), "needs its parameter 'num_hidden'.\n  Expected an integer"),
        (lambda: nd.FullyConnected(x23, w43, b4, data=x23, num_hidden=4), "got its argument 'data' twice"),
        (lambda: nd.FullyConnected(x23, w43, b4, 4, num_hidden=4), "got its argument 'num_hidden' twice"),
        (
            lambda: nd.FullyConnected(x23, w43, b4, 4, True, True, 7),
            "got too many arguments.\n  Expected at most 6, rec",
        ),
        (
            lambda: nd.FullyConnected(x23, w43, b4, num_hidden=4, hidden=4),
            "has no parameter 'hidden'.\n  Expected one",
        ),
        (
            lambda: nd.FullyConnected(x23, w43, b4, num_hidden="x"),
            "cannot take this for its parameter 'num_hidden'",
        ),
        (lambda: nd.concat(), "needs at least one array"),
        (lambda: nd.concat([]), "needs at least one array"),
        (lambda: nd.concat(b4, data=[b4]), "got its argument 'data' twice"),
    ],
)
def test_arguments_that_are_missing_unknown_or_given_twice_are_errors(call, text):
    with pytest.raises(ArgumentError, match=rf"Operator '(FullyConnected|Concat)' {text}"):
        call()


@pytest.mark.parametrize(
    ("call", "name", "kind"),
    [
        (lambda: nd.FullyConnected(x23, [1, 2], num_hidden=4), "weight", "list"),
        (lambda: nd.FullyConnected(1.0, w43, num_hidden=4), "data", "float"),
        (lambda: nd.FullyConnected(x23, w43, np.ones(4), num_hidden=4), "bias", "ndarray"),
        (lambda: nd.concat(x23, 1), "arg1", "int"),
        (lambda: x23.broadcast_like(3), "rhs", "int"),
    ],
)
def test_an_input_that_is_no_array_is_an_error_with_its_name(call, name, kind):
    with pytest.raises(
        ArgumentTypeError,
        match=f"not this for its argument '{name}'.\n  Expected an NDArray, received {kind}",
    ):
        call()


def test_a_name_is_accepted_for_the_sake_of_symbols():
    assert nd.exp(nd.zeros(1), name="power").asscalar() == 1


def test_a_function_of_the_namespace_knows_its_operator():
    assert nd.softmax.operator is find_operator("softmax")
    assert (nd.softmax.__name__, nd.softmax.__doc__) == ("softmax", find_operator("softmax").doc)


# -- contexts ---------------------------------------------------------------------------------------------


def test_arrays_on_different_contexts_are_an_error_that_names_both():
    w = labelled((4, 3), "Parameter 'dense0_weight'", ctx=mx.cpu(1))
    with pytest.raises(ContextError) as error:
        nd.FullyConnected(x23, w, num_hidden=4, no_bias=True)
    assert str(error.value) == (
        "Operator 'FullyConnected' got arrays on different contexts: 'data' (an array of shape (2, 3)) "
        "is on cpu(0), 'weight' (parameter 'dense0_weight') on cpu(1).\n"
        "  Move one of them: x.as_in_context(mx.cpu(0))."
    )


@pytest.mark.parametrize("ctx", [mx.cpu(1), mx.cpu_pinned(1)])
def test_python_operators_refuse_mixed_contexts(ctx):
    with pytest.raises(ContextError, match=rf"'lhs' .* is on cpu\(0\), 'rhs' .* on {ctx.device_type}\(1\)"):
        nd.ones(2) + nd.ones(2, ctx=ctx)


def test_memory_in_one_place_mixes():
    """The result is on the context of the first."""
    y = nd.ones(2, ctx=mx.cpu_pinned(1)) + nd.ones(2, ctx=mx.cpu(1)) + nd.ones(2, ctx=mx.cpu_shared(1))
    assert y.context is mx.cpu_pinned(1)
    assert y.tolist() == [3, 3]


def test_an_absent_input_does_not_shift_the_names():
    op = Operator("three", lambda xp, a, b=None, c=None: a)
    with pytest.raises(ContextError, match=r"'a' .* is on cpu\(0\), 'c' .* on cpu\(1\)"):
        invoke(op, [nd.ones(1), None, nd.ones(1, ctx=mx.cpu(1))], {})


@pytest.mark.parametrize("name", ["exp", "softmax"])
def test_an_out_array_on_another_context_is_an_error(name):
    with pytest.raises(
        ContextError, match=f"The array given as out= to '{name}' is on another context than the result"
    ):
        getattr(nd, name)(nd.ones(2), out=nd.ones(2, ctx=mx.cpu(1)))


def test_an_operator_without_inputs_runs_on_the_given_or_current_context():
    assert call_operator(find_operator("_zeros"), (), {"shape": (1,), "ctx": "cpu(2)"}).context is mx.cpu(2)
    with mx.cpu(3):
        assert call_operator(find_operator("_zeros"), (), {"shape": (1,)}).context is mx.cpu(3)


# -- dtypes and shapes ------------------------------------------------------------------------------------


def test_arrays_of_different_dtypes_are_an_error_that_names_them():
    with pytest.raises(DTypeError) as error:
        nd.ones(2) + nd.ones(2, dtype="float64")
    assert str(error.value) == (
        "Operator 'broadcast_add' got arrays of different dtypes.\n"
        "  Expected one dtype, received lhs float32, rhs float64.\n"
        "  Convert one of them with astype(); gluonish, like MXNet, does not promote."
    )


def test_dtypes_are_checked_by_the_rule_where_there_is_one():
    with pytest.raises(
        DTypeError, match=r"its argument 'weight' does not fit.\n  Expected float32, received float16"
    ):
        nd.FullyConnected(x23, w43.astype("float16"), b4, num_hidden=4)


def test_shapes_that_contradict_each_other_are_an_error_with_the_argument():
    with pytest.raises(ShapeMismatchError) as error:
        nd.FullyConnected(x23, nd.ones((4, 5)), b4, num_hidden=4)
    assert str(error.value) == (
        "Operator 'FullyConnected': its argument 'weight' has shape (4, 5) "
        "where the rest of the call needs (4, 3).\n"
        "  Axis 1: expected 3, received 5."
    )


def test_shapes_that_do_not_broadcast_are_an_error_with_both_arguments():
    """This kernel is run unchecked; the shape rule words what it fails on."""
    with pytest.raises(
        BroadcastError, match=r"cannot be broadcast together.\n  .*received lhs \(2, 3\), rhs \(4, 5\)"
    ):
        nd.ones((2, 3)) + nd.ones((4, 5))


def test_a_kernel_that_fails_by_itself_is_worded_with_its_inputs():
    def kernel(xp, data, other=None):
        raise ValueError("too odd")

    op = Operator("odd", kernel)
    with pytest.raises(OperatorError) as error:
        invoke(op, [nd.ones((2, 3)), nd.ones(1)], {})
    assert (
        str(error.value)
        == "Operator 'odd' failed: too odd.\n  Received data (2, 3) float32, other (1,) float32."
    )
    assert isinstance(error.value.__cause__, ValueError)
    with pytest.raises(OperatorError, match=r"Received no arrays"):
        invoke(Operator("odd", lambda xp: 1 / 0), [], {})


def test_an_absent_input_does_not_shift_the_names_of_a_failure():
    def kernel(xp, a, b=None, c=None):
        raise ValueError("too odd")

    with pytest.raises(OperatorError, match=r"Received a \(1,\) float32, c \(2,\) float32"):
        invoke(Operator("odd", kernel), [nd.ones(1), None, nd.ones(2)], {})


@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt, AttributeError])
def test_errors_that_are_not_about_the_arrays_pass_through(error):
    def kernel(xp, data):
        raise error

    with pytest.raises(error):
        invoke(Operator("odd", kernel), [nd.ones(1)], {})


# -- results ----------------------------------------------------------------------------------------------


def test_infinities_and_nans_are_results_without_warnings():
    x = nd.array([0, -1, 1e38])
    for y in (1 / x, nd.log(x), x * 1e38, nd.exp(x)):
        assert not np.isfinite(y.asnumpy()).all()


def test_an_operator_of_several_outputs_returns_a_list():
    parts = nd.split(nd.ones((2, 2)), num_outputs=2, axis=0)
    assert isinstance(parts, list)
    assert [part.shape for part in parts] == [(1, 2), (1, 2)]


def test_one_visible_output_is_returned_alone():
    op = Operator("norm", lambda xp, data: (data + 1, data), outputs=("output", "mean"), visible=1)
    assert invoke(op, [nd.ones(1)], {}).asscalar() == 2


def test_numpys_scalars_become_arrays_of_no_axes():
    x = from_data(3.0, mx.cpu(0))
    y = x * x
    y[...] = 5
    assert (y.shape, y.asscalar()) == ((), 5)


def test_a_view_shares_its_count_of_writes_and_a_copy_does_not():
    op = Operator("maybe", lambda xp, data, *, copy: data.copy() if copy else data[1:], view=True)
    x = nd.zeros(3)
    assert invoke(op, [x], {"copy": False})._storage is x._storage
    assert invoke(op, [x[1:]], {"copy": False})._storage is x._storage
    assert invoke(op, [x], {"copy": True})._storage is not x._storage


def test_states_that_the_kernel_writes_are_counted_in_training_only():
    def kernel(xp, data, mean, *, training):
        if training:
            mean += 1
        return data * 1

    op = Operator("norm", kernel, aux=("mean",))
    mean = nd.zeros(1)
    invoke(op, [nd.ones(1), mean], {})
    assert mean._storage.version == 0
    with autograd.train_mode():
        invoke(op, [nd.ones(1), mean], {})
    assert (mean._storage.version, mean.asscalar()) == (1, 1)


def test_a_kernel_gets_the_stream_of_its_context():
    op = Operator("draw", lambda xp, data, *, rng: data + rng.random())
    mx.random.seed(5)
    first = [invoke(op, [nd.zeros(1, ctx=ctx)], {}).asscalar() for ctx in (mx.cpu(0), mx.cpu(1))]
    mx.random.seed(5)
    again = invoke(op, [nd.zeros(1, ctx=mx.cpu(1))], {}).asscalar()
    assert first[0] != first[1] == again


# -- out= -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [nd.exp, nd.softmax], ids=["in place", "copied"])
def test_out_takes_the_result_and_is_returned(function):
    x, out = nd.array([1, 2]), nd.zeros(2)
    assert function(x, out=out) is out
    np.testing.assert_array_equal(out.asnumpy(), function(x).asnumpy())
    assert out._storage.version == 1


@pytest.mark.parametrize("function", [nd.exp, nd.softmax], ids=["in place", "copied"])
def test_out_converts_the_dtype(function):
    x, out = nd.array([1, 2]), nd.zeros(2, dtype="float16")
    function(x, out=out)
    assert out.dtype is np.float16
    np.testing.assert_allclose(out.asnumpy(), function(x).asnumpy(), rtol=1e-3)


@pytest.mark.parametrize("function", [nd.square, nd.softmax], ids=["in place", "copied"])
def test_out_may_be_the_input_itself(function):
    x = nd.array([2, 3])
    expected = function(x).asnumpy()
    function(x, out=x)
    np.testing.assert_array_equal(x.asnumpy(), expected)


def test_out_may_overlap_an_input():
    x = nd.arange(6)
    nd.elemwise_add(x[:-1], x[1:], out=x[1:])
    assert x.tolist() == [0, 1, 3, 5, 7, 9]


def test_out_takes_several_results():
    x, out = nd.arange(4).reshape(2, 2), [nd.zeros((1, 2)), nd.zeros((1, 2))]
    assert nd.split(x, num_outputs=2, axis=0, out=out) is out
    assert [each.tolist() for each in out] == [[[0, 1]], [[2, 3]]]


@pytest.mark.parametrize(
    "function", [lambda x, out: nd.broadcast_add(x, x, out=out), lambda x, out: nd.softmax(x, out=out)]
)
@pytest.mark.parametrize("shape", [(2, 3), (1,), (4,)])
def test_out_of_another_shape_is_an_error_even_if_the_result_would_broadcast(function, shape):
    out = nd.zeros(shape)
    with pytest.raises(
        ShapeMismatchError, match=r"The array given as out= to '.*' has shape .* and cannot take \(3,\)"
    ):
        function(nd.ones(3), out)
    assert out._storage.version == 0


def test_out_of_another_number_is_an_error():
    with pytest.raises(
        ArgumentError,
        match=r"another number of arrays in out= than it has outputs.\n  Expected 2, received 1",
    ):
        nd.split(nd.ones((2, 2)), num_outputs=2, axis=0, out=nd.ones((1, 2)))


@pytest.mark.parametrize("function", [nd.exp, nd.softmax])
@pytest.mark.parametrize("out", [3, np.ones(2), "y"])
def test_out_that_is_no_array_is_an_error(function, out):
    with pytest.raises(
        ArgumentTypeError, match=f"The array given as out= to '{function.__name__}' is no array"
    ):
        function(nd.ones(2), out=out)


def test_nothing_is_written_unless_all_of_out_can_be():
    out = [nd.zeros((1, 2)), nd.zeros(7)]
    with pytest.raises(ShapeMismatchError):
        nd.split(nd.ones((2, 2)), num_outputs=2, axis=0, out=out)
    assert out[0].asnumpy().sum() == 0


def _count_up(xp, *data, parts: int, out=None):
    """Return each input plus what ``out`` held, and put 9 into the last input."""
    results = [x + (0 if out is None else target) for x, target in zip(data, out or data, strict=True)]
    data[-1][...] = 9
    for target, result in zip(out or (), results, strict=bool(out)):
        target[...] = result
    return out or tuple(results)


@pytest.fixture
def count_up():
    """An operator with several results, which takes out= and writes an input."""
    op = Operator(
        "count_up",
        _count_up,
        in_place=True,
        outputs=lambda parts: [f"output{i}" for i in range(parts)],
        written=lambda parts: [parts - 1],
    )
    op.shape(lambda s: [s.same(i, s.n_inputs + i) for i in range(s.n_inputs)])
    return op


def test_several_results_are_computed_in_the_callers_arrays(count_up):
    x, y, out = nd.ones(2), nd.ones(3), [nd.ones(2) * 4, nd.ones(3) * 5]
    memory = [target._raw for target in out]
    assert invoke(count_up, [x, y], {"parts": 2}, out) is out
    assert [target._raw is raw for target, raw in zip(out, memory, strict=True)] == [True, True]
    assert [target.tolist() for target in out] == [[5] * 2, [6] * 3]
    assert [target._storage.version for target in out] == [1, 1]


@pytest.mark.parametrize("given", [True, False])
def test_a_write_to_an_input_known_by_its_position_counts(count_up, given):
    x, y = nd.ones(2), nd.ones(3)
    invoke(count_up, [x, y], {"parts": 2}, [nd.ones(2), nd.ones(3)] if given else None)
    assert (y.tolist(), y._storage.version, x._storage.version) == ([9] * 3, 1, 0)


def test_a_kernel_sees_what_an_array_of_another_dtype_held(count_up):
    out = [nd.array([4.0], dtype="float64")]
    invoke(count_up, [nd.ones(1)], {"parts": 1}, out)
    assert (out[0].dtype, out[0].tolist()) == (np.float64, [5])


def test_a_kernel_sees_what_an_array_held_while_recording_too(count_up):
    out = nd.array([4.0])
    with autograd.record():
        invoke(count_up, [nd.ones(1)], {"parts": 1}, out)
    assert out.tolist() == [5]


def test_nothing_is_written_where_an_out_array_is_refused(count_up):
    x = nd.ones(2)
    with pytest.raises(ShapeMismatchError, match=r"The array given as out= to 'count_up' has shape \(3,\)"):
        invoke(count_up, [x], {"parts": 1}, nd.ones(3))
    assert x.tolist() == [1, 1]


# -- in-place operators -----------------------------------------------------------------------------------

IN_PLACE = {
    "+=": lambda x, y: x.__iadd__(y),
    "-=": lambda x, y: x.__isub__(y),
    "*=": lambda x, y: x.__imul__(y),
    "/=": lambda x, y: x.__itruediv__(y),
    "%=": lambda x, y: x.__imod__(y),
}
NUMPY = {"+=": np.add, "-=": np.subtract, "*=": np.multiply, "/=": np.true_divide, "%=": np.mod}

positive = hnp.arrays("float32", (2, 2), elements=st.floats(0.5, 4, width=32))


@given(
    st.sampled_from(sorted(IN_PLACE)),
    positive,
    st.one_of(positive, st.integers(1, 3), st.sampled_from([0.5, 2.0])),
)
def test_in_place_operators_compute_what_numpy_does_in_the_same_memory(sign, left, right):
    x = nd.array(left)
    memory = x._raw
    result = IN_PLACE[sign](x, nd.array(right) if isinstance(right, np.ndarray) else right)
    assert result is x
    assert x._raw is memory
    np.testing.assert_allclose(x.asnumpy(), NUMPY[sign](left, np.float32(right)), rtol=1e-6)


def test_in_place_operators_broadcast_the_right_side_but_never_grow():
    x = nd.zeros((2, 3))
    x += nd.ones(3)
    assert x.asnumpy().sum() == 6
    y = nd.zeros(3)
    with pytest.raises(ShapeMismatchError, match=r"has shape \(3,\) and cannot take \(2, 3\)"):
        y += nd.ones((2, 3))
    assert y._storage.version == 0


def test_in_place_operators_keep_the_dtype():
    x = nd.array([3, 5], dtype="int32")
    x += 1.9
    assert (x.dtype, x.tolist()) == (np.int32, [4, 6])
    with pytest.raises(DTypeError, match="received lhs int32, rhs float32"):
        x += nd.ones(2)


def test_in_place_operators_are_refused_for_what_is_recorded():
    x = nd.ones(2)
    x.attach_grad()
    with autograd.record(), pytest.raises(InPlaceError, match="cannot be written while recording"):
        x *= 2


# -- plugs ------------------------------------------------------------------------------------------------


def test_operators_as_attributes_take_parameters_as_callers_write_them():
    assert RECORDED.sum(nd.ones((2, 3)), axis=-1).tolist() == [3, 3]
    assert RECORDED.zeros((2,), np.dtype("float16"), mx.cpu(1)).context is mx.cpu(1)


def test_an_array_without_memory_needs_somebody_to_settle_it(monkeypatch):
    op = Operator("same", lambda xp, data: data * 1)
    x = nd.ones(2)
    x._raw = None
    monkeypatch.setattr(settle_hook, "settle", settle_hook._nothing_plugged_in)
    with pytest.raises(
        AssertionError, match="a placeholder reached <operator same> without anything to settle it"
    ):
        invoke(op, [x], {})
    monkeypatch.setattr(settle_hook, "settle", lambda op, inputs, params: [nd.full(2, 7)])
    assert invoke(op, [x], {}).tolist() == [7, 7]


def test_operators_may_run_in_many_threads_at_once():
    x = nd.ones((8, 8))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            results = pool.map(lambda _: nd.dot(x, x).sum().asscalar(), range(800))
            assert set(results) == {512}
    finally:
        sys.setswitchinterval(before)
