"""``regimen study``."""

import json
import shlex
import sys
from contextlib import nullcontext, redirect_stdout
from typing import Any

import click

from regimen.cli.listener import Listener
from regimen.cli.settings import gather, json_option, lang_option, study_options

DEMONSTRATION = "digits-demo"


@click.command()
@click.argument("source", required=False)
@click.option(
    "--preset",
    metavar="NAME",
    help="A study file shipped with regimen (see regimen list presets); SOURCE may replace its data.",
)
@click.option(
    "--arm", "arms", multiple=True, metavar="ARM",
    help='A remedy to try, "[NAME:] dropout=0.2,where=blocks + flip"; repeatable. dropout=0.1|0.3 makes one arm per '
    "strength; baseline alone tries none.  [default: l2, dropout, batchnorm, flip, shift]",
)  # fmt: skip
@click.option("--seeds", type=int, metavar="N", help="Runs per arm.  [default: 5]")
@click.option(
    "--until-decided", is_flag=True, default=None,
    help="Look after 5, 10 and 20 seeds, and stop when every arm has a verdict other than cannot tell.",
)  # fmt: skip
@study_options
@click.option(
    "--out", metavar="DIR",
    help="The study's directory.  [default: studies/NAME-HASH, or that of the study file if a study is there]",
)  # fmt: skip
@click.option(
    "--write", metavar="FILE",
    help="Write the study to a study file (.toml), all but --out and --workers, and train nothing.",
)  # fmt: skip
@lang_option
@json_option
def study(source: str | None, preset: str | None, write: str | None, lang: str, as_json: bool, **given: Any) -> int:
    """Try remedies against overfitting on images, and say which help.

    SOURCE is a named dataset, a folder of class folders, a .zip of one, an .npz, a folder of IDX files, or a study
    file (.toml). Without SOURCE: the demonstration on embedded digits.

    The same command again trains nothing that is finished, and goes on where it was stopped. So does DIR/study.toml,
    the study file in a study's directory.
    """
    from rich.console import Console

    if source is None and preset is None:
        preset = DEMONSTRATION
    asked = gather(source, preset, given)
    if write is not None:
        path = asked.write(write)
        told = f"Study file written: {path}\nTo run it: {shlex.join(['regimen', 'study', str(path)])}"
        click.echo(json.dumps({"written": str(path)}) if as_json else told)
        return 0
    errors = Console(stderr=True)
    aside = redirect_stdout(sys.stderr) if as_json else nullcontext()  # a user's model may print
    with Listener(errors) as listener, aside:
        result = asked.run(listener, listener.loading)
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
