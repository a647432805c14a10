"""``mx.gluon.data.vision``: image datasets, and transformations of images.

``datasets``   labelled images; ``image_files``: from compressed files
``transforms`` all transformations: ``cropping``, ``colors``, ``rotation``
``images``     what these are made of
"""

from __future__ import annotations

from gluonish.gluon.data.vision import transforms
from gluonish.gluon.data.vision.datasets import CIFAR10, CIFAR100, MNIST, Digits, FashionMNIST
from gluonish.gluon.data.vision.image_files import ImageFolderDataset, ImageRecordDataset

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "MNIST",
    "Digits",
    "FashionMNIST",
    "ImageFolderDataset",
    "ImageRecordDataset",
    "transforms",
]
