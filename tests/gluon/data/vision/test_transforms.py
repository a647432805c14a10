"""Transformations of images: the numbers of MXNet 1.9.1, for images and batches of them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import gluonish as mx
from gluonish import autograd
from gluonish.errors import ArgumentTypeError, DTypeError, ShapeMismatchError
from gluonish.gluon.block import Block
from gluonish.gluon.data import SimpleDataset
from gluonish.gluon.data.vision.transforms import Cast, Compose, Normalize, ToTensor

RAW = np.random.default_rng(0).integers(0, 256, (4, 5, 3), "uint8")


def image(values=RAW, dtype="uint8", ctx=None):
    return mx.nd.array(values, dtype=dtype, ctx=ctx)


# MXNet 1.9.1 computes these two formulas in float32, bit by bit.
def as_tensor(raw):
    return (raw.astype("float32") / np.float32(255)).transpose(2, 0, 1)


def normalised(tensor, mean, std):
    mean, std = (np.array(values, "float32").reshape(-1, 1, 1) for values in (mean, std))
    return (tensor - mean) / std


def test_to_tensor_scales_and_puts_channels_first():
    result = ToTensor()(image())
    assert result.dtype == np.float32
    np.testing.assert_array_equal(result.asnumpy(), as_tensor(RAW))


def test_to_tensor_takes_a_batch():
    batch = np.stack([RAW, 255 - RAW])
    np.testing.assert_array_equal(ToTensor()(image(batch)).asnumpy(), np.stack([as_tensor(i) for i in batch]))


def test_to_tensor_divides_floats_too():
    assert (ToTensor()(image(np.full((2, 2, 3), 51), "float32")).asnumpy() == np.float32(0.2)).all()


def test_to_tensor_of_one_channel_keeps_it():
    assert ToTensor()(image(RAW[..., :1])).shape == (1, 4, 5)


def test_to_tensor_runs_on_symbols():
    symbol = ToTensor()(mx.sym.var("x"))
    assert symbol.infer_shape(x=(4, 5, 3))[1] == [(3, 4, 5)]


@pytest.mark.parametrize(
    ("mean", "std"), [(0.5, 0.25), ((0.1, 0.2, 0.3), (1, 2, 3)), ((0.1, 0.2, 0.3), 2), (0.5, [1, 2, 3])]
)
def test_normalize_works_by_channel(mean, std):
    tensor = as_tensor(RAW)
    result = Normalize(mean, std)(image(tensor, "float32"))
    np.testing.assert_array_equal(result.asnumpy(), normalised(tensor, mean, std))


def test_normalize_takes_a_batch():
    tensors = np.stack([as_tensor(RAW)] * 2)
    result = Normalize((0.1, 0.2, 0.3), (1, 2, 3))(image(tensors, "float32"))
    np.testing.assert_array_equal(result.asnumpy(), normalised(tensors, (0.1, 0.2, 0.3), (1, 2, 3)))


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_normalize_keeps_the_dtype(dtype):
    assert Normalize(0.5, 0.5)(image(as_tensor(RAW), dtype)).dtype == np.dtype(dtype)


def test_gradients_flow_through_normalize():
    x = image(as_tensor(RAW), "float32")
    x.attach_grad()
    with autograd.record():
        y = Normalize(0.5, (1, 2, 4))(x)
    y.backward()
    assert x.grad.asnumpy()[:, 0, 0].tolist() == [1, 0.5, 0.25]


@pytest.mark.parametrize(
    "transform", [ToTensor(), Cast("float16"), Compose([ToTensor(), Normalize(0.5, (1, 2, 3))])]
)
def test_transformations_leave_an_image_on_its_context(transform):
    assert transform(image(ctx=mx.cpu(1))).context == mx.cpu(1)


def test_cast_converts_without_scaling():
    result = Cast("float16")(image())
    assert result.dtype == np.float16
    np.testing.assert_array_equal(result.asnumpy(), RAW)


def test_cast_is_to_float32_by_default():
    assert Cast()(image()).dtype == np.float32


class Inverted(Block):
    """A transformation as old programs define them."""

    def forward(self, x):
        return 1 - x


def test_compose_applies_its_parts_in_order():
    transform = Compose([ToTensor(), Inverted(), Normalize(0.5, 0.25)])
    expected = normalised(1 - as_tensor(RAW), 0.5, 0.25)
    np.testing.assert_array_equal(transform(image()).asnumpy(), expected)


def test_compose_takes_functions():
    assert Compose([Cast(), lambda x: x + 1])(image(np.zeros((1, 1, 1)))).asscalar() == 1.0


def test_compose_of_nothing_changes_nothing():
    x = image()
    assert Compose([])(x) is x


def test_the_parts_of_compose_have_numbers():
    parts = [ToTensor(), Cast()]
    transform = Compose(parts)
    assert [transform[0], transform[1], len(transform)] == [*parts, 2]


def test_transformations_pickle():
    transform = pickle.loads(pickle.dumps(Compose([ToTensor(), Normalize(0.5, (1, 2, 3))])))
    np.testing.assert_array_equal(transform(image()).asnumpy(), normalised(as_tensor(RAW), 0.5, (1, 2, 3)))


def test_transformations_apply_to_the_images_of_a_dataset():
    tensor, label = SimpleDataset([(image(), 3)]).transform_first(ToTensor())[0]
    assert (tensor.shape, label) == ((3, 4, 5), 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: ToTensor()(image(np.ones((2, 3)))),
            ShapeMismatchError,
            r"takes images.*\n.*\(height, width, channels\).*received data \(2, 3\)",
        ),
        (lambda: ToTensor()(RAW), ArgumentTypeError, "must be called with an array"),
        (
            lambda: Normalize(0, 1)(image(np.ones((3, 3)), "float32")),
            ShapeMismatchError,
            r"takes images.*\n.*\(channels, height, width\)",
        ),
        (
            lambda: Normalize((0.1, 0.2), 1)(image(as_tensor(RAW), "float32")),
            ShapeMismatchError,
            r"another number of values of mean than channels.*\n.*1 or 3 values, received data \(3, 4, 5\)",
        ),
        (
            lambda: Normalize(0, (1, 2))(image(as_tensor(RAW), "float32")),
            ShapeMismatchError,
            "another number of values of std than channels",
        ),
        (lambda: Normalize()(image()), DTypeError, r"real numbers only.*\n.*uint8"),
        (lambda: Normalize()(RAW), ArgumentTypeError, "must be called with an array"),
        (lambda: Compose([3]), ArgumentTypeError, "Compose cannot use this"),
    ],
)
def test_what_is_no_image_is_an_error(call, error, message):
    with pytest.raises(error, match=message):
        call()
