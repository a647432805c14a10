"""What changes the state of parameters: initialising, completing, casting, moving, freezing, loading.

Every function takes any number of parameters and changes all of them or none: new memory is allocated and
filled first, then the states are exchanged.

================  =========================================================================
``initializing``  first values, now or when the shapes are known
``moving``        other contexts, another element type, with or without gradients
``loading``       values from outside, and copies
``grouping``      how the others bring parameters into flat memory, and out of it
================  =========================================================================
"""

from gluonish.parameter.lifecycle.grouping import repack
from gluonish.parameter.lifecycle.initializing import (
    COMPLETING,
    DEFERRALS,
    InitRequest,
    as_contexts,
    finish,
    initialize,
)
from gluonish.parameter.lifecycle.loading import (
    load,
    require_ready,
    restore,
    set_data,
    snapshot,
    stored_value,
    value_of,
)
from gluonish.parameter.lifecycle.moving import (
    cast,
    freeze,
    merged_value,
    one_cast,
    reset_ctx,
    restore_grad_req,
    set_grad_req,
    thaw,
)

__all__ = [
    "COMPLETING",
    "DEFERRALS",
    "InitRequest",
    "as_contexts",
    "cast",
    "finish",
    "freeze",
    "initialize",
    "load",
    "merged_value",
    "one_cast",
    "repack",
    "require_ready",
    "reset_ctx",
    "restore",
    "restore_grad_req",
    "set_data",
    "set_grad_req",
    "snapshot",
    "stored_value",
    "thaw",
    "value_of",
]
