"""What takes how long."""

from __future__ import annotations

import json
import threading

import pytest

import gluonish as mx
from gluonish import profiler
from gluonish.engine import invoke
from gluonish.errors import ArgumentError, MissingFileError, UnknownNameError
from gluonish.profiler.recorder import RECORDER, Statistics


@pytest.fixture(autouse=True)
def trace(tmp_path):
    """The file of the trace; the profiler is as new before and after."""
    file = tmp_path / "profile.json"
    profiler.set_config(filename=str(file), profile_all=True)
    yield file
    profiler.resume()
    profiler.set_state("stop")
    RECORDER.forget_sums()
    RECORDER.forget_trace()


def sums():
    return json.loads(profiler.dumps(format="json"))["Time"]


def counts(category="operator"):
    return {name: each["Count"] for name, each in sums().get(category, {}).items()}


def run(function):
    profiler.set_state("run")
    try:
        return function()
    finally:
        profiler.set_state("stop")


def events(file):
    profiler.dump()
    found = json.loads(file.read_text())["traceEvents"]
    names = {each["pid"]: each["args"]["name"] for each in found if each["ph"] == "M"}
    return [{**each, "place": names[each["pid"]]} for each in found if each["ph"] != "M"]


# -- operators --------------------------------------------------------------------------------------------


def test_operators_are_counted_while_it_runs():
    x = mx.nd.ones((2, 2))
    mx.nd.relu(x)
    run(lambda: [mx.nd.relu(x), mx.nd.relu(x), mx.nd.dot(x, x)])
    mx.nd.relu(x)
    assert counts() == {"relu": 2, "dot": 1}


def test_gradients_are_counted_by_the_operators_they_belong_to():
    x = mx.nd.ones((2, 2))
    x.attach_grad()

    def step():
        with mx.autograd.record():
            y = mx.nd.dot(x, x).sum()
        y.backward()

    run(step)
    assert {name for name in counts() if "backward" in name} == {"_backward_dot", "_backward_sum"}
    assert x.grad.asnumpy().tolist() == [[4, 4], [4, 4]]


def test_gradients_of_functions_and_transfers_have_names_too(two):
    class Double(mx.autograd.Function):
        def forward(self, x):
            return 2 * x

        def backward(self, g):
            return 2 * g

    x = mx.nd.ones((1,), ctx=two[0])
    x.attach_grad()

    def step():
        with mx.autograd.record():
            y = Double()(x).as_in_context(two[1])
        y.backward()

    run(step)
    assert {"_backward_Double", "_backward_transfer"} <= set(counts())


def test_an_operator_into_an_output_is_counted():
    x = mx.nd.ones((2,))

    def grow():
        nonlocal x
        x += 1

    run(grow)
    assert sum(counts().values()) == 1


def test_a_step_of_an_optimizer_is_counted():
    net = mx.gluon.nn.Dense(1, in_units=2)
    net.initialize()
    trainer = mx.gluon.Trainer(net.collect_params(), "adam")
    with mx.autograd.record():
        loss = net(mx.nd.ones((1, 2)))
    loss.backward()
    run(lambda: trainer.step(1))
    assert counts() == {"adam_update": 1}


def test_operators_of_all_threads_are_counted():
    x = mx.nd.ones((2,))

    def work():
        thread = threading.Thread(target=lambda: mx.nd.relu(x))
        thread.start()
        thread.join()

    run(work)
    assert counts() == {"relu": 1}


def test_an_operator_that_fails_is_counted_and_fails_as_ever():
    with pytest.raises(mx.MXNetError, match="dot"):
        run(lambda: mx.nd.dot(mx.nd.ones((2, 3)), mx.nd.ones((2, 3))))
    mx.nd.relu(mx.nd.ones(1))
    assert "relu" not in counts()


def test_nothing_watches_the_engine_while_it_is_off():
    plain = invoke._run
    run(lambda: None)
    assert invoke._run is plain
    assert plain is invoke._run_kernel


def test_while_it_is_paused_nothing_is_recorded():
    x = mx.nd.ones(1)
    profiler.set_state("run")
    profiler.pause()
    mx.nd.relu(x)
    with profiler.Event("e"):
        pass
    profiler.resume()
    mx.nd.sigmoid(x)
    profiler.set_state("stop")
    assert sums().keys() == {"operator"}
    assert counts() == {"sigmoid": 1}


def test_operators_can_be_left_out():
    profiler.set_config(profile_imperative=False)
    task = profiler.Domain("d").new_task("t")

    def both():
        with task:
            mx.nd.ones(1)

    run(both)
    assert sums().keys() == {"d"}


# -- tables -----------------------------------------------------------------------------------------------


@pytest.fixture
def recorded(monkeypatch):
    """Three kinds of spans with known durations, in milliseconds."""
    monkeypatch.setattr(RECORDER, "active", True)
    for name, durations in {"long": [30], "short": [1, 2], "often": [3, 4, 5]}.items():
        for each in durations:
            RECORDER.add_span("group", name, 0, each * 10**6)


@pytest.mark.parametrize(
    ("key", "order"),
    [
        ("total", ["long", "often", "short"]),
        ("avg", ["long", "often", "short"]),
        ("min", ["long", "often", "short"]),
        ("max", ["long", "often", "short"]),
        ("count", ["often", "short", "long"]),
    ],
)
def test_a_table_is_sorted_by_what_is_asked_for(recorded, key, order):
    def names(**options):
        return [
            line.split()[0] for line in profiler.dumps(**options).splitlines() if line[:5].strip() in order
        ]

    order_of = {"long": "long", "short": "short", "often": "often"}
    lines = profiler.dumps(sort_by=key).splitlines()
    assert [line.split()[0] for line in lines if line.split() and line.split()[0] in order_of] == order
    lines = profiler.dumps(sort_by=key, ascending=True).splitlines()
    assert [line.split()[0] for line in lines if line.split() and line.split()[0] in order_of] == order[::-1]


def test_a_row_has_mxnets_columns(recorded):
    lines = profiler.dumps().splitlines()
    assert lines[1] == "Profile Statistics:"
    assert lines[3:5] == ["group", "================="]
    assert lines[5] == (
        "Name                          Total Count        Time (ms)    Min Time (ms)    Max Time (ms)"
        "    Avg Time (ms)"
    )
    assert (
        "often                                   3          12.0000           3.0000           5.0000"
        in lines[8]
    )


def test_sums_are_also_json(recorded):
    found = json.loads(profiler.dumps(format="json"))
    assert found["Time"]["group"]["often"] == {"Count": 3, "Total": 12.0, "Min": 3.0, "Max": 5.0, "Avg": 4.0}
    assert found["Unit"] == {"Time": "ms", "Memory": "kB"}


def test_sums_begin_anew_after_a_reset(recorded):
    assert "often" in profiler.dumps(reset=True)
    assert "often" not in profiler.dumps()


def test_statistics_are_those_of_what_was_added():
    each = Statistics()
    for duration in (3.0, 1.0, 2.0):
        each.add(duration)
    assert (each.count, each.total, each.shortest, each.longest, each.average) == (3, 6.0, 1.0, 3.0, 2.0)


# -- traces -----------------------------------------------------------------------------------------------


def test_a_trace_shows_operators_on_their_contexts(trace, two):
    run(lambda: [mx.nd.ones(1, ctx=ctx) for ctx in two])
    found = events(trace)
    assert [(each["name"], each["cat"], each["ph"], each["place"]) for each in found] == [
        ("_ones", "operator", "X", "cpu/0"),
        ("_ones", "operator", "X", "cpu/1"),
    ]
    assert found[0]["ts"] + found[0]["dur"] <= found[1]["ts"]
    assert found[0]["tid"] == threading.get_ident()


def test_what_a_program_marks_is_in_the_trace(trace):
    def work():
        domain = profiler.Domain("d")
        with domain.new_task("task"), domain.new_frame("frame"), profiler.Event("event"):
            domain.new_marker("mark").mark("thread")
        counter = domain.new_counter("counter", 5)
        counter += 2
        counter -= 3
        counter.set_value(9)

    run(work)
    found = events(trace)
    assert [(each["name"], each["ph"], each["place"]) for each in found if each["ph"] != "C"] == [
        ("mark", "i", "d,instant_marker"),
        ("event", "X", "event"),
        ("frame", "X", "d,frame"),
        ("task", "X", "d"),
    ]
    assert found[0]["s"] == "t"
    assert [each["args"]["counter"] for each in found if each["ph"] == "C"] == [5, 7, 4, 9]


def test_a_finished_dump_stops_and_begins_the_next_trace_anew(trace):
    profiler.set_state("run")
    mx.nd.ones(1)
    assert [each["name"] for each in events(trace)] == ["_ones"]
    mx.nd.ones(1)
    assert events(trace) == []
    assert counts() == {"_ones": 1}


def test_a_dump_in_between_goes_on(trace):
    profiler.set_state("run")
    mx.nd.ones(1)
    profiler.dump(finished=False)
    mx.nd.zeros(1)
    assert [each["name"] for each in events(trace)] == ["_ones", "_zeros"]


def test_a_folder_that_does_not_exist_is_an_error(tmp_path):
    profiler.set_config(filename=str(tmp_path / "nowhere" / "p.json"))
    with pytest.raises(MissingFileError, match="nowhere does not exist"):
        profiler.dump()


# -- names and errors -------------------------------------------------------------------------------------


def test_things_are_written_as_their_names():
    domain = profiler.Domain("d")
    things = [
        domain,
        domain.new_task("t"),
        domain.new_frame("f"),
        profiler.Event("e"),
        domain.new_counter("c"),
    ]
    assert [str(each) for each in things] == ["d", "t", "f", "e", "c"]


def test_a_counter_counts_whether_or_not_it_is_recorded():
    counter = profiler.Counter(profiler.Domain("d"), "c")
    counter.increment(3)
    counter.decrement()
    assert counter._value == 2
    assert sums() == {}


def test_ending_what_has_not_begun_is_an_error():
    with pytest.raises(ArgumentError, match=r"Task 't' cannot end: it has not begun"):
        profiler.Task(profiler.Domain("d"), "t").stop()


@pytest.mark.parametrize(
    ("call", "message", "kind"),
    [
        (lambda: profiler.set_state("walk"), "Profiler state 'walk' does not exist", KeyError),
        (lambda: profiler.set_config(colour=1), "The profiler has no setting 'colour'", RuntimeError),
        (lambda: profiler.dumps(format="xml"), "has no such format", AssertionError),
        (lambda: profiler.dumps(sort_by="name"), "cannot sort by this", AssertionError),
        (
            lambda: profiler.Domain("d").new_marker("m").mark("moon"),
            "Scope 'moon' does not exist",
            RuntimeError,
        ),
    ],
)
def test_what_does_not_exist_is_an_error_of_the_class_that_mxnet_raised(call, message, kind):
    with pytest.raises(kind, match=message) as caught:
        call()
    assert isinstance(caught.value, (ArgumentError, UnknownNameError))


def test_settings_of_mxnet_without_meaning_here_are_accepted():
    profiler.set_config(
        profile_memory=True, profile_api=True, aggregate_stats=True, continuous_dump=True, dump_period=1
    )
    profiler.set_kvstore_handle(None)


def test_names_from_before_mxnet_1_still_work(trace):
    with pytest.warns(
        DeprecationWarning, match=r"profiler_set_config is deprecated, use profiler.set_config"
    ):
        profiler.profiler_set_config("all", str(trace))
    with pytest.warns(DeprecationWarning, match=r"use profiler.set_state"):
        profiler.profiler_set_state("run")
    mx.nd.ones(1)
    with pytest.warns(DeprecationWarning, match=r"use profiler.dump"):
        profiler.dump_profile()
    assert "_ones" in trace.read_text()
