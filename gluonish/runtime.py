"""``mx.runtime``: which optional features there are."""

from __future__ import annotations

from collections import OrderedDict

import attrs

from gluonish.context import num_gpus
from gluonish.errors import UnknownNameError

__all__ = ["Feature", "Features", "feature_list"]

_PRESENT = ("F16C", "LAPACK", "OPENMP", "PROFILER", "INT64_TENSOR_SIZE")
_ON_GPU = ("CUDA", "CUDNN", "CUDA_RTC")
_ABSENT = (
    "NCCL",
    "TENSORRT",
    "CPU_SSE",
    "CPU_SSE2",
    "CPU_SSE3",
    "CPU_SSE4_1",
    "CPU_SSE4_2",
    "CPU_SSE4A",
    "CPU_AVX",
    "CPU_AVX2",
    "SSE",
    "JEMALLOC",
    "BLAS_OPEN",
    "BLAS_ATLAS",
    "BLAS_MKL",
    "BLAS_APPLE",
    "MKLDNN",
    "OPENCV",
    "CAFFE",
    "DIST_KVSTORE",
    "CXX14",
    "SIGNAL_HANDLER",
    "DEBUG",
    "TVM_OP",
)
"""What MXNet asked its compiler for. Here NumPy and CuPy decide; programs that ask must not rely on it."""


@attrs.frozen(repr=False)
class Feature:
    """A feature and whether it is there."""

    name: str
    enabled: bool

    def __repr__(self) -> str:
        return f"{'✔' if self.enabled else '✖'} {self.name}"


def feature_list() -> list[Feature]:
    """Return all features."""
    gpu = num_gpus() > 0
    states = {**dict.fromkeys(_ON_GPU, gpu), **dict.fromkeys(_PRESENT, True), **dict.fromkeys(_ABSENT, False)}
    return [Feature(name, enabled) for name, enabled in states.items()]


class Features(OrderedDict[str, Feature]):
    """All features by name. There is one such object.

    Example:
        >>> Features().is_enabled("PROFILER")
        True
    """

    instance: Features | None = None

    def __new__(cls) -> Features:
        """Return the one object."""
        if cls.instance is None:
            cls.instance = super().__new__(cls)
            OrderedDict.__init__(cls.instance, [(each.name, each) for each in feature_list()])
        return cls.instance

    def __init__(self) -> None:
        """Leave the object as it is: it was filled when it was made."""

    def __repr__(self) -> str:
        return str(list(self.values()))

    def is_enabled(self, feature_name: str) -> bool:
        """Tell whether a feature is there.

        Raises:
            UnknownNameError: MXNet had no feature of that name.
        """
        name = feature_name.upper()
        if name not in self:
            raise UnknownNameError(f"Feature {name!r}", "is unknown", expected="one of " + ", ".join(self))
        return self[name].enabled
