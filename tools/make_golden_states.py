"""Write tests/data/mxnet/states with Apache MXNet itself: ``python make_golden_states.py DIR``.

It runs in an environment of its own, with ``mxnet==1.9.1`` and ``numpy<1.24``, and needs nothing of gluonish.
The files are kept in the repository; this is how to make them again. Each ``.states`` file is what a Trainer
saved after two steps; ``runs.json`` has the weights then, and after one more step.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import mxnet as mx  # type: ignore[import-not-found]

SHAPES = {"a_weight": (2, 3), "b_bias": (3,)}
VALUES = {"a_weight": [[1.0, -2.0, 0.5], [3.0, 0.25, -1.5]], "b_bias": [0.5, -0.5, 2.0]}
GRADIENTS = {"a_weight": [[2.0, -3.0, 0.0], [0.25, 1.0, -0.5]], "b_bias": [1.0, 0.5, -2.0]}


def rates() -> Any:
    """Return a schedule that has dropped once after two steps."""
    return mx.lr_scheduler.FactorScheduler(1, 0.5, base_lr=0.2, warmup_steps=1, warmup_begin_lr=0.1)


RUNS: dict[str, tuple[str, dict[str, Any], str]] = {
    "sgd": ("sgd", {"learning_rate": 0.1, "momentum": 0.9, "wd": 0.1}, "float32"),
    "plain": ("sgd", {"learning_rate": 0.1}, "float32"),
    "half": ("sgd", {"learning_rate": 0.1, "momentum": 0.9, "multi_precision": True}, "float16"),
    "adam": ("adam", {"learning_rate": 0.1, "beta1": 0.8}, "float32"),
    "adam-half": ("adam", {"learning_rate": 0.1, "multi_precision": True}, "float16"),
    "rmsprop": ("rmsprop", {"learning_rate": 0.1, "centered": True}, "float32"),
    "dcasgd": ("dcasgd", {"learning_rate": 0.1}, "float32"),
    "factor": ("sgd", {"lr_scheduler": rates()}, "float32"),
    "poly": ("sgd", {"lr_scheduler": mx.lr_scheduler.PolyScheduler(5, base_lr=0.2)}, "float32"),
    "lbsgd": ("lbsgd", {"learning_rate": 0.1, "momentum": 0.5}, "float32"),
    "adadelta": ("adadelta", {"wd": 0.01}, "float32"),
    "adagrad": ("adagrad", {"learning_rate": 0.1, "wd": 0.01}, "float32"),
    "adamax": ("adamax", {"learning_rate": 0.01}, "float32"),
    "ftml": ("ftml", {"learning_rate": 0.1}, "float32"),
    "ftrl": ("ftrl", {"learning_rate": 0.1}, "float32"),
    "lamb": ("lamb", {"learning_rate": 0.1, "wd": 0.01}, "float32"),
    "lars": ("lars", {"learning_rate": 0.1, "momentum": 0.5}, "float32"),
    "nadam": ("nadam", {"learning_rate": 0.01}, "float32"),
    "nag": ("nag", {"learning_rate": 0.1, "momentum": 0.5}, "float32"),
    "sgld": ("sgld", {"learning_rate": 0.1}, "float32"),
    "signum": ("signum", {"learning_rate": 0.1, "momentum": 0.5, "wd_lh": 0.1}, "float32"),
    "kvstore": ("adam", {"learning_rate": 0.1}, "float32"),
}

RANDOM = ("sgld",)
"""What draws from a stream that no other library has: only the states can be compared."""

ON_TWO = ("kvstore",)
"""What trains on two contexts, so that a store keeps the states, in pinned memory."""


def step(trainer: Any, params: dict[str, Any], dtype: str) -> None:
    """Make one step on constant gradients, which the contexts share."""
    contexts = params["a_weight"].list_ctx()
    with mx.autograd.record():
        losses = [
            sum(
                (params[n].data(ctx) * mx.nd.array(GRADIENTS[n], ctx=ctx, dtype=dtype)).sum() / len(contexts)
                for n in params
            )
            for ctx in contexts
        ]
    mx.autograd.backward(losses)
    trainer.step(1)


def current(params: dict[str, Any]) -> dict[str, Any]:
    """Return the values of all parameters."""
    return {name: parameter.list_data()[0].asnumpy().tolist() for name, parameter in params.items()}


def main() -> None:
    """Write the files."""
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    known: dict[str, Any] = {}
    for name, (kind, arguments, dtype) in RUNS.items():
        params = {n: mx.gluon.Parameter(n, shape=shape, dtype=dtype) for n, shape in SHAPES.items()}
        for each, parameter in params.items():
            parameter.initialize(mx.init.Zero(), ctx=[mx.cpu(0), mx.cpu(1)] if name in ON_TWO else mx.cpu())
            parameter.set_data(mx.nd.array(VALUES[each], dtype=dtype))
        trainer = mx.gluon.Trainer(params, kind, arguments)
        for _ in range(2):
            step(trainer, params, dtype)
        trainer.save_states(str(folder / f"{name}.states"))
        before = current(params)
        step(trainer, params, dtype)
        after = {} if name in RANDOM else current(params)
        known[name] = {"kind": kind, "dtype": dtype, "before": before, "after": after}
    known["gradients"] = GRADIENTS
    (folder / "runs.json").write_text(json.dumps(known) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
