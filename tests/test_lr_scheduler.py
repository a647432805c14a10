"""Schedulers: the numbers of MXNet 1.9.1, and what an optimizer may rely on."""

from __future__ import annotations

import copy
import logging
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gluonish.errors import ArgumentError, ArgumentTypeError
from gluonish.lr_scheduler import (
    CosineScheduler,
    FactorScheduler,
    LRScheduler,
    MultiFactorScheduler,
    PolyScheduler,
)

MAKERS = {
    "factor": lambda **kwargs: FactorScheduler(2, 0.5, **kwargs),
    "multifactor": lambda **kwargs: MultiFactorScheduler([2, 4], 0.5, **kwargs),
    "poly": lambda **kwargs: PolyScheduler(9, **kwargs),
    "cosine": lambda **kwargs: CosineScheduler(9, **kwargs),
}
every_scheduler = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def rates(scheduler, updates):
    return [scheduler(n) for n in updates]


# What MXNet 1.9.1 prints for n = 0, 1, 2 ...
GOLDEN = {
    "factor": (FactorScheduler(2, 0.5, base_lr=1), [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]),
    "factor, every update": (FactorScheduler(1, 0.5, base_lr=1), [1, 1, 0.5, 0.25, 0.125]),
    "factor, with a floor": (
        FactorScheduler(2, 0.5, stop_factor_lr=0.2, base_lr=1),
        [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2],
    ),
    "factor, warm-up": (
        FactorScheduler(2, 0.5, base_lr=1, warmup_steps=3, warmup_begin_lr=0.1),
        [0.1, 0.4, 0.7, 0.5, 0.5, 0.25],
    ),
    "factor, constant warm-up": (
        FactorScheduler(2, 0.5, base_lr=1, warmup_steps=3, warmup_begin_lr=0.1, warmup_mode="constant"),
        [0.1, 0.1, 0.1, 0.5, 0.5, 0.25],
    ),
    "multifactor": (MultiFactorScheduler([2, 4], 0.1, base_lr=1), [1, 1, 1, 0.1, 0.1, 0.01]),
    "multifactor, warm-up": (
        MultiFactorScheduler([2, 4, 7], 0.5, base_lr=1, warmup_steps=5),
        [0, 0.2, 0.4, 0.6, 0.8, 0.25, 0.25, 0.25, 0.125],
    ),
    "poly": (PolyScheduler(5, base_lr=1, pwr=1), [1, 0.8, 0.6, 0.4, 0.2, 0, 0]),
    "poly, warm-up": (
        PolyScheduler(6, base_lr=1, pwr=1, warmup_steps=3, warmup_begin_lr=0.1),
        [0.1, 0.4, 0.7, 1, 0.66666667, 0.33333333, 0],
    ),
    "poly, squared": (
        PolyScheduler(6, base_lr=1, pwr=2, final_lr=0.2, warmup_steps=2),
        [0, 0.5, 1, 0.65, 0.4, 0.25, 0.2, 0.2],
    ),
    "cosine": (CosineScheduler(4, base_lr=1, final_lr=0.1), [1, 0.86819805, 0.55, 0.23180195, 0.1, 0.1]),
    "cosine, warm-up": (
        CosineScheduler(6, base_lr=1, warmup_steps=3, warmup_begin_lr=0.1),
        [0.1, 0.4, 0.7, 1, 0.75, 0.25, 0, 0],
    ),
    "cosine, warm-up longer than the schedule": (
        CosineScheduler(4, base_lr=1, warmup_steps=5, warmup_begin_lr=0.5),
        [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1, 1],
    ),
}


@pytest.mark.parametrize(("scheduler", "expected"), GOLDEN.values(), ids=GOLDEN)
def test_the_rates_are_those_of_mxnet(scheduler, expected):
    fresh = copy.deepcopy(scheduler)
    assert rates(fresh, range(len(expected))) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("scheduler", [PolyScheduler, CosineScheduler])
@pytest.mark.parametrize("n", [4, 5, 100])
def test_a_warm_up_until_the_end_leaves_the_rate_at_base_lr(scheduler, n):
    """MXNet divides by zero here."""
    assert scheduler(4, base_lr=0.5, final_lr=0.1, warmup_steps=4)(n) == 0.5


@pytest.mark.parametrize("scheduler", [PolyScheduler, CosineScheduler])
def test_overwriting_base_lr_takes_effect_after_the_warm_up(scheduler):
    changed = scheduler(10, base_lr=1.0, final_lr=0.1, warmup_steps=2)
    changed(7)
    changed.base_lr = 0.4
    fresh = scheduler(10, base_lr=0.4, final_lr=0.1, warmup_steps=2)
    assert rates(changed, range(2, 12)) == rates(fresh, range(2, 12))


@every_scheduler
def test_overwriting_base_lr_moves_the_target_of_the_warm_up(make):
    scheduler = make(base_lr=1.0, warmup_steps=4)
    scheduler.base_lr = 0.4
    assert rates(scheduler, range(4)) == pytest.approx([0, 0.1, 0.2, 0.3])


def test_overwriting_base_lr_after_drops_sets_the_rate_itself():
    scheduler = FactorScheduler(2, 0.5, base_lr=1.0)
    assert scheduler(5) == 0.25
    scheduler.base_lr = 3.0
    assert rates(scheduler, [6, 7]) == [3.0, 1.5]


@pytest.mark.parametrize("make", [MAKERS["factor"], MAKERS["multifactor"]], ids=["factor", "multifactor"])
def test_an_earlier_update_gets_the_decayed_rate(make):
    scheduler = make(base_lr=1.0)
    later = scheduler(6)
    assert later < 1.0
    assert scheduler(0) == later


def test_the_warm_up_is_the_same_when_asked_about_after_drops():
    scheduler = FactorScheduler(2, 0.5, base_lr=1.0, warmup_steps=4)
    scheduler(9)
    assert scheduler(2) == 0.5


def test_a_warm_up_target_set_by_hand_counts():
    scheduler = CosineScheduler(9, base_lr=1.0, warmup_steps=4)
    scheduler.warmup_final_lr = 2.0
    assert scheduler(2) == 1.0


@every_scheduler
@pytest.mark.parametrize("clone", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
def test_a_copy_continues_where_the_original_is(make, clone):
    scheduler = make(base_lr=1.0, warmup_steps=1)
    scheduler(3)
    other = clone(scheduler)
    assert rates(other, range(12)) == rates(scheduler, range(12))


@given(
    max_update=st.integers(1, 50),
    warmup=st.integers(0, 60),
    base=st.floats(0.01, 10),
    final=st.floats(0, 0.01),
    n=st.integers(0, 120),
)
@pytest.mark.parametrize("scheduler", [PolyScheduler, CosineScheduler])
def test_annealed_rates_stay_between_their_bounds_and_never_rise(
    scheduler, max_update, warmup, base, final, n
):
    schedule = scheduler(max_update, base_lr=base, final_lr=final, warmup_steps=warmup)
    now, after = schedule(warmup + n), schedule(warmup + n + 1)
    assert final * (1 - 1e-12) <= after <= now <= base * (1 + 1e-12)


@given(st.integers(1, 7), st.lists(st.integers(0, 200), min_size=1, max_size=20))
def test_factor_drops_once_per_full_step_whatever_updates_are_skipped(step, updates):
    scheduler = FactorScheduler(step, 0.5, stop_factor_lr=0, base_lr=1.0)
    last = [scheduler(n) for n in sorted(updates)][-1]
    assert last == 0.5 ** max((max(updates) - 1) // step, 0)


@given(st.sets(st.integers(1, 100), min_size=1), st.integers(0, 120))
def test_multifactor_drops_once_per_listed_update_that_is_past(steps, n):
    scheduler = MultiFactorScheduler(sorted(steps), 0.5, base_lr=1.0)
    assert scheduler(n) == 0.5 ** sum(step < n for step in steps)


def test_multifactor_takes_a_tuple():
    assert rates(MultiFactorScheduler((1, 2), 0.5, base_lr=1.0), range(4)) == [1, 1, 0.5, 0.25]


def test_a_drop_is_logged_with_its_update(caplog):
    with caplog.at_level(logging.INFO, "gluonish.lr_scheduler"):
        FactorScheduler(2, 0.5, base_lr=1.0)(3)
    assert "update 3: the learning rate is now 5.00000e-01" in caplog.text


def test_the_base_class_asks_for_call_to_be_defined():
    with pytest.raises(NotImplementedError, match="LRScheduler does not say what the rate is"):
        LRScheduler()(1)


def test_the_warm_up_rate_after_the_warm_up_is_an_error():
    with pytest.raises(ArgumentError, match=r"is over\.\n  Expected an update before number 10"):
        LRScheduler(1, 10).get_warmup_lr(10)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: LRScheduler(0.1, warmup_begin_lr=0.2), ArgumentError, "starts above the rate it leads to"),
        (lambda: LRScheduler(warmup_mode="cubic"), ArgumentError, "warmup_mode is unknown.*\n.*'cubic'"),
        (lambda: LRScheduler(warmup_steps=-1), ArgumentError, "warmup_steps is too small.*\n.*0 or more"),
        (lambda: LRScheduler(warmup_steps=1.5), ArgumentTypeError, "warmup_steps is no integer"),
        (lambda: FactorScheduler(0), ArgumentError, "step is too small.*\n.*1 or more"),
        (lambda: FactorScheduler(1, 2), ArgumentError, "factor would raise the rate"),
        (lambda: MultiFactorScheduler(3), ArgumentTypeError, "step is no list"),
        (lambda: MultiFactorScheduler([]), ArgumentError, "step is empty"),
        (lambda: MultiFactorScheduler([0, 1]), ArgumentError, r"step\[0\] is too small"),
        (lambda: MultiFactorScheduler([2, 2]), ArgumentError, "does not increase.*\n.*above 2, received 2"),
        (lambda: MultiFactorScheduler([1], 2), ArgumentError, "factor would raise the rate"),
        (lambda: PolyScheduler(1.5), ArgumentTypeError, "max_update is no integer"),
        (lambda: CosineScheduler(0), ArgumentError, "max_update is too small"),
    ],
)
def test_impossible_arguments_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_errors_are_caught_by_the_clauses_of_old_programs():
    with pytest.raises(ValueError, match="unknown"):
        LRScheduler(warmup_mode="cubic")
    with pytest.raises(AssertionError, match="no integer"):
        LRScheduler(warmup_steps=1.5)


@pytest.mark.parametrize(
    "schedule",
    [
        FactorScheduler(2, 0.5, base_lr=0.8, warmup_steps=1, warmup_begin_lr=0.1),
        MultiFactorScheduler([2, 5], 0.5, base_lr=0.8),
        PolyScheduler(8, base_lr=0.8, warmup_steps=2),
        CosineScheduler(8, base_lr=0.8),
    ],
    ids=lambda schedule: type(schedule).__name__,
)
def test_a_pickled_schedule_goes_on_where_it_was(schedule):
    twin = pickle.loads(pickle.dumps(schedule))
    rates(schedule, range(4))
    copy = pickle.loads(pickle.dumps(schedule))
    expected = rates(schedule, range(4, 10))
    assert rates(copy, range(4, 10)) == expected
    rates(twin, range(4))
    assert rates(twin, range(4, 10)) == expected


def test_base_lr_has_mxnets_second_name_where_a_schedule_ends():
    schedule = CosineScheduler(4, base_lr=1.0)
    schedule.base_lr_orig = 0.5
    assert (schedule.base_lr, schedule.base_lr_orig, schedule(0)) == (0.5, 0.5, 0.5)
