"""What holds for every layer: contexts, copies, states, modes, element types; and what some layers refuse."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nn import torch_cases as cases
from nn.test_layers_against_torch import flat, inputs_of, layer_of

import gluonish as torch
from gluonish import autograd, nn
from gluonish.errors import ArgumentError, IndexOutOfRangeError, ShapeMismatchError
from gluonish.nn import functional as F
from gluonish.tensors import Tensor

LAYERS = list(cases.LAYERS)
TRAINED = [label for label in LAYERS if list(layer_of(label)[0].parameters())]


def run(layer, inputs):
    return [np.asarray(each) for each in flat(layer(*inputs))]


@pytest.mark.parametrize("label", LAYERS)
def test_a_deep_copy_computes_the_same_and_shares_nothing(label):
    layer, rng = layer_of(label)
    inputs = inputs_of(cases.LAYERS[label], rng)
    twin = copy.deepcopy(layer)
    for a, b in zip(run(layer, inputs), run(twin, inputs), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not {id(p.core) for p in layer.parameters()} & {id(p.core) for p in twin.parameters()}
    assert repr(twin) == repr(layer)


@pytest.mark.parametrize("label", LAYERS)
def test_a_pickled_layer_computes_the_same(label):
    layer, rng = layer_of(label)
    inputs = inputs_of(cases.LAYERS[label], rng)
    twin = pickle.loads(pickle.dumps(layer))
    for a, b in zip(run(layer, inputs), run(twin, inputs), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("label", TRAINED)
def test_a_state_makes_another_layer_equal(label):
    layer, rng = layer_of(label)
    case = cases.LAYERS[label]
    inputs = inputs_of(case, rng)
    other = getattr(nn, case.name)(*case.args, **case.kwargs).double().train(case.train)
    other.load_state_dict(layer.state_dict())
    for a, b in zip(run(layer, inputs), run(other, inputs), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("label", TRAINED)
def test_every_replica_computes_the_same_and_gets_its_gradient(label):
    layer, rng = layer_of(label)
    inputs = inputs_of(cases.LAYERS[label], rng)
    expected = run(copy.deepcopy(layer), inputs)
    contexts = [torch.cpu(0), torch.cpu(1)]
    layer.to(contexts)
    for number, ctx in enumerate(contexts):
        there = [x.detach().to(device=ctx) for x in inputs]
        outputs = flat(layer(*there))
        assert all(each.context == ctx for each in outputs)
        if cases.LAYERS[label].kwargs.get("max_norm") is None:
            for a, b in zip(outputs, expected, strict=True):
                np.testing.assert_array_equal(np.asarray(a), b)
        sum(each.sum() for each in outputs).backward()
        assert all(p.list_grad()[number] is not None for p in layer.parameters() if p.requires_grad)


@pytest.mark.parametrize("label", LAYERS)
def test_half_precision_is_near_double_precision(label):
    exact, rng = layer_of(label)
    inputs = inputs_of(cases.LAYERS[label], rng)
    rough, _ = layer_of(label, "float16")
    low = [x.detach().half() if x.dtype.kind == "f" else x for x in inputs]
    for a, b in zip(flat(rough(*low)), run(exact, inputs), strict=True):
        assert a.dtype == (np.float16 if b.dtype == np.float64 else b.dtype)
        np.testing.assert_allclose(np.asarray(a, np.float64), b, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("label", TRAINED)
def test_new_parameters_are_float32_and_drawn_from_the_seed(label):
    case = cases.LAYERS[label]
    states = []
    for _ in range(2):
        torch.manual_seed(3)
        states.append(getattr(nn, case.name)(*case.args, **case.kwargs).state_dict())
    for name, value in states[0].items():
        assert value.dtype == (np.int64 if name.endswith("num_batches_tracked") else np.float32)
        np.testing.assert_array_equal(np.asarray(value), np.asarray(states[1][name]))


DISTRIBUTIONS = {
    "linear": (lambda: nn.Linear(50, 200), {"weight": 50**-0.5 / 3**0.5, "bias": 50**-0.5 / 3**0.5}),
    "conv": (lambda: nn.Conv2d(8, 400, 3), {"weight": 72**-0.5 / 3**0.5, "bias": 72**-0.5 / 3**0.5}),
    "grouped": (lambda: nn.Conv1d(20, 80, 5, groups=2), {"weight": 50**-0.5 / 3**0.5}),
    "transposed": (lambda: nn.ConvTranspose2d(40, 20, 4), {"weight": 320**-0.5 / 3**0.5}),
    "bilinear": (lambda: nn.Bilinear(16, 20, 30), {"weight": 16**-0.5 / 3**0.5}),
    "embedding": (lambda: nn.Embedding(100, 50), {"weight": 1.0}),
    "lstm": (lambda: nn.LSTM(20, 30), dict.fromkeys(("weight_ih_l0", "bias_hh_l0"), 30**-0.5 / 3**0.5)),
    "cell": (lambda: nn.GRUCell(20, 30), dict.fromkeys(("weight_hh", "bias_ih"), 30**-0.5 / 3**0.5)),
    "attention": (
        lambda: nn.MultiheadAttention(32, 4),
        {"in_proj_weight": (2 / 128) ** 0.5, "in_proj_bias": 0.0, "out_proj.bias": 0.0},
    ),
    "prelu": (lambda: nn.PReLU(9), {"weight": 0.0}),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_first_values_have_the_deviation_of_torchs(name):
    torch.manual_seed(1)
    make, expected = DISTRIBUTIONS[name]
    parameters = dict(make().named_parameters())
    for path, deviation in expected.items():
        assert np.asarray(parameters[path]).std() == pytest.approx(deviation, rel=0.15)


def test_an_array_of_mxnet_with_a_gradient_gets_it_through_a_layer():
    x = torch.nd.array([[1.0, -2.0, 3.0]])
    x.attach_grad()
    layer = nn.Linear(3, 1)
    with autograd.record():
        y = layer(x)
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), np.asarray(layer.weight))


# -- lazy layers ------------------------------------------------------------------------------------------

LAZY = {
    "LazyLinear": (nn.LazyLinear(3), (2, 5)),
    "LazyConv1d": (nn.LazyConv1d(3, 2), (2, 5, 4)),
    "LazyConv2d": (nn.LazyConv2d(3, 2), (2, 5, 4, 4)),
    "LazyConv3d": (nn.LazyConv3d(3, 2), (2, 5, 3, 3, 3)),
    "LazyConvTranspose1d": (nn.LazyConvTranspose1d(3, 2), (2, 5, 4)),
    "LazyConvTranspose2d": (nn.LazyConvTranspose2d(3, 2), (2, 5, 4, 4)),
    "LazyConvTranspose3d": (nn.LazyConvTranspose3d(3, 2), (2, 5, 2, 2, 2)),
    "LazyBatchNorm1d": (nn.LazyBatchNorm1d(), (2, 5)),
    "LazyBatchNorm2d": (nn.LazyBatchNorm2d(), (2, 5, 4, 4)),
    "LazyBatchNorm3d": (nn.LazyBatchNorm3d(), (2, 5, 2, 2, 2)),
    "LazyInstanceNorm1d": (nn.LazyInstanceNorm1d(affine=True), (2, 5, 4)),
    "LazyInstanceNorm2d": (nn.LazyInstanceNorm2d(affine=True), (2, 5, 4, 4)),
    "LazyInstanceNorm3d": (nn.LazyInstanceNorm3d(affine=True), (2, 5, 2, 2, 2)),
}


@pytest.mark.parametrize("name", LAZY)
@pytest.mark.parametrize("direct", [False, True])
def test_a_lazy_layer_becomes_its_layer_with_the_same_parameters(name, direct):
    layer, shape = copy.deepcopy(LAZY[name][0]), LAZY[name][1]
    before = list(layer.parameters())
    assert layer.has_uninitialized_params()
    output = (layer.forward if direct else layer)(torch.randn(shape))
    assert type(layer) is getattr(nn, name.removeprefix("Lazy"))
    assert all(a is b for a, b in zip(before, layer.parameters(), strict=True))
    assert all(type(p) is nn.Parameter for p in before)
    output.sum().backward()
    assert all(p.grad.shape == p.shape for p in before)


@pytest.mark.parametrize("name", LAZY)
def test_a_lazy_layer_takes_the_state_of_a_settled_one(name):
    lazy, shape = copy.deepcopy(LAZY[name][0]), LAZY[name][1]
    settled = copy.deepcopy(lazy)
    x = torch.randn(shape)
    settled(x)
    lazy.load_state_dict(settled.state_dict())
    lazy.eval(), settled.eval()
    np.testing.assert_array_equal(np.asarray(lazy(x)), np.asarray(settled(x)))


def test_an_optimizer_built_before_the_first_forward_trains_a_lazy_network():
    net = nn.Sequential(nn.LazyConv2d(2, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(1))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    x, y = torch.randn(4, 1, 5, 5), torch.randn(4, 1)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = F.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


# -- training mode ----------------------------------------------------------------------------------------


def test_a_layer_called_by_forward_heeds_its_own_mode():
    x = torch.ones(1000)
    layer = nn.Dropout(0.5)
    assert 300 < np.count_nonzero(layer.forward(x)) < 700
    assert np.count_nonzero(layer.eval().forward(x)) == 1000


def test_inside_record_the_mode_of_autograd_counts():
    x = torch.ones(1000)
    layer = nn.Dropout(0.5)
    with autograd.record(train_mode=False):
        assert np.count_nonzero(layer(x)) == 1000
    with autograd.record():
        assert np.count_nonzero(layer.eval()(x)) < 1000


def test_batch_statistics_move_in_the_forward_pass_while_training_only():
    layer = nn.BatchNorm1d(1, momentum=0.5)
    layer.forward(Tensor([[1.0], [3.0]]))
    assert float(layer.running_mean[0]) == 1.0
    assert float(layer.running_var[0]) == 1.5  # (1 + 2) / 2: the batch's has n - 1 in its denominator
    layer.eval()(Tensor([[10.0], [30.0]]))
    assert float(layer.running_mean[0]) == 1.0
    assert int(layer.num_batches_tracked) == 1


@pytest.mark.parametrize("kind", [nn.Dropout1d, nn.Dropout2d, nn.Dropout3d])
def test_channel_dropout_drops_whole_channels(kind):
    x = torch.ones(20, 10, *(3,) * int(kind.__name__[-2]))
    channels = np.asarray(kind(0.5)(x)).reshape(200, -1)
    assert set(channels.ravel()) == {0.0, 2.0}
    assert (channels == channels[:, :1]).all()


def test_alpha_dropout_keeps_mean_and_variance():
    torch.manual_seed(0)
    y = np.asarray(nn.AlphaDropout(0.3)(torch.randn(200, 500)))
    assert abs(y.mean()) < 0.02
    assert abs(y.std() - 1) < 0.02


def test_dropout_between_recurrent_layers_acts_while_training_only():
    layer = nn.GRU(2, 8, num_layers=2, dropout=0.5)
    x = torch.randn(3, 1, 2)
    assert (np.asarray(layer(x)[0]) != np.asarray(layer(x)[0])).any()
    layer.eval()
    np.testing.assert_array_equal(np.asarray(layer(x)[0]), np.asarray(layer(x)[0]))


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_outside_training_dropout_leaves_the_gradient_alone(kind):
    x = torch.randn(3, 1, 2)
    plain = kind(2, 3, num_layers=2)
    dropping = kind(2, 3, num_layers=2, dropout=0.9)
    dropping.load_state_dict(plain.state_dict())
    for layer in (plain, dropping.eval()):
        layer(x)[0].sum().backward()
    for a, b in zip(plain.parameters(), dropping.parameters(), strict=True):
        np.testing.assert_allclose(a.grad, b.grad, rtol=1e-6)


def test_a_running_mean_without_momentum_is_that_of_all_batches():
    layer = nn.BatchNorm1d(1, momentum=None)
    for first in (1.0, 3.0, 8.0):
        layer(Tensor([[first], [first + 2]]))
    assert float(layer.running_mean[0]) == pytest.approx(5.0)


# -- particular layers ------------------------------------------------------------------------------------


def test_max_norm_scales_the_rows_that_are_used_in_the_table_itself():
    layer = nn.Embedding.from_pretrained(Tensor([[3.0, 4.0], [3.0, 4.0]]), max_norm=1.0)
    layer(Tensor([1]))
    np.testing.assert_allclose(np.asarray(layer.weight), [[3, 4], [0.6, 0.8]], rtol=1e-6)


def test_a_pretrained_table_is_copied_and_frozen():
    table = Tensor([[1.0, 2.0]])
    layer = nn.Embedding.from_pretrained(table)
    assert not layer.weight.requires_grad
    layer.weight.data[:] = 0
    assert table.tolist() == [[1.0, 2.0]]


def test_the_row_of_the_padding_starts_at_zero():
    assert not np.asarray(nn.Embedding(4, 3, padding_idx=-1).weight)[3].any()


def test_max_pooling_returns_where_the_maxima_are():
    x = torch.randn(2, 3, 5, 6)
    values, indices = nn.MaxPool2d(2, padding=1, return_indices=True)(x)
    picked = np.take_along_axis(np.asarray(x).reshape(2, 3, -1), np.asarray(indices).reshape(2, 3, -1), 2)
    np.testing.assert_array_equal(picked.reshape(values.shape), np.asarray(values))


def test_a_causal_mask_hides_what_comes_later():
    mask = nn.Transformer.generate_square_subsequent_mask(3)
    x = torch.randn(3, 1, 4)
    layer = nn.TransformerEncoderLayer(4, 2, 8).eval()
    whole, part = layer(x, src_mask=mask), layer(x[:2], src_mask=mask[:2, :2])
    np.testing.assert_allclose(np.asarray(whole[:2]), np.asarray(part), rtol=1e-5, atol=1e-6)


def test_a_transposed_convolution_makes_images_of_the_size_asked_for():
    layer = nn.ConvTranspose2d(1, 1, 3, stride=2)
    x = torch.ones(1, 1, 3, 3)
    assert layer(x, output_size=(8, 7)).shape == (1, 1, 8, 7)
    with pytest.raises(ArgumentError, match="cannot make images of this size"):
        layer(x, output_size=(9, 7))


def test_a_transformer_trains_every_parameter():
    net = nn.Transformer(4, 2, 1, 1, 8, dropout=0.1)
    net(torch.randn(3, 2, 4), torch.randn(2, 2, 4)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())


def test_a_loss_of_labels_that_do_not_fit_is_infinite():
    scores = F.log_softmax(torch.randn(1, 1, 3), -1)
    loss = F.ctc_loss(scores, Tensor([[1, 1]]), Tensor([1]), Tensor([2]), reduction="none")
    assert np.isinf(np.asarray(loss)).all()


@given(st.integers(1, 9), st.integers(1, 9))
def test_adaptive_maxima_are_those_of_the_shares(size, count):
    x = np.random.RandomState(size).standard_normal((1, 1, size)).astype(np.float32)
    found = np.asarray(F.adaptive_max_pool1d(Tensor(x), count))[0, 0]
    shares = [x[0, 0, i * size // count : -(-(i + 1) * size // count)] for i in range(count)]
    assert found.tolist() == [share.max() for share in shares]


@given(st.integers(1, 3), st.integers(1, 3))
def test_pixels_shuffled_and_back_are_the_same(r, channels):
    x = torch.randn(2, channels * r * r, 2, 3)
    assert F.pixel_unshuffle(F.pixel_shuffle(x, r), r).tolist() == x.tolist()


@pytest.mark.parametrize("name", ["normalize", "cosine_similarity"])
def test_vectors_of_zeros_have_no_gradient_that_is_not_a_number(name):
    x = Tensor(np.zeros((2, 3)), requires_grad=True)
    others = [torch.ones(2, 3).double()] if name == "cosine_similarity" else []
    getattr(F, name)(x, *others).sum().backward()
    assert np.isfinite(x.grad).all()


# -- what is refused --------------------------------------------------------------------------------------

REFUSED = {
    "groups": (lambda: nn.Conv2d(3, 4, 1, groups=2), ArgumentError, "cannot share out its channels"),
    "padding": (lambda: nn.Conv2d(3, 4, 1, padding="full"), ArgumentError, "knows no padding like this"),
    "same": (lambda: nn.Conv1d(1, 1, 3, stride=2, padding="same"), ArgumentError, "stride of 1 only"),
    "mode": (lambda: nn.Conv1d(1, 1, 3, padding_mode="mirror"), ArgumentError, "knows no padding mode"),
    "probability": (lambda: nn.Dropout(1.5), ArgumentError, "needs a probability"),
    "heads": (lambda: nn.MultiheadAttention(5, 2), ArgumentError, "cannot share out its size"),
    "row": (lambda: nn.Embedding(3, 2, padding_idx=3), ArgumentError, "no row for its padding"),
    "projection": (lambda: nn.LSTM(2, 3, proj_size=3), ArgumentError, "cannot project"),
    "hidden": (lambda: nn.GRU(2, 0), ArgumentError, "needs a hidden_size of at least 1"),
    "channels": (lambda: nn.GroupNorm(2, 3), ArgumentError, "cannot share out its channels"),
    "axes": (lambda: nn.BatchNorm2d(3)(torch.ones(2, 3)), ShapeMismatchError, "another number of axes"),
    "one": (lambda: nn.BatchNorm1d(3)(torch.ones(1, 3)), ArgumentError, "several values"),
    "steps": (lambda: nn.GRU(2, 3)(torch.ones(2, 1, 4)), ShapeMismatchError, "sequences of another shape"),
    "states": (
        lambda: nn.GRU(2, 3)(torch.ones(2, 1, 2), torch.ones(1, 1, 4)),
        ShapeMismatchError,
        "states of other",
    ),
    "ending": (lambda: nn.LayerNorm(3)(torch.ones(2, 4)), ShapeMismatchError, "does not end in the shape"),
    "class": (
        lambda: F.cross_entropy(torch.ones(2, 3), Tensor([0, 3])),
        IndexOutOfRangeError,
        "a class that there is not",
    ),
    "target": (
        lambda: F.nll_loss(torch.ones(2, 3), Tensor([0])),
        ShapeMismatchError,
        "does not fit its input",
    ),
    "reduction": (
        lambda: F.mse_loss(torch.ones(2), torch.ones(2), reduction="max"),
        ArgumentError,
        "no reduction",
    ),
    "bce": (
        lambda: F.binary_cross_entropy(Tensor([2.0]), Tensor([1.0])),
        ArgumentError,
        "takes probabilities",
    ),
    "widths": (lambda: F.pad(torch.ones(2), (1,)), ArgumentError, "two widths for each axis"),
    "corners": (
        lambda: F.interpolate(torch.ones(1, 1, 2), 3, align_corners=True),
        ArgumentError,
        "aligns no corners",
    ),
    "sizes": (lambda: F.interpolate(torch.ones(1, 1, 2)), ArgumentError, "size or scale_factor"),
    "window": (
        lambda: F.max_pool1d(torch.ones(1, 1, 4), 2, padding=2),
        ArgumentError,
        "cannot be padded like this",
    ),
    "hint": (
        lambda: nn.MultiheadAttention(2, 1)(*(torch.ones(1, 1, 2),) * 3, is_causal=True),
        ArgumentError,
        "needs the mask",
    ),
    "one hot": (lambda: F.one_hot(Tensor([3]), 3), ArgumentError, "an index without a place"),
    "batch": (lambda: nn.Conv2d(1, 1, 1)(torch.ones(2, 2)), ShapeMismatchError, "another number of axes"),
    "array": (lambda: F.relu([1.0]), TypeError, "takes tensors"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_impossible_is_refused_with_a_reason(name):
    call, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        call()
