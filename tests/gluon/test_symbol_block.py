"""SymbolBlock: graphs from elsewhere, and files that Apache MXNet 1.9.1 has written."""

from __future__ import annotations

import networks
import numpy as np
import pytest
from golden import GOLDEN, known

import gluonish as mx
from gluonish import autograd, nd, sym
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    FileFormatError,
    MissingFileError,
    NotInitializedError,
    ShapeMismatchError,
    UnknownNameError,
)
from gluonish.gluon import HybridBlock, SymbolBlock, Trainer, nn
from gluonish.name import NameManager

"""Files written by Apache MXNet 1.9.1; tools/make_golden_symbols.py makes them."""

KNOWN = known("exported.json")


def layer():
    """Return the symbol of a layer, and its input."""
    data = sym.var("data")
    return sym.FullyConnected(data, num_hidden=4, name="fc"), data


def ready(block):
    block.initialize(mx.init.Normal(0.5))
    return block


# -- files of MXNet ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KNOWN)
def test_what_mxnet_has_exported_is_imported_and_computes_the_same(name):
    inputs = [nd.array(each) for each in KNOWN[name]["inputs"]]
    names = "data" if len(inputs) == 1 else [f"data{i}" for i in range(len(inputs))]
    block = SymbolBlock.imports(GOLDEN / f"{name}-symbol.json", names, GOLDEN / f"{name}-0000.params")
    outputs = block(*inputs)
    outputs = outputs if isinstance(outputs, list) else [outputs]
    for found, expected in zip(outputs, KNOWN[name]["outputs"], strict=True):
        np.testing.assert_allclose(found.asnumpy(), expected, atol=1e-5)


def test_an_imported_network_can_be_trained_and_exported_again(tmp_path):
    block = SymbolBlock.imports(GOLDEN / "convnet-symbol.json", "data", GOLDEN / "convnet-0000.params")
    trainer = Trainer(block.collect_params(), "sgd", {"learning_rate": 0.1})
    x = nd.array(KNOWN["convnet"]["inputs"][0])
    losses = []
    for _ in range(10):
        with autograd.record():
            loss = (block(x) ** 2).mean()
        loss.backward()
        trainer.step(1)
        losses.append(loss.asscalar())
    assert losses[-1] < losses[0] / 2
    assert (block.params["net_batchnorm0_running_mean"].data().asnumpy() != 0).any()
    block.export(tmp_path / "again")
    again = SymbolBlock.imports(tmp_path / "again-symbol.json", "data", tmp_path / "again-0000.params")
    np.testing.assert_array_equal(again(x).asnumpy(), block(x).asnumpy())


def test_parameters_are_what_their_variables_say():
    block = SymbolBlock.imports(GOLDEN / "two_inputs-symbol.json", ["data0", "data1"])
    gain = block.params["two_gain"]
    assert (gain.shape, gain.init, gain.grad_req) == ((1, 1, 4), '["constant", {"value": 1.5}]', "write")
    assert block.params["two_embedding0_weight"].shape == (7, 4)
    assert block.params["two_dense0_weight"].shape == (3, 0)
    block.initialize()
    assert gain.data().asnumpy().ravel().tolist() == [1.5] * 4


def test_states_have_no_gradient_and_come_last():
    block = SymbolBlock.imports(GOLDEN / "convnet-symbol.json", ["data"], GOLDEN / "convnet-0000.params")
    names = list(block.collect_params())
    assert names[-2:] == ["net_batchnorm0_running_mean", "net_batchnorm0_running_var"]
    assert [block.params[name].grad_req for name in names] == ["write"] * 6 + ["null"] * 2
    assert block.params["net_dense0_weight"].shape == (4, 12)


def test_files_are_put_on_the_contexts_that_are_named(two):
    block = SymbolBlock.imports(
        GOLDEN / "convnet-symbol.json", "data", GOLDEN / "convnet-0000.params", ctx=two
    )
    x = nd.array(KNOWN["convnet"]["inputs"][0])
    found = [block(x.as_in_context(ctx)) for ctx in two]
    assert [y.context for y in found] == two
    np.testing.assert_array_equal(found[0].asnumpy(), found[1].asnumpy())


def test_a_file_of_half_precision_gives_parameters_of_half_precision(tmp_path):
    arrays = {name: x.astype("float16") for name, x in nd.load(GOLDEN / "convnet-0000.params").items()}
    nd.save(tmp_path / "half.params", arrays)
    block = SymbolBlock.imports(GOLDEN / "convnet-symbol.json", "data", tmp_path / "half.params")
    assert np.dtype(block.params["net_dense0_weight"].dtype) == np.float16


def test_missing_and_extra_arrays_are_errors_unless_they_may_be(tmp_path):
    arrays = dict(nd.load(GOLDEN / "convnet-0000.params"))
    arrays["arg:extra"] = arrays.pop("arg:net_dense0_bias")
    nd.save(tmp_path / "other.params", arrays)
    path = GOLDEN / "convnet-symbol.json"
    with pytest.raises(AssertionError, match="'net_dense0_bias' is missing in file"):
        SymbolBlock.imports(path, "data", tmp_path / "other.params")
    with pytest.raises(UnknownNameError, match="Array 'arg:extra' in file"):
        SymbolBlock.imports(path, "data", tmp_path / "other.params", allow_missing=True)
    block = SymbolBlock.imports(path, "data", tmp_path / "other.params", None, True, True)
    with pytest.raises(NotInitializedError, match="net_dense0_bias"):
        block(nd.array(KNOWN["convnet"]["inputs"][0]))


def test_another_name_of_the_input_shows_as_a_missing_parameter():
    with pytest.raises(AssertionError, match="'data' is missing in file"):
        SymbolBlock.imports(GOLDEN / "convnet-symbol.json", "x", GOLDEN / "convnet-0000.params")


def test_files_that_are_not_there_are_errors(tmp_path):
    with pytest.raises(MissingFileError, match=r"none-symbol\.json does not exist"):
        SymbolBlock.imports(tmp_path / "none-symbol.json", "data")
    with pytest.raises(mx.errors.MXNetError, match=r"none\.params"):
        SymbolBlock.imports(GOLDEN / "convnet-symbol.json", "data", tmp_path / "none.params")
    with pytest.raises(FileFormatError):
        SymbolBlock.imports(GOLDEN / "convnet-0000.params", "data")


# -- making -----------------------------------------------------------------------------------------------


def test_a_variable_that_is_no_input_is_a_parameter():
    y, data = layer()
    block = SymbolBlock(y, data)
    assert list(block.collect_params()) == ["fc_weight", "fc_bias"]
    assert (block.prefix, list(block._reg_params)) == ("", ["weight", "bias"])
    assert block.params["fc_weight"].shape is None
    ready(block)(nd.ones((2, 3)))
    assert block.params["fc_weight"].shape == (4, 3)


def test_states_without_an_initializer_of_their_own_start_as_the_operator_says():
    data = sym.var("data")
    block = SymbolBlock(sym.BatchNorm(data, sym.var("g"), sym.var("b"), sym.var("m"), sym.var("v")), data)
    block.initialize()
    block(nd.ones((2, 3)))
    assert block.params["m"].data().asnumpy().tolist() == [0, 0, 0]
    assert block.params["v"].data().asnumpy().tolist() == [1, 1, 1]


def test_attributes_of_variables_are_taken_over():
    data = sym.var("data")
    weight = sym.var("w", shape=(4, 0), lr_mult=2, wd_mult=0, init=mx.init.One(), dtype="float64")
    block = SymbolBlock(sym.FullyConnected(data, weight, no_bias=True, num_hidden=4), data)
    w = block.params["w"]
    assert (w.shape, w.lr_mult, w.wd_mult, w.dtype) == ((4, 0), 2, 0, np.float64)
    block.initialize()
    np.testing.assert_array_equal(block(nd.ones((1, 3), dtype="float64")).asnumpy(), [[3, 3, 3, 3]])


def test_an_initializer_that_is_not_there_is_left_out():
    data = sym.var("data")
    weight = sym.var("w", shape=(4, 3), init='["mine", {}]')
    block = SymbolBlock(sym.FullyConnected(data, weight, no_bias=True, num_hidden=4), data)
    assert block.params["w"].init is None


def test_parameters_are_shared_by_name():
    net = networks.mlp("net_")
    ready(net)(nd.ones((1, 5)))
    data = sym.var("data")
    block = SymbolBlock(net(data), data, params=net.collect_params())
    assert block.params["net_dense0_weight"] is net[0].weight
    x = nd.ones((2, 5))
    np.testing.assert_array_equal(block(x).asnumpy(), net(x).asnumpy())


@pytest.mark.parametrize(
    ("outputs", "check"),
    [
        (lambda y: [y, [y * 2]], lambda out: type(out) is list and type(out[1]) is list),
        (lambda y: (y, y * 2), lambda out: type(out) is tuple and len(out) == 2),
        (lambda y: (y,), lambda out: out.shape == (2, 4)),
        (lambda y: mx.symbol.Group([y, y + 1]), lambda out: type(out) is list and len(out) == 2),
        (
            lambda y: y.get_internals(),
            lambda out: [each.shape for each in out] == [(2, 3), (4, 3), (4,), (2, 4)],
        ),
    ],
)
def test_outputs_have_the_structure_that_was_given(outputs, check):
    y, data = layer()
    assert check(ready(SymbolBlock(outputs(y), data))(nd.ones((2, 3))))


def test_inputs_may_be_nested():
    a, b, c = (sym.var(name) for name in "abc")
    block = SymbolBlock(a + b * c, [[a, b], c])
    found = block([nd.array([1.0]), nd.array([2.0])], nd.array([3.0]))
    assert found.asscalar() == 7


def test_the_text_says_what_goes_in_and_what_comes_out():
    y, data = layer()
    assert repr(SymbolBlock(y, data)) == "SymbolBlock(\n<Symbol fc> : 1 -> 1\n)"
    assert repr(SymbolBlock([y, y + 1], [data])).endswith("> : 1 -> 2\n)")


def test_an_automatic_name_is_for_messages_only():
    with NameManager():
        y, data = layer()
        assert [SymbolBlock(y, data).name, SymbolBlock(y, data).name] == ["symbolblock0", "symbolblock1"]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda y, x: SymbolBlock(y, y), ArgumentTypeError, r"must be a variable.*\n.*received <Symbol fc>"),
        (lambda y, x: SymbolBlock(y, 3), ArgumentTypeError, r"The input of .*\n.*received int 3"),
        (lambda y, x: SymbolBlock(5, x), ArgumentTypeError, r"The output of .*\n.*received int 5"),
        (lambda y, x: SymbolBlock(y, "data"), ValueError, r"The input of .*\n.*received str 'data'"),
        (
            lambda y, x: SymbolBlock(sym.dot(x, sym.var("s", stype="row_sparse")), x),
            ArgumentError,
            r"Variable 's' cannot be a parameter of a SymbolBlock: it is sparse",
        ),
    ],
)
def test_impossible_graphs_are_errors(make, error, message):
    with pytest.raises(error, match=message):
        make(*layer())


# -- calling ----------------------------------------------------------------------------------------------


def test_a_call_with_symbols_composes_the_graph():
    y, data = layer()
    block = SymbolBlock([y, [y * 2]], data)
    first, (second,) = block(sym.relu(sym.var("q")))
    assert first.list_arguments() == ["q", "fc_weight", "fc_bias"]
    assert second.name.startswith("_mulscalar")


def test_it_becomes_part_of_a_network():
    class Features(HybridBlock):
        def __init__(self, features, **kwargs):
            super().__init__(**kwargs)
            with self.name_scope():
                self.features = features
                self.top = nn.Dense(2)

        def hybrid_forward(self, F, x):
            return self.top(F.relu(self.features(x)))

    y, data = layer()
    net = ready(Features(SymbolBlock(y, data), prefix="net_"))
    x = nd.array(np.linspace(-1, 1, 6).reshape(2, 3))
    plain = net(x).asnumpy()
    net.hybridize()
    np.testing.assert_array_equal(net(x).asnumpy(), plain)
    assert set(net.collect_params()) == {"fc_weight", "fc_bias", "net_dense0_weight", "net_dense0_bias"}


@pytest.mark.parametrize("argument", [np.ones((2, 3)), [], None])
def test_it_is_called_with_arrays_or_symbols(argument):
    block = ready(SymbolBlock(*layer()))
    with pytest.raises(AssertionError, match=r"'symbolblock\d+' must be called with an array or a symbol"):
        block(argument)


def test_another_number_of_arguments_is_an_error():
    block = ready(SymbolBlock(*layer()))
    for first in (nd.ones((2, 3)), sym.var("x")):
        with pytest.raises(ValueError, match=r"another structure of arguments.*\n.*\[0\].*received \[0, 0\]"):
            block(first, first)
        with pytest.raises(AssertionError, match=r"\[0\].*received \[\[0\]\]"):
            block([first])


def test_a_batch_of_another_size_is_an_error():
    block = ready(SymbolBlock(*layer()))
    block(nd.ones((2, 3)))
    assert block(nd.ones((5, 3))).shape == (5, 4)
    with pytest.raises(ShapeMismatchError, match="'FullyConnected'"):
        block(nd.ones((5, 4)))


def test_it_has_no_code_to_run():
    block = SymbolBlock(*layer())
    with pytest.raises(NotImplementedError, match="its graph is given"):
        block.hybrid_forward(nd, nd.ones((2, 3)))


def test_hybridizing_it_changes_nothing():
    block = ready(SymbolBlock(*layer()))
    expected = block(nd.ones((2, 3))).asnumpy()
    for active in (True, False):
        block.hybridize(active)
        np.testing.assert_array_equal(block(nd.ones((2, 3))).asnumpy(), expected)


def test_all_parameters_move_to_other_contexts(two):
    block = ready(SymbolBlock(sym.FullyConnected(sym.var("data"), num_hidden=4, name="fc"), sym.var("data")))
    block(nd.ones((2, 3)))
    block.reset_ctx(two)
    assert [p.list_ctx() for p in block.collect_params().values()] == [two, two]
    assert block(nd.ones((2, 3), ctx=two[1])).context == two[1]


def test_normalisation_stays_in_single_precision_when_the_rest_is_cast_to_half():
    data = sym.var("data")
    y = sym.FullyConnected(data, num_hidden=4, name="fc")
    block = ready(SymbolBlock(sym.BatchNorm(y, name="bn"), data))
    block(nd.ones((2, 3)))
    block.cast("float16")
    dtypes = {name: np.dtype(p.dtype).name for name, p in block.collect_params().items()}
    assert {name for name, dtype in dtypes.items() if dtype == "float16"} == {"fc_weight", "fc_bias"}
    assert block(nd.ones((2, 3), dtype="float16")).dtype == np.float16
    block.cast("float64")
    assert {np.dtype(p.dtype).name for p in block.collect_params().values()} == {"float64"}


def test_shapes_are_inferred_without_initializing():
    block = SymbolBlock(*layer())
    block.infer_shape(nd.ones((2, 7)))
    assert block.params["fc_weight"].shape == (4, 7)


def test_its_parameters_are_saved_and_loaded(tmp_path):
    block = ready(SymbolBlock(*layer()))
    expected = block(nd.ones((2, 3))).asnumpy()
    block.save_parameters(tmp_path / "block.params")
    twin = SymbolBlock(*layer())
    twin.load_parameters(tmp_path / "block.params")
    np.testing.assert_array_equal(twin(nd.ones((2, 3))).asnumpy(), expected)
