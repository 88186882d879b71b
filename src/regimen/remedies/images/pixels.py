"""What remedies know of the images from the plan: their size, and a colour that says nothing."""

from regimen.errors import RemedyError
from regimen.plan import Plan
from regimen.remedies.remedy import shown


def whole_pixels(plan: Plan, fraction: float, word: str) -> tuple[int, int]:
    """A fraction of the height and of the width of the images, in whole pixels.

    Raises:
        RemedyError: the size is not known, or nothing is left of it.
    """
    height, width, _ = plan.graph.input_shape
    if height is None or width is None:
        raise RemedyError(
            f"{word}: the model takes images of any size, so the number of pixels is not known yet. Use a model with a "
            "fixed input size."
        )
    rows, columns = round(fraction * height), round(fraction * width)
    if rows == columns == 0:
        raise RemedyError(
            f"{word}: {shown(fraction)} of {height}×{width} pixels is less than half a pixel, so nothing would "
            f"change. Use at least {1 / max(height, width):.2g}."
        )
    return rows, columns


def mean_color(plan: Plan) -> list[float]:
    """The colour (0–255) that becomes 0 in the network where images are standardized; else the middle of the range."""
    return list(plan.scaling.mean) if plan.scaling.kind == "standard" else [127.5]
