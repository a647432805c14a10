"""A folder for ``sys.path``, in which new interpreters find ``mxnet``.

A process that is started anew (not forked) by a script that runs as an MXNet program gets the path of its
parent, imports the script again, and with it ``mxnet``.
"""
