"""The command line: one file per command; errors are translated here and nowhere else.

Exit status: 0 done; 1 unexpected failure; 2 unusable input; 3 finished but some runs (or all) failed; 130
interrupted, state saved.
"""

import sys
import traceback
from collections.abc import Sequence

import click

from regimen.cli.diagnose import diagnose
from regimen.cli.explain import explain
from regimen.cli.list import list_
from regimen.cli.report import report
from regimen.cli.search import search
from regimen.cli.study import study
from regimen.errors import RegimenError, RunError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="regimen")
def cli() -> None:
    """Controlled trials for overfitting.

    Trains a Keras model as it is and with each remedy, several seeds each, and says whether it overfits, which remedy
    helps on these images, by how much, and whether the difference is real.

    Begin with: regimen study
    """


for command in (study, search, diagnose, explain, report, list_):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and exits."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        arguments: without the program's name; None takes the process's.

    Returns:
        The exit status.
    """
    try:
        status = cli.main(arguments, prog_name="regimen", standalone_mode=False)
    except RegimenError as error:
        click.echo(f"Error: {error}", err=True)
        return 3 if isinstance(error, RunError) else 2
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. What was done is saved: the same command goes on from here.", err=True)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except Exception:
        traceback.print_exc()
        click.echo("This is a fault of regimen's, not yours: please report it with the lines above.", err=True)
        return 1
    return status if isinstance(status, int) else 0


if __name__ == "__main__":
    main()
