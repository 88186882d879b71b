"""The tidy tables of a study: one observation per row, accuracies as fractions, names instead of numbers."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from regimen.analysis import ArmSummary, StudySummary
from regimen.analysis.arm_errors import ErrorAnalysis
from regimen.analysis.mistakes import Change, Mistake
from regimen.errors import OptionError, nearest

if TYPE_CHECKING:
    import pandas

_NUMBERS = (
    *("accuracy", "accuracy_low", "accuracy_high", "accuracy_last", "gap", "difference", "low", "high"),
    *("test_accuracy", "test_difference", "test_low", "test_high"),
)


def table(what: str, summary: StudySummary, errors: Callable[[], ErrorAnalysis], positions: np.ndarray) -> Any:
    """One of `TABLES` as a DataFrame.

    Args:
        what: which.
        summary: the findings.
        errors: analyses the errors, asked only where a table needs them.
        positions: int64 (N_validation,), of the validation images in ``train``.

    Raises:
        OptionError: there is no such table.
    """
    if what not in TABLES:
        raise OptionError(f"There is no table {what!r}. {nearest(str(what), TABLES)}")
    return TABLES[what](summary, errors, positions)


def verdict_rows(summary: StudySummary) -> list[dict[str, Any]]:
    """One row per arm as plain data; what is unknown or not finite is None."""
    return [_verdict_row(arm) for arm in summary.arms]


def verdicts(summary: StudySummary) -> "pandas.DataFrame":
    """`verdict_rows` as a DataFrame with the arm as its index."""
    import pandas

    frame = pandas.DataFrame(verdict_rows(summary)).set_index("arm")
    return frame.astype({**dict.fromkeys(_NUMBERS, "float64"), "onset": "Int64", "overfits": "boolean"})


def finite(value: float | None) -> float | None:
    """The number, or None where it is unknown or not finite."""
    return float(value) if value is not None and np.isfinite(value) else None


def _verdict_row(arm: ArmSummary) -> dict[str, Any]:
    found, test = arm.comparison, arm.tested.comparison if arm.tested else None
    return {
        "arm": arm.name,
        "accuracy": finite(arm.accuracy),
        "accuracy_low": finite(arm.accuracy_low),
        "accuracy_high": finite(arm.accuracy_high),
        "accuracy_last": finite(arm.accuracy_last),
        "gap": finite(arm.gap),
        "overfits": arm.diagnosis.overfits,
        "onset": arm.diagnosis.onset,
        "difference": finite(found.difference) if found else None,
        "low": finite(found.low) if found else None,
        "high": finite(found.high) if found else None,
        "verdict": str(found.verdict) if found else None,
        "reason": found.reason if found else arm.diagnosis.reason,
        "test_accuracy": finite(arm.test_accuracy),
        "test_difference": finite(test.difference) if test else None,
        "test_low": finite(test.low) if test else None,
        "test_high": finite(test.high) if test else None,
        "test_verdict": str(test.verdict) if test else None,
    }


def _epochs(summary: StudySummary, _errors: Any, _positions: Any) -> "pandas.DataFrame":
    import pandas

    frames = [
        pandas.DataFrame(
            {"arm": arm.name, "seed": run.seed, "epoch": np.arange(1, len(run.history["loss"]) + 1), **run.history}
        )
        for arm in summary.arms
        for run in arm.runs
        if len(run.history.get("loss", ()))
    ]
    return pandas.concat(frames, ignore_index=True)


def _runs(summary: StudySummary, _errors: Any, _positions: Any) -> "pandas.DataFrame":
    def mean(scores: np.ndarray | None) -> float:
        return float("nan") if scores is None else float(np.mean(scores))

    rows = [
        {
            "arm": arm.name,
            "seed": run.seed,
            "status": run.status,
            "epochs": max((len(curve) for curve in run.history.values()), default=0),
            "selected_epoch": run.selected_epoch,
            "accuracy": mean(run.correct),
            "accuracy_last": mean(run.correct_last),
            "test_accuracy": mean(run.test_correct),
            "top5_accuracy": float("nan") if run.top5 is None else run.top5,
            "wall_seconds": run.wall_seconds,
            "error": run.error,
        }
        for arm in summary.arms
        for run in arm.runs
    ]
    return _frame(rows, list(rows[0])).astype({"selected_epoch": "Int64"})


def _arms(summary: StudySummary, errors: Callable[[], ErrorAnalysis], _positions: Any) -> "pandas.DataFrame":
    frame, found = verdicts(summary).reset_index(), errors()
    calibrations = [arm and arm.calibration for arm in map(found.arm, frame.arm)]
    for name in ("ece", "ece_low", "ece_high", "ece_by_chance", "confidence"):
        frame[name] = np.array([getattr(item, name) if item else None for item in calibrations], dtype=np.float64)
    changes = [arm and arm.changes for arm in map(found.arm, frame.arm)]
    for name in ("fixed", "added"):
        counts = [len(getattr(item, name)) if item else None for item in changes]
        frame[name] = _frame([{name: count} for count in counts], [name])[name].astype("Int64")
    return frame


def _classes(_summary: Any, errors: Callable[[], ErrorAnalysis], _positions: Any) -> "pandas.DataFrame":
    found = errors()
    numbers = ("accuracy", "low", "high", "difference", "difference_low", "difference_high")
    rows = [
        {
            "arm": arm.name,
            "class": found.class_names[item.index],
            "images": item.images,
            **{name: getattr(item, name) for name in numbers},
        }
        for arm in found.arms
        for item in arm.classes
    ]
    return _frame(rows, ["arm", "class", "images", *numbers]).astype(dict.fromkeys(numbers, "float64"))


def _confusion(_summary: Any, errors: Callable[[], ErrorAnalysis], _positions: Any) -> "pandas.DataFrame":
    found = errors()
    rows = [
        {
            "arm": arm.name,
            "true": found.class_names[true],
            "predicted": found.class_names[predicted],
            "images": arm.confusion[true, predicted],
        }
        for arm in found.arms
        for true, predicted in np.argwhere(arm.confusion)
    ]
    return _frame(rows, ["arm", "true", "predicted", "images"])


def _calibration(_summary: Any, errors: Callable[[], ErrorAnalysis], _positions: Any) -> "pandas.DataFrame":
    names = ("low", "high", "images", "confidence", "accuracy", "accuracy_low", "accuracy_high")
    rows = [
        {"arm": arm.name, **{name: getattr(point, name) for name in names}}
        for arm in errors().arms
        for point in arm.calibration.bins
    ]
    return _frame(rows, ["arm", *names]).astype(dict.fromkeys(names, "float64"))


def _mistakes(_summary: Any, errors: Callable[[], ErrorAnalysis], positions: np.ndarray) -> "pandas.DataFrame":
    found = errors()
    rows = [
        {"arm": arm.name, **_image(item, found, positions), "wrong": item.wrong, "runs": item.runs}
        for arm in found.arms
        for item in arm.mistakes
    ]
    return _frame(rows, ["arm", *_IMAGE, "wrong", "runs"])


def _changes(_summary: Any, errors: Callable[[], ErrorAnalysis], positions: np.ndarray) -> "pandas.DataFrame":
    found = errors()
    counts = ("wrong_before", "runs_before", "wrong_after", "runs_after")
    rows = [
        {
            "arm": arm.name,
            "change": change,
            **_image(item, found, positions),
            **{name: getattr(item, name) for name in counts},
        }
        for arm in found.arms
        if arm.changes
        for change in ("fixed", "added")
        for item in getattr(arm.changes, change)
    ]
    return _frame(rows, ["arm", "change", *_IMAGE, *counts])


_IMAGE = ("image", "train_image", "label", "predicted", "confidence")


def _image(item: Mistake | Change, errors: ErrorAnalysis, positions: np.ndarray) -> dict[str, Any]:
    """Position in the validation part and in ``train``, names of the classes, confidence."""
    label, predicted = errors.class_names[item.label], errors.class_names[item.predicted]
    return dict(zip(_IMAGE, (item.image, int(positions[item.image]), label, predicted, item.confidence), strict=True))


def _frame(rows: Iterable[Mapping[str, Any]], columns: list[str]) -> "pandas.DataFrame":
    import pandas

    return pandas.DataFrame(list(rows), columns=columns)


TABLES: dict[str, Callable[..., "pandas.DataFrame"]] = {
    "arms": _arms,
    "calibration": _calibration,
    "changes": _changes,
    "classes": _classes,
    "confusion": _confusion,
    "epochs": _epochs,
    "mistakes": _mistakes,
    "runs": _runs,
}
"""Name → what makes the table."""
