"""Random programs over some parameters and two trainers, compared with the naive model bit for bit."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import gluonish as mx
from gluonish.dtype import as_dtype
from gluonish.errors import ArgumentError, GradientError, StaleGradientError
from gluonish.gluon import Parameter, ParameterDict, Trainer
from parameter.naive import NaiveAdam, NaiveMomentum, NaiveParameter

SHAPES = {"p0": (3,), "p1": (2, 2), "p2": (5,), "p3": (), "p4": (70,)}
PLACES = [mx.cpu(0), mx.cpu(1), mx.cpu(2)]

names = st.sampled_from(sorted(SHAPES))
some_names = st.lists(names, min_size=1, unique=True)
some_contexts = st.lists(st.sampled_from(PLACES), min_size=1, unique=True)
dtypes = st.sampled_from(["float32", "float16", "bfloat16"])
values = st.integers(-16, 16).map(lambda n: n / 4)
requests = st.sampled_from(["write", "add", "null"])


class Programs(RuleBasedStateMachine):
    """The rules are what a user can do; the invariants compare everything a user can see."""

    def __init__(self):
        super().__init__()
        mx.random.seed(1)
        self.params = ParameterDict()
        self.naive = {}
        self.views = []
        for name, shape in SHAPES.items():
            self.params.add(name, Parameter(name, shape=shape))
        self.params.initialize(mx.init.Normal(1.0), ctx=PLACES[:2])
        for name, parameter in self.params.items():
            self.naive[name] = NaiveParameter(parameter.data(PLACES[0]).asnumpy(), PLACES[:2])
        everything, part = sorted(SHAPES), ["p2", "p3"]
        momentum = mx.optimizer.SGD(learning_rate=0.25, momentum=0.5, wd=0.125, multi_precision=True)
        adam = mx.optimizer.Adam(learning_rate=0.0625, beta1=0.75, beta2=0.875)
        self.trainers = [
            (Trainer(self.params, momentum), NaiveMomentum(everything, 1, multi_precision=True)),
            (Trainer([self.params[n] for n in part], adam), NaiveAdam(part, 2, multi_precision=False)),
        ]

    # -- what a program does ----------------------------------------------------------------------------

    @rule(chosen=some_names, value=values, contexts=some_contexts)
    def initialize_again(self, chosen, value, contexts):
        part = ParameterDict()
        for name in chosen:
            part.add(name, self.params[name])
        self.freeze_views(chosen)
        part.initialize(mx.init.Constant(value), ctx=contexts, force_reinit=True)
        for name in chosen:
            naive = self.naive[name]
            naive.place(np.full(naive.shape, value, naive.dtype), contexts)
            for _, trainer in self.trainers:
                trainer.kept.pop(name, None)

    @rule(chosen=some_names, dtype=dtypes)
    def cast(self, chosen, dtype):
        self.freeze_views([name for name in chosen if self.naive[name].dtype != as_dtype(dtype)])
        for name in chosen:
            self.params[name].cast(dtype)
            for _, trainer in self.trainers:
                trainer.before_cast(name, self.naive[name], as_dtype(dtype))
            self.naive[name].cast(as_dtype(dtype))

    @rule(dtype=dtypes)
    def cast_all(self, dtype):
        self.freeze_views([name for name in SHAPES if self.naive[name].dtype != as_dtype(dtype)])
        self.params.cast(dtype)
        for name, naive in self.naive.items():
            for _, trainer in self.trainers:
                trainer.before_cast(name, naive, as_dtype(dtype))
            naive.cast(as_dtype(dtype))

    def moved(self, name, contexts):
        naive = self.naive[name]
        value = naive.merged()
        for _, trainer in self.trainers:
            trainer.before_move(name, naive, value)
        naive.place(value, contexts)

    @rule(contexts=some_contexts)
    def move_all(self, contexts):
        self.freeze_views(SHAPES)
        self.params.reset_ctx(contexts)
        for name in SHAPES:
            self.moved(name, contexts)

    @rule(name=names, contexts=some_contexts)
    def move_one(self, name, contexts):
        self.freeze_views([name])
        self.params[name].reset_ctx(contexts)
        self.moved(name, contexts)

    @rule(chosen=some_names, request=requests)
    def ask_for_gradients(self, chosen, request):
        for name in chosen:
            self.params[name].grad_req = request
            self.naive[name].set_req(request)

    @rule(request=requests)
    def ask_for_all_gradients(self, request):
        self.params.setattr("grad_req", request)
        for naive in self.naive.values():
            naive.set_req(request)

    @rule(name=names, factor=st.sampled_from([0.5, 1.0, 2.0]))
    def multiply_rate(self, name, factor):
        self.params[name].lr_mult = self.naive[name].lr_mult = factor

    @rule(name=names, value=values)
    def set_data(self, name, value):
        naive = self.naive[name]
        array = np.full(naive.shape, value, "float32")
        self.params[name].set_data(array)
        for ctx in naive.contexts:
            naive.data[ctx] = array.astype(naive.dtype)
        for _, trainer in self.trainers:
            trainer.written(name)

    @rule(name=names, value=values, which=st.integers(0, 2))
    def write_one_replica(self, name, value, which):
        naive = self.naive[name]
        ctx = naive.contexts[which % len(naive.contexts)]
        self.params[name].data(ctx)[...] = value
        naive.data[ctx] = np.full(naive.shape, value, naive.dtype)
        if ctx is naive.contexts[0]:
            for _, trainer in self.trainers:
                trainer.written(name)

    @rule(chosen=some_names, contexts=some_contexts, slope=values)
    def backward(self, chosen, contexts, slope):
        """The gradient of sum(w * c) is c: 0, 1, 2 ... times the slope."""
        heads = []
        for ctx in contexts:
            for name in chosen:
                naive = self.naive[name]
                if ctx not in naive.contexts or naive.req == "null":
                    continue
                factor = (np.arange(naive.data[ctx].size) % 4 * slope).reshape(naive.shape)
                with mx.autograd.record():
                    weight = self.params[name].data(ctx)
                    heads.append((weight * mx.nd.array(factor, ctx=ctx, dtype=weight.dtype)).sum())
                naive.receive(ctx, factor)
        if heads:
            mx.autograd.backward(heads)

    @rule(name=names)
    def zero_one(self, name):
        self.params[name].zero_grad()
        naive = self.naive[name]
        if naive.grad is not None:
            naive.grad = {ctx: np.zeros_like(g) for ctx, g in naive.grad.items()}

    @rule()
    def zero_all(self):
        self.params.zero_grad()
        for naive in self.naive.values():
            if naive.grad is not None:
                naive.grad = {ctx: np.zeros_like(g) for ctx, g in naive.grad.items()}

    @rule(which=st.integers(0, 1), batch_size=st.sampled_from([1, 2, 4]), ignore=st.booleans())
    def step(self, which, batch_size, ignore):
        trainer, model = self.trainers[which]
        covered = {name: self.naive[name] for name in model.names}
        if len({tuple(naive.contexts) for naive in covered.values()}) > 1:
            with pytest.raises(ArgumentError, match="needs all parameters on the same contexts"):
                trainer.step(batch_size, ignore)
            return
        trained = {name: naive for name, naive in covered.items() if naive.req != "null"}
        for name, naive in trained.items():
            model.settle(name, naive)
        if not ignore and not all(all(naive.fresh.values()) for naive in trained.values()):
            with pytest.raises(StaleGradientError, match="no backward pass has written"):
                trainer.step(batch_size)
            return
        trainer.step(batch_size, ignore)
        for name, naive in trained.items():
            if model.update(name, naive, batch_size):
                for _, other in self.trainers:
                    if other is not model:
                        other.written(name)

    @rule(name=names)
    def copy_one(self, name):
        twin = copy.deepcopy(self.params[name])
        naive = self.naive[name]
        assert twin.list_ctx() == naive.contexts
        assert twin.grad_req == naive.req
        for ctx in naive.contexts:
            np.testing.assert_array_equal(twin.data(ctx).asnumpy(), naive.data[ctx])
        twin.set_data(np.full(naive.shape, 99.0))

    @precondition(lambda self: len(self.views) < 12)
    @rule(name=names, which=st.integers(0, 2), kind=st.sampled_from(["itself", "detached", "part"]))
    def look(self, name, which, kind):
        naive = self.naive[name]
        ctx = naive.contexts[which % len(naive.contexts)]
        array = self.params[name].data(ctx)
        key = ...
        if kind == "detached":
            array = array.detach()
        elif kind == "part" and naive.shape:
            key = slice(1, 2)
            array = array[1:2]
        self.views.append([array, name, ctx, key, naive.generation, None])

    def freeze_views(self, chosen):
        """Note what views of these parameters show last: the parameters are about to leave them behind."""
        for view in self.views:
            if view[1] in chosen and view[5] is None:
                view[5] = view[0].asnumpy()

    # -- what it sees -----------------------------------------------------------------------------------

    @invariant()
    def values_are_those_of_the_model(self):
        for name, naive in self.naive.items():
            parameter = self.params[name]
            assert parameter.list_ctx() == naive.contexts
            assert np.dtype(parameter.data(naive.contexts[0]).dtype) == naive.dtype
            for ctx, value in naive.data.items():
                np.testing.assert_array_equal(
                    parameter.data(ctx).asnumpy(), value, err_msg=f"{name} on {ctx}"
                )

    @invariant()
    def gradients_are_those_of_the_model(self):
        for name, naive in self.naive.items():
            if naive.grad is None:
                with pytest.raises(GradientError, match="its grad_req is 'null'"):
                    self.params[name].list_grad()
                continue
            for ctx, value in naive.grad.items():
                gradient = self.params[name].grad(ctx)
                np.testing.assert_array_equal(gradient.asnumpy(), value, err_msg=f"{name} on {ctx}")
                assert gradient._storage.fresh == naive.fresh[ctx]

    @invariant()
    def states_are_those_of_the_model(self):
        for trainer, model in self.trainers:
            for name, kept in model.kept.items():
                state = self.params[name].core.ready()
                slots = state.group.slots[trainer._key]
                assert slots.counts[state.index] == kept.count
                expected = list(kept.slots)
                if kept.master is not None:
                    # A master that is out of date is renewed by the next step.
                    expected.insert(0, kept.master if kept.in_sync else None)
                for slot, value in zip(slots.arrays, expected, strict=True):
                    raw, _ = slots.piece(slot, state.index, self.naive[name].shape, state.contexts[0])
                    if value is not None:
                        np.testing.assert_array_equal(raw, value, err_msg=f"{slot} of {name}")

    @invariant()
    def views_show_the_parameter_or_what_it_was_when_it_left(self):
        for array, name, ctx, key, generation, last in self.views:
            naive = self.naive[name]
            if last is None:
                assert generation == naive.generation
                np.testing.assert_array_equal(array.asnumpy(), naive.data[ctx][key])
            else:
                np.testing.assert_array_equal(array.asnumpy(), last)

    @invariant()
    def memory_is_not_wasted(self):
        for parameter in self.params.values():
            group = parameter.core.ready().group
            assert group.vacant * 2 <= group.size


Programs.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestPrograms = Programs.TestCase
