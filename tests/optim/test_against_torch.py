"""Optimizers and schedules give the numbers that PyTorch printed (tools/torch_optim_goldens.py)."""

import json
from pathlib import Path

import numpy as np
import pytest

from gluonish import nn, optim

GOLDENS = json.loads((Path(__file__).parent.parent / "data" / "torch" / "optim.json").read_text())


def label(case):
    return f"{case[0]}-{'-'.join(f'{k}={v}' for k, v in case[1].items())}"


@pytest.mark.parametrize("case", GOLDENS["optimizers"], ids=label)
@pytest.mark.parametrize("splits", [False, True], ids=["one", "two"])
def test_an_optimizer_follows_torchs_trajectory(case, splits):
    name, arguments, expected = case
    start = [1.0, -2.0, 0.5]
    weights = [nn.Parameter([x]) for x in start] if splits else [nn.Parameter(start)]
    optimizer = getattr(optim, name)(weights, **arguments)
    for step, wanted in enumerate(expected):
        optimizer.zero_grad()
        for weight in weights:
            ((weight - 0.3) ** 2 * (1.0 + 0.5 * step)).sum().backward()
        optimizer.step()
        found = np.concatenate([weight.data for weight in weights])
        np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("case", GOLDENS["schedules"], ids=label)
def test_a_schedule_gives_torchs_rates(case):
    name, arguments, expected = case
    optimizer = optim.SGD([nn.Parameter([1.0])], lr=0.8, momentum=0.9)
    schedule = getattr(optim.lr_scheduler, name)(optimizer, **arguments)
    found = []
    for _ in expected:
        group = optimizer.param_groups[0]
        found.append([group["lr"], group["momentum"]])
        schedule.step()
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_plateau_lowers_the_rate_where_torch_does():
    golden = GOLDENS["plateau"]
    optimizer = optim.SGD([nn.Parameter([1.0])], lr=1.0)
    schedule = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1, cooldown=1, min_lr=0.2)
    found = []
    for measure in golden["measures"]:
        schedule.step(measure)
        found.append(optimizer.param_groups[0]["lr"])
    assert found == golden["rates"]
