"""state_dict and load_state_dict: all or nothing, in place, with hooks."""

from collections import OrderedDict

import numpy as np
import pytest

import gluonish as mx
from gluonish import nn, optim
from gluonish.errors import ArgumentTypeError, StateDictError
from gluonish.tensors import Tensor, load, ones, save, zeros


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(ones(2))
        self.mean = nn.Buffer(zeros(2))
        self.register_buffer("scratch", zeros(1), persistent=False)
        self.register_parameter("bias", None)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.top = nn.Parameter([1.0])
        self.layer = Layer()
        self.dense = mx.gluon.nn.Dense(1, in_units=1)
        self.dense.initialize()


KEYS = ["top", "layer.weight", "layer.mean", "dense.weight", "dense.bias"]


def test_names_are_paths_and_leave_out_what_is_not_kept():
    state = Net().state_dict()
    assert type(state) is OrderedDict
    assert list(state) == KEYS
    assert state._metadata["layer"] == {"version": 1}


def test_values_are_detached_copies():
    net = Net()
    state = net.state_dict()
    net.top.data = [9.0]
    assert state["top"].tolist() == [1.0]
    assert type(state["top"]) is Tensor
    assert not state["top"].requires_grad


def test_the_objects_themselves_are_had_by_keep_vars():
    net = Net()
    assert net.state_dict(keep_vars=True)["layer.weight"] is net.layer.weight


def test_prefix_and_destination_are_torchs():
    into = OrderedDict(other=1)
    assert Layer().state_dict(into, "a.") is into
    assert list(into) == ["other", "a.weight", "a.mean"]


def test_loading_writes_into_the_same_objects_on_all_devices(two):
    net, other = Net().to(two), Net()
    held = net.layer.weight
    other.layer.weight.data = [5.0, 6.0]
    other.layer.mean.data = [7.0, 8.0]
    assert net.load_state_dict(other.state_dict()) == ([], [])
    assert net.layer.weight is held
    assert [each.tolist() for each in held.list_data()] == [[5.0, 6.0]] * 2
    assert net.layer.mean.tolist() == [7.0, 8.0]


@pytest.mark.parametrize("value", [[5, 6], np.array([5, 6]), mx.nd.array([5, 6]), nn.Parameter([5.0, 6.0])])
def test_arrays_of_any_kind_are_taken_in_the_dtype_of_the_parameter(value):
    layer = Layer()
    layer.load_state_dict({"weight": value, "mean": [0, 0]})
    assert layer.weight.dtype == np.float32
    assert layer.weight.tolist() == [5.0, 6.0]


def test_a_state_that_does_not_fit_changes_nothing_and_lists_everything():
    layer = Layer()
    with pytest.raises(StateDictError) as caught:
        layer.load_state_dict({"weight": [5.0, 6.0, 7.0], "other": [1.0], "more": 1.0})
    text = str(caught.value)
    assert "size mismatch for weight: the state holds (3,), the module (2,)" in text
    assert "Missing key(s) in state_dict: 'mean'" in text
    assert "Unexpected key(s) in state_dict: 'other', 'more'" in text
    assert isinstance(caught.value, RuntimeError)
    assert isinstance(caught.value, KeyError)
    assert layer.weight.tolist() == [1.0, 1.0]


def test_good_values_beside_a_missing_name_are_not_written():
    layer = Layer()
    with pytest.raises(StateDictError, match="Missing"):
        layer.load_state_dict({"weight": [5.0, 6.0]})
    assert layer.weight.tolist() == [1.0, 1.0]


def test_without_strict_names_that_do_not_match_are_returned():
    layer = Layer()
    result = layer.load_state_dict({"weight": [5.0, 6.0], "other": [1.0]}, strict=False)
    assert result.missing_keys == ["mean"]
    assert result.unexpected_keys == ["other"]
    assert layer.weight.tolist() == [5.0, 6.0]


def test_without_strict_a_shape_is_still_an_error():
    with pytest.raises(StateDictError, match="size mismatch"):
        Layer().load_state_dict({"weight": [1.0]}, strict=False)


@pytest.mark.parametrize(
    ("state", "text"), [([1], "takes a dictionary"), ({"weight": "text"}, "'weight' of the")]
)
def test_what_is_no_state_is_refused(state, text):
    with pytest.raises(ArgumentTypeError, match=text):
        Layer().load_state_dict(state)


def test_assign_puts_new_objects_in_place():
    layer = Layer()
    layer.weight.requires_grad_(False)
    held = layer.weight
    layer.load_state_dict({"weight": np.ones(2, np.float64), "mean": np.ones(2, np.float64)}, assign=True)
    assert layer.weight is not held
    assert layer.weight.dtype == layer.mean.dtype == np.float64
    assert not layer.weight.requires_grad


def test_a_parameter_without_a_shape_is_left_out_and_gets_it_by_loading():
    lazy = nn.Module()
    lazy.weight = nn.UninitializedParameter(shape=(None, 2))
    held = lazy.weight
    assert lazy.state_dict() == {}
    lazy.load_state_dict({})
    lazy.load_state_dict({"weight": [[1.0, 2.0]]})
    assert lazy.weight is held
    assert type(held) is nn.Parameter
    assert held.tolist() == [[1.0, 2.0]]


def test_what_is_known_of_a_shape_must_fit():
    lazy = nn.Module()
    lazy.weight = nn.UninitializedParameter(shape=(None, 2))
    with pytest.raises(StateDictError, match=r"the state holds \(1, 3\), the module \(\?, 2\)"):
        lazy.load_state_dict({"weight": [[1.0, 2.0, 3.0]]})
    assert lazy.has_uninitialized_params()


def test_extra_state_goes_along():
    class Counting(nn.Module):
        def __init__(self, count):
            super().__init__()
            self.count = count

        def get_extra_state(self):
            return {"count": self.count}

        def set_extra_state(self, state):
            self.count = state["count"]

    net = nn.Sequential(Counting(3))
    assert dict(net.state_dict()) == {"0._extra_state": {"count": 3}}
    other = nn.Sequential(Counting(0))
    other.load_state_dict(net.state_dict())
    assert other[0].count == 3


def test_hooks_may_change_what_is_saved_and_loaded():
    layer = Layer()
    layer.register_state_dict_post_hook(lambda module, state, prefix, _: state.pop(prefix + "mean"))
    layer.register_load_state_dict_pre_hook(
        lambda module, state, prefix, *_: state.setdefault(prefix + "mean", [3.0, 3.0])
    )
    seen = []
    layer.register_load_state_dict_post_hook(lambda module, result: seen.append(result))
    holder = nn.Sequential(layer)
    state = holder.state_dict()
    assert list(state) == ["0.weight"]
    holder.load_state_dict(state)
    assert layer.mean.tolist() == [3.0, 3.0]
    assert list(state) == ["0.weight"]
    assert seen == [([], [])]


def test_tied_parameters_are_saved_under_both_paths_and_loaded():
    net = nn.Sequential(Layer(), Layer())
    net[1].weight = net[0].weight
    state = net.state_dict()
    assert "1.weight" in state
    net.load_state_dict({**state, "0.weight": [4.0, 4.0], "1.weight": [4.0, 4.0]})
    assert net[1].weight is net[0].weight


@pytest.mark.parametrize("suffix", ["params", "safetensors", "npz"])
def test_a_state_goes_through_a_file(tmp_path, suffix):
    net = Net()
    save(net, tmp_path / f"net.{suffix}")
    other = Net()
    other.load_state_dict(load(tmp_path / f"net.{suffix}"))
    assert other.dense.weight.data().asscalar() == net.dense.weight.data().asscalar()


def test_files_of_gluon_hold_buffers_too(tmp_path):
    net, other = Net(), Net()
    net.layer.mean.data = [1.0, 2.0]
    net.save_parameters(tmp_path / "net.params")
    other.load_parameters(tmp_path / "net.params")
    assert other.layer.mean.tolist() == [1.0, 2.0]


# -- one network in three styles -------------------------------------------------------------------------


class ModuleStyle(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.ParameterDict({"weight": nn.Parameter(zeros(4, 3)), "bias": nn.Parameter(zeros(4))})
        self.b = nn.ParameterDict({"weight": nn.Parameter(zeros(2, 4)), "bias": nn.Parameter(zeros(2))})

    def forward(self, x):
        x = mx.nd.FullyConnected(x, self.a["weight"], self.a["bias"], num_hidden=4).relu()
        return mx.nd.FullyConnected(x, self.b["weight"], self.b["bias"], num_hidden=2)


class GluonStyle(mx.gluon.Block):
    def __init__(self):
        super().__init__()
        self.a = mx.gluon.nn.Dense(4, in_units=3, activation="relu")
        self.b = mx.gluon.nn.Dense(2, in_units=4)
        self.initialize()

    def forward(self, x):
        return self.b(self.a(x))


class Mixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = mx.gluon.nn.Dense(4, in_units=3, activation="relu")
        self.a.initialize()
        self.b = ModuleStyle().b

    def forward(self, x):
        return mx.nd.FullyConnected(self.a(x), self.b["weight"], self.b["bias"], num_hidden=2)


def weights_by_path(net):
    return {path: p.core.replicas()[0].asnumpy() for path, p in net.parameters_by_path()}


@pytest.mark.parametrize("optimizer", ["trainer", "optim"])
@pytest.mark.parametrize("contexts", [1, 2], indirect=True)
def test_a_network_in_three_styles_trains_to_the_same_bits(optimizer, contexts):
    rng = np.random.default_rng(0)
    start = {
        "a.weight": rng.normal(size=(4, 3)),
        "a.bias": rng.normal(size=4),
        "b.weight": rng.normal(size=(2, 4)),
        "b.bias": rng.normal(size=2),
    }
    batches = rng.normal(size=(5, 6, 3)).astype("float32")
    found = []
    for style in (GluonStyle, ModuleStyle, Mixed):
        net = style()
        nn.Sequential(net).load_state_dict({f"0.{path}": value for path, value in start.items()})
        net.collect_params().reset_ctx(contexts)
        if optimizer == "trainer":
            trainer = mx.gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.1})
            step = lambda trainer=trainer: trainer.step(6)  # noqa: E731
        else:
            step = optim.Adam(net.collect_params(), lr=0.1).step
        for batch in batches:
            net.collect_params().zero_grad()
            parts = mx.gluon.utils.split_and_load(batch, contexts)
            with mx.autograd.record():
                losses = [(net(part) ** 2).sum() for part in parts]
            mx.autograd.backward(losses)
            step()
        found.append(weights_by_path(net))
    for other in found[1:]:
        assert other.keys() == found[0].keys()
        for path, value in other.items():
            assert value.tobytes() == found[0][path].tobytes(), path
