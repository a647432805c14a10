"""What Gluon keeps apart: layers that are less used, or whose interface may change."""

from __future__ import annotations

from gluonish.gluon.contrib import nn, rnn

__all__ = ["nn", "rnn"]
