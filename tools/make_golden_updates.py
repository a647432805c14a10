"""Write tests/data/mxnet/updates.json with Apache MXNet itself: ``python make_golden_updates.py FILE``.

It runs in an environment of its own, with ``mxnet==1.9.1`` and ``numpy<1.24``, and needs nothing of gluonish.
The file is kept in the repository; this is how to make it again. It holds, with all numbers that went in:

- ``optimizers``: one weight after each of four updates, for every optimizer in several forms;
- ``operators``: the results of the update operators, and what they leave in their inputs.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import mxnet as mx  # type: ignore[import-not-found]

WEIGHT = [1.0, -2.0, 0.5, 3.0]
GRADIENTS = [[2.0, -3.0, 0.0, 0.25], [-1.0, 0.5, 4.0, 0.25], [0.125, -6.0, 1.5, -2.0], [3.0, 2.0, -0.5, 0.0]]

PLAIN = {"learning_rate": 0.1}
FULL = {"learning_rate": 0.1, "wd": 0.1, "rescale_grad": 0.5, "clip_gradient": 1.0}
NO_DECAY = {"learning_rate": 0.1, "rescale_grad": 0.5, "clip_gradient": 1.0}

FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("sgd", {}),
    "sgd-momentum": ("sgd", {"momentum": 0.9}),
    "ccsgd": ("ccsgd", {"momentum": 0.9}),
    "nag": ("nag", {}),
    "nag-momentum": ("nag", {"momentum": 0.9}),
    "signum": ("signum", {}),
    "signum-decay": ("signum", {"momentum": 0.5, "wd_lh": 0.05}),
    "signsgd": ("signum", {"momentum": 0.0}),
    "adam": ("adam", {}),
    "adamax": ("adamax", {}),
    "adamax-betas": ("adamax", {"beta1": 0.8, "beta2": 0.99}),
    "nadam": ("nadam", {}),
    "nadam-schedule": ("nadam", {"schedule_decay": 0.5, "epsilon": 1e-3, "beta1": 0.8}),
    "adagrad": ("adagrad", {}),
    "adadelta": ("adadelta", {}),
    "adadelta-rho": ("adadelta", {"rho": 0.5, "epsilon": 1e-2}),
    "rmsprop": ("rmsprop", {}),
    "rmsprop-centered": ("rmsprop", {"centered": True}),
    "ftrl": ("ftrl", {}),
    "ftrl-sparse": ("ftrl", {"lamda1": 0.5, "beta": 2.0}),
    "ftml": ("ftml", {}),
    "ftml-betas": ("ftml", {"beta1": 0.9, "beta2": 0.99, "epsilon": 1e-3}),
    "lamb": ("lamb", {}),
    "lamb-bounds": ("lamb", {"lower_bound": 0.1, "upper_bound": 1.0}),
    "lamb-lower": ("lamb", {"lower_bound": 8.0}),
    "lamb-biased": ("lamb", {"bias_correction": False, "epsilon": 1e-3}),
    "lars": ("lars", {}),
    "lars-momentum": ("lars", {"momentum": 0.9, "eta": 0.5}),
    "lars-eps": ("lars", {"eta": 0.5, "eps": 0.1}),
    "dcasgd": ("dcasgd", {}),
    "dcasgd-lamda": ("dcasgd", {"lamda": 0.5}),
    "lbsgd": ("lbsgd", {}),
    "lbsgd-lars": ("lbsgd", {"momentum": 0.9, "warmup_strategy": "lars"}),
    "test": ("test", {}),
}
"""The optimizers that take all common options, by a name for each form."""

WARM_UPS = {
    f"lbsgd-{strategy}-{scale}": {
        "momentum": 0.9,
        "warmup_strategy": strategy,
        "updates_per_epoch": 3,
        "warmup_epochs": 2,
        "batch_scale": scale,
    }
    for strategy in ("linear", "power2", "sqrt", "lars")
    for scale in (1, 2)
}


def updates(optimizer: Any, *, dtype: str = "float32", shape: tuple[int, ...] = (4,)) -> list[list[float]]:
    """Return the weight after each update."""
    weight = mx.nd.array(WEIGHT, dtype=dtype).reshape(shape)
    state = optimizer.create_state_multi_precision(0, weight)
    rows = []
    for gradient in GRADIENTS:
        grad = mx.nd.array(gradient, dtype=dtype).reshape(shape)
        # A list of one, as a Trainer gives it: LAMB's other way leaves its master behind.
        many = optimizer.aggregate_num > 0
        arguments = ([[0], [weight], [grad], [state]]) if many else [0, weight, grad, state]
        optimizer.update_multi_precision(*arguments)
        rows.append(weight.asnumpy().reshape(-1).tolist())
    return rows


def optimizers() -> list[dict[str, Any]]:
    """Run every optimizer in every form."""
    runs = []

    def add(name: str, kind: str, own: dict[str, Any], common: dict[str, Any], **options: Any) -> None:
        optimizer = mx.optimizer.create(kind, **own, **common)
        if "multipliers" in options:
            lr_mult, wd_mult = options["multipliers"]
            optimizer.set_lr_mult({0: lr_mult})
            optimizer.set_wd_mult({0: wd_mult})
        given = {key: options[key] for key in ("dtype", "shape") if key in options}
        rows = updates(optimizer, **given)
        runs.append({"name": name, "kind": kind, "own": own, "common": common, **options, "rows": rows})

    for name, (kind, own) in FORMS.items():
        add(name, kind, own, PLAIN)
        add(name, kind, own, FULL)
        add(name, kind, own, FULL, multipliers=(0.5, 2.0))
        add(name, kind, own, {**FULL, "multi_precision": True}, dtype="float16")
    for name, own in WARM_UPS.items():
        add(name, "lbsgd", own, FULL)
    add("groupadagrad", "groupadagrad", {}, PLAIN, shape=(2, 2))
    add("groupadagrad", "groupadagrad", {"eps": 1e-2}, NO_DECAY, shape=(2, 2))
    add(
        "groupadagrad",
        "groupadagrad",
        {},
        {**NO_DECAY, "multi_precision": True},
        shape=(2, 2),
        dtype="float16",
    )
    for name, base in (
        ("rmsprop", 0.001),
        ("adamax", 0.002),
        ("nadam", 0.001),
        ("ftrl", 0.1),
        ("lamb", 0.001),
    ):
        add(name, name, {}, {}, default_rate=base)
    return runs


# -- operators ----------------------------------------------------------------------------------------------

W, G, M = [1.0, -2.0, 0.5], [0.5, -1.0, 0.0], [0.1, 0.2, -0.3]
V, D, Z = [0.3, 0.4, 0.1], [0.2, 0.1, 0.5], [0.2, -0.4, 0.05]
COMMON = {"lr": 0.1, "wd": 0.1, "rescale_grad": 0.5, "clip_gradient": 0.3}
MANY = {"lrs": [0.1, 0.2], "wds": [0.1, 0.0], "rescale_grad": 0.5, "clip_gradient": 0.3, "num_weights": 2}
PRELOADED = {"rescale_grad": 0.5, "clip_gradient": 0.3, "num_weights": 2}
LAMB1 = {"t": 2, "wd": 0.1, "rescale_grad": 0.5, "clip_gradient": 0.3}
LAMBS = {
    "learning_rates": [0.1, 0.2],
    "wds": [0.1, 0.0],
    "step_count": [2, 1],
    "num_tensors": 2,
    "rescale_grad": 0.5,
}
ADAMW = {"lr": 0.1, "eta": 0.5, "wd": 0.1, "clip_gradient": 0.2}
ADAMWS = {"lrs": [0.1, 0.2], "etas": [0.5, 1.0], "wds": [0.1, 0.0], "num_weights": 2}

Half = tuple[str, list[float]]


def half(values: list[float]) -> Half:
    """Mark an input as float16."""
    return "float16", values


OPERATORS: list[tuple[str, list[Any], dict[str, Any], list[int]]] = [
    ("sgd_update", [W, G], COMMON, [0]),
    ("sgd_update", [W, G], {"lr": 0.1}, []),
    ("sgd_mom_update", [W, G, M], {**COMMON, "momentum": 0.9}, [0]),
    ("sgd_mom_update", [W, G, M], {**COMMON, "momentum": 0.9}, []),
    ("mp_sgd_update", [half(W), half(G), W], COMMON, [0]),
    ("mp_sgd_mom_update", [half(W), half(G), M, W], {**COMMON, "momentum": 0.9}, [0]),
    ("mp_sgd_mom_update", [half(W), half(G), M, W], {**COMMON, "momentum": 0.9}, []),
    ("nag_mom_update", [W, G, M], {**COMMON, "momentum": 0.9}, [0]),
    ("nag_mom_update", [W, G, M], {**COMMON, "momentum": 0.9}, []),
    ("mp_nag_mom_update", [half(W), half(G), M, W], {**COMMON, "momentum": 0.9}, [0]),
    ("mp_nag_mom_update", [half(W), half(G), M, W], {**COMMON, "momentum": 0.9}, []),
    ("signsgd_update", [W, G], COMMON, [0]),
    ("signum_update", [W, G, M], {**COMMON, "momentum": 0.9, "wd_lh": 0.05}, [0]),
    ("adam_update", [W, G, M, V], COMMON, [0]),
    ("rmsprop_update", [W, G, V], {**COMMON, "clip_weights": 1.5}, [0]),
    ("rmspropalex_update", [W, G, V, M, D], COMMON, [0]),
    ("ftrl_update", [W, G, Z, V], COMMON, [0]),
    (
        "ftml_update",
        [W, G, D, V, Z],
        {"lr": 0.1, "t": 2, "wd": 0.1, "rescale_grad": 0.5, "clip_grad": 0.3},
        [0],
    ),
    ("lamb_update_phase1", [W, G, M, V], LAMB1, []),
    ("lamb_update_phase1", [W, G, M, V], {**LAMB1, "bias_correction": False}, []),
    ("mp_lamb_update_phase1", [half(W), half(G), M, V, W], LAMB1, []),
    ("lamb_update_phase2", [W, G, [0.1], [0.3]], {"lr": 0.1}, [0]),
    ("lamb_update_phase2", [W, G, [0.0], [0.3]], {"lr": 0.1, "lower_bound": 2.0}, [0]),
    ("lamb_update_phase2", [W, G, [5.0], [0.3]], {"lr": 0.1, "upper_bound": 2.0}, [0]),
    ("_adamw_update", [W, G, M, V, [0.5]], ADAMW, [0]),
    ("_adamw_update", [W, G, M, V, [float("inf")]], ADAMW, [0]),
    ("_mp_adamw_update", [half(W), half(G), M, V, W, [0.5]], ADAMW, [0]),
    ("multi_sgd_update", [W, G, [3.0], [1.0]], MANY, [0, 2]),
    ("multi_sgd_mom_update", [W, G, M, [3.0], [1.0], [0.1]], {**MANY, "momentum": 0.9}, [0, 3]),
    ("multi_mp_sgd_update", [half(W), half(G), W, half([3.0]), half([1.0]), [3.0]], MANY, [0, 3]),
    (
        "multi_mp_sgd_mom_update",
        [half(W), half(G), M, W, half([3.0]), half([1.0]), [0.1], [3.0]],
        {**MANY, "momentum": 0.9},
        [0, 4],
    ),
    ("preloaded_multi_sgd_update", [W, G, [3.0], [1.0], [0.1, 0.2], [0.1, 0.0]], PRELOADED, [0, 2]),
    (
        "preloaded_multi_sgd_mom_update",
        [W, G, M, [3.0], [1.0], [0.1], [0.1, 0.2], [0.1, 0.0]],
        {**PRELOADED, "momentum": 0.9},
        [0, 3],
    ),
    (
        "preloaded_multi_mp_sgd_update",
        [half(W), half(G), W, half([3.0]), half([1.0]), [3.0], [0.1, 0.2], [0.1, 0.0]],
        PRELOADED,
        [0, 3],
    ),
    (
        "preloaded_multi_mp_sgd_mom_update",
        [half(W), half(G), M, W, half([3.0]), half([1.0]), [0.1], [3.0], [0.1, 0.2], [0.1, 0.0]],
        {**PRELOADED, "momentum": 0.9},
        [0, 4],
    ),
    ("_multi_adamw_update", [W, G, M, V, [3.0], [1.0], [0.0], [0.1], [0.5]], ADAMWS, [0, 4]),
    (
        "_multi_mp_adamw_update",
        [half(W), half(G), M, V, W, half([3.0]), half([1.0]), [0.0], [0.1], [3.0], [0.5]],
        ADAMWS,
        [0, 5],
    ),
    ("_multi_lamb_update", [W, G, M, V, [3.0], [1.0], [0.0], [0.1]], LAMBS, [0, 4]),
    (
        "_multi_mp_lamb_update",
        [half(W), half(G), M, V, W, half([3.0]), half([1.0]), [0.0], [0.1], [3.0]],
        LAMBS,
        [0, 5],
    ),
    (
        "multi_lars",
        [[0.1, 0.1, 0.1], [4.0, 0.0, 9.0], [1.0, 1.0, 0.0], [0.1, 0.1, 0.1]],
        {"eta": 0.01, "eps": 1e-6, "rescale_grad": 0.5},
        [],
    ),
    ("multi_sum_sq", [W, [3.0]], {"num_arrays": 2}, []),
    ("multi_sum_sq", [half(W), half([3.0])], {"num_arrays": 2}, []),
    ("all_finite", [W], {}, []),
    ("all_finite", [[1.0, float("nan")]], {}, []),
    ("multi_all_finite", [W, [1.0, float("inf")]], {"num_arrays": 2}, []),
    ("multi_all_finite", [W, G], {"num_arrays": 2}, []),
    ("reset_arrays", [W, [3.0]], {"num_arrays": 2}, []),
]


def call(name: str, inputs: list[Any], params: dict[str, Any], out: list[int]) -> dict[str, Any]:
    """Run one operator; ``out`` has the numbers of the inputs that the results are written to."""
    arrays = [
        mx.nd.array(each[1], dtype=each[0]) if isinstance(each, tuple) else mx.nd.array(each)
        for each in inputs
    ]
    function = getattr(mx.nd._internal if name.startswith("_") else mx.nd, name)  # noqa: SLF001
    targets = {} if not out else {"out": arrays[0] if len(out) == 1 else [arrays[i] for i in out]}
    result = function(*arrays, **params, **targets)
    results = result if isinstance(result, list) else [result]
    return {
        "op": name,
        "inputs": [list(each) if isinstance(each, tuple) else ["float32", each] for each in inputs],
        "params": params,
        "out": out,
        "results": [[each.dtype.__name__, each.asnumpy().tolist()] for each in results],
        "left": [array.asnumpy().tolist() for array in arrays],
    }


def main() -> None:
    """Write the file."""
    warnings.simplefilter("ignore")
    content: dict[str, list[Any]] = {
        "weight": WEIGHT,
        "gradients": GRADIENTS,
        "optimizers": optimizers(),
        "operators": [call(*each) for each in OPERATORS],
    }
    lines = [f'"{key}": {json.dumps(content[key])}' for key in ("weight", "gradients")]
    for key in ("optimizers", "operators"):
        entries = ",\n".join(json.dumps(_short(entry)) for entry in content[key])
        lines.append(f'"{key}": [\n{entries}\n]')
    Path(sys.argv[1]).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def _short(value: Any) -> Any:
    """Round numbers to what single precision holds."""
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, dict):
        return {key: _short(each) for key, each in value.items()}
    return [_short(each) for each in value] if isinstance(value, (list, tuple)) else value


if __name__ == "__main__":
    main()
