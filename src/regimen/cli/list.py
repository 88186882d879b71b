"""``regimen list``."""

import inspect
import json

import click

KINDS = ("datasets", "models", "remedies", "presets")

_Groups = dict[str, dict[str, str]]
"""Heading, empty where there is none → name → description."""


@click.command("list")
@click.argument("kind", type=click.Choice(KINDS))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document: name → description.")
def list_(kind: str, as_json: bool) -> None:
    """List what can be named: datasets, models, presets, or remedies by what they change."""
    groups = {"datasets": _datasets, "models": _models, "remedies": _remedies, "presets": _presets}[kind]()
    if as_json:
        found = {name: text for members in groups.values() for name, text in members.items()}
        click.echo(json.dumps(found, indent=1, ensure_ascii=False))
        return
    width = max(len(name) for members in groups.values() for name in members)
    for place, (group, members) in enumerate(groups.items()):
        if group:
            click.echo(f"{chr(10) if place else ''}{group}:")
        for name, description in members.items():
            click.echo(f"{'  ' if group else ''}{name:<{width}}  {description}")


def _datasets() -> _Groups:
    from regimen.data.named import NAMED

    return {"": {name: _summary(source) for name, source in NAMED.items()}}


def _models() -> _Groups:
    from regimen.models.networks import NETWORKS

    return {"": {name: _summary(network) for name, network in NETWORKS.items()}}


def _remedies() -> _Groups:
    from regimen.remedies import FAMILIES

    return {family: {remedy.word: _summary(remedy) for remedy in found} for family, found in FAMILIES.items()}


def _presets() -> _Groups:
    from regimen.study.file import presets

    return {"": presets()}


def _summary(thing: object) -> str:
    """The first line of a docstring, as plain text."""
    return inspect.getdoc(thing).splitlines()[0].replace("``", "")
