"""Functions of tensors under torch's names, with axes as ``dim`` and ``keepdim`` (or ``axis``, ``keepdims``).

They are put together from ``mx.np`` and the operator table; each is differentiable wherever it is smooth.
"""

from gluonish.tensors.functions.arithmetic import *  # noqa: F403
from gluonish.tensors.functions.complex_numbers import *  # noqa: F403
from gluonish.tensors.functions.elementwise import *  # noqa: F403
from gluonish.tensors.functions.products import *  # noqa: F403
from gluonish.tensors.functions.reduction import *  # noqa: F403
from gluonish.tensors.functions.scattering import *  # noqa: F403
from gluonish.tensors.functions.selecting import *  # noqa: F403
from gluonish.tensors.functions.shaping import *  # noqa: F403
