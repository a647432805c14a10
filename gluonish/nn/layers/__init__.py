"""The layers of ``gluonish.nn``, under torch's names and with its arguments, parameters and first values."""

from gluonish.nn.layers import (
    activation,
    attention,
    conv,
    distance,
    dropout,
    embedding,
    linear,
    loss,
    norm,
    padding,
    pool,
    recurrent,
)
from gluonish.nn.layers.activation import *  # noqa: F403
from gluonish.nn.layers.attention import *  # noqa: F403
from gluonish.nn.layers.conv import *  # noqa: F403
from gluonish.nn.layers.distance import *  # noqa: F403
from gluonish.nn.layers.dropout import *  # noqa: F403
from gluonish.nn.layers.embedding import *  # noqa: F403
from gluonish.nn.layers.linear import *  # noqa: F403
from gluonish.nn.layers.loss import *  # noqa: F403
from gluonish.nn.layers.norm import *  # noqa: F403
from gluonish.nn.layers.padding import *  # noqa: F403
from gluonish.nn.layers.pool import *  # noqa: F403
from gluonish.nn.layers.recurrent import *  # noqa: F403

__all__: list[str] = []
__all__ += activation.__all__
__all__ += attention.__all__
__all__ += conv.__all__
__all__ += distance.__all__
__all__ += dropout.__all__
__all__ += embedding.__all__
__all__ += linear.__all__
__all__ += loss.__all__
__all__ += norm.__all__
__all__ += padding.__all__
__all__ += pool.__all__
__all__ += recurrent.__all__
