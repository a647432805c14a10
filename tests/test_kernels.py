"""Kernel lookup: registering, forcing, explaining."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd, kernels, nd
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    ContextError,
    DuplicateNameError,
    NoKernelError,
    ShapeMismatchError,
    UnknownNameError,
)


@pytest.fixture
def register():
    """``kernels.register``, undone after the test."""
    registered = []

    def register(op, provider, **options):
        decorate = kernels.register(op, provider=provider, **options)

        def add(function):
            result = decorate(function)
            registered.append((op, provider))
            return result

        return add

    yield register
    for op, provider in dict.fromkeys(registered):
        if any(provider in names for names in kernels.providers(op).values()):
            kernels.unregister(op, provider)


def constant(value):
    """A kernel whose result tells that it ran."""

    def kernel(xp, data, **params):
        return xp.full_like(data, value)

    return kernel


def ran(function=nd.softsign):
    """What ran: the value of a constant kernel, or 0 for the generic one."""
    return int(function(nd.zeros(1)).asscalar())


# -- registering ------------------------------------------------------------------------------------------


def test_a_registered_kernel_runs_in_place_of_the_generic_one(register):
    register("softsign", "mine")(constant(7))
    assert ran() == 7


def test_registering_returns_the_function(register):
    kernel = constant(7)
    assert register("softsign", "mine")(kernel) is kernel


def test_an_alias_names_the_same_operator(register):
    register("stop_gradient", "mine")(constant(7))
    assert kernels.providers("BlockGrad") == {"cpu": ["mine", "generic"], "gpu": ["generic"]}


def test_a_kernel_gets_the_raw_arrays_and_all_parameters(register):
    got = []

    @register("FullyConnected", "mine")
    def dense(xp, *arrays, **params):
        got.extend([xp, *arrays, params])
        return np.zeros((2, 4), "float32")

    nd.FullyConnected(nd.ones((2, 3)), nd.ones((4, 3)), num_hidden=4, no_bias="True")
    assert got[0] is np
    assert [type(array) for array in got[1:3]] == [np.ndarray] * 2
    assert got[3] == {"num_hidden": 4, "no_bias": True, "flatten": True}


def test_a_kernel_for_another_device_is_not_asked(register):
    register("softsign", "mine", device="gpu")(constant(7))
    assert ran() == 0
    assert kernels.providers("softsign") == {"cpu": ["generic"], "gpu": ["mine", "generic"]}


def test_higher_priority_is_asked_first_and_the_generic_kernel_last(register):
    register("softsign", "low", priority=-1)(constant(1))
    register("softsign", "high", priority=1)(constant(2))
    register("softsign", "first")(constant(3))
    register("softsign", "second")(constant(4))
    assert kernels.providers("softsign")["cpu"] == ["high", "first", "second", "low", "generic"]
    assert ran() == 2


def test_a_kernel_that_refuses_passes_to_the_next(register):
    def only_vectors(arrays, params):
        return arrays[0].ndim == 1

    register("softsign", "mine", when=only_vectors)(constant(7))
    assert ran() == 7
    assert nd.softsign(nd.zeros((1, 1))).asscalar() == 0


@pytest.mark.parametrize(
    ("answer", "takes"), [(True, 7), (np.True_, 7), (False, 0), ("too small", 0), (None, 0)]
)
def test_a_predicate_answers_yes_no_or_why_not(register, answer, takes):
    register("softsign", "mine", when=lambda arrays, params: answer)(constant(7))
    assert ran() == takes


def test_a_predicate_sees_raw_arrays_and_parameters(register):
    seen = []

    def when(arrays, params):
        seen.append(([type(array) for array in arrays], dict(params)))
        return False

    register("softmax", "mine", when=when)(constant(7))
    nd.softmax(nd.zeros(2), axis=0)
    assert [kinds for kinds, _ in seen] == [[np.ndarray]]
    assert seen[0][1]["axis"] == 0


def test_gradient_rules_run_registered_kernels_too(register):
    """The gradient of sin is g cos(x)."""
    x = nd.zeros(1)
    x.attach_grad()
    register("cos", "mine")(constant(7))
    with autograd.record():
        y = nd.sin(x)
    y.backward()
    assert x.grad.asscalar() == 7


def test_a_kernel_need_not_write_into_out(register):
    register("exp", "mine")(lambda xp, data: xp.full_like(data, 7))
    x, out = nd.zeros(2), nd.zeros(2)
    assert nd.exp(x, out=out) is out
    assert out.tolist() == [7, 7]


def test_in_place_operators_use_registered_kernels(register):
    register("_plus_scalar", "mine")(lambda xp, data, *, scalar: data + 100 * scalar)
    x = nd.zeros(2)
    x += 2
    assert x.tolist() == [200, 200]


def test_one_provider_has_one_kernel_for_an_operator_and_device(register):
    register("softsign", "mine")(constant(7))
    register("softsign", "mine", device="gpu")(constant(7))
    with pytest.raises(
        DuplicateNameError, match="'softsign' has a kernel from provider 'mine' for cpu already"
    ):
        register("softsign", "mine")(constant(8))
    with pytest.raises(DuplicateNameError, match="provider 'generic' for cpu already"):
        register("softsign", "generic")(constant(8))
    assert ran() == 7


@pytest.mark.parametrize("device", ["tpu", "cpu(0)", None])
def test_a_kernel_needs_a_device(register, device):
    with pytest.raises(
        ArgumentError, match=r"A kernel for 'softsign' needs a device.\n  Expected 'cpu' or 'gpu', received"
    ):
        register("softsign", "mine", device=device)


@pytest.mark.parametrize("priority", [float("-inf"), float("nan")])
def test_a_kernel_needs_a_priority_before_the_generic_one(register, priority):
    with pytest.raises(
        ArgumentError, match=r"A kernel for 'softsign' needs a priority.\n  Expected a number"
    ):
        register("softsign", "mine", priority=priority)


@pytest.mark.parametrize(
    "use",
    [
        lambda: kernels.register("softsigh", provider="mine"),
        lambda: kernels.unregister("softsigh", "mine"),
        lambda: kernels.providers("softsigh"),
        lambda: kernels.explain("softsigh", nd.ones(1)),
        lambda: kernels.force("mine", "softsigh"),
    ],
)
def test_an_unknown_operator_is_an_error(use):
    with pytest.raises(UnknownNameError, match="Operator 'softsigh' does not exist"):
        use()


def test_an_unregistered_kernel_is_gone_on_all_devices(register):
    register("softsign", "mine")(constant(7))
    register("softsign", "mine", device="gpu")(constant(7))
    kernels.unregister("softsign", "mine")
    assert kernels.providers("softsign") == {"cpu": ["generic"], "gpu": ["generic"]}
    assert ran() == 0


@pytest.mark.parametrize("provider", ["mine", "generic"])
def test_what_was_never_registered_cannot_be_removed(provider):
    with pytest.raises(
        UnknownNameError, match=f"Provider '{provider}' has no kernel for operator 'softsign' that could"
    ):
        kernels.unregister("softsign", provider)


# -- forcing ----------------------------------------------------------------------------------------------


@pytest.fixture
def three(register):
    """Providers a (7, preferred) and b (8) for softsign, and a (9) for cos."""
    register("softsign", "a", priority=1)(constant(7))
    register("softsign", "b")(constant(8))
    register("cos", "a")(constant(9))


def test_a_forced_provider_runs_whatever_the_priorities(three):
    with kernels.force("b"):
        assert ran() == 8
    assert ran() == 7


def test_a_provider_forced_in_general_counts_where_it_has_a_kernel(three):
    with kernels.force("b"):
        assert ran(nd.cos) == 9
    with kernels.force("generic"):
        assert [ran(), ran(nd.cos)] == [0, 1]


def test_a_provider_can_be_forced_for_one_operator(three):
    with kernels.force("b", "softsign"):
        assert [ran(), ran(nd.cos)] == [8, 9]
    with kernels.force("generic", "softsign"):
        assert [ran(), ran(nd.cos)] == [0, 9]


def test_what_is_forced_for_one_operator_goes_before_what_is_forced_for_all(three):
    with kernels.force("b", "softsign"), kernels.force("generic"):
        assert [ran(), ran(nd.cos)] == [8, 1]
    with kernels.force("generic"), kernels.force("b", "softsign"):
        assert [ran(), ran(nd.cos)] == [8, 1]


def test_forcing_scopes_nest_and_the_inner_one_counts(three):
    with kernels.force("generic"):
        with kernels.force("b"):
            assert ran() == 8
        assert ran() == 0


def test_leaving_by_an_exception_ends_the_forcing(three):
    with pytest.raises(KeyError), kernels.force("b"):
        raise KeyError
    assert ran() == 7


def test_a_forcing_scope_can_be_entered_inside_itself(three):
    scope = kernels.force("b")
    with scope:
        with kernels.force("generic"), scope:
            assert ran() == 8
        assert ran() == 8
    assert ran() == 7


def test_forcing_holds_in_its_own_thread_only(three):
    found = []
    scope = kernels.force("b")
    entered, looked = threading.Event(), threading.Event()

    def other():
        found.append(ran())
        with scope:
            entered.set()
            looked.wait(10)
            found.append(ran())
        found.append(ran())

    thread = threading.Thread(target=other)
    with scope:
        thread.start()
        entered.wait(10)
    found.append(ran())
    looked.set()
    thread.join()
    assert found == [7, 7, 8, 7]


def test_forcing_a_provider_that_registered_nothing_is_an_error_at_entry(three):
    scope = kernels.force("nobody")
    with pytest.raises(
        UnknownNameError,
        match=r"'nobody' cannot be forced: it has registered no kernel.\n  Expected one of a, b, generic",
    ):
        scope.__enter__()
    assert ran() == 7


def test_forcing_a_provider_for_an_operator_that_it_has_no_kernel_for_is_an_error_at_entry(three):
    with (
        pytest.raises(
            UnknownNameError, match=r"it has no kernel for operator 'cos'.\n  Expected one of a, generic"
        ),
        kernels.force("b", "cos"),
    ):
        pass


def test_a_provider_that_took_its_kernels_back_cannot_be_forced(register):
    register("softsign", "mine")(constant(7))
    kernels.unregister("softsign", "mine")
    with pytest.raises(UnknownNameError, match="cannot be forced"), kernels.force("mine"):
        pass


@pytest.mark.parametrize("op", ["*", "softsign"])
def test_a_forced_kernel_that_refuses_is_an_error_with_its_reason(register, op):
    register("softsign", "mine", when=lambda arrays, params: "only for large arrays")(constant(7))
    with kernels.force("mine", op), pytest.raises(NoKernelError) as error:
        ran()
    assert str(error.value) == (
        "Operator 'softsign' cannot run on cpu with a kernel from provider 'mine', which is forced: "
        "only for large arrays.\n  Expected one of mine, generic."
    )


def test_a_provider_forced_for_an_operator_needs_a_kernel_on_the_device(register):
    register("softsign", "mine", device="gpu")(constant(7))
    with (
        kernels.force("mine", "softsign"),
        pytest.raises(NoKernelError, match="which is forced: it has registered none"),
    ):
        ran()


# -- explaining -------------------------------------------------------------------------------------------


def test_an_explanation_lists_all_kernels_with_their_reasons(register):
    register("softmax", "picky", priority=2, when=lambda arrays, params: "the axis is not the last")(
        constant(1)
    )
    register("softmax", "silent", priority=1, when=lambda arrays, params: False)(constant(2))
    register("softmax", "mine")(constant(3))
    explanation = kernels.explain("softmax", nd.ones((2, 2), ctx=mx.cpu(1)), axis=0)
    assert (
        str(explanation)
        == repr(explanation)
        == (
            "Operator 'softmax' on cpu(1):\n"
            "  picky    would not: the axis is not the last\n"
            "  silent   would not: its predicate refuses these arrays\n"
            "  mine     would run\n"
            "  generic  would not: 'mine' is asked first"
        )
    )


def test_an_explanation_can_be_read_by_programs(three):
    explanation = kernels.explain("softsign", nd.ones(1))
    assert (explanation.operator, explanation.context, explanation.provider) == ("softsign", mx.cpu(0), "a")
    assert [each.provider for each in explanation.candidates] == ["a", "b", "generic"]
    assert [each.refusal is None for each in explanation.candidates] == [True, False, False]


def test_an_operator_without_providers_runs_its_generic_kernel():
    assert str(kernels.explain("tanh", nd.ones(1))) == "Operator 'tanh' on cpu(0):\n  generic  would run"


def test_an_explanation_knows_what_is_forced(three):
    with kernels.force("b"):
        explanation = kernels.explain("softsign", nd.ones(1))
    assert explanation.provider == "b"
    assert [each.refusal for each in explanation.candidates] == [
        "provider 'b' is forced",
        None,
        "provider 'b' is forced",
    ]


def test_where_the_forced_provider_refuses_nothing_would_run(register):
    register("softsign", "mine", when=lambda arrays, params: "no")(constant(7))
    with kernels.force("mine"):
        explanation = kernels.explain("softsign", nd.ones(1))
    assert explanation.provider is None
    assert [each.refusal for each in explanation.candidates] == ["no", "provider 'mine' is forced"]


@pytest.mark.parametrize("op", ["FullyConnected", nd.FullyConnected])
def test_an_operator_is_explained_by_name_or_by_its_function(op):
    x, w = nd.ones((2, 3)), nd.ones((4, 3))
    assert kernels.explain(op, x, weight=w, num_hidden=4, no_bias=True).operator == "FullyConnected"


def test_an_alias_is_explained_under_the_operators_name():
    assert kernels.explain("stop_gradient", nd.ones(1)).operator == "BlockGrad"


@pytest.mark.parametrize("op", [nd.array, print, 3])
def test_a_function_that_is_no_operator_cannot_be_explained(op):
    with pytest.raises(
        ArgumentTypeError, match=r"explain\(\) knows no such operator.\n  Expected a name, or a function of"
    ):
        kernels.explain(op, nd.ones(1))


@pytest.mark.parametrize(
    ("explain", "error", "text"),
    [
        (lambda: kernels.explain("dot", nd.ones(2)), ArgumentError, "needs its input 'rhs'"),
        (
            lambda: kernels.explain("dot", nd.ones(2), [1]),
            ArgumentTypeError,
            "not this for its argument 'rhs'",
        ),
        (
            lambda: kernels.explain("dot", nd.ones(2), nd.ones(3)),
            ShapeMismatchError,
            "the rest of the call needs",
        ),
        (
            lambda: kernels.explain("dot", nd.ones(2), nd.ones(2, ctx=mx.cpu(1))),
            ContextError,
            "different contexts",
        ),
        (
            lambda: kernels.explain("dot", nd.ones(2), nd.ones(2), axis=3),
            ArgumentError,
            "has no parameter 'axis'",
        ),
    ],
)
def test_a_call_that_would_fail_is_explained_by_its_error(explain, error, text):
    with pytest.raises(error, match=text):
        explain()


def test_explaining_runs_nothing(register):
    register("softsign", "mine")(lambda xp, data: 1 / 0)
    assert kernels.explain("softsign", nd.ones(1)).provider == "mine"


# -- the environment --------------------------------------------------------------------------------------

REPORT = """
import threading
import numpy as np
import gluonish as mx
from gluonish.engine.ndarray import from_data
zero = from_data(np.zeros(1), mx.cpu(0))
def report():
    try:
        print(int(mx.nd.softsign(zero).asscalar()))
    except mx.errors.NoKernelError as error:
        print(error)
@mx.kernels.register("softsign", provider="mine", priority=1)
def seven(xp, data): return data + 7
@mx.kernels.register("softsign", provider="yours")
def eight(xp, data): return data + 8
report()
thread = threading.Thread(target=report)
thread.start(); thread.join()
with mx.kernels.force("mine", "softsign"):
    report()
"""


def run(variable, program=REPORT):
    environment = {**os.environ, "GLUONISH_KERNELS": variable}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("variable", "lines"),
    [
        ("", ["7", "7", "7"]),
        ("generic", ["0", "0", "7"]),
        ("yours", ["8", "8", "7"]),
        ("softsign=yours", ["8", "8", "7"]),
        (" softsign = yours , generic", ["8", "8", "7"]),
        ("_copy=generic,,", ["7", "7", "7"]),
    ],
)
def test_the_environment_forces_providers_for_the_process(variable, lines):
    result = run(variable)
    assert result.stdout.split() == lines, result.stderr


@pytest.mark.parametrize("variable", ["softsign=nobody", "nobody"])
def test_a_provider_of_the_environment_that_registers_nothing_is_an_error_of_the_operator(variable):
    text = (
        "Operator 'softsign' cannot run on cpu with a kernel from provider 'nobody', which is forced: "
        "it has registered none.\n  Expected one of mine, yours, generic.\n"
    )
    assert run(variable).stdout == f"{text}{text}7\n"


@pytest.mark.parametrize(
    ("variable", "mistake"),
    [("softsigh=mine", "there is no operator 'softsigh'"), ("softsign=", "a provider is missing")],
)
def test_an_environment_that_cannot_be_followed_is_an_error_on_import(variable, mistake):
    result = run(variable, "import gluonish")
    assert result.returncode == 1
    assert f"The environment variable GLUONISH_KERNELS cannot be followed: {mistake}." in result.stderr
    assert f"received {variable!r}" in result.stderr
