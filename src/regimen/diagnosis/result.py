"""What was found in trainings: read as text, table, figure or plain data."""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regimen.analysis.single_runs import SingleRuns
from regimen.analysis.training_verdict import TrainingDiagnosis

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas

_FIELDS = (
    *("name", "verdict", "onset", "by", "stop_epoch", "stop_range", "wasted", "noise"),
    *("loss_at_stop", "loss_at_end", "accuracy_at_stop", "accuracy_at_end"),
    *("gap", "gap_trend", "gap_is_clean", "diverged_epoch", "validation_images", "summary", "remarks"),
)
_WIDTH = 80  # of the text, where there is no terminal to ask


@dataclass(frozen=True, eq=False)
class DiagnosisResult:
    """What was found in one training or several.

    Attributes:
        diagnoses: one per training, in the order given.
        comparison: side by side; None with a single training.
        sources: where each was found: ``"train.log, line 12"``.
    """

    diagnoses: tuple[TrainingDiagnosis, ...]
    comparison: SingleRuns | None
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.diagnoses)

    def __iter__(self) -> Iterator[TrainingDiagnosis]:
        return iter(self.diagnoses)

    def __getitem__(self, which: int | str) -> TrainingDiagnosis:
        """A training by its place or name."""
        if isinstance(which, int):
            return self.diagnoses[which]
        found = {diagnosis.name: diagnosis for diagnosis in self.diagnoses}
        if which not in found:
            raise KeyError(f"{which!r}; there are {', '.join(found)}")
        return found[which]

    def __str__(self) -> str:
        """The text that the command line prints."""
        from rich.console import Console

        from regimen.report.trainings import print_trainings

        file = io.StringIO()
        print_trainings(Console(file=file, width=_WIDTH), self.diagnoses, self.comparison)
        return file.getvalue().strip("\n")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.html()

    def html(self, lang: str = "en") -> str:
        """Answers, tables and the figure, as a fragment of HTML."""
        from regimen.report.training_figures import svg
        from regimen.report.trainings import html_of

        return html_of(self.diagnoses, self.comparison, svg(self.diagnoses, lang), lang)

    def plot(self, lang: str = "en") -> "matplotlib.figure.Figure":
        """Loss and accuracy of each training, with the onset and where to stop."""
        from regimen.report.training_figures import training_curves

        return training_curves(self.diagnoses, lang)

    def save_figure(self, path: str | Path, lang: str = "en") -> Path:
        """Writes `plot` to a .png or .svg file."""
        from regimen.report.training_figures import save_figure

        return save_figure(self.diagnoses, path, lang)

    def to_frame(self) -> "pandas.DataFrame":
        """One row per training; accuracies and gaps as fractions."""
        import pandas

        rows = [{field: getattr(found, field) for field in _FIELDS} for found in self.diagnoses]
        frame = pandas.DataFrame([{**row, "verdict": str(row["verdict"])} for row in rows]).set_index("name")
        whole = ("onset", "stop_epoch", "diverged_epoch", "validation_images")
        return frame.astype({**dict.fromkeys(whole, "Int64"), "wasted": "float64"})

    def to_json(self) -> dict[str, Any]:
        """Plain data: a record per training with its curves, and the comparison."""
        return {
            "trainings": [
                {
                    **{field: _plain(getattr(found, field)) for field in _FIELDS},
                    "source": source,
                    "epochs": found.epochs.tolist(),
                    "curves": {name: _plain(values.tolist()) for name, values in found.curves.items()},
                }
                for found, source in zip(self.diagnoses, self.sources, strict=True)
            ],
            "comparison": None if self.comparison is None else _plain(_record(self.comparison)),
        }


def _record(compared: SingleRuns) -> dict[str, Any]:
    return {**vars(compared), "runs": [vars(run) for run in compared.runs]}


def _plain(value: Any) -> Any:
    """As JSON holds it: no NaN, no infinity, no messages."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, str) else value
