"""Translated training images (crop with padding)."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import say
from regimen.plan import Plan, Receipt, Transform
from regimen.remedies.remedy import Remedy, shown

FILLS = ("edge", "reflect", "black")


@dataclass(frozen=True)
class Shift(Remedy):
    """Moves each training image by a random whole number of pixels, up to a fraction of its side, in both directions.

    Source: He, Zhang, Ren & Sun (2016), Deep residual learning for image recognition, CVPR, section 4.2 (padding by
    4 of 32 pixels and a random crop, which is ``shift=0.125,fill=black``).

    Args:
        fraction: largest shift as a fraction of height and width, 0–0.5; at least half a pixel unless 0.
        fill: what moves in at the border: ``edge`` (the outermost pixels repeated), ``reflect`` or ``black``.

    Raises:
        RemedyError: a fraction out of range or an unknown fill.
    """

    fraction: float = 0.125
    fill: str = "edge"
    word: ClassVar[str] = "shift"
    strength: ClassVar[str] = "fraction"

    def __post_init__(self) -> None:
        self.require_number("fraction", 0, 0.5)
        self.require(self.fill in FILLS, "fill", " or ".join(FILLS))

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Adds a transform of training images."""
        if any(other.kind == "shift" for other in plan.transforms):
            raise RemedyError("shift: the images are already shifted. Name it once.")
        if self.fraction == 0:
            return plan, self.receipt()
        height, width, _ = plan.graph.input_shape
        if height is None or width is None:
            raise RemedyError("shift: the model takes images of any size, so how far to move them is not known yet.")
        rows, columns = round(self.fraction * height), round(self.fraction * width)
        if rows == columns == 0:
            raise RemedyError(
                f"shift: {shown(self.fraction)} of {height}×{width} pixels is less than half a pixel, so nothing would "
                f"move. Use at least {1 / max(height, width):.2g}."
            )
        transform = Transform("shift", {"rows": rows, "columns": columns, "fill": self.fill})
        change = say(
            "training images: moved by up to {rows} px vertically and {columns} px horizontally, {fill} fill",
            rows=rows,
            columns=columns,
            fill=self.fill,
        )
        return plan.with_transform(transform), self.receipt(change)
