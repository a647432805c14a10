"""Networks from the literature, with the parameter names of MXNet's model zoo."""

from __future__ import annotations

from gluonish.gluon.model_zoo import model_store, vision

__all__ = ["model_store", "vision"]
