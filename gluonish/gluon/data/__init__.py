"""``mx.gluon.data``: datasets, samplers, and the loader that makes batches of them.

``dataset``    samples by number
``sampler``    the order in which they are read
``batchify``   one batch of several samples
``dataloader`` batches of a dataset; ``workers``: who makes them; ``processes``: those beside the program
``vision``     images
``arguments``  checks that these share
"""

from __future__ import annotations

from gluonish.gluon.data import vision
from gluonish.gluon.data.batchify import default_batchify_fn, default_mp_batchify_fn
from gluonish.gluon.data.dataloader import DataLoader
from gluonish.gluon.data.dataset import ArrayDataset, Dataset, RecordFileDataset, SimpleDataset
from gluonish.gluon.data.sampler import (
    BatchSampler,
    FilterSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
)

__all__ = [
    "ArrayDataset",
    "BatchSampler",
    "DataLoader",
    "Dataset",
    "FilterSampler",
    "RandomSampler",
    "RecordFileDataset",
    "Sampler",
    "SequentialSampler",
    "SimpleDataset",
    "default_batchify_fn",
    "default_mp_batchify_fn",
    "vision",
]
