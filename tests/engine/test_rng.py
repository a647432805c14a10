"""Random streams: their keys, state and the scope that replaces them. Draws are tested with ``mx.random``."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gluonish as mx
from gluonish.engine import rng

parts = st.lists(st.one_of(st.text(max_size=4), st.integers(0, 99)), max_size=4)


def draw(ctx=None):
    return rng.stream(ctx or mx.cpu(0)).random()


# -- keys -------------------------------------------------------------------------------------------------


@given(parts, parts)
def test_keys_are_equal_exactly_if_their_parts_are(first, second):
    same = list(map(str, first)) == list(map(str, second))
    assert (rng._key(*first) == rng._key(*second)) is same


def test_a_key_has_128_bits():
    assert max(rng._key(i).bit_length() for i in range(100)) > 120
    assert all(rng._key(i) < 2**128 for i in range(100))


def test_keys_are_the_same_in_every_process():
    """Python's own hash() of text differs from process to process."""
    program = "from gluonish.engine import rng; print(rng.initial_key('net.dense0.weight'))"
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        for _ in "ab"
    ]
    mx.random.seed(rng.DEFAULT_SEED)
    assert runs == [f"{rng.initial_key('net.dense0.weight')}\n"] * 2


# -- initial values ---------------------------------------------------------------------------------------


def test_an_initial_key_depends_on_the_path_and_how_often_it_occurred():
    keys = [rng.initial_key(path) for path in ("a", "b", "a", "a")]
    assert len(set(keys)) == 4


def test_seeding_starts_the_count_of_occurrences_anew():
    first = [rng.initial_key("a"), rng.initial_key("a")]
    mx.random.seed(rng.seed_value())
    assert [rng.initial_key("a"), rng.initial_key("a")] == first


def test_another_seed_gives_other_initial_keys():
    first = rng.initial_key("a")
    mx.random.seed(rng.seed_value() + 1)
    assert rng.initial_key("a") != first


def test_seeding_one_context_leaves_initial_keys_alone():
    first = rng.initial_key("a")
    mx.random.seed(123, ctx=mx.cpu(1))
    assert rng.initial_key("a") != first
    mx.random.seed(rng.seed_value())
    assert rng.initial_key("a") == first


def test_what_operators_draw_does_not_move_initial_keys():
    mx.random.seed(1)
    expected = rng.initial_key("a")
    mx.random.seed(1)
    draw()
    assert rng.initial_key("a") == expected


def test_threads_count_occurrences_together():
    keys = []
    threads = [
        threading.Thread(target=lambda: keys.extend(rng.initial_key("a") for _ in range(100)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys)) == 400


# -- streams ----------------------------------------------------------------------------------------------


def test_a_context_has_one_stream():
    assert rng.stream(mx.cpu(0)) is rng.stream(mx.cpu(0))
    assert rng.stream(mx.cpu(0)) is not rng.stream(mx.cpu(1))


def test_threads_that_race_for_a_new_stream_get_one():
    start = threading.Barrier(4)
    found = []

    def ask():
        start.wait()
        found.append(rng.stream(mx.cpu(7)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(each) for each in found}) == 1


def test_pinned_memory_has_a_stream_of_its_own():
    assert draw(mx.cpu_pinned(0)) != draw(mx.cpu(0))


def test_the_seed_in_force_can_be_asked_for():
    mx.random.seed(99)
    assert rng.seed_value() == 99


# -- the scope --------------------------------------------------------------------------------------------


def test_a_scope_gives_the_stream_of_its_key_on_every_context():
    expected = np.random.Generator(np.random.Philox(key=5)).random(3)
    with rng.StreamScope(5):
        np.testing.assert_array_equal([draw(mx.cpu(i)) for i in range(3)], expected)


def test_a_scope_starts_its_stream_at_the_beginning_each_time():
    scope = rng.StreamScope(5)
    found = []
    for _ in range(2):
        with scope:
            found.append(draw())
    assert found[0] == found[1]


def test_scopes_nest_and_the_outer_stream_goes_on():
    with rng.StreamScope(5):
        plain = [draw(), draw()]
    with rng.StreamScope(5):
        first = draw()
        with rng.StreamScope(6):
            inner = draw()
        assert [first, draw()] == plain
    assert inner not in plain


def test_a_scope_can_be_entered_inside_itself():
    scope = rng.StreamScope(5)
    with scope:
        plain = [draw(), draw()]
    before = rng.stream(mx.cpu(0))
    with scope:
        first = draw()
        with scope:
            assert draw() == plain[0]
        assert [first, draw()] == plain
    assert rng.stream(mx.cpu(0)) is before


def test_a_scope_ends_with_an_exception():
    before = rng.stream(mx.cpu(0))
    with pytest.raises(KeyError), rng.StreamScope(5):
        raise KeyError
    assert rng.stream(mx.cpu(0)) is before


def test_one_scope_serves_several_threads_at_a_time():
    scope = rng.StreamScope(5)
    both = threading.Barrier(2)
    found = []

    def work():
        before = rng.stream(mx.cpu(0))
        with scope:
            both.wait(10)
            found.append(draw())
            both.wait(10)
        found.append(rng.stream(mx.cpu(0)) is before)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = np.random.Generator(np.random.Philox(key=5)).random()
    assert sorted(found, key=str) == sorted([expected, expected, True, True], key=str)
