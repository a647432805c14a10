"""``mx.mod``, ``mx.module``: symbols that are trained and asked, over executors.

``steps``             what a module is
``base_module``       how one is trained, scored and asked
``module``            one symbol; ``parameters`` and ``optimizing`` are parts of it
``executor_group``    its executors, one per context
``bucketing_module``  one symbol per length of the input
``sequential_module`` several modules in a row
``python_module``     a module whose outputs a program computes itself
"""

from __future__ import annotations

from gluonish.module import (
    base_module,
    bucketing_module,
    executor_group,
    module,
    python_module,
    sequential_module,
)
from gluonish.module.base_module import BaseModule
from gluonish.module.bucketing_module import BucketingModule
from gluonish.module.module import Module
from gluonish.module.python_module import PythonLossModule, PythonModule
from gluonish.module.sequential_module import SequentialModule

__all__ = [
    "BaseModule",
    "BucketingModule",
    "Module",
    "PythonLossModule",
    "PythonModule",
    "SequentialModule",
    "base_module",
    "bucketing_module",
    "executor_group",
    "module",
    "python_module",
    "sequential_module",
]
