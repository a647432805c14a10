"""Convolutions of ``gluon.contrib``."""

from __future__ import annotations

from gluonish.gluon.contrib.cnn.conv_layers import DeformableConvolution, ModulatedDeformableConvolution

__all__ = ["DeformableConvolution", "ModulatedDeformableConvolution"]
