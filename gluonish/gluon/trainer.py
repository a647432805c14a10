"""Trainer: applies an optimizer to a set of parameters, on any number of contexts."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Real
from typing import Any

from gluonish.autograd import is_recording
from gluonish.context import Context, cpu
from gluonish.dtype import as_dtype
from gluonish.engine.legacy import LEGACY
from gluonish.engine.watch import watched
from gluonish.errors import (
    ArgumentError,
    ArgumentTypeError,
    InPlaceError,
    StaleGradientError,
    ZeroDivisorError,
)
from gluonish.gluon import trainer_states
from gluonish.gluon.parameter import Parameter
from gluonish.gluon.parameter_dict import ParameterDict
from gluonish.gluon.single_updates import SingleUpdates, works_alone
from gluonish.gluon.tables import Table, trainer_table
from gluonish.gluon.trainer_store import NoSlots, StoreRequest, StoreSession
from gluonish.gluon.views import TrainerViews, UpdaterView
from gluonish.kvstore.base import KVStoreBase
from gluonish.optimizer import Optimizer
from gluonish.optimizer import create as create_optimizer
from gluonish.optimizer.mxnet_pickle import write_states
from gluonish.parameter import lifecycle
from gluonish.parameter.core import ParameterCore
from gluonish.parameter.face import ParameterFace
from gluonish.parameter.plan import Plan, drop_slots, new_key, release, settle
from gluonish.parameter.report import LoadReport
from gluonish.parameter.slots import slot_bytes
from gluonish.parameter.step import (
    OptimizerSlots,
    reduce_gradients,
    stale_gradients,
    update,
    zero_stale_gradients,
)
from gluonish.serialization.streams import open_target

__all__ = ["Trainer"]

STALE_POLICIES = ("error", "warn", "skip", "zero")
PASSING = ("warn", "skip")
"""The policies that leave stale gradients out."""


class Trainer(TrainerViews):
    """Applies an optimizer to parameters.

    With several contexts the gradients of all replicas are added; the replicas stay equal. What the optimizer
    keeps belongs to the parameters: it follows them when they are cast or moved to other contexts. Writing a
    parameter with ``set_data`` is not undone.

    Args:
        params: parameters, as a ParameterDict (taken in the order of their names), a list or an iterator.
        optimizer: the name of an optimizer, or one.
        optimizer_params: arguments of the optimizer, if it is given by name.
        kvstore: ``"device"`` or ``"local"`` adds the gradients of all replicas; None leaves every replica to
            its own gradient. A store, or the name of one registered with ``KVStoreBase.register``, is called
            with the positions of the parameters as keys.
        compression_params: how gradients are compressed between several contexts, for example
            ``{"type": "2bit", "threshold": 0.5}``; see ``mx.kvstore.KVStore.set_gradient_compression``.
        update_on_kvstore: whether the first replica, or the store, is updated with the sum and copied to the
            others (the default with several contexts; gradients stay as they are), or every replica is
            updated with the sum, which ``allreduce_grads`` has put into its gradient.
        stale_grad: what ``step`` does about gradients that no backward pass has written since the last step:
            ``"error"`` raises; ``"skip"`` leaves them out, and does not update what would be updated with
            them; ``"warn"`` does that and warns; ``"zero"`` takes them as 0, so that momentum and decay go
            on.

    Raises:
        ArgumentError: what is given as params, kvstore, optimizer_params or stale_grad makes no sense.
        ContextError: the parameters are on different contexts.
        NotInitializedError: a parameter was never initialised.
        UnknownNameError: no optimizer of that name exists.

    Example:
        >>> import gluonish as mx
        >>> net = mx.gluon.nn.Dense(1)
        >>> net.initialize(mx.init.Zero())
        >>> trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
        >>> x, y = mx.nd.array([[1.0], [2.0]]), mx.nd.array([[1.0], [2.0]])
        >>> for _ in range(20):
        ...     with mx.autograd.record():
        ...         loss = mx.gluon.loss.L2Loss()(net(x), y)
        ...     loss.backward()
        ...     trainer.step(batch_size=2)
        >>> bool(loss.mean() < 0.01)
        True
    """

    def __init__(
        self,
        params: ParameterDict | Mapping[str, Parameter] | Sequence[Parameter],
        optimizer: str | Optimizer,
        optimizer_params: Mapping[str, Any] | None = None,
        kvstore: str | KVStoreBase | None = "device",
        compression_params: Mapping[str, Any] | None = None,
        update_on_kvstore: bool | None = None,
        stale_grad: str = "error",
    ) -> None:
        self.stale_grad = stale_grad
        self._params = _as_list(params)
        self._cores = [parameter.core for parameter in self._params]
        paths = params.paths() if isinstance(params, ParameterDict) else {}
        self._paths = [paths.get(parameter.name) for parameter in self._params]
        self._check_contexts()
        self._request = StoreRequest.of(kvstore, compression_params, update_on_kvstore)
        self._session: StoreSession | None = None
        self._warned = False
        self._adds_only_fresh = False  # what step() tells _allreduce_grads(), which old programs replace
        self._key = new_key()
        self._init_optimizer(optimizer, optimizer_params)
        for parameter in self._params:
            parameter._set_trainer(self)  # noqa: SLF001  as MXNet calls it
        for core in self._cores:
            core.trainers |= {self._key}
        weakref.finalize(self, release, self._key, self._cores)

    def _check_contexts(self) -> None:
        first: tuple[Context, ...] | None = None
        for core in self._cores:
            contexts = core.contexts()
            if first is None:
                first = contexts
            elif contexts != first:
                raise _different_contexts(self._cores[0], first, core, contexts)

    def _init_optimizer(self, optimizer: str | Optimizer, optimizer_params: Mapping[str, Any] | None) -> None:
        """Begin with an optimizer, and without any state. Old programs call it to exchange the optimizer."""
        self._optimizer = self._make_optimizer(optimizer, optimizer_params)
        self._scale = self._optimizer.rescale_grad
        self._show_counts()
        self._slots: OptimizerSlots = OptimizerSlots(self._optimizer)
        if self._session is not None and self._session.central:
            self._slots = NoSlots(self._optimizer)
            self._session.store.set_optimizer(self._optimizer)
        self._single = SingleUpdates()
        self._plan: Plan | None = None
        drop_slots(self._key, self._cores)

    def _make_optimizer(self, optimizer: str | Optimizer, arguments: Mapping[str, Any] | None) -> Optimizer:
        by_index = dict(enumerate(self._params))
        if isinstance(optimizer, Optimizer):
            if arguments:
                raise ArgumentError(
                    "Trainer",
                    "cannot give arguments to an optimizer that exists already",
                    expected="optimizer_params=None",
                    received=str(dict(arguments)),
                )
            optimizer.param_dict = by_index
            return optimizer
        return create_optimizer(optimizer, param_dict=by_index, **(arguments or {}))

    # -- rates --------------------------------------------------------------------------------------------

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer."""
        return self._optimizer

    @property
    def learning_rate(self) -> float:
        """The learning rate now."""
        return self._optimizer.learning_rate

    def set_learning_rate(self, lr: float) -> None:
        """Set the learning rate.

        Raises:
            LearningRateError: a scheduler is in charge of it.
        """
        self._optimizer.set_learning_rate(lr)

    @property
    def stale_grad(self) -> str:
        """What is done about stale gradients: ``"error"``, ``"warn"``, ``"skip"`` or ``"zero"``."""
        return self._stale_grad

    @stale_grad.setter
    def stale_grad(self, policy: str) -> None:
        if policy not in STALE_POLICIES:
            raise ArgumentError(
                "Trainer",
                "has no such policy for stale gradients",
                expected=f"one of {', '.join(STALE_POLICIES)}",
                received=repr(policy),
            )
        self._stale_grad = policy

    # -- moving -------------------------------------------------------------------------------------------

    def reset_ctx(self, ctx: Context | Sequence[Context]) -> None:
        """Move the parameters to other contexts with their training state, all of them or none.

        Values, momentum, moments and float32 masters go along, to any number of contexts; gradients start at
        0. Moving the parameters by themselves, ``net.collect_params().reset_ctx(ctx)``, does the same.

        Args:
            ctx: one context or several.

        Raises:
            NotInitializedError: a parameter was never initialised.
            DeviceUnavailableError: a context cannot hold arrays here.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Dense(2, in_units=3)
            >>> net.initialize()
            >>> trainer = mx.gluon.Trainer(net.collect_params(), "adam")
            >>> trainer.reset_ctx([mx.cpu(0), mx.cpu(1)])
            >>> net.weight.list_ctx()
            [cpu(0), cpu(1)]
        """
        lifecycle.reset_ctx(self._cores, lifecycle.as_contexts(ctx))

    def cast(self, dtype: Any) -> None:
        """Change the element type of the parameters and of their training state, all of them or none.

        Args:
            dtype: the new type. With ``multi_precision`` of the optimizer, half-precision parameters get
                float32 masters that begin with the values as they were before the cast.

        Raises:
            DTypeError: an unknown dtype.
        """
        lifecycle.cast(self._cores, as_dtype(dtype))

    def table(self) -> Table:
        """Return the parameters with the rates that count for them now, and the memory they take.

        Bytes are those of all replicas together. A ``?`` is what depends on a shape that is not known yet.

        Example:
            >>> import gluonish as mx
            >>> net = mx.gluon.nn.Dense(2, in_units=3, prefix="fc_")
            >>> net.initialize()
            >>> net.bias.lr_mult = 2
            >>> print(mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1}).table())
            name       shape   dtype    contexts  grad_req   lr  wd  data  gradient  state
            ---------  ------  -------  --------  --------  ---  --  ----  --------  -----
            fc_bias    (2,)    float32  cpu(0)    write     0.2   0   8 B       8 B    0 B
            fc_weight  (2, 3)  float32  cpu(0)    write     0.1   0  24 B      24 B    0 B
        """
        return trainer_table(self._cores, self._optimizer, self._bytes_kept)

    def _bytes_kept(self, core: ParameterCore) -> int:
        """Return the bytes that the optimizer keeps for a parameter now."""
        if self._session is not None and self._session.central:
            return self._session.nbytes(core)
        if works_alone(core, self._optimizer):
            return self._single.nbytes(core)
        return slot_bytes(core, self._key)

    # -- stepping -----------------------------------------------------------------------------------------

    def step(self, batch_size: float, ignore_stale_grad: bool = False) -> None:
        """Add the gradients of all replicas and update the parameters.

        Args:
            batch_size: gradients are divided by it.
            ignore_stale_grad: pass over parameters, and leave out gradients, that no backward pass has
                written since the last step. Otherwise ``stale_grad`` says what is done about them.

        Raises:
            StaleGradientError: naming all such gradients, if ``stale_grad`` is ``"error"``. Nothing is
                changed then.
            DeferredInitializationError: naming all parameters whose shapes are not known yet.
            ArgumentError: some parameters have moved to other contexts than the rest.
            InPlaceError: recording is on.
        """
        self._begin(batch_size, ignore_stale_grad)
        self._adds_only_fresh = self._policy(ignore_stale_grad) in PASSING
        try:
            self._allreduce_grads()
        finally:
            self._adds_only_fresh = False
        self._update(ignore_stale_grad)

    def allreduce_grads(self) -> None:
        """Replace the gradients of all replicas by their sum, for ``update()`` to use.

        Raises:
            ArgumentError: the trainer updates the first replica only; see ``update_on_kvstore``.
        """
        self._refuse_central("allreduce_grads()")
        self._current_plan(skip_pending=False)
        self._allreduce_grads()

    def _allreduce_grads(self) -> None:
        """Replace the gradients of all replicas by their sum, unless the update adds them.

        Trainers for several machines put their own method in its place: ``step`` and ``allreduce_grads``
        call it with gradients that are checked.
        """
        if not self._is_central():
            self._add_gradients(self._current_plan(skip_pending=True), only_fresh=self._adds_only_fresh)

    def update(self, batch_size: float, ignore_stale_grad: bool = False) -> None:
        """Update every replica with its own gradient, as ``allreduce_grads()`` or you have left it.

        Args:
            batch_size: as of ``step``.
            ignore_stale_grad: as of ``step``.

        Raises:
            ArgumentError: the trainer updates the first replica only; see ``update_on_kvstore``.
            StaleGradientError, DeferredInitializationError, InPlaceError: as of ``step``.
        """
        self._refuse_central("update()")
        self._begin(batch_size, ignore_stale_grad)
        self._update(ignore_stale_grad)

    def _update(self, ignore_stale_grad: bool = False) -> None:
        """Update the parameters with gradients that are checked. Subclasses put their own in its place."""
        only_fresh = self._policy(ignore_stale_grad) in PASSING
        self._apply(
            self._current_plan(skip_pending=only_fresh), central=self._is_central(), only_fresh=only_fresh
        )

    def _policy(self, ignore_stale_grad: bool) -> str:
        return "skip" if ignore_stale_grad else self._stale_grad

    def _begin(self, batch_size: float, ignore_stale_grad: bool) -> None:
        """Check that a step can be made, and set the scale of its gradients."""
        if is_recording():
            raise InPlaceError(
                "Trainer",
                "cannot update parameters while recording: the recorded graph depends on them",
                fix="Call step() outside of autograd.record().",
            )
        _check_batch_size(batch_size)
        policy = self._policy(ignore_stale_grad)
        plan = self._current_plan(skip_pending=policy in PASSING)
        self._resolve_stale(plan, policy)
        if self._session is not None:
            self._session.begin()
        self._check_and_rescale_grad(self._scale / batch_size)

    def _check_and_rescale_grad(self, scale: float) -> None:
        """Set what the optimizer multiplies gradients with. Old programs call it, or replace it."""
        self._optimizer.rescale_grad = scale

    def _current_plan(self, skip_pending: bool) -> Plan:
        """Return the plan of all parameters, made anew if something about them changed."""
        plan = self._plan
        everywhere = not self._is_central()
        if plan is None or everywhere != self._slots.everywhere or not plan.is_current():
            self._check_contexts()
            self._slots.everywhere = everywhere
            plan = self._plan = settle(self._cores, self._key, self._slots)
        if plan.pending and not skip_pending:
            lifecycle.require_ready(plan.pending, "is needed by the Trainer")
        return plan

    def _resolve_stale(self, plan: Plan, policy: str) -> None:
        if policy == "skip":
            return
        if policy == "zero":
            zero_stale_gradients(plan)
            return
        stale = stale_gradients(plan)
        if not stale:
            return
        listed = ", ".join(f"{name!r} on {ctx}" for name, ctx in stale)
        if policy == "warn":
            warnings.warn(
                "Trainer.step() passes over gradients that no backward pass has written since the last "
                f"step: {listed}",
                stacklevel=4,
            )
            return
        raise StaleGradientError(
            "Trainer.step()",
            f"found gradients that no backward pass has written since the last step: {listed}",
            fix="This happens if backward() was not called, step() was called twice, a parameter took no "
            "part in the forward pass, or was cast or moved after backward(). If that is meant, call "
            "step(batch_size, ignore_stale_grad=True) to pass over them, or set stale_grad.",
        )

    def _apply(self, plan: Plan, *, central: bool, only_fresh: bool) -> None:
        optimizer = self._optimizer
        with watched(f"{type(optimizer).__name__.lower()}_update", (self._contexts or [cpu()])[0]):
            if central and self._session is not None:
                self._session.update(only_fresh=only_fresh)
                return
            if optimizer.works_on_flat_arrays:
                update(plan, self._key, optimizer, central=central, only_fresh=only_fresh)
            single = [each for each in enumerate(self._cores) if works_alone(each[1], optimizer)]
            self._single.update(single, optimizer, central=central, only_fresh=only_fresh)

    # -- several replicas ---------------------------------------------------------------------------------

    @property
    def _contexts(self) -> list[Context]:
        return list(self._cores[0].contexts()) if self._cores else []

    def _add_gradients(self, plan: Plan, *, only_fresh: bool) -> None:
        """Replace the gradients of all replicas by their sum, or by what the store makes of them."""
        if self._session is not None:
            self._session.begin()
            self._session.reduce(only_fresh=only_fresh)
        elif len(self._contexts) > 1:
            if self._request.store is not None:
                reduce_gradients(plan, only_fresh=only_fresh)
            elif not self._warned:
                self._warned = True
                warnings.warn(
                    "this Trainer has kvstore=None and several contexts: every replica is updated with its "
                    "own gradient, so the replicas drift apart unless you add the gradients yourself",
                    stacklevel=4,
                )

    def _is_central(self) -> bool:
        """Whether the first replica, or the store, is updated and copied to the others."""
        several = len(self._contexts) > 1
        if self._session is None:
            self._connect(several)
        if self._session is not None:
            return self._session.central
        if not several and not self._contains_sparse_weight:
            return False
        return self._request.is_central(None, self._cores)

    def _connect(self, several: bool) -> None:
        """Make the store that was asked for, if it is one that holds arrays of its own."""
        store = self._request.make(several)
        if store is None:
            return
        central = self._request.is_central(store, self._cores)
        self._session = StoreSession(store, self._cores, self._optimizer, central=central)
        if central:
            self._slots = NoSlots(self._optimizer)

    def _reset_kvstore(self) -> None:
        """Decide about the store anew at the next step, if it updates: a parameter was given a value."""
        if self._plan is not None and self._is_central():
            self._plan = None

    def _refuse_central(self, method: str) -> None:
        if self._is_central():
            raise ArgumentError(
                f"Trainer.{method}",
                "is not available: this trainer adds gradients and updates in one go, in step()",
                fix="Make the Trainer with update_on_kvstore=False.",
            )

    # -- states -------------------------------------------------------------------------------------------

    def save_states(
        self,
        fname: Any,
        *,
        format: str | None = None,  # noqa: A002  as of nd.save
        max_shard_size: int | str | None = None,
    ) -> None:
        """Save what the optimizer keeps, by the names of parameters, with its settings and counts.

        A file whose name ends in ``.safetensors`` holds all that a run needs to go on where it was: the
        parameters' ``lr_mult``, ``wd_mult`` and ``grad_req``, and the random streams, too.

        Args:
            fname: a path, or a stream. The file is a safetensors file; it holds no device. A store that
                updates writes a file of its own.
            format: ``"mxnet"`` for a file that ``Trainer.load_states`` of MXNet reads. It holds no names.
            max_shard_size: the bytes of a file, as a number or a text such as ``"2GB"``; what is more goes to
                several files with an index.

        Raises:
            DeferredInitializationError: a parameter's shape is not known yet.
            ArgumentError: the optimizer keeps states in a form that only it knows; or the format is unknown,
                or MXNet does not have the optimizer.
        """
        if format not in (None, "mxnet"):
            raise ArgumentError("format", "is unknown", expected="None or 'mxnet'", received=repr(format))
        self._current_plan(skip_pending=False)
        if self._session is not None and self._session.central:
            self._session.begin()
            self._session.store.save_optimizer_states(fname, dump_optimizer=True)
            return
        if format == "mxnet":
            content = write_states(
                UpdaterView(self, self._contexts[0]).kept(),
                trainer_states.update_counts(self._kept()),
                self._optimizer,
            )
            with open_target(fname, "save_states()") as file:
                file.write(content)
            return
        trainer_states.save(fname, self._kept(), max_shard_size=max_shard_size)

    def load_states(
        self, fname: Any, *, strict: bool = True, random: bool = True, allow_pickle: bool | None = None
    ) -> LoadReport:
        """Load what ``save_states`` has saved, here or in MXNet, onto the contexts the parameters are on.

        Parameters are matched by their paths below the block, or by their names, or by position, whichever
        explains the whole file. The settings of the optimizer and of its scheduler, such as the learning
        rate, become those of the file; so do, if it holds them, multipliers, ``grad_req`` and random streams.

        Args:
            fname: a path, the bytes of a file, or a stream of them.
            strict: raise where something does not fit. Otherwise take over what fits; the report says what.
            random: let the random streams of the process go on where the file says.
            allow_pickle: read MXNet's files, too, which are pickles. Nothing in them is run: they are taken
                apart by a reader that knows arrays, numbers, optimizers and schedulers only. By default, in
                a program for MXNet (``gluonish.compat``).

        Returns:
            What was found for whom. It is printed, too, if something is off.

        Raises:
            MissingFileError: there is no such file.
            FileFormatError: the file is none of these, or belongs to other parameters, or is a pickle and
                must not be one. Nothing is changed then.
        """
        self._current_plan(skip_pending=False)
        if self._session is not None and self._session.central:
            self._session.begin()
            self._optimizer = self._session.load_states(fname, self._optimizer)
            self._optimizer.param_dict = dict(enumerate(self._params))
            return LoadReport(str(fname), "position")
        pickles = LEGACY.active if allow_pickle is None else allow_pickle
        found = trainer_states.read(fname, self._kept(), strict=strict, random=random, allow_pickle=pickles)
        found.restore_declared()
        self._current_plan(skip_pending=False)
        found.restore_states()
        if not found.report.complete:
            found.report.print()
        return found.report

    def _kept(self) -> trainer_states.Kept:
        return trainer_states.Kept(
            self._cores, self._paths, self._key, self._optimizer, self._slots, self._single
        )


def _as_list(params: Any) -> list[Parameter]:
    """Return the parameters, each once; those of a dictionary in the order of their names."""
    if isinstance(params, (ParameterDict, Mapping)):
        listed = [params[name] for name in sorted(params)]
    elif isinstance(params, (list, tuple, Iterator)):
        listed = list(params)
    else:
        raise ArgumentError(
            "Trainer",
            "cannot train this",
            expected="a ParameterDict, a dictionary or a list of Parameters",
            received=type(params).__name__,
        )
    for each in listed:
        if not isinstance(each, ParameterFace):
            raise ArgumentError(
                "Trainer", "trains Parameters", expected="a Parameter", received=type(each).__name__
            )
    return list({id(each): each for each in listed}.values())


def _check_batch_size(batch_size: Any) -> None:
    if isinstance(batch_size, Real) and batch_size == 0:
        raise ZeroDivisorError(
            "Trainer",
            "cannot divide gradients by this batch_size",
            expected="a positive number",
            received="0",
        )
    if not isinstance(batch_size, Real) or not float(batch_size) > 0:
        raise ArgumentTypeError(
            "Trainer",
            "cannot divide gradients by this batch_size",
            expected="a positive number",
            received=repr(batch_size),
        )


def _different_contexts(
    first: ParameterCore, contexts: Iterable[Context], other: ParameterCore, others: Iterable[Context]
) -> ArgumentError:
    return ArgumentError(
        "Trainer",
        "needs all parameters on the same contexts, in the same order",
        expected=f"{', '.join(map(str, contexts))}, as {first.name!r}",
        received=f"{', '.join(map(str, others))} for {other.name!r}",
        fix="Move them with collect_params().reset_ctx(contexts).",
    )
