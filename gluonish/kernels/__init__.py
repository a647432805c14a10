"""Kernels: which function runs an operator on which device, and how to say so.

Every operator has a *generic* kernel, written against NumPy's interface, that runs everywhere. Providers add
faster ones for one kind of device. When an operator is called, its kernels are asked by priority whether they
take the arrays; the generic one, which takes everything, is asked last.

See what would run::

    print(mx.kernels.explain("softmax", x, axis=1))

Add a kernel of your own::

    @mx.kernels.register("softmax", provider="mine", when=lambda arrays, params: arrays[0].ndim == 2)
    def softmax(xp, data, *, axis, **params):
        return ...

Choose, for a scope or for the process::

    with mx.kernels.force("generic"): ...
    with mx.kernels.force("mine", "softmax"): ...

    GLUONISH_KERNELS=generic python train.py
    GLUONISH_KERNELS="softmax=mine,Convolution=generic" python train.py

``GLUONISH_KERNELS`` is read on import and holds in every thread; scopes go before it. A provider that it
names may register its kernels later, but before an operator runs that it is forced for.
"""

from __future__ import annotations

from gluonish import ops as _ops
from gluonish.engine.dispatch import (
    GENERIC,
    Candidate,
    force,
    force_from_environment,
    providers,
    register,
    unregister,
)
from gluonish.kernels.explanation import Explanation, explain

__all__ = [
    "GENERIC",
    "Candidate",
    "Explanation",
    "explain",
    "force",
    "providers",
    "register",
    "unregister",
]

force_from_environment()
