"""What moves in at the border of an image that is turned, zoomed or moved."""

FILLS = ("edge", "reflect", "black")
"""The outermost pixels repeated, the image mirrored at them, or nothing."""
