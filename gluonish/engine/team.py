"""Teams: threads that compute together, each for a device of its own.

Some operators say by a rule ``together`` how they run in a team: they exchange what they found with the same
operator in the other threads, and go on with what all of them found. Everything exchanged stays on the tape,
so one backward pass over the results of all members goes through the exchange, too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gluonish.context import current_context
from gluonish.engine.mode import MODE, ModeScope
from gluonish.errors import TeamError

if TYPE_CHECKING:
    from gluonish.context import Context

__all__ = ["Member", "call_together", "current_member"]


class _Team:
    """The meetings of a number of members. A member comes to them in the order of its computation."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._changed = threading.Condition()
        self._meetings: dict[int, dict[int, Any]] = {}
        self._came: list[int] = [0] * size
        self._gone: set[int] = set()

    def meet(self, number: int, value: Any) -> list[Any]:
        """Return what all members bring to their next meeting, once they have come.

        Raises:
            TeamError: one of them will not come: it has finished, or failed.
        """
        with self._changed:
            meeting_number = self._came[number]
            self._came[number] += 1
            meeting = self._meetings.setdefault(meeting_number, {})
            meeting[number] = value
            self._changed.notify_all()
            self._changed.wait_for(lambda: len(meeting) == self.size or self._misses(meeting_number))
            if len(meeting) < self.size:
                raise TeamError(
                    "A computation run together",
                    "waits for a member that does not come: it has finished or failed",
                    fix="Let all members compute the same layers, the same number of times.",
                )
            self._meetings.pop(meeting_number, None)
            return [meeting[i] for i in range(self.size)]

    def _misses(self, meeting_number: int) -> bool:
        """Tell whether a member that is gone has not been to a meeting."""
        return any(self._came[number] <= meeting_number for number in self._gone)

    def leave(self, number: int) -> None:
        """Note that a member comes to no further meeting."""
        with self._changed:
            self._gone.add(number)
            self._changed.notify_all()


class Member:
    """One thread's place in its team.

    Args:
        team: the team.
        number: the member's number there.
    """

    def __init__(self, team: _Team, number: int) -> None:
        self._team = team
        self._number = number

    def exchange(self, value: Any) -> list[Any]:
        """Return what each member brings here, by number; wait until all have come.

        Raises:
            TeamError: one of them will not come.
        """
        return self._team.meet(self._number, value)


class _Place(threading.local):
    """The member that this thread is."""

    member: Member | None = None


_PLACE = _Place()


def current_member() -> Member | None:
    """Return the member of a team that this thread is; None outside of teams."""
    return _PLACE.member


def call_together(functions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Call functions at the same time, each in a thread of its own, and return what they return.

    The threads record, train and have the current context as the calling thread does.

    Raises:
        Exception: what the first of them raised of its own accord, once all have ended.
    """
    team = _Team(len(functions))
    modes, context = ModeScope(recording=MODE.recorded_or_paused, training=MODE.training), current_context()
    results: list[Any] = [None] * len(functions)
    failures: list[BaseException | None] = [None] * len(functions)

    def work(number: int) -> None:
        _PLACE.member = Member(team, number)
        try:
            results[number] = _in_modes(functions[number], modes, context)
        except BaseException as error:  # noqa: BLE001  it is raised in the calling thread
            failures[number] = error
        finally:
            team.leave(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _raise_first(failures)
    return results


def _in_modes(function: Callable[[], Any], modes: ModeScope, context: Context) -> Any:
    with modes, context:
        return function()


def _raise_first(failures: Sequence[BaseException | None]) -> None:
    """Raise a failure, rather one of a member than one of those who waited for it."""
    found = [error for error in failures if error is not None]
    for error in sorted(found, key=lambda each: isinstance(each, TeamError)):
        raise error
