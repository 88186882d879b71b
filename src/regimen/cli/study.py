"""``regimen study``."""

import json
import shlex
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from typing import Any

import click

from regimen.errors import OptionError
from regimen.language import LANGUAGES

DEMONSTRATION = "digits-demo"


def _size(_: click.Context, __: click.Parameter, value: str | None) -> int | tuple[int, int] | None:
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


@click.command()
@click.argument("source", required=False)
@click.option("--preset", metavar="NAME", help="A study file shipped with regimen; SOURCE may replace its data.")
@click.option(
    "--arm", "arms", multiple=True, metavar="ARM",
    help='A remedy to try, "[NAME:] dropout=0.2,where=blocks + flip"; repeatable. dropout=0.1|0.3 makes one arm per '
    "strength; baseline alone tries none.  [default: l2, dropout, batchnorm, flip, shift]",
)  # fmt: skip
@click.option("--model", metavar="MODEL", help="A built-in network, file.keras, or module.py:function.")
@click.option("--weights", type=click.Choice(["fresh", "keep"]), help="What runs begin with.  [default: fresh]")
@click.option(
    "--image-size", callback=_size, metavar="H[xW]",
    help="Resize to this, keeping the aspect ratio, then crop.  [default: the model's input, else the images' common "
    "size, else 64]",
)  # fmt: skip
@click.option(
    "--scale", type=click.Choice(["standard", "unit", "none"]),
    help="Of pixels.  [default: standard, none if the model scales them itself]",
)  # fmt: skip
@click.option(
    "--validation", callback=_fraction, metavar="FRACTION",
    help="Part of the training images to validate on, or how many.  [default: the data's own part, else 0.3]",
)  # fmt: skip
@click.option("--split-seed", type=int, metavar="N", help="Seed of that division.  [default: 0]")
@click.option("--train-size", type=int, metavar="N", help="Use only N images of the training part, then divide them.")
@click.option("--seeds", type=int, metavar="N", help="Runs per arm.  [default: 5]")
@click.option(
    "--until-decided", is_flag=True, default=None,
    help="Look after 5, 10 and 20 seeds, and stop when every arm has a verdict other than cannot tell.",
)  # fmt: skip
@click.option("--epochs", type=int, metavar="N", help="Per run.  [default: 30]")
@click.option("--batch-size", type=int, metavar="N", help="Images per step.  [default: 32]")
@click.option("--optimizer", type=click.Choice(["adam", "sgd"]), help="With Keras' semantics.  [default: adam]")
@click.option("--learning-rate", type=float, metavar="RATE", help="[default: 0.001]")
@click.option("--momentum", type=float, metavar="M", help="Of sgd.  [default: 0]")
@click.option("--nesterov", is_flag=True, default=None, help="Nesterov momentum, for sgd.")
@click.option(
    "--margin",
    type=click.FloatRange(0, 100, min_open=True, max_open=True),
    metavar="POINTS",
    help="Smallest difference in accuracy that matters.  [default: 0.5]",
)
@click.option(
    "--precision", type=click.Choice(["auto", "float32", "bfloat16"]),
    help="auto is bfloat16 where the processor multiplies it natively.  [default: auto]",
)  # fmt: skip
@click.option("--workers", metavar="auto|N", help="Processes, one run each.  [default: auto, one per core]")
@click.option("--name", metavar="NAME", help="Of the study.  [default: the data's or the preset's]")
@click.option("--out", metavar="DIR", help="The study's directory.  [default: studies/NAME-HASH]")
@click.option(
    "--lang", type=click.Choice(list(LANGUAGES)), default="en", help="Of the report and the summary.  [default: en]"
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON document on standard output.")
def study(source: str | None, preset: str | None, lang: str, as_json: bool, **given: Any) -> int:
    """Try remedies against overfitting on images, and say which help.

    SOURCE is a named dataset, a folder of class folders, a .zip of one, an .npz, a folder of IDX files, or a study
    file (.toml). Without SOURCE: the demonstration on embedded digits.

    The same command again trains nothing that is finished, and goes on where it was stopped.
    """
    from rich.console import Console

    from regimen.report.progress import Display
    from regimen.study import Study

    asked_for = {key: value for key, value in given.items() if value not in (None, ())}
    if "margin" in asked_for:
        asked_for["margin"] /= 100
    written = _written(source, preset)
    if "seeds" in asked_for or "until_decided" in asked_for:  # one on the command line overrides the other in a file
        written = {key: value for key, value in written.items() if key not in ("seeds", "until_decided")}
    settings = {**written, **asked_for}
    asked = Study(**settings, command=shlex.join(["regimen", *(word for word in sys.argv[1:] if word != "--json")]))
    errors = Console(stderr=True)
    aside = redirect_stdout(sys.stderr) if as_json else nullcontext()  # a user's model may print
    with _Listener(errors, Display) as listener, aside:
        result = asked.run(listener, listener.decoding)
        result.report(lang=lang)
        result.save_figure()
    if as_json:
        click.echo(json.dumps(result.to_json(), indent=1, allow_nan=False))
    else:
        from regimen.report.terminal import print_summary

        print_summary(Console(), result.summary, result.details, lang)
    for line in result.failed:
        errors.print(f"Failed: {line}", markup=False, highlight=False)
    return 3 if result.failed else 0


def _written(source: str | None, preset: str | None) -> dict[str, Any]:
    """The settings that a study file or preset holds, with SOURCE as data."""
    from regimen.study.file import read_preset, read_study_file

    if source is not None and source.endswith(".toml"):
        if preset is not None:
            raise OptionError("A study file and --preset exclude each other: give one of them.")
        settings = read_study_file(source)
        if "data" not in settings:
            raise OptionError(f'The study file {source!r} names no data: add a line such as data = "photos".')
        return settings
    if preset is None and source is None:
        preset = DEMONSTRATION
    settings = read_preset(preset) if preset is not None else {}
    return settings if source is None else {**settings, "data": source}


class _Listener:
    """Shows a study's progress: decoding first, then the runs."""

    def __init__(self, console: Any, display: Callable[..., Any]) -> None:
        self.console, self.display_class = console, display
        self.display: Any = None
        self.bar: AbstractContextManager | None = None
        self.task: Any = None

    def __enter__(self) -> "_Listener":
        return self

    def __exit__(self, *error: Any) -> None:
        self._end_decoding()
        if self.display is not None:
            self.display.__exit__(*error)

    def decoding(self, done: int, total: int) -> None:
        """Called while images are decoded."""
        from rich.progress import Progress

        if self.bar is None:
            self.bar = Progress(console=self.console, transient=True)
            self.bar.__enter__()
            self.task = self.bar.add_task("Decoding images", total=total)
        self.bar.update(self.task, completed=done)

    def _end_decoding(self) -> None:
        if self.bar is not None:
            self.bar.__exit__(None, None, None)
            self.bar = None

    def __call__(self, event: dict[str, Any]) -> None:
        """Called with each event of the study."""
        if event["event"] == "planned":
            self._end_decoding()
            for note in event["notes"]:
                self.console.print(f"Note: {note}", markup=False, highlight=False)
            self.console.print(f"Study in {event['folder']}", markup=False, highlight=False)
            self.display = self.display_class(event["arms"], event["seeds"], event["epochs"], console=self.console)
            self.display.__enter__()
        else:
            self.display(event)
