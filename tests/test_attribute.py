"""Scopes of attributes."""

from __future__ import annotations

import threading

import pytest

import gluonish as mx
from gluonish.errors import ArgumentError, ArgumentTypeError

AttrScope = mx.AttrScope


def test_a_scope_gives_its_attributes_and_what_is_given_wins():
    scope = AttrScope(a="1", b="2")
    assert scope.get({"b": "3", "c": "4"}) == {"a": "1", "b": "3", "c": "4"}
    assert scope.get(None) == {"a": "1", "b": "2"}


def test_scopes_nest_and_the_inner_one_wins():
    with AttrScope(a="1", b="1"), AttrScope(b="2") as inner:
        assert AttrScope.current is inner
        assert AttrScope.current.get(None) == {"a": "1", "b": "2"}
    assert AttrScope.current.get(None) == {}


def test_a_scope_that_is_left_has_only_its_own_attributes():
    inner = AttrScope(b="2")
    with AttrScope(a="1"), inner:
        assert inner._attr == {"a": "1", "b": "2"}
    assert inner._attr == {"b": "2"}


def test_a_scope_can_be_entered_inside_itself():
    """In MXNet 1.9.1 its attributes stay behind for ever then."""
    scope = AttrScope(a="1")
    with scope:
        with scope:
            pass
        assert AttrScope.current is scope
    assert AttrScope.current.get(None) == {}


def test_a_scope_is_left_by_an_exception():
    with pytest.raises(KeyError), AttrScope(a="1"):
        raise KeyError
    assert AttrScope.current.get(None) == {}


def test_the_current_scope_can_be_replaced():
    with AttrScope(a="1"):
        AttrScope.current = AttrScope(z="9")
        assert AttrScope.current.get(None) == {"z": "9"}
    assert AttrScope.current.get(None) == {}


def test_a_thread_has_scopes_of_its_own():
    seen = []

    def work():
        seen.append(AttrScope.current.get(None))
        AttrScope.current = AttrScope(mine="1")

    with AttrScope(a="1"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert AttrScope.current.get(None) == {"a": "1"}
    assert seen == [{}]


def test_attributes_are_strings():
    with pytest.raises(ValueError, match="Attribute 'a' is no string") as caught:
        AttrScope(a=1)
    assert isinstance(caught.value, ArgumentError)


def test_only_a_scope_can_become_the_current_one():
    with pytest.raises(ArgumentTypeError, match=r"AttrScope.current is a scope"):
        AttrScope.current = {"a": "1"}
