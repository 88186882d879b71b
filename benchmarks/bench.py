"""Runs Keras' own ``fit``, a plain PyTorch loop and Regimen in turn, on the same arrays, and writes what came of it.

    python benchmarks/bench.py [--only a] [--rounds 3] [--data SOURCE]

What was measured is kept in results.json, so that a part that is run later replaces only itself; RESULTS.md is written
from that, after every round.
"""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from contenders import Stage
from page import write_page
from parts import PARTS
from running import ContenderError, ask, run
from surroundings import cores, surroundings

from regimen.errors import RegimenError

HERE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, measures and writes."""
    given = _parse(arguments)
    given.folder.mkdir(parents=True, exist_ok=True)
    kept, page = given.folder / "results.json", given.folder / "RESULTS.md"
    results = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    if not given.write_only:
        with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as scratch:
            for letter in sorted(set(given.only or PARTS)):
                for measured in measure(letter, given, Path(scratch)):
                    results[letter] = measured
                    kept.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
                    page.write_text(write_page(results), encoding="utf-8")
    page.write_text(write_page(results), encoding="utf-8")


def measure(letter: str, given: argparse.Namespace, scratch: Path) -> Iterator[dict[str, Any]]:
    """Everything known of a part so far, after each of its rounds."""
    part, where = PARTS[letter], surroundings(given.python)
    made = part.material(given, scratch / letter)
    sizes = {"training": made.training, "validation": made.validation, "epochs": made.epochs}
    sizes["trainings"] = len(made.models)
    count = 1 if part.memory else given.rounds
    rounds: list[dict[str, Any]] = []
    so_far: dict[str, Any] = {"where": where, "sizes": sizes, "rounds": rounds}
    for number in range(count):
        stage = _stage(given, where, scratch / f"{letter}-{number}")
        contenders = part.contenders(stage, made)
        first = number * len(contenders) // count
        found = dict.fromkeys(contender.name for contender in contenders)
        for contender in contenders[first:] + contenders[:first]:
            try:
                found[contender.name] = run(contender, memory=part.memory)
                said = f"{found[contender.name]['wall_seconds']:.1f} s"
            except ContenderError as error:
                found[contender.name] = {"error": str(error)}
                said = str(error)
            print(f"({letter}) round {number + 1} of {count}: {contender.name}: {said}", file=sys.stderr, flush=True)
        rounds.append(found)
        yield so_far
    if part.profile:
        try:
            so_far["profile"] = ask(_stage(given, where, scratch / f"{letter}-profile").profile(made))
            yield so_far
        except ContenderError as error:
            print(f"({letter}) no profile: {error}", file=sys.stderr, flush=True)


def _stage(given: argparse.Namespace, where: dict[str, Any], folder: Path) -> Stage:
    folder.mkdir()
    return Stage(given.python, cores(), folder, bool(where["bfloat16"]))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--only", action="append", choices=sorted(PARTS), help="a part; repeatable; by default all")
    add("--data", default="cifar10", metavar="SOURCE", help="photos for all but (b): what regimen.load takes")
    add("--images", type=int, default=10_000, help="of (a) and (d), training and validation together")
    add("--resnet-images", type=int, default=500, help="of (c), likewise; at most as many as of (a)")
    add("--photos", type=int, default=60_000, help="of (e), made of those of (a)")
    add("--epochs", type=int, default=3, help="of each training in (a) and (c), at least 2")
    add("--demo-epochs", type=int, default=100, help="of each training in (b)")
    add("--demo-seeds", type=int, default=2, help="of each arm in (b)")
    add("--rounds", type=int, default=3, help="of (a), (b) and (c)")
    add("--write-only", action="store_true", help="only write the page again")
    add("--python", default=str(HERE.parent / ".venv-bench" / "bin" / "python"), help="the peers' interpreter")
    add("--folder", type=Path, default=HERE, help="of results.json and RESULTS.md")
    given = parser.parse_args(arguments)
    if given.epochs < 2 or min(given.rounds, given.demo_epochs, given.demo_seeds) < 1:
        parser.error("--epochs must be at least 2; --rounds, --demo-epochs and --demo-seeds at least 1")
    return given


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended from outside."))  # so that no contender stays behind
    try:
        main()
    except RegimenError as error:
        sys.exit(f"Error: {error}")
