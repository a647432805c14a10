"""Element types under torch's names."""

from __future__ import annotations

from gluonish.dtype import any_dtype, as_dtype

__all__ = [
    "bfloat16",
    "cdouble",
    "cfloat",
    "complex64",
    "complex128",
    "double",
    "float16",
    "float32",
    "float64",
    "half",
    "int8",
    "int16",
    "int32",
    "int64",
    "long",
    "uint8",
]

bfloat16 = as_dtype("bfloat16")
complex64 = cfloat = any_dtype("complex64")
complex128 = cdouble = any_dtype("complex128")
float16 = half = as_dtype("float16")
float32 = as_dtype("float32")
float64 = double = as_dtype("float64")
int8 = as_dtype("int8")
int16 = as_dtype("int16")
int32 = as_dtype("int32")
int64 = long = as_dtype("int64")
uint8 = as_dtype("uint8")
