"""The recurrent network, beyond the table of cases."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gluonish as mx
from gluonish import autograd, nd
from gluonish.engine import rng
from gluonish.engine.operator import ABSENT
from gluonish.errors import ArgumentError, DTypeError, ShapeMismatchError
from gluonish.name import NameManager
from gluonish.testing import check_gradient
from ops.cases_nn_recurrent import length_of
from ops.nn_support import infer, infer_dtypes

MODES = ("rnn_relu", "rnn_tanh", "lstm", "gru")
STEPS, BATCH, SIZE, HIDDEN = 3, 2, 2, 2
ONE = {"state_size": HIDDEN, "num_layers": 1}


def ramp(*shape, scale=1.0):
    """Return numbers from -5 to 5 in a scrambled order, times a scale: what MXNet was given."""
    return nd.array(((np.arange(int(np.prod(shape))) * 7) % 11 - 5).reshape(shape) * scale)


def arrays(mode, layers=1, directions=1, projection=None, make=ramp):
    at = layers * directions
    found = [
        make(STEPS, BATCH, SIZE, scale=0.2),
        make(length_of(mode, SIZE, HIDDEN, layers, directions, projection), scale=0.1),
        make(at, BATCH, projection or HIDDEN, scale=0.1),
    ]
    return [*found, make(at, BATCH, HIDDEN, scale=-0.1)] if mode == "lstm" else found


def drawn(*shape, scale):
    generator = np.random.default_rng([*shape])
    return nd.array(generator.uniform(-1, 1, shape), dtype="float64")


def numbers(text):
    return np.array(text.split(), float)


# -- what MXNet computes --------------------------------------------------------------------------------

GOLDEN = {
    ("rnn_relu", 1, 1, None): """
        0 0 0 .3 0 0 0 0 .02 .26 0 0
    """,
    ("rnn_tanh", 1, 1, None): """
        -.02999 0 -.26362 .29131 -.61876 -.50202 -.76731 -.43452 .1083 .01249 -.4978 -.74735
    """,
    ("rnn_tanh", 2, 2, None): """
        .30105 .07367 .03382 -.44731 .18574 .17677 -.16131 -.46832 -.09973 .35758 .11635 -.45636 .24728
        .19637 .10648 -.42319 .29669 -.04174 .0709 -.50652 -.19999 .34192 .40275 -.27277
    """,
    ("lstm", 1, 1, None): """
        .16094 -.03176 .13898 -.23898 .14093 .07188 .07714 -.05962 .14409 .03917 .00508 .07366
    """,
    ("lstm", 2, 2, None): """
        .09156 -.10665 .03534 .01459 .04866 .23 .01273 .00956 .10708 -.00061 .01355 .06169 .0815 .09309
        -.02446 .03844 .10803 .00296 -.01362 .06238 .09212 .02966 -.07313 -.00894
    """,
    ("lstm", 1, 1, 3): """
        .01992 .05184 -.08806 .06193 .05462 -.09619 -.03411 .05935 -.09608 .02438 .05709 -.09718 .00342
        .05641 -.09431 -.04775 .04425 -.06977
    """,
    ("lstm", 2, 2, 1): """
        -.01128 -.07596 -.04832 -.0842 -.02152 -.07505 -.04149 -.08669 -.02694 -.08337 -.03212 -.09473
    """,
    ("gru", 1, 1, None): """
        .1131 .01634 .27581 -.2081 .15686 .08666 .21854 -.2786 .50375 -.28566 .24605 .11053
    """,
    ("gru", 2, 2, None): """
        -.46926 .47294 .42653 -.04412 -.19334 -.08446 .50222 -.21998 -.53105 .5891 .42702 -.09145
        -.29801 .18212 .5826 -.19369 -.50739 .56835 .34649 -.21176 -.40384 .39751 .57139 -.06397
    """,
}
"""Mode, layers, directions and projection; and the output that Apache MXNet 1.9.1 printed."""


@pytest.mark.parametrize("case", GOLDEN, ids=str)
def test_the_output_is_that_of_mxnet(case):
    mode, layers, directions, projection = case
    output = nd.RNN(
        *arrays(mode, layers, directions, projection),
        state_size=HIDDEN,
        num_layers=layers,
        bidirectional=directions == 2,
        mode=mode,
        projection_size=projection,
    )
    np.testing.assert_allclose(output.asnumpy().ravel(), numbers(GOLDEN[case]), atol=2e-5)


def test_the_last_states_are_those_of_mxnet():
    both = {
        "state_size": HIDDEN,
        "num_layers": 2,
        "bidirectional": True,
        "mode": "lstm",
        "state_outputs": True,
    }
    _, hidden, cell = nd.RNN(*arrays("lstm", 2, 2), **both)
    assert hidden.shape == cell.shape == (4, BATCH, HIDDEN)
    expected = [0.11608, -0.23625, -0.218, -0.2304, 0.08641, -0.33007, 0.03743, -0.2996]
    np.testing.assert_allclose(hidden.asnumpy().ravel()[:8], expected, atol=2e-5)
    expected = [0.21398, -0.88072, -0.348, -0.75681, 0.10839, -0.57546, 0.04843, -0.47833]
    np.testing.assert_allclose(cell.asnumpy().ravel()[:8], expected, atol=2e-5)


# -- gradients --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("layers", "directions"), [(1, 1), (2, 2)])
def test_gradients_over_sequences_of_different_lengths_are_right(mode, layers, directions):
    lengths = nd.array([1, 3])

    def function(*inputs):
        return nd.RNN(
            *inputs,
            sequence_length=lengths,
            use_sequence_length=True,
            state_size=HIDDEN,
            num_layers=layers,
            bidirectional=directions == 2,
            mode=mode,
            state_outputs=True,
        )

    check_gradient(function, arrays(mode, layers, directions, make=drawn), order=2)


@pytest.mark.parametrize("mode", ["lstm", "gru"])
def test_a_third_derivative_is_right(mode):
    def function(*inputs):
        return nd.RNN(*inputs, mode=mode, **ONE)

    check_gradient(function, arrays(mode, make=drawn), order=3, rtol=1e-5)


@pytest.mark.parametrize("p", [0.4, 1.0])
def test_gradients_with_dropout_between_the_layers_are_right(p):
    def function(*inputs):
        rng.seed(11)
        return nd.RNN(*inputs, mode="gru", state_size=HIDDEN, num_layers=2, bidirectional=True, p=p)

    check_gradient(function, arrays("gru", 2, 2, make=drawn), order=2)


def test_one_step_has_gradients_too():
    first, *rest = arrays("lstm", make=drawn)
    check_gradient(lambda *inputs: nd.RNN(*inputs, mode="lstm", **ONE), [first[:1], *rest], order=2)


def test_a_network_with_frozen_parameters_passes_the_gradient_on():
    x, vector, state = arrays("gru")
    x.attach_grad()
    with autograd.record():
        nd.RNN(x, vector, state, mode="gru", **ONE).sum().backward()
    alone = x.grad.asnumpy()
    for each in (x, vector, state):
        each.attach_grad()
    with autograd.record():
        nd.RNN(x, vector, state, mode="gru", **ONE).sum().backward()
    np.testing.assert_allclose(alone, x.grad.asnumpy(), rtol=1e-6)


# -- dropout ----------------------------------------------------------------------------------------------


def run_two_layers(p):
    return nd.RNN(*arrays("lstm", 2), mode="lstm", state_size=HIDDEN, num_layers=2, p=p).asnumpy()


def test_dropout_is_for_training():
    np.testing.assert_array_equal(run_two_layers(0.5), run_two_layers(0))
    with autograd.train_mode():
        assert (run_two_layers(0.5) != run_two_layers(0)).any()


def test_dropout_leaves_a_single_layer_alone():
    with autograd.train_mode():
        dropped = nd.RNN(*arrays("gru"), mode="gru", p=0.9, **ONE).asnumpy()
    np.testing.assert_array_equal(dropped, nd.RNN(*arrays("gru"), mode="gru", **ONE).asnumpy())


def test_dropout_sets_the_expected_share_to_0_and_keeps_the_mean():
    steps, batch, hidden = 50, 20, 8
    count = length_of("rnn_relu", 1, hidden, 2)
    vector = np.zeros(count, "float32")
    below = hidden * 1 + hidden * hidden  # the weights of the first layer: it gives its bias, 1
    vector[below : below + hidden * hidden] = np.eye(hidden).ravel()
    vector[count - 4 * hidden : count - 3 * hidden] = 1
    with autograd.train_mode():
        output = nd.RNN(
            nd.zeros((steps, batch, 1)),
            nd.array(vector),
            nd.zeros((2, batch, hidden)),
            mode="rnn_relu",
            state_size=hidden,
            num_layers=2,
            p=0.25,
        ).asnumpy()
    assert set(np.unique(output)) == {np.float32(0), np.float32(4 / 3)}
    assert abs((output == 0).mean() - 0.25) < 0.02


# -- lengths of sequences -----------------------------------------------------------------------------------


@settings(max_examples=30)
@given(
    mode=st.sampled_from(MODES),
    directions=st.sampled_from([1, 2]),
    lengths=st.lists(st.integers(1, STEPS), min_size=BATCH, max_size=BATCH),
)
def test_padding_changes_nothing(mode, directions, lengths):
    inputs = arrays(mode, 2, directions, make=drawn)
    same = {"mode": mode, "state_size": HIDDEN, "num_layers": 2, "bidirectional": directions == 2}
    together = nd.RNN(
        *inputs, sequence_length=nd.array(lengths), use_sequence_length=True, state_outputs=True, **same
    )
    for b, n in enumerate(lengths):
        x, vector, *states = inputs
        alone = nd.RNN(
            x[:n, b : b + 1], vector, *(s[:, b : b + 1] for s in states), state_outputs=True, **same
        )
        np.testing.assert_allclose(together[0][:n, b].asnumpy(), alone[0][:, 0].asnumpy(), rtol=1e-12)
        assert not together[0][n:, b].asnumpy().any()
        for ours, theirs in zip(together[1:], alone[1:], strict=True):
            np.testing.assert_allclose(ours[:, b].asnumpy(), theirs[:, 0].asnumpy(), rtol=1e-12)


def test_padding_may_be_nan_and_leaves_no_trace():
    inputs = arrays("gru")
    inputs[0][2, 0] = np.nan
    for each in inputs:
        each.attach_grad()
    with autograd.record():
        output = nd.RNN(
            *inputs, sequence_length=nd.array([2, 3]), use_sequence_length=True, mode="gru", **ONE
        )
    output.backward()
    assert np.isfinite(output.asnumpy()).all()
    assert all(np.isfinite(each.grad.asnumpy()).all() for each in inputs)
    assert not inputs[0].grad[2, 0].asnumpy().any()


# -- clipped cells ------------------------------------------------------------------------------------------


def clipped(**bounds):
    return nd.RNN(*arrays("lstm"), mode="lstm", state_outputs=True, **ONE, **bounds)[2].asnumpy()


def test_cell_states_stay_within_their_bounds():
    assert clipped().max() > 0.2
    cells = clipped(lstm_state_clip_min=-0.05, lstm_state_clip_max=0.2)
    assert cells.max() == np.float32(0.2)
    assert clipped(lstm_state_clip_max=0.2).max() == np.float32(0.2)


@pytest.mark.parametrize(("nan", "expected"), [(True, -0.5), (False, np.nan)])
def test_a_nan_in_a_cell_is_stopped_where_that_is_wanted(nan, expected):
    x, vector, state, cell = arrays("lstm")
    cell[:] = np.nan
    _, _, last = nd.RNN(
        x[:1],
        vector,
        state,
        cell,
        mode="lstm",
        state_outputs=True,
        lstm_state_clip_min=-0.5,
        lstm_state_clip_max=0.5,
        lstm_state_clip_nan=nan,
        **ONE,
    )
    np.testing.assert_array_equal(last.asnumpy(), np.full((1, BATCH, HIDDEN), expected, "float32"))


# -- shapes and dtypes ------------------------------------------------------------------------------------


def test_the_data_tell_all_other_shapes():
    inputs, outputs = infer(
        "RNN",
        [(7, 4, 3), None, None, None],
        mode="lstm",
        state_size=5,
        num_layers=2,
        bidirectional=True,
        projection_size=2,
        state_outputs=True,
    )
    assert inputs == [(7, 4, 3), (length_of("lstm", 3, 5, 2, 2, 2),), (4, 4, 2), (4, 4, 5)]
    assert outputs[:3] == [(7, 4, 4), (4, 4, 2), (4, 4, 5)]


def test_the_parameters_tell_the_size_of_the_inputs_and_the_states_the_batch():
    count = length_of("gru", 3, 5)
    inputs, outputs = infer(
        "RNN", [(7, None, None), (count,), (1, 4, 5)], mode="gru", state_size=5, num_layers=1
    )
    assert inputs[0] == (7, 4, 3)
    assert outputs[0] == (7, 4, 5)


def test_the_lengths_of_sequences_tell_the_batch():
    params = {"mode": "gru", "state_size": 5, "num_layers": 1, "use_sequence_length": True}
    inputs, _ = infer("RNN", [None, None, None, ABSENT, (4,)], **params)
    assert inputs == [(None, 4, None), None, (1, 4, 5), None, (4,)]


def test_lengths_may_have_a_dtype_of_their_own():
    inputs, outputs = infer_dtypes(
        "RNN",
        [np.dtype("float64"), None, None, ABSENT, np.dtype("int32")],
        mode="gru",
        use_sequence_length=True,
        **ONE,
    )
    assert inputs == [np.dtype("float64")] * 3 + [None, np.dtype("int32")]
    assert outputs[0] == np.dtype("float64")


def test_in_half_precision_what_is_kept_is_single():
    _, outputs = infer_dtypes("RNN", [np.dtype("float16"), None, None], mode="gru", **ONE)
    assert [str(each) for each in outputs] == ["float16"] * 3 + ["float32"] * 4


def test_a_symbol_lists_its_arguments_and_outputs_as_mxnet_does():
    data = mx.sym.var("data")
    lstm = mx.sym.RNN(data, state_outputs=True, mode="lstm", use_sequence_length=True, name="r", **ONE)
    assert lstm.list_arguments() == ["data", "r_parameters", "r_state", "r_state_cell", "r_sequence_length"]
    assert lstm.list_outputs() == ["r_output", "r_state_output", "r_statecell_output"]
    with NameManager():
        gru = mx.sym.RNN(data, mode="gru", use_sequence_length=True, **ONE)
    assert gru.list_arguments() == ["data", "rnn0_parameters", "rnn0_state", "rnn0_sequence_length"]
    assert gru.list_outputs() == ["rnn0_output"]
    arguments, outputs, _ = gru.infer_shape(data=(7, 4, 3))
    assert arguments == [(7, 4, 3), (length_of("gru", 3, HIDDEN),), (1, 4, HIDDEN), (4,)]
    assert outputs == [(7, 4, HIDDEN)]


REFUSED = [
    ({"state_size": 0}, r"'RNN' has an impossible state_size.\s+Expected 1 or more, received 0"),
    ({"num_layers": 0}, "impossible num_layers"),
    ({"projection_size": 0, "mode": "lstm"}, "impossible projection_size"),
    ({"p": 1.5}, r"needs a probability.\s+Expected p from 0 to 1, received 1.5"),
    ({"projection_size": 1}, r"projects hidden units in mode 'lstm' only.\s+Received mode='gru'"),
    ({"mode": "elman"}, r"cannot take this for its parameter 'mode'.\s+Expected one of 'rnn_relu'"),
]


@pytest.mark.parametrize(("params", "message"), REFUSED)
def test_impossible_parameters_are_refused(params, message):
    params = {"mode": "gru", **ONE, **params}
    with pytest.raises(ArgumentError, match=message):
        nd.RNN(*arrays("lstm" if params["mode"] == "lstm" else "gru"), **params)


MISFITS = [
    (0, (STEPS, BATCH), "needs sequences in a batch"),
    (0, (0, BATCH, SIZE), "needs at least one step and one input"),
    (0, (STEPS, BATCH + 1, SIZE), "'state'"),
    (0, (STEPS, BATCH, SIZE + 1), r"has parameters for inputs of another size.\s+Expected 2 inputs"),
    (1, (7,), "cannot divide its parameters among the layers"),
    (2, (1, BATCH, HIDDEN + 1), "'state'"),
    (2, (2, BATCH, HIDDEN), "'state'"),
]


@pytest.mark.parametrize(("position", "shape", "message"), MISFITS)
def test_arrays_that_do_not_fit_are_refused(position, shape, message):
    inputs = arrays("gru")
    inputs[position] = nd.zeros(shape)
    with pytest.raises(ShapeMismatchError, match=message):
        nd.RNN(*inputs, mode="gru", **ONE)


def test_a_vector_that_no_size_of_inputs_fits_is_refused():
    with pytest.raises(ShapeMismatchError, match="cannot divide its parameters among the layers"):
        infer("RNN", [None, (7,), None], mode="gru", **ONE)


def test_an_lstm_without_cell_states_says_what_it_needs():
    message = "Operator 'RNN' needs its input 'state_cell'.*mode='lstm'"
    with pytest.raises(ShapeMismatchError, match=re.compile(message, re.DOTALL)):
        nd.RNN(*arrays("lstm")[:3], mode="lstm", **ONE)


def test_cell_states_for_another_mode_are_refused():
    with pytest.raises(ShapeMismatchError, match="'RNN' would ignore its input 'state_cell'"):
        nd.RNN(*arrays("gru"), nd.zeros((1, BATCH, HIDDEN)), mode="gru", **ONE)


def test_integers_are_refused():
    with pytest.raises(DTypeError, match="'RNN' computes with real numbers only"):
        nd.RNN(*(each.astype("int32") for each in arrays("gru")), mode="gru", **ONE)
