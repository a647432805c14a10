"""``mx.profiler``: what takes how long.

Every operator, and every gradient of one, is timed while the profiler runs; so is what the program marks
itself with tasks, frames and events. ``dumps()`` gives a table of sums, ``dump()`` writes a trace to look at
in a browser (chrome://tracing, or https://ui.perfetto.dev). While it does not run, it costs nothing.

    mx.profiler.set_config(filename="profile.json")
    mx.profiler.set_state("run")
    ...
    mx.profiler.set_state("stop")
    print(mx.profiler.dumps())
    mx.profiler.dump()

``control``   the switches
``recorder``  what was recorded, as a table, as JSON and as a trace
``marks``     tasks, frames, events, counters and markers
"""

from __future__ import annotations

from gluonish.profiler.control import (
    dump,
    dump_profile,
    dumps,
    pause,
    profiler_set_config,
    profiler_set_state,
    resume,
    set_config,
    set_kvstore_handle,
    set_state,
)
from gluonish.profiler.marks import Counter, Domain, Event, Frame, Marker, Task

__all__ = [
    "Counter",
    "Domain",
    "Event",
    "Frame",
    "Marker",
    "Task",
    "dump",
    "dump_profile",
    "dumps",
    "pause",
    "profiler_set_config",
    "profiler_set_state",
    "resume",
    "set_config",
    "set_kvstore_handle",
    "set_state",
]
