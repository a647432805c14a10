"""Operators on images and boxes. Each module is imported when one of its operators is first looked up.

``boxes``      overlap, suppression, matching
``regions``    features of regions
``resizing``   resizing
``sampling``   sampling at the points of a grid
``deformable`` deformed convolution
"""
