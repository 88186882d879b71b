"""Carries a study out: opens its store, trains what is missing, records every event, hands over the best model."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regimen.analysis import Verdict
from regimen.errors import OptionError, StoreError
from regimen.executors import Event, Executor, Job, LocalExecutor, resolve_workers
from regimen.language import say
from regimen.plan import Arm
from regimen.store import RunRecord, StudyStore
from regimen.study.best import export_best
from regimen.study.description import describe
from regimen.study.errors import keep_pictures
from regimen.study.initial_weights import save_weights
from regimen.study.planning import Trial, plan_trial
from regimen.study.result import load_result
from regimen.study.writing import keep_study_file

DONE = ("finished", "diverged")
Listener = Callable[[dict[str, Any]], None]
"""Called with each event of a study; see `regimen.study.study.Study.run`."""


def conduct(study: Any, listener: Listener, loading: Any = None, executor: Executor | None = None) -> Path:
    """Plans a study and trains its missing runs.

    Args:
        study: the `regimen.study.study.Study`.
        listener: called with each event.
        loading: called while images are decoded or downloaded.
        executor: where runs happen; None is worker processes on this machine.

    Returns:
        The study's directory.
    """
    trial = prepare(study, loading)
    return carry_out(
        study, trial, study.out or default_folder("studies", study, trial, trial.identity()), listener, executor
    )


def prepare(study: Any, loading: Any = None) -> Trial:
    """Plans a study, refusing what this machine cannot do before images are decoded."""
    from regimen.engine.device import resolve_device
    from regimen.engine.precision import resolve_precision

    device = resolve_device(study.device)
    resolve_workers(study.workers, device)
    resolve_precision(study.precision, device)
    return plan_trial(study, loading)


def default_folder(parent: str, study: Any, trial: Trial, identity: str) -> Path:
    """Where the same command finds what it began again."""
    return Path(parent) / f"{_slug(study.name or trial.dataset.name)}-{identity[:8]}"


def carry_out(
    study: Any,
    trial: Trial,
    folder: str | Path,
    listener: Listener,
    executor: Executor | None = None,
    *,
    hand_over: bool = True,
) -> Path:
    """Trains the missing runs of a study that has been planned.

    Args:
        study: the `regimen.study.study.Study`, for its seeds, workers, precision, margin, name, command and file.
        trial: what is trained.
        folder: the study's directory.
        listener: called with each event.
        executor: where runs happen; None is worker processes on this machine.
        hand_over: whether the study file, the best model and pictures of mistakes are kept.

    Returns:
        The study's directory.
    """
    folder = Path(folder)
    name = study.name or trial.dataset.name
    with StudyStore.create(folder, trial.identity()) as store:
        device = _device(store.spec(), study.device)
        precision = _precision(store.spec(), study.precision, device)
        workers = resolve_workers(study.workers, device)
        trial = trial.computed(precision, device)
        store.write_split(
            {
                "training": trial.split.training,
                "validation": trial.split.validation,
                "validation_labels": trial.dataset.train.labels[trial.split.validation],
                "test_labels": trial.dataset.test.labels if trial.dataset.test else np.zeros(0, np.int64),
            }
        )
        if hand_over:
            keep_study_file(study, trial, folder)
        executor = executor or LocalExecutor(workers, folder / "logs")
        ran: tuple[int, ...] = ()
        for seeds in _looks_left(study.looks, store.spec()):
            keys = {arm.name: {seed: trial.key(arm, seed) for seed in seeds} for arm in trial.arms}
            spec = describe(study, trial, name, workers, keys)
            spec["looks"] = spec["looks"] or store.spec().get("looks", [])  # looks that were taken stay taken
            store.write_spec(spec, trial.arms, trial.judged_at)
            new = tuple(seed for seed in seeds if seed not in ran)
            _announce(store, trial, ran, new, listener)
            _train(
                store, trial, {arm: {seed: of[seed] for seed in new} for arm, of in keys.items()}, executor, listener
            )
            ran = seeds
            if seeds is not study.looks[-1] and _decided(store):
                break
        if hand_over:
            _hand_over(store, trial, listener)
    return folder


def _looks_left(looks: Sequence[tuple[int, ...]], spec: Mapping[str, Any]) -> Sequence[tuple[int, ...]]:
    """The looks from the one on that the study's directory has reached: a report never goes back to fewer seeds."""
    begun = max((len(seeds) for seeds in spec.get("keys", {}).values()), default=0)
    return [seeds for seeds in looks if len(seeds) >= begun] or looks[-1:]


def _announce(store: StudyStore, trial: Trial, ran: tuple[int, ...], new: tuple[int, ...], listener: Listener) -> None:
    """Says what is about to be trained: the whole study, or seeds that are added to it."""
    arms = [arm.name for arm in trial.arms]
    if ran:
        text = say("After {seeds} seeds not every arm is decided: {more} more seeds.", seeds=len(ran), more=len(new))
        listener({"event": "note", "text": text})
        listener({"event": "look", "arms": arms, "seeds": list(new)})
        return
    listener(
        {
            "event": "planned",
            "arms": arms,
            "seeds": list(new),
            "epochs": trial.baseline.epochs,
            "folder": str(store.folder),
            "notes": list(trial.notes),
        }
    )


def _decided(store: StudyStore) -> bool:
    """Whether no arm's verdict is *cannot tell*. More seeds would not help an arm that lost a run, either."""
    compared = [arm.comparison for arm in load_result(store.folder).summary.arms]
    return all(found is None or found.verdict is not Verdict.CANNOT_TELL for found in compared)


def _train(
    store: StudyStore,
    trial: Trial,
    keys: Mapping[str, Mapping[int, str]],
    executor: Executor,
    listener: Listener,
) -> None:
    """Trains the missing ones of these runs."""
    known, data = store.runs(), str(trial.dataset.mapped().resolve())
    weights = None if trial.weights is None else str(save_weights(trial.weights, store.folder).resolve())
    jobs: dict[str, Job] = {}
    where: dict[str, list[tuple[str, int]]] = {}
    for arm, seed, key in _runs(trial.arms, keys):
        where.setdefault(key, []).append((arm.name, seed))
        if key in known and known[key].status in DONE:
            listener(
                {"event": "finished", "arm": arm.name, "seed": seed, "status": known[key].status, "restored": True}
            )
        elif key not in jobs:
            jobs[key] = Job(key, arm.plan, seed, str(store.folder.resolve()), data, weights)

    def tell(key: str, event: str, **data: Any) -> None:
        for arm, seed in where[key]:
            listener({"event": event, "arm": arm, "seed": seed, **data})

    events = executor.run(list(jobs.values()))
    try:
        for event in events:
            _record(store, event, jobs[event.key].seed, tell)
    finally:
        events.close()
    runs = store.runs()
    for key, job in jobs.items():
        if key not in runs or runs[key].status == "running":
            _record(store, Event("failed", key, {"error": "The executor ended without it."}), job.seed, tell)


def _runs(arms: tuple[Arm, ...], keys: Mapping[str, Mapping[int, str]]) -> Iterator[tuple[Arm, int, str]]:
    """All runs, seed by seed so that arms stay comparable if a study is stopped; those that may stop early last."""
    for seed in next(iter(keys.values())):
        for arm in sorted(arms, key=lambda arm: arm.plan.stopping is not None):
            yield arm, seed, keys[arm.name][seed]


def _record(store: StudyStore, event: Event, seed: int, tell: Callable[..., None]) -> None:
    """Writes what an event says, then passes it on."""
    data = event.data
    if event.kind == "started":
        store.write_run(RunRecord(event.key, seed, "running"))
        tell(event.key, "started")
    elif event.kind == "epoch":
        store.write_epoch(event.key, data["epoch"], data["metrics"])
        tell(event.key, "epoch", epoch=data["epoch"], metrics=data["metrics"])
    elif event.kind == "ended":
        for epoch, values in enumerate(zip(*data.get("history", {}).values(), strict=True), 1):
            store.write_epoch(event.key, epoch, dict(zip(data["history"], values, strict=True)))
        store.write_run(
            RunRecord(
                *(event.key, seed, data["status"], data["selected_epoch"], data["wall_seconds"]),
                environment=data["environment"],
                run_by_keras=data["run_by_keras"],
            )
        )
        tell(event.key, "finished", status=data["status"], restored=False)
    else:
        store.write_run(RunRecord(event.key, seed, "failed", error=data["error"]))
        store.write_event(f"run {event.key} failed: {data['error']}")
        tell(event.key, "failed", error=data["error"])


def _device(spec: Mapping[str, Any], wanted: str) -> str:
    """The device of a study: that on which it was begun, if it was.

    Raises:
        OptionError: this machine does not have it; or the user asks for another one.
    """
    from regimen.engine.device import resolve_device

    begun = spec.get("device", "cpu") if spec else wanted
    if wanted not in ("auto", begun):
        raise OptionError(f"This study was begun on {begun}; --device {wanted} needs a study of its own: --out DIR.")
    return resolve_device(begun)


def _precision(spec: Mapping[str, Any], wanted: str, device: str) -> str:
    """The precision of a study: what it was begun with, unless the user repeats another.

    Raises:
        OptionError: it was begun in bfloat16 and this machine does not multiply bfloat16 natively; or the user asks
            for another one.
    """
    from regimen.engine.precision import resolve_precision

    resolved, begun = resolve_precision(wanted, device), spec.get("precision")
    if begun is None:
        return resolved
    if wanted == "auto" and begun == "bfloat16" and resolved != "bfloat16":
        raise OptionError(
            "This study was begun in bfloat16, which this processor does not multiply natively: going on would be slow "
            "and mix machines. Say --precision bfloat16 to go on all the same, or begin another study with --out."
        )
    if wanted not in ("auto", begun):
        raise OptionError(f"This study was begun in {begun}; --precision {wanted} needs a study of its own: --out DIR.")
    return begun


def _hand_over(store: StudyStore, trial: Trial, listener: Listener) -> None:
    """Keeps pictures of mistakes and exports the best arm's model, if any run of it finished; verdicts need neither."""
    found = load_result(store.folder)
    best = found.summary.best_arm
    keys, runs = store.spec()["keys"].get(best, {}), store.runs()
    finished = [runs[key] for key in keys.values() if key in runs and runs[key].status == "finished"]
    if not finished:
        return
    try:
        keep_pictures(store, found.errors, trial.dataset.train.images, trial.split.validation)
    except OSError as error:
        _note(store, listener, f"The pictures of the images that are classified wrong were not kept: {error}")
    run = min(finished, key=lambda run: store.history(run.key)["clean_val_loss"][run.selected_epoch - 1])
    arm = next(arm for arm in trial.arms if arm.name == best)
    try:
        export_best(store, arm, run, trial.dataset, trial.split.validation)
    except StoreError as error:
        _note(store, listener, str(error))


def _note(store: StudyStore, listener: Listener, text: str) -> None:
    store.write_event(text)
    listener({"event": "note", "text": text})


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in name).strip("-") or "study"
