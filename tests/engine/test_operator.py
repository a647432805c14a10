"""Declaring operators: what a signature says, rules, and the plan of what a gradient saves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.engine import table
from gluonish.engine.invoke import invoke
from gluonish.engine.operator import (
    Operator,
    declare_all,
    declare_later,
    find_operator,
    operator,
    operators,
    promised_operators,
)
from gluonish.errors import (
    ArgumentError,
    DTypeError,
    DuplicateNameError,
    ShapeMismatchError,
    UnknownNameError,
)

FLOAT32, FLOAT64 = np.dtype("float32"), np.dtype("float64")


@pytest.fixture
def declarations():
    """Operators that a test declares are forgotten after it; those of the package are all there before."""
    declare_all()
    tables = (table._TABLE, table._LATER)
    before = [dict(each) for each in tables]
    yield
    for each, content in zip(tables, before, strict=True):
        each.clear()
        each.update(content)


def linear(xp, data, weight, bias=None, *, units: int, scale: float = 1.0):
    """Return a weighted sum."""
    result = xp.matmul(data, weight.T) * scale
    return result if bias is None else result + bias


# -- the signature ----------------------------------------------------------------------------------------


def test_the_kernels_signature_is_the_declaration():
    op = Operator("linear", linear)
    assert op.input_names == ("data", "weight", "bias")
    assert op.required == 2
    assert list(op.fields) == ["units", "scale"]
    assert op.doc == "Return a weighted sum."
    assert op.single
    assert repr(op) == "<operator linear>"


def test_rng_training_and_out_are_no_parameters():
    def kernel(xp, data, *, p: float = 0.5, rng, training, out=None):
        pass

    op = Operator("drop", kernel)
    assert list(op.fields) == ["p"]
    assert op.extras == ("rng", "training")


def test_a_variadic_operator_numbers_its_inputs():
    op = Operator("stack", lambda xp, *data, axis=0: None)
    assert op.variadic == "data"
    assert op.names_of_inputs([True, True]) == ("arg0", "arg1")


def test_the_names_of_the_inputs_leave_out_those_that_are_absent():
    op = Operator("linear", linear)
    assert op.names_of_inputs([True, False, True]) == ("data", "bias")


def test_an_optional_input_is_used_where_its_parameters_say_so():
    op = Operator("linear", linear, uses={"bias": lambda units: units > 1})
    assert op.used_inputs({"units": 1, "scale": 1.0}) == ("data", "weight")
    assert op.used_inputs({"units": 2, "scale": 1.0}) == ("data", "weight", "bias")


def test_outputs_may_depend_on_parameters():
    def kernel(xp, data, *, parts: int):
        pass

    op = Operator("cut", kernel, outputs=lambda parts: [f"part{i}" for i in range(parts)])
    assert op.outputs({"parts": 3}) == ("part0", "part1", "part2")
    assert op.visible({"parts": 3}) == 3
    assert not op.single


@pytest.mark.parametrize(("visible", "expected"), [(None, 2), (1, 1), (lambda full: 2 if full else 1, 2)])
def test_some_outputs_can_be_hidden(visible, expected):
    def kernel(xp, data, *, full: bool = True):
        pass

    op = Operator("norm", kernel, outputs=("output", "mean"), visible=visible)
    assert op.visible({"full": True}) == expected


def test_states_are_written_in_training_and_mutated_inputs_always():
    op = Operator("norm", lambda xp, data, mean, count: None, aux=("mean",), mutates=("count",))
    assert op.writes
    assert set(op.written({}, training=True)) == {1, 2}
    assert set(op.written({}, training=False)) == {2}


def test_an_operator_can_say_what_it_writes():
    def kernel(xp, data, mean, *, frozen: bool):
        pass

    def written(frozen, training):
        return ["mean"] if training and not frozen else []

    op = Operator("norm", kernel, aux=("mean",), written=written)
    assert op.written({"frozen": False}, training=True) == (1,)
    assert op.written({"frozen": True}, training=True) == ()


def test_a_variadic_operator_says_by_position_what_it_writes():
    op = Operator("reset", lambda xp, *data, count: None, written=lambda count: range(1, count))
    assert op.writes
    assert op.written({"count": 3}, training=False) == (1, 2)


# -- the table --------------------------------------------------------------------------------------------


def test_a_declared_operator_is_found_by_every_name(declarations):
    @operator("_test_linear", aliases=("test_linear", "TestLinear"))
    def declared(xp, data):
        pass

    for name in ("_test_linear", "test_linear", "TestLinear"):
        assert find_operator(name) is operators()[name] is declared


@pytest.mark.parametrize("names", [("softmax",), ("mine", "softmax"), ("FullyConnected",)])
def test_declaring_a_name_or_alias_twice_is_an_error(declarations, names):
    with pytest.raises(
        DuplicateNameError, match=f"Operator '{names[-1]}' is declared twice.\n  The first declaration"
    ):
        operator(names[0], aliases=names[1:])(lambda xp, data: None)


def test_an_unknown_operator_is_an_error():
    with pytest.raises(UnknownNameError, match="Operator 'softmaks' does not exist"):
        find_operator("softmaks")


def test_an_operator_is_declared_when_its_name_is_looked_up(declarations):
    def declare():
        operator("_test_late", aliases=("test_late",))(lambda xp, data: None)
        operator("_test_later")(lambda xp, data: None)

    declare_later(("_test_late", "test_late", "_test_later"), declare)
    assert "test_late" not in operators()
    assert "test_late" in promised_operators()
    assert find_operator("test_late").name == "_test_late"
    assert "_test_later" in operators()
    assert not {"test_late", "_test_late", "_test_later"} & set(promised_operators())


def test_operators_are_declared_later_by_how_their_names_begin(declarations):
    declare_later(("_test_many_*",), lambda: operator("_test_many_a")(lambda xp, data: None))
    assert "_test_many_*" not in promised_operators()
    assert find_operator("_test_many_a").name == "_test_many_a"
    with pytest.raises(UnknownNameError, match="Operator '_test_many_b' does not exist"):
        find_operator("_test_many_b")


def test_an_operator_promised_but_not_declared_does_not_exist(declarations):
    declare_later(("_test_forgotten",), lambda: None)
    with pytest.raises(UnknownNameError, match="Operator '_test_forgotten' does not exist"):
        find_operator("_test_forgotten")


def test_all_operators_can_be_declared_at_once(declarations):
    declare_later(("_test_late",), lambda: operator("_test_late")(lambda xp, data: None))
    declare_all()
    assert "_test_late" in operators()
    assert promised_operators() == []


def test_the_table_handed_out_is_a_copy():
    operators().clear()
    assert operators()


# -- parameters -------------------------------------------------------------------------------------------


def test_parameters_are_completed_with_defaults_and_parsed():
    op = Operator("linear", linear)
    assert op.fill({"units": "3"}) == {"units": 3, "scale": 1.0}


def test_a_missing_parameter_is_an_error():
    with pytest.raises(
        ArgumentError, match=r"Operator 'linear' needs its parameter 'units'.\n  Expected an integer"
    ):
        Operator("linear", linear).fill({})


@pytest.mark.parametrize("given", [{"units": 1, "size": 2}, {"units": 1, "scale": 2, "size": 2}])
def test_an_unknown_parameter_is_an_error(given):
    with pytest.raises(
        ArgumentError, match=r"Operator 'linear' has no parameter 'size'.\n  Expected one of units, scale"
    ):
        Operator("linear", linear).fill(given)


def test_an_operator_without_parameters_refuses_any():
    op = Operator("plain", lambda xp, data: data)
    assert op.fill({}) == {}
    with pytest.raises(ArgumentError, match=r"has no parameter 'axis'.\n  Expected one of none"):
        op.fill({"axis": 1})


def test_parameters_that_mean_nothing_here_are_dropped():
    op = Operator("linear", linear, ignored=("cudnn_off",))
    assert op.fill({"units": 1, "cudnn_off": True}) == {"units": 1, "scale": 1.0}


# -- rules ------------------------------------------------------------------------------------------------


def declared():
    op = Operator("linear", linear)

    @op.shape
    def shape(s, units):
        data, weight = s["data"], s["weight"]
        s["weight"] = (units, None if data is None else data[-1])
        s["data"] = (None, None if weight is None else weight[-1])
        s["output"] = (None if data is None else data[0], units)
        if "bias" in s:
            s["bias"] = (units,)

    return op


def test_shapes_are_inferred_in_both_directions():
    op = declared()
    params = op.fill({"units": 4})
    assert op.infer([(2, 3), None], params) == ([(2, 3), (4, 3)], [(2, 4)])
    assert op.infer([(2, None), (None, 3), None], params) == ([(2, 3), (4, 3), (4,)], [(2, 4)])


def test_rules_run_until_nothing_new_is_said():
    """The rule states its facts in the wrong order on purpose."""
    op = Operator("chain", lambda xp, a, b, c: None)

    @op.shape
    def shape(s):
        s["output"] = s["c"]
        s["c"] = s["b"]
        s["b"] = s["a"]

    assert op.infer([(7,), None, None], {}) == ([(7,)] * 3, [(7,)])


def test_known_outputs_take_part_in_the_inference():
    op = Operator("same", lambda xp, data: None)
    op.shape(lambda s: s.same("data", "output"))
    assert op.infer([None], {}, [(5,)]) == ([(5,)], [(5,)])


def test_without_a_rule_all_dtypes_are_one():
    op = Operator("linear", linear)
    params = op.fill({"units": 1})
    assert op.infer_dtypes([FLOAT32, None], params) == ([FLOAT32] * 2, [FLOAT32])
    with pytest.raises(DTypeError, match="its argument 'weight' does not fit"):
        op.infer_dtypes([FLOAT32, FLOAT64], params)


def test_a_dtype_rule_is_followed():
    def kernel(xp, data, *, to: Literal["float32", "float64"] = "float64"):
        pass

    op = Operator("cast", kernel)

    @op.dtype
    def rule(d, to):
        d["output"] = np.dtype(to)

    assert not op.checks_itself
    assert op.infer_dtypes([FLOAT32], op.fill({})) == ([FLOAT32], [FLOAT64])


def test_a_rule_may_ask_for_all_parameters():
    op = Operator("linear", linear)
    seen = []
    op.shape(lambda s, params: seen.append(params))
    params = op.fill({"units": 4})
    op.infer([None, None], params)
    assert seen == [params]


def test_shapes_seen_before_are_not_checked_again():
    op = Operator("same", lambda xp, data: None)
    runs = []
    op.shape(lambda s: runs.append(s))
    for _ in range(3):
        op.check(((2,),), (FLOAT32,), {})
    op.check(((3,),), (FLOAT32,), {})
    op.check(((3,),), (FLOAT64,), {})
    assert len(runs) == 3


def test_refused_shapes_are_refused_every_time():
    op = declared()
    params = op.fill({"units": 4})
    for _ in range(2):
        with pytest.raises(ShapeMismatchError, match="its argument 'weight' has shape"):
            op.check(((2, 3), (4, 5)), (FLOAT32, FLOAT32), params)


def test_threads_may_check_at_once(monkeypatch):
    """The table of combinations is emptied when it is full, which any thread may do at any time."""
    monkeypatch.setattr("gluonish.engine.operator._CHECKED_LIMIT", 4)
    op = Operator("same", lambda xp, data: None)
    op.shape(lambda s: s.same("data", "output"))
    with ThreadPoolExecutor(4) as pool:
        checks = pool.map(lambda i: op.check(((i % 16,),), (FLOAT32,), {}), range(2000))
        assert list(checks) == [None] * 2000


# -- gradients --------------------------------------------------------------------------------------------


def saved_names(op, needed):
    """What the plan saves, by name."""
    outputs = op.outputs({})
    return [op.input_names[i] if is_input else outputs[i] for is_input, i in op.plan(needed).saved]


def product():
    op = Operator("product", lambda xp, a, b, c=None, *, scale=1.0: a * b * scale)

    @op.gradient("a")
    def of_a(F, g, b, scale):
        return g * b * scale

    @op.gradient("b")
    def of_b(F, g, a, output):
        return g * a

    return op


def test_a_plan_saves_what_the_rules_that_are_needed_name():
    op = product()
    assert saved_names(op, (True, False)) == ["b"]
    assert saved_names(op, (False, True)) == ["a", "output"]
    assert saved_names(op, (True, True)) == ["b", "a", "output"]
    assert saved_names(op, (False, False)) == []


def test_a_plan_calls_only_the_rules_that_are_needed():
    op = product()
    assert [position for _, _, position in op.plan((False, True)).rules] == [1]


def test_a_plan_is_made_once():
    op = product()
    assert op.plan((True, False)) is op.plan((True, False))


def test_an_array_named_by_two_rules_is_saved_once():
    op = Operator("sum", lambda xp, a, b: a)
    op.gradient("a")(lambda F, g, a: g * a)
    op.gradient("b")(lambda F, g, a: g * a)
    assert saved_names(op, (True, True)) == ["a"]


def test_types_are_kept_only_for_rules_that_ask_for_them():
    op = Operator("sum", lambda xp, a, b: a)
    op.gradient("a")(lambda F, g, shapes: g)
    op.gradient("b")(lambda F, g: g)
    assert op.plan((True, True)).wants_types
    assert not op.plan((False, True)).wants_types


def test_one_rule_may_serve_several_inputs():
    op = Operator("sum", lambda xp, a, b: a + b)
    op.gradient("a", "b")(lambda F, g: g)
    assert [op.has_gradient(i) for i in range(2)] == [True, True]


def test_states_receive_no_gradient_from_a_joint_rule():
    op = Operator("norm", lambda xp, data, mean: data, aux=("mean",))
    op.gradient()(lambda F, g: (g, None))
    assert op.differentiable
    assert [op.has_gradient(i) for i in range(2)] == [True, False]


def test_a_gradient_of_an_unknown_input_is_an_error_of_the_declaration():
    with pytest.raises(
        ArgumentError, match=r"has no input 'c' to declare a gradient of.\n  Expected one of a, b"
    ):
        Operator("sum", lambda xp, a, b: a).gradient("a", "c")


@pytest.mark.parametrize(
    ("declare", "choice"),
    [
        (lambda op, rule: op.shape(lambda s, colour: rule), "units, scale, params"),
        (lambda op, rule: op.dtype(lambda d, colour: rule), "units, scale, params"),
        (
            lambda op, rule: op.gradient("data")(lambda F, g, colour: rule),
            "data, weight, bias, output, units",
        ),
    ],
    ids=["shape", "dtype", "gradient"],
)
def test_a_rule_that_asks_for_what_does_not_exist_is_an_error_of_the_declaration(declare, choice):
    with pytest.raises(ArgumentError, match=f"what it asks for: 'colour'.\n  Expected one of {choice}"):
        declare(Operator("linear", linear), None)


def test_a_rule_cannot_ask_for_outputs_whose_names_depend_on_parameters():
    op = Operator("cut", lambda xp, data, *, parts: data, outputs=lambda parts: ["part0"])
    with pytest.raises(ArgumentError, match="what it asks for: 'part0'"):
        op.gradient("data")(lambda F, g, part0: g)


def run_backward(op, *arrays, **params):
    variables = [nd.array(each) for each in arrays]
    for x in variables:
        x.attach_grad()
    with autograd.record():
        outputs = invoke(op, variables, op.fill(params))
    autograd.backward(outputs if isinstance(outputs, list) else [outputs])
    return [x.grad.tolist() for x in variables]


def test_a_rule_gets_what_it_names():
    got = {}
    op = Operator("linear", linear)

    @op.gradient("data")
    def rule(F, g, weight, bias, output, units, params, shapes, dtypes, needed):
        got.update(locals())
        return F.dot(g, weight)

    @op.gradient("weight")
    def other(F, g, data):
        return F.dot(g, data, transpose_a=True)

    assert run_backward(op, [[1, 2]], [[3, 4], [5, 6]], units=2) == [[[8, 10]], [[1, 2], [1, 2]]]
    assert got["weight"].tolist() == [[3, 4], [5, 6]]
    assert got["bias"] is None
    assert got["output"].tolist() == [[11, 17]]
    assert (got["units"], got["params"]) == (2, {"units": 2, "scale": 1.0})
    assert got["shapes"] == ((1, 2), (2, 2))
    assert got["dtypes"] == (FLOAT32, FLOAT32)
    assert got["needed"] == (True, True)


def test_a_variadic_rule_gets_all_inputs_also_beside_other_saved_arrays():
    op = Operator("stack", lambda xp, *data: data[0] * data[1] * data[2])

    @op.gradient()
    def rule(F, g, output, data):
        return tuple(g * output / each for each in data)

    assert run_backward(op, [2.0], [3.0], [5.0]) == [[15], [10], [6]]


def test_outputs_that_nothing_used_come_to_the_rule_as_zeros():
    op = Operator("both", lambda xp, data: (data * 2, data * 3, data * 5), outputs=("x", "y", "z"), visible=2)
    seen = []

    @op.gradient("data")
    def rule(F, g, hidden):
        seen.append(hidden)
        return g[0] * 2 + g[1] * 3

    x = nd.array([1.0])
    x.attach_grad()
    with autograd.record():
        _, second = invoke(op, [x], {})
    second.backward()
    assert x.grad.asscalar() == 3
    assert seen == [(None,)]


def test_training_in_a_rule_is_what_it_was_when_the_operator_ran():
    op = Operator("mode", lambda xp, data, *, training: data * 1)
    seen = []

    @op.gradient("data")
    def rule(F, g, training):
        seen.append(training)
        return g

    for train_mode in (True, False):
        x = nd.array([1.0])
        x.attach_grad()
        with autograd.record(train_mode=train_mode):
            y = invoke(op, [x], {})
        y.backward(train_mode=not train_mode)
    assert seen == [True, False]


# -- operators made for one use ---------------------------------------------------------------------------


def test_an_operator_may_be_made_from_the_parameters_of_its_use(monkeypatch):
    monkeypatch.setattr(table, "_MAKERS", {})

    @table.operator_maker("made_for_tests")
    def make(given):
        return Operator(f"made_{given['units']}", lambda xp, data: data)

    assert table.operator_with("made_for_tests", {"units": 3}).name == "made_3"
    assert table.operator_with("relu", {}) is find_operator("relu")
    for taken in ("made_for_tests", "relu"):
        with pytest.raises(DuplicateNameError, match=f"Operator '{taken}' is declared twice"):
            table.operator_maker(taken)(make)
