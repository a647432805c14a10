"""``mx.kv``, ``mx.kvstore``: stores that add what several replicas bring, and hand the result back.

``base``        the interface that every store fulfils, and the registry of users' own
``kvstore``     the stores of one machine
``compression`` what they can do to gradients on the way
``arguments``   keys with their values, in every form
"""

from __future__ import annotations

from gluonish.kvstore import base, kvstore
from gluonish.kvstore.base import KVStoreBase
from gluonish.kvstore.kvstore import KVStore, create

__all__ = ["KVStore", "KVStoreBase", "base", "create", "kvstore"]
