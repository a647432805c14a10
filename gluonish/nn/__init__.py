"""Modules over the parameter core, as users of torch and Lucid write them."""

from gluonish.nn.module import Module
from gluonish.nn.parameter import Buffer, Parameter, UninitializedParameter

__all__ = ["Buffer", "Module", "Parameter", "UninitializedParameter"]
