"""The settings of a study on the command line: the options that commands share, and what they come to."""

import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from regimen.errors import OptionError
from regimen.language import LANGUAGES

if TYPE_CHECKING:
    from regimen.study import Study


def size(_: click.Context, __: click.Parameter, value: str | None) -> int | tuple[int, int] | None:
    """Reads the value of ``--image-size``."""
    if value is None:
        return None
    parts = value.lower().split("x")
    if len(parts) not in (1, 2) or not all(part.isdigit() and int(part) > 0 for part in parts):
        raise click.BadParameter(f"expected pixels as H or HxW, for example 96 or 96x128; received {value!r}.")
    return int(parts[0]) if len(parts) == 1 else (int(parts[0]), int(parts[1]))


def _fraction(_: click.Context, __: click.Parameter, value: str | None) -> float | int | None:
    if value is None:
        return None
    try:
        return int(value) if value.isdigit() else float(value)
    except ValueError:
        message = f"expected a fraction such as 0.3, or a number of images; received {value!r}."
        raise click.BadParameter(message) from None


_OPTIONS = (
    click.option("--model", metavar="MODEL", help="A built-in network, file.keras, or module.py:function."),
    click.option("--weights", type=click.Choice(["fresh", "keep"]), help="What runs begin with.  [default: fresh]"),
    click.option(
        "--image-size",
        callback=size,
        metavar="H[xW]",
        help="Resize to this, keeping the aspect ratio, then crop.  [default: the model's input, else the images' "
        "common size, else 64]",
    ),
    click.option(
        "--scale",
        type=click.Choice(["standard", "unit", "none"]),
        help="Of pixels.  [default: standard, none if the model scales them itself]",
    ),
    click.option(
        "--scale-from",
        type=click.Choice(["training", "all"]),
        help="Images that standard scaling is measured on: those that train, or those that validate too.  "
        "[default: training]",
    ),
    click.option(
        "--validation",
        callback=_fraction,
        metavar="FRACTION",
        help="Part of the training images to validate on, or how many.  [default: the data's own part, else 0.3]",
    ),
    click.option("--split-seed", type=int, metavar="N", help="Seed of that division.  [default: 0]"),
    click.option(
        "--stratify/--no-stratify",
        default=None,
        help="Divide each class in the same proportion.  [default: stratify]",
    ),
    click.option("--train-size", type=int, metavar="N", help="Use only N training images, then divide them."),
    click.option("--epochs", type=int, metavar="N", help="Per run.  [default: 30]"),
    click.option("--batch-size", type=int, metavar="N", help="Images per step.  [default: 32]"),
    click.option(
        "--shuffle",
        type=click.Choice(["each-epoch", "once"]),
        help="The order of training images: new in each epoch, or always the first one's.  [default: each-epoch]",
    ),
    click.option(
        "--optimizer",
        type=click.Choice(["adam", "adamw", "rmsprop", "sgd"]),
        help="With Keras' semantics.  [default: adam]",
    ),
    click.option("--learning-rate", type=float, metavar="RATE", help="[default: 0.001]"),
    click.option("--momentum", type=float, metavar="M", help="Of rmsprop and sgd.  [default: 0]"),
    click.option("--nesterov", is_flag=True, default=None, help="Nesterov momentum, for sgd."),
    click.option(
        "--weight-decay",
        type=float,
        metavar="DECAY",
        help="Decoupled, of all weights.  [default: 0.004 for adamw, else 0]",
    ),
    click.option(
        "--class-weight",
        metavar="balanced|CLASS=WEIGHT,…",
        help="How much images of a class count in the training loss; balanced: the more, the fewer there are.  "
        "[default: 1]",
    ),
    click.option(
        "--margin",
        type=click.FloatRange(0, 100, min_open=True, max_open=True),
        metavar="POINTS",
        help="Smallest difference in accuracy that matters.  [default: 0.5]",
    ),
    click.option(
        "--precision",
        type=click.Choice(["auto", "float32", "bfloat16"]),
        help="auto is bfloat16 where the processor multiplies it natively.  [default: auto]",
    ),
    click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda"]),
        help="cuda: an NVIDIA GPU, not measured yet.  [default: auto, which is cpu]",
    ),
    click.option("--workers", metavar="auto|N", help="Processes, one run each.  [default: auto, one per core]"),
    click.option("--name", metavar="NAME", help="Of the study.  [default: the data's or the preset's]"),
)


def study_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that say what is trained, on which images, and how."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


lang_option = click.option(
    "--lang", type=click.Choice(list(LANGUAGES)), default="en", show_default=True, help="Language of the answer."
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the result as one JSON document on standard output."
)


def gather(source: str | None, preset: str | None, given: dict[str, Any]) -> "Study":
    """The study of a study file or preset, with the settings of the command line over its own.

    Args:
        source: data, or a study file (``.toml``).
        preset: name of a study file shipped with the package; ``source`` may replace its data.
        given: options by name; those that are None or empty were not given.

    Raises:
        OptionError: the file, the preset or a setting cannot be used.
    """
    from regimen.study import Study
    from regimen.study.file import from_points

    asked_for = {key: value for key, value in given.items() if value not in (None, ())}
    if "margin" in asked_for:
        asked_for["margin"] = from_points(asked_for["margin"])
    asked_for["command"] = shlex.join(["regimen", *(word for word in sys.argv[1:] if word != "--json")])
    if source is not None and source.endswith(".toml"):
        if preset is not None:
            raise OptionError("A study file and --preset exclude each other: give one of them.")
        return Study.read(source, **asked_for)
    if source is not None:
        asked_for["data"] = source
    return Study(**asked_for) if preset is None else Study.read(preset, **asked_for)
