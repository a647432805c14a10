"""What MXNet's modules are called here."""

from __future__ import annotations

import types

import pytest

from gluonish.compat.names import advice, is_public, to_gluonish, to_mxnet


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("mxnet", "gluonish"),
        ("mxnet.gluon.data", "gluonish.gluon.data"),
        ("mxnet.ndarray", "gluonish.nd"),
        ("mxnet.ndarray.random", "gluonish.nd.random"),
        ("mxnet.symbol.symbol", "gluonish.symbol.symbol"),
        ("mxnet.symbol.contrib", "gluonish.sym.contrib"),
        ("mxnetish", "mxnetish"),
        ("numpy", "numpy"),
    ],
)
def test_a_name_is_found_by_its_longest_known_beginning(theirs, ours):
    assert to_gluonish(theirs) == ours


def test_messages_name_modules_as_the_program_does():
    assert to_mxnet("gluonish.gluon.nn") == "mxnet.gluon.nn"
    assert to_mxnet("gluonish") == "mxnet"
    assert to_mxnet("gluonish.nd.linalg") == "mxnet.ndarray.linalg"
    assert to_mxnet("numpy") == "numpy"


def test_the_engine_room_is_not_public():
    assert is_public("gluonish")
    assert is_public("gluonish.gluon.nn")
    assert not is_public("gluonish.parameter.core")
    assert not is_public("numpy.core")


def test_advice_names_the_page_and_what_is_spelled_alike():
    module = types.SimpleNamespace(relu=1, sigmoid=2)
    assert "docs/from-mxnet.md" in advice("x")
    assert advice("rellu", module).endswith("There is 'relu'.")
    assert "There is" not in advice("zzz", module)
