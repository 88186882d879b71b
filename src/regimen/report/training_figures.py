"""The figure of single trainings: loss and accuracy, with the onset and where to stop."""

import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from regimen.analysis.training_verdict import TrainingDiagnosis
from regimen.errors import HistoryError
from regimen.language import say, translator
from regimen.report.figures import legend, save
from regimen.report.fonts import add_hangul, drawable
from regimen.report.training_rows import VERDICT_WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's blue and vermilion, told apart by people who are colour-blind; dashes tell them apart in grey.
_TRAINING = {"color": "#0072B2", "linestyle": (0, (5, 1.5))}
_VALIDATION = {"color": "#D55E00", "linestyle": "-"}
_AS_LOGGED = {"color": "#0072B2", "linestyle": ":", "alpha": 0.7}
_KINDS = {".png": "png", ".svg": "svg"}


def training_curves(diagnoses: Sequence[TrainingDiagnosis], lang: str = "en") -> "Figure":
    """Draws trainings, one row each: loss on the left, accuracy on the right where there is one.

    Args:
        diagnoses: of the trainings, at least one.
        lang: one of `regimen.language.LANGUAGES`; English where the machine has no font for it.

    Returns:
        A figure; losses as logged, accuracies in %, epochs as the source counts them.
    """
    from matplotlib.figure import Figure

    tr = translator(drawable(lang))
    columns = 2 if any(found.roles.val_accuracy or found.roles.accuracy for found in diagnoses) else 1
    figure = Figure(figsize=(4.8 * columns, 2.5 * len(diagnoses) + 0.8), layout="constrained")
    panels = figure.subplots(len(diagnoses), columns, squeeze=False)
    for row, found in zip(panels, diagnoses, strict=True):
        roles = found.roles
        logged = say("training mode, as Keras logs it")
        clean = say("training (inference mode)")
        _panel(
            row[0],
            found,
            [
                (roles.loss, logged, _AS_LOGGED if roles.clean_loss else _TRAINING, 1.0),
                (roles.clean_loss, clean, _TRAINING, 1.0),
                (roles.clean_val_loss or roles.val_loss, say("validation"), _VALIDATION, 1.0),
            ],
            tr,
        )
        row[0].set_ylabel(tr(say("loss")))
        title = say("{name}: {verdict}", name=found.name, verdict=VERDICT_WORDS[found.verdict])
        row[0].set_title(tr(title), loc="left", fontsize=10, fontweight="bold", parse_math=False)
        _limit(row[0], found)
        if columns == 2:
            _panel(
                row[1],
                found,
                [
                    (roles.accuracy, logged, _AS_LOGGED if roles.clean_accuracy else _TRAINING, 100.0),
                    (roles.clean_accuracy, clean, _TRAINING, 100.0),
                    (roles.val_accuracy, say("validation"), _VALIDATION, 100.0),
                ],
                tr,
            )
            row[1].set_ylabel(tr(say("accuracy, %")))
    for panel in panels[-1]:
        panel.set_xlabel(tr(say("epoch")))
    legend(figure, panels, columns=2)
    add_hangul(figure)
    return figure


def svg(diagnoses: Sequence[TrainingDiagnosis], lang: str = "en") -> str:
    """The figure as an SVG element."""
    buffer = io.BytesIO()
    save(training_curves(diagnoses, lang), buffer, "svg")
    text = buffer.getvalue().decode()
    return text[text.index("<svg") :]


def save_figure(diagnoses: Sequence[TrainingDiagnosis], path: str | Path, lang: str = "en") -> Path:
    """Writes the figure to a file whose name ends in .png or .svg.

    Raises:
        HistoryError: another ending, or the file cannot be written.
    """
    path = Path(path)
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise HistoryError(f"A figure is written as .png or .svg; received {str(path)!r}.")
    buffer = io.BytesIO()
    save(training_curves(diagnoses, lang), buffer, kind)
    try:
        path.write_bytes(buffer.getvalue())
    except OSError as error:
        raise HistoryError(f"The figure cannot be written to {str(path)!r}: {error.strerror}.") from error
    return path


def _panel(
    panel: "Axes",
    found: TrainingDiagnosis,
    lines: Sequence[tuple[str | None, str, dict, float]],
    tr: Callable[[str], str],
) -> None:
    from matplotlib.ticker import MaxNLocator

    for metric, label, style, scale in lines:
        if metric is None:
            continue
        values = scale * found.curves[metric]
        shown = np.isfinite(values)
        marker = "o" if shown.sum() == 1 else ""
        panel.plot(found.epochs[shown], values[shown], label=tr(label), linewidth=1.6, marker=marker, **style)
    if found.stop_epoch is not None and found.verdict == "overfits":
        label = tr(say("lowest validation loss"))
        panel.axvline(found.stop_epoch, color="#444444", linewidth=1, linestyle=":", label=label)
    if found.onset is not None:
        label = tr(say("overfits from here on"))
        panel.axvline(found.onset, color="#444444", linewidth=1, linestyle="-.", label=label)
    panel.grid(alpha=0.25, linewidth=0.6)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=8)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _limit(panel: "Axes", found: TrainingDiagnosis) -> None:
    """Cuts the loss axis above rare peaks that would flatten the rest."""
    roles = found.roles
    names = [name for name in (roles.loss, roles.clean_loss, roles.clean_val_loss or roles.val_loss) if name]
    values = np.concatenate([found.curves[name] for name in names]) if names else np.zeros(0)
    values = values[np.isfinite(values)]
    if not values.size:
        return
    usual, highest, lowest = float(np.percentile(values, 95)), float(values.max()), float(values.min())
    if lowest >= 0 and highest > 3 * usual > 0 and math.isfinite(usual):
        panel.set_ylim(0, 1.3 * usual)
