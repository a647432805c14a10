"""What optimizers do to weights, as operators: they write to ``out`` and change states in place.

``descent``  formulas of gradient descent, on raw arrays; the optimizers use the same ones
``adaptive`` formulas that adapt to past gradients
``single``   operators for one weight; ``layerwise``: by its norm or its rows
``several``  operators for several weights
``checks``   whether gradients are finite, and their norms
``common``   half precision, masters, rules
"""

from gluonish.ops.updates import adaptive, checks, descent, layerwise, several, single

__all__ = ["adaptive", "checks", "descent", "layerwise", "several", "single"]
