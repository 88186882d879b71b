"""Trains one arm with as many seeds as there are cores, through Regimen: ``python regimen_study.py SETTINGS.json``.

Prints one line of JSON per finished epoch of every run.
"""

import json
import sys
from pathlib import Path
from typing import Any

import regimen as rg


def main() -> None:
    """Reads the settings and runs the study."""
    failed = study(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))).run(tell).failed
    if failed:
        sys.exit(failed[0])


def study(settings: dict[str, Any]) -> rg.Study:
    """Of one arm, with the settings that the benchmark gives everybody."""
    return rg.Study(
        settings["source"],
        model=settings["models"][0],
        arms=[],
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        learning_rate=settings["learning_rate"],
        seeds=settings["seeds"],
        scale="standard",
        weights="fresh",
        precision=settings["precision"],
        device="cpu",  # as the others
        out=settings["out"],
    )


def tell(event: dict[str, Any]) -> None:
    """Prints the end of an epoch."""
    if event["event"] == "epoch":
        told = {"training": event["seed"], "epoch": event["epoch"], "val_accuracy": event["metrics"]["val_acc"]}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
