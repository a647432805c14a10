"""The normalisations, beyond the table of cases."""

from __future__ import annotations

import numpy as np
import pytest

from gluonish import autograd, nd
from gluonish.errors import ArgumentError, DTypeError, ShapeMismatchError
from ops.nn_support import infer, infer_dtypes

COLUMNS = [[1.0, 10], [3, 20], [8, 60]]
HEAD = [[1.0, 2], [3, 1], [-1, 4]]


class Batch:
    """A batch normalisation with the states that its tests look at."""

    def __init__(self, data=COLUMNS, dtype="float32", **params):
        self.data = nd.array(data, dtype=dtype)
        self.gamma, self.beta = nd.array([2.0, 3]), nd.array([0.5, -0.5])
        self.mean, self.var = nd.array([1.0, 2]), nd.array([4.0, 5])
        self.params = params
        for each in (self.data, self.gamma, self.beta):
            each.attach_grad()

    def __call__(self):
        return nd.BatchNorm(self.data, self.gamma, self.beta, self.mean, self.var, **self.params)

    def backward(self, train_mode=True):
        with autograd.record(train_mode=train_mode):
            output = self()
        (output[0] if isinstance(output, list) else output).backward(nd.array(HEAD))
        return output

    def gradients(self):
        return [each.grad.asnumpy() for each in (self.data, self.gamma, self.beta)]


def close(found, wanted):
    for one, other in zip(found, wanted, strict=True):
        values = one if isinstance(one, np.ndarray) else one.asnumpy()
        np.testing.assert_allclose(values, other, rtol=2e-5, atol=2e-6)


# -- golden values of MXNet 1.9.1 ---------------------------------------------------------------------------


def test_training_gives_what_mxnet_does():
    batch = Batch(fix_gamma=False, output_mean_var=True)
    close(
        batch.backward(),
        [
            [[-1.5379808, -3.2774575], [-0.17932695, -1.8887287], [3.2173078, 3.6661863]],
            [4, 30],
            [0.33966348, 0.04629096],
        ],
    )
    close(
        batch.gradients(),
        [
            [[-0.7837481, 0.09258162], [1.0974045, -0.11572752], [-0.31365645, 0.02314592]],
            [-3.3966346, 3.240367],
            [3, 7],
        ],
    )
    close([batch.mean, batch.var], [[1.3, 4.8], [4.466667, 51.166676]])


@pytest.mark.parametrize(("params", "train_mode"), [({}, False), ({"use_global_stats": True}, True)])
def test_prediction_and_global_statistics_give_what_mxnet_does(params, train_mode):
    batch = Batch(fix_gamma=False, output_mean_var=True, **params)
    close(
        batch.backward(train_mode),
        [
            [[0.5, 10.232053], [2.4997501, 23.64712], [7.4991255, 77.30738]],
            [1, 2],
            [0.49993753, 0.44716886],
        ],
    )
    close(
        batch.gradients(),
        [
            [[0.99987507, 2.6830132], [2.9996252, 1.3415066], [-0.99987507, 5.3660264]],
            [-0.49993753, 118.946915],
            [3, 7],
        ],
    )
    close([batch.mean, batch.var], [[1, 2], [4, 5]])


def test_a_fixed_gamma_is_1_and_has_no_gradient():
    batch = Batch()
    output = batch.backward()
    close([output], [[[-0.5189904, -1.4258192], [0.16033652, -0.9629096], [1.8586539, 0.88872874]]])
    close(
        batch.gradients(),
        [
            [[-0.39187405, 0.03086054], [0.54870224, -0.03857584], [-0.15682822, 0.00771531]],
            [0, 0],
            [3, 7],
        ],
    )
    assert batch.gamma.asnumpy().tolist() == [1, 1]


def differentiated(function, *arrays):
    """Return the output and the gradients for the head 0, 1, 2, ..."""
    for each in arrays:
        each.attach_grad()
    with autograd.record():
        output = function(*arrays)
    output.backward(nd.arange(output.size).reshape(output.shape))
    return [output, *(each.grad for each in arrays)]


VALUES = np.array([1.0, 2, 4, 8, 3, 1, 0, 5])


def test_instance_normalisation_gives_what_mxnet_does():
    arrays = (nd.array(VALUES.reshape(1, 2, 4)), nd.array([1.0, 2]), nd.array([0.5, -0.5]))
    close(
        differentiated(nd.InstanceNorm, *arrays),
        [
            [
                [
                    [-0.525684, -0.152708, 0.593244, 2.0851479],
                    [0.28102756, -1.8017126, -2.8430827, 2.3637679],
                ]
            ],
            [
                [
                    [-0.14924747, 0.07455885, 0.14919555, -0.074507],
                    [-1.694397, -0.3001151, 0.9177103, 1.0768023],
                ]
            ],
            [4.2892237, 1.301713],
            [6, 22],
        ],
    )


def test_layer_normalisation_gives_what_mxnet_does():
    arrays = (nd.array(VALUES.reshape(2, 4)), nd.array([1.0, 2, 0.5, 1]), nd.array([0.5, -0.5, 0, 0]))
    close(
        differentiated(nd.LayerNorm, *arrays),
        [
            [
                [-0.5257546, -1.8055058, 0.04662521, 1.585257],
                [0.89056623, -1.8018874, -0.5858493, 1.4320761],
            ],
            [
                [-0.22055796, 0.4021928, -0.21731396, 0.03567916],
                [-1.1209469, 2.215415, -1.3239539, 0.22948614],
            ],
            [1.5622648, -3.9074714, -6.8436904, 14.780304],
            [4, 6, 8, 10],
        ],
    )


def test_group_normalisation_gives_what_mxnet_does():
    arrays = (nd.array(VALUES.reshape(1, 4, 2)), nd.array([1.0, 2]), nd.array([0.5, -0.5]))
    close(
        differentiated(lambda x, g, b: nd.GroupNorm(x, g, b, num_groups=2), *arrays),
        [
            [
                [
                    [-0.5257546, -0.15275288],
                    [0.5932504, 2.085257],
                    [0.2811324, -1.8018874],
                    [-2.8433971, 2.3641522],
                ]
            ],
            [
                [
                    [-0.14920121, 0.07459998],
                    [0.14920074, -0.07459944],
                    [-1.69466, -0.3000965],
                    [0.9179398, 1.0768166],
                ]
            ],
            [4.2895193, 1.3018872],
            [6, 22],
        ],
    )


def test_response_normalisation_gives_what_mxnet_does():
    x = nd.arange(10).reshape((1, 5, 2, 1))
    y = nd.LRN(x, nsize=3, alpha=0.1)
    wanted = [
        0,
        0.5296847,
        0.9584146,
        1.2637743,
        1.4506326,
        1.5499187,
        1.591687,
        1.5981228,
        2.2795072,
        2.254334,
    ]
    close([y.reshape((-1,))], [wanted])


def test_an_even_number_of_neighbours_is_one_less_as_in_mxnet():
    x = nd.arange(4).reshape((1, 4, 1))
    even, odd = (nd.LRN(x, nsize=nsize, alpha=nsize, knorm=1) for nsize in (4, 3))
    assert even.asnumpy().tolist() == odd.asnumpy().tolist()


# -- running statistics -----------------------------------------------------------------------------------


def test_running_statistics_follow_in_the_forward_pass():
    batch = Batch(momentum=0.5)
    with autograd.train_mode():
        batch()
    close([batch.mean, batch.var], [[2.5, 16], [(4 + 26 / 3) / 2, (5 + 1400 / 3) / 2]])


def test_running_statistics_stay_in_prediction():
    batch = Batch()
    batch()
    close([batch.mean, batch.var], [[1, 2], [4, 5]])


def test_statistics_that_come_out_are_copies():
    batch = Batch(output_mean_var=True)
    _, mean, _ = batch()
    batch.mean[:] = 7
    assert mean.asnumpy().tolist() == [1, 2]


def test_one_layer_may_run_several_times_before_the_backward_pass():
    """The second pass writes the running statistics and gamma, and the first must not notice."""
    once, twice = Batch(), Batch()
    once.backward()
    with autograd.record():
        outputs = twice() + twice()
    outputs.backward(nd.array(HEAD))
    close(twice.gradients(), [2 * each for each in once.gradients()])


def test_a_step_on_gamma_between_forward_and_backward_changes_nothing():
    batch, same = Batch(fix_gamma=False), Batch(fix_gamma=False)
    same.backward()
    with autograd.record():
        output = batch()
    batch.gamma[:] = 100
    output.backward(nd.array(HEAD))
    close(batch.gradients(), same.gradients())


def test_the_gradient_is_that_of_the_mode_the_forward_pass_ran_in():
    predicted, trained = Batch(fix_gamma=False), Batch(fix_gamma=False)
    with autograd.record(train_mode=False):
        output = predicted()
    output.backward(nd.array(HEAD), train_mode=True)
    trained.backward()
    assert not np.allclose(predicted.data.grad.asnumpy(), trained.data.grad.asnumpy())
    with autograd.record():
        output = trained()
    with autograd.predict_mode():
        output.backward(nd.array(HEAD), train_mode=False)
    close(
        [trained.data.grad], [[[-0.7837481, 0.09258162], [1.0974045, -0.11572752], [-0.31365645, 0.02314592]]]
    )


@pytest.mark.parametrize("fixed", [True, False])
def test_only_what_is_written_counts_as_written(fixed):
    batch = Batch(fix_gamma=fixed)
    states = (batch.gamma, batch.beta, batch.mean, batch.var)

    def writes(train_mode, **params):
        batch.params = {"fix_gamma": fixed, **params}
        before = [each._storage.version for each in states]
        with autograd.train_mode() if train_mode else autograd.predict_mode():
            batch()
        return [each._storage.version - old for each, old in zip(states, before, strict=True)]

    assert writes(True) == [int(fixed), 0, 1, 1]
    assert writes(False) == [int(fixed), 0, 0, 0]
    assert writes(True, use_global_stats=True) == [int(fixed), 0, 0, 0]


# -- gradients of the statistics ----------------------------------------------------------------------


def test_mean_and_variance_have_gradients_too():
    """MXNet returns 0 here. The derivative of 1 * m0 + 2 * m1 by each of three rows is a third of that."""
    batch = Batch(fix_gamma=False, output_mean_var=True)
    with autograd.record():
        _, mean, _ = batch()
    mean.backward(nd.array([1.0, 2]))
    close([batch.data.grad], [[[1 / 3, 2 / 3]] * 3])


# -- precision --------------------------------------------------------------------------------------------


def test_statistics_of_halves_are_float32():
    x = nd.ones((2, 3), dtype="float16")
    ones = [nd.ones((3,)) for _ in range(4)]
    output, mean, var = nd.BatchNorm(x, *ones, output_mean_var=True)
    assert [each.dtype for each in (output, mean, var)] == [np.float16, np.float32, np.float32]


def test_halves_with_parameters_in_float32_have_gradients_in_their_own_dtypes():
    batch = Batch(dtype="float16", fix_gamma=False)
    batch.backward()
    found = batch.gradients()
    assert [each.dtype for each in found] == [np.float16, np.float32, np.float32]
    exact = Batch(fix_gamma=False)
    exact.backward()
    for one, other in zip(found, exact.gradients(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-2, atol=1e-3)


def test_the_variance_of_large_halves_does_not_overflow():
    x = nd.array([[300.0, -300, 300, -300]], dtype="float16")
    ones, zeros = nd.ones((4,), dtype="float16"), nd.zeros((4,), dtype="float16")
    assert nd.LayerNorm(x, ones, zeros).asnumpy().tolist() == [[1, -1, 1, -1]]


@pytest.mark.parametrize(
    ("name", "inputs", "wanted"),
    [
        ("BatchNorm", [np.dtype("float16"), None, None, None, None], "float32"),
        ("BatchNorm", [np.dtype("float64"), None, None, None, None], "float64"),
        ("LayerNorm", [np.dtype("float16"), None, None], "float16"),
    ],
)
def test_unknown_dtypes_of_parameters_follow_from_the_data(name, inputs, wanted):
    found, _ = infer_dtypes(name, inputs)
    assert {each.name for each in found[1:]} == {wanted}


def test_parameters_of_another_dtype_are_refused():
    x, ones = nd.ones((2, 3)), nd.ones((3,), dtype="float64")
    with pytest.raises(DTypeError, match="'gamma' does not fit the data"):
        nd.LayerNorm(x, ones, ones)


def test_integers_are_refused():
    x = nd.ones((2, 3), dtype="int32")
    with pytest.raises(DTypeError, match="real numbers only"):
        nd.LayerNorm(x, nd.ones((3,)), nd.ones((3,)))


# -- shapes -----------------------------------------------------------------------------------------------


def test_parameters_follow_from_the_data():
    inputs, outputs = infer("BatchNorm", [(2, 3, 4), *[None] * 4], axis=2)
    assert (inputs[1:], outputs[1:]) == ([(4,)] * 4, [(4,)] * 3)
    assert infer("LayerNorm", [(2, 3), None, None])[0][1:] == [(3,)] * 2
    assert infer("InstanceNorm", [(2, 4, 5), None, None])[0][1:] == [(4,)] * 2
    assert infer("GroupNorm", [(2, 4, 5), None, None], num_groups=2)[0][1:] == [(2,)] * 2


def test_channels_follow_from_the_parameters():
    inputs, _ = infer("BatchNorm", [(2, None, 4), None, (3,), None, None])
    assert inputs[0] == (2, 3, 4)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: Batch(axis=5)(), ArgumentError, "no axis 5"),
        (
            lambda: nd.InstanceNorm(nd.ones((2, 4)), nd.ones((4,)), nd.ones((4,))),
            ShapeMismatchError,
            "nothing to take a mean over",
        ),
        (
            lambda: nd.GroupNorm(nd.ones((2, 4, 2)), nd.ones((3,)), nd.ones((3,)), num_groups=3),
            ShapeMismatchError,
            "cannot split its channels",
        ),
        (
            lambda: nd.GroupNorm(nd.ones((2, 4, 2)), nd.ones((4,)), nd.ones((4,)), num_groups=2),
            ShapeMismatchError,
            r"'gamma' has shape \(4,\)",
        ),
        (
            lambda: nd.GroupNorm(nd.ones((2, 4, 2)), nd.ones((0,)), nd.ones((0,)), num_groups=0),
            ShapeMismatchError,
            "at least one group",
        ),
        (lambda: nd.LRN(nd.ones((2, 3)), nsize=0), ShapeMismatchError, "positive number of neighbours"),
        (lambda: nd.LRN(nd.ones((2, 3))), ArgumentError, "'nsize'"),
    ],
)
def test_impossible_normalisations_are_refused(call, error, match):
    with pytest.raises(error, match=match):
        call()
