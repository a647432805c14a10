"""``mx.executor``: symbols with arrays for their variables, ready to be run.

``executor``    the Executor: forward, backward, and the arrays
``binding``     how executors are made: from arrays, or from shapes
``pool``        memory for new executors, which they may share
``reshaping``   arrays of other shapes over the same memory
``watching``    telling a callback of what is computed
``heads``       the gradients that a backward pass starts from
``placement``   which operators run on which context
"""

from __future__ import annotations

from gluonish.executor.executor import Executor

__all__ = ["Executor"]
