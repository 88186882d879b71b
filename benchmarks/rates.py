"""What a contender's times come to: seconds per epoch, trainings per hour, ratios. Pure functions."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import mean, median
from typing import Any

STUDY_EPOCHS = 30
"""Of the training that the rates are for; a contender trains fewer."""

Result = Mapping[str, Any]
"""What `running.run` returned; or ``error``: why it did not."""

Rounds = Sequence[Mapping[str, Result]]
"""Results by contender, for each round."""


def epoch_seconds(result: Result) -> float:
    """Median over epochs and trainings, without each training's first epoch, in which much is set up."""
    return median(after - before for ends in result["ends"] for before, after in pairwise(ends))


def outside_seconds(result: Result) -> float:
    """What a training takes beyond its epochs: start, set-up, what the first epoch takes longer, the end."""
    return result["wall_seconds"] - max(map(len, result["ends"])) * epoch_seconds(result)


def accuracy(result: Result) -> float:
    """Of validation at the end, mean over the trainings, in percent: that all learn the same."""
    return 100 * mean(result["val_accuracies"])


def epochs_per_hour(result: Result) -> float:
    """That all cores finish, of all trainings that went on at the same time; nothing beside epochs counts."""
    return 3600 * len(result["ends"]) / epoch_seconds(result)


def extrapolated(result: Result) -> float:
    """Trainings of `STUDY_EPOCHS` epochs that all cores finish in an hour, of a run that trained fewer."""
    return 3600 * len(result["ends"]) / (outside_seconds(result) + STUDY_EPOCHS * epoch_seconds(result))


def whole(result: Result, trainings: int) -> float:
    """Trainings that all cores finish in an hour, of a run that did all trainings of a study."""
    return 3600 * trainings / result["wall_seconds"]


def finished(rounds: Rounds, *names: str) -> list[tuple[Result, ...]]:
    """The results of these contenders in each round that all of them finished."""
    found = [tuple(results.get(name, {"error": ""}) for name in names) for results in rounds]
    return [results for results in found if not any("error" in result for result in results)]
