"""The layers of ``gluonish.nn``, under torch's names and with its arguments, parameters and first values."""

from gluonish.nn.layers.activation import *  # noqa: F403
from gluonish.nn.layers.attention import *  # noqa: F403
from gluonish.nn.layers.conv import *  # noqa: F403
from gluonish.nn.layers.dropout import *  # noqa: F403
from gluonish.nn.layers.embedding import Embedding
from gluonish.nn.layers.linear import *  # noqa: F403
from gluonish.nn.layers.loss import *  # noqa: F403
from gluonish.nn.layers.norm import *  # noqa: F403
from gluonish.nn.layers.padding import *  # noqa: F403
from gluonish.nn.layers.pool import *  # noqa: F403
from gluonish.nn.layers.recurrent import *  # noqa: F403
