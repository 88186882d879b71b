"""Writes docs/reproduction.md: published trainings beside the same ones by regimen.

    python docs/reproduction.py [--cifar10 DIR] [--frozen DIR] [--fashion DIR]

Each option names the directory of a finished study: of the preset cifar10-tutorial, of the same with
``--shuffle once``, and of the preset fashion-tutorial; by default those that docs/evidence keeps. What there is no
study for stays as it is. Everything between two markers is generated.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from evidence import archive, unpack
from pages import DOCS, filled, read_curves, table

from regimen import StudyResult, load_result
from regimen.analysis.pairing import compare_runs
from regimen.analysis.summary import ArmSummary
from regimen.report.curves import curve, finished, stack
from regimen.report.figures import legend, save
from regimen.report.rows import verdict_rows
from regimen.report.wording import count_seeds, percent, points, points_range

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE = DOCS / "reproduction.md"
KEPT = {"cifar10": "cifar10-tutorial", "frozen": "cifar10-frozen", "fashion": "fashion-tutorial"}
"""Option → the name of its study in docs/evidence."""

CLOSE = 0.015
"""Difference in training accuracy within which a training counts as the published one."""

SOURCES = {"published": "#000000", "plain PyTorch": "#009E73", "regimen": "#D55E00"}
LATE_TO_LEARN = 8
"""The epoch at which a repeated order has been memorised by batch normalization."""

Curves = Mapping[str, np.ndarray]


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cifar10", type=Path, help="directory of a study of the preset cifar10-tutorial")
    parser.add_argument("--frozen", type=Path, help="the same with --shuffle once; needs --cifar10")
    parser.add_argument("--fashion", type=Path, help="directory of a study of the preset fashion-tutorial")
    parser.add_argument("--page", type=Path, default=PAGE, help="with the markers to write between")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        for option, name in KEPT.items():
            if getattr(given, option) is None and archive(name).exists():
                setattr(given, option, unpack(name, Path(temporary) / name))
        write(given)


def write(given: argparse.Namespace) -> None:
    """Writes the page and its figures."""
    images = given.page.parent / "images"
    images.mkdir(exist_ok=True)
    text = given.page.read_text(encoding="utf-8")
    if given.cifar10:
        study = load_result(given.cifar10)
        published, plain = read_curves("published_curves.csv"), read_curves("plain_torch.csv")
        save(overlay(study, published, plain), images / "cifar10.png", "png")
        text = filled(text, "cifar10 agreement", agreement(study, published, plain))
        text = filled(text, "cifar10 verdicts", verdicts(study))
        text = filled(text, "cifar10 questions", questions(study))
        frozen, seeded = given.frozen and load_result(given.frozen), read_curves("seeded_keras.csv")
        save(orders(study, frozen, seeded), images / "frozen.png", "png")
        text = filled(text, "frozen", memorised(study, frozen, seeded))
    if given.fashion:
        study = load_result(given.fashion)
        study.save_figure(images / "fashion.png")
        text = filled(text, "fashion verdicts", verdicts(study))
    given.page.write_text(text, encoding="utf-8")


# The trainings of CIFAR-10


def agreement(study: StudyResult, published: Mapping[str, Curves], plain: Mapping[str, Curves]) -> str:
    """How far the study is from the published trainings, and from one by plain PyTorch on the same images."""
    rows = []
    for arm in study.summary.arms:
        ours, theirs = {name: stack(finished(arm.runs), name) for name in ("acc", "val_acc")}, plain[arm.name]
        differences = ["not published", ""]
        if arm.name in published:
            found = _difference(ours["acc"], published[arm.name]["acc"])
            differences = [_largest(found), _count(np.abs(found) <= CLOSE)]
        inside = [_count(within(ours[name], theirs[name])) for name in ("acc", "val_acc")]
        rows.append([f"`{arm.name}`", *differences, _largest(_difference(ours["acc"], theirs["acc"])), *inside])
    head = [
        "arm",
        "training accuracy − published, points",
        "within 1.5",
        "− plain PyTorch's",
        "plain PyTorch's training in the band",
        "its validation",
    ]
    return table(head, rows)


def within(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Where another training lies in the band in which 95 % of single runs are expected.

    Args:
        ours: float64 (n_runs, epochs), one seed each.
        theirs: float64 (epochs,) or longer.

    Returns:
        bool (epochs,); of no epoch with fewer than two runs. The band is the mean ± 2 standard deviations between
        seeds, pooled over epochs, times √(1 + 1/n) for the error of the mean.
    """
    runs = len(ours)
    if runs < 2:
        return np.zeros(0, dtype=bool)
    deviation = np.sqrt(ours.var(axis=0, ddof=1).mean() * (1 + 1 / runs))
    return np.abs(theirs[: ours.shape[1]] - ours.mean(axis=0)) <= 2 * deviation


def verdicts(study: StudyResult) -> str:
    """What paired seeds conclude."""
    rows = [
        [
            f"`{row.arm}`",
            f"{row.accuracy} ({row.accuracy_interval})" if row.accuracy_interval else row.accuracy,
            row.gap,
            row.since,
            f"{row.difference} ({row.interval})" if row.verdict and row.interval else row.difference or "reference",
            row.verdict,
        ]
        for row in verdict_rows(study.summary)
    ]
    head = ["arm", "validation accuracy, %", "gap, points", "overfits from", "difference, points", "verdict"]
    said = f"{count_seeds(len(study.summary.arms[0].runs))}. {study.summary.answer}"
    return f"{said}\n\n{table(head, rows)}\n\n```sh\n{study.details.command}\n```"


def questions(study: StudyResult) -> str:
    """The comparison that the baseline does not make: dropout in three places against one."""
    arms = {arm.name: arm for arm in study.summary.arms}
    found = compare_runs(
        arms["dropout-blocks"].runs,
        arms["dropout-head"].runs,
        "correct",
        margin=study.summary.margin,
        comparisons=1,
        level=study.summary.level,
    )
    seeds = ", ".join(points(value) for value in found.per_seed)
    interval = "" if found.low is None else f" ({points_range(found.low, found.high)})"
    verdict = found.verdict or "no verdict"
    return (
        f"`dropout-blocks` minus `dropout-head`, seed by seed: {seeds} points; together "
        f"{points(found.difference)} points{interval}: *{verdict}*."
    )


def overlay(study: StudyResult, published: Mapping[str, Curves], plain: Mapping[str, Curves]) -> "Figure":
    """Published, plain PyTorch's and our curves: loss on the left, accuracy on the right, one row per arm."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.5, 2.4 * len(study.summary.arms) + 0.8), layout="constrained")
    panels = figure.subplots(len(study.summary.arms), 2, sharex=True, sharey="col", squeeze=False)
    for row, arm in zip(panels, study.summary.arms, strict=True):
        for panel, names, scale in zip(row, (("loss", "val_loss"), ("acc", "val_acc")), (1, 100), strict=True):
            for source, curves in (("published", published.get(arm.name)), ("plain PyTorch", plain.get(arm.name))):
                for name in names if curves else ():
                    epochs = np.arange(1, len(curves[name]) + 1)
                    panel.plot(epochs, scale * curves[name], label=_label(source, name), **_style(source, name))
            for name in names:
                _band(panel, arm, name, scale, "regimen", _label("regimen", name))
            _clean(panel)
        row[0].set_title(arm.name, loc="left", fontsize=10, fontweight="bold")
        row[0].set_ylabel("loss")
        row[1].set_ylabel("accuracy, %")
        row[0].set_ylim(0, 2.4)
        row[1].set_ylim(35, 100)
    _name_epochs(panels)
    legend(figure, panels, columns=3)
    return figure


# A repeated order of images


def orders(study: StudyResult, frozen: StudyResult | None, seeded: Mapping[str, Curves]) -> "Figure":
    """Training and validation accuracy with a new order in every epoch and with one that repeats."""
    from matplotlib.figure import Figure

    fresh, same = _arms(study), _arms(frozen)
    names = _compared(fresh, same, seeded)
    figure = Figure(figsize=(9.5, 2.6 * len(names) + 0.8), layout="constrained")
    panels = figure.subplots(len(names), 2, sharex=True, sharey="col", squeeze=False)
    for row, arm in zip(panels, names, strict=True):
        for panel, name in zip(row, ("acc", "val_acc"), strict=True):
            _band(panel, fresh[arm], name, 100, "published", "a new order in every epoch")
            if arm in same:
                _band(panel, same[arm], name, 100, "regimen", "the same order in every epoch")
            if arm in seeded:
                values = seeded[arm][name]
                style = {"color": SOURCES["plain PyTorch"], "linestyle": ":", "linewidth": 1.6}
                panel.plot(np.arange(1, len(values) + 1), 100 * values, label="Keras on TensorFlow, seed set", **style)
            _clean(panel)
        row[0].set_title(arm, loc="left", fontsize=10, fontweight="bold")
        row[0].set_ylabel("training accuracy, %")
        row[1].set_ylabel("validation accuracy, %")
    _name_epochs(panels)
    legend(figure, panels, columns=3)
    return figure


def memorised(study: StudyResult, frozen: StudyResult | None, seeded: Mapping[str, Curves]) -> str:
    """Accuracies with either order at an early epoch and at the last that all have, and their paired differences."""
    fresh, same = _arms(study), _arms(frozen)
    last = min(len(run.history["acc"]) for arm in (*fresh.values(), *same.values()) for run in finished(arm.runs))
    rows = []
    for arm in _compared(fresh, same, seeded):
        for epoch in sorted({min(LATE_TO_LEARN, last), last}):
            cells = []
            for name in ("acc", "val_acc"):
                new = _at(fresh[arm], name, epoch)
                old = _at(same[arm], name, epoch) if arm in same else {}
                pairs = [points(old[seed] - new[seed]) for seed in sorted(new.keys() & old.keys())]
                keras = seeded.get(arm, {}).get(name, np.zeros(0))[epoch - 1 : epoch]
                cells += [
                    _percent(list(new.values())),
                    _percent(list(old.values())),
                    " / ".join(pairs),
                    _percent(keras),
                ]
            rows.append([f"`{arm}`", str(epoch), *cells])
    part = ["new order", "same order", "seed by seed", "Keras, seed set"]
    head = ["arm", "epoch", *(f"{name}: {each}" for name in ("training, %", "validation, %") for each in part)]
    command = f"\n\n```sh\n{frozen.details.command}\n```" if frozen else ""
    return f"{table(head, rows)}{command}"


def _arms(study: StudyResult | None) -> dict[str, ArmSummary]:
    return {arm.name: arm for arm in study.summary.arms} if study else {}


def _compared(
    fresh: Mapping[str, ArmSummary], same: Mapping[str, ArmSummary], seeded: Mapping[str, Curves]
) -> list[str]:
    """The arms that were trained in a repeated order, by regimen or by Keras."""
    return [name for name in fresh if name in same or (not same and name in seeded)]


def _percent(fractions: Sequence[float]) -> str:
    return percent(np.mean(fractions)) if len(fractions) else ""


# Words and lines


def _at(arm: ArmSummary, metric: str, epoch: int) -> dict[int, float]:
    """Seed → a metric at an epoch, counted from 1."""
    return {run.seed: float(run.history[metric][epoch - 1]) for run in finished(arm.runs)}


def _difference(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """The mean over runs (n_runs, epochs) minus another training (epochs or longer): (epochs,)."""
    return ours.mean(axis=0) - theirs[: ours.shape[1]]


def _largest(differences: np.ndarray) -> str:
    return f"{points(differences[np.abs(differences).argmax()])} at most"


def _count(holds: np.ndarray) -> str:
    return f"{holds.sum()} of {len(holds)} epochs" if len(holds) else "needs two seeds"


def _label(source: str, metric: str) -> str:
    return f"{source}, {'validation' if metric.startswith('val') else 'training'}"


def _style(source: str, metric: str) -> dict:
    dashes = "-" if metric.startswith("val") else (0, (4, 1.5))
    return {"color": SOURCES[source], "linestyle": dashes, "linewidth": 1.3}


def _band(panel, arm: ArmSummary, metric: str, scale: float, source: str, label: str) -> None:
    found = curve(finished(arm.runs), metric)
    style = _style(source, metric)
    panel.plot(found.epochs, scale * found.mean, label=label, **style)
    panel.fill_between(
        found.epochs, scale * found.low, scale * found.high, color=style["color"], alpha=0.2, linewidth=0
    )


def _clean(panel) -> None:
    panel.grid(alpha=0.25, linewidth=0.6)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=8)


def _name_epochs(panels: np.ndarray) -> None:
    for panel in panels[-1]:
        panel.set_xlabel("epoch")


if __name__ == "__main__":
    main()
