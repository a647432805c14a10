"""Factories that make objects by name."""

from __future__ import annotations

import pytest

from gluonish import registry
from gluonish.errors import ArgumentError, UnknownNameError


@pytest.fixture
def kind():
    """A kind of things: its base, and the functions of its registry."""

    class Thing:
        def __init__(self, a=1):
            self.a = a

    functions = [make(Thing, "thing") for make in (registry.get_register_func, registry.get_alias_func)]
    return Thing, *functions, registry.get_create_func(Thing, "thing")


@pytest.mark.parametrize(
    ("arguments", "named", "a"),
    [
        (("Foo",), {"a": 3}, 3),
        (("foo", 4), {}, 4),
        (('["foo", {"a": 5}]',), {}, 5),
        (('{"thing": "foo", "a": 6}',), {}, 6),
        (({"thing": "foo", "a": 7},), {}, 7),
        ((), {"thing": "foo", "a": 8}, 8),
    ],
)
def test_a_thing_is_made_from_a_name_with_arguments(kind, arguments, named, a):
    """MXNet 1.9.1 takes all of these."""
    base, register, _, create = kind

    @register
    class Foo(base):
        pass

    made = create(*arguments, **named)
    assert isinstance(made, Foo)
    assert made.a == a


def test_an_instance_is_returned_as_it_is(kind):
    base, _, _, create = kind
    thing = base()
    assert create(thing) is thing
    with pytest.raises(ArgumentError, match="has its arguments already"):
        create(thing, 2)


def test_a_class_may_have_several_names(kind):
    base, register, alias, create = kind

    @alias("bar", "baz")
    class Bar(base):
        pass

    register(Bar, "other")
    assert [type(create(name)) for name in ("BAR", "baz", "other")] == [Bar] * 3
    assert registry.get_registry(base) == dict.fromkeys(["bar", "baz", "other"], Bar)


def test_a_name_given_again_goes_to_the_new_class_with_a_warning(kind):
    base, register, _, create = kind

    class Other(base):
        pass

    register(base, "name")
    with pytest.warns(UserWarning, match="thing 'name' was .* and becomes"):
        register(Other, "name")
    assert type(create("name")) is Other


@pytest.mark.parametrize("unknown", ["nope", 3, None, "[1, 2, 3]", "{broken", '{"other": 1}'])
def test_what_names_nothing_is_an_error(kind, unknown):
    with pytest.raises(AssertionError) as caught:
        kind[3](unknown)
    assert isinstance(caught.value, UnknownNameError)
    assert "is not registered" in str(caught.value) or "names nothing that could be made" in str(caught.value)


def test_only_classes_of_the_kind_are_registered(kind):
    with pytest.raises(AssertionError, match="The registry of thing takes classes of its kind"):
        kind[1](int)


def test_the_registry_that_is_returned_is_a_copy(kind):
    registry.get_registry(kind[0])["x"] = kind[0]
    assert registry.get_registry(kind[0]) == {}
