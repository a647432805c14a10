"""Block: a layer, or a network of them."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gluonish.context import Context
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
)
from gluonish.gluon import completion
from gluonish.gluon.hooks import HookHandle
from gluonish.gluon.naming import BlockScope
from gluonish.gluon.parameter import Parameter
from gluonish.gluon.parameter_dict import ParameterDict
from gluonish.gluon.parameter_files import load_arrays, named_arrays, source_of
from gluonish.gluon.selection import Selector, matcher
from gluonish.gluon.structure import flatten_to_lists, regroup_leaves
from gluonish.parameter import lifecycle
from gluonish.parameter.explain import Owner
from gluonish.parameter.face import ParameterFace
from gluonish.parameter.matching import Rename
from gluonish.parameter.report import LoadReport
from gluonish.serialization import format_of
from gluonish.serialization import save as save_file

__all__ = ["Block"]


class Block:
    """A layer, or a network of them.

    Assigning a Block or a Parameter to an attribute registers it. A subclass defines ``forward``.

    Args:
        prefix: what the names of its parameters begin with; made from the class name and a number if None.
        params: a dictionary to share parameters with, by name.

    Example:
        >>> import gluonish as mx
        >>> from gluonish.gluon import nn
        >>> class Net(mx.gluon.Block):
        ...     def __init__(self, **kwargs):
        ...         super().__init__(**kwargs)
        ...         with self.name_scope():
        ...             self.hidden = nn.Dense(8, activation="relu")
        ...             self.output = nn.Dense(2)
        ...     def forward(self, x):
        ...         return self.output(self.hidden(x))
        >>> net = Net(prefix="net_")
        >>> net.initialize()
        >>> net(mx.nd.ones((4, 3))).shape
        (4, 2)
        >>> list(net.collect_params())
        ['net_dense0_weight', 'net_dense0_bias', 'net_dense1_weight', 'net_dense1_bias']
    """

    settled_by: dict[str, str] = {}  # noqa: RUF012  overridden as a whole, never written
    """For parameters by attribute, the constructor argument that would give their unknown axes."""

    _empty_prefix: bool
    _names_below: Counter[str]
    _prefix: str
    _params: ParameterDict
    _children: dict[str, Any]
    _reg_params: dict[str, Any]
    _forward_hooks: dict[int, Callable[..., Any]]
    _forward_pre_hooks: dict[int, Callable[..., Any]]
    _settled_at: int
    _left_by_trace: Any

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        set_plain = self.__dict__.__setitem__
        set_plain("_empty_prefix", prefix == "")
        set_plain("_names_below", Counter())
        own_prefix, own_params = BlockScope.create(prefix, params, self._alias())
        set_plain("_prefix", own_prefix)
        set_plain("_params", own_params)
        set_plain("_children", {})
        set_plain("_reg_params", {})
        set_plain("_forward_hooks", {})
        set_plain("_forward_pre_hooks", {})
        set_plain("_settled_at", -1)
        set_plain("_left_by_trace", None)

    def _alias(self) -> str:
        """Return what automatic names of this class are made of."""
        return type(self).__name__.lower()

    def __repr__(self) -> str:
        lines = [
            f"  ({name}): " + repr(block).replace("\n", "\n  ") for name, block in self._children.items()
        ]
        return "\n".join([f"{type(self).__name__}(", *lines, ")"])

    # -- attributes -------------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        present = self.__dict__.get(name)
        if isinstance(present, (ParameterFace, Block)) and not isinstance(value, _kind_of(present)):
            raise ArgumentTypeError(
                f"Attribute {name!r} of {type(self).__name__} {self.name!r}",
                "cannot change its type",
                expected=f"a {_kind_of(present).__name__}",
                received=type(value).__name__,
            )
        if isinstance(value, Block):
            self._check_constructed(name)
            self.register_child(value, name)
        elif isinstance(value, ParameterFace):
            self._check_constructed(name)
            self._register_parameter(name, value)
        super().__setattr__(name, value)

    def _check_constructed(self, name: str) -> None:
        if "_children" not in self.__dict__:
            raise ArgumentError(
                f"{type(self).__name__}.{name}",
                "cannot be registered: the block is not constructed yet",
                fix="Call super().__init__() before assigning blocks and parameters.",
            )

    def _register_parameter(self, name: str, parameter: ParameterFace) -> None:
        present = self._reg_params.get(name)
        if present is not None and present is not parameter:
            raise ArgumentError(
                f"Parameter attribute {name!r} of {type(self).__name__} {self.name!r}",
                "cannot be replaced by another parameter",
                fix="Change its value with set_data(), or make a new block.",
            )
        self._reg_params[name] = parameter
        parameter.belong_to(self, name)
        self.__dict__["_settled_at"] = -1

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Register a block as a child; its name is the number of children so far if None."""
        if not isinstance(block, Block):
            raise ArgumentTypeError(
                f"{type(self).__name__} {self.name!r}",
                "has blocks as children",
                expected="a Block",
                received=type(block).__name__,
            )
        self._children[str(len(self._children)) if name is None else name] = block

    def named_children(self) -> Iterator[tuple[str, Block]]:
        """Yield the children, each with the name that it is registered under."""
        yield from self._children.items()

    @property
    def prefix(self) -> str:
        """What the names of its parameters begin with."""
        return self._prefix

    @property
    def name(self) -> str:
        """The prefix without its last underscore."""
        return self.prefix.removesuffix("_")

    def name_scope(self) -> BlockScope:
        """Return a scope in which new blocks get names below this one's."""
        return BlockScope(self, self._names_below)

    # -- parameters -------------------------------------------------------------------------------------

    @property
    def params(self) -> ParameterDict:
        """The block's own parameters, without those of its children."""
        return self._params

    def own_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield the block's own parameters, each once, with the last part of its path."""
        attributes = {id(p): attribute for attribute, p in self._reg_params.items()}
        for full, parameter in self._params.items():
            attribute = attributes.pop(id(parameter), None)
            yield attribute or full.removeprefix(self._params.prefix), parameter
        if attributes:  # some belong to the dictionary of another block
            for attribute, parameter in self._reg_params.items():
                if attributes.pop(id(parameter), None):
                    yield attribute, parameter

    def parameters_by_path(self, path: str = "") -> Iterator[tuple[str, Parameter]]:
        """Yield all parameters, each as often as it appears, with its path: ``"features.0.weight"``."""
        ahead = [(path, self)]
        while ahead:  # a loop: recursion would hand each parameter up through all levels
            path, block = ahead.pop()
            for last, parameter in block.own_parameters():
                yield path + last, parameter
            below = [(f"{path}{name}.", child) for name, child in block.named_children()]
            ahead += reversed(below)

    def _collect_params_with_prefix(self, prefix: str = "") -> dict[str, Parameter]:
        """Return all parameters by their paths, below ``prefix``: what old programs ask for by this name."""
        return dict(self.parameters_by_path(f"{prefix}." if prefix else ""))

    def collect_params(self, select: Selector | None = None) -> ParameterDict:
        """Return the parameters of this block and its children, by their full names.

        Args:
            select: which of them: a regular expression that matches their names from the start, a ``Glob``, a
                function of a Parameter, or a list of these; all if None. The dictionary is empty where
                nothing matches; ``select`` and ``tune`` of ParameterDict want a match.

        Raises:
            DuplicateNameError: two parameters have one name.
            ArgumentError: ``select`` is none of these.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Dense(2, in_units=3, prefix="fc_")
            >>> list(net.collect_params(".*bias"))
            ['fc_bias']
        """
        self._warn_about_hidden_blocks()
        takes = matcher(select) if select else None
        found = ParameterDict(self.params.prefix)
        for path, parameter in self.parameters_by_path():
            name = self._full_name(path, parameter)
            if takes is None or takes(name, parameter):
                found.add(name, parameter, path)
        return found

    def _full_name(self, path: str, parameter: Any) -> str:
        """Return the key of a parameter among those collected: its name, if it has one of its own."""
        return f"{self.prefix}{path}" if parameter.born_ready else parameter.name

    def _warn_about_hidden_blocks(self) -> None:
        children = {id(child) for child in self._children.values()}
        for attribute, value in self.__dict__.items():
            if attribute.startswith("_") or not isinstance(value, (list, tuple, dict)):
                continue
            held = value.values() if isinstance(value, dict) else value
            if any(isinstance(each, Block) and id(each) not in children for each in held):
                warnings.warn(
                    f"{attribute!r} of {type(self).__name__} {self.name!r} holds blocks in a "
                    f"{type(value).__name__}. Their parameters are not collected: register them with "
                    "register_child(), or use a Sequential.",
                    stacklevel=3,
                )

    def initialize(
        self,
        init: Any = None,
        ctx: Context | Sequence[Context] | None = None,
        verbose: bool = False,
        force_reinit: bool = False,
    ) -> None:
        """Initialise the parameters of this block and its children; see ``ParameterDict.initialize``."""
        self.collect_params().initialize(init, ctx, verbose, force_reinit)

    def cast(self, dtype: Any) -> None:
        """Change the element type of all parameters, or of none. Layers that need more precision keep it."""
        with lifecycle.one_cast():
            for child in self._children.values():
                child.cast(dtype)
            for _, parameter in self.own_parameters():
                parameter.cast(dtype)

    def apply(self, fn: Callable[[Block], Any]) -> Block:
        """Call ``fn`` with every block below this one, then with this one; return it."""
        for child in self._children.values():
            child.apply(fn)
        fn(self)
        return self

    @property
    def states_shapes(self) -> bool:
        """Whether the class states the shapes of its parameters by a method ``infer_shape(*inputs)``."""
        return hasattr(type(self), "infer_shape")

    @property
    def is_traceable(self) -> bool:
        """Whether the forward pass can run with symbols."""
        return False

    @property
    def is_hybridized(self) -> bool:
        """Whether ``hybridize()`` was called on a hybrid block."""
        return False

    @property
    def replays_graph(self) -> bool:
        """Whether calls with arrays run a graph, and not the code of ``forward``."""
        return self.is_hybridized

    @property
    def captured_graph(self) -> Any:
        """The graph that was captured of the block, that for prediction before that for training; or None."""
        return None

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Hybridize all hybrid blocks below this one; see ``HybridBlock.hybridize``.

        Args:
            active: whether they run captured graphs from then on.
            kwargs: as of ``HybridBlock.hybridize``.
        """
        for child in self._children.values():
            child.hybridize(active, **kwargs)

    def register_op_hook(self, callback: Callable[..., None], monitor_all: bool = False) -> None:
        """Register a hook on the operators of all hybrid blocks; see ``HybridBlock.register_op_hook``."""
        for child in self._children.values():
            child.register_op_hook(callback, monitor_all)

    # -- calling ------------------------------------------------------------------------------------------

    def register_forward_pre_hook(self, hook: Callable[[Block, tuple[Any, ...]], None]) -> HookHandle:
        """Call ``hook(block, inputs)`` before every forward pass; what it returns is ignored."""
        return HookHandle(self._forward_pre_hooks, hook)

    def register_forward_hook(self, hook: Callable[[Block, tuple[Any, ...], Any], None]) -> HookHandle:
        """Call ``hook(block, inputs, output)`` after every forward pass; what it returns is ignored."""
        return HookHandle(self._forward_hooks, hook)

    def __call__(self, *args: Any) -> Any:
        """Run the forward pass, completing parameters that wait for their shapes first."""
        hooked = (self._forward_pre_hooks or self._forward_hooks) and not completion.is_tracing()
        if hooked:
            for hook in list(self._forward_pre_hooks.values()):
                hook(self, args)
        if self._settled_at == lifecycle.DEFERRALS.count:
            output = self.forward(*args)
        else:
            output = completion.complete_and_run(self, args)
        if hooked:
            for hook in list(self._forward_hooks.values()):
                hook(self, args, output)
        return output

    def forward(self, *args: Any) -> Any:
        """Compute the output. Subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} must define forward()")

    # -- files --------------------------------------------------------------------------------------------

    def save_parameters(
        self,
        filename: Any,
        deduplicate: bool = False,
        *,
        format: str | None = None,  # noqa: A002  as of nd.save
        max_shard_size: int | str | None = None,
    ) -> None:
        """Save all parameters by their paths (``"0.weight"``), which no prefix or counter influences.

        Args:
            filename: a path.
            deduplicate: save a parameter that has several paths only under the last of them. A safetensors
                file has it once in any case, and a table of all its paths.
            format: ``"params"``, ``"safetensors"`` or ``"npz"``; by default, what the path ends in, and
                ``"params"`` for any other end.
            max_shard_size: of safetensors, the bytes of a file, as a number or a text such as ``"2GB"``;
                what is more goes to several files with an index.

        Raises:
            NotInitializedError, DeferredInitializationError: a parameter holds no value.
        """
        paths = dict(self.parameters_by_path())
        if deduplicate and format_of(filename, format) != "safetensors":
            last = {id(parameter): path for path, parameter in paths.items()}
            paths = {path: p for path, p in paths.items() if last[id(p)] == path}
        lifecycle.require_ready([p.core for p in paths.values()], "is needed by save_parameters()")
        values = {id(p): lifecycle.stored_value(p.core) for p in paths.values()}
        save_file(filename, {path: values[id(p)] for path, p in paths.items()}, format, max_shard_size)

    def load_parameters(
        self,
        filename: Any,
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        cast_dtype: bool = False,
        dtype_source: str = "current",
        *,
        format: str | None = None,  # noqa: A002  as of nd.load
        rename: Rename = None,
    ) -> LoadReport:
        """Load parameters from a file, saved by path, by full name, or exported (``arg:``, ``aux:``).

        Args:
            filename: a path, the bytes of a file, or a stream of them.
            ctx: where to put parameters that are not initialised yet; ``cpu(0)`` if None.
            allow_missing: accept parameters that are not in the file.
            ignore_extra: accept arrays that belong to no parameter.
            cast_dtype: accept other dtypes.
            dtype_source: what counts then, ``"current"`` (the parameter's) or ``"saved"``.
            format: as of ``save_parameters``.
            rename: rules for names in the file that mean nothing here: a dictionary from regular expressions
                to what they are replaced by, a function that returns the new name, or None to leave an array
                out, or a list of pairs and functions, one applied after the other.

        Returns:
            What went where. It is printed, too, if something is off.

        Raises:
            UnknownNameError: a name is missing, or too many. Nothing is changed then, here and below.
            DuplicateNameError: two arrays would go to one parameter.
            ShapeMismatchError: a shape contradicts the parameter's.
            ParameterMismatchError: a dtype differs and ``cast_dtype`` is False.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Dense(2, in_units=3, prefix="fc_")
            >>> net.initialize()
            >>> import io
            >>> file = io.BytesIO()
            >>> mx.nd.save(file, {"encoder.w": mx.nd.ones((2, 3)), "encoder.b": mx.nd.zeros((2,))})
            >>> rules = {"^encoder.w$": "weight", "^encoder.b$": "bias"}
            >>> net.load_parameters(file.getvalue(), rename=rules).matched
            {'weight': 'encoder.w', 'bias': 'encoder.b'}
        """
        by_path = dict(self.parameters_by_path())
        report = load_arrays(
            named_arrays(filename, format),
            {path: parameter.core for path, parameter in by_path.items()},
            {
                "path": {path: path for path in by_path},
                "name": {self._full_name(path, p): path for path, p in by_path.items()},
                "name without prefix": {
                    self._full_name(path, p).removeprefix(self.prefix): path for path, p in by_path.items()
                },
            },
            source_of(filename),
            ctx=ctx,
            allow_missing=allow_missing,
            ignore_extra=ignore_extra,
            cast_dtype=cast_dtype,
            dtype_source=dtype_source,
            rename=rename,
        )
        for parameter in by_path.values():
            parameter._note_new_value()  # noqa: SLF001  of one family
        return report

    def save(self, prefix: Any) -> None:
        """Save parameters and structure, to be loaded into a block that is built in the same way.

        Args:
            prefix: what the names of both files begin with: ``prefix-model.json``, ``prefix-model.params``.

        Raises:
            NotInitializedError, DeferredInitializationError: a parameter holds no value.
        """
        from gluonish.gluon.model_files import save_model  # noqa: PLC0415  it knows of graphs

        save_model(self, prefix)

    def load(self, prefix: Any) -> None:
        """Load what ``save`` has written; blocks that were hybridized are so again.

        Args:
            prefix: as of ``save``.

        Raises:
            MissingFileError: a file does not exist.
            FileFormatError: a file is not what it should be.
            ParameterMismatchError: the block is built otherwise than the one that was saved.
        """
        from gluonish.gluon.model_files import load_model  # noqa: PLC0415  it knows of graphs

        load_model(self, prefix)

    def save_params(self, filename: Any) -> None:
        """Save by full names without the prefix. Deprecated: use ``save_parameters``."""
        warnings.warn("save_params is deprecated, use save_parameters", UserWarning, stacklevel=2)
        self.collect_params().save(filename, strip_prefix=self.prefix)

    def load_params(
        self,
        filename: Any,
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
    ) -> None:
        """Load a file of ``save_params``. Deprecated: use ``load_parameters``."""
        warnings.warn("load_params is deprecated, use load_parameters", UserWarning, stacklevel=2)
        self.load_parameters(filename, ctx, allow_missing, ignore_extra)

    # -- overviews ------------------------------------------------------------------------------------------

    def summary(self, *inputs: Any) -> None:
        """Print a table of layers with their outputs and parameters, from one forward pass.

        The pass is one as for prediction: nothing is recorded, and no statistics change.

        Args:
            inputs: what to call the block with. Without any, nothing is run: the table says what is known
                of the parameters.

        Raises:
            NotInitializedError: there are inputs, and a parameter was never initialised.
            ArgumentError: there are inputs, and a block is hybridized.
        """
        from gluonish.gluon.summary import summarize  # noqa: PLC0415  only who asks pays for it

        print(summarize(self, inputs))  # noqa: T201  that is what it is for

    # -- copies ---------------------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        # Hooks are functions of a running program; the rest makes the block.
        forgotten = {"_settled_at": -1, "_left_by_trace": None}
        return {**self.__dict__, "_forward_hooks": {}, "_forward_pre_hooks": {}, **forgotten}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for attribute, parameter in self._reg_params.items():
            if parameter is not None:
                parameter.core.owner = Owner(self, self.settled_by.get(attribute))


# Private names of MXNet that programs import from here.
_BlockScope, _flatten, _regroup = BlockScope, flatten_to_lists, regroup_leaves


def _kind_of(value: Any) -> type[Any]:
    """Return the class that a replacement of an attribute must be of."""
    return ParameterFace if isinstance(value, ParameterFace) else type(value)
