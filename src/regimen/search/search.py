"""A search: from single remedies to the combination that helps most, confirmed by a study of its own."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any

from regimen.errors import OptionError
from regimen.executors import Executor
from regimen.search.budget import Budget
from regimen.search.result import SearchResult
from regimen.study import Study
from regimen.study.study import Listener

SEEDS, STEP_SEEDS = 10, 3
FIRST_STEP_SEED = 1000
"""Seeds of the search's steps begin here, so that those of the confirming study are new ones."""


@dataclass
class Search:
    """A greedy forward search for the remedies that help together, and a fresh study of what it finds.

    Each step adds every remaining candidate to the combination so far (at first the baseline), trains them with
    ``step_seeds`` seeds, and takes the one that helps most, until none does or the budget ends. As the best of many is
    flattered by having been selected, its runs then count no more: the combination and the baseline are trained anew,
    with seeds that the search did not use, and scored on images on which it did not validate. Only that study's verdict
    is told. It is an ordinary study, which ``Study(…, arms=[found]).run()`` repeats.

    Args:
        study: the study that is to confirm what is found: its data, model, settings, margin and directory. Its ``arms``
            are the candidates; None takes one per remedy that regimen knows, at its default strength, but those with
            no place in the model or that only end training early. Its ``seeds`` are those of the confirmation; None is
            10.
        step_seeds: runs per candidate and step, at least 2.
        budget: of the whole search: a number of runs (``60``) or of training time, summed over runs (``"30min"``,
            ``"2h"``). The confirmation is reserved first. None goes on until nothing helps.

    Raises:
        OptionError: a setting out of range, or a study that runs until decided.

    Source:
        Forward selection and its level: `regimen.analysis.selection.select`. Confirming on images that selected
        nothing: Cawley & Talbot (2010), On over-fitting in model selection and subsequent selection bias in
        performance evaluation, JMLR 11.
    """

    study: Study
    _: KW_ONLY
    step_seeds: int = STEP_SEEDS
    budget: str | int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.study, Study):
            raise OptionError(
                f"A search takes a Study, whose arms are the candidates; received {type(self.study).__name__}. "
                "Write for example: Search(Study(data, model=model))."
            )
        if self.study.until_decided:
            raise OptionError(
                "A search confirms with a number of seeds that is set beforehand: leave until-decided out."
            )
        self.limit = Budget.read(self.budget)
        if self.study.seeds is None:
            self.study = replace(self.study, seeds=SEEDS)
        seeds = self.study.looks[0]
        if len(seeds) < 2:
            raise OptionError("The confirming study needs at least 2 seeds: one has no interval.")
        whole = isinstance(self.step_seeds, int) and not isinstance(self.step_seeds, bool)
        if not whole or self.step_seeds < 2:
            raise OptionError(
                f"step_seeds must be a whole number, at least 2, as one seed has no interval; received "
                f"{self.step_seeds!r}."
            )
        taken = set(seeds) & set(self.seeds_of_steps)
        if taken:
            raise OptionError(
                f"The search's steps use the seeds from {FIRST_STEP_SEED} on, so the confirmation needs others; "
                f"received {min(taken)}."
            )

    @property
    def seeds_of_steps(self) -> range:
        """The seeds of every candidate."""
        return range(FIRST_STEP_SEED, FIRST_STEP_SEED + self.step_seeds)

    def run(
        self,
        listener: Listener | None = None,
        loading: Callable[[int, int, str], None] | None = None,
        executor: Executor | None = None,
    ) -> SearchResult:
        """Trains every run of the search that its directory does not hold yet, and says what they show.

        Args:
            listener: called with each event: those of `Study.run`, where ``planned`` begins a stage and has a
                ``title``; and ``told`` (text) once a stage has ended.
            loading: called with (done, total, what) while images are decoded or downloaded.
            executor: where runs happen; by default worker processes on this machine.

        Returns:
            The result; its ``failed`` names runs that failed.

        Raises:
            RegimenError: anything that makes the search impossible.
        """
        from regimen.search.conduct import conduct

        return conduct(self, listener or _silent, loading, executor)


def _silent(event: dict[str, Any]) -> None:
    """Hears nothing."""
