"""Hooks around forward and backward passes of modules."""

import pytest

from gluonish import nn
from gluonish.tensors import Tensor, ones


class Double(nn.Module):
    def forward(self, x, *, plus=0.0):
        if plus is None:
            raise ZeroDivisionError
        return x * 2 + plus


def test_a_pre_hook_replaces_arguments():
    module = Double()
    module.register_forward_pre_hook(lambda m, args: args[0] + 1)
    module.register_forward_pre_hook(lambda m, args: (args[0] * 10,))
    assert module(ones(1)).tolist() == [40.0]


def test_hooks_with_keyword_arguments_see_and_replace_them():
    module = Double()
    seen = []
    module.register_forward_pre_hook(lambda m, args, kwargs: (args, {"plus": 5.0}), with_kwargs=True)
    module.register_forward_hook(lambda m, args, kwargs, out: seen.append(kwargs), with_kwargs=True)
    assert module(ones(1), plus=1.0).tolist() == [7.0]
    assert seen == [{"plus": 5.0}]


def test_a_forward_hook_replaces_the_output_and_order_can_be_chosen():
    module = Double()
    module.register_forward_hook(lambda m, args, out: out + 1)
    module.register_forward_hook(lambda m, args, out: out * 10, prepend=True)
    assert module(ones(1)).tolist() == [21.0]


def test_a_handle_removes_its_hook():
    module = Double()
    for end in (
        lambda h: h.remove(),
        lambda h: h.detach(),
        lambda h: h(),
        lambda h: h.__exit__(None, None, None),
    ):
        handle = module.register_forward_hook(lambda m, args, out: out * 0)
        end(handle)
        assert module(ones(1)).tolist() == [2.0]


def test_a_hook_that_is_always_called_sees_failures():
    module = Double()
    seen = []
    module.register_forward_hook(lambda m, args, out: seen.append(out))
    module.register_forward_hook(lambda m, args, out: seen.append(out), always_call=True)
    with pytest.raises(ZeroDivisionError):
        module(ones(1), plus=None)
    assert seen == [None]


def test_a_backward_hook_sees_and_replaces_gradients():
    module = Double()
    seen = []

    def look(m, grad_input, grad_output):
        seen.append((grad_input[0].tolist(), grad_output[0].tolist()))
        return (grad_input[0] * 100,)

    module.register_full_backward_hook(look)
    x = ones(2, requires_grad=True)
    module(x).sum().backward()
    assert seen == [([2.0, 2.0], [1.0, 1.0])]
    assert x.grad.tolist() == [200.0, 200.0]


def test_a_backward_pre_hook_replaces_the_gradient_of_the_output():
    module = Double()
    module.register_full_backward_pre_hook(lambda m, grad_output: (grad_output[0] * 3,))
    x = ones(1, requires_grad=True)
    module(x).sum().backward()
    assert x.grad.tolist() == [6.0]


def test_a_backward_hook_runs_where_no_input_needs_a_gradient():
    class Weighted(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter([1.0])

        def forward(self, x):
            return x * self.w

    module = Weighted()
    seen = []
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go[0].tolist())))
    module(Tensor([3.0])).sum().backward()
    assert seen == [((None,), [1.0])]
    assert module.w.grad.tolist() == [3.0]


def test_other_uses_of_an_input_are_not_seen():
    module = Double()
    seen = []
    module.register_full_backward_hook(lambda m, gi, go: seen.append(gi[0].tolist()))
    x = ones(1, requires_grad=True)
    (module(x) + x * 7).sum().backward()
    assert seen == [[2.0]]
    assert x.grad.tolist() == [9.0]
