"""Multipliers and gradient modes by rules on names; see ``ParameterDict.tune``."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

from gluonish.errors import ArgumentError
from gluonish.gluon.selection import Selector

if TYPE_CHECKING:
    from gluonish.gluon.named_parameters import NamedParameters
    from gluonish.gluon.parameter import Parameter

__all__ = ["layerwise_decay", "tune"]

MULTIPLIERS = ("lr_mult", "wd_mult")
TUNABLE = (*MULTIPLIERS, "grad_req")

Matches = list[tuple[Selector, list[str]]]


def tune(params: NamedParameters, rules: Any, *, dry_run: bool) -> Matches:
    """Apply rules to parameters; see ``ParameterDict.tune``."""
    pairs = list(rules.items()) if isinstance(rules, Mapping) else list(rules)
    matches: Matches = []
    settings: dict[Parameter, dict[str, Any]] = {}
    for select, attributes in pairs:
        chosen = params.select(select)
        for parameter in chosen.values():
            _check(parameter, attributes)
            settings.setdefault(parameter, {}).update(attributes)
        matches.append((select, list(chosen)))
    if not dry_run:
        for parameter, attributes in settings.items():
            for attribute, value in attributes.items():
                setattr(parameter, attribute, value)
    return matches


def _check(parameter: Parameter, attributes: Mapping[str, Any]) -> None:
    for attribute, value in attributes.items():
        if attribute not in TUNABLE:
            close = difflib.get_close_matches(attribute, TUNABLE, 1)
            raise ArgumentError(
                f"Attribute {attribute!r}",
                "cannot be tuned by rules",
                expected=f"one of {', '.join(TUNABLE)}",
                fix=f"Did you mean {close[0]!r}?" if close else None,
            )
        if attribute == "grad_req":
            parameter.core.checked_grad_req(value)
        elif not callable(value) and not _is_finite(value):
            raise ArgumentError(
                parameter.core.label,
                f"cannot have this {attribute}",
                expected="a finite number, or a function of the number of updates",
                received=repr(value),
            )


def _is_finite(value: Any) -> bool:
    return isinstance(value, Real) and math.isfinite(value)


def layerwise_decay(
    params: NamedParameters,
    paths: Mapping[str, str],
    decay: float,
    order: Sequence[Selector] | None,
    attribute: str,
) -> list[list[str]]:
    """Set multipliers by depth; see ``ParameterDict.layerwise_decay``.

    Args:
        params: the parameters.
        paths: by name, where each is below the block they were collected from.
        decay: the factor from each layer to the one before it.
        order: the layers.
        attribute: which multiplier.
    """
    if attribute not in MULTIPLIERS:
        raise ArgumentError(
            f"Attribute {attribute!r}", "is no multiplier", expected=f"one of {', '.join(MULTIPLIERS)}"
        )
    if not _is_finite(decay) or decay <= 0:
        raise ArgumentError(
            "layerwise_decay()", "needs a factor", expected="a positive number", received=repr(decay)
        )
    layers = _by_block(params, paths) if order is None else _by_selectors(params, order)
    for depth, names in enumerate(reversed(layers)):
        for name in names:
            setattr(params[name], attribute, float(decay) ** depth)
    return layers


def _by_block(params: NamedParameters, paths: Mapping[str, str]) -> list[list[str]]:
    """Return names by the block that owns them. Without blocks, every parameter is a layer."""
    layers: dict[str, list[str]] = {}
    for name in params:
        block, dot, _ = paths[name].rpartition(".")
        layers.setdefault(block if dot else paths[name], []).append(name)
    return list(layers.values())


def _by_selectors(params: NamedParameters, order: Sequence[Selector]) -> list[list[str]]:
    layer_of: dict[str, int] = {}
    for number, select in enumerate(order):
        layer_of.update(dict.fromkeys(params.select(select), number))
    return [[name for name in params if layer_of.get(name) == number] for number in range(len(order))]
