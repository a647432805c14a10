"""Which array of a file belongs to which parameter, by their names.

The names in a file can be read in several ways: as paths of a block's structure, as full names ... The
reading that explains most of them counts, the first of equals. A name is looked up as it is, and then without
the ``arg:`` or ``aux:`` of exported files. What is left is renamed by the rules of the caller, and looked up
in every way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from gluonish.errors import ArgumentError, ArgumentTypeError, DuplicateNameError

__all__ = ["Matches", "Rename", "Renaming", "match_names"]

Renaming: TypeAlias = Callable[[str], "str | None"]
Rename: TypeAlias = "Mapping[str, str] | Sequence[tuple[str, str] | Renaming] | Renaming | None"
"""Rules by which names of a file are changed: regular expressions with replacements, or functions."""

PREFIXES = ("arg:", "aux:")
"""What exported files put in front of names."""


@attrs.frozen
class Matches:
    """What belongs to what.

    Attributes:
        by: the reading that counts.
        names: by name in the file, the name of the parameter that it stands for.
        dropped: the names in the file that a rule of the caller takes out.
    """

    by: str
    names: dict[str, str]
    dropped: frozenset[str]


def match_names(
    arrays: Mapping[str, Any], readings: Mapping[str, Mapping[str, str]], rename: Rename = None
) -> Matches:
    """Find the parameters that names in a file stand for.

    Args:
        arrays: what the file holds, by name.
        readings: ways to read a name, each a table from names as it expects them to those of parameters.
        rename: rules for names that no reading knows: a function that returns the new name, or None to leave
            the array out; or pairs of a regular expression and what it is replaced by; or a list of these,
            one applied after the other.

    Raises:
        DuplicateNameError: two arrays would go to one parameter.
        ArgumentError: a rule is no regular expression.

    Example:
        >>> arrays = {"arg:fc_weight": 1, "old_bias": 2, "step": 3}
        >>> readings = {"path": {"0.weight": "0.weight"}, "name": {"fc_weight": "w", "fc_bias": "b"}}
        >>> match_names(arrays, readings, {"^old_": "fc_"}).names
        {'arg:fc_weight': 'w', 'old_bias': 'b'}
    """
    found = {by: dict(_looked_up(arrays, table)) for by, table in readings.items()}
    by = max(found, key=lambda each: len(found[each]))
    names = found[by]
    rules = list(_rules(rename))
    dropped = set()
    for key in arrays if rules else ():
        if key in names:
            continue
        renamed = _renamed(key, rules)
        if renamed is None:
            dropped.add(key)
            continue
        for table in (readings[by], *readings.values()):
            name = _find(renamed, table)
            if name is not None:
                names[key] = name
                break
    _check_distinct(arrays, names)
    return Matches(by, {key: names[key] for key in arrays if key in names}, frozenset(dropped))


def _looked_up(keys: Iterable[str], table: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key in keys:
        name = _find(key, table)
        if name is not None:
            yield key, name


def _find(key: str, table: Mapping[str, str]) -> str | None:
    if key in table:
        return table[key]
    bare = next((key[len(prefix) :] for prefix in PREFIXES if key.startswith(prefix)), key)
    return table.get(bare)


def _rules(rename: Rename) -> Iterator[Renaming]:
    if rename is None:
        return
    if callable(rename):
        yield rename
        return
    for rule in rename.items() if isinstance(rename, Mapping) else rename:
        yield rule if callable(rule) else _substitution(rule)


def _substitution(rule: Any) -> Renaming:
    if not isinstance(rule, tuple) or not all(isinstance(part, str) for part in rule) or len(rule) != 2:  # noqa: PLR2004
        raise ArgumentTypeError(
            "A rule to rename arrays",
            "is none",
            expected="a function, or a regular expression and its replacement",
            received=repr(rule),
        )
    pattern, replacement = rule
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ArgumentError(f"Rule {pattern!r}", f"is no regular expression: {error}") from error

    def renaming(key: str) -> str:
        try:
            return compiled.sub(replacement, key)
        except (re.error, IndexError) as error:
            raise ArgumentError(
                f"Replacement {replacement!r}", f"does not fit {pattern!r}: {error}"
            ) from error

    return renaming


def _renamed(key: str, rules: Sequence[Renaming]) -> str | None:
    renamed: str | None = key
    for rule in rules:
        if renamed is None:
            return None
        renamed = rule(renamed)
    return renamed


def _check_distinct(arrays: Mapping[str, Any], names: Mapping[str, str]) -> None:
    first: dict[str, str] = {}
    for key, name in names.items():
        other = first.setdefault(name, key)
        if arrays[other] is not arrays[key]:
            raise DuplicateNameError(
                f"Parameter {name!r}",
                "would get two arrays",
                received=f"{other!r} and {key!r}",
                fix="Leave one out, by a rule that renames it to None.",
            )
