"""How often a step of a search takes a remedy that does nothing, and finds one that helps, by the level that decides.

Run as ``python simulations/searches.py``; it prints the rates that ``docs/search.md`` cites. The simulated studies are
those of ``studies.py``; what is measured is what ``regimen.analysis.selection`` decides by. ``--steps`` makes a quick
look of it.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from studies import World, mean_squares
from verdicts import MARGIN, WORLDS

from regimen.analysis.comparison import Verdict, read_verdict
from regimen.analysis.selection import LEVEL

CANDIDATES, SEEDS, EFFECT = 10, 3, 0.02
LEVELS = {"85 %, each by itself": LEVEL, "95 %, corrected for ten": 1 - 0.05 / CANDIDATES}
SHOWN = (("seeds dominate", 500), ("mixed", 500), ("mixed", 10_000), ("images dominate", 500))


def taken(world: World, images: int, level: float, steps: int, candidates: int, effect: float) -> float:
    """Share of the steps in which at least one candidate is shown to help.

    Args:
        world: of the simulated trainings.
        images: that validate.
        level: confidence of a candidate's interval.
        steps: simulated.
        candidates: of a step.
        effect: true difference of each, as a fraction.
    """
    rng, found = np.random.default_rng(1), 0
    for _ in range(steps):
        layouts = mean_squares(world.draw(rng, candidates, SEEDS, images, effect), images, SEEDS)
        found += any(read_verdict(*one.interval(level)[:2], MARGIN) is Verdict.HELPS for one in layouts)
    return found / steps


def table(steps: int) -> str:
    """The rates, as Markdown."""
    names = [f"{what}, {level}" for what in ("nothing taken for help", "2 points found") for level in LEVELS]
    rows = [["world", "images", *names], ["---"] * (2 + len(names))]
    for name, images in SHOWN:
        shares = [
            taken(WORLDS[name], images, level, steps, candidates, effect)
            for candidates, effect in ((CANDIDATES, 0.0), (1, EFFECT))
            for level in LEVELS.values()
        ]
        rows.append([name, f"{images:,}", *(f"{100 * share:.0f} %" for share in shares)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300, help="simulated, per cell")
    print(table(parser.parse_args(arguments).steps))


if __name__ == "__main__":
    main()
