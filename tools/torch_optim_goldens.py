"""Write what PyTorch's optimizers and schedulers compute, for tests: ``python tools/torch_optim_goldens.py``.

It needs PyTorch, and writes tests/data/torch/optim.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

TARGET = Path(__file__).resolve().parent.parent / "tests" / "data" / "torch" / "optim.json"
STEPS = 5

OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.5, "maximize": True, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1, "betas": [0.8, 0.99], "eps": 0.001, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "maximize": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.1, "alpha": 0.9, "momentum": 0.9, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.1, "centered": True, "momentum": 0.5, "maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5}),
]

SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [2, 5, 5], "gamma": 0.1}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.5, "end_factor": 0.1, "total_iters": 4}),
    ("CosineAnnealingLR", {"T_max": 4, "eta_min": 0.1}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 13}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": 20, "anneal_strategy": "linear", "three_phase": True}),
]


def trajectory(name: str, arguments: dict[str, Any]) -> list[list[float]]:
    """Return the weights after each step on gradients that depend on them."""
    weight = torch.nn.Parameter(torch.tensor([1.0, -2.0, 0.5]))
    optimizer = getattr(torch.optim, name)([weight], **arguments)
    found = []
    for step in range(STEPS):
        optimizer.zero_grad()
        ((weight - 0.3) ** 2 * (1.0 + 0.5 * step)).sum().backward()
        optimizer.step()
        found.append([float(value) for value in weight.detach().numpy().astype(np.float64)])
    return found


def rates(name: str, arguments: dict[str, Any]) -> list[list[float]]:
    """Return rate and momentum before each step of a schedule."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.8, momentum=0.9)
    schedule = getattr(torch.optim.lr_scheduler, name)(optimizer, **arguments)
    found = []
    for _ in range(12):
        found.append([optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]])
        optimizer.step()
        schedule.step()
    return found


def plateau() -> list[float]:
    """Return the rates on a measure that improves, stalls and improves again."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=1, cooldown=1, min_lr=0.2
    )
    found = []
    for measure in MEASURES:
        schedule.step(measure)
        found.append(optimizer.param_groups[0]["lr"])
    return found


MEASURES = [1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.5, 0.5, 0.5, 0.5, 0.5]


def main() -> None:
    """Write the file."""
    content = {
        "torch": torch.__version__,
        "optimizers": [[name, given, trajectory(name, given)] for name, given in OPTIMIZERS],
        "schedules": [[name, given, rates(name, given)] for name, given in SCHEDULES],
        "plateau": {"measures": MEASURES, "rates": plateau()},
    }
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
