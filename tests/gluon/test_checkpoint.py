"""Checkpoint: sets of files that count as a whole."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

import gluonish as mx
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    DeferredInitializationError,
    FileFormatError,
    MissingFileError,
)
from gluonish.gluon import Checkpoint, Trainer, nn


def network(ctx=None):
    net = nn.HybridSequential()
    net.add(nn.Dense(8, activation="relu", in_units=5), nn.Dropout(0.5), nn.BatchNorm(in_channels=8))
    net.add(nn.Dense(3, in_units=8))
    net.initialize(mx.init.Normal(1.0), ctx=ctx)
    return net


def trainer_of(net):
    schedule = mx.lr_scheduler.FactorScheduler(step=2, factor=0.5, base_lr=0.1)
    return Trainer(net.collect_params(), "adam", {"lr_scheduler": schedule})


def train(net, trainer, steps):
    """Train on data from all kinds of random streams, with dropout."""
    for _ in range(steps):
        data = mx.nd.random.normal(shape=(4, 5)) * random.random()
        target = mx.nd.array(np.random.rand(4, 3))  # noqa: NPY002  as programs draw
        with mx.autograd.record():
            loss = mx.gluon.loss.L2Loss()(net(data), target)
        loss.backward()
        trainer.step(4)


def values(net):
    return {path: p.data().asnumpy().tobytes() for path, p in net.parameters_by_path()}


def names_in(folder):
    return sorted(each.name for each in folder.iterdir())


def save(checkpoint, number, value=0.0):
    net = nn.Dense(1, in_units=2)
    net.initialize(mx.init.Constant(value))
    return checkpoint.save(number, net)


def loaded(checkpoint, number=None):
    net = nn.Dense(1, in_units=2)
    checkpoint.load(net, number=number)
    return net.weight.data()[0, 0].asscalar()


# -- going on -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hybrid", [False, True])
def test_a_run_that_stopped_goes_on_bit_for_bit(hybrid, tmp_path):
    net = network()
    if hybrid:
        net.hybridize()
    trainer = trainer_of(net)
    train(net, trainer, 2)
    Checkpoint(tmp_path / "run").save(2, net, trainer, info={"epoch": 2})
    train(net, trainer, 2)

    mx.random.seed(77)
    np.random.seed(77)  # noqa: NPY002  as above
    random.seed(77)
    other = network()
    fresh = trainer_of(other)
    saved = Checkpoint(tmp_path / "run").load(other, fresh)
    assert (saved.number, saved.info) == (2, {"epoch": 2})
    train(other, fresh, 2)
    assert values(other) == values(net)
    assert fresh.learning_rate == trainer.learning_rate


def test_random_streams_can_be_left_alone(tmp_path):
    checkpoint = Checkpoint(tmp_path)
    save(checkpoint, 1)
    before = random.random()
    mx.random.seed(3)
    expected = mx.random.uniform().asscalar()
    mx.random.seed(3)
    checkpoint.load(random=False)
    assert mx.random.uniform().asscalar() == expected
    checkpoint.load()
    assert random.random() == before


def test_a_symbol_is_part_of_a_set(tmp_path):
    symbol = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
    checkpoint = Checkpoint(tmp_path)
    checkpoint.save(0, symbol=symbol)
    assert checkpoint.load().symbol().tojson() == symbol.tojson()


def test_a_dictionary_of_parameters_is_saved_by_names_and_over_several_files(tmp_path):
    net = nn.Dense(4, in_units=4, prefix="fc_")
    net.initialize(mx.init.One())
    checkpoint = Checkpoint(tmp_path, max_shard_size=20)
    folder = checkpoint.save(0, net.collect_params())
    assert len([name for name in names_in(folder) if name.startswith("parameters-0")]) == 2
    other = nn.Dense(4, in_units=4, prefix="fc_")
    checkpoint.load(other.collect_params(), ctx=mx.cpu(1))
    assert other.weight.data(mx.cpu(1)).asnumpy().min() == 1


# -- which sets there are -----------------------------------------------------------------------------------


def test_without_any_there_is_no_latest_and_loading_is_an_error(tmp_path):
    checkpoint = Checkpoint(tmp_path / "absent")
    assert checkpoint.latest() is None
    assert checkpoint.numbers() == []
    with pytest.raises(MissingFileError, match=r"has no complete set.\n  Received none"):
        checkpoint.load()


def test_the_latest_has_the_greatest_number_whatever_the_order_of_saving(tmp_path):
    checkpoint = Checkpoint(tmp_path)
    for number in (9, 123456789, 10):
        save(checkpoint, number, number)
    assert checkpoint.numbers() == [9, 10, 123456789]
    assert checkpoint.latest() == 123456789
    assert loaded(checkpoint, 9) == 9
    with pytest.raises(
        MissingFileError, match=r"no complete set of number 8.\n  Received sets 9, 10, 123456789"
    ):
        checkpoint.load(number=8)


def test_a_set_saved_again_takes_the_place_of_the_first_however_often(tmp_path):
    checkpoint = Checkpoint(tmp_path)
    for value in range(4):
        save(checkpoint, 5, value)
        assert loaded(checkpoint) == value
    assert len(names_in(tmp_path)) == 1


@pytest.mark.parametrize("keep_last", [1, 2, 3])
def test_only_the_last_sets_are_kept(keep_last, tmp_path):
    checkpoint = Checkpoint(tmp_path, keep_last=keep_last)
    for number in range(5):
        save(checkpoint, number)
    assert checkpoint.numbers() == list(range(5 - keep_last, 5))
    assert len(names_in(tmp_path)) == keep_last


def test_a_set_saved_under_an_earlier_number_removes_no_later_one(tmp_path):
    checkpoint = Checkpoint(tmp_path, keep_last=2)
    for number in (5, 6, 2):
        save(checkpoint, number)
    assert checkpoint.numbers() == [2, 5, 6]


def test_what_is_no_complete_set_is_neither_counted_nor_removed_but_swept(tmp_path):
    checkpoint = Checkpoint(tmp_path, keep_last=1)
    for number in (1, 2, 3):
        unfinished = tmp_path / f"0000000{number}"
        unfinished.mkdir()
        (unfinished / "parameters.safetensors").write_bytes(b"half")
    (tmp_path / "notes").mkdir()
    assert checkpoint.latest() is None
    save(checkpoint, 2)
    save(checkpoint, 4)
    assert checkpoint.numbers() == [4]
    assert names_in(tmp_path) == ["00000001", "00000002", "00000003", "00000004", "notes"]
    assert [each.name for each in checkpoint.sweep()] == ["00000001", "00000002", "00000003"]
    assert names_in(tmp_path) == ["00000004", "notes"]


@pytest.mark.parametrize("change", ["missing", "shorter", "no manifest"])
def test_a_set_that_lost_something_is_not_the_latest(change, tmp_path):
    checkpoint = Checkpoint(tmp_path)
    save(checkpoint, 1, 1)
    folder = save(checkpoint, 2, 2)
    file = folder / ("manifest.json" if change == "no manifest" else "parameters.safetensors")
    if change == "shorter":
        file.write_bytes(file.read_bytes()[:-1])
    else:
        file.unlink()
    assert checkpoint.latest() == 1
    assert loaded(checkpoint) == 1


def test_a_file_whose_content_has_changed_is_an_error_that_changes_nothing(tmp_path):
    checkpoint = Checkpoint(tmp_path)
    file = save(checkpoint, 1, 1) / "parameters.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    net = nn.Dense(1, in_units=2)
    net.initialize(mx.init.Zero())
    with pytest.raises(FileFormatError, match=r"parameters.safetensors is damaged: .*\n.*SHA-256"):
        checkpoint.load(net)
    assert net.weight.data().asnumpy().max() == 0


@pytest.mark.parametrize(
    "content",
    [
        "",
        "3",
        "{}",
        "[" * 100_000,
        json.dumps({"format": "gluonish.checkpoint", "version": 2, "number": 1, "files": {}}),
        json.dumps({"format": "gluonish.checkpoint", "version": 1, "number": "one", "files": {}}),
        json.dumps({"format": "gluonish.checkpoint", "version": 1, "number": 1, "files": 3}),
        json.dumps({"format": "gluonish.checkpoint", "version": 1, "number": 1, "files": {"a": {"size": 1}}}),
        *(
            json.dumps(
                {
                    "format": "gluonish.checkpoint",
                    "version": 1,
                    "number": 1,
                    "files": {name: {"size": 1, "sha256": ""}},
                }
            )
            for name in ("../../etc/passwd", "..", "x" * 300, "\ud800")
        ),
    ],
)
def test_a_damaged_manifest_is_none(content, tmp_path):
    checkpoint = Checkpoint(tmp_path)
    (save(checkpoint, 1) / "manifest.json").write_text(content)
    assert checkpoint.latest() is None


# -- what cannot be saved -----------------------------------------------------------------------------------


def test_parameters_without_values_are_an_error_and_leave_nothing(tmp_path):
    net = nn.Dense(2)
    net.initialize()
    with pytest.raises(DeferredInitializationError):
        Checkpoint(tmp_path).save(1, net)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("number", [-1, 1.5, "1", None])
def test_what_is_no_number_is_an_error(number, tmp_path):
    with pytest.raises(ArgumentError, match="The number of a checkpoint is none"):
        Checkpoint(tmp_path).save(number)


@pytest.mark.parametrize("keep_last", [0, -1, True])
def test_sets_to_keep_are_one_or_more(keep_last, tmp_path):
    with pytest.raises(ArgumentError, match=r"keep_last is no number of sets.\n  Expected 1 or more"):
        Checkpoint(tmp_path, keep_last=keep_last)


def test_information_that_json_cannot_hold_is_an_error_and_leaves_nothing(tmp_path):
    with pytest.raises(ArgumentError, match="info cannot be saved as JSON"):
        Checkpoint(tmp_path).save(1, info={"net": object()})
    assert names_in(tmp_path) == []


def test_what_is_neither_a_block_nor_a_dictionary_cannot_be_saved(tmp_path):
    with pytest.raises(ArgumentTypeError, match=r"cannot save these parameters.\n.*received list"):
        Checkpoint(tmp_path).save(1, [1])
