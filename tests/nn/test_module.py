"""Registration, walks, calls and printing of modules."""

import copy
import pickle

import numpy as np
import pytest

import gluonish as mx
from gluonish import nn
from gluonish.errors import (
    ArgumentTypeError,
    DeferredInitializationError,
    DTypeError,
    DuplicateNameError,
    MissingNameError,
)
from gluonish.tensors import Tensor, no_grad, ones, zeros


class Affine(nn.Module):
    def __init__(self, size=2):
        super().__init__()
        self.weight = nn.Parameter(ones(size))
        self.bias = nn.Parameter(zeros(size))
        self.register_buffer("calls", 0)

    def forward(self, x):
        self.calls += 1
        return x * self.weight + self.bias


class Lazy(nn.Module):
    def __init__(self, units=2):
        super().__init__()
        self.weight = nn.UninitializedParameter(init="ones", shape=(units, None))

    def forward(self, x):
        return mx.nd.FullyConnected(x, self.weight, no_bias=True, num_hidden=self.weight.shape[0])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter([2.0])
        self.first = Affine()
        self.second = Affine()

    def forward(self, x):
        return self.second(self.first(x) * self.scale)


def names(pairs):
    return [name for name, _ in pairs]


# -- attributes ------------------------------------------------------------------------------------------


def test_attributes_are_registered_by_their_kind():
    net = Affine()
    net.child = Affine()
    net.plain = [1]
    assert names(net.named_parameters(recurse=False)) == ["weight", "bias"]
    assert names(net.named_buffers(recurse=False)) == ["calls"]
    assert names(net.named_children()) == ["child"]


def test_a_value_keeps_the_place_of_what_it_replaces():
    net = Affine()
    net.weight = nn.Parameter([5.0, 5.0])
    assert names(net.named_parameters()) == ["weight", "bias"]
    assert net.weight.tolist() == [5.0, 5.0]


def test_another_value_takes_a_name_out_of_the_registry():
    net = Net()
    net.first = "nothing"
    net.scale = None
    assert names(net.named_children()) == ["second"]
    assert "scale" not in net.state_dict()
    net.scale = nn.Parameter([1.0])
    assert names(net.named_parameters())[0] == "scale"


def test_an_array_does_not_replace_a_parameter():
    net = Affine()
    with pytest.raises(ArgumentTypeError, match="cannot be replaced by an array") as caught:
        net.weight = ones(2)
    assert isinstance(caught.value, TypeError)


def test_a_tensor_updates_a_buffer():
    net = Affine()
    net.calls = Tensor(7)
    assert isinstance(net.calls, nn.Buffer)
    assert net.state_dict()["calls"].item() == 7


def test_deleting_an_attribute_unregisters_it():
    net = Net()
    del net.first, net.scale
    assert names(net.named_parameters()) == ["second.weight", "second.bias"]
    with pytest.raises(AttributeError):
        net.scale  # noqa: B018


def test_registering_before_init_says_what_is_missing():
    class Early(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter([1.0])

    with pytest.raises(MissingNameError, match=r"Call super\(\)\.__init__\(\)") as caught:
        Early()
    assert isinstance(caught.value, AttributeError)


def test_registering_a_parameter_again_changes_nothing():
    net = Affine()
    net.register_parameter("weight", net.weight)
    assert names(net.named_parameters()) == ["weight", "bias"]


@pytest.mark.parametrize("name", ["", "a.b", "forward"])
def test_a_name_that_cannot_be_registered_is_refused(name):
    for register, value in (
        (Affine().register_parameter, nn.Parameter([1.0])),
        (Affine().register_buffer, [1.0]),
        (Affine().add_module, Affine()),
    ):
        with pytest.raises(DuplicateNameError, match=f"The name {name!r} in Affine"):
            register(name, value)


@pytest.mark.parametrize("register", ["register_parameter", "add_module"])
def test_what_is_of_no_fitting_kind_is_refused(register):
    with pytest.raises(ArgumentTypeError, match=r"is no (parameter|module)"):
        getattr(Affine(), register)("x", ones(2))


def test_global_hooks_see_replace_and_block_registrations():
    seen = []

    def look(module, name, value):
        seen.append(name)
        if name == "blocked":
            return False
        return nn.Parameter([9.0]) if name == "other" else None

    with nn.register_module_parameter_registration_hook(look):
        net = nn.Module()
        net.kept, net.other, net.blocked = (nn.Parameter([1.0]) for _ in range(3))
    net.late = nn.Parameter([1.0])
    assert seen == ["kept", "other", "blocked"]
    assert net.other.tolist() == [9.0]
    assert net.blocked is None
    assert names(net.named_parameters()) == ["kept", "other", "late"]


def test_hooks_on_buffers_fire_for_empty_slots_and_those_on_modules_for_children():
    seen = []
    look = lambda module, name, value: seen.append((name, value is None))  # noqa: E731
    with nn.register_module_buffer_registration_hook(look), nn.register_module_module_registration_hook(look):
        net = nn.Module()
        net.register_buffer("empty", None)
        net.child = nn.Module()
    assert seen == [("empty", True), ("child", False)]


# -- walks -----------------------------------------------------------------------------------------------


def test_parameters_come_own_first_and_tied_ones_once():
    net = Net()
    net.second.weight = net.first.weight
    assert names(net.named_parameters()) == ["scale", "first.weight", "first.bias", "second.bias"]
    assert names(net.named_parameters(remove_duplicate=False))[3] == "second.weight"
    assert len(list(net.parameters())) == 4


def test_collected_names_begin_with_the_prefix():
    net = Net()
    assert list(net.collect_params(".*bias")) == [f"{net.prefix}first.bias", f"{net.prefix}second.bias"]


def test_parts_are_found_by_path():
    net = Net()
    assert net.get_submodule("first") is net.first
    assert net.get_submodule("") is net
    assert net.get_parameter("first.weight") is net.first.weight
    assert net.get_buffer("second.calls") is net.second.calls


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get_submodule", "first.x"),
        ("get_parameter", "first.calls"),
        ("get_parameter", "first.x"),
        ("get_buffer", "first.weight"),
    ],
)
def test_a_path_that_leads_nowhere_is_an_attribute_error(method, path):
    with pytest.raises(MissingNameError, match=f"at '{path}'") as caught:
        getattr(Net(), method)(path)
    assert isinstance(caught.value, AttributeError)


def test_apply_reaches_children_first():
    order = []
    net = Net()
    net.apply(lambda module: order.append(module))
    assert order == [net.first, net.second, net]


def test_parameters_are_counted_once():
    net = Net()
    net.second.weight = net.first.weight
    net.first.bias.requires_grad_(False)
    assert net.count_parameters() == 7
    assert net.count_parameters(trainable_only=True) == 5


# -- calls -----------------------------------------------------------------------------------------------


class Training(nn.Module):
    def forward(self):
        return mx.autograd.is_training()


def test_the_training_flag_counts_outside_of_record():
    net = nn.Sequential(Training())
    assert net[0]() is True
    assert net.eval()[0]() is False
    assert net.train()[0]() is True


def test_inside_record_the_scope_counts():
    module = Training()
    with mx.autograd.record(train_mode=False):
        assert module() is False
        assert module.acts_as_training is False
    with mx.autograd.record():
        assert module.eval()() is True


def test_a_mode_is_a_bool():
    with pytest.raises(ArgumentTypeError, match="a bool"):
        nn.Module().train("yes")


def test_a_lazy_parameter_settles_in_the_first_call_and_stays_the_same_object():
    lazy = Lazy()
    held = lazy.weight
    assert lazy.has_uninitialized_params()
    assert lazy(ones(3, 4)).tolist() == [[4.0, 4.0]] * 3
    assert lazy.weight is held
    assert type(held) is nn.Parameter
    assert held.shape == (2, 4)


def test_a_lazy_parameter_has_no_value_outside_of_the_call():
    lazy = Lazy()
    with pytest.raises(DeferredInitializationError, match="weight"):
        lazy.weight.data  # noqa: B018
    assert "<uninitialized (2, ?)>" in repr(lazy.weight)


def test_a_call_that_fails_leaves_a_lazy_parameter_pending():
    lazy = Lazy()
    with pytest.raises(mx.base.MXNetError):
        lazy(Tensor(1.0))
    assert lazy.has_uninitialized_params()
    assert lazy(ones(1, 2)).shape == (1, 2)


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match=r"must define forward\(\)"):
        nn.Module()(1)


def test_keyword_arguments_reach_forward():
    class Named(nn.Module):
        def forward(self, x, *, factor=1):
            return x * factor

    assert Named()(ones(1), factor=3).tolist() == [3.0]


# -- moves -----------------------------------------------------------------------------------------------


def test_replicas_are_used_where_the_input_is(two):
    net = Affine().to(two)
    net.weight.list_data()[1].detach().write([3.0, 4.0])
    assert net(ones(2, device=two[1])).tolist() == [3.0, 4.0]
    assert [each.item() for each in net.calls.list_data()] == [0, 1]


def test_a_cast_keeps_objects_and_integers():
    net = Affine()
    weight = net.weight
    assert net.half() is net
    assert net.weight is weight
    assert (weight.dtype, net.calls.dtype) == (np.float16, np.int64)
    assert weight.is_leaf
    net.double()(ones(2).double()).sum().backward()
    assert weight.grad.dtype == np.float64


def test_only_floating_point_types_are_cast_to():
    with pytest.raises(DTypeError, match="floating-point types only"):
        Affine().to("int32")
    assert Affine().type("int32").weight.dtype == np.int32


def test_casts_and_moves_of_gluon_do_the_same(two):
    net = Net()
    net.cast("float16")
    net.reset_ctx(two)
    assert net.first.weight.dtype == np.float16
    assert net.first.calls.list_ctx() == two


def test_zero_grad_forgets_all_gradients():
    net = Net()
    net(ones(2)).sum().backward()
    net.zero_grad()
    assert [p.grad for p in net.parameters()] == [None] * 5
    net(ones(2)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert net.scale.grad.tolist() == [0.0]


def test_gradients_are_switched_off_and_on():
    net = Net().requires_grad_(False)
    assert not net(ones(2)).requires_grad
    net.requires_grad_(True)
    assert {p.grad_req for p in net.parameters()} == {"add"}


# -- copies and printing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"]
)
def test_a_copy_trains_by_itself(copied, two):
    net = Net()
    net.second.weight = net.first.weight
    net.first.bias.lr_mult = 3.0
    net.first.bias.requires_grad_(False)
    other = copied(net.to(two))
    assert other.second.weight is other.first.weight
    assert other.first.bias.lr_mult == 3.0
    assert other.first.bias.grad_req == "null"
    assert other.scale.list_ctx() == two
    other(ones(2)).sum().backward()
    assert other.scale.grad is not None
    assert net.scale.grad is None


def test_the_text_of_a_module_shows_its_parts():
    class Described(nn.Module):
        def extra_repr(self):
            return "size=2"

    net = nn.Sequential(Described(), nn.Sequential(Described()))
    assert repr(net) == (
        "Sequential(\n  (0): Described(size=2)\n  (1): Sequential(\n    (0): Described(size=2)\n  )\n)"
    )


def test_a_summary_lists_layers(capsys):
    Net().summary(ones(3, 2))
    assert "Affine" in capsys.readouterr().out


# -- both faces ------------------------------------------------------------------------------------------


def test_blocks_of_gluon_are_modules_of_a_module():
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = mx.gluon.nn.Dense(1, in_units=2, use_bias=False, prefix="dense_")
            self.bias = mx.gluon.Parameter("free_bias", shape=(1,), init="zeros")

        def forward(self, x):
            return self.dense(x) + self.bias

    net = Mixed()
    net.initialize(mx.init.One())
    assert list(net.collect_params()) == ["free_bias", "dense_weight"]
    assert names(net.named_parameters()) == ["bias", "dense.weight"]
    with mx.autograd.record():
        loss = net(mx.nd.ones((1, 2))).sum()
    loss.backward()
    assert net.dense.weight.grad().asnumpy().tolist() == [[1.0, 1.0]]
    assert net.bias.grad().asnumpy().tolist() == [1.0]


def test_parameters_of_modules_are_attributes_of_a_block(two):
    class Mixed(mx.gluon.Block):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.scale = nn.Parameter([2.0])
            self.affine = Affine(1)

        def forward(self, x):
            return self.affine(x * self.scale)

    net = Mixed(prefix="net_")
    net.initialize(ctx=two)
    assert list(net.collect_params()) == [
        "net_scale",
        "net_affine.weight",
        "net_affine.bias",
        "net_affine.calls",
    ]
    with mx.autograd.record():
        loss = net(mx.nd.ones((1,), ctx=two[1]))
    loss.backward()
    assert net.scale.list_data()[1].grad.tolist() == [1.0]
    with pytest.raises(mx.base.MXNetError, match="cannot be replaced"):
        net.scale = nn.Parameter([1.0])


def test_parameters_of_modules_reach_hybrid_forward():
    class Hybrid(mx.gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter([2.0])

        def hybrid_forward(self, F, x, scale):
            return F.broadcast_mul(x, scale)

    net = Hybrid()
    for _ in range(2):
        with mx.autograd.record():
            loss = net(mx.nd.array([3.0])).sum()
        loss.backward()
        net.hybridize()
    assert net.scale.grad.tolist() == [6.0]


def test_nothing_is_recorded_in_no_grad():
    with no_grad():
        assert not Net()(ones(2)).requires_grad


def test_parameter_dicts_of_both_kinds_name_each_other():
    with pytest.raises(TypeError, match=r"gluon\.ParameterDict"):
        nn.ParameterDict("prefix_")
    with pytest.raises(TypeError, match=r"nn\.ParameterDict"):
        mx.gluon.ParameterDict({"a": nn.Parameter([1.0])})
