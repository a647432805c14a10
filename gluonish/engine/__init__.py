"""The array engine: arrays, the operator registry, kernel lookup and the tape.

It knows which operators exist only through the registry: ``gluonish.ops`` fills it. See README.md in this
folder for the path of one operator through these modules.

As ``mx.engine`` it has what MXNet's programs know of the engine: ``bulk`` and ``set_bulk_size``.
"""

from __future__ import annotations

from gluonish.engine.bulk import bulk, set_bulk_size

__all__ = ["bulk", "set_bulk_size"]
