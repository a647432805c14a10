"""The demo's network, trained on one and on several contexts."""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from integration import programs
from integration.programs import assert_close, assert_same_bits, gradients, images, started, train, values

import gluonish as mx
from gluonish import autograd, gluon
from gluonish.errors import SavedArrayError
from gluonish.gluon import Trainer, nn

SGD = {"learning_rate": 0.05, "momentum": 0.9}


# -- initial values ---------------------------------------------------------------------------------------


def test_the_network_with_its_sizes_written_down_is_that_of_the_example():
    example = programs.example("train_digits").make_net()
    explicit = programs.explicit_net()
    assert [type(layer) for layer in explicit] == [type(layer) for layer in example]
    assert list(explicit.collect_params()) == list(example.collect_params())
    assert explicit(mx.sym.var("x")).infer_shape(x=(2, 1, 8, 8))[1] == [(2, 10)]


@pytest.mark.parametrize("init", [mx.init.Xavier(), mx.init.Normal(0.5), None], ids=str)
def test_sizes_found_in_the_first_batch_give_the_weights_of_sizes_written_down(init, contexts):
    found = []
    for make in (programs.example("train_digits").make_net, programs.explicit_net):
        mx.random.seed(5)
        net = make()
        net.initialize(init, ctx=contexts)
        net(images(2, ctx=contexts[-1])[0])
        found.append(values(net))
    assert_same_bits(*found)


def test_the_contexts_make_no_difference_to_a_bit(contexts):
    on_one = values(started([mx.cpu(9)]))
    on_several = values(started(contexts))
    for name, replicas in on_several.items():
        assert len(replicas) == len(contexts)
        for replica in replicas:
            np.testing.assert_array_equal(replica, on_one[name][0], err_msg=name)


def built(making, calling):
    """Return weights of the network whose layers are made, and first called, in some order."""
    mx.random.seed(5)
    layers = {i: programs.LAYERS[i]() for i in making}
    net = nn.HybridSequential(prefix="digits_")
    net.add(*[layers[i] for i in range(len(layers))])
    net.initialize(mx.init.Xavier())
    for i in calling:
        layers[i](mx.nd.ones((2, *programs.INPUTS[i])))
    return [p.data().asnumpy() for _, p in sorted(net.parameters_by_path())]


ORDERS = st.permutations(range(len(programs.LAYERS)))


@settings(max_examples=25)
@given(ORDERS, ORDERS)
def test_the_order_of_making_and_of_first_calls_makes_no_difference_to_a_bit(making, calling):
    usual = range(len(programs.LAYERS))
    for first, second in zip(built(making, calling), built(usual, usual), strict=True):
        np.testing.assert_array_equal(first, second)


# -- gradients --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [2, 3, 6])
def test_micro_batches_with_add_are_one_big_batch(parts, contexts):
    net = started(contexts, dtype="float64")
    x, y = images(36, dtype="float64")
    programs.backward(net, contexts, x, y)
    whole = {name: [sum(replicas)] for name, replicas in gradients(net).items()}
    net.collect_params().setattr("grad_req", "add")
    net.collect_params().zero_grad()
    for part, target in zip(gluon.utils.split_data(x, parts), gluon.utils.split_data(y, parts), strict=True):
        programs.backward(net, contexts, part, target)
    added = {name: [sum(replicas)] for name, replicas in gradients(net).items()}
    assert_close(added, whole, rtol=1e-9, atol=1e-14)


def test_write_replaces_what_the_batch_before_left(contexts):
    net = started(contexts)
    programs.backward(net, contexts, *images(12))
    expected = gradients(net)
    programs.backward(net, contexts, *images(12, 5))
    assert not np.array_equal(gradients(net)["digits_conv0_weight"][0], expected["digits_conv0_weight"][0])
    programs.backward(net, contexts, *images(12))
    assert_same_bits(gradients(net), expected)


@pytest.fixture
def allocated():
    """Return a function that tells how many bytes are allocated now."""
    tracemalloc.start()

    def count():
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    yield count
    tracemalloc.stop()


def test_null_gives_the_memory_of_all_gradients_back(contexts, allocated):
    net = started(contexts)
    size = sum(array.nbytes for replicas in values(net).values() for array in replicas)
    before = allocated()
    net.collect_params().setattr("grad_req", "null")
    assert before - allocated() > 0.95 * size


def test_a_network_that_starts_with_null_never_has_that_memory(contexts, allocated):
    needed = []
    for request in ("write", "null"):
        before = allocated()
        net = programs.explicit_net()
        net.collect_params().setattr("grad_req", request)
        net.initialize(ctx=contexts)
        needed.append(allocated() - before)
        size = sum(array.nbytes for replicas in values(net).values() for array in replicas)
        del net
    assert needed[0] - needed[1] > 0.95 * size
    assert needed[1] < 1.3 * size


def test_frozen_layers_keep_their_values_and_the_others_train(contexts):
    net = started(contexts)
    net.collect_params(".*conv").setattr("grad_req", "null")
    before = values(net)
    train(net, Trainer(net.collect_params(), "sgd", SGD), contexts, 2)
    for name, replicas in values(net).items():
        same = all(np.array_equal(a, b) for a, b in zip(replicas, before[name], strict=True))
        assert same == ("conv" in name)


# -- several contexts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_several_contexts_with_the_batch_split_train_like_one_with_the_whole(optimizer, contexts):
    settings = SGD if optimizer == "sgd" else {"learning_rate": 0.01}
    found = []
    for places in ([mx.cpu(0)], contexts):
        net = started(places, dtype="float64")
        train(net, Trainer(net.collect_params(), optimizer, settings), places, 5, dtype="float64")
        found.append(values(net))
    assert_close(found[1], found[0], rtol=1e-7, atol=1e-10)
    assert_same_bits(found[1], {name: [each[0]] * len(contexts) for name, each in found[1].items()})


# -- in mid-training --------------------------------------------------------------------------------------

ELSEWHERE = [[mx.cpu(7)], [mx.cpu(7), mx.cpu(8)], [mx.cpu(2), mx.cpu(1), mx.cpu(0)]]


@pytest.mark.parametrize("away", ELSEWHERE, ids=str)
def test_after_reset_ctx_the_next_steps_are_those_of_a_run_that_never_moved(away, contexts):
    found = []
    for moves in (False, True):
        net = started(contexts)
        trainer = Trainer(net.collect_params(), "sgd", SGD)
        train(net, trainer, contexts, 3)
        if moves:
            net.collect_params().reset_ctx(away)
            net.collect_params().reset_ctx(contexts)
        train(net, trainer, contexts, 2, first=3)
        found.append(values(net))
    assert_same_bits(*found)


def test_steps_on_other_contexts_are_those_on_as_many_of_before(contexts):
    found = []
    for moves in (False, True):
        net, places = started(contexts), contexts
        trainer = Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
        train(net, trainer, places, 3)
        if moves:
            places = [mx.cpu(10 + i) for i in range(len(contexts))]
            net.collect_params().reset_ctx(places)
        train(net, trainer, places, 2, first=3)
        found.append(values(net))
    assert_same_bits(*found)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_from_two_contexts_to_one_to_three_training_goes_on_with_its_momentum(optimizer):
    settings = SGD if optimizer == "sgd" else {"learning_rate": 0.01}
    found = []
    for counts in ([1, 1, 1], [2, 1, 3]):
        net = started([mx.cpu(i) for i in range(counts[0])], dtype="float64")
        trainer = Trainer(net.collect_params(), optimizer, settings)
        for part, count in enumerate(counts):
            places = [mx.cpu(i) for i in range(count)]
            net.collect_params().reset_ctx(places)
            train(net, trainer, places, 2, dtype="float64", first=2 * part)
        found.append(values(net))
    assert_close(found[1], found[0], rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize(("dtype", "precision"), [("float16", 2.0**-11), ("float64", 2.0**-24)])
def test_after_a_cast_the_next_step_agrees_within_the_narrower_precision(dtype, precision, contexts):
    """Weights of about 1 are compared, after steps whose gradients went through the narrower type."""
    found = []
    for to in ("float32", dtype):
        net = started(contexts)
        trainer = Trainer(net.collect_params(), "sgd", {**SGD, "multi_precision": True})
        train(net, trainer, contexts, 3)
        net.cast(to)
        train(net, trainer, contexts, 1, dtype=to, first=3)
        found.append(values(net))
    assert found[1]["digits_conv0_weight"][0].dtype == dtype
    assert_close(found[1], found[0], rtol=4 * precision, atol=4 * precision)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_value_set_in_mid_training_is_what_training_goes_on_from(dtype, contexts):
    """A rate of 0 changes nothing, so what comes out after a step is what was set, and no older master."""
    net = started(contexts, dtype=dtype)
    trainer = Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "multi_precision": True})
    train(net, trainer, contexts, 2, dtype=dtype)
    net[1].weight.set_data(mx.nd.full((32, 16, 3, 3), 0.125))
    other = net[0].weight.data(contexts[0]).asnumpy()
    trainer.set_learning_rate(0.0)
    train(net, trainer, contexts, 1, dtype=dtype, first=2)
    for ctx in contexts:
        assert (net[1].weight.data(ctx).asnumpy() == 0.125).all()
        np.testing.assert_array_equal(net[0].weight.data(ctx).asnumpy(), other)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_loaded_file_in_mid_training_is_what_training_goes_on_from(dtype, tmp_path, two):
    net = started(two, dtype=dtype)
    trainer = Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "multi_precision": True})
    net.save_parameters(tmp_path / "net.params")
    saved = values(net)
    train(net, trainer, two, 2, dtype=dtype)
    net.load_parameters(tmp_path / "net.params")
    trainer.set_learning_rate(0.0)
    train(net, trainer, two, 1, dtype=dtype, first=2)
    assert_same_bits(values(net), saved)


# -- saved arrays -----------------------------------------------------------------------------------------


def write_a_slice(net, trainer):
    net[1].weight.data()[0:1] = 0


def set_the_data(net, trainer):
    net[1].weight.set_data(mx.nd.zeros((32, 16, 3, 3)))


def take_a_step(net, trainer):
    other = programs.losses(net, *images(12, 3))
    other.backward()
    trainer.step(12)


@pytest.mark.parametrize("write", [write_a_slice, set_the_data, take_a_step])
def test_weights_written_before_the_backward_pass_are_an_error_that_names_one(write):
    net = started()
    trainer = Trainer(net.collect_params(), "sgd", SGD)
    late = programs.losses(net, *images(12))
    write(net, trainer)
    before = gradients(net)
    with pytest.raises(
        SavedArrayError,
        match=r"Parameter 'digits_(conv1|dense1)_weight', input 'weight' of .*was written after",
    ):
        late.backward()
    assert_same_bits(gradients(net), before)


def test_a_refused_backward_pass_leaves_gradients_stale_and_the_next_one_trains():
    net = started()
    trainer = Trainer(net.collect_params(), "sgd", SGD)
    late = programs.losses(net, *images(12))
    write_a_slice(net, trainer)
    with pytest.raises(SavedArrayError):
        late.backward()
    with pytest.raises(mx.errors.StaleGradientError, match="digits_conv0_weight"):
        trainer.step(12)
    train(net, trainer, [mx.cpu(0)], 1)


def test_an_input_written_before_the_backward_pass_is_an_error_too():
    net = started()
    x, y = images(12)
    late = programs.losses(net, x, y)
    x[0:1] = 0
    with pytest.raises(SavedArrayError, match=r"input 'data' of the recorded operator 'Convolution'"):
        late.backward()


def test_weights_written_after_the_backward_pass_are_no_error():
    net = started()
    trainer = Trainer(net.collect_params(), "sgd", SGD)
    programs.losses(net, *images(12)).backward()
    write_a_slice(net, trainer)
    before = net[1].weight.data().asnumpy()
    trainer.step(12)
    changed = net[1].weight.data().asnumpy() != before
    assert changed[0].any()
    assert changed[1:].any()


# -- on a gpu ---------------------------------------------------------------------------------------------


@pytest.mark.gpu
def test_on_a_gpu_the_network_starts_with_the_same_bits_and_trains_alike(gpu):
    found = []
    for place in (mx.cpu(0), gpu):
        net = started([place])
        first = values(net)
        with autograd.predict_mode():
            output = net(images(12, ctx=place)[0])
        assert output.context == place
        train(net, Trainer(net.collect_params(), "sgd", SGD), [place], 5)
        assert net.collect_params().list_ctx() == [place]
        found.append((first, output.asnumpy(), values(net)))
    (cpu_first, cpu_output, cpu_last), (gpu_first, gpu_output, gpu_last) = found
    assert_same_bits(gpu_first, cpu_first)
    np.testing.assert_allclose(gpu_output, cpu_output, rtol=1e-4, atol=1e-5)
    assert_close(gpu_last, cpu_last, rtol=1e-3, atol=1e-4)


@pytest.mark.gpu
def test_from_the_host_to_a_gpu_and_back_training_goes_on_with_its_momentum(gpu):
    found = []
    for moves in (False, True):
        net, place = started([mx.cpu(0)]), mx.cpu(0)
        trainer = Trainer(net.collect_params(), "sgd", SGD)
        for part in range(3):
            if moves:
                place = gpu if part == 1 else mx.cpu(0)
                net.collect_params().reset_ctx(place)
            train(net, trainer, [place], 2, first=2 * part)
        found.append(values(net))
    assert_close(found[1], found[0], rtol=1e-3, atol=1e-4)
