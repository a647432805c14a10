"""Choosing parameters: regular expressions as in MXNet, globs, predicates, lists."""

from __future__ import annotations

import re

import networks
import pytest

from gluonish import gluon
from gluonish.errors import ArgumentError, UnknownNameError
from gluonish.gluon import Glob

NAMES = ["net_dense0_weight", "net_dense0_bias", "net_dense1_weight", "net_dense1_bias"]


def params():
    return networks.mlp(prefix="net_").collect_params()


@pytest.mark.parametrize(
    ("select", "taken"),
    [
        (".*weight", [0, 2]),
        ("net_dense0", [0, 1]),
        ("weight", []),  # from the start of the name on
        (".*dense1_(weight|bias)", [2, 3]),
        (re.compile(".*BIAS", re.IGNORECASE), [1, 3]),
        ("*_bias", [1, 3]),  # no regular expression
        (Glob("net_dense?_bias"), [1, 3]),
        (Glob("dense*"), []),  # the whole name
        (Glob("net_dense[1]_*"), [2, 3]),
        (lambda p: p.shape == (3,), [3]),
        ([".*dense0_weight", Glob("*1_bias")], [0, 3]),
        ([], []),
    ],
)
def test_a_selector_takes_the_parameters_it_means(select, taken):
    assert list(params().matching(select)) == [NAMES[i] for i in taken]


def test_a_string_with_wildcards_that_is_a_regular_expression_is_one():
    assert list(params().matching("net_dense*_bias")) == []


@pytest.mark.parametrize("select", [".*weight", "*_bias", Glob("*"), lambda p: p.shape == (3,), [".*0_bias"]])
def test_a_block_collects_what_a_dictionary_selects(select):
    net = networks.mlp(prefix="net_")
    assert list(net.collect_params(select)) == list(net.collect_params().matching(select))


def test_a_block_collects_nothing_where_nothing_matches():
    assert len(networks.mlp().collect_params("no_such")) == 0


def test_selecting_keeps_parameters_prefix_and_paths():
    whole = params()
    some = whole.select(".*dense1")
    assert some.prefix == whole.prefix
    assert all(some[name] is whole[name] for name in some)
    some.initialize()
    with_all = params()
    with_all.initialize()
    # Initial values depend on paths: they are the same whether some or all are initialised.
    assert (some["net_dense1_bias"].data().asnumpy() == with_all["net_dense1_bias"].data().asnumpy()).all()


@pytest.mark.parametrize("select", ["weight", Glob("dense*"), lambda p: False, [".*weight", "nothing"]])
def test_a_selector_that_matches_nothing_is_an_error(select):
    with pytest.raises(UnknownNameError, match=r"The selector .* matches none of 4 parameters"):
        params().select(select)


def test_the_error_shows_names_that_are_close():
    with pytest.raises(UnknownNameError, match=r"Names that are close: net_dense0_weight"):
        params().select("net_dens0_weight")


@pytest.mark.parametrize("select", [3, None, object()])
def test_what_is_no_selector_is_an_error(select):
    with pytest.raises(ArgumentError, match=r"Parameters cannot be selected by this.*\n.*a Glob"):
        params().matching(select)


def test_an_invalid_expression_without_wildcards_is_an_error():
    with pytest.raises(ArgumentError, match=r"cannot be selected by this: missing \).*\n.*received '\(a'"):
        params().matching("(a")


def test_subsets_by_what_is_trained():
    net = gluon.nn.HybridSequential(prefix="net_")
    net.add(gluon.nn.Dense(2, prefix="fc_"), gluon.nn.BatchNorm(prefix="bn_"))
    whole = net.collect_params()
    whole["fc_bias"].grad_req = "null"
    assert list(whole.trainable()) == ["fc_weight", "bn_gamma", "bn_beta"]
    assert list(whole.frozen()) == ["fc_bias"]
    assert list(whole.auxiliary()) == ["bn_running_mean", "bn_running_var"]


def test_pending_ones_are_those_that_wait_for_their_shapes():
    whole = params()
    assert list(whole.pending()) == []
    whole.initialize()
    assert list(whole.pending()) == [NAMES[0], NAMES[2]]
