"""Layers as functions, under torch's names: ``import gluonish.nn.functional as F``."""

from gluonish.nn.functional import (
    activation,
    attention,
    bags,
    classification,
    conv,
    ctc,
    distance,
    dropouts,
    linear_maps,
    loss,
    margins,
    normalization,
    padding,
    patches,
    pooling,
    resizing,
)
from gluonish.nn.functional.activation import *  # noqa: F403
from gluonish.nn.functional.attention import *  # noqa: F403
from gluonish.nn.functional.bags import *  # noqa: F403
from gluonish.nn.functional.classification import *  # noqa: F403
from gluonish.nn.functional.conv import *  # noqa: F403
from gluonish.nn.functional.ctc import *  # noqa: F403
from gluonish.nn.functional.distance import *  # noqa: F403
from gluonish.nn.functional.dropouts import *  # noqa: F403
from gluonish.nn.functional.linear_maps import *  # noqa: F403
from gluonish.nn.functional.loss import *  # noqa: F403
from gluonish.nn.functional.margins import *  # noqa: F403
from gluonish.nn.functional.normalization import *  # noqa: F403
from gluonish.nn.functional.padding import *  # noqa: F403
from gluonish.nn.functional.patches import *  # noqa: F403
from gluonish.nn.functional.pooling import *  # noqa: F403
from gluonish.nn.functional.resizing import *  # noqa: F403

__all__: list[str] = []
__all__ += activation.__all__
__all__ += attention.__all__
__all__ += bags.__all__
__all__ += classification.__all__
__all__ += conv.__all__
__all__ += ctc.__all__
__all__ += distance.__all__
__all__ += dropouts.__all__
__all__ += linear_maps.__all__
__all__ += loss.__all__
__all__ += margins.__all__
__all__ += normalization.__all__
__all__ += padding.__all__
__all__ += patches.__all__
__all__ += pooling.__all__
__all__ += resizing.__all__
