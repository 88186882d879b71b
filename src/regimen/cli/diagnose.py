"""``regimen diagnose``."""

import json

import click

from regimen.cli.settings import json_option, lang_option
from regimen.language import say


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--validation-images", type=click.IntRange(1), metavar="N", help="How many images validation used.")
@click.option("--figure", metavar="FILE", help="Write the learning curves to a .png or .svg file.")
@lang_option
@json_option
def diagnose(
    files: tuple[str, ...], validation_images: int | None, figure: str | None, lang: str, as_json: bool
) -> None:
    """Does a training overfit? Since when, and where to stop?

    Reads learning curves from each FILE: the JSON or CSV of a Keras History, a table with a row per epoch, a notebook
    with its outputs, or any text with Keras' progress output, such as a console log or a saved web page; - is standard
    input. A file may hold several trainings. Several are put side by side.
    """
    from rich.console import Console

    from regimen.diagnosis import diagnose as diagnose_
    from regimen.report.trainings import print_trainings
    from regimen.report.writer import Writer

    result = diagnose_(list(files), validation_images=validation_images)
    if figure:
        result.save_figure(figure, lang)
    if as_json:
        click.echo(json.dumps(result.to_json(), indent=1, allow_nan=False))
    else:
        console = Console()
        print_trainings(console, result.diagnoses, result.comparison, lang)
        if figure:
            # Wrapping would cut the path, so that it could be neither clicked nor copied.
            console.print(Writer(console, lang).text(say("Figure: {path}", path=figure)), soft_wrap=True)
