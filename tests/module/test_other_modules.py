"""Modules made of modules, and modules in Python. Training is compared with MXNet in test_programs.py."""

from __future__ import annotations

import numpy as np
import pytest
from module.programs import batches, values

import gluonish as mx
from gluonish.io import DataBatch, DataDesc
from gluonish.module import (
    BaseModule,
    BucketingModule,
    Module,
    PythonLossModule,
    PythonModule,
    SequentialModule,
)
from gluonish.module.bucketing_module import bucket_keys


def sym_gen(length):
    total = mx.sym.sum(mx.sym.var("data"), axis=1, keepdims=True) / length
    fc = mx.sym.FullyConnected(total, num_hidden=2, name="fc")
    return mx.sym.LinearRegressionOutput(fc, mx.sym.var("label"), name="out"), ("data",), ("label",)


def bucket(length, count=2):
    return DataBatch(
        [mx.nd.array(values((count, length)))],
        [mx.nd.ones((count, 2))],
        bucket_key=length,
        provide_data=[DataDesc("data", (count, length))],
        provide_label=[DataDesc("label", (count, 2))],
    )


@pytest.fixture
def bucketing():
    module = BucketingModule(sym_gen, default_bucket_key=8)
    module.bind([("data", (2, 8))], [("label", (2, 2))])
    module.init_params(mx.init.One())
    return module


# -- buckets ----------------------------------------------------------------------------------------------


def test_a_batch_runs_in_its_bucket(bucketing):
    for length in (3, 8, 5):
        bucketing.forward(bucket(length), is_train=False)
        assert bucketing.data_shapes == [("data", (2, length))]
        expected = values((2, length)).mean(axis=1, keepdims=True).repeat(2, axis=1)
        np.testing.assert_allclose(bucketing.get_outputs()[0].asnumpy(), expected, rtol=1e-5)
    assert list(bucketing._buckets) == [8, 3, 5]


def test_buckets_share_parameters_and_the_optimizer(bucketing):
    bucketing.init_optimizer(optimizer_params={"learning_rate": 0.5})
    bucketing.forward_backward(bucket(3))
    bucketing.update()
    trained = bucketing.get_params()[0]["fc_bias"].asnumpy()
    assert trained.any()
    bucketing.switch_bucket(8, None)
    np.testing.assert_array_equal(
        bucketing._curr_module._exec_group.execs[0].arg_dict["fc_bias"].asnumpy(), trained
    )


def test_preparing_binds_a_bucket_and_stays_in_the_current_one(bucketing):
    bucketing.prepare(bucket(4))
    assert bucketing._curr_bucket_key == 8
    assert 4 in bucketing._buckets


def test_names_are_known_before_binding():
    module = BucketingModule(sym_gen, default_bucket_key=8)
    assert (list(module.data_names), module.output_names) == (["data"], ["out_output"])
    with pytest.raises(AssertionError, match=r"cannot do symbol yet[\s\S]*bind"):
        module.symbol  # noqa: B018


def test_there_must_be_a_bucket_to_begin_with():
    with pytest.raises(AssertionError, match="needs a bucket to begin with"):
        BucketingModule(sym_gen)


def test_another_bucket_needs_parameters():
    module = BucketingModule(sym_gen, default_bucket_key=8)
    module.bind([("data", (2, 8))], [("label", (2, 2))])
    with pytest.raises(mx.MXNetError, match=r"cannot bind another bucket yet[\s\S]*init_params"):
        module.switch_bucket(3, [("data", (2, 3))], [("label", (2, 2))])


def test_a_checkpoint_of_buckets_comes_back(bucketing, tmp_path):
    prefix = str(tmp_path / "net")
    bucketing.set_params({"fc_weight": mx.nd.array([[2], [3]]), "fc_bias": mx.nd.zeros(2)}, {})
    bucketing.forward(bucket(3))
    bucketing.save_checkpoint(prefix, 4)
    assert bucket_keys(prefix) == [8, 3]
    again = BucketingModule.load(prefix, 4, sym_gen=sym_gen, default_bucket_key=8)
    again.bind([("data", (2, 8))], [("label", (2, 2))])
    again.forward(bucket(5), is_train=False)
    bucketing.forward(bucket(5), is_train=False)
    np.testing.assert_array_equal(again.get_outputs()[0].asnumpy(), bucketing.get_outputs()[0].asnumpy())


def test_given_parameters_are_loaded():
    module = BucketingModule.load_dict(
        sym_gen=sym_gen,
        default_bucket_key=8,
        arg_params={"fc_weight": mx.nd.ones((2, 1)), "fc_bias": mx.nd.ones(2)},
    )
    module.bind([("data", (2, 8))], [("label", (2, 2))])
    assert module.get_params()[0]["fc_bias"].asnumpy().tolist() == [1, 1]


@pytest.mark.parametrize("load", [lambda: BucketingModule.load("x", 1), BucketingModule.load_dict])
def test_loading_needs_symbols(load):
    with pytest.raises(AssertionError, match="cannot make symbols"):
        load()


# -- rows -------------------------------------------------------------------------------------------------


def linear(name, data="data"):
    return mx.sym.FullyConnected(mx.sym.var(data), num_hidden=3, name=name)


def test_gradients_go_back_through_a_row():
    row = SequentialModule()
    row.add(Module(mx.sym.var("data") * 2, label_names=None))
    row.add(Module(mx.sym.var("x") * 5, data_names=["x"], label_names=None), auto_wiring=True)
    row.bind([("data", (2, 3))], inputs_need_grad=True)
    row.init_params()
    row.forward(DataBatch([mx.nd.ones((2, 3))]))
    row.backward([mx.nd.array(values((2, 3)))])
    np.testing.assert_allclose(row.get_input_grads()[0].asnumpy(), 10 * values((2, 3)), rtol=1e-6)
    assert (row.data_shapes, row.label_shapes) == ([("data", (2, 3))], None)


def test_a_name_belongs_to_one_module_of_a_row():
    row = SequentialModule().add(Module(linear("a"), label_names=None))
    row.add(Module(linear("a"), label_names=None), auto_wiring=True)
    row.bind([("data", (2, 3))])
    with pytest.raises(
        AssertionError, match="Parameter 'a_weight' of layer 1 has the name of one of layer 0"
    ):
        row.init_params()


def test_an_unknown_option_is_an_error():
    with pytest.raises(AssertionError, match=r"Option 'labels'[\s\S]*take_labels or auto_wiring"):
        SequentialModule().add(Module(linear("a"), label_names=None), labels=True)


def test_an_empty_row_cannot_be_bound():
    with pytest.raises(AssertionError, match="SequentialModule cannot be bound"):
        SequentialModule().bind([("data", (2, 3))])


# -- Python -----------------------------------------------------------------------------------------------


def test_a_loss_in_python_has_a_gradient_and_no_gradient_above_it():
    loss = PythonLossModule(grad_func=lambda scores, labels: (scores - labels).asnumpy())
    loss.bind([("data", (2,))], [("softmax_label", (2,))])
    loss.forward(DataBatch([mx.nd.array([3, 4])], [mx.nd.array([1, 1])]))
    loss.backward()
    assert loss.get_input_grads()[0].asnumpy().tolist() == [2, 3]
    assert (loss.output_shapes, loss.get_params()) == ([("pyloss_output", (2,))], ({}, {}))
    with pytest.raises(AssertionError, match="PythonLossModule is a loss"):
        loss.backward([mx.nd.ones(2)])


def test_a_loss_has_one_input_and_one_label():
    with pytest.raises(AssertionError, match="one input and one label"):
        PythonLossModule(data_names=["a", "b"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([("x", (2,))], [("softmax_label", (2,))]), "data_shapes has other names"),
        (([("data", (2,))], [("x", (2,))]), "label_shapes has other names"),
    ],
)
def test_names_of_shapes_are_those_of_the_module(arguments, message):
    with pytest.raises(AssertionError, match=message):
        PythonLossModule().bind(*arguments)


def test_a_loss_without_a_function_states_its_gradient_itself():
    loss = PythonLossModule()
    loss.bind([("data", (2,))], [("softmax_label", (2,))])
    with pytest.raises(NotImplementedError, match="_backward_impl is not there"):
        loss.backward()


def test_what_a_kind_of_module_does_not_state_is_an_error():
    with pytest.raises(NotImplementedError, match=r"PythonModule\._compute_output_shapes is not there"):
        PythonModule(["data"], None, ["out"]).bind([("data", (1,))])
    for name in ("data_names", "output_names", "data_shapes", "label_shapes", "output_shapes"):
        with pytest.raises(NotImplementedError, match=f"BaseModule.{name} is not there"):
            getattr(BaseModule(), name)
    assert BaseModule().symbol is None


# -- the oldest kind --------------------------------------------------------------------------------------


def regression():
    fc = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=1, name="fc")
    return mx.sym.LinearRegressionOutput(fc, name="softmax")


def test_a_feed_forward_model_comes_back_from_its_files(tmp_path):
    x = values((6, 2))
    model = mx.model.FeedForward.create(regression(), x, x[:, 0], num_epoch=2, learning_rate=0.1)
    model.save(str(tmp_path / "net"))
    again = mx.model.FeedForward.load(str(tmp_path / "net"), 2)
    assert again.begin_epoch == 2
    np.testing.assert_array_equal(again.predict(x), model.predict(x))


def test_a_feed_forward_model_returns_what_it_was_asked_about():
    x = values((5, 2))
    model = mx.model.FeedForward(regression(), num_epoch=1, numpy_batch_size=2)
    model.fit(x, x[:, 0], eval_metric="mse")
    outputs, data, labels = model.predict(x, return_data=True)
    np.testing.assert_array_equal(data, x)
    assert (outputs.shape, labels.shape) == ((5, 1), (5,))
    error = model.score(mx.io.NDArrayIter(x, x[:, 0], 5), "mse")
    np.testing.assert_allclose(error, ((outputs[:, 0] - x[:, 0]) ** 2).mean(), rtol=1e-5)


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (lambda model: model.fit(values((2, 2))), ValueError, "needs labels for an array"),
        (lambda model: model.fit(values((2, 2)), np.ones(3)), ValueError, "y is not as long as X"),
        (lambda model: model.fit("x"), TypeError, "X is no data"),
        (lambda model: model.predict(values((2, 2))), mx.MXNetError, "FeedForward has no parameters"),
        (lambda model: model.save("x"), mx.MXNetError, "has nothing to save"),
    ],
)
def test_what_a_feed_forward_model_lacks_is_named(action, error, message):
    with pytest.raises(error, match=message):
        action(mx.model.FeedForward(regression(), num_epoch=1))


def test_an_epoch_may_have_a_size():
    heard = []
    data = batches(mx)
    model = mx.model.FeedForward(
        mx.sym.SoftmaxOutput(linear("fc"), name="softmax"), num_epoch=1, epoch_size=5, learning_rate=0.1
    )
    model.fit(data, batch_end_callback=lambda param: heard.append(param.nbatch))
    assert heard == [0, 1, 2, 3, 4]
