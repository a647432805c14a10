"""What Gluon keeps apart: layers that are less used, or whose interface may change."""

from __future__ import annotations

from gluonish.gluon.contrib import cnn, nn, rnn

__all__ = ["cnn", "nn", "rnn"]
