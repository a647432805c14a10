"""The parameter core: states, replicas, gradients, optimizer slots, and their flat storage.

It knows nothing of blocks and trainers. ``gluonish.gluon`` puts a face on it.

``core``      one parameter: its attributes and the life it leads
``states``    the three states it can be in, as types
``lifecycle`` initialising, completing and moving many parameters at once
``settling``  placeholders for those that wait for a shape; ``explain``: why they still wait
``flat``      groups of parameters that lie behind each other in memory
``slots``     what an optimizer keeps per parameter, laid out like the data
``rows``      sparse gradients, and parameters used row by row
``plan``      which pieces of memory an operation over many parameters touches
``step``      one step of an optimizer; ``norms``: clipping
``matching``  which array of a file belongs where; ``report``: what was found
"""
