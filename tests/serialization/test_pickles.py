"""Pickles taken apart into inert objects, and made of them."""

from __future__ import annotations

import os
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluonish.errors import ArgumentTypeError, FileFormatError
from gluonish.serialization.pickles import Inert, inert, is_inert_class, read_pickle, write_pickle


def read(content, allowed=lambda module, name: True):
    return read_pickle(content, "The bytes", allowed, "a pickle")


class Evil:
    """What must not be run."""

    ran = False

    def __reduce__(self):
        return setattr, (Evil, "ran", True)


def test_what_a_pickle_names_is_neither_imported_nor_called():
    found = read(pickle.dumps([Evil()]))
    assert Evil.ran is False
    assert (type(found[0]).module, found[0].name) == ("builtins", "setattr")
    assert is_inert_class(found[0].args[0])
    assert found[0].args[0].name == "Evil"
    assert found[0].args[1:] == ("ran", True)


def test_a_name_that_is_not_allowed_is_an_error():
    with pytest.raises(
        FileFormatError, match=r"The bytes name something that is not read from a pickle: posix\.system"
    ):
        read(pickle.dumps(os.system), lambda module, name: name == "list")


def test_what_an_object_is_given_is_kept_as_it_is():
    found = read(pickle.dumps(FileFormatError("a", "b")))
    assert isinstance(found, Inert)
    assert found.args[1] == ("a", "b", None, None, None)


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps({})[:-1] + b"(K\x01e.",
        b"\x80\x04}}b.",
        b"\x80\x04K\x01\x85K\x02R.",
        b"\x80\x04Pname\n.",
        b"\x80\x04\x82\x01.",
    ],
    ids=[
        "append to a dictionary",
        "state of a dictionary",
        "call of a number",
        "persistent name",
        "extension",
    ],
)
def test_other_instructions_are_errors(content):
    with pytest.raises(FileFormatError, match="The bytes cannot be read: "):
        read(content)


def test_something_else_than_a_pickle_is_an_error_that_says_what_it_is():
    with pytest.raises(
        FileFormatError, match=r"cannot be read: .*those of a web page or XML.\n  Expected a pickle"
    ):
        read(b"<html>")


# -- writing ------------------------------------------------------------------------------------------------

trees = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec=None), max_size=5)
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(trees)
def test_what_is_written_is_what_pickle_reads_and_what_is_read_here(tree):
    content = write_pickle(tree)
    assert pickle.loads(content) == tree
    assert read(content) == tree


def test_inert_objects_become_what_they_name():
    content = write_pickle([inert("builtins", "bytearray", b"abc"), inert("builtins", "slice", 1, None, -1)])
    assert pickle.loads(content) == [bytearray(b"abc"), slice(1, None, -1)]


class Holder:
    """Something with attributes."""


def test_state_is_given_to_the_object():
    holder = pickle.loads(write_pickle(inert(__name__, "Holder", state={"a": 1})))
    assert isinstance(holder, Holder)
    assert holder.a == 1


def test_what_is_no_part_of_a_tree_cannot_be_written():
    with pytest.raises(ArgumentTypeError, match=r"write_pickle\(\) cannot write this.\n.*received {1}"):
        write_pickle([{1}])
