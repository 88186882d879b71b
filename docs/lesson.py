"""Writes docs/lesson.md and docs/lesson.ko.md: the preset cifar10-tutorial as a lesson, in English and Korean.

    python docs/lesson.py [STUDY_DIR]

STUDY_DIR holds a finished study of the preset; by default the one that docs/evidence keeps. Everything between two
markers is generated.
"""

import argparse
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from evidence import unpack
from pages import DOCS, filled, table
from rich.console import Console

from regimen import StudyResult, diagnose, load_result
from regimen.analysis.summary import ArmSummary
from regimen.language import translator
from regimen.report.curves import finished, stack
from regimen.report.terminal import print_summary
from regimen.report.wording import points, points_range

PAGES = {"en": "lesson.md", "ko": "lesson.ko.md"}
WIDTH = 100
"""Columns of the terminal that is shown."""

HEADS = {
    "en": [
        "arm",
        "training accuracy, %",
        "as `fit` prints it",
        "validation accuracy, %",
        "gap, points",
        "overfits from",
    ],
    "ko": ["실험군", "훈련 정확도, %", "`fit`이 출력한 값", "검증 정확도, %", "격차, %p", "과적합 시작"],
}
SEEDS = {"en": ["arm", "seed {seed}", "mean", "interval"], "ko": ["실험군", "시드 {seed}", "평균", "신뢰구간"]}
EPOCH = {"en": "epoch {epoch}", "ko": "에포크 {epoch}"}
PICTURES = {
    "en": ("Loss and accuracy of the baseline", "Loss and accuracy of every arm"),
    "ko": ("기준군의 손실과 정확도", "모든 실험군의 손실과 정확도"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line and writes both pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", nargs="?", type=Path, help="directory of a study of the preset cifar10-tutorial")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the pages")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        write(load_result(given.study or unpack("cifar10-tutorial", Path(temporary))), given.docs)


def write(study: StudyResult, docs: Path) -> None:
    """Writes both pages and their figures."""
    (docs / "images").mkdir(exist_ok=True)
    for lang, name in PAGES.items():
        page = docs / name
        text = page.read_text(encoding="utf-8")
        for title, body in parts(study, lang, docs / "images").items():
            text = filled(text, title, body)
        page.write_text(text, encoding="utf-8")


def parts(study: StudyResult, lang: str, images: Path) -> dict[str, str]:
    """What stands between the markers; figures are written on the way."""
    arms = study.summary.arms
    tr = translator(lang)
    return {
        "baseline": f"{figure(arms[:1], lang, images, 'baseline')}\n\n{tr(arms[0].diagnosis.reason)}",
        "arms": f"{figure(arms, lang, images, 'arms')}\n\n{levels(arms, lang)}",
        "verdicts": f"```text\n{terminal(study, lang)}\n```",
        "seeds": by_seed(arms, lang),
    }


def figure(arms: Sequence[ArmSummary], lang: str, images: Path, name: str) -> str:
    """Loss and accuracy, mean over seeds, with the onset: written to a file, and the link to it."""
    curves = {arm.name: mean_history(arm) for arm in arms}
    path = images / f"lesson-{name}{'' if lang == 'en' else f'-{lang}'}.png"
    diagnose(curves if len(arms) > 1 else next(iter(curves.values()))).save_figure(path, lang)
    return f"![{PICTURES[lang][len(arms) > 1]}](images/{path.name})"


def mean_history(arm: ArmSummary) -> dict[str, list[float]]:
    """Metric → its mean over seeds, epoch by epoch, under the names of a Keras history."""
    runs = finished(arm.runs)
    return {metric: stack(runs, metric).mean(axis=0).tolist() for metric in runs[0].history}


def levels(arms: Sequence[ArmSummary], lang: str) -> str:
    """Where each arm ends."""
    rows = []
    for arm in arms:
        ends = {metric: 100 * values[-1] for metric, values in mean_history(arm).items()}
        onset = arm.diagnosis.onset
        since = "—" if onset is None else EPOCH[lang].format(epoch=onset)
        gap = f"{ends['clean_acc'] - ends['val_acc']:.1f}"
        accuracies = [f"{ends[metric]:.1f}" for metric in ("clean_acc", "acc", "val_acc")]
        rows.append([f"`{arm.name}`", *accuracies, gap, since])
    return table(HEADS[lang], rows)


def terminal(study: StudyResult, lang: str) -> str:
    """What the command prints when it ends."""
    file = io.StringIO()
    print_summary(Console(file=file, width=WIDTH), study.summary, study.details, lang)
    lines = [line.rstrip() for line in file.getvalue().strip("\n").splitlines()]
    return "\n".join(line for line in lines if study.details.report_path not in line).rstrip()


def by_seed(arms: Sequence[ArmSummary], lang: str) -> str:
    """Each arm's difference to the baseline as every seed alone would have told it, and all seeds together."""
    seeds = [run.seed for run in finished(arms[0].runs)]
    arm_word, seed_word, mean_word, interval_word = SEEDS[lang]
    rows = []
    for arm in arms[1:]:
        found = arm.comparison
        interval = translator(lang)(points_range(found.low, found.high))
        rows.append([f"`{arm.name}`", *map(points, found.per_seed), points(np.mean(found.per_seed)), interval])
    return table([arm_word, *(seed_word.format(seed=seed) for seed in seeds), mean_word, interval_word], rows)


if __name__ == "__main__":
    main()
