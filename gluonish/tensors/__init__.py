"""The tensor face: arrays as users of torch and Lucid know them.

``tensor``    the class; ``methods``: its methods; ``printing``: how it is shown
``creation``  making tensors
``functions`` functions of tensors, by family
``dtypes``    element types; ``device``: devices; ``arguments``: sizes and axes
``leaf``      variables that make their buffers late; ``modes``: what is recorded
``files``     saving and loading
"""

from gluonish.tensors import cuda
from gluonish.tensors.creation import *  # noqa: F403
from gluonish.tensors.device import device
from gluonish.tensors.dtypes import *  # noqa: F403
from gluonish.tensors.files import load, save
from gluonish.tensors.functions import *  # noqa: F403
from gluonish.tensors.modes import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from gluonish.tensors.tensor import Tensor

__all__ = [
    "Tensor",
    "cuda",
    "device",
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "load",
    "no_grad",
    "save",
    "set_grad_enabled",
]
