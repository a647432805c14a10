"""Random streams, and the functions of mx.random and mx.nd.random."""

from __future__ import annotations

import json
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

import gluonish as mx
from gluonish import autograd, nd
from gluonish.engine import rng
from gluonish.engine.rng import StreamScope, initial_key
from gluonish.errors import ArgumentError, ArgumentTypeError, DTypeError, ShapeMismatchError

RARE = 1e-6
COUNT = 20000


@pytest.fixture(autouse=True)
def fresh_streams():
    mx.random.seed(20)


def draws(ctx=None, count=8):
    return mx.random.uniform(shape=count, ctx=ctx).asnumpy().tolist()


# -- streams --------------------------------------------------------------------------------------------


def test_a_seed_makes_every_following_draw_repeat():
    mx.random.seed(3)
    first = [
        draws(),
        mx.random.normal(shape=5).asnumpy().tolist(),
        nd.shuffle(nd.arange(9)).asnumpy().tolist(),
    ]
    mx.random.seed(3)
    again = [
        draws(),
        mx.random.normal(shape=5).asnumpy().tolist(),
        nd.shuffle(nd.arange(9)).asnumpy().tolist(),
    ]
    assert first == again


def test_different_seeds_give_different_draws():
    mx.random.seed(3)
    first = draws()
    mx.random.seed(4)
    assert draws() != first


@pytest.mark.parametrize("seed", [0, -3, 2**40, 2**200, np.int64(7)])
def test_any_integer_is_a_seed(seed):
    mx.random.seed(seed)
    first = draws()
    mx.random.seed(seed)
    assert draws() == first


def test_following_draws_differ():
    assert draws() != draws()


def test_contexts_have_streams_of_their_own():
    assert draws(mx.cpu(0)) != draws(mx.cpu(1))


def test_what_one_context_draws_does_not_move_the_stream_of_another():
    mx.random.seed(3)
    alone = draws(mx.cpu(1))
    mx.random.seed(3)
    draws(mx.cpu(0))
    assert draws(mx.cpu(1)) == alone


def test_seeding_one_context_leaves_the_others_alone():
    mx.random.seed(3)
    draws(mx.cpu(0))
    expected = draws(mx.cpu(0))
    mx.random.seed(3)
    draws(mx.cpu(0))
    mx.random.seed(99, ctx=mx.cpu(1))
    assert draws(mx.cpu(0)) == expected


def test_a_context_seeded_alone_repeats():
    mx.random.seed(5, ctx=mx.cpu(1))
    first = draws(mx.cpu(1))
    mx.random.seed(5, ctx="cpu(1)")
    assert draws(mx.cpu(1)) == first


def test_seeding_one_context_with_the_seed_of_all_gives_the_same_stream():
    mx.random.seed(5)
    first = draws(mx.cpu(1))
    mx.random.seed(6)
    mx.random.seed(5, ctx=mx.cpu(1))
    assert draws(mx.cpu(1)) == first


def test_a_draw_uses_the_current_context():
    with mx.cpu(2):
        x = mx.random.uniform(shape=3)
    assert x.context == mx.cpu(2)


@pytest.mark.parametrize("seed", ["7", 1.5, None])
def test_a_seed_that_is_no_integer_is_refused(seed):
    with pytest.raises(ArgumentTypeError, match="The seed is no integer") as caught:
        mx.random.seed(seed)
    assert isinstance(caught.value, ValueError)


def test_inside_a_stream_scope_all_draws_come_from_that_stream():
    key = initial_key("dense0.weight")
    with StreamScope(key):
        here = [draws(mx.cpu(0)), draws(mx.cpu(1))]
    mx.random.seed(77)
    with StreamScope(key):
        again = [draws(mx.cpu(3)), draws(mx.cpu(0))]
    assert here == again


def test_a_stream_scope_leaves_the_streams_of_the_contexts_alone():
    mx.random.seed(3)
    expected = draws()
    mx.random.seed(3)
    with StreamScope(1):
        draws()
    assert draws() == expected


def test_a_stream_scope_ends_with_an_exception():
    mx.random.seed(3)
    expected = draws()
    mx.random.seed(3)
    with pytest.raises(RuntimeError, match="stop"), StreamScope(1):
        raise RuntimeError("stop")
    assert draws() == expected


class OnDevice:
    """What an array of a device looks like to the host: a handle."""

    def __init__(self, host):
        self.host = host


def test_inside_a_stream_scope_a_device_gets_what_the_host_draws(monkeypatch):
    device = SimpleNamespace(
        enters_device=True,
        xp=SimpleNamespace(ndarray=OnDevice),
        to_host=lambda raw: raw.host,
        from_host=lambda host, ctx: OnDevice(host),
    )
    host = rng.backend_of(mx.cpu(0))
    monkeypatch.setattr(rng, "backend_of", lambda ctx: host if ctx == mx.cpu(0) else device)
    means = np.array([1.0, 100.0])
    with StreamScope(5):
        expected = rng.stream(mx.cpu(0)).normal(means, size=(3, 2))
    with StreamScope(5):
        drawn = rng.stream(mx.gpu(0)).normal(OnDevice(means), size=(3, 2))
    assert type(drawn) is OnDevice
    np.testing.assert_array_equal(drawn.host, expected)


def in_thread(function):
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


def test_a_stream_scope_holds_in_its_own_thread_only():
    mx.random.seed(3)
    expected = draws()
    mx.random.seed(3)
    with StreamScope(1):
        assert in_thread(draws) == expected


def test_threads_share_the_stream_of_a_context_and_no_draw_is_given_twice():
    start = threading.Barrier(4)
    results = []

    def work():
        start.wait()
        for _ in range(50):
            results.extend(mx.random.uniform(shape=20, dtype="float64").asnumpy().tolist())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(results)) == len(results) == 4000
    mx.random.seed(20)
    alone = mx.random.uniform(shape=4000, dtype="float64").asnumpy().tolist()
    assert sorted(results) == sorted(alone)


# -- distributions --------------------------------------------------------------------------------------

CONTINUOUS = {
    "uniform": (lambda dtype: mx.random.uniform(2, 5, COUNT, dtype), stats.uniform(2, 3)),
    "normal": (lambda dtype: mx.random.normal(2, 5, COUNT, dtype), stats.norm(2, 5)),
    "gamma": (lambda dtype: mx.random.gamma(0.7, 5, COUNT, dtype), stats.gamma(0.7, scale=5)),
    "exponential": (lambda dtype: mx.random.exponential(5, COUNT, dtype), stats.expon(scale=5)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CONTINUOUS)
def test_draws_follow_the_distribution(name, dtype):
    draw, distribution = CONTINUOUS[name]
    assert stats.kstest(draw(dtype).asnumpy(), distribution.cdf).pvalue > RARE


COUNTS = {
    "poisson": (lambda: mx.random.poisson(3, COUNT), stats.poisson(3)),
    "negative_binomial": (lambda: mx.random.negative_binomial(5, 0.4, COUNT), stats.nbinom(5, 0.4)),
    "generalized_negative_binomial": (
        lambda: mx.random.generalized_negative_binomial(3, 0.5, COUNT),
        stats.nbinom(2, 1 / (1 + 0.5 * 3)),
    ),
    "randint": (lambda: mx.random.randint(2, 9, COUNT), stats.randint(2, 9)),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_follow_the_distribution(name):
    draw, distribution = COUNTS[name]
    drawn = draw().asnumpy().astype(int)
    last = int(distribution.ppf(0.999))
    observed = np.bincount(np.minimum(drawn, last), minlength=last + 1)
    expected = COUNT * np.append(distribution.pmf(np.arange(last)), distribution.sf(last - 1))
    likely = expected > 5
    statistic = ((observed - expected)[likely] ** 2 / expected[likely]).sum()
    assert stats.chi2(likely.sum() - 1).sf(statistic) > RARE


def test_classes_of_a_long_tail_are_log_uniform():
    classes = np.concatenate([nd._internal._sample_unique_zipfian(50, (200, 1))[0].asnumpy().ravel()])
    expected = np.log1p(1 / (np.arange(50) + 1)) / np.log(51)
    share = (classes == 0).mean()
    assert abs(share - expected[0]) < 6 * np.sqrt(expected[0] * (1 - expected[0]) / classes.size)


def test_all_classes_can_be_drawn_without_repetition():
    classes, tries = nd._internal._sample_unique_zipfian(30, (2, 30))
    np.testing.assert_array_equal(np.sort(classes.asnumpy(), axis=1), [np.arange(30)] * 2)
    assert (tries.asnumpy() > 30).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (1, 2), (-0.1, 0.3), (1000, 1100)])
def test_uniform_draws_never_reach_the_upper_bound(dtype, low, high):
    drawn = mx.random.uniform(low, high, 50000, dtype)
    assert (drawn >= low).asnumpy().all()
    assert (drawn < high).asnumpy().all()


def test_integers_cover_their_whole_dtype():
    drawn = mx.random.randint(-128, 128, 5000, "int8").asnumpy()
    assert (drawn.min(), drawn.max()) == (-128, 127)
    assert mx.random.randint(2**62, 2**63, dtype="int64").asscalar() >= 2**62


# -- shapes, dtypes, arrays as parameters (as in MXNet 1.9.1) ---------------------------------------------


def test_one_number_is_drawn_without_a_shape():
    for drawn in (mx.random.uniform(), mx.random.normal(), mx.random.randint(0, 5), mx.random.randn()):
        assert drawn.shape == (1,)


def test_the_default_dtypes_are_float32_and_int32():
    assert mx.random.poisson(shape=3).dtype is np.float32
    assert mx.random.randint(0, 5).dtype is np.int32
    assert nd.random_gamma(shape=3).dtype is np.float32


def test_randn_takes_sizes_one_by_one():
    drawn = nd.random.randn(2, 3, loc=5, scale=0.001, dtype="float64")
    assert (drawn.shape, drawn.dtype) == ((2, 3), np.float64)
    assert (abs(drawn - 5) < 0.1).asnumpy().all()


def test_arrays_as_parameters_draw_for_each_element():
    low = nd.array([[0, 10, 20]])
    drawn = nd.random.uniform(low, low + 1, shape=(2, 4))
    assert drawn.shape == (1, 3, 2, 4)
    np.testing.assert_array_equal(np.floor(drawn.asnumpy() / 10)[0, :, 0, 0], [0, 1, 2])


def test_arrays_as_parameters_without_a_shape_draw_one_each():
    assert nd.random.normal(nd.zeros((2, 3)), nd.ones((2, 3))).shape == (2, 3)


def test_a_number_beside_an_array_serves_all_elements():
    drawn = nd.random.uniform(nd.array([7, 8, 9]), 10, shape=50).asnumpy()
    assert (drawn >= [[7], [8], [9]]).all()
    assert (drawn < 10).all()


def test_integer_arrays_as_parameters_draw_floats():
    drawn = nd.random.negative_binomial(nd.array([1, 100], dtype="int32"), 0.5, shape=20)
    assert drawn.dtype is np.float32
    assert (drawn.asnumpy()[1] > 20).all()


def test_exponential_takes_the_scale_and_the_operators_the_rate():
    scale = nd.array([1.0, 100.0])
    np.testing.assert_allclose(nd.random.exponential(scale, 20000).mean(axis=1).asnumpy(), [1, 100], rtol=0.1)
    np.testing.assert_allclose(
        nd.sample_exponential(scale, 20000).mean(axis=1).asnumpy(), [1, 0.01], rtol=0.1
    )


def test_out_gives_shape_dtype_and_context():
    out = nd.zeros((2, 3), ctx=mx.cpu(1), dtype="float64")
    result = mx.random.uniform(3, 4, out=out)
    assert result is out
    assert (out >= 3).asnumpy().all()


def test_out_takes_what_arrays_as_parameters_draw():
    out = nd.zeros((2, 5))
    nd.random.normal(nd.array([10, 100]), nd.array([0, 0]), shape=5, out=out)
    np.testing.assert_array_equal(out.asnumpy(), [[10] * 5, [100] * 5])


def test_out_of_another_shape_is_refused():
    with pytest.raises(ShapeMismatchError, match="out="):
        mx.random.uniform(shape=4, out=nd.zeros((3,)))


def test_an_array_gives_its_shape_and_dtype_to_what_is_like_it():
    drawn = nd.random.uniform_like(nd.zeros((2, 2), dtype="float16", ctx=mx.cpu(1)), low=1, high=2)
    assert (drawn.shape, drawn.dtype, drawn.context) == ((2, 2), np.float16, mx.cpu(1))


def test_shuffle_moves_whole_rows():
    rows = nd.arange(20).reshape(10, 2)
    shuffled = mx.random.shuffle(rows).asnumpy()
    assert sorted(shuffled[:, 0]) == list(range(0, 20, 2))
    np.testing.assert_array_equal(shuffled[:, 1], shuffled[:, 0] + 1)
    np.testing.assert_array_equal(rows.asnumpy().ravel(), np.arange(20))


def test_every_order_is_as_likely():
    orders = [tuple(mx.random.shuffle(nd.arange(3)).asnumpy()) for _ in range(600)]
    assert set(orders) == {(a, b, 3 - a - b) for a in range(3) for b in range(3) if a != b}
    assert min(map(orders.count, set(orders))) > 40


@pytest.mark.parametrize(
    ("data", "shape", "expected"),
    [
        ((5,), None, (1,)),
        ((5,), 2, (2,)),
        ((5,), (2, 3), (2, 3)),
        ((2, 5), None, (2,)),
        ((2, 5), (1,), (2, 1)),
        ((2, 3, 5), (4, 1), (2, 3, 4, 1)),
    ],
)
def test_multinomial_draws_have_the_shape_of_the_rows_and_then_their_own(data, shape, expected):
    assert nd.random.multinomial(nd.ones(data) / 5, shape=shape).shape == expected


def test_multinomial_never_draws_a_class_of_probability_zero():
    rows = np.zeros((3000, 4), "float32")
    rows[np.arange(3000), np.arange(3000) % 4] = 1
    drawn = nd.random.multinomial(nd.array(rows), shape=20).asnumpy()
    np.testing.assert_array_equal(drawn, np.repeat(np.arange(3000)[:, None] % 4, 20, axis=1))


def test_multinomial_takes_what_softmax_gives_in_half_precision():
    scores = np.random.default_rng(1).normal(size=(20, 1000)).astype("float32")
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    drawn = nd.random.multinomial(nd.array(probabilities, dtype="float16"), get_prob=True)
    assert [each.dtype for each in drawn] == [np.int32, np.float16]


# -- errors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: mx.random.uniform(3, 1), "low not above high, received low=3.0, high=1.0"),
        (lambda: mx.random.uniform(float("nan"), 1), "low not above high"),
        (lambda: mx.random.normal(0, -1), "standard deviation of 0 or more, received scale=-1"),
        (lambda: mx.random.gamma(0, 1), "a positive alpha"),
        (lambda: mx.random.gamma(1, -1), "a positive beta"),
        (lambda: mx.random.exponential(0), "scale.*\n.*a positive number"),
        (lambda: nd.random_exponential(lam=0), "a positive lam"),
        (lambda: mx.random.poisson(-1), "lam of 0 or more"),
        (lambda: mx.random.negative_binomial(-1, 0.5), "k of 0 or more"),
        (lambda: mx.random.negative_binomial(1, 0), "a probability p above 0"),
        (lambda: mx.random.negative_binomial(1, 2), "a probability p above 0"),
        (lambda: mx.random.generalized_negative_binomial(-1, 1), "mu of 0 or more"),
        (lambda: mx.random.generalized_negative_binomial(1, -1), "alpha of 0 or more"),
        (lambda: nd.random.normal_like(nd.zeros(3), scale=-1), "standard deviation"),
        (lambda: nd.random.uniform(nd.array([0, 3]), nd.array([1, 1])), "low not above high"),
        (lambda: nd.random.normal(nd.array([0, 3]), nd.array([1, -1])), "standard deviation"),
        (lambda: mx.random.randint(5, 5), "low below high"),
        (lambda: mx.random.randint(0, 2**40), "numbers of int32"),
        (lambda: nd.random.multinomial(nd.array([0.5, 0.2])), "sum to 1"),
        (lambda: nd.random.multinomial(nd.array([1.5, -0.5])), "entries of 0 or more"),
        (lambda: nd.random.multinomial(nd.array([np.nan, 1])), "no probabilities"),
        (lambda: nd.random.multinomial(nd.ones(300) / 300, dtype="uint8"), "at most 256 classes"),
        (lambda: nd._internal._sample_unique_zipfian(5, (1, 6)), "that many different classes"),
    ],
)
def test_impossible_parameters_are_refused(draw, message):
    with pytest.raises(ArgumentError, match=message):
        draw()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: mx.random.uniform(dtype="int32"), "floating-point"),
        (lambda: nd.random.poisson_like(nd.zeros(3, dtype="int32")), "floating-point"),
        (lambda: nd.random.multinomial(nd.array([0, 1], dtype="int32")), "floating-point"),
        (lambda: mx.random.randint(0, 3, dtype="float32"), "an integer dtype, received float32"),
    ],
)
def test_a_dtype_of_the_wrong_kind_is_refused(draw, message):
    with pytest.raises(DTypeError, match=message):
        draw()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: nd.random.uniform(nd.zeros(2), nd.ones(3)), "'high'"),
        (lambda: nd.random.multinomial(nd.zeros((2, 0))), "no class to draw"),
        (lambda: nd._internal._sample_unique_zipfian(5, (3,)), "rows and columns"),
        (lambda: nd.shuffle(nd.zeros(())), "no axis to shuffle along"),
    ],
)
def test_shapes_that_do_not_go_together_are_refused(draw, message):
    with pytest.raises(ShapeMismatchError, match=message):
        draw()


def test_randint_takes_no_arrays():
    with pytest.raises(ArgumentError, match="'low'"):
        mx.random.randint(nd.array([0]), 4)


# -- gradients ------------------------------------------------------------------------------------------


def test_no_gradient_goes_through_a_draw():
    x = nd.array([1.0, 2.0, 3.0])
    x.attach_grad()
    with autograd.record():
        noise = nd.random.normal_like(x)
        y = noise * x + nd.sample_normal(x, nd.ones(3))
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), noise.asnumpy())


def test_log_probabilities_of_drawn_classes_are_differentiable():
    p = nd.array([[0.2, 0.3, 0.5], [0.0, 0.25, 0.75]], dtype="float64")
    weights = nd.array([[1, 2, 3, 4], [5, 6, 7, 8]], dtype="float64")
    p.attach_grad()
    with autograd.record():
        drawn, log_prob = nd.random.multinomial(p, shape=4, get_prob=True)
        loss = (log_prob * weights).sum()
    loss.backward()
    expected = np.zeros((2, 3))
    for row, column in np.ndindex(2, 4):
        k = drawn.asnumpy()[row, column]
        expected[row, k] += weights.asnumpy()[row, column] / p.asnumpy()[row, k]
    np.testing.assert_allclose(p.grad.asnumpy(), expected, rtol=1e-12)


def test_log_probabilities_can_be_differentiated_twice():
    p = nd.array([0.25, 0.75], dtype="float64")
    p.attach_grad()
    with autograd.record():
        drawn, log_prob = nd.random.multinomial(p, shape=(2, 5), get_prob=True)
        (first,) = autograd.grad(log_prob.sum(), [p], create_graph=True)
        loss = first.sum()
    loss.backward()
    counts = np.bincount(drawn.asnumpy().ravel(), minlength=2)
    np.testing.assert_allclose(p.grad.asnumpy(), -counts / p.asnumpy() ** 2, rtol=1e-12)


def test_drawn_classes_alone_have_a_zero_gradient():
    p = nd.array([0.25, 0.75])
    p.attach_grad()
    with autograd.record():
        drawn = nd.random.multinomial(p, shape=3, dtype="float32") * p.sum()
    drawn.backward()
    np.testing.assert_allclose(p.grad.asnumpy(), [1.0 * drawn.asnumpy().sum()] * 2)


def test_a_gradient_goes_back_to_the_rows_that_were_shuffled():
    x = nd.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    x.attach_grad()
    with autograd.record():
        y = nd.shuffle(x)
        z = y * y
    z.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), 2 * x.asnumpy())


# -- on a GPU -------------------------------------------------------------------------------------------


@pytest.mark.gpu
def test_a_gpu_draws_from_a_stream_of_its_own(gpu):
    mx.random.seed(3)
    first = draws(gpu)
    mx.random.seed(3)
    assert draws(gpu) == first
    assert draws(mx.cpu(0)) != first


@pytest.mark.gpu
@pytest.mark.parametrize("name", CONTINUOUS)
def test_draws_of_a_gpu_follow_the_distribution(name, gpu):
    draw, distribution = CONTINUOUS[name]
    with gpu:
        assert stats.kstest(draw("float32").asnumpy(), distribution.cdf).pvalue > RARE


@pytest.mark.gpu
def test_inside_a_stream_scope_a_gpu_gets_what_the_host_draws(gpu):
    mean, spread = np.array([1.0, 10.0]), np.array([1.0, 2.0])
    with StreamScope(5):
        on_host = [draws(), nd.random.normal(nd.array(mean), nd.array(spread)).asnumpy().tolist()]
    with StreamScope(5), gpu:
        on_gpu = [draws(), nd.random.normal(nd.array(mean), nd.array(spread)).asnumpy().tolist()]
    assert on_host == on_gpu


# -- saving and restoring where the streams are -------------------------------------------------------------


def test_streams_go_on_where_they_were_in_every_context():
    contexts = [mx.cpu(0), mx.cpu(3)]
    for ctx in contexts:
        mx.random.uniform(shape=(3,), ctx=ctx)
        mx.random.randint(0, 9, shape=(1,), ctx=ctx)  # leaves half a word behind
    state = json.loads(json.dumps(mx.random.get_state()))
    expected = [mx.random.normal(shape=(5,), ctx=ctx).asnumpy() for ctx in contexts]
    mx.random.seed(99)
    assert mx.random.set_state(state) == []
    for ctx, values in zip(contexts, expected, strict=True):
        np.testing.assert_array_equal(mx.random.normal(shape=(5,), ctx=ctx).asnumpy(), values)


def test_initial_values_of_later_networks_go_on_too():
    def initial():
        layer = mx.gluon.nn.Dense(2, in_units=2)
        layer.initialize(mx.init.Normal(1.0))
        return layer.weight.data().asnumpy()

    initial()
    state = mx.random.get_state()
    expected = initial()
    mx.random.seed(99)
    mx.random.set_state(state)
    np.testing.assert_array_equal(initial(), expected)


def test_a_context_that_had_no_stream_starts_from_the_seed_that_was_saved():
    mx.random.seed(5)
    expected = mx.random.uniform(shape=(2,), ctx=mx.cpu(7)).asnumpy()
    mx.random.seed(5)
    state = mx.random.get_state()
    mx.random.seed(6)
    mx.random.set_state(state)
    np.testing.assert_array_equal(mx.random.uniform(shape=(2,), ctx=mx.cpu(7)).asnumpy(), expected)


def test_streams_of_devices_that_are_not_here_are_left_out_and_named():
    state = mx.random.get_state()
    state["streams"].append({"device": "gpu", "number": 64, "state": {"key": 3}})
    assert mx.random.set_state(state) == [mx.gpu(64)]


def test_the_stream_of_a_gpu_goes_on_alike_after_saving_and_after_restoring(gpu):
    mx.random.uniform(shape=(3,), ctx=gpu)
    state = mx.random.get_state()
    expected = mx.random.uniform(shape=(3,), ctx=gpu).asnumpy()
    mx.random.set_state(state)
    np.testing.assert_array_equal(mx.random.uniform(shape=(3,), ctx=gpu).asnumpy(), expected)


@pytest.mark.parametrize(
    "state",
    [
        None,
        {},
        {"seed": "a", "initialised": {}, "streams": []},
        {"seed": 1, "initialised": [], "streams": []},
        {"seed": 1, "initialised": {}, "streams": [{"device": "cpu", "number": 0, "state": {}}]},
        {"seed": 1, "initialised": {}, "streams": [{"device": "toaster", "number": 0, "state": {}}]},
        {
            "seed": 1,
            "initialised": {},
            "streams": [
                {
                    "device": "cpu",
                    "number": 0,
                    "state": {
                        "counter": [1],
                        "key": [1, 2],
                        "buffer": [0] * 4,
                        "buffer_pos": 0,
                        "has_uint32": 0,
                        "uinteger": 0,
                    },
                }
            ],
        },
    ],
)
def test_what_is_no_state_of_the_streams_is_an_error_that_changes_nothing(state):
    mx.random.seed(4)
    expected = mx.random.uniform(shape=(2,)).asnumpy()
    mx.random.seed(4)
    with pytest.raises(ArgumentError, match="The state of the random streams cannot be used"):
        mx.random.set_state(state)
    np.testing.assert_array_equal(mx.random.uniform(shape=(2,)).asnumpy(), expected)
