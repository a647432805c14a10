"""save_parameters and load_parameters: keys, errors, and files that Apache MXNet 1.9.1 wrote."""

from __future__ import annotations

from pathlib import Path

import networks
import numpy as np
import pytest
from gluon.dictionaries import assert_same_values, values

import gluonish as mx
from gluonish.errors import (
    ArgumentError,
    ContextError,
    DeferredInitializationError,
    DeviceUnavailableError,
    FileFormatError,
    MissingFileError,
    NotInitializedError,
    ParameterMismatchError,
    ShapeMismatchError,
    UnknownNameError,
)
from gluonish.gluon import Block, nn

GOLDENS = Path(__file__).parent / "goldens"


def normalized(prefix="net_"):
    """Return a network of a dense layer and a normalisation, whose sizes are not known."""
    net = nn.HybridSequential(prefix=prefix)
    with net.name_scope():
        net.add(nn.Dense(2), nn.BatchNorm())
    return net


def trained_net(prefix="net_", ctx=None):
    net = networks.mlp(prefix, in_units=5, hidden=4)
    net.initialize(mx.init.Normal(1.0), ctx=ctx)
    return net


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.params"


# -- what is written ------------------------------------------------------------------------------------


def test_keys_are_paths_which_no_prefix_or_counter_influences(path):
    net = trained_net("some_prefix_")
    net.save_parameters(path)
    assert list(mx.nd.load(path)) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    other = networks.mlp()
    other.load_parameters(path)
    assert_same_values(values(net), values(other))


def test_a_layer_alone_has_keys_without_a_dot_and_reads_its_own_file(path):
    layer = nn.Dense(2, in_units=3, prefix="fc_")
    layer.initialize()
    layer.save_parameters(path)
    assert list(mx.nd.load(path)) == ["weight", "bias"]
    other = nn.Dense(2)
    other.load_parameters(path)
    assert_same_values(values(layer), values(other))


def test_own_parameters_are_saved_by_their_attributes_whatever_their_names(path):
    class Odd(Block):
        def __init__(self, shape=(2,)):
            super().__init__(prefix="odd_")
            self.factor = self.params.get("alpha", shape=shape)
            self.params.get("unassigned", shape=shape)
            self.free = mx.gluon.Parameter("free", shape=shape)

    block, other = Odd(), Odd()
    block.initialize(mx.init.Normal(1.0))
    block.save_parameters(path)
    assert sorted(mx.nd.load(path)) == ["factor", "free", "unassigned"]
    other.load_parameters(path)
    assert_same_values(values(block), values(other))


def test_a_tied_parameter_is_saved_under_each_of_its_paths(path):
    net = networks.Tied(5)
    net.initialize()
    net.save_parameters(path)
    assert list(mx.nd.load(path)) == ["first.weight", "first.bias", "second.weight", "second.bias"]


def test_deduplicated_it_is_saved_under_the_last_one_and_loads_all_the_same(path):
    net, other = networks.Tied(5), networks.Tied()
    net.initialize(mx.init.Normal(1.0))
    net.save_parameters(path, deduplicate=True)
    assert list(mx.nd.load(path)) == ["second.weight", "second.bias"]
    other.load_parameters(path)
    assert_same_values(values(net), values(other))
    assert other.first.weight is other.second.weight


def test_a_block_without_parameters_has_a_file_too(path):
    nn.Flatten().save_parameters(path)
    assert mx.nd.load(path) in ({}, [])
    nn.Flatten().load_parameters(path)
    nn.Flatten().collect_params().load(path)


def test_replicas_that_differ_are_averaged(path, two):
    layer = nn.Dense(1, in_units=1, use_bias=False)
    layer.initialize(ctx=two)
    for ctx, value in zip(two, (1.0, 4.0), strict=True):
        layer.weight.data(ctx)[:] = value
    layer.save_parameters(path)
    assert mx.nd.load(path)["weight"].asscalar() == 2.5


def test_saving_pending_parameters_is_an_error_that_names_all_and_writes_nothing(path):
    net = networks.mlp("net_")
    net.initialize()
    needed = r"2 parameters are needed by save_parameters\(\), but have no values yet"
    with pytest.raises(DeferredInitializationError, match=needed) as error:
        net.save_parameters(path)
    assert "net_dense0_weight (4, ?)" in str(error.value)
    assert "net_dense1_weight (3, ?)" in str(error.value)
    assert not path.exists()


def test_saving_uninitialized_parameters_is_an_error(path):
    with pytest.raises(NotInitializedError, match="'net_dense0_weight' has not been initialized"):
        networks.mlp("net_").save_parameters(path)
    assert not path.exists()


# -- reading the other kinds of keys --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["by-path", "by-name", "without-prefix", "exported"])
def test_files_that_mxnet_wrote_are_read_whatever_their_keys(name):
    net = normalized()
    net.load_parameters(GOLDENS / f"{name}.bin")
    for i, (_, value) in enumerate(values(net).items(), start=1):
        assert value.ravel().tolist() == [10 * i + k for k in range(value.size)]


@pytest.mark.parametrize("name", ["by-path", "without-prefix"])
def test_a_network_of_another_prefix_reads_keys_that_hold_none(name):
    net = normalized("other_")
    net.load_parameters(GOLDENS / f"{name}.bin")
    assert net[0].bias.data().asnumpy().tolist() == [20, 21]


def test_keys_with_a_foreign_prefix_are_an_error_that_shows_both_kinds():
    net = normalized("other_")
    with pytest.raises(UnknownNameError) as error:
        net.load_parameters(GOLDENS / "by-name.bin")
    assert "'0.weight' is missing in file" in str(error.value)
    assert "and 5 more" in str(error.value)
    assert "received net_dense0_weight" in str(error.value)


def test_the_deprecated_pair_warns_and_works(path):
    net, other = trained_net(), networks.mlp("other_")
    with pytest.warns(UserWarning, match="use save_parameters"):
        net.save_params(path)
    assert list(mx.nd.load(path)) == ["dense0_weight", "dense0_bias", "dense1_weight", "dense1_bias"]
    with pytest.warns(UserWarning, match="use load_parameters"):
        other.load_params(path)
    assert_same_values(values(net), values(other))


# -- where loaded values go -----------------------------------------------------------------------------


def test_an_uninitialized_network_is_loaded_to_the_contexts_that_are_named(path, contexts):
    net, other = trained_net(), networks.mlp()
    net.save_parameters(path)
    other.load_parameters(path, ctx=contexts)
    for parameter in other.collect_params().values():
        assert parameter.list_ctx() == contexts
    assert_same_values(values(net), values(other))


def test_without_a_context_it_is_the_first_host_context_and_not_the_current_one(path):
    trained_net().save_parameters(path)
    other = networks.mlp()
    with mx.cpu(2):
        other.load_parameters(path)
    assert other[0].weight.list_ctx() == [mx.cpu(0)]


def test_a_pending_network_is_loaded_where_it_was_to_be(path, two):
    net, other = trained_net(), networks.mlp()
    net.save_parameters(path)
    other.initialize(ctx=two)
    other.load_parameters(path)
    assert other[0].weight.list_ctx() == two
    assert_same_values(values(net), values(other))


def test_a_ready_network_is_written_in_place(path, two):
    net, other = trained_net(), trained_net(ctx=two)
    net.save_parameters(path)
    arrays = other[0].weight.list_data()
    other.load_parameters(path, ctx=two[::-1])
    assert all(a is b for a, b in zip(other[0].weight.list_data(), arrays, strict=True))
    assert_same_values(values(net), values(other))


def test_other_contexts_than_it_is_on_are_an_error_and_change_nothing(path, two):
    trained_net().save_parameters(path)
    other = trained_net(ctx=two)
    before = values(other)
    with pytest.raises(
        ContextError, match=r"on other contexts.*\n.*Expected cpu\(0\), cpu\(1\), received cpu\(5\)"
    ):
        other.load_parameters(path, ctx=mx.cpu(5))
    assert_same_values(before, values(other))


def test_a_gpu_where_there_is_none_is_an_error_and_changes_nothing(path):
    if mx.num_gpus():
        pytest.skip("this machine has a GPU")
    trained_net().save_parameters(path)
    other = networks.mlp()
    with pytest.raises(DeviceUnavailableError, match=r"gpu\(0\) cannot hold arrays here"):
        other.load_parameters(path, ctx=mx.gpu(0))
    assert other[0].weight.shape == (4, 0)


def test_a_loaded_network_can_be_trained(path):
    trained_net().save_parameters(path)
    net = networks.mlp()
    net.load_parameters(path)
    before = values(net)
    trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    with mx.autograd.record():
        loss = net(mx.nd.ones((2, 5))).sum()
    loss.backward()
    trainer.step(2)
    assert all((before[path] != value).any() for path, value in values(net).items())


# -- what does not fit ----------------------------------------------------------------------------------


def other_file(path, **changes):
    """Write a file of the network with some arrays changed, or taken away where the change is None."""
    arrays = {key: mx.nd.array(value) for key, value in values(trained_net()).items()}
    for key, value in changes.items():
        if value is None:
            del arrays[key.replace("__", ".")]
        else:
            arrays[key.replace("__", ".")] = value
    mx.nd.save(str(path), arrays)


def assert_refused(path, error, match, **options):
    """Check that a ready and a pending network refuse a file and are left as they were."""
    ready = trained_net()
    before = values(ready)
    pending = networks.mlp("net_")
    pending.initialize()
    for net in (ready, pending):
        with pytest.raises(error, match=match):
            net.load_parameters(path, **options)
    assert_same_values(before, values(ready))
    assert pending[0].weight.shape == (4, 0)
    assert pending(mx.nd.ones((1, 7))).shape == (1, 3)


def test_a_missing_parameter_is_an_error_unless_it_may_be_missing(path):
    other_file(path, **{"1__bias": None})
    assert_refused(
        path, AssertionError, r"'1\.bias' is missing in file .*net\.params.*\n.*\n.*allow_missing=True"
    )
    net = trained_net()
    bias = net[1].bias.data().asnumpy()
    net.load_parameters(path, allow_missing=True)
    np.testing.assert_array_equal(net[1].bias.data().asnumpy(), bias)


def test_an_array_too_many_is_an_error_unless_it_is_to_be_ignored(path):
    other_file(path, **{"2__weight": mx.nd.ones(3), "2__bias": mx.nd.ones(3)})
    assert_refused(
        path, ValueError, r"'2\.weight' in file .* belongs to no parameter.*and 1 more.*\n.*\n.*ignore_extra"
    )
    net = trained_net()
    net.load_parameters(path, ignore_extra=True)


def test_an_array_of_another_shape_is_an_error_that_names_the_parameter(path):
    other_file(path, **{"1__weight": mx.nd.ones((3, 5, 1))})
    assert_refused(
        path, ShapeMismatchError, r"'net_dense1_weight' was declared \(3, .\) and cannot become \(3, 5, 1\)"
    )


def test_an_array_of_another_dtype_is_an_error_unless_casting_is_allowed(path):
    other_file(path, **{"1__bias": mx.nd.ones(3, dtype="float64")})
    assert_refused(
        path, ParameterMismatchError, r"'net_dense1_bias' cannot take a loaded array of another dtype"
    )
    net = trained_net()
    net.load_parameters(path, cast_dtype=True)
    assert net[1].bias.data().dtype == np.float32
    net.load_parameters(path, cast_dtype=True, dtype_source="saved")
    assert net[1].bias.data().dtype == np.float64


def test_an_unknown_source_of_the_dtype_is_an_error(path):
    other_file(path)
    assert_refused(
        path, ArgumentError, r"dtype_source is unknown.*\n.*'current' or 'saved'.*'file'", dtype_source="file"
    )


def test_a_file_of_arrays_without_names_is_an_error(path):
    mx.nd.save(str(path), [mx.nd.ones(3)])
    assert_refused(path, ArgumentError, r"net\.params holds arrays without names")


def test_two_shapes_for_one_tied_parameter_are_an_error_and_change_nothing(path):
    mx.nd.save(
        str(path),
        {
            "first.weight": mx.nd.ones((5, 5)),
            "first.bias": mx.nd.ones(5),
            "second.weight": mx.nd.ones((5, 6)),
            "second.bias": mx.nd.ones(5),
        },
    )
    net = networks.Tied(prefix="net_")
    net.initialize()
    with pytest.raises(ShapeMismatchError, match=r"'net_dense0_weight' was declared \(5, 5\)"):
        net.load_parameters(path)
    assert net.first.weight.shape == (5, 0)


def test_a_file_that_ends_too_early_is_an_error_and_changes_nothing(path):
    trained_net().save_parameters(path)
    path.write_bytes(path.read_bytes()[:-30])
    assert_refused(path, FileFormatError, r"net\.params cannot be read: it ends within")


def test_a_file_that_is_not_there_is_an_error(path):
    assert_refused(path, MissingFileError, r"net\.params does not exist")
