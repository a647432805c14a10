"""Trainer states in safetensors files: everything by name, onto other contexts and dtypes, with a report."""

from __future__ import annotations

import json

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from optimizer.helpers import parameters, step

import gluonish as mx
from gluonish.errors import DTypeError, FileFormatError, MissingFileError
from gluonish.gluon import Parameter, Trainer, nn

SHAPES = [(2, 3), (3,), (4, 2)]
CASES = [
    ("sgd", {"momentum": 0.9}),
    ("adam", {}),
    ("nag", {"momentum": 0.9}),
    ("rmsprop", {"centered": True}),
    ("lbsgd", {"momentum": 0.9}),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "trainer.safetensors"


def gradients(number):
    random = np.random.default_rng(number)
    return [random.integers(-8, 9, shape) / 4 for shape in SHAPES]


def made(kind="adam", arguments=None, dtype="float32", ctx=None, names=None):
    """Return parameters and their trainer."""
    params = parameters(dtype, ctx, SHAPES)
    if names:
        params = [
            Parameter(name, shape=shape, dtype=dtype) for name, shape in zip(names, SHAPES, strict=True)
        ]
        for each in params:
            each.initialize(ctx=ctx)
    return params, Trainer(params, kind, {"learning_rate": 0.1, **(arguments or {})})


def run(params, trainer, numbers):
    for number in numbers:
        step(params, trainer, gradients(number))


def copied(params, others):
    for own, other in zip(params, others, strict=True):
        other.set_data(own.data(own.list_ctx()[0]))


def bits(params):
    return [array.asnumpy().tobytes() for p in params for array in p.list_data()]


# -- going on -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize(("kind", "arguments"), CASES)
def test_training_goes_on_bit_for_bit(kind, arguments, dtype, path):
    arguments = {**arguments, "multi_precision": dtype == "float16"}
    params, trainer = made(kind, arguments, dtype)
    run(params, trainer, range(2))
    trainer.save_states(path)
    others, fresh = made(kind, arguments, dtype)
    copied(params, others)
    report = fresh.load_states(path)
    assert report.complete
    run(params, trainer, range(2, 4))
    run(others, fresh, range(2, 4))
    assert bits(others) == bits(params)


@pytest.mark.parametrize(("kind", "arguments"), CASES)
def test_a_run_goes_on_with_another_number_of_contexts(kind, arguments, path, contexts):
    params, trainer = made(kind, arguments, ctx=[mx.cpu(0), mx.cpu(5)])
    run(params, trainer, range(2))
    trainer.save_states(path)
    others, fresh = made(kind, arguments, ctx=contexts)
    copied(params, others)
    fresh.load_states(path)
    run(params, trainer, [2])
    doubled = [gradient * 2 / len(contexts) for gradient in gradients(2)]  # what all replicas have in sum
    step(others, fresh, doubled)
    for own, other in zip(params, others, strict=True):
        for array in other.list_data():
            np.testing.assert_allclose(array.asnumpy(), own.data(mx.cpu(0)).asnumpy(), rtol=1e-6)


@pytest.mark.parametrize(("kind", "arguments"), [*CASES[:2], CASES[-1]])
@pytest.mark.parametrize(("before", "after"), [("float16", "float32"), ("float32", "float16")])
def test_a_run_goes_on_in_another_dtype_and_the_report_says_so(kind, arguments, before, after, path):
    params, trainer = made(kind, {**arguments, "multi_precision": True}, before)
    run(params, trainer, range(2))
    trainer.save_states(path)
    others, fresh = made(kind, {**arguments, "multi_precision": True}, after)
    copied(params, others)
    report = fresh.load_states(path)
    assert report.cast == dict.fromkeys(["p0", "p1", "p2"], before)
    run(params, trainer, [2])
    run(others, fresh, [2])
    for own, other in zip(params, others, strict=True):
        np.testing.assert_allclose(
            other.data().asnumpy().astype(float), own.data().asnumpy().astype(float), rtol=3e-3, atol=3e-3
        )


def test_multipliers_and_modes_of_gradients_become_those_of_the_file(path):
    params, trainer = made()
    params[0].lr_mult, params[0].wd_mult = 0.25, 3
    params[1].grad_req = "add"
    params[2].grad_req = "null"
    trainer.save_states(path)
    others, fresh = made()
    others[1].lr_mult = 7
    fresh.load_states(path)
    assert [(p.lr_mult, p.wd_mult, p.grad_req) for p in others] == [
        (0.25, 3.0, "write"),
        (1.0, 1.0, "add"),
        (1.0, 1.0, "null"),
    ]


def test_what_was_frozen_thaws_to_what_it_was(path):
    net = nn.Dense(2, in_units=3)
    net.initialize()
    net.bias.grad_req = "add"
    net.collect_params().freeze()
    trainer = Trainer(net.collect_params(), "sgd")
    trainer.save_states(path)
    net.collect_params().thaw()
    net.bias.grad_req = "write"
    trainer.load_states(path)
    assert {p.grad_req for p in net.collect_params().values()} == {"null"}
    net.collect_params().thaw()
    assert (net.weight.grad_req, net.bias.grad_req) == ("write", "add")


def test_a_multiplier_that_is_a_function_stays_what_it_is_here(path):
    params, trainer = made()
    params[0].lr_mult = lambda count: 0.5
    trainer.save_states(path)
    others, fresh = made()
    others[0].lr_mult = 0.75
    report = fresh.load_states(path)
    assert others[0].lr_mult == 0.75
    assert report.notes == [f"lr_mult of {others[0].name} was a function, and stays 0.75"]
    others[0].lr_mult = lambda count: 0.5
    assert fresh.load_states(path).notes == []


def test_random_streams_go_on_where_they_were_unless_they_are_to_be_left_alone(path):
    _, trainer = made()
    mx.random.uniform(shape=(3,))
    trainer.save_states(path)
    expected = mx.random.uniform(shape=(3,)).asnumpy()
    later = mx.random.uniform(shape=(3,)).asnumpy()
    trainer.load_states(path)
    np.testing.assert_array_equal(mx.random.uniform(shape=(3,)).asnumpy(), expected)
    trainer.load_states(path, random=False)
    np.testing.assert_array_equal(mx.random.uniform(shape=(3,)).asnumpy(), later)


def test_files_of_other_names_hold_what_mxnets_hold_and_no_more(tmp_path):
    params, trainer = made()
    params[0].lr_mult = 0.25
    trainer.save_states(tmp_path / "trainer.states")
    params[0].lr_mult = 0.5
    trainer.load_states(tmp_path / "trainer.states")
    assert params[0].lr_mult == 0.5


def test_a_schedule_with_a_list_of_steps_is_made_anew_where_there_is_none(path):
    schedule = mx.lr_scheduler.MultiFactorScheduler([1, 3], factor=0.5, base_lr=0.8)
    params, trainer = made("sgd", {"lr_scheduler": schedule, "learning_rate": 0.8})
    run(params, trainer, range(2))
    trainer.save_states(path)
    others, fresh = made("sgd")
    fresh.load_states(path)
    run(params, trainer, range(2))
    run(others, fresh, range(2))
    assert fresh.learning_rate == trainer.learning_rate == 0.2


def test_states_are_split_over_files_with_an_index(path):
    params, trainer = made()
    run(params, trainer, [0])
    trainer.save_states(path, max_shard_size=30)
    assert not path.exists()
    _, fresh = made()
    fresh.load_states(path)
    assert fresh.optimizer.num_update == 1


def test_states_are_saved_to_streams_and_loaded_from_bytes(path):
    params, trainer = made()
    run(params, trainer, [0])
    with path.open("wb") as stream:
        trainer.save_states(stream)
    _, fresh = made()
    fresh.load_states(path.read_bytes())
    assert fresh.optimizer.num_update == 1


def test_no_pickle_is_in_the_file(path):
    _, trainer = made()
    trainer.save_states(path)
    with safetensors.safe_open(path, framework="numpy") as file:
        about = json.loads(file.metadata()["gluonish"])
    assert [each["name"] for each in about["trainer"]["parameters"]] == ["p0", "p1", "p2"]


# -- matching -----------------------------------------------------------------------------------------------


def network():
    net = nn.HybridSequential()
    net.add(nn.Dense(4, in_units=4), nn.Dense(4, in_units=4))
    net.initialize(mx.init.Normal(1.0))
    return net


def test_parameters_are_matched_by_path_when_counters_in_names_have_gone_on(path):
    """Names such as dense0_weight mean other layers in another process; here, both of one shape."""
    net = network()
    trainer = Trainer(net.collect_params(), "adam")
    trainer.save_states(path)
    other = network()
    report = Trainer(other.collect_params(), "adam").load_states(path)
    assert report.by == "path"
    assert report.matched == {
        other[i].params.prefix + kind: net[i].params.prefix + kind
        for i in (0, 1)
        for kind in ("weight", "bias")
    }


def test_names_decide_where_there_are_no_paths(path):
    _, trainer = made(names=["a", "b", "c"])
    trainer.save_states(path)
    params = [Parameter(name, shape=shape) for name, shape in zip("cba", reversed(SHAPES), strict=True)]
    for each in params:
        each.initialize()
    assert Trainer(params, "adam").load_states(path).by == "name"


def test_positions_decide_where_names_have_changed_and_all_shapes_agree(path):
    _, trainer = made(names=["a", "b", "c"])
    trainer.save_states(path)
    _, fresh = made(names=["b", "c", "d"])
    report = fresh.load_states(path)
    assert (report.by, report.matched) == ("position", {"b": "a", "c": "b", "d": "c"})


def test_a_state_too_few_is_an_error_that_changes_nothing_unless_it_may_be_missing(path, capsys):
    params, trainer = made(names=["a", "b", "c"])
    run(params, trainer, range(3))
    trainer.save_states(path)
    some = [Parameter("a", shape=SHAPES[0]), Parameter("new", shape=(7,))]
    for each in some:
        each.initialize()
    fresh = Trainer(some, "adam")
    with pytest.raises(
        FileFormatError, match=r"no state for parameter 'new' of shape \(7,\).\n(.*\n)*.*strict=False"
    ):
        fresh.load_states(path)
    assert fresh.optimizer.num_update == 0
    report = fresh.load_states(path, strict=False)
    assert (report.matched, report.missing, report.unexpected) == ({"a": "a"}, ["new"], ["b", "c"])
    assert fresh.optimizer.num_update == 3
    assert "unexpected" in capsys.readouterr().err


def test_a_state_too_many_is_an_error_unless_it_may_be_left_over(path):
    _, trainer = made(names=["a", "b", "c"])
    trainer.save_states(path)
    only = Parameter("b", shape=SHAPES[1])
    only.initialize()
    fresh = Trainer([only], "adam")
    with pytest.raises(FileFormatError, match=r"has a state for 'a', which no parameter matches"):
        fresh.load_states(path)
    assert fresh.load_states(path, strict=False).unexpected == ["a", "c"]


def test_another_kind_of_schedule_is_an_error_unless_it_is_to_stay(path):
    _, trainer = made("sgd", {"lr_scheduler": mx.lr_scheduler.FactorScheduler(2)})
    trainer.save_states(path)
    _, fresh = made("sgd", {"lr_scheduler": mx.lr_scheduler.PolyScheduler(10)})
    with pytest.raises(
        FileFormatError, match="the scheduler stays as it is: PolyScheduler here, FactorScheduler"
    ):
        fresh.load_states(path)
    report = fresh.load_states(path, strict=False)
    assert report.notes == ["the scheduler stays as it is: PolyScheduler here, FactorScheduler there"]
    assert type(fresh.optimizer.lr_scheduler).__name__ == "PolyScheduler"


# -- damage -------------------------------------------------------------------------------------------------


def test_a_file_of_parameters_is_no_file_of_states(path):
    mx.nd.save(path, {"w": mx.nd.ones((1,))})
    _, trainer = made()
    with pytest.raises(FileFormatError, match=r"holds no trainer states.\n.*save_states"):
        trainer.load_states(path)


def test_a_file_that_is_not_there_is_an_error(path):
    with pytest.raises(MissingFileError, match="does not exist"):
        made()[1].load_states(path)


def edited(path, change):
    """Save states, change what the file says about them, and return its path."""
    params, trainer = made()
    run(params, trainer, [0])
    trainer.save_states(path)
    with safetensors.safe_open(path, framework="numpy") as file:
        about = json.loads(file.metadata()["gluonish"])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    change(about["trainer"], arrays)
    safetensors.numpy.save_file(arrays, path, {"gluonish": json.dumps(about)})
    return path


@pytest.mark.parametrize(
    "change",
    [
        lambda header, arrays: header.clear(),
        lambda header, arrays: header.update(optimizer=3),
        lambda header, arrays: header.update(num_update=-1),
        lambda header, arrays: header.update(num_update=2**70),
        lambda header, arrays: header.update(settings=[]),
        lambda header, arrays: header.update(parameters=3),
        lambda header, arrays: header.update(parameters=[3]),
        lambda header, arrays: header.update(more=1),
        lambda header, arrays: header.update(random={}),
        lambda header, arrays: header.update(random={"seed": 1, "initialised": {}, "streams": [3]}),
        lambda header, arrays: header["parameters"][0].update(shape=[-2, 3]),
        lambda header, arrays: header["parameters"][0].update(shape="text"),
        lambda header, arrays: header["parameters"][0].update(count="many"),
        lambda header, arrays: header["parameters"][0]["declared"].update(grad_req="execute"),
        lambda header, arrays: header["parameters"][0]["declared"].update(lr_mult="fast"),
        lambda header, arrays: arrays.update({"0.mean": np.ones(5, np.float32)}),
        lambda header, arrays: arrays.pop("0.mean"),
    ],
)
def test_a_damaged_header_is_an_error_that_changes_nothing(change, path):
    edited(path, change)
    _, trainer = made()
    state = mx.random.get_state()
    with pytest.raises(FileFormatError, match=r"trainer\.safetensors"):
        trainer.load_states(path)
    assert trainer.optimizer.num_update == 0
    assert mx.random.get_state() == state


def test_settings_that_are_none_are_left_out_and_reported(path):
    edited(path, lambda header, arrays: header["settings"].update(update="text", lr="fast", beta1=0.5))
    _, trainer = made()
    report = trainer.load_states(path)
    assert report.notes == ["settings that are not known here: lr, update"]
    assert (trainer.learning_rate, trainer.optimizer.beta1) == (0.1, 0.5)


@given(st.data())
def test_a_file_with_flipped_bits_is_loaded_or_is_one_error(tmp_path_factory, data):
    mx.random.seed(1)  # what was loaded before has set it
    path = tmp_path_factory.mktemp("states") / "trainer.safetensors"
    _, trainer = made()
    trainer.save_states(path)
    whole = path.read_bytes()
    content = bytearray(whole)
    for bit in data.draw(st.sets(st.integers(0, 8 * len(content) - 1), min_size=1, max_size=3)):
        content[bit // 8] ^= 1 << bit % 8
    try:
        trainer.load_states(bytes(content))
    except (FileFormatError, DTypeError):
        trainer.save_states(path)
        assert path.read_bytes() == whole  # a file that is refused changes nothing
