"""``regimen search``."""

import json
import sys
from contextlib import nullcontext, redirect_stdout
from typing import Any

import click

from regimen.cli.listener import Listener
from regimen.cli.settings import gather, json_option, lang_option, study_options
from regimen.language import say


@click.command()
@click.argument("source")
@click.option(
    "--arm", "arms", multiple=True, metavar="ARM",
    help="A candidate, as for regimen study; repeatable. dropout=0.1|0.3 makes one candidate per strength.  "
    "[default: every remedy with a place in the model, at its default strength]",
)  # fmt: skip
@click.option(
    "--budget", metavar="N|Nmin|Nh",
    help="Of the whole search: runs (60), or training time summed over runs (30min, 2h). The confirmation is reserved "
    "first.  [default: until nothing more helps]",
)  # fmt: skip
@click.option("--step-seeds", type=int, metavar="N", help="Runs per candidate and step.  [default: 3]")
@click.option("--seeds", type=int, metavar="N", help="Runs per arm of the confirming study.  [default: 10]")
@study_options
@click.option("--out", metavar="DIR", help="The search's directory.  [default: searches/NAME-HASH]")
@lang_option
@json_option
def search(source: str, budget: str | None, step_seeds: int | None, lang: str, as_json: bool, **given: Any) -> int:
    """Find remedies that help together, and confirm them.

    Trains the model as it is and with each candidate, takes the one that helps most, tries the others on top of it,
    and so on until none helps or the budget ends. A fresh study of the combination, with other seeds and other
    validation images, then gives the verdict.

    SOURCE is what regimen study takes; the arms of a study file are the candidates. The same command again trains
    nothing that is finished, and goes on where it was stopped.
    """
    from rich.console import Console

    from regimen.search import Search
    from regimen.search.search import STEP_SEEDS

    seeds = STEP_SEEDS if step_seeds is None else step_seeds
    asked = Search(gather(source, None, given), step_seeds=seeds, budget=budget)
    errors = Console(stderr=True)
    aside = redirect_stdout(sys.stderr) if as_json else nullcontext()  # a user's model may print
    with Listener(errors) as listener, aside:
        result = asked.run(listener, listener.loading)
        for found in filter(None, (result.tried, result.confirmation)):
            found.report(lang=lang)
            found.save_figure()
    if as_json:
        click.echo(json.dumps(result.to_json(), indent=1, allow_nan=False))
    else:
        _print(Console(), result, seeds, lang)
    for line in result.failed:
        errors.print(f"Failed: {line}", markup=False, highlight=False)
    return 3 if result.failed else 0


def _print(console: Any, result: Any, seeds: int, lang: str) -> None:
    """The path, then the confirming study, then where to read on."""
    from regimen.report.steps import print_steps
    from regimen.report.terminal import print_summary
    from regimen.report.writer import Writer

    write = Writer(console, lang)
    print_steps(console, result.steps, result.ended, seeds, lang)
    if result.confirmation is None:
        write.line()
        write.line(result.answer, style="bold")
    else:
        write.line()
        write.line(say("Confirmation of {combination}", combination=result.combination), style="bold")
        print_summary(console, result.confirmation.summary, result.confirmation.details, lang)
        write.line()
        write.line(result.shrinkage)
    # Wrapping would cut the path, so that it could be neither clicked nor copied.
    tried = say("Report of all that was tried: {path}", path=result.tried.details.report_path)
    console.print(write.text(tried), soft_wrap=True)
