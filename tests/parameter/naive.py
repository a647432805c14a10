"""Parameters and trainers as one would write them first: an array per parameter and context, loops, no memory
in common. What the library does over flat memory is compared with this."""

from __future__ import annotations

import numpy as np

SINGLE = np.float32


def is_half(dtype):
    return np.dtype(dtype).itemsize == 2


def same_bits(first, second):
    return first.tobytes() == second.tobytes()


class NaiveParameter:
    """What a parameter holds: values, gradients and whether those are fresh, by context."""

    def __init__(self, value, contexts):
        self.shape = value.shape
        self.dtype = value.dtype
        self.req = "write"
        self.lr_mult = 1.0
        self.generation = 0
        self.place(value, contexts)

    def place(self, value, contexts):
        """Start with one value on some contexts, in arrays of their own."""
        self.contexts = list(contexts)
        self.data = {ctx: value.copy() for ctx in contexts}
        self.clear()
        self.generation += 1

    def clear(self):
        """Start with new gradients, if any are wanted."""
        wanted = self.req != "null"
        self.grad = {ctx: np.zeros(self.shape, self.dtype) for ctx in self.contexts} if wanted else None
        self.fresh = dict.fromkeys(self.contexts, False)

    @property
    def first(self):
        return self.data[self.contexts[0]]

    def merged(self):
        """Return the value of equal replicas, or else their mean."""
        values = [self.data[ctx] for ctx in self.contexts]
        if all(same_bits(value, values[0]) for value in values):
            return values[0]
        return (sum(value.astype(SINGLE) for value in values) / SINGLE(len(values))).astype(self.dtype)

    def cast(self, dtype):
        if self.dtype != dtype:
            self.dtype = np.dtype(dtype)
            self.data = {ctx: value.astype(dtype) for ctx, value in self.data.items()}
            self.clear()
            self.generation += 1

    def set_req(self, req):
        restarts = req != self.req
        self.req = req
        if restarts:
            self.clear()

    def receive(self, ctx, gradient):
        """Take what a backward pass on one context delivers."""
        gradient = gradient.astype(self.dtype)
        self.grad[ctx] = self.grad[ctx] + gradient if self.req == "add" else gradient
        self.fresh[ctx] = True


class Kept:
    """What a trainer keeps for one parameter."""

    def __init__(self, slots):
        self.slots = slots
        self.master = None
        self.in_sync = True
        self.count = 0


class NaiveTrainer:
    """Adds the gradients of all replicas, updates the first one and copies it to the others.

    Args:
        names: of the parameters.
        number: how many arrays the formula keeps for a parameter.
        multi_precision: whether half-precision parameters have masters.
    """

    def __init__(self, names, number, multi_precision):
        self.names = names
        self.number = number
        self.multi_precision = multi_precision
        self.kept = {}

    def formula(self, weight, gradient, slots, lr, t):
        """Return the new weight and slots, all in single precision."""
        raise NotImplementedError

    def uses_master(self, dtype):
        return self.multi_precision and is_half(dtype)

    def settle(self, name, parameter):
        """Begin to keep something for a parameter."""
        if name not in self.kept:
            dtype = SINGLE if self.uses_master(parameter.dtype) else parameter.dtype
            self.kept[name] = Kept([np.zeros(parameter.shape, dtype) for _ in range(self.number)])
            if self.uses_master(parameter.dtype):
                self.kept[name].master = parameter.first.astype(SINGLE)

    def before_cast(self, name, parameter, dtype):
        """Follow a parameter to another dtype."""
        kept = self.kept.get(name)
        if kept is None or parameter.dtype == dtype:
            return
        if not self.uses_master(dtype):
            kept.master, kept.in_sync = None, True
        elif kept.master is None or not kept.in_sync:
            kept.master, kept.in_sync = parameter.first.astype(SINGLE), True
        wide = SINGLE if self.uses_master(dtype) else dtype
        kept.slots = [slot.astype(wide) for slot in kept.slots]

    def before_move(self, name, parameter, value):
        """Follow a parameter to other contexts, where it starts from one value."""
        kept = self.kept.get(name)
        if kept is not None and kept.master is not None:
            if not (kept.in_sync and same_bits(value, parameter.first)):
                kept.master = value.astype(SINGLE)
            kept.in_sync = True

    def written(self, name):
        """Learn that something else has written the first replica."""
        if name in self.kept:
            self.kept[name].in_sync = False

    def update(self, name, parameter, batch_size):
        fresh = [ctx for ctx in parameter.contexts if parameter.fresh[ctx]]
        if not fresh:
            return False
        total = parameter.grad[fresh[0]]
        for ctx in fresh[1:]:
            total = total + parameter.grad[ctx]
        kept = self.kept[name]
        kept.count += 1
        if kept.master is not None and not kept.in_sync:
            kept.master = parameter.first.astype(SINGLE)
        weight = parameter.first.astype(SINGLE) if kept.master is None else kept.master
        gradient = total.astype(SINGLE) * SINGLE(1 / batch_size)
        slots = [slot.astype(SINGLE) for slot in kept.slots]
        weight, slots = self.formula(weight, gradient, slots, self.lr * parameter.lr_mult, kept.count)
        kept.slots = [new.astype(old.dtype) for new, old in zip(slots, kept.slots, strict=True)]
        if kept.master is not None:
            kept.master, kept.in_sync = weight, True
        for ctx in parameter.contexts:
            parameter.data[ctx] = weight.astype(parameter.dtype)
            parameter.fresh[ctx] = False
        return True


class NaiveMomentum(NaiveTrainer):
    lr, momentum, wd = 0.25, 0.5, 0.125

    def formula(self, weight, gradient, slots, lr, t):
        velocity = slots[0] * SINGLE(self.momentum) - (gradient + weight * SINGLE(self.wd)) * SINGLE(lr)
        return weight + velocity, [velocity]


class NaiveAdam(NaiveTrainer):
    lr, beta1, beta2, epsilon = 0.0625, 0.75, 0.875, 1e-8

    def formula(self, weight, gradient, slots, lr, t):
        mean = slots[0] * SINGLE(self.beta1) + gradient * SINGLE(1 - self.beta1)
        square = slots[1] * SINGLE(self.beta2) + gradient * gradient * SINGLE(1 - self.beta2)
        rate = lr * np.sqrt(1 - self.beta2**t) / (1 - self.beta1**t)
        return weight - mean / (np.sqrt(square) + SINGLE(self.epsilon)) * SINGLE(rate), [mean, square]
