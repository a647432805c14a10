"""What optimizers do to weights, as operators: they write to ``out`` and change states in place.

The formulas are in ``descent`` and ``adaptive``; the optimizers of ``gluonish.optimizer`` use the same ones.
"""

from gluonish.ops.updates import adaptive, checks, descent, layerwise, several, single

__all__ = ["adaptive", "checks", "descent", "layerwise", "several", "single"]
