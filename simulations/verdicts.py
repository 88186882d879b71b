"""How often verdicts are wrong, how often intervals cover, and whether the seeds named would have been enough.

Run as ``python simulations/verdicts.py``; the tables go between the markers of ``docs/statistics.md``. The simulated
studies are those of ``studies.py``; what is measured is the code that decides, ``regimen.analysis``. ``--studies``
makes a quick look of it.
"""

import argparse
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
from scipy.special import stdtrit
from studies import World, mean_squares

from regimen.analysis.comparison import Verdict, read_verdict
from regimen.analysis.crossed import Crossed
from regimen.analysis.power import POWER, seeds_needed

DOCUMENT = Path(__file__).parents[1] / "docs" / "statistics.md"
WORLDS = {
    "seeds dominate": World(0.75, 0.015, shared=0.3, image_effect=0.10, rest=0.20),
    "images dominate": World(0.75, 0.002, shared=0.3, image_effect=0.40, rest=0.15),
    "rest dominates": World(0.75, 0.001, shared=0.3, image_effect=0.03, rest=0.45),
    "mixed": World(0.90, 0.004, shared=0.3, image_effect=0.20, rest=0.35),
    "accuracy 97 %": World(0.97, 0.002, shared=0.3, image_effect=0.15, rest=0.30),
    "accuracy 50 %": World(0.50, 0.007, shared=0.3, image_effect=0.25, rest=0.40),
    "heavy tails": World(0.85, 0.006, shared=0.3, image_effect=0.15, rest=0.30, tails=4),
}
IMAGES = (150, 10_000)
SEEDS = (2, 3, 5, 10, 20)
ARMS = (1, 4, 10)
LOOKS = (5, 10, 20)
PILOTS = (3, 5, 10)
MARGINS = (0.005, 0.01, 0.02)
MARGIN = 0.005
LEVEL = 0.95
ADVISED = 500  # pilot studies whose advice is checked

Layouts = dict[int, list[list[Crossed]]]  # by number of seeds: study by study, arm by arm


def layouts(world: World, images: int, studies: int) -> Layouts:
    """Studies without a true difference; those of few seeds are the beginning of those of many."""
    rng = np.random.default_rng([images, *np.frombuffer(repr(world).encode(), np.uint8)])
    found: Layouts = {seeds: [] for seeds in SEEDS}
    for _ in range(studies):
        differences = world.draw(rng, max(ARMS), max(SEEDS), images)
        for seeds, studied in found.items():
            studied.append(mean_squares(differences, images, seeds))
    return found


def excludes_zero(layout: Crossed, level: float) -> bool:
    """Whether a verdict of *helps* or *hurts* is read, at the smallest margin."""
    low, high, _ = layout.interval(level)
    return low > 0 or high < 0


def false_calls(studied: list[list[Crossed]], arms: int) -> float:
    """Share of studies in which any arm is said to help or hurt."""
    level = 1 - (1 - LEVEL) / arms
    return float(np.mean([any(excludes_zero(layout, level) for layout in study[:arms]) for study in studied]))


def coverage(studied: list[list[Crossed]], level: float = LEVEL) -> float:
    """Share of intervals that hold the true difference, 0, each at its own level."""
    return 1 - float(np.mean([[excludes_zero(layout, level) for layout in study] for study in studied]))


def others(studied: list[list[Crossed]]) -> dict[str, tuple[float, float]]:
    """Coverage and mean width, relative to ours, of other intervals at the same level."""
    flat = [layout for study in studied for layout in study]
    n, count = flat[0].seeds, flat[0].images
    mean, ours = (np.array(x) for x in zip(*((x.mean, x.interval(LEVEL)[1] - x.mean) for x in flat), strict=True))
    seed, image, rest = (
        np.array([getattr(x, f"{part}_variance") for x in flat]) / size
        for part, size in (("seed", n), ("image", count), ("rest", n * count))
    )
    both = np.maximum(seed + image - rest, np.maximum(seed, image))
    spread = seed**2 / (n - 1) + image**2 / (count - 1) + rest**2 / ((n - 1) * (count - 1))
    df = np.maximum(n - 1, both**2 / np.maximum(spread, 1e-300))
    tail = (1 + LEVEL) / 2
    reach = {
        "n − 1": stdtrit(n - 1, tail) * np.sqrt(both),
        "Satterthwaite": stdtrit(df, tail) * np.sqrt(both),
        "seeds only": stdtrit(n - 1, tail) * np.sqrt(seed),
    }
    return {name: (float(np.mean(np.abs(mean) <= r)), float(r.mean() / ours.mean())) for name, r in reach.items()}


def until_decided(found: Layouts, arms: int) -> tuple[float, float]:
    """Share of studies that end with any arm said to help or hurt, and the mean number of seeds spent."""
    level = 1 - (1 - LEVEL) / len(LOOKS) / arms
    wrong, spent = [], []
    for study in range(len(found[LOOKS[0]])):
        for seeds in LOOKS:
            limits = [layout.interval(level)[:2] for layout in found[seeds][study][:arms]]
            if all(read_verdict(*pair, MARGIN) is not Verdict.CANNOT_TELL for pair in limits):
                break
        wrong.append(any(low > 0 or high < 0 for low, high in limits))
        spent.append(seeds)
    return float(np.mean(wrong)), float(np.mean(spent))


class Truth:
    """The true power at any number of seeds, from the variance components of a world."""

    def __init__(self, studied: list[list[Crossed]], draws: int = 4000) -> None:
        flat = [layout for study in studied for layout in study]
        mean = {part: np.mean([getattr(x, f"{part}_variance") for x in flat]) for part in ("seed", "image", "rest")}
        self.example, self.draws, self.rest = flat[0], draws, mean["rest"]
        self.seed = max(0.0, mean["seed"] - self.rest / flat[0].images)
        self.image = max(0.0, mean["image"] - self.rest / flat[0].seeds)

    def power(self, seeds: int, difference: float, level: float) -> float:
        """Share of intervals above zero, from normal means and chi-square mean squares."""
        rng, count = np.random.default_rng(seeds), self.example.images
        expected = self.seed + self.rest / count, self.image + self.rest / seeds, self.rest
        dfs = seeds - 1, count - 1, (seeds - 1) * (count - 1)
        squares = [e * rng.chisquare(df, self.draws) / df for e, df in zip(expected, dfs, strict=True)]
        error = np.sqrt(expected[0] / seeds + self.image / count)
        means = rng.normal(difference, error, self.draws)
        drawn = (Crossed(m, seeds, count, *parts) for m, *parts in zip(means, *squares, strict=True))
        return float(np.mean([layout.interval(level)[0] > 0 for layout in drawn]))

    @cache  # noqa: B019
    def fewest(self, difference: float, level: float, most: int = 5000) -> int | None:
        """The fewest seeds with enough power; None when even `most` are not enough."""
        if self.power(most, difference, level) < POWER:
            return None
        low, high = 1, most
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.power(middle, difference, level) >= POWER else (middle, high)
        return high


def advice(studied: list[list[Crossed]], truth: Truth, margin: float) -> tuple[list[int], float]:
    """The seeds that *cannot tell* names, and the share of them that have the power they promise."""
    named = []
    for layout, *_ in studied:
        if read_verdict(*layout.interval(LEVEL)[:2], margin) is Verdict.CANNOT_TELL:
            seeds = seeds_needed(layout, margin, LEVEL)
            named += [seeds] if seeds else []
    fewest = truth.fewest(margin, LEVEL)
    return named, float(np.mean([fewest is not None and seeds >= fewest for seeds in named])) if named else np.nan


def power_from_images(world: World, images: int, seeds: int, difference: float, level: float, studies: int) -> float:
    """Share of intervals above zero in studies drawn image by image: a check of `Truth`."""
    rng = np.random.default_rng(seeds)
    drawn = (mean_squares(world.draw(rng, 1, seeds, images, difference), images, seeds)[0] for _ in range(studies))
    return float(np.mean([layout.interval(level)[0] > 0 for layout in drawn]))


def tables(studies: int) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    """Title, header and rows of every table."""
    calls, compared, looks, named = [], [], [], []
    for name, world in WORLDS.items():
        for images in IMAGES:
            found = layouts(world, images, studies)
            truth = Truth(found[max(SEEDS)])
            for seeds, studied in found.items():
                rates = [false_calls(studied, arms) for arms in ARMS]
                ours, rest = coverage(studied), others(studied)
                calls.append([name, f"{images:,}", str(seeds), *map(_percent, rates), _percent(ours)])
                compared.append(
                    [name, f"{images:,}", str(seeds), _percent(ours)]
                    + [f"{_percent(covered)} ({width:.2f})" for covered, width in rest.values()]
                )
            looks.append([name, f"{images:,}"])
            for arms in ARMS:
                wrong, spent = until_decided(found, arms)
                looks[-1] += [_percent(wrong), f"{spent:.1f}"]
            for margin in MARGINS:
                for pilot in PILOTS:
                    numbers, right = advice(found[pilot][:ADVISED], truth, margin)
                    if not numbers:
                        continue
                    fewest = truth.fewest(margin, LEVEL)
                    check = "–"
                    if fewest and fewest <= 40:
                        check = _percent(power_from_images(world, images, fewest, margin, LEVEL, ADVISED))
                    named.append([name, f"{images:,}", f"{100 * margin:g}", str(pilot), str(len(numbers))])
                    named[-1] += [f"{np.median(numbers):.0f}", str(fewest or "none"), check, _percent(right)]
            print(f"{name}, {images:,} images: done", file=sys.stderr)
    where = ["world", "images", "seeds"]
    any_arm = [f"{arms} arm{'s' if arms > 1 else ''}" for arms in ARMS]
    yield "calls", [*where, *any_arm, "coverage"], calls
    yield "intervals", [*where, "ours", "n − 1", "Satterthwaite", "seeds only"], compared
    header = ["world", "images", *(x for arms in any_arm for x in (arms, "seeds spent"))]
    yield "until-decided", header, looks
    header = ["world", "images", "difference", "pilot seeds", "numbers named", "median", "enough are", "power there"]
    yield "seeds-named", [*header, "large enough"], named


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def write(document: Path, title: str, header: list[str], rows: list[list[str]]) -> None:
    """Puts a table between its markers."""
    begin, end = f"<!-- {title}: begin -->", f"<!-- {title}: end -->"
    lines = [header, ["---"] * 2 + ["---:"] * (len(header) - 2), *rows]
    text = document.read_text(encoding="utf-8")
    before, rest = text.split(begin)
    _, after = rest.split(end)
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    document.write_text(f"{before}{begin}\n{table}\n{end}{after}", encoding="utf-8")


def main() -> None:
    """Simulates and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2000, help="of every kind")
    parser.add_argument("--document", type=Path, default=DOCUMENT, help="with the markers to write between")
    given = parser.parse_args()
    for title, header, rows in tables(given.studies):
        write(given.document, title, header, rows)


if __name__ == "__main__":
    main()
