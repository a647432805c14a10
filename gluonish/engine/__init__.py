"""The array engine: arrays, the operator registry, kernel lookup and the tape.

It knows which operators exist only through the registry: ``gluonish.ops`` fills it. See README.md in this
folder for the path of one operator through these modules.
"""
