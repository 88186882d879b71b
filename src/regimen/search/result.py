"""What a search found: its steps, the combination, and the study that confirms it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regimen.analysis.selection import Candidate, Step
from regimen.language import join, plural, say
from regimen.remedies import Remedy
from regimen.report.wording import points
from regimen.study import StudyResult
from regimen.study.best import BestModel
from regimen.study.tables import finite

SUMMARY = "search.json"


@dataclass(frozen=True, eq=False, repr=False)
class SearchResult:
    """What a search found.

    Attributes:
        folder: the search's directory: ``search.json``, and the studies ``steps`` and ``confirmation``.
        candidates: name → remedy, as on the command line.
        steps: what was tried, in order.
        ended: why there were no more steps.
        combination: the name of what was found; ``"baseline"`` where nothing helped.
        remedy: the same as a remedy; None where nothing helped.
        tried: every combination as one study; its runs selected, so its verdicts flatter.
        confirmation: the fresh study of the combination; None where there was nothing to confirm.
    """

    folder: Path
    candidates: Mapping[str, str]
    steps: tuple[Step, ...]
    ended: str
    combination: str
    remedy: Remedy | None
    tried: StudyResult
    confirmation: StudyResult | None

    def __repr__(self) -> str:
        return f"<SearchResult of {str(self.folder)!r}: {self.answer}>"

    @property
    def answer(self) -> str:
        """The finding in a sentence or two: the confirming study's, beside what the search itself had seen."""
        if self.confirmation is None:
            return plural(
                len(self.steps[0].candidates),
                "Nothing is shown to help: {number} remedy was tried on the model as it is, and not taken. There was "
                "nothing to confirm.",
                "Nothing is shown to help: {number} remedies were tried on the model as it is, and none was taken. "
                "There was nothing to confirm.",
            )
        return join([self.confirmation.summary.headline, self.shrinkage])

    @property
    def shrinkage(self) -> str:
        """What the search saw of the combination beside what the confirmation bears out; empty without one."""
        if self.confirmation is None:
            return ""
        seen = next(arm.comparison for arm in self.tried.summary.arms if arm.name == self.combination)
        return say(
            "In the runs of the search, which selected {combination}, the difference was {seen} points; in those of "
            "the confirmation it is {confirmed}.",
            combination=self.combination,
            seen=points(seen.difference),
            confirmed=points(self.confirmation.summary.arms[1].comparison.difference),
        )

    @property
    def best(self) -> BestModel | None:
        """The model to use, of the confirming study; None where nothing helped."""
        return self.confirmation.best if self.confirmation else None

    @property
    def failed(self) -> tuple[str, ...]:
        """One line per run that failed."""
        return self.tried.failed + (self.confirmation.failed if self.confirmation else ())

    def to_json(self) -> dict[str, Any]:
        """Plain data: the answer, every step, and the confirming study."""
        return {
            "answer": self.answer,
            "candidates": dict(self.candidates),
            "combination": self.combination,
            "remedy": None if self.remedy is None else str(self.remedy),
            "folder": str(self.folder),
            "ended": self.ended,
            "steps": [_step(step) for step in self.steps],
            "tried": str(self.tried.folder),
            "confirmation": self.confirmation.to_json() if self.confirmation else None,
        }


def save(folder: Path, summary: Mapping[str, Any]) -> None:
    """Writes the summary of a search into its directory, atomically."""
    path = folder / SUMMARY
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    partial.write_text(json.dumps(summary, indent=1, allow_nan=False), encoding="utf-8")
    partial.replace(path)


def read_candidates(folder: Path) -> dict[str, str]:
    """The candidates of the search in a directory; none where that cannot be read."""
    try:
        return dict(json.loads((folder / SUMMARY).read_text(encoding="utf-8"))["candidates"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _step(step: Step) -> dict[str, Any]:
    return {
        "before": step.before,
        "accuracy": finite(step.accuracy),
        "taken": step.taken.name if step.taken else None,
        "candidates": [_candidate(tried) for tried in step.candidates],
        "left_out": dict(step.left_out),
    }


def _candidate(tried: Candidate) -> dict[str, Any]:
    found = tried.comparison
    return {
        "name": tried.name,
        "arm": tried.arm,
        "accuracy": finite(tried.accuracy),
        "difference": finite(found.difference),
        "low": finite(found.low),
        "high": finite(found.high),
        "verdict": str(found.verdict),
    }
