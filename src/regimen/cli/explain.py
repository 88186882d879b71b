"""``regimen explain``."""

import json
import sys
from contextlib import redirect_stdout

import click

from regimen.cli.settings import json_option, lang_option, size

_WIDEST = 100  # columns in which a sentence is still read with ease


@click.command()
@click.argument("remedy", required=False)
@click.option("--model", metavar="MODEL", help="A built-in network, file.keras, or module.py:function.")
@click.option(
    "--image-size", callback=size, metavar="H[xW]",
    help="For a model that takes any.  [default: what a built-in network was made for, else 64]",
)  # fmt: skip
@click.option("--channels", type=int, metavar="1|3", help="Likewise: grey or RGB.  [default: 3]")
@click.option("--classes", type=int, metavar="N", help="For a model that is yet to be built.  [default: 10]")
@lang_option
@json_option
def explain(
    remedy: str | None,
    model: str | None,
    image_size: int | tuple[int, int] | None,
    channels: int | None,
    classes: int | None,
    lang: str,
    as_json: bool,
) -> None:
    """What a remedy is and does, or what it would change in a model.

    REMEDY is a word such as dropout, or an arm such as "dropout=0.3,where=head + l2". Without --model its card is
    shown; with it, what would change, layer by layer, and the changed model as a complete Keras script. Without REMEDY
    all remedies are listed.
    """
    from rich.console import Console

    from regimen.errors import OptionError
    from regimen.explanation.explain import explain as explain_
    from regimen.explanation.explain import remedies_by_family
    from regimen.report.cards import print_list

    console = Console()
    console.width = min(console.width, _WIDEST)
    if remedy is None:
        if model is not None:
            raise OptionError('Which remedy? For example: regimen explain "dropout=0.3" --model MODEL')
        families = remedies_by_family()
        if as_json:
            click.echo(json.dumps({family: dict(members) for family, members in families}, indent=1))
        else:
            print_list(console, families, lang)
        return
    with redirect_stdout(sys.stderr):  # a user's model may print
        explained = explain_(remedy, model, image_size=image_size, channels=channels, classes=classes)
    if as_json:
        click.echo(json.dumps(explained.to_json(), indent=1))
    else:
        explained.show(console, lang)
