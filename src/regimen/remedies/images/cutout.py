"""Training images with a piece covered."""

from dataclasses import dataclass
from typing import ClassVar

from regimen.errors import RemedyError
from regimen.language import say
from regimen.plan import Plan, Receipt, Transform
from regimen.remedies.card import Card
from regimen.remedies.images.pixels import mean_color, whole_pixels
from regimen.remedies.remedy import Remedy


@dataclass(frozen=True)
class Cutout(Remedy):
    """Covers a square of each training image, at a random place, anew in every epoch.

    Its centre is uniform over the image, so that it may stick out. Its colour is the mean colour of the training images
    where they are standardized (then the network sees zeros), and the middle of the range, 127.5, elsewhere.

    Source: DeVries & Taylor (2017), Improved regularization of convolutional neural networks with cutout,
    arXiv:1708.04552.

    Args:
        side: of the square, as a fraction of each side of the image, 0–1; at least half a pixel unless 0.

    Raises:
        RemedyError: a side out of range.
    """

    side: float = 0.5
    word: ClassVar[str] = "cutout"
    strength: ClassVar[str] = "side"
    card: ClassVar[Card] = Card(
        what=say(
            "A square at a random place of each training image is covered with the mean colour, at another place in "
            "every epoch. The network must learn to recognize an object by all of its parts, not by the most telling "
            "one alone."
        ),
        formula=(
            "centre ~ uniform over the pixels, side = f · the image's side\n"
            "result(p) = mean colour within the square, image(p) elsewhere"
        ),
        helps=say(
            "Small images of single objects, CIFAR-10 above all; and where objects can be partly hidden in practice."
        ),
        hurts=say(
            "Where the telling detail is small: when the square covers it, the label is wrong. Small networks that "
            "hardly overfit only get slower with it."
        ),
        strengths=say(
            "0.5 for ten coarse classes and 0.25 for a hundred finer ones, as in the paper. The finer the difference "
            "between classes, the smaller."
        ),
        interactions={
            "flip": say("The paper's results are on top of flips and shifts, which it does not replace."),
            "dropout": say("Both hide parts, cutout in the image and whole; dropout can often be weaker then."),
            "cutmix": say("CutMix fills such a piece with another image instead of nothing; use one of the two."),
        },
        keras=(
            "x = keras.layers.RandomErasing(\n"
            "    factor=(1.0, 1.0),\n"
            "    scale=(0.5**2, 0.5**2),\n"
            "    fill_value=127.5,  # keeps the square inside the image\n"
            ")(x)"
        ),
        papers=(
            "DeVries & Taylor (2017), Improved regularization of convolutional neural networks with cutout, "
            "arXiv:1708.04552.",
            "Zhong, Zheng, Kang, Li & Yang (2020), Random erasing data augmentation, AAAI.",
        ),
    )

    def __post_init__(self) -> None:
        self.require_number("side", 0, 1)

    def apply(self, plan: Plan) -> tuple[Plan, Receipt]:
        """Adds a transform of training images."""
        if any(other.kind == "cutout" for other in plan.transforms):
            raise RemedyError("cutout: the images are already covered in part. Name it once.")
        if self.side == 0:
            return plan, self.receipt()
        rows, columns = whole_pixels(plan, self.side, self.word)
        transform = Transform("cutout", {"rows": rows, "columns": columns, "color": mean_color(plan)})
        change = say(
            "training images: {rows} × {columns} px covered with {color}",
            rows=rows,
            columns=columns,
            color=say("their mean colour") if plan.scaling.kind == "standard" else say("grey"),
        )
        return plan.with_transform(transform), self.receipt(change)
