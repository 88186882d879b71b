"""``regimen report``."""

import json
from dataclasses import replace
from pathlib import Path

import click

from regimen.cli.settings import json_option, lang_option


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--out", metavar="FILE", help="Where to write the report.  [default: DIR/report.html]")
@lang_option
@json_option
def report(folder: str, out: str | None, lang: str, as_json: bool) -> None:
    """Rebuild the report of the study in DIR, finished or not."""
    from rich.console import Console

    from regimen.report.terminal import print_summary
    from regimen.study import load_result

    result = load_result(Path(folder))
    written = result.report(out, lang=lang)
    result.save_figure()
    if as_json:
        click.echo(json.dumps({**result.to_json(), "report": str(written)}, indent=1, allow_nan=False))
    else:
        print_summary(Console(), result.summary, replace(result.details, report_path=str(written)), lang)
