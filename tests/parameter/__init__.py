"""Tests of the parameter core."""
