"""Groups, steps and states of optimizers over the parameter core."""

import numpy as np
import pytest

import gluonish as mx
from gluonish import nn, optim
from gluonish.errors import ArgumentError, ArgumentTypeError, DuplicateNameError, ParameterMismatchError
from gluonish.tensors import Tensor


def stepped(optimizer, *losses):
    for loss in losses:
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()


def test_a_parameter_without_a_gradient_is_left_out_and_keeps_its_momentum():
    used, unused = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = optim.SGD([used, unused], lr=0.1, momentum=0.9, weight_decay=0.5)
    stepped(optimizer, lambda: (used * 2).sum(), lambda: (used * 2).sum())
    assert unused.data == 1.0
    assert used.data != 1.0
    assert unused not in optimizer.state


def test_a_gradient_counts_again_until_it_is_zeroed():
    w = nn.Parameter([1.0])
    optimizer = optim.SGD([w], lr=0.25)
    (w * 1).sum().backward()
    optimizer.step()
    optimizer.step()
    assert w.data == 0.5
    optimizer.zero_grad()
    assert w.grad is None
    optimizer.step()
    assert w.data == 0.5


def test_zeros_left_by_zero_grad_let_momentum_go_on():
    w = nn.Parameter([1.0])
    optimizer = optim.SGD([w], lr=1.0, momentum=0.5)
    stepped(optimizer, lambda: w.sum())
    optimizer.zero_grad(set_to_none=False)
    assert w.grad == 0.0
    optimizer.step()
    assert w.data == -0.5


def test_groups_have_settings_of_their_own():
    a, b = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = optim.SGD([{"params": a}, {"params": [b], "lr": 0.5}], lr=0.25)
    stepped(optimizer, lambda: (a + b).sum())
    assert (a.data, b.data) == (0.75, 0.5)
    optimizer.param_groups[0]["lr"] = 1.0
    stepped(optimizer, lambda: (a + b).sum())
    assert (a.data, b.data) == (-0.25, 0.0)


def test_multipliers_of_parameters_count():
    a, b = nn.Parameter([1.0], lr_mult=2.0), nn.Parameter([1.0], wd_mult=0.0)
    optimizer = optim.SGD([a, b], lr=0.25, weight_decay=1.0)
    stepped(optimizer, lambda: (a + b).sum())
    assert (a.data, b.data) == (1 - 0.5 * 2, 0.75)


def test_gradients_of_all_replicas_are_added():
    module = nn.Module()
    module.w = nn.Parameter([1.0])
    module.to([mx.cpu(0), mx.cpu(1)])
    optimizer = optim.SGD(module.parameters(), lr=0.25)
    for ctx in (mx.cpu(0), mx.cpu(1)):
        (module.w * Tensor([1.0], device=ctx)).sum().backward()
    optimizer.step()
    assert [float(each) for each in module.w.list_data()] == [0.5, 0.5]


def test_a_block_of_gluon_is_trained():
    net = mx.gluon.nn.Dense(1, in_units=2, use_bias=False)
    net.initialize(mx.init.One())
    optimizer = optim.SGD(net.collect_params(), lr=0.5)
    with mx.autograd.record():
        loss = net(mx.nd.array([[1.0, 2.0]])).sum()
    loss.backward()
    optimizer.step()
    assert net.weight.data().asnumpy().tolist() == [[0.5, 0.0]]


def test_parameters_without_a_shape_join_in_when_they_have_one():
    class Lazy(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.UninitializedParameter(init="ones", shape=(1, None))

        def forward(self, x):
            return mx.nd.FullyConnected(x, self.weight, no_bias=True, num_hidden=1)

    lazy = Lazy()
    held = lazy.weight
    optimizer = optim.Adam(lazy.parameters(), lr=0.5)
    optimizer.step()
    lazy(Tensor([[1.0, 1.0]])).sum().backward()
    optimizer.step()
    assert lazy.weight is held
    np.testing.assert_allclose(held.data, [[0.5, 0.5]], atol=1e-6)


def test_the_state_follows_a_cast_and_a_move():
    w = nn.Parameter([1.0, 2.0])
    module = nn.Module()
    module.w = w
    optimizer = optim.SGD([w], lr=0.1, momentum=0.5)
    stepped(optimizer, lambda: (w * 3).sum())
    module.to("float64").to([mx.cpu(0), mx.cpu(1)])
    assert optimizer.state[w]["momentum_buffer"].tolist() == [3.0, 3.0]
    assert optimizer.state[w]["step"] == 1


def test_a_state_goes_on_where_it_was_saved():
    def run(interrupted):
        w = nn.Parameter([1.0, -1.0])
        optimizer = optim.Adam([w], lr=0.1, amsgrad=True)
        for step in range(4):
            if interrupted and step == 2:
                saved = optimizer.state_dict()
                w = nn.Parameter(w)
                optimizer = optim.Adam([w], lr=5.0, amsgrad=True)
                optimizer.load_state_dict(saved)
            stepped(optimizer, lambda w=w: (w**2).sum())
        return w.data.tolist()

    assert run(interrupted=True) == run(interrupted=False)


def test_a_state_of_other_groups_is_refused():
    saved = optim.SGD([nn.Parameter([1.0])], lr=1.0).state_dict()
    other = optim.SGD([nn.Parameter([1.0]), nn.Parameter([1.0])], lr=0.5)
    with pytest.raises(ParameterMismatchError, match=r"groups of \[2\] parameters.*groups of \[1\]"):
        other.load_state_dict(saved)
    assert other.param_groups[0]["lr"] == 0.5


def test_a_state_of_another_shape_is_refused_before_anything_changes():
    w = nn.Parameter([1.0])
    optimizer = optim.SGD([w], lr=1.0, momentum=0.5)
    stepped(optimizer, lambda: w.sum())
    other = optim.SGD([nn.Parameter([1.0, 2.0])], lr=0.5, momentum=0.5)
    with pytest.raises(ParameterMismatchError, match=r"momentum_buffer has shape \(1,\)"):
        other.load_state_dict(optimizer.state_dict())
    assert other.param_groups[0]["lr"] == 0.5


def test_a_closure_computes_the_loss():
    w = nn.Parameter([1.0])
    optimizer = optim.SGD([w], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (w * 2).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 2.0
    assert w.data == 0.0


@pytest.mark.parametrize(
    ("params", "error", "text"),
    [
        ([], ArgumentError, "got no parameters"),
        ([[1.0]], ArgumentTypeError, "expected an nn.Parameter"),
        (3, ArgumentTypeError, "updates parameters"),
    ],
)
def test_what_is_no_parameter_is_refused(params, error, text):
    with pytest.raises(error, match=f"(?i){text}") as caught:
        optim.SGD(params, lr=0.1)
    assert isinstance(caught.value, ValueError)


def test_a_parameter_is_in_one_group_only():
    w = nn.Parameter([1.0])
    with pytest.raises(DuplicateNameError, match="twice"):
        optim.SGD([{"params": [w]}, {"params": [w]}], lr=0.1)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda p: optim.SGD(p, lr=-1), "this lr"),
        (lambda p: optim.Adam(p, betas=(1.0, 0.9)), "betas"),
        (lambda p: optim.SGD(p, lr=1, nesterov=True), "momentum only"),
        (lambda p: optim.SGD(p, lr=1, rate=2), "no argument 'rate'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, text):
    with pytest.raises(ArgumentError, match=text):
        make([nn.Parameter([1.0])])


def test_a_scheduler_wants_an_optimizer():
    with pytest.raises(ArgumentTypeError, match=r"gluon\.Trainer are in"):
        optim.lr_scheduler.ExponentialLR(object(), 0.9)


def test_a_schedule_goes_on_from_its_state():
    optimizer = optim.SGD([nn.Parameter([1.0])], lr=1.0)
    schedule = optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    schedule.step()
    other = optim.lr_scheduler.StepLR(optim.SGD([nn.Parameter([1.0])], lr=1.0), 7, 0.1)
    other.load_state_dict(schedule.state_dict())
    other.step()
    assert other.get_last_lr() == [0.5]


def test_a_trainer_takes_what_parameters_yields():
    module = nn.Module()
    module.w = nn.Parameter([1.0])
    trainer = mx.gluon.Trainer(module.parameters(), "sgd", {"learning_rate": 0.5})
    (module.w * 2).sum().backward()
    trainer.step(1)
    assert module.w.data == 0.0
