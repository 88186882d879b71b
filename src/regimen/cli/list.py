"""``regimen list``."""

import inspect
import json

import click

KINDS = ("datasets", "models", "remedies", "presets")


@click.command("list")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document: name → description.")
def list_(kind: str, as_json: bool) -> None:
    """List what can be named: datasets, models, remedies or presets."""
    found = {"datasets": _datasets, "models": _models, "remedies": _remedies, "presets": _presets}[kind]()
    if as_json:
        click.echo(json.dumps(found, indent=1, ensure_ascii=False))
        return
    width = max(map(len, found))
    for name, description in found.items():
        click.echo(f"{name:<{width}}  {description}")


def _datasets() -> dict[str, str]:
    from regimen.data.named import NAMED

    return {name: _summary(source) for name, source in NAMED.items()}


def _models() -> dict[str, str]:
    from regimen.models.networks import NETWORKS

    return {name: _summary(network) for name, network in NETWORKS.items()}


def _remedies() -> dict[str, str]:
    from regimen.remedies import REMEDIES

    return {word: _summary(remedy) for word, remedy in sorted(REMEDIES.items())}


def _presets() -> dict[str, str]:
    from regimen.study.file import presets

    return presets()


def _summary(thing: object) -> str:
    """The first line of a docstring, as plain text."""
    return inspect.getdoc(thing).splitlines()[0].replace("``", "")
