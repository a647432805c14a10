"""Modules over the parameter core, as users of torch and Lucid write them.

``module``         Module; its parts are ``registration``, ``tree``, ``state``, ``moving`` and ``hooks``
``backward_hooks`` hooks that see gradients
``parameter``      Parameter and Buffer, on ``face``
``containers``     modules in modules; ``parameter_containers``: parameters in modules
``layers``         the layers
``functional``     the same as functions
``init``           first values
``utils``          many parameters at once
"""

from gluonish.nn import functional, init, layers, utils
from gluonish.nn.containers import ModuleDict, ModuleList, Sequential
from gluonish.nn.layers import *  # noqa: F403
from gluonish.nn.module import Module
from gluonish.nn.parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter
from gluonish.nn.parameter_containers import ParameterDict, ParameterList
from gluonish.nn.registration import (
    register_module_buffer_registration_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)

__all__ = [
    "Buffer",
    "Module",
    "ModuleDict",
    "ModuleList",
    "Parameter",
    "ParameterDict",
    "ParameterList",
    "Sequential",
    "UninitializedBuffer",
    "UninitializedParameter",
    "functional",
    "init",
    "register_module_buffer_registration_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
    "utils",
]
__all__ += layers.__all__
