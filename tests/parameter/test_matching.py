"""Finding the parameters that names in a file stand for, and the report about it."""

from __future__ import annotations

import io
import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.errors import ArgumentError, ArgumentTypeError, DuplicateNameError
from gluonish.gluon import nn
from gluonish.parameter.matching import match_names
from gluonish.parameter.report import LoadReport

READINGS = {
    "path": {"0.weight": "0.weight", "0.bias": "0.bias"},
    "name": {"fc_weight": "0.weight", "fc_bias": "0.bias"},
}


def matched(*keys, rename=None):
    matches = match_names(dict.fromkeys(keys), READINGS, rename)
    return matches.by, matches.names


# -- readings -----------------------------------------------------------------------------------------------


def test_the_reading_that_explains_most_names_counts():
    assert matched("fc_weight", "fc_bias", "0.bias") == (
        "name",
        {"fc_weight": "0.weight", "fc_bias": "0.bias"},
    )


def test_of_equals_the_first_counts():
    assert matched("fc_weight", "0.bias") == ("path", {"0.bias": "0.bias"})


@pytest.mark.parametrize("key", ["arg:fc_weight", "aux:fc_weight"])
def test_a_name_is_looked_up_without_what_exported_files_put_in_front(key):
    assert matched(key) == ("name", {key: "0.weight"})


def test_a_name_that_begins_so_is_looked_up_as_it_is_first():
    readings = {"name": {"arg:w": "first", "w": "second"}}
    assert match_names({"arg:w": 1}, readings).names == {"arg:w": "first"}


def test_two_arrays_for_one_parameter_are_an_error():
    with pytest.raises(
        DuplicateNameError, match=r"Parameter '0.weight' would get two arrays.\n.*'arg:fc_weight' and"
    ):
        match_names({"arg:fc_weight": np.ones(1), "fc_weight": np.ones(1)}, READINGS)


# -- rules --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rename",
    [
        {r"^encoder\.w$": "0.weight"},
        [(r"encoder\.(.)$", r"fc_\1"), ("fc_w$", "fc_weight")],
        lambda key: key.replace("encoder.w", "arg:fc_weight"),
        [("encoder", "layer"), lambda key: "0.weight" if key == "layer.w" else key],
    ],
    ids=["dictionary", "pairs", "function", "both"],
)
def test_what_no_reading_knows_is_renamed_by_rules_one_after_the_other(rename):
    assert matched("encoder.w", "0.bias", rename=rename) == (
        "path",
        {"encoder.w": "0.weight", "0.bias": "0.bias"},
    )


def test_a_rule_does_not_change_what_a_reading_knows():
    assert matched("0.weight", rename={"weight": "bias"}) == ("path", {"0.weight": "0.weight"})


def test_a_rule_takes_an_array_out_by_returning_none():
    matches = match_names({"step": 1, "other": 2}, READINGS, lambda key: None if key == "step" else key)
    assert (matches.dropped, matches.names) == (frozenset(["step"]), {})


def test_two_names_that_rules_make_one_are_an_error():
    with pytest.raises(DuplicateNameError, match=r"'a' and 'b'.\n  Leave one out, by a rule"):
        match_names({"a": np.ones(1), "b": np.ones(1)}, READINGS, {"^.$": "0.weight"})


@pytest.mark.parametrize("rule", ["weight", ("a",), ("a", "b", "c"), ("a", 1), 3])
def test_what_is_no_rule_is_an_error(rule):
    with pytest.raises(
        ArgumentTypeError, match=r"A rule to rename arrays is none.\n  Expected a function, or a reg"
    ):
        matched("a", rename=[rule])


def test_what_is_no_regular_expression_is_an_error():
    with pytest.raises(ArgumentError, match=r"Rule '\(' is no regular expression"):
        matched("a", rename={"(": "b"})
    with pytest.raises(ArgumentError, match=r"Replacement '\\\\2' does not fit 'a'"):
        matched("a", rename={"a": r"\2"})


@given(
    st.lists(st.sampled_from(["0.weight", "0.bias", "fc_weight", "fc_bias", "arg:fc_bias", "x"]), unique=True)
)
def test_what_is_matched_is_in_the_reading_that_counts(keys):
    arrays = dict.fromkeys(keys)
    matches = match_names(arrays, READINGS)
    assert all(key.removeprefix("arg:") in READINGS[matches.by] for key in matches.names)
    assert all(
        len(matches.names) >= sum(k.removeprefix("arg:") in t for k in keys) for t in READINGS.values()
    )


# -- the report ---------------------------------------------------------------------------------------------


@pytest.fixture
def net():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(2, in_units=3), nn.Dense(1, in_units=2))
    net.initialize()
    return net


def file_of(arrays):
    stream = io.BytesIO()
    mx.nd.save(stream, arrays)
    return stream.getvalue()


def test_a_complete_load_is_reported_and_not_printed(net, capfd):
    stream = io.BytesIO()
    net.save_parameters(stream)
    report = net.load_parameters(stream.getvalue())
    assert report.complete
    assert (report.by, list(report.matched)) == ("path", ["0.weight", "0.bias", "1.weight", "1.bias"])
    assert str(report) == "4 arrays of the buffer loaded, matched by path"
    assert capfd.readouterr() == ("", "")


def test_what_is_off_is_reported_and_printed(net, capfd):
    net.cast("float16")
    content = file_of({"0.weight": mx.nd.ones((2, 3)), "step": mx.nd.ones(1), "old.bias": mx.nd.zeros(1)})
    rules = {r"^old\.": "1."}
    report = net.load_parameters(
        content, allow_missing=True, ignore_extra=True, cast_dtype=True, rename=rules
    )
    assert report == LoadReport(
        "the buffer",
        "path",
        {"0.weight": "0.weight", "1.bias": "old.bias"},
        missing=["0.bias", "1.weight"],
        unexpected=["step"],
        cast={"0.weight": "float32", "1.bias": "float32"},
    )
    assert report.renamed == {"1.bias": "old.bias"}
    printed = capfd.readouterr().err
    for row in (r"missing +. 0.bias", r"unexpected +. +. step", r"cast +. 0.weight +. 0.weight \(float32\)"):
        assert re.search(row, printed)
    assert net[1].bias.data().asscalar() == 0


def test_names_of_tied_weights_are_aliases():
    first = nn.Dense(2, in_units=2, prefix="a_")
    net = nn.Sequential()
    net.add(first, nn.Dense(2, in_units=2, params=first.params))
    net.initialize()
    stream = io.BytesIO()
    net.save_parameters(stream)
    report = net.load_parameters(stream.getvalue())
    assert (report.matched, report.aliases) == (
        {"0.weight": "0.weight", "0.bias": "0.bias"},
        {"1.weight": "0.weight", "1.bias": "0.bias"},
    )
    assert report.complete


def test_a_dictionary_takes_names_and_paths_of_its_block(net):
    stream = io.BytesIO()
    net.save_parameters(stream)
    params = net.collect_params()
    assert params.load(stream.getvalue()).by == "path"
    assert params.load_dict({f"arg:{name}": p.data() for name, p in params.items()}).by == "name"


def test_a_dictionary_takes_rules(net):
    arrays = {name.replace("net", "other"): p.data() for name, p in net.collect_params().items()}
    report = net.collect_params().load_dict(arrays, rename={"^other": "net"})
    assert report.matched["net_dense0_weight"] == "other_dense0_weight"


def test_a_pending_network_gets_the_memory_of_the_file_s_arrays_once(tmp_path):
    """What is allocated is the parameter, and not a copy of the file besides it."""
    mx.nd.save(tmp_path / "w.params", {"weight": mx.nd.ones((1000, 1000))})
    layer = nn.Dense(1000, use_bias=False)
    layer.collect_params().setattr("grad_req", "null")
    layer.load_parameters(tmp_path / "w.params")  # so that what is loaded once is loaded
    layer = nn.Dense(1000, use_bias=False)
    layer.collect_params().setattr("grad_req", "null")
    tracemalloc.start()
    try:
        layer.load_parameters(tmp_path / "w.params")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.2 * 4e6
    assert layer.weight.data().sum().asscalar() == 1e6
