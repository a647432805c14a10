"""Helpers for tests, of this library and of programs that use it."""

from __future__ import annotations

from gluonish.testing.gradient import GradientMismatch, check_gradient

__all__ = ["GradientMismatch", "check_gradient"]
