"""The registry of initializers, how they are called, and the streams they draw from."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gluonish as mx
from gluonish.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from gluonish.gluon import Parameter, ParameterDict
from gluonish.initializer import InitDesc, Initializer, base
from gluonish.parameter import lifecycle

CONSTRUCTED = [
    mx.init.Zero(),
    mx.init.One(),
    mx.init.Constant(2.5),
    mx.init.Constant([[1.0, 2.0]]),
    mx.init.Uniform(0.3),
    mx.init.Normal(2.0),
    mx.init.Orthogonal(1.0, "normal"),
    mx.init.Xavier("gaussian", "in", 2),
    mx.init.MSRAPrelu("out", 0.1),
    mx.init.Bilinear(),
    mx.init.LSTMBias(0.5),
    mx.init.FusedRNN(mx.init.Uniform(0.2), 3, 2, "lstm", True, 0.5),
]
"""One of every class, none with its default arguments where it takes any."""

every_initializer = pytest.mark.parametrize("init", CONSTRUCTED, ids=lambda init: type(init).__name__)


@pytest.fixture
def own_registry(monkeypatch):
    """What a test registers is forgotten with it."""
    monkeypatch.setattr(base.INITIALIZERS, "classes", dict(base.INITIALIZERS.classes))


class Five(Initializer):
    """Fills with 5; what the name decides is left as it is in the base."""

    def _init_weight(self, name, arr):
        arr[:] = 5


def filled(init, name, shape=(2, 2), dtype="float32", **about):
    """Return an array of 7s after ``init`` was called for it."""
    array = mx.nd.full(shape, 7, dtype=dtype)
    init(InitDesc(name, **about), array)
    return array.asnumpy()


# -- the registry ---------------------------------------------------------------------------------------

NAMES = {
    "zero": mx.init.Zero,
    "zeros": mx.init.Zero,
    "one": mx.init.One,
    "ones": mx.init.One,
    "constant": mx.init.Constant,
    "uniform": mx.init.Uniform,
    "normal": mx.init.Normal,
    "orthogonal": mx.init.Orthogonal,
    "xavier": mx.init.Xavier,
    "msraprelu": mx.init.MSRAPrelu,
    "bilinear": mx.init.Bilinear,
    "lstmbias": mx.init.LSTMBias,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_registered_name_makes_its_class_whatever_its_case(name):
    assert type(mx.init.create(name)) is NAMES[name]
    assert type(mx.init.create(name.upper())) is NAMES[name]


def test_a_name_takes_the_arguments_of_its_class():
    assert mx.init.create("constant", 3).dumps() == '["constant", {"value": 3}]'
    assert mx.init.create("xavier", magnitude=2.5) == mx.init.Xavier(magnitude=2.5)


@pytest.mark.parametrize(
    "spelled",
    [
        '["normal", {"sigma": 0.5}]',
        ["normal", {"sigma": 0.5}],
        '{"initializer": "normal", "sigma": 0.5}',
        {"initializer": "normal", "sigma": 0.5},
    ],
)
def test_an_initializer_can_be_spelled_as_json_or_a_dictionary(spelled):
    assert mx.init.create(spelled) == mx.init.Normal(0.5)


@every_initializer
def test_dumps_is_json_from_which_an_equal_one_is_made(init):
    assert mx.init.create(init.dumps()) == init


def test_dumps_has_what_mxnet_writes():
    assert mx.init.MSRAPrelu().dumps() == '["msraprelu", {"factor_type": "avg", "slope": 0.25}]'
    assert mx.init.Orthogonal().dumps() == '["orthogonal", {"scale": 1.414, "rand_type": "uniform"}]'
    assert mx.init.Constant(mx.nd.array([1, 2])).dumps() == '["constant", {"value": [1.0, 2.0]}]'
    fused = json.loads(mx.init.FusedRNN(mx.init.Xavier(), 2, 1, "lstm").dumps())
    assert fused[1]["init"] == '["xavier", {"rnd_type": "uniform", "factor_type": "avg", "magnitude": 3}]'


@every_initializer
def test_an_initializer_is_created_from_itself(init):
    assert mx.init.create(init) is init


def test_any_callable_is_an_initializer():
    def fill(name, arr):
        arr[:] = 3

    assert mx.init.create(fill) is fill


@every_initializer
def test_equal_initializers_hash_alike(init):
    assert hash(init) == hash(mx.init.create(init.dumps()))


def test_initializers_are_equal_only_with_equal_arguments_and_class():
    assert mx.init.Normal(1.0) != mx.init.Normal(2.0)
    assert mx.init.Zero() != mx.init.One()
    assert mx.init.Zero() != "zero"


def test_an_unknown_name_is_an_error_that_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"'xavjer' is not registered.\s+Expected one of bilinear, co"):
        mx.init.create("xavjer")
    with pytest.raises(AssertionError):
        mx.init.create("")


@pytest.mark.parametrize(
    "nonsense", [None, 3, 0.5, mx.init.Zero, '["normal"', "[1, 2]", "{}", '["normal", 3, 4]', {"sigma": 1}]
)
def test_what_names_no_initializer_is_an_error_that_shows_it(nonsense):
    with pytest.raises(
        ArgumentTypeError,
        match=r"The initializer is none.\s+Expected an object of the class Initializer, a reg",
    ):
        mx.init.create(nonsense)


@pytest.mark.parametrize("init", [mx.init.One(), '["normal", {"sigma": 0.5}]', {"initializer": "zero"}])
def test_arguments_for_what_has_its_own_are_an_error(init):
    with pytest.raises(ArgumentError, match=r"has its arguments already.\s+Received \(3, \('sigma', 2\)\)"):
        mx.init.create(init, 3, sigma=2)


def test_an_argument_the_class_does_not_take_is_a_type_error():
    with pytest.raises(
        TypeError, match=r"Initializer 'normal' takes no argument 'scale'.\n  Expected sigma."
    ):
        mx.init.create("normal", scale=1)


def test_the_registry_is_the_one_of_mx_registry(own_registry):
    mx.registry.get_register_func(Initializer, "initializer")(Five)
    assert type(mx.init.create("five")) is Five
    mx.init.alias("cinq")(Five)
    assert type(mx.registry.get_create_func(Initializer, "initializer")("cinq")) is Five
    assert {"five", "cinq", "xavier"} < set(mx.registry.get_registry(Initializer))


def test_a_registered_class_can_be_named_by_any_parameter(own_registry):
    mx.init.register(Five)
    parameter = Parameter("w", shape=(2,), init="five")
    parameter.initialize()
    assert parameter.data().asnumpy().tolist() == [5, 5]


def test_a_class_can_have_further_names(own_registry):
    mx.init.alias("Quintet", "fives")(mx.init.register(Five))
    assert {type(mx.init.create(name)) for name in ("five", "quintet", "FIVES")} == {Five}


def test_a_name_given_to_another_class_is_replaced_with_a_warning(own_registry):
    class Uniform(Initializer):
        pass

    with pytest.warns(UserWarning, match="initializer 'uniform' was .*distributions.Uniform.* and becomes"):
        mx.init.register(Uniform)
    assert type(mx.init.create("uniform")) is Uniform


def test_a_class_defined_again_takes_its_name_over(own_registry):
    def define():
        class Again(Initializer):
            pass

        return mx.init.register(Again)

    define()
    second = define()
    assert type(mx.init.create("again")) is second


def test_an_unregistered_class_serves_as_an_object():
    parameter = Parameter("w", shape=(2,), init=Five())
    parameter.initialize()
    assert parameter.data().asnumpy().tolist() == [5, 5]


def test_repr_is_how_it_is_made():
    assert repr(mx.init.Xavier("gaussian")) == "Xavier(rnd_type='gaussian', factor_type='avg', magnitude=3)"


def test_a_class_without_init_weight_says_so():
    with pytest.raises(NotImplementedError, match="Initializer must define _init_weight"):
        filled(Initializer(), "w_weight")


# -- how they are called ----------------------------------------------------------------------------------


def test_a_description_is_a_string_with_attributes():
    desc = InitDesc("w", {"lr_mult": "2"}, mx.init.One())
    assert (desc, desc.attrs, desc.global_init) == ("w", {"lr_mult": "2"}, mx.init.One())
    copy = pickle.loads(pickle.dumps(desc))
    assert (copy, copy.attrs) == ("w", {"lr_mult": "2"})


SUFFIXES = {"weight": 5, "bias": 0, "gamma": 1, "beta": 0, "min": 0, "max": 1, "bias_quantize": 0}
"""What MXNet 1.9.1 fills, by the end of the name, where the initializer fills weights with 5."""


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_direct_call_goes_by_the_end_of_the_name(suffix):
    for name in (suffix, f"net0_{suffix}"):
        assert (filled(Five(), name) == SUFFIXES[suffix]).all()


def test_quantized_weights_are_random_bytes_over_the_whole_range():
    values = filled(Five(), "conv_weight_quantize", (4000,), "int8")
    assert (values.min(), values.max()) == (-127, 127)
    assert len(set(values.tolist())) == 255


@pytest.mark.parametrize("name", ["alpha", "bn_running_mean", "bn_moving_var", "W_WEIGHT", ""])
def test_a_name_that_says_nothing_is_an_error_and_leaves_the_array(name):
    array = mx.nd.full((2,), 7)
    with pytest.raises(
        ValueError, match=r"unknown initialization pattern.*\n  Expected a name that ends in wei"
    ):
        Five()(InitDesc(name), array)
    assert array.asnumpy().tolist() == [7, 7]


def test_an_initializer_of_the_variables_own_comes_before_the_name():
    attrs = {"__init__": mx.init.Constant(3).dumps()}
    assert (filled(Five(), "fc_bias", attrs=attrs) == 3).all()
    assert (filled(Five(), "anything", attrs={"__init__": "ones"}) == 1).all()


def test_an_array_in_want_of_a_global_initializer_gets_the_one_that_was_called():
    desc = InitDesc("w_weight")
    init = Five()
    init(desc, mx.nd.ones((2,)))
    assert desc.global_init is init


LEGACY = [
    ("upsampling_weight", (1, 1, 2, 2), [[[[1, 0], [0, 0]]]]),
    ("stn_loc_weight", (2,), [0, 0]),
    ("stn_loc_bias", (6,), [1, 0, 0, 0, 1, 0]),
    ("fc_bias", (2,), [0, 0]),
    ("fc_gamma", (2,), [1, 1]),
    ("fc_beta", (2,), [0, 0]),
    ("fc_weight", (2,), [5, 5]),
    ("bn_moving_mean", (2,), [0, 0]),
    ("bn_moving_var", (2,), [1, 1]),
    ("bn_moving_inv_var", (2,), [0, 0]),
    ("bn_moving_avg", (2,), [0, 0]),
    ("data_min", (2,), [0, 0]),
    ("data_max", (2,), [1, 1]),
]
"""What MXNet 1.9.1 fills when it is called with a plain string."""


@pytest.mark.parametrize(("name", "shape", "expected"), LEGACY, ids=[name for name, _, _ in LEGACY])
def test_a_plain_string_has_the_rules_of_the_first_versions_and_a_warning(name, shape, expected):
    array = mx.nd.full(shape, 7)
    with pytest.warns(DeprecationWarning, match=r"call initializers with mx.init.InitDesc\(name\)"):
        Five()(name, array)
    assert array.asnumpy().tolist() == expected


def test_a_plain_string_that_says_nothing_is_an_error():
    with (
        pytest.warns(DeprecationWarning, match="plain string"),
        pytest.raises(ValueError, match="Array 'alpha' has an unknown initialization pattern"),
    ):
        Five()("alpha", mx.nd.ones((2,)))


def test_a_name_that_is_no_string_is_a_type_error():
    with (
        pytest.warns(DeprecationWarning, match="plain string"),
        pytest.raises(TypeError, match=r"needs a name.\s+Expected a string, received 3"),
    ):
        Five()(3, mx.nd.ones((2,)))


def test_verbosity_prints_a_line_for_every_array(capsys):
    filled(mx.init.Constant(2).set_verbosity(True), "a_weight")
    filled(mx.init.Constant(2).set_verbosity(True, lambda arr: f"sum {arr.sum().asscalar()}"), "b_weight")
    assert capsys.readouterr().out.splitlines() == [
        "Initialized a_weight as Constant(value=2): root mean square 2",
        "Initialized b_weight as Constant(value=2): sum 8.0",
    ]


# -- Gluon's parameters -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fc_bias", "bn_gamma", "alpha", "running_mean"])
def test_a_parameter_is_filled_as_a_weight_whatever_its_name(name):
    parameter = Parameter(name, shape=(2,), init=Five())
    parameter.initialize()
    assert parameter.data().asnumpy().tolist() == [5, 5]


def test_init_bias_of_a_class_is_never_called_for_a_parameter():
    class Biased(Five):
        def _init_bias(self, name, arr):
            arr[:] = 9

    parameter = Parameter("fc_bias", shape=(2,))
    parameter.initialize(init=Biased())
    assert parameter.data().asnumpy().tolist() == [5, 5]
    assert (filled(Biased(), "fc_bias") == 9).all()


def test_a_function_fills_a_parameter():
    def ramp(name, arr):
        arr[:] = mx.nd.arange(arr.size)

    parameter = Parameter("w", shape=(3,))
    parameter.initialize(ramp)
    assert parameter.data().asnumpy().tolist() == [0, 1, 2]


def test_what_an_initializer_computes_is_not_recorded():
    class Recording(Initializer):
        def _init_weight(self, name, arr):
            recorded.append(mx.autograd.is_recording())
            arr[:] = 1

    recorded = []
    parameter = Parameter("w", shape=(3,), init=Recording())
    with mx.autograd.record():
        parameter.initialize()
    assert recorded == [False]


# -- streams ----------------------------------------------------------------------------------------------


def normal_parameter(name, shape=(4, 3), dtype="float32", init=None, **kwargs):
    return Parameter(name, shape=shape, dtype=dtype, init=init or mx.init.Normal(1.0), **kwargs)


def initial_values(names, **kwargs):
    """Return the first values of parameters that are initialised together, by name."""
    params = ParameterDict()
    for name in names:
        params.add(name, normal_parameter(name, **kwargs))
    params.initialize()
    return {name: p.data().asnumpy() for name, p in params.items()}


names_of_parameters = st.lists(st.text("abc_", min_size=1, max_size=3), min_size=1, max_size=5, unique=True)


@given(names_of_parameters, st.randoms(), st.integers(0, 2**40))
@settings(max_examples=30)
def test_values_do_not_depend_on_what_else_is_initialized_or_in_which_order(names, random, seed):
    mx.random.seed(seed)
    together = initial_values(names)
    shuffled = list(names)
    random.shuffle(shuffled)
    mx.random.seed(seed)
    for name in shuffled:
        mx.random.uniform(shape=(random.randrange(4),) if random.random() < 0.5 else (7,))
        np.testing.assert_array_equal(initial_values([name])[name], together[name])


@given(st.integers(0, 3), st.integers(0, 2**40))
@settings(max_examples=20)
def test_values_depend_on_how_often_the_path_was_initialized_since_the_seed(times, seed):
    mx.random.seed(seed)
    sequence = [initial_values(["w"])["w"] for _ in range(times + 1)]
    assert len({value.tobytes() for value in sequence}) == times + 1
    mx.random.seed(seed)
    initial_values(["v"])
    again = [initial_values(["w"])["w"] for _ in range(times + 1)]
    np.testing.assert_array_equal(sequence, again)


def test_values_depend_on_the_seed():
    mx.random.seed(1)
    first = initial_values(["w"])["w"]
    mx.random.seed(2)
    assert not np.array_equal(initial_values(["w"])["w"], first)


def test_different_parameters_are_uncorrelated():
    count = 40_000
    values = initial_values(["a", "b"], shape=(count,))
    assert abs(np.corrcoef(values["a"], values["b"])[0, 1]) < 5 / np.sqrt(count)


def test_deferred_and_immediate_initialisation_give_the_same_bits():
    mx.random.seed(3)
    immediate = initial_values(["w"])["w"]
    mx.random.seed(3)
    parameter = normal_parameter("w", shape=(4, 0), allow_deferred_init=True)
    parameter.initialize()
    initial_values(["x", "y"])
    mx.random.normal(shape=9)
    parameter.shape = (4, 3)
    lifecycle.finish([parameter.core])
    np.testing.assert_array_equal(parameter.data().asnumpy(), immediate)


RANDOM = [
    mx.init.Uniform(2.0),
    mx.init.Normal(2.0),
    mx.init.Xavier(),
    mx.init.Xavier("gaussian"),
    mx.init.MSRAPrelu(),
    mx.init.Orthogonal(),
]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("init", RANDOM, ids=repr)
def test_half_precision_values_are_the_cast_of_the_single_precision_ones(init, dtype):
    mx.random.seed(5)
    single = normal_parameter("w", (40, 30), init=init)
    single.initialize()
    mx.random.seed(5)
    half = normal_parameter("w", (40, 30), dtype, init=init)
    half.initialize()
    np.testing.assert_array_equal(half.data().asnumpy(), single.data().astype(dtype).asnumpy())


class Drawing(Initializer):
    """Draws with mx.random, in each of its ways."""

    def _init_weight(self, name, arr):
        half = arr.size // 2
        arr[:half] = mx.random.uniform(2, 3, shape=half)
        arr[half:] = mx.nd.random.normal(shape=(arr.size - half,))


def test_a_users_initializer_draws_from_the_parameters_own_stream():
    mx.random.seed(5)
    first = normal_parameter("w", (100,), init=Drawing())
    first.initialize()
    mx.random.seed(5)
    mx.random.uniform(shape=11)
    again = normal_parameter("w", (100,), init=Drawing())
    again.initialize(ctx=[mx.cpu(1), mx.cpu(2)])
    np.testing.assert_array_equal(again.data(mx.cpu(2)).asnumpy(), first.data().asnumpy())
    assert (first.data().asnumpy()[:50] >= 2).all()


def test_initialising_leaves_the_streams_of_the_contexts_where_they_were():
    mx.random.seed(5)
    expected = mx.random.uniform(shape=4).asnumpy()
    mx.random.seed(5)
    normal_parameter("w", (100,), init=Drawing()).initialize()
    normal_parameter("v", (100,)).initialize()
    np.testing.assert_array_equal(mx.random.uniform(shape=4).asnumpy(), expected)


def test_a_failing_initializer_gives_the_stream_back():
    class Failing(Initializer):
        def _init_weight(self, name, arr):
            raise ZeroDivisionError("in the middle")

    mx.random.seed(5)
    expected = mx.random.uniform(shape=4).asnumpy()
    mx.random.seed(5)
    with pytest.raises(ZeroDivisionError, match="in the middle"):
        normal_parameter("w", init=Failing()).initialize()
    np.testing.assert_array_equal(mx.random.uniform(shape=4).asnumpy(), expected)
    assert not mx.autograd.is_recording()
