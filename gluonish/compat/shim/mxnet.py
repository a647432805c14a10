"""What ``import mxnet`` finds in a new interpreter: it makes way for gluonish."""

import importlib
import sys

from gluonish.compat.finder import install_as_mxnet

if __name__ == "mxnet":
    del sys.modules[__name__]
    install_as_mxnet()
    importlib.import_module(__name__)
