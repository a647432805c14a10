"""Module, on one context and several. Training is compared with MXNet in test_programs.py."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from module.programs import batches, network, parameters, row_sparse, values

import gluonish as mx
from gluonish.errors import FileFormatError, MissingFileError
from gluonish.io import DataBatch, DataDesc
from gluonish.module import Module
from gluonish.module.base_module import _check_input_names, _parse_data_desc


def ready(contexts=None, **options):
    """Return a module with parameters, for batches of four."""
    module = Module(network(mx), context=contexts or mx.cpu(), **options)
    data = batches(mx)
    module.bind(data.provide_data, data.provide_label)
    module.init_params(None, *parameters(mx))
    return module


def batch(count=4, phase=0.0):
    return DataBatch([mx.nd.array(values((count, 5), phase))], [mx.nd.array(np.arange(count) % 3)])


# -- what comes first -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "step"),
    [
        (lambda m: m.data_shapes, "bind"),
        (lambda m: m.label_shapes, "bind"),
        (lambda m: m.output_shapes, "bind"),
        (lambda m: m.init_params(), "bind"),
        (lambda m: m.reshape([("data", (1, 5))]), "bind"),
        (lambda m: m.forward(batch()), "bind"),
        (lambda m: m.backward(), "bind"),
        (lambda m: m.get_outputs(), "bind"),
        (lambda m: m.get_params(), "bind"),
        (lambda m: m.init_optimizer(), "bind"),
        (lambda m: m.update(), "bind"),
        (lambda m: m.install_monitor(None), "bind"),
        (lambda m: m.score(batches(mx), "acc"), "bind"),
        (lambda m: m.predict(batches(mx)), "bind"),
        (lambda m: m.save_optimizer_states("x"), "bind"),
    ],
)
def test_a_step_that_was_left_out_is_named(action, step):
    with pytest.raises(AssertionError, match=rf"Module cannot do [\s\S]*Call {step}\(\) first"):
        action(Module(network(mx)))


def test_what_it_is_is_known_before_binding():
    module = Module(network(mx))
    assert (module.data_names, module.label_names, module.output_names) == (
        ["data"],
        ["softmax_label"],
        ["softmax_output"],
    )
    assert (module.binded, module.params_initialized, module.optimizer_initialized) == (False, False, False)


@pytest.mark.parametrize("argument", ["data_names", "fixed_param_names", "state_names"])
def test_a_name_that_is_no_argument_is_an_error(argument):
    with pytest.raises(ValueError, match=f"Name 'dta' in {argument} is no argument"):
        Module(network(mx), **{argument: ["dta"]})


def test_a_label_that_is_no_argument_is_a_warning():
    with pytest.warns(UserWarning, match="'lab' in label_names is no argument"):
        Module(network(mx), label_names=["lab"])


def test_modules_of_programs_check_names_as_ours_do():
    symbol = network(mx)
    assert _check_input_names(symbol, ["data"], "data", True) is None
    with pytest.raises(ValueError, match=r"Name 'date' in data_names is no argument of the symbol"):
        _check_input_names(symbol, ["date"], "data", True)
    with pytest.warns(UserWarning, match="'date' in label_names is no argument"):
        _check_input_names(symbol, ["date"], "label", False)


def test_modules_of_programs_describe_shapes_as_ours_do():
    data, labels = _parse_data_desc(["data"], ["label"], [("data", (2, 3))], [("label", (2,))])
    assert [data, labels] == [[DataDesc("data", (2, 3))], [DataDesc("label", (2,))]]
    assert _parse_data_desc(["data"], [], data, None) == (data, None)
    with pytest.raises(ValueError, match=r"data_shapes has other names than the module's data_names"):
        _parse_data_desc(["data"], [], [("date", (2, 3))], None)


def test_every_context_has_a_work_load():
    with pytest.raises(AssertionError, match="work_load_list is not given for every context"):
        Module(network(mx), context=[mx.cpu(0), mx.cpu(1)], work_load_list=[1])


# -- binding ----------------------------------------------------------------------------------------------


def test_binding_twice_is_logged_and_does_nothing(caplog):
    module = ready()
    group = module._exec_group
    module.bind([("data", (2, 5))])
    assert "Already bound" in caplog.text
    assert module._exec_group is group


def test_binding_again_by_force_keeps_the_parameters():
    module = ready()
    module.bind([("data", (2, 5))], [("softmax_label", (2,))], force_rebind=True)
    assert module.data_shapes == [("data", (2, 5))]
    np.testing.assert_array_equal(module.get_params()[0]["fc1_bias"].asnumpy(), values((4,), 1))


def test_names_of_shapes_are_those_of_the_module():
    with pytest.raises(ValueError, match=r"data_shapes has other names[\s\S]*Expected data, received dta"):
        Module(network(mx)).bind([("dta", (4, 5))])
    with pytest.raises(KeyError, match="Label 'lab' is none of the module's"):
        Module(network(mx)).bind([("data", (4, 5))], [("lab", (4,))])


def test_gradients_of_inputs_are_for_training():
    with pytest.raises(AssertionError, match="computes gradients of inputs only for training"):
        Module(network(mx)).bind([("data", (4, 5))], for_training=False, inputs_need_grad=True)


def test_inputs_agree_on_the_batch_size():
    with pytest.raises(AssertionError, match=r"'softmax_label' has another batch size[\s\S]*Expected 4"):
        Module(network(mx)).bind([("data", (4, 5))], [("softmax_label", (3,))])


def test_a_batch_too_small_for_the_contexts_is_an_error():
    with pytest.raises(ValueError, match="cannot be cut into so many parts"):
        Module(network(mx), context=[mx.cpu(i) for i in range(5)]).bind([("data", (4, 5))])


@pytest.mark.parametrize(
    ("size", "loads", "expected"),
    [
        (5, [1, 1], [2, 5]),
        (7, [1, 1], [4, 7]),
        (7, [1] * 3, [2, 4, 7]),
        (10, [1] * 4, [2, 4, 6, 10]),
        (8, [1, 3], [2, 8]),
    ],
)
def test_a_batch_is_cut_as_mxnet_cuts_it(size, loads, expected):
    module = Module(network(mx), context=[mx.cpu(i) for i in range(len(loads))], work_load_list=loads)
    module.bind([("data", (size, 5))], [("softmax_label", (size,))])
    assert [part.stop for part in module._exec_group.slices] == expected


def test_another_layout_is_cut_along_its_batch_axis(two):
    symbol = mx.sym.sum(mx.sym.var("data"), axis=(0, 2))
    module = Module(symbol, label_names=None, context=two)
    module.bind([DataDesc("data", (3, 4, 2), layout="TNC")], for_training=False)
    module.init_params()
    module.forward(DataBatch([mx.nd.array(values((3, 4, 2)))]))
    np.testing.assert_allclose(
        module.get_outputs()[0].asnumpy(), values((3, 4, 2)).sum(axis=(0, 2)), rtol=1e-5
    )


# -- parameters -------------------------------------------------------------------------------------------


def test_an_initializer_draws_by_the_names_of_parameters():
    module = Module(network(mx))
    module.bind([("data", (4, 5))], [("softmax_label", (4,))])
    module.init_params(mx.init.One())
    arguments, states = module.get_params()
    assert {name: array.asnumpy().ravel()[0] for name, array in {**arguments, **states}.items()} == {
        "fc1_weight": 1,
        "fc1_bias": 0,
        "bn_gamma": 1,
        "bn_beta": 0,
        "fc2_weight": 1,
        "fc2_bias": 0,
        "bn_moving_mean": 0,
        "bn_moving_var": 1,
    }


def test_a_variables_own_initializer_is_used():
    symbol = mx.sym.FullyConnected(
        mx.sym.var("data"), mx.sym.var("w", init=mx.init.Constant(7)), num_hidden=1
    )
    module = Module(symbol, label_names=None)
    module.bind([("data", (1, 2))])
    module.init_params()
    assert module.get_params()[0]["w"].asnumpy().tolist() == [[7, 7]]


def test_a_missing_value_is_an_error_and_changes_nothing():
    module = ready()
    with pytest.raises(RuntimeError, match="Parameter 'fc1_bias' is not presented"):
        module.set_params({"fc1_weight": mx.nd.zeros((4, 5))}, {})
    np.testing.assert_array_equal(module.get_params()[0]["fc1_weight"].asnumpy(), values((4, 5), 0))


def test_missing_values_may_stay_or_be_drawn():
    module = ready()
    module.set_params({"fc1_weight": mx.nd.zeros((4, 5))}, {}, allow_missing=True)
    arguments = module.get_params()[0]
    assert not arguments["fc1_weight"].asnumpy().any()
    np.testing.assert_array_equal(arguments["fc1_bias"].asnumpy(), values((4,), 1))
    module.init_params(mx.init.One(), {"fc1_bias": mx.nd.ones(4) * 3}, allow_missing=True, force_init=True)
    arguments = module.get_params()[0]
    assert (arguments["fc1_bias"].asnumpy() == 3).all()
    assert (arguments["fc1_weight"].asnumpy() == 1).all()


def test_an_extra_value_is_accepted_if_asked_for():
    module = ready()
    with pytest.raises(ValueError, match="Name 'other'"):
        module.set_params({"other": mx.nd.ones(1)}, {}, allow_missing=True)
    module.set_params({"other": mx.nd.ones(1)}, {}, allow_missing=True, allow_extra=True)


def test_a_value_of_another_shape_is_an_error():
    arguments, states = parameters(mx)
    arguments["fc2_bias"] = mx.nd.ones(4)
    with pytest.raises(mx.MXNetError, match=r"Parameter 'fc2_bias' has another shape[\s\S]*\(3,\)"):
        ready().set_params(arguments, states)


def test_parameters_are_initialised_once_without_force():
    module = ready()
    with pytest.warns(UserWarning, match="already initialized"):
        module.init_params(mx.init.One())
    with pytest.warns(UserWarning, match="already initialized"):
        module.set_params({}, {}, allow_missing=True, force_init=False)
    np.testing.assert_array_equal(module.get_params()[0]["fc1_bias"].asnumpy(), values((4,), 1))


def test_parameters_come_back_from_a_file(tmp_path):
    module = ready()
    module.save_params(tmp_path / "file")
    other = Module(network(mx))
    other.bind([("data", (4, 5))], [("softmax_label", (4,))])
    other.load_params(tmp_path / "file")
    for mine, theirs in zip(module.get_params(), other.get_params(), strict=True):
        for name, array in mine.items():
            np.testing.assert_array_equal(theirs[name].asnumpy(), array.asnumpy())


def test_a_file_of_other_arrays_holds_no_parameters(tmp_path):
    mx.nd.save(str(tmp_path / "file"), {"w": mx.nd.ones(1)})
    with pytest.raises(FileFormatError, match="holds no parameters"):
        ready().load_params(tmp_path / "file")


# -- running ----------------------------------------------------------------------------------------------


def test_outputs_of_several_contexts_are_put_together(contexts):
    whole, cut = ready(), ready(contexts)
    for module in (whole, cut):
        module.forward(batch(), is_train=False)
    np.testing.assert_allclose(cut.get_outputs()[0].asnumpy(), whole.get_outputs()[0].asnumpy(), rtol=1e-5)
    (parts,) = cut.get_outputs(merge_multi_context=False)
    assert [part.context for part in parts] == contexts
    assert cut.output_shapes == [("softmax_output", (4, 3))]


def test_gradients_of_inputs(contexts):
    module = Module(mx.sym.var("data") * 3, label_names=None, context=contexts)
    module.bind([("data", (4, 2))], inputs_need_grad=True)
    module.init_params()
    module.forward(DataBatch([mx.nd.ones((4, 2))]))
    module.backward([mx.nd.array(values((4, 2)))])
    np.testing.assert_allclose(module.get_input_grads()[0].asnumpy(), 3 * values((4, 2)), rtol=1e-6)
    assert len(module.get_input_grads(merge_multi_context=False)[0]) == len(contexts)


def test_gradients_of_inputs_must_be_asked_for():
    with pytest.raises(AssertionError, match=r"get_input_grads\(\) has none"):
        ready().get_input_grads()


def test_there_is_no_backward_without_training():
    module = Module(network(mx))
    module.bind([("data", (4, 5))], for_training=False)
    module.init_params()
    with pytest.raises(AssertionError, match=r"for_training=True"):
        module.backward()


@pytest.mark.parametrize("count", [2, 3, 9])
def test_a_batch_of_another_size_is_followed(contexts, count):
    if count < len(contexts):
        pytest.skip("too few examples for the contexts")
    expected = ready()
    expected.reshape([("data", (count, 5))], [("softmax_label", (count,))])
    module = ready(contexts)
    for each in (expected, module):
        each.forward(batch(count), is_train=False)
    np.testing.assert_allclose(
        module.get_outputs()[0].asnumpy(), expected.get_outputs()[0].asnumpy(), rtol=1e-5
    )
    assert module.data_shapes == [("data", (count, 5))]
    assert module.label_shapes == [("softmax_label", (count,))]


def test_a_batch_that_asks_for_other_parameters_is_an_error():
    module = ready()
    with pytest.raises(mx.MXNetError, match=r"Parameter 'fc1_weight' does not fit[\s\S]*received \(4, 6\)"):
        module.forward(DataBatch([mx.nd.ones((4, 6))]))


def test_fixed_parameters_stay():
    module = ready(fixed_param_names=["fc1_bias"])
    module.init_optimizer(optimizer_params={"learning_rate": 1.0})
    module.forward_backward(batch())
    module.update()
    arguments = module.get_params()[0]
    np.testing.assert_array_equal(arguments["fc1_bias"].asnumpy(), values((4,), 1))
    assert not np.array_equal(arguments["fc2_bias"].asnumpy(), values((3,), 5))


def test_states_keep_their_values_from_batch_to_batch(two):
    state = mx.sym.var("state", shape=(0, 3))
    total = mx.sym.elemwise_add(mx.sym.var("data"), state, name="total")
    module = Module(
        mx.sym.Group([total, mx.sym.BlockGrad(total)]), label_names=None, state_names=["state"], context=two
    )
    module.bind([("data", (4, 3))])
    module.init_params()
    module.set_states(value=1)
    for _ in range(2):
        module.forward(DataBatch([mx.nd.ones((4, 3))]))
        module.set_states(states=module.get_outputs(merge_multi_context=False)[1:])
    assert [each.asnumpy().tolist() for each in module.get_states(merge_multi_context=False)[0]] == [
        [[3] * 3] * 2
    ] * 2
    with pytest.raises(AssertionError, match="does not put states together"):
        module.get_states()
    with pytest.raises(AssertionError, match="takes states or a value"):
        module.set_states()


# -- asking -----------------------------------------------------------------------------------------------


def test_predictions_leave_out_what_fills_a_batch():
    module, data = ready(), batches(mx)
    whole = module.predict(data)
    assert whole.shape == (10, 3)
    np.testing.assert_allclose(
        module.predict(mx.nd.array(values((10, 5)))).asnumpy(), whole.asnumpy(), rtol=1e-5
    )
    assert [outputs[0].shape for outputs in module.predict(data, merge_batches=False)] == [
        (4, 3),
        (4, 3),
        (2, 3),
    ]
    assert [each.shape for each in module.predict(data, num_batch=1, always_output_list=True)] == [(4, 3)]


def test_predicting_takes_arrays_and_iterators():
    with pytest.raises(ValueError, match=r"predict\(\) takes an array or an iterator"):
        ready().predict("x")


def test_callbacks_hear_of_batches_and_epochs(caplog):
    caplog.set_level(logging.INFO)
    heard = []
    module, data = Module(network(mx)), batches(mx)
    module.fit(
        data,
        eval_data=data,
        num_epoch=2,
        begin_epoch=1,
        batch_end_callback=lambda param: heard.append(
            ("batch", param.epoch, param.nbatch, param.locals["self"])
        ),
        epoch_end_callback=[
            lambda epoch, symbol, arg, aux: heard.append(("epoch", epoch, len(arg), len(aux)))
        ],
        eval_end_callback=lambda param: heard.append(("end", param.nbatch, param.eval_metric.name)),
        eval_batch_end_callback=lambda param: heard.append(("eval", param.nbatch)),
        validation_metric="ce",
    )
    assert heard == [
        *[("batch", 1, i, module) for i in range(3)],
        ("epoch", 1, 6, 2),
        *[("eval", i) for i in range(3)],
        ("end", 3, "cross-entropy"),
    ]
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split("=")[0] for line in lines] == [
        "Epoch[1] Train-accuracy",
        "Epoch[1] Time cost",
        "Epoch[1] Validation-cross-entropy",
    ]


def test_fitting_needs_to_know_how_long():
    with pytest.raises(AssertionError, match="needs to know how long"):
        Module(network(mx)).fit(batches(mx))


def test_a_monitor_sees_every_executor(two, caplog):
    caplog.set_level(logging.INFO)
    module = Module(network(mx), context=two)
    module.fit(batches(mx), num_epoch=1, monitor=mx.mon.Monitor(1, pattern="fc1_output"))
    assert sum("fc1_output" in record.getMessage() for record in caplog.records) == 2 * 3


# -- the optimizer ----------------------------------------------------------------------------------------


def test_gradients_are_divided_by_the_batch_size_and_biases_do_not_decay():
    module = ready()
    module.init_optimizer(optimizer_params={"wd": 0.1})
    assert module._optimizer.rescale_grad == 0.25
    assert module._optimizer.wd_mult == {"fc1_bias": 0, "fc2_bias": 0, "bn_beta": 0}


def test_an_optimizer_of_ones_own_is_taken_as_it_is():
    module, optimizer = ready(), mx.optimizer.SGD(learning_rate=0.5)
    with pytest.warns(UserWarning, match=r"rescale_grad 1.0.*is that meant"):
        module.init_optimizer(optimizer=optimizer)
    assert module._optimizer is optimizer
    assert optimizer.rescale_grad == 1.0
    assert optimizer.idx2name[1] == "fc1_bias"


def test_what_is_no_optimizer_is_refused():
    with pytest.raises(TypeError, match="takes a name or an Optimizer"):
        ready().init_optimizer(optimizer=3)


def test_an_optimizer_is_made_once_without_force(caplog):
    module = ready()
    module.init_optimizer()
    first = module._optimizer
    module.init_optimizer(optimizer="adam")
    assert "already initialized" in caplog.text
    assert module._optimizer is first
    module.init_optimizer(optimizer="adam", force_init=True)
    assert type(module._optimizer).__name__ == "Adam"


@pytest.mark.parametrize("kvstore", ["local", mx.kv.create("device"), "teststore"])
def test_training_goes_on_from_a_checkpoint(tmp_path, two, kvstore):
    prefix, options = str(tmp_path / "net"), {"learning_rate": 0.1, "momentum": 0.9}

    def train(module, steps):
        data = batches(mx)
        for _ in range(steps):
            module.forward_backward(data.next())
            module.update()

    whole = ready(two)
    whole.init_optimizer(kvstore if isinstance(kvstore, str) else "device", optimizer_params=options)
    train(whole, 1)
    whole.save_checkpoint(prefix, 1, save_optimizer_states=True)
    again = Module.load(prefix, 1, load_optimizer_states=True, context=two)
    data = batches(mx)
    again.bind(data.provide_data, data.provide_label)
    again.init_optimizer(kvstore, optimizer_params=options)
    for module in (whole, again):
        train(module, 2)
    for name, array in whole.get_params()[0].items():
        np.testing.assert_allclose(again.get_params()[0][name].asnumpy(), array.asnumpy(), rtol=1e-6)


def test_a_file_of_states_must_exist(tmp_path):
    module = ready()
    module.init_optimizer()
    with pytest.raises(MissingFileError, match="file does not exist"):
        module.load_optimizer_states(tmp_path / "file")


def test_modules_share_parameters_and_the_optimizer():
    first = ready()
    first.init_optimizer()
    second = Module(network(mx))
    second.bind([("data", (2, 5))], [("softmax_label", (2,))], shared_module=first)
    assert second.params_initialized
    assert second.optimizer_initialized
    second.forward_backward(batch(2))
    second.update()
    first.forward(batch(), is_train=False)
    second.forward(batch(), is_train=False)
    np.testing.assert_array_equal(first.get_outputs()[0].asnumpy(), second.get_outputs()[0].asnumpy())


def test_what_is_shared_must_be_there():
    data = batches(mx)
    with pytest.raises(AssertionError, match="shared_module has no parameters to share"):
        Module(network(mx)).bind(data.provide_data, data.provide_label, shared_module=Module(network(mx)))
    with pytest.raises(AssertionError, match="shared_module has no optimizer"):
        ready().borrow_optimizer(ready())


def test_gradients_between_contexts_are_compressed(two):
    module = Module(
        mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=1, no_bias=True, name="fc"),
        label_names=None,
        context=two,
        compression_params={"type": "2bit", "threshold": 0.5},
    )
    module.bind([("data", (2, 1))])
    module.init_params(mx.init.Zero())
    module.init_optimizer("device", optimizer_params={"learning_rate": 1.0, "rescale_grad": 1.0})
    module.forward(DataBatch([mx.nd.ones((2, 1))]), is_train=True)
    module.backward([mx.nd.array([[3], [0.25]])])
    module.update()
    assert module.get_params()[0]["fc_weight"].asnumpy().tolist() == [[-0.5]]


def test_row_sparse_parameters_train_on_several_contexts_as_on_one():
    one, three = (row_sparse(mx, count) for count in (1, 3))
    for name, expected in one.items():
        np.testing.assert_allclose(three[name], expected, rtol=1e-4, atol=1e-6)


def test_rows_of_a_parameter_that_does_not_exist_are_an_error(two):
    module = ready(two)
    module.init_optimizer("device")
    with pytest.raises(KeyError, match="Parameter 'table' does not exist"):
        module.prepare(batch(), sparse_row_id_fn=lambda _: {"table": mx.nd.arange(2)})
