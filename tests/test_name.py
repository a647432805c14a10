"""Automatic names."""

from __future__ import annotations

import threading

import pytest

import gluonish as mx
from gluonish.name import NameManager, Prefix, current


def test_a_name_is_the_hint_with_the_number_of_its_kind():
    with NameManager() as names:
        assert [names.get(None, hint) for hint in ("dense", "conv", "dense")] == ["dense0", "conv0", "dense1"]


def test_a_given_name_stays_and_counts_for_nothing():
    names = NameManager()
    assert [names.get("own", "dense"), names.get(None, "dense")] == ["own", "dense0"]


def test_an_empty_name_is_none_at_all():
    assert NameManager().get("", "dense") == "dense0"


def test_a_prefix_stands_before_all_names():
    names = Prefix("net_")
    assert [names.get(None, "relu"), names.get("own", "relu")] == ["net_relu0", "net_own"]


def test_symbols_are_named_by_the_manager_in_force():
    """MXNet 1.9.1 gives these names; variables it leaves alone."""
    x = mx.sym.var("a")
    with Prefix("p_"):
        assert [mx.sym.relu(x).name, mx.sym.relu(x, name="own").name, mx.sym.var("a").name] == [
            "p_relu0",
            "p_own",
            "a",
        ]


# -- scopes -----------------------------------------------------------------------------------------------


def test_a_scope_is_the_current_manager_until_it_ends():
    outer = current()
    with NameManager() as names:
        assert current() is names
    assert current() is outer


def test_leaving_by_an_exception_restores_the_outer_manager():
    outer = current()
    with pytest.raises(KeyError), NameManager():
        raise KeyError
    assert current() is outer


def test_numbers_start_anew_inside_a_scope_and_go_on_outside():
    with NameManager():
        first = current().get(None, "x")
        with NameManager():
            inner = current().get(None, "x")
        assert [first, inner, current().get(None, "x")] == ["x0", "x0", "x1"]


def test_a_manager_can_be_entered_inside_itself():
    names = NameManager()
    with names:
        with Prefix("p_"), names:
            assert current() is names
        assert current() is names
        assert names.get(None, "x") == "x0"


def test_every_thread_has_a_manager_of_its_own():
    found = []
    with NameManager() as names:
        names.get(None, "x")
        thread = threading.Thread(target=lambda: found.append((current() is names, current().get(None, "x"))))
        thread.start()
        thread.join()
    assert found == [(False, "x0")]


def test_the_current_manager_can_be_replaced_in_its_thread():
    with NameManager() as outer:
        NameManager.current = Prefix("p_")
        assert mx.sym.relu(mx.sym.var("a")).name == "p_relu0"
        seen = []
        thread = threading.Thread(target=lambda: seen.append(NameManager.current.get(None, "x")))
        thread.start()
        thread.join()
    assert seen == ["x0"]
    assert NameManager.current is not outer


def test_only_a_manager_can_become_the_current_one():
    with pytest.raises(TypeError, match=r"NameManager.current is a manager"):
        NameManager.current = "p_"
