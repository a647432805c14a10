"""Reading and writing files of arrays, without Apache MXNet.

``streams``       paths, bytes and streams, all in one way; what a file seems to be
``atomic``        files that appear whole or not at all; ``manifest``: sets of files
``cursor``        taking bytes apart, checking that they are there
``records``       one array as MXNet's files hold it, dense or sparse
``params``        lists of such: ``.params`` files
``recordio``      files of records of any kind: ``.rec`` files
``pickles``       pickles, read without running them; ``torch_files``: those of PyTorch
``stored``        arrays that stay in their file until they are needed, with aliases
``sparse_parts``  sparse arrays as dense ones that belong together
``tensors``       one safetensors file
``shards``        several of them, with an index
``npz``           NumPy's archives
``idx``           MNIST's files; ``images``: compressed images
``formats``       which of all these a path asks for
"""

from __future__ import annotations

from gluonish.serialization.formats import format_of, load, open_arrays, save
from gluonish.serialization.params import load_frombuffer
from gluonish.serialization.stored import StoredArray, StoredArrays

__all__ = ["StoredArray", "StoredArrays", "format_of", "load", "load_frombuffer", "open_arrays", "save"]
