"""Parameters in safetensors files: tied weights, files read piece by piece, other contexts and dtypes."""

from __future__ import annotations

import tracemalloc

import networks
import numpy as np
import pytest
import safetensors
from gluon.dictionaries import assert_same_values, values

import gluonish as mx
from gluonish.errors import FileFormatError, ShapeMismatchError, UnknownNameError
from gluonish.gluon import nn
from gluonish.serialization.tensors import TensorFile


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.safetensors"


def tied(prefix=None):
    """Return a network whose first two layers have one weight."""
    net = nn.HybridSequential(prefix=prefix)
    with net.name_scope():
        first = nn.Dense(4, in_units=4)
        net.add(first, nn.Dense(4, in_units=4, params=first.params), nn.Dense(3, in_units=4))
    return net


def separate():
    """Return a network of the same structure without tied weights."""
    net = nn.HybridSequential()
    net.add(nn.Dense(4, in_units=4), nn.Dense(4, in_units=4), nn.Dense(3, in_units=4))
    return net


def trained(net):
    net.initialize(mx.init.Normal(1.0))
    return net


# -- tied weights -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deduplicate", [False, True])
def test_a_tied_weight_is_stored_once_and_found_under_each_of_its_paths(deduplicate, path):
    trained(tied()).save_parameters(path, deduplicate=deduplicate)
    with safetensors.safe_open(path, framework="numpy") as file:
        assert sorted(file.keys()) == ["0.bias", "0.weight", "2.bias", "2.weight"]
    assert sorted(mx.nd.load(path)) == [f"{i}.{kind}" for i in range(3) for kind in ("bias", "weight")]


def test_a_file_of_tied_weights_loads_into_a_network_that_ties_them_and_one_that_does_not(path):
    net = trained(tied())
    net.save_parameters(path)
    for other in (tied(), separate()):
        report = other.load_parameters(path)
        assert_same_values(values(net), values(other))
        assert report.complete
    assert other[0].weight is not other[1].weight


def test_a_part_of_the_network_loads_what_the_whole_has_saved_whichever_name_it_knows(path):
    net = trained(tied())
    net.save_parameters(path)

    class Part(mx.gluon.Block):
        def __init__(self, position):
            super().__init__()
            self.register_child(nn.Dense(4, in_units=4), position)

    for position in ("0", "1"):
        part = Part(position)
        part.load_parameters(path, ignore_extra=True)
        np.testing.assert_array_equal(values(part)[f"{position}.weight"], net[0].weight.data().asnumpy())


def test_another_name_of_a_loaded_array_is_not_one_too_many(path):
    net = trained(tied())
    net.save_parameters(path)
    body = nn.HybridSequential()
    body.add(nn.Dense(4, in_units=4))
    with pytest.raises(
        UnknownNameError, match=r"Array '2\.\w+' in file .* belongs to no parameter, and 1 more"
    ):
        body.load_parameters(path)


# -- reading piece by piece ---------------------------------------------------------------------------------


@pytest.fixture
def fetched(monkeypatch):
    """The names of arrays that are read, in their order."""
    names = []
    fetch = TensorFile._fetch

    def noted(file, name):
        names.append(name)
        return fetch(file, name)

    monkeypatch.setattr(TensorFile, "_fetch", noted)
    return names


def test_every_array_is_read_once_however_many_contexts_and_names_there_are(path, fetched, contexts):
    trained(tied()).save_parameters(path)
    tied().load_parameters(path, ctx=contexts)
    assert sorted(fetched) == ["0.bias", "0.weight", "2.bias", "2.weight"]


@pytest.mark.parametrize("suffix", ["safetensors", "params"])
def test_loading_into_a_deferred_parameter_takes_the_memory_of_the_parameter_only(tmp_path, suffix):
    file, width = tmp_path / f"x.{suffix}", 100_000
    mx.nd.save(file, {"weight": mx.nd.ones((2, width)), "bias": mx.nd.ones((2,))})
    net = nn.Dense(2)
    net.initialize()
    net.collect_params().setattr("grad_req", "null")
    tracemalloc.start()
    try:
        net.load_parameters(file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert net.weight.shape == (2, width)
    assert peak < 1.5 * 4 * 2 * width


def test_only_arrays_that_are_needed_are_read(path, fetched):
    trained(separate()).save_parameters(path)
    body = nn.HybridSequential()
    body.add(nn.Dense(4, in_units=4))
    body.load_parameters(path, ignore_extra=True)
    assert sorted(fetched) == ["0.bias", "0.weight"]


def test_nothing_is_read_where_shapes_contradict(path, fetched):
    trained(separate()).save_parameters(path)
    other = nn.HybridSequential()
    other.add(nn.Dense(4, in_units=4), nn.Dense(4, in_units=5), nn.Dense(3, in_units=4))
    with pytest.raises(ShapeMismatchError):
        other.load_parameters(path)
    assert fetched == []


def test_a_pending_network_gets_its_shapes_from_the_file(path, two):
    net = trained(networks.mlp(in_units=5, hidden=4))
    net.save_parameters(path, max_shard_size=50)
    pending = networks.mlp()
    pending.initialize(ctx=two)
    pending.load_parameters(path)
    assert_same_values(values(net), values(pending))
    assert pending[0].weight.list_ctx() == two


# -- contexts and dtypes ------------------------------------------------------------------------------------


def test_bfloat16_comes_back_bit_for_bit_and_can_be_cast(path):
    net = trained(separate())
    net.cast("bfloat16")
    net.save_parameters(path)
    same, wide = separate(), separate()
    same.cast("bfloat16")
    same.load_parameters(path)
    wide.load_parameters(path, cast_dtype=True)
    for name, value in values(net).items():
        assert values(same)[name].tobytes() == value.tobytes()
        np.testing.assert_array_equal(values(wide)[name], value.astype(np.float32))


def test_the_dtype_of_the_file_can_count(path):
    net = trained(separate())
    net.cast("float16")
    net.save_parameters(path)
    other = separate()
    other.load_parameters(path, cast_dtype=True, dtype_source="saved")
    assert {np.dtype(p.dtype).name for _, p in other.parameters_by_path()} == {"float16"}


def test_a_file_written_on_a_gpu_is_read_in_host_memory(path, gpu):
    net = separate()
    net.initialize(mx.init.Normal(1.0), ctx=gpu)
    net.save_parameters(path)
    other = separate()
    other.load_parameters(path)
    assert_same_values(values(net), values(other))
    net.load_parameters(path)
    assert_same_values(values(net), values(other))


# -- dictionaries -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x.safetensors", "x.npz", "x.params"])
def test_a_dictionary_is_saved_and_loaded_in_every_format(name, tmp_path):
    net = trained(tied("net_"))
    net.collect_params().save(tmp_path / name, strip_prefix="net_")
    other = tied("other_")
    other.collect_params().load(tmp_path / name, restore_prefix="other_")
    assert_same_values(values(net), values(other))


def test_the_format_can_be_named(tmp_path):
    net = trained(separate())
    net.save_parameters(tmp_path / "weights", format="safetensors")
    other = separate()
    with pytest.raises(FileFormatError, match=r"it is no \.params file"):
        other.load_parameters(tmp_path / "weights")
    other.load_parameters(tmp_path / "weights", format="safetensors")
    assert_same_values(values(net), values(other))
