"""Choosing parameters by their names: regular expressions, globs, predicates, and lists of these."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from typing import Any, Union

import attrs

from gluonish.errors import ArgumentError
from gluonish.gluon.parameter import Parameter

__all__ = ["Glob", "Selector", "matcher"]

WILDCARDS = "*?"


@attrs.frozen
class Glob:
    """A pattern for whole names: ``*`` is any run of characters, ``?`` any one, ``[ab]`` one of these.

    Where parameters are selected, a plain string is a regular expression, as in MXNet.

    Args:
        pattern: the pattern. Upper and lower case differ.

    Example:
        >>> import gluonish as mx
        >>> net = mx.gluon.nn.Dense(2, in_units=3, prefix="fc_")
        >>> list(net.collect_params(mx.gluon.Glob("fc*_b*")))
        ['fc_bias']
    """

    pattern: str


Selector = Union[str, "re.Pattern[str]", Glob, Callable[[Parameter], Any], Sequence[Any]]
"""A regular expression (compiled or not), a ``Glob``, a predicate of a Parameter, or a list of these."""


def matcher(selector: Selector) -> Callable[[str, Parameter], bool]:
    """Return the predicate on name and parameter that a selector means.

    A string is a regular expression that has to match from the beginning of a name on. One that is no regular
    expression but has wildcards, such as ``"*_bias"``, is a glob. A list takes what any of its members takes.

    Raises:
        ArgumentError: it is none of these.
    """
    if isinstance(selector, str):
        return _expression(selector)
    if isinstance(selector, re.Pattern):
        return lambda name, _: selector.match(name) is not None
    if isinstance(selector, Glob):
        return lambda name, _: fnmatch.fnmatchcase(name, selector.pattern)
    if isinstance(selector, (list, tuple)):
        predicates = [matcher(each) for each in selector]
        return lambda name, parameter: any(predicate(name, parameter) for predicate in predicates)
    if callable(selector):
        return lambda _, parameter: bool(selector(parameter))
    raise ArgumentError(
        "Parameters",
        "cannot be selected by this",
        expected="a regular expression, a Glob, a function of a Parameter, or a list of these",
        received=repr(selector),
    )


def _expression(text: str) -> Callable[[str, Parameter], bool]:
    try:
        return matcher(re.compile(text))
    except re.error as error:
        if any(wildcard in text for wildcard in WILDCARDS):
            return matcher(Glob(text))
        raise ArgumentError(
            "Parameters",
            f"cannot be selected by this: {error}",
            expected="a regular expression such as '.*weight'",
            received=repr(text),
        ) from error
