"""What a study found: read back from its directory, as tables, figures, a report and a model."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from regimen.analysis import DoseResponse, Family, RunOutcome, StudySummary, dose_response, summarize
from regimen.analysis.arm_errors import ErrorAnalysis
from regimen.errors import OptionError, RunError, StoreError
from regimen.language import say
from regimen.plan import Arm
from regimen.report.details import StudyDetails
from regimen.store import RunRecord, StudyStore
from regimen.store.study_store import load_pictures, load_split
from regimen.study.best import BestModel, load_best
from regimen.study.cards import cards_of
from regimen.study.code import code_from_json
from regimen.study.errors import read_errors
from regimen.study.families import find_families
from regimen.study.tables import finite, table, verdict_rows, verdicts

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas


_FEW_CLASSES = 10  # of these, the five most probable are no achievement


@dataclass(frozen=True, eq=False, repr=False)
class StudyResult:
    """What a study found.

    Attributes:
        folder: the study's directory.
        summary: verdicts, diagnoses and every run.
        details: what was studied, and how.
        best: the model to use; None where no run finished.
        families: arms that are one remedy at several strengths.
    """

    folder: Path
    summary: StudySummary
    details: StudyDetails
    best: BestModel | None
    families: tuple[Family, ...] = ()

    def __repr__(self) -> str:
        return f"<StudyResult of {str(self.folder)!r}: {self.summary.headline}>"

    @property
    def failed(self) -> tuple[str, ...]:
        """One line per run that failed."""
        return tuple(
            f"{run.arm}, seed {run.seed}: {run.error}"
            for arm in self.summary.arms
            for run in arm.runs
            if run.status == "failed"
        )

    @cached_property
    def verdicts(self) -> "pandas.DataFrame":
        """One row per arm; accuracies, gaps and differences as fractions.

        Columns: accuracy, accuracy_low, accuracy_high, accuracy_last, gap, overfits, onset, difference, low, high,
        verdict, reason, test_accuracy, test_difference, test_low, test_high, test_verdict.
        """
        return verdicts(self.summary)

    @cached_property
    def errors(self) -> ErrorAnalysis:
        """What each arm gets wrong: calibration, classes, confusions, confident mistakes, what it fixes and adds.

        Reads the stored probabilities on first use.
        """
        return read_errors(self.folder, self.summary.level)

    @cached_property
    def doses(self) -> tuple[DoseResponse, ...]:
        """What the strengths of a remedy do, for each remedy of which the study has several."""
        return tuple(dose_response(family, self.summary) for family in self.families)

    @cached_property
    def pictures(self) -> Mapping[int, np.ndarray]:
        """Position in the validation part → uint8 (H, W, C), of images in the lists of `errors` that were kept."""
        return load_pictures(self.folder)

    def picture(self, image: int) -> np.ndarray | None:
        """A validation image, uint8 (H, W, C); None if no picture of it was kept."""
        return self.pictures.get(image)

    def to_frame(self, what: str = "epochs") -> "pandas.DataFrame":
        """A tidy table.

        Args:
            what: ``epochs`` (every epoch of every run: arm, seed, epoch and the metrics of a history), ``runs`` (with
                top5_accuracy where there are more than 10 classes), ``arms`` (verdicts, calibration errors, numbers of
                errors fixed and added), ``classes``, ``confusion`` (cells that are not empty), ``calibration`` (the
                reliability curve), ``mistakes`` (the most confident) or ``changes`` (errors that an arm fixes or adds).
                Images are named by their position in the validation part (image) and in the training images given
                (train_image).

        Raises:
            OptionError: there is no such table.
        """
        return table(what, self.summary, lambda: self.errors, load_split(self.folder)["validation"])

    def plot(self) -> "matplotlib.figure.Figure":
        """Loss and accuracy, training against validation, arm by arm."""
        from regimen.report.figures import learning_curves

        return learning_curves(self.summary)

    def plot_doses(self) -> "matplotlib.figure.Figure":
        """Gap, validation accuracy and validation loss against the strength of a remedy.

        Raises:
            OptionError: no remedy has several strengths.
        """
        from regimen.report.dose_figure import dose_curves

        if not self.doses:
            raise OptionError(
                "No two arms of this study are one remedy at different strengths, so there is no dose–response curve. "
                'Try some: --arm "dropout=0.1|0.3|0.5", or arms=rg.doses(rg.Dropout, rate=[0.1, 0.3, 0.5]).'
            )
        return dose_curves(self.doses)

    def save_figure(self, path: str | Path | None = None) -> Path:
        """Writes `plot` as a PNG; by default ``curves.png`` in the study's directory."""
        from regimen.report.figures import save_png

        path = Path(path) if path is not None else self.folder / "curves.png"
        save_png(self.summary, path)
        return path

    def report(self, path: str | Path | None = None, *, lang: str = "en") -> Path:
        """Writes the report as one HTML file.

        Args:
            path: by default ``report.html`` in the study's directory.
            lang: ``en`` or ``ko``.

        Raises:
            OptionError: there is no such language.
            StoreError: the file cannot be written.
        """
        from regimen.report.content import Content
        from regimen.report.html import write_html

        path = Path(path) if path is not None else self.folder / "report.html"
        if path.is_dir():
            raise StoreError(f"The report cannot be written to {str(path)!r}: it is a directory. Name a file in it.")
        content = Content(self.summary, self.details, self.doses, self.errors, self.pictures)
        try:
            write_html(path, content, lang)
        except OSError as error:
            raise StoreError(f"The report cannot be written to {str(path)!r}: {error.strerror}.") from error
        return path

    def to_json(self) -> dict[str, Any]:
        """Plain data: the answer, a row per arm, strengths of remedies, every run with its history."""
        return {
            "headline": self.summary.headline,
            "answer": self.summary.answer,
            "folder": str(self.folder),
            "margin": self.summary.margin,
            "arms": verdict_rows(self.summary),
            "doses": [response.to_json() for response in self.doses],
            "runs": [
                {
                    "arm": run.arm,
                    "seed": run.seed,
                    "status": run.status,
                    "selected_epoch": run.selected_epoch,
                    "history": {name: [finite(value) for value in values] for name, values in run.history.items()},
                    "error": run.error,
                }
                for arm in self.summary.arms
                for run in arm.runs
            ],
            "best": self.best.to_json() if self.best else None,
            "report": self.details.report_path,
        }

    def _repr_html_(self) -> str:
        from regimen.report.notebook import notebook_html

        path = self.folder / "report.html"
        made = (
            say("Report: {path}", path=path) if path.exists() else say("For the report: {call}", call="result.report()")
        )
        return notebook_html(self.summary, made)


def load_result(folder: str | Path) -> StudyResult:
    """The result of the study in a directory.

    Raises:
        StoreError: there is no study.
        RunError: it has not finished a run.
    """
    folder = Path(folder)
    with StudyStore.open(folder) as store:
        spec = store.spec()
        if not spec:
            raise StoreError(f"The study in {str(folder)!r} was stopped before it began. Start it again.")
        outcomes = read_outcomes(store)
        if not any(run.status != "failed" for runs in outcomes.values() for run in runs):
            raise RunError(f"No run of the study in {str(folder)!r} has finished. {_first_error(outcomes)}")
        summary = summarize(outcomes, judged_at=store.judged_at(), margin=spec["margin"], looks=spec.get("looks", ()))
        families = find_families(store.arms(), store.judged_at())
        receipts = {arm.name: _receipt(store, arm, spec["keys"][arm.name].values()) for arm in store.arms()}
        environments = _environments(store, spec["keys"])
        cards = cards_of(store.arms())
    best = load_best(folder)
    details = StudyDetails(
        name=spec["name"],
        command=spec["command"],
        dataset=_pairs(spec["dataset"]),
        setup=_pairs(spec["setup"]),
        receipts=receipts,
        environment=(*_pairs(spec["environment"]), *_shared(environments)),
        notes=(*spec["notes"], *_mixture(environments)),
        best_model=best.sentence() if best else "",
        report_path=str(folder / "report.html"),
        folder=str(folder),
        code=code_from_json(spec.get("code", {})),
        cards=cards,
    )
    return StudyResult(folder, summary, details, best, families)


def read_outcomes(store: StudyStore) -> dict[str, list[RunOutcome]]:
    """Every run that the study asks for and that has ended, by arm."""
    split, runs, keys = store.split(), store.runs(), store.spec()["keys"]
    outcomes: dict[str, list[RunOutcome]] = {}
    for arm, seeds in keys.items():
        ended = [(int(seed), runs[key]) for seed, key in seeds.items() if key in runs]
        outcomes[arm] = [_outcome(store, arm, seed, run, split) for seed, run in ended if run.status != "running"]
    return outcomes


def _receipt(store: StudyStore, arm: Arm, keys: Iterable[str]) -> tuple[str, ...]:
    """What was changed in an arm, and which of its layers Keras ran itself."""
    runs = store.runs()
    changes = [line for receipt in arm.receipts for line in receipt.changes]
    foreign = {name: None for key in keys if key in runs for name in runs[key].run_by_keras}
    if foreign:
        line = say(
            "run by Keras itself, more slowly than layers that the engine knows: {layers}", layers=", ".join(foreign)
        )
        changes.append(line)
    return tuple(changes)


def _environments(store: StudyStore, keys: Mapping[str, Mapping[str, str]]) -> list[dict[str, str]]:
    """The different environments in which a study's runs were computed."""
    runs = store.runs()
    used = {key for seeds in keys.values() for key in seeds.values()}
    found = {json.dumps(runs[key].environment, sort_keys=True) for key in used if key in runs and runs[key].environment}
    return [json.loads(text) for text in sorted(found)]


def _shared(environments: list[dict[str, str]]) -> tuple[tuple[str, str], ...]:
    """What the environments have to add to that of the study itself."""
    names = {"processor": say("processor"), "instruction set": say("instruction set")}
    return tuple(
        (label, " / ".join(dict.fromkeys(env.get(name, "?") for env in environments))) for name, label in names.items()
    )


def _mixture(environments: list[dict[str, str]]) -> tuple[str, ...]:
    if len(environments) < 2:
        return ()
    differing = [name for name in environments[0] if len({env.get(name) for env in environments}) > 1]
    values = "; ".join(f"{name}: {' / '.join(str(env.get(name)) for env in environments)}" for name in differing)
    note = say(
        "The runs of this study were computed in {number} different environments ({values}).",
        number=len(environments),
        values=values,
    )
    return (note,)


def _outcome(store: StudyStore, arm: str, seed: int, run: RunRecord, split: dict[str, np.ndarray]) -> RunOutcome:
    history = store.history(run.key)
    seconds = run.wall_seconds or 0.0
    if run.status == "failed":
        return RunOutcome(arm, seed, "failed", history, None, None, None, None, seconds, run.error)
    folder = store.run_folder(run.key)

    def score(name: str, labels: np.ndarray) -> np.ndarray | None:
        predicted = folder.predictions(name)
        if predicted is None:
            return None
        if run.status == "diverged":
            return np.full(len(labels), 1 / predicted.shape[1])
        return (predicted.argmax(axis=1) == labels).astype(np.float64)

    return RunOutcome(
        arm=arm,
        seed=seed,
        status=run.status,
        history=history,
        selected_epoch=run.selected_epoch,
        correct=score("validation_selected", split["validation_labels"]),
        correct_last=score("validation_last", split["validation_labels"]),
        test_correct=score("test_selected", split["test_labels"]),
        wall_seconds=seconds,
        top5=_top5(folder.predictions("validation_selected"), split["validation_labels"], run.status),
    )


def _top5(predicted: np.ndarray, labels: np.ndarray, status: str) -> float | None:
    """How often the label is among the five most probable classes, by chance for a diverged run; None for few classes.

    Args:
        predicted: float32 (N, K) probabilities.
        labels: int64 (N,).
        status: of the run.
    """
    classes = predicted.shape[1]
    if classes <= _FEW_CLASSES:
        return None
    if status == "diverged":
        return 5 / classes
    more_probable = predicted > np.take_along_axis(predicted, labels[:, None], axis=1)
    return float((more_probable.sum(axis=1) < 5).mean())


def _pairs(rows: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((label, value) for label, value in rows)


def _first_error(outcomes: dict[str, list[RunOutcome]]) -> str:
    errors = [f"{run.arm}, seed {run.seed}: {run.error}" for runs in outcomes.values() for run in runs if run.error]
    return f"The first error: {errors[0]}" if errors else "Start it again to go on."
