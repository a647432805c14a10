"""Teams: threads that compute together."""

from __future__ import annotations

import pytest

import gluonish as mx
from gluonish import autograd
from gluonish.engine.team import call_together, current_member
from gluonish.errors import ArgumentError, TeamError
from gluonish.gluon.utils import call_together as call_with_parts


def test_results_come_in_the_order_of_the_functions():
    assert call_together([lambda i=i: i * i for i in range(5)]) == [0, 1, 4, 9, 16]


def test_members_get_what_all_of_them_give_in_the_order_of_their_numbers():
    def work(own):
        member = current_member()
        first = member.exchange(own)
        return first, member.exchange(sum(first) + own)

    assert call_together([lambda i=i: work(i) for i in (1, 2, 3)]) == [([1, 2, 3], [7, 8, 9])] * 3


def test_threads_record_train_and_are_where_their_caller_is():
    def modes():
        return autograd.is_recording(), autograd.is_training(), mx.current_context()

    with autograd.record(), mx.cpu(3):
        assert call_together([modes, modes]) == [(True, True, mx.cpu(3))] * 2
    assert call_together([modes]) == [(False, False, mx.cpu(0))]


def test_outside_of_a_team_there_is_no_member():
    assert current_member() is None
    call_together([lambda: None])
    assert current_member() is None


def test_a_member_that_has_finished_is_not_waited_for():
    def meets_twice():
        current_member().exchange(1)
        current_member().exchange(2)

    with pytest.raises(TeamError, match=r"waits for a member that does not come.*\n.*the same layers"):
        call_together([meets_twice, lambda: current_member().exchange(1)])


def test_the_error_of_a_member_is_raised_and_not_that_of_those_who_waited_for_it():
    def fails():
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        call_together([lambda: current_member().exchange(1), fails, lambda: current_member().exchange(1)])


@pytest.mark.parametrize("parts", [(), ([],), ([1, 2], [1])])
def test_parts_that_are_not_equally_many_are_an_error(parts):
    with pytest.raises(
        ArgumentError, match=r"needs one part of each argument.*\n.*sequences of equal length"
    ):
        call_with_parts(lambda *args: args, *parts)
