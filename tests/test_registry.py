"""Factories that make objects by name."""

from __future__ import annotations

import pytest

from gluonish import registry
from gluonish.errors import ArgumentError, ArgumentTypeError, SignatureError, UnknownNameError


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


@pytest.mark.parametrize("unknown", [3, None, "[1, 2, 3]", "{broken", '{"other": 1}'])
def test_what_is_no_name_is_an_error(kind, unknown):
    with pytest.raises(
        ArgumentTypeError, match=r"The thing is none.*\n  Expected an object of the class Thing, a"
    ):
        kind[3](unknown)


def test_an_unknown_name_is_an_error_that_suggests_another(kind):
    kind[1](kind[0])
    with pytest.raises(AssertionError, match="Thing 'thin' is not registered") as caught:
        kind[3]("thin")
    assert isinstance(caught.value, UnknownNameError)
    assert str(caught.value).endswith("Expected one of thing.\n  Did you mean 'thing'?")


def test_an_argument_that_no_class_of_the_family_takes_is_worded(kind):
    base, register, _, create = kind

    @register
    class Wide(base):
        def __init__(self, width, **others):
            super().__init__(**others)

    with pytest.raises(SignatureError, match="Thing 'wide' takes no argument 'widht'") as caught:
        create("wide", width=1, widht=2)
    assert str(caught.value).endswith("Expected width, a.\n  Did you mean 'width'?")


def test_a_type_error_of_the_class_itself_is_left_as_it_is(kind):
    base, register, _, create = kind

    @register
    class Picky(base):
        def __init__(self, **others):
            raise TypeError("not on Mondays")

    with pytest.raises(TypeError, match=r"^not on Mondays$"):
        create("picky", day=1)


def test_a_class_defined_again_takes_its_name_over_in_silence(kind, recwarn):
    base, register, _, create = kind

    def define():
        class Again(base):
            pass

        return register(Again)

    define()
    second = define()
    assert type(create("again")) is second
    assert recwarn.list == []


def test_only_classes_of_the_kind_are_registered(kind):
    with pytest.raises(AssertionError, match="The registry of thing takes classes of its kind"):
        kind[1](int)


def test_the_registry_that_is_returned_is_a_copy(kind):
    registry.get_registry(kind[0])["x"] = kind[0]
    assert registry.get_registry(kind[0]) == {}
