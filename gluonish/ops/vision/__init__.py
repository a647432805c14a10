"""Operators on images and boxes. Each module is imported when one of its operators is first looked up."""
