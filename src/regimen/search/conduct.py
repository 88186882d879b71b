"""Carries a search out: step by step in one growing study, then the study that confirms what was found."""

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from regimen.analysis.selection import Step, select
from regimen.analysis.summary import ArmSummary
from regimen.data import other_split
from regimen.errors import OptionError, StoreError
from regimen.executors import Executor
from regimen.language import say
from regimen.plan import BASELINE, digest
from regimen.remedies import Remedy
from regimen.report.steps import outcome, path
from regimen.report.wording import count_runs, duration
from regimen.search.candidates import find_candidates, offer
from regimen.search.result import SUMMARY, SearchResult, read_candidates, save
from regimen.study import StudyResult, load_result
from regimen.study.conduct import Listener, carry_out, default_folder, prepare
from regimen.study.planning import Trial

STEPS, CONFIRMATION = "steps", "confirmation"
_BUDGET_ENDED = say("The search ended with its budget, of which the confirmation was reserved first.")
_NO_ROOM = say("the budget has no room for it.")


def conduct(search: Any, listener: Listener, loading: Any = None, executor: Executor | None = None) -> SearchResult:
    """Trains a search's missing runs.

    Args:
        search: the `regimen.search.search.Search`.
        listener: called with each event.
        loading: called while images are decoded or downloaded.
        executor: where runs happen; None is worker processes on this machine.
    """
    trial = prepare(replace(search.study, arms=()), loading)
    candidates, left_out = find_candidates(search.study.arms, trial.baseline)
    if search.study.arms is not None:
        trial.with_more(candidates)  # refuses what is named and cannot be applied, before anything is trained
    written = {name: str(remedy) for name, remedy in candidates.items()}
    identity = digest([trial.identity(), written])
    folder = Path(search.study.out or default_folder("searches", search.study, trial, identity))
    _begin(folder, written)
    notes = [say("{name} is no candidate: {why}", name=name, why=why) for name, why in left_out.items()]
    for note in (*trial.notes, *notes):
        listener({"event": "told", "text": f"Note: {note}"})
    listener({"event": "told", "text": f"Search in {folder}"})
    ground = _Ground(search, trial, folder, listener, executor)
    steps, ended, combination, taken = _steps(ground, candidates, left_out)
    confirmation = None
    if taken is not None:
        listener({"event": "told", "text": str(ended)})
        confirmation = ground.confirm(combination, taken, steps)
    result = SearchResult(folder, written, tuple(steps), ended, combination, taken, ground.result, confirmation)
    save(folder, result.to_json())
    return result


def _steps(
    ground: "_Ground", candidates: Mapping[str, Remedy], unfit: Mapping[str, str]
) -> tuple[list[Step], str, str, Remedy | None]:
    """Takes steps until nothing helps; why there were no more, and what is taken by then, its name first."""
    steps: list[Step] = []
    before, taken = BASELINE, None
    if ground.search.limit.timed:
        ground.train({}, say("The model as it is, which tells what a run costs"))
    while True:
        offered, left_out = offer(candidates, before, taken, ground.trial.baseline)
        if not offered:
            return steps, say("The search ended as no candidate was left."), before, taken
        ranks = {tried.name: rank for rank, tried in enumerate(steps[-1].candidates)} if steps else {}
        names = sorted(offered, key=lambda name: ranks.get(name, math.inf))  # the most promising while the budget lasts
        room = ground.room()
        if room < 1:
            if not steps:
                ground.refuse()
            return steps, _BUDGET_ENDED, before, taken
        tried = {name: offered[name] for name in names[: min(room, len(names))]}
        left_out = {**({} if steps else unfit), **left_out, **{name: _NO_ROOM for name in names if name not in tried}}
        arms = ground.train(dict(tried.values()), ground.title(len(steps) + 1, before, len(tried)))
        step = select(
            arms[before],
            {name: arms[arm] for name, (arm, _) in tried.items()},
            margin=ground.search.study.margin,
            left_out=left_out,
        )
        steps.append(step)
        ground.listener({"event": "told", "text": f"Step {len(steps)}: {outcome(step)}"})
        if step.taken is None:
            nothing = say("The search ended as nothing more is shown to help.")
            return steps, nothing if len(tried) == len(names) else _BUDGET_ENDED, before, taken
        before, taken = step.taken.arm, offered[step.taken.name][1]


class _Ground:
    """Where a search trains: the study of its steps, which grows, and the one that confirms."""

    def __init__(self, search: Any, trial: Trial, folder: Path, listener: Listener, executor: Executor | None) -> None:
        self.search, self.trial, self.folder = search, trial, folder
        self.listener, self.executor = listener, executor
        self.remedies: dict[str, Remedy] = {}
        self.result: StudyResult | None = None
        parts = other_split(trial.dataset, trial.split, seed=search.study.split_seed)
        self.shared = len(np.intersect1d(parts.validation, trial.split.validation))
        note = say("These runs selected remedies for a search; the verdict is that of the study that confirms it.")
        grounds = trial.with_split(parts, say("another one than the confirming study's"))
        # The test part is scored by the confirming study alone.
        self.grounds = replace(grounds, dataset=trial.dataset.without_test(), notes=(*trial.notes, note))
        self.seeds = list(search.seeds_of_steps)

    @property
    def reserved(self) -> int:
        """Runs of the confirmation."""
        return 2 * len(self.search.study.looks[0])

    def room(self) -> int | float:
        """How many candidates the budget allows in the next step."""
        arms = [arm.runs for arm in self.result.summary.arms] if self.result else []
        first = 0 if arms else len(self.seeds)  # the baseline's own
        room = self.search.limit.room(arms, self.reserved + first)
        return room if room == math.inf else max(0, int(room // len(self.seeds)))

    def refuse(self) -> None:
        """Says that the budget is too small for a search, and how much would do."""
        runs = self.reserved + 2 * len(self.seeds)
        least = f"{runs} runs"
        if self.search.limit.timed:
            baseline = self.result.summary.baseline.runs
            least = f"about {duration(runs * self.search.limit.spent(baseline) / len(baseline))} of training"
        raise OptionError(
            f"The budget of {self.search.budget} leaves no room to try a remedy: the baseline, one candidate and the "
            f"confirmation, {runs} runs, take {least}. Raise it, or lower --seeds or --step-seeds."
        )

    def title(self, step: int, before: str, candidates: int) -> str:
        """Announces a step."""
        on = "the model as it is" if before == BASELINE else before
        runs = (candidates + (self.result is None)) * len(self.seeds)
        noun = "candidate" if candidates == 1 else "candidates"
        return f"Step {step}: {candidates} {noun} on {on}, {count_runs(runs)}"

    def train(self, added: Mapping[str, Remedy], title: str) -> dict[str, ArmSummary]:
        """Adds arms to the study of the steps; all arms so far, by name."""
        shown = [*([] if self.result else [BASELINE]), *added]
        for name, remedy in added.items():
            if self.remedies.get(name, remedy) != remedy:
                raise OptionError(f"Two combinations are called {name!r}. Give an arm another name: NAME: remedy.")
        new = {name: remedy for name, remedy in added.items() if name not in self.remedies}
        self.remedies |= new
        self.grounds = self.grounds.with_more(new)
        study = replace(self.search.study, arms=(), seeds=self.seeds)
        folder = carry_out(
            study, self.grounds, self.folder / STEPS, self._stage(title, shown), self.executor, hand_over=False
        )
        self.result = load_result(folder)
        return {arm.name: arm for arm in self.result.summary.arms}

    def confirm(self, combination: str, remedy: Remedy, steps: list[Step]) -> StudyResult:
        """The fresh study of what was found."""
        trial = self.trial.with_more({combination: remedy})
        trial = replace(trial, notes=(*trial.notes, *self._provenance(combination, steps)))
        title = f"Confirmation: {combination} against the baseline, {count_runs(self.reserved)} with new seeds"
        folder = carry_out(
            replace(self.search.study, arms={combination: remedy}),
            trial,
            self.folder / CONFIRMATION,
            self._stage(title, [BASELINE, combination]),
            self.executor,
        )
        return load_result(folder)

    def _provenance(self, combination: str, steps: list[Step]) -> list[str]:
        """How the combination was found, and on what it is confirmed."""
        found = say(
            "{combination} was selected by a search, which validated on other images and used other seeds than this "
            "study: {path}.",
            combination=combination,
            path=path(steps),
        )
        if not self.shared:
            return [found]
        validating = len(self.trial.split.validation)
        found = say(
            "{combination} was selected by a search, which used other seeds than this study: {path}.",
            combination=combination,
            path=path(steps),
        )
        warning = say(
            "For want of others, the search validated on {shared} of the {validating} images on which this study "
            "validates: on those, the difference is flattered by the selection.",
            shared=f"{self.shared:,}",
            validating=f"{validating:,}",
        )
        return [found, warning]

    def _stage(self, title: str, arms: list[str]) -> Listener:
        """Passes on what concerns a stage's arms, under its title."""

        def hear(event: dict[str, Any]) -> None:
            if event["event"] == "planned":
                event = {**event, "arms": arms, "title": title, "notes": []}
            if event.get("arm", arms[0]) in arms:
                self.listener(event)

        return hear


def _begin(folder: Path, candidates: Mapping[str, str]) -> None:
    """Begins a search in its directory, or goes on with the one that is there.

    Raises:
        StoreError: the directory holds something else, or a search of other candidates.
    """
    known = (STEPS, CONFIRMATION, SUMMARY)
    if folder.exists() and not folder.is_dir():
        raise StoreError(f"{str(folder)!r} is a file, and a search needs a directory. Choose another with --out.")
    if folder.is_dir() and any(path.name not in known and path.name[0] != "." for path in folder.iterdir()):
        raise StoreError(f"The directory {str(folder)!r} is not empty and holds no search. Choose another with --out.")
    if not (folder / SUMMARY).exists() and not (folder / STEPS).exists():
        folder.mkdir(parents=True, exist_ok=True)
        save(folder, {"candidates": candidates})
    if (begun := read_candidates(folder)) != candidates:
        raise StoreError(
            f"The directory {str(folder)!r} holds a search of other candidates ({', '.join(begun) or 'unknown'}). "
            "Choose another with --out, or name the same candidates to go on."
        )
