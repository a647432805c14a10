"""Running programs that were written for Apache MXNet 1.x.

``names``   what MXNet's modules are called here
``finder``  ``import mxnet`` gives gluonish
``runner``  running a script that way: ``python -m gluonish run script.py``
``checker`` which names of MXNet a script uses that gluonish lacks: ``python -m gluonish check script.py``
"""

from __future__ import annotations

from gluonish.compat.finder import install_as_mxnet, is_installed, uninstall_as_mxnet

__all__ = ["install_as_mxnet", "is_installed", "uninstall_as_mxnet"]
