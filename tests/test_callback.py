"""Functions that a training loop calls."""

from __future__ import annotations

import logging
import re

import pytest

import gluonish as mx
from gluonish import callback
from gluonish.model import BatchEndParam


@pytest.fixture
def lines(caplog):
    """The lines logged so far; those asked for are forgotten."""
    caplog.set_level(logging.INFO)

    def take():
        messages = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return messages

    return take


@pytest.fixture
def metric():
    """An accuracy of one half."""
    metric = mx.metric.Accuracy()
    metric.update([mx.nd.array([0, 1])], [mx.nd.array([[1, 0], [1, 0]])])
    return metric


def batch(number, metric=None, epoch=1):
    return BatchEndParam(epoch, number, metric, None)


def without_speed(messages):
    return [re.sub(r"[\d.]+ samples", "# samples", message) for message in messages]


def test_a_speedometer_logs_every_so_many_batches(lines, metric):
    """The lines of MXNet 1.9.1."""
    meter = callback.Speedometer(10, 2, auto_reset=False)
    for number in range(1, 5):
        meter(batch(number, metric))
    assert without_speed(lines()) == [
        "Epoch[1] Batch [0-2]\tSpeed: # samples/sec\taccuracy=0.500000",
        "Epoch[1] Batch [0-4]\tSpeed: # samples/sec\taccuracy=0.500000",
    ]


def test_a_speedometer_can_begin_the_metric_anew_after_each_line(lines, metric):
    meter = callback.Speedometer(10, 2)
    for number in range(1, 5):
        meter(batch(number, metric))
    assert without_speed(lines())[1] == "Epoch[1] Batch [2-4]\tSpeed: # samples/sec\taccuracy=nan"


def test_a_speedometer_needs_no_metric_and_begins_anew_with_an_epoch(lines):
    meter = callback.Speedometer(10, 2)
    for number in (1, 2, 0, 2):
        meter(batch(number, epoch=0))
    assert without_speed(lines()) == ["Iter[0] Batch [2]\tSpeed: # samples/sec"] * 2


def test_a_bar_grows(lines):
    bar = callback.ProgressBar(4, 10)
    for number in range(1, 5):
        bar(batch(number))
    assert lines() == [
        "[==--------] 25%\r",
        "[=====-----] 50%\r",
        "[========--] 75%\r",
        "[==========] 100%\r",
    ]


def test_the_metric_is_logged_every_so_many_batches(lines, metric):
    log = callback.log_train_metric(2, auto_reset=True)
    for number in range(3):
        log(batch(number, metric))
    log(batch(2))
    assert lines() == ["Iter[1] Batch[0] Train-accuracy=0.500000", "Iter[1] Batch[2] Train-accuracy=nan"]


def test_validation_metrics_are_logged(lines, metric):
    log = callback.LogValidationMetricsCallback()
    log(batch(0, metric, epoch=3))
    log(batch(0))
    assert lines() == ["Epoch[3] Validation-accuracy=0.500000"]


def test_a_checkpoint_is_written_every_so_many_epochs(tmp_path):
    save = callback.do_checkpoint(str(tmp_path / "m"), 2)
    for epoch in range(5):
        save(epoch, None, {"w": mx.nd.ones(1)}, {})
    assert sorted(file.name for file in tmp_path.iterdir()) == ["m-0002.params", "m-0004.params"]


def test_a_model_that_saves_itself_is_asked_to():
    calls = []

    class Model:
        def save_checkpoint(self, *arguments):
            calls.append(arguments)

    save = callback.module_checkpoint(Model(), "m", 0, save_optimizer_states=True)
    save(0)
    save(1, None, {}, {})
    assert calls == [("m", 1, True), ("m", 2, True)]
