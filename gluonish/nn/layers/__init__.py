"""The layers of ``gluonish.nn``, under torch's names and with its arguments, parameters and first values."""

from gluonish.nn.layers import (
    activation,
    attention,
    conv,
    distance,
    dropout,
    embedding,
    layer_norm,
    lazy_conv,
    linear,
    loss,
    margins,
    norm,
    padding,
    patches,
    pool,
    recurrent,
    recurrent_cells,
    transformer,
    transformer_layers,
)
from gluonish.nn.layers.activation import *  # noqa: F403
from gluonish.nn.layers.attention import *  # noqa: F403
from gluonish.nn.layers.conv import *  # noqa: F403
from gluonish.nn.layers.distance import *  # noqa: F403
from gluonish.nn.layers.dropout import *  # noqa: F403
from gluonish.nn.layers.embedding import *  # noqa: F403
from gluonish.nn.layers.layer_norm import *  # noqa: F403
from gluonish.nn.layers.lazy_conv import *  # noqa: F403
from gluonish.nn.layers.linear import *  # noqa: F403
from gluonish.nn.layers.loss import *  # noqa: F403
from gluonish.nn.layers.margins import *  # noqa: F403
from gluonish.nn.layers.norm import *  # noqa: F403
from gluonish.nn.layers.padding import *  # noqa: F403
from gluonish.nn.layers.patches import *  # noqa: F403
from gluonish.nn.layers.pool import *  # noqa: F403
from gluonish.nn.layers.recurrent import *  # noqa: F403
from gluonish.nn.layers.recurrent_cells import *  # noqa: F403
from gluonish.nn.layers.transformer import *  # noqa: F403
from gluonish.nn.layers.transformer_layers import *  # noqa: F403

__all__: list[str] = []
__all__ += activation.__all__
__all__ += attention.__all__
__all__ += conv.__all__
__all__ += distance.__all__
__all__ += dropout.__all__
__all__ += embedding.__all__
__all__ += layer_norm.__all__
__all__ += lazy_conv.__all__
__all__ += linear.__all__
__all__ += loss.__all__
__all__ += margins.__all__
__all__ += norm.__all__
__all__ += padding.__all__
__all__ += patches.__all__
__all__ += pool.__all__
__all__ += recurrent.__all__
__all__ += recurrent_cells.__all__
__all__ += transformer.__all__
__all__ += transformer_layers.__all__
