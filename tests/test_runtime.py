"""Which optional features there are."""

from __future__ import annotations

import pytest

import gluonish as mx
from gluonish.errors import UnknownNameError


def test_features_are_asked_for_by_name():
    features = mx.runtime.Features()
    assert features.is_enabled("profiler")
    assert not features.is_enabled("MKLDNN")
    assert features.is_enabled("CUDA") == (mx.num_gpus() > 0)
    assert features["LAPACK"].enabled


def test_there_is_one_object_with_all_features():
    assert mx.runtime.Features() is mx.runtime.Features()
    assert list(mx.runtime.Features().values()) == mx.runtime.feature_list()


def test_a_feature_is_written_with_a_mark():
    assert repr(mx.runtime.Feature("BLAS", enabled=True)) == "✔ BLAS"
    assert "✖ MKLDNN" in repr(mx.runtime.Features())


def test_an_unknown_feature_is_an_error():
    with pytest.raises(RuntimeError, match="Feature 'CHEESE' is unknown") as caught:
        mx.runtime.Features().is_enabled("cheese")
    assert isinstance(caught.value, UnknownNameError)
