"""Parameters by name, to choose from, to tune and to describe."""

from __future__ import annotations

import difflib
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from typing import TYPE_CHECKING, Any

from gluonish.context import Context
from gluonish.errors import DuplicateNameError, UnknownNameError
from gluonish.gluon import tuning
from gluonish.gluon.memory import MemoryPlan, plan_memory
from gluonish.gluon.parameter import Parameter
from gluonish.gluon.selection import Selector, matcher
from gluonish.optimizer import Optimizer
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.explain import Explanation, explain
from gluonish.parameter.lifecycle import as_contexts
from gluonish.shape import format_shape

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["NamedParameters"]


class NamedParameters:
    """Parameters by their full names, in the order they were added: to choose from, to tune and to describe.

    Args:
        prefix: what the names have in common.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._params: dict[str, Parameter] = {}
        # Where each parameter is below the block that collected it; names count where nothing is known.
        self._paths: dict[str, str] = {}

    # -- a dictionary -----------------------------------------------------------------------------------

    @property
    def prefix(self) -> str:
        """What stands in front of the names given to ``get``."""
        return self._prefix

    def __repr__(self) -> str:
        lines = "\n".join(f"  {line}" for p in self.values() for line in repr(p).split("\n"))
        name = f"{self._prefix} " if self._prefix else ""
        return f"{name}(\n{lines}\n)"

    def __getitem__(self, key: str) -> Parameter:
        try:
            return self._params[key]
        except KeyError:
            close = difflib.get_close_matches(str(key), self._params, 3)
            raise UnknownNameError(
                f"Parameter {key!r}",
                "is not in this dictionary",
                fix=f"Did you mean {' or '.join(map(repr, close))}?" if close else None,
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def __bool__(self) -> bool:
        return True  # as in MXNet, where a dictionary had no length

    def __contains__(self, key: object) -> bool:
        return key in self._params

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._params.keys()

    def values(self) -> ValuesView[Parameter]:
        """Return the parameters."""
        return self._params.values()

    def items(self) -> ItemsView[str, Parameter]:
        """Return pairs of name and parameter."""
        return self._params.items()

    def cores(self) -> list[ParameterCore]:
        """Return what is behind the parameters, each once."""
        return list({id(p): p.core for p in self._params.values()}.values())

    def paths(self) -> dict[str, str]:
        """Return by name where each parameter is below the block that this dictionary describes.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Sequential(prefix="net_")
            >>> with net.name_scope():
            ...     net.add(mx.gluon.nn.Dense(2, use_bias=False))
            >>> net.collect_params().paths()
            {'net_dense0_weight': '0.weight'}
        """
        return dict(self._paths)

    def add(self, name: str, parameter: Parameter, path: str | None = None) -> None:
        """Put a parameter under a name.

        Args:
            name: its full name.
            parameter: the parameter.
            path: where it is below the block that this dictionary describes.

        Raises:
            DuplicateNameError: another parameter has that name.
        """
        present = self._params.get(name)
        if present is not None and present is not parameter:
            raise DuplicateNameError(
                f"Parameter {name!r}",
                "is there already, as another parameter of the same name",
                expected=_described(present, self._paths[name]),
                received=_described(parameter, path),
                fix="Give one of them another name, or its block another prefix.",
            )
        if present is None:
            self._params[name] = parameter
            self._paths[name] = path if path is not None else name.removeprefix(self._prefix)

    # -- some of them -------------------------------------------------------------------------------------

    def matching(self, select: Selector) -> Self:
        """Return the parameters that a selector takes, in a dictionary that may be empty.

        Args:
            select: a regular expression (a string, or compiled), a ``Glob``, a function of a Parameter, or a
                list of these.
        """
        return self._subset(matcher(select))

    def select(self, select: Selector) -> Self:
        """Return the parameters that a selector takes, of which there must be some.

        Args:
            select: as of ``matching``. Each member of a list must match.

        Raises:
            UnknownNameError: it matches no parameter.
        """
        for each in select if isinstance(select, (list, tuple)) else [select]:
            if not len(self.matching(each)):
                raise self._no_match(each)
        return self.matching(select)

    def _no_match(self, select: Selector) -> UnknownNameError:
        close = difflib.get_close_matches(str(getattr(select, "pattern", select)), self._params, 3, 0.4)
        return UnknownNameError(
            f"The selector {select!r}",
            f"matches none of {len(self)} parameters",
            fix=f"Names that are close: {', '.join(close)}." if close else None,
        )

    def trainable(self) -> Self:
        """Return the parameters that have gradients."""
        return self._subset(lambda _, parameter: parameter.grad_req != "null")

    def frozen(self) -> Self:
        """Return the parameters that could have gradients, and have none."""
        return self._subset(lambda _, p: p.grad_req == "null" and p.core.differentiable)

    def auxiliary(self) -> Self:
        """Return what can have no gradients: constants and running statistics."""
        return self._subset(lambda _, parameter: not parameter.core.differentiable)

    def pending(self) -> Self:
        """Return the parameters that wait for their shapes; ``explain`` says why they do."""
        return self._subset(lambda _, parameter: parameter.core.is_deferred)

    def _subset(self, predicate: Callable[[str, Parameter], bool]) -> Self:
        found = type(self)(self._prefix)
        for name, parameter in self._params.items():
            if predicate(name, parameter):
                found.add(name, parameter, self._paths[name])
        return found

    # -- tuning -------------------------------------------------------------------------------------------

    def tune(
        self,
        rules: Mapping[Selector, Mapping[str, Any]] | Sequence[tuple[Selector, Mapping[str, Any]]],
        dry_run: bool = False,
    ) -> list[tuple[Selector, list[str]]]:
        """Set multipliers and ``grad_req`` by selectors; where several take a parameter, the last one wins.

        Everything is checked before anything is changed.

        Args:
            rules: by selector, or as pairs, the attributes to set: ``lr_mult`` and ``wd_mult``, each a number
                or a function of the number of updates (such as a scheduler), and ``grad_req``.
            dry_run: only say what matches.

        Returns:
            The names that each selector takes.

        Raises:
            UnknownNameError: a selector matches nothing.
            ArgumentError: another attribute, or a value that it cannot have.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Dense(2, in_units=3, prefix="fc_")
            >>> params = net.collect_params()
            >>> params.tune({".*": {"lr_mult": 0.1}, ".*bias": {"lr_mult": 2, "wd_mult": 0}})
            [('.*', ['fc_weight', 'fc_bias']), ('.*bias', ['fc_bias'])]
            >>> net.weight.lr_mult, net.bias.lr_mult
            (0.1, 2)
        """
        return tuning.tune(self, rules, dry_run=dry_run)

    def layerwise_decay(
        self, decay: float, order: Sequence[Selector] | None = None, attribute: str = "lr_mult"
    ) -> list[list[str]]:
        """Give the last layer the multiplier 1, the one before it ``decay``, then ``decay**2``, and so on.

        Discriminative fine-tuning of Howard and Ruder (2018), https://arxiv.org/abs/1801.06146, section 3.1.

        Args:
            decay: the factor from each layer to the one before it.
            order: selectors of what counts as a layer, from the input to the output; where several take a
                parameter, the last one wins, and a parameter that none takes is left alone. If None, blocks
                that own parameters are layers, in the order of this dictionary.
            attribute: ``"lr_mult"`` or ``"wd_mult"``.

        Returns:
            The names of each layer's parameters, from the input to the output.

        Raises:
            UnknownNameError: a selector matches nothing.
            ArgumentError: ``decay`` is no positive number, or another attribute.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Sequential(prefix="")
            >>> net.add(mx.gluon.nn.Dense(2, prefix="a_"), mx.gluon.nn.Dense(2, prefix="b_"))
            >>> net.collect_params().layerwise_decay(0.5)
            [['a_weight', 'a_bias'], ['b_weight', 'b_bias']]
            >>> net[0].weight.lr_mult, net[1].weight.lr_mult
            (0.5, 1.0)
        """
        return tuning.layerwise_decay(self, self._paths, decay, order, attribute)

    def freeze(self, select: Selector | None = None) -> Self:
        """Stop training parameters: no gradient, no decay, no momentum. What trainers keep for them stays.

        Running statistics are not trained and go on following the batches; see ``BatchNorm``'s
        ``use_global_stats``.

        Args:
            select: which; all if None.

        Returns:
            The parameters it took.

        Raises:
            UnknownNameError: the selector matches nothing.

        Example:
            >>> import gluonish as mx
            >>> params = mx.gluon.nn.Dense(2, in_units=3, prefix="fc_").collect_params()
            >>> list(params.freeze(".*weight"))
            ['fc_weight']
            >>> list(params.trainable()), list(params.frozen())
            (['fc_bias'], ['fc_weight'])
        """
        chosen = self if select is None else self.select(select)
        lifecycle.freeze(chosen.cores())
        return chosen

    def thaw(self, select: Selector | None = None) -> Self:
        """Go on training frozen parameters, with the ``grad_req`` and the momentum that they had.

        Args:
            select: which; all if None. Running statistics and constants stay as they are.

        Returns:
            The parameters it took.

        Raises:
            UnknownNameError: the selector matches nothing.
        """
        chosen = self if select is None else self.select(select)
        lifecycle.thaw(chosen.cores())
        return chosen

    # -- overviews ----------------------------------------------------------------------------------------

    def plan(
        self,
        contexts: Context | Sequence[Context] | None = None,
        optimizer: str | Optimizer | None = None,
        optimizer_params: Mapping[str, Any] | None = None,
        update_on_kvstore: bool | None = None,
    ) -> MemoryPlan:
        """Return how much memory training would take on each context, from shapes alone.

        Args:
            contexts: where the parameters are to be; the current context if None.
            optimizer: what is to train them, by name or as an object; None for no training state.
            optimizer_params: arguments of the optimizer, if it is given by name.
            update_on_kvstore: as of ``Trainer``: with several contexts the optimizer's state is on the first
                one, unless this is False.

        Raises:
            UnknownNameError: no optimizer of that name exists.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Dense(100, in_units=50)
            >>> print(net.collect_params().plan([mx.cpu(0), mx.cpu(1)], "adam"))
            context  parameters      data  gradients  optimizer state  float32 copies     total
            -------  ----------  --------  ---------  ---------------  --------------  --------
            cpu(0)            2  19.9 KiB   19.9 KiB         39.8 KiB             0 B  79.7 KiB
            cpu(1)            2  19.9 KiB   19.9 KiB              0 B             0 B  39.8 KiB
        """
        return plan_memory(
            self.cores(), as_contexts(contexts), optimizer, optimizer_params, update_on_kvstore
        )

    def explain(self) -> Explanation:
        """Return every pending parameter with its cause and what would settle it.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Dense(2, prefix="fc_")
            >>> net.initialize()
            >>> print(net.collect_params().explain())
            1 parameter pending:
              fc_weight (2, ?), of Dense 'fc', which was never called: run one batch through the layer, ...
        """
        return explain(self.cores())


def _described(parameter: Parameter, path: str | None) -> str:
    """Return what tells a parameter from another one of its name."""
    owner = parameter.core.owner
    layer = f" of {owner.name}" if owner is not None and owner.name is not None else ""
    place = f" at {path!r}" if path else ""
    return f"the one{layer}{place} with shape {format_shape(parameter.core.shape)}"
