"""Writes the page of results, whole, from what was measured."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from contenders import OURS
from parts import PARTS, WORKER_LIMIT, Part
from rates import STUDY_EPOCHS, Result, Rounds, accuracy, epoch_seconds, epochs_per_hour, finished, outside_seconds

Measured = Mapping[str, Any]
"""Of a part: ``where``, ``sizes`` and ``rounds``."""

HEAD = f"""\
# How fast

Regimen beside Keras' own `fit` and a plain PyTorch loop, on the same arrays. Written by `make bench`.

Every contender is a fresh process. Within a round each runs once, in an order that rotates from round to round, while
nothing else of the benchmark runs. Regimen runs as its users run it: one worker with one thread per core, one training
each. The others have all cores, unless it says *a one-thread process per core*; these are held to their cores.

- **Accuracy**: of validation after the few epochs that are trained in (a) and (c); it shows that all do the same work.
- **Seconds per epoch**: training and validation; the median over all epochs but each training's first.
- **Outside**: seconds that a process takes before, between and after its epochs: start, compilation, the end.
- **Trainings per hour**: finished with all cores busy, of {STUDY_EPOCHS} epochs each. Computed from the two others
  in (a) and (c), where fewer epochs are trained; measured whole in (b).
- **Times as fast**: the ratio of trainings per hour, round by round: the median, and the lowest to the highest round.
  Targets refer to it.
- **In epochs alone**: the same for epochs per hour. With more images per epoch the first ratio comes near to this one.

Regimen also measures, after every epoch, the loss and accuracy of training images in inference mode, and checkpoints;
Keras' `fit` and the loop do neither. Keras runs with its defaults, validation batches included, and without a seed,
with which the TensorFlow backend would repeat one order of images in every epoch. Regimen's workers tell the C library
to keep memory that is freed, which is worth about a seventh of a step; the others run with the system's defaults. One
kind of machine speaks for that kind only; ratios differ with the processor, above all with how it multiplies
bfloat16."""


def write_page(results: Mapping[str, Measured]) -> str:
    """The page, in Markdown.

    Args:
        results: by letter of the part.
    """
    sections = [_section(letter, PARTS[letter], results[letter]) for letter in sorted(results)]
    return "\n\n".join([HEAD, *sections]) + "\n"


def _section(letter: str, part: Part, measured: Measured) -> str:
    body = _memory(part, measured) if part.memory else _times(part, measured)
    body = [*body, *_failures(measured["rounds"]), *_profile(measured.get("profile"))]
    return "\n\n".join([f"## ({letter}) {part.title}", _conditions(measured), *body])


def _conditions(measured: Measured) -> str:
    """Sizes, hardware and versions."""
    where, sizes, rounds = measured["where"], measured["sizes"], len(measured["rounds"])
    bfloat16 = f"bfloat16 native ({where['bfloat16']})" if where["bfloat16"] else "bfloat16 not native"
    images = f"{sizes['training']:,} training and {sizes['validation']:,} validation images"
    ours, peers = (", ".join(" ".join(pair) for pair in where[side].items()) for side in ("ours", "peers"))
    return "\n".join(
        [
            f"- {images}, {sizes['epochs']} epochs, {rounds} round{'s' * (rounds > 1)}, {where['date']}",
            f"- {where['processor']}, {where['cores']} cores, {where['memory_gb']:.0f} GB of memory, {bfloat16}; "
            f"{where['system']}, load before the first round {where['load']:.1f}",
            f"- Python {where['python']}; ours: {ours}; the others: {peers}",
        ]
    )


def _times(part: Part, measured: Measured) -> Iterator[str]:
    rounds, sizes = measured["rounds"], measured["sizes"]
    figures = {"accuracy, %": accuracy, "seconds per epoch": epoch_seconds, "outside, seconds": outside_seconds}
    if part.whole:
        figures = {f"seconds for {sizes['trainings']} trainings": lambda result: result["wall_seconds"]}
    figures["trainings per hour"] = lambda result: part.trainings_per_hour(result, sizes)
    rows = []
    for name in _names(rounds):
        found = [result for (result,) in finished(rounds, name)]
        if found:
            rows.append([name, *(_number(median(map(figure, found))) for figure in figures.values())])
    yield _table(["contender", *figures], rows)
    yield _table(["", *_ratios(part, sizes), "target", "reached"], list(_comparisons(part, measured)))


def _ratios(part: Part, sizes: Mapping[str, int]) -> Mapping[str, Callable[[Result], float]]:
    """Of what a comparison shows ratios; the first is what targets are about."""
    per_hour = {"times as fast": lambda result: part.trainings_per_hour(result, sizes)}
    return per_hour if part.whole else {**per_hour, "in epochs alone": epochs_per_hour}


def _comparisons(part: Part, measured: Measured) -> Iterator[list[str]]:
    for ours, theirs, target in part.comparisons:
        both = finished(measured["rounds"], ours, theirs)
        ratios = [
            [figure(mine) / figure(other) for mine, other in both]
            for figure in _ratios(part, measured["sizes"]).values()
        ]
        if both:
            yield [f"{ours} : {theirs}", *map(_spread, ratios), *_reached(ratios[0], target, measured["where"])]


def _reached(ratios: Sequence[float], target: float | None, where: Mapping[str, Any]) -> tuple[str, str]:
    if target is None or not where["bfloat16"]:  # targets are for machines that have it
        return "", ""
    return f"{target:.1f}", "yes" if median(ratios) >= target else "no"


def _memory(part: Part, measured: Measured) -> Iterator[str]:
    rounds = measured["rounds"]
    held = {name: found[0][0] for name in _names(rounds) if (found := finished(rounds, name))}
    if all(result["peak_bytes"] is None for result in held.values()):
        yield "Not measured: it takes Linux' `/proc`."
        return
    yield (
        "The peak of what all processes of a contender hold together, pages that they share counted once (proportional "
        "set size), looked at five times a second."
    )
    rows = [
        [name, str(len(result["ends"])), _mebibytes(result["peak_bytes"])]
        for name, result in held.items()
        if result["peak_bytes"] is not None
    ]
    yield _table(["contender", "trainings at once", "peak, MiB"], rows)
    ours = held.get(OURS, {})
    limits = [("A worker, beyond the dataset and the libraries, which workers share", "below_bytes", WORKER_LIMIT)]
    limits += [("All processes together", "peak_bytes", part.limit)] if part.limit else []
    rows = [
        [what, _mebibytes(ours[name]), f"below {_mebibytes(limit)}", "yes" if ours[name] < limit else "no"]
        for what, name, limit in limits
        if ours.get(name)
    ]
    if rows:
        yield _table([f"{OURS}, at most", "MiB", "target", "reached"], rows)


def _profile(found: Mapping[str, Any] | None) -> Iterator[str]:
    """Where one of our steps goes, and the least that its multiplications take."""
    if not found:
        return
    whole, floor = found["step_ms"], 1e3 * found["gflop"] / found["product_gflop_per_second"]
    yield (
        f"One step of {OURS} ({found['model']}) alone on the machine, on one core in {found['precision']}, takes "
        f"{whole:.1f} ms. It multiplies and adds {found['gflop']:.2f} · 10⁹ times. At the rate of a product of large "
        f"square matrices in that precision, {found['product_gflop_per_second']:.0f} · 10⁹ per second, these alone "
        f"take {floor:.1f} ms."
    )
    rows = [
        [kind, f"{share * whole:.1f}", f"{100 * share:.0f}"] for kind, share in found["shares"].items() if share > 0.001
    ]
    yield _table(["of a step", "ms", "%"], rows)


def _failures(rounds: Rounds) -> Iterator[str]:
    errors = {name: result["error"] for results in rounds for name, result in results.items() if "error" in result}
    if errors:
        yield "\n".join(f"- {name} did not finish: {error}" for name, error in errors.items())


def _names(rounds: Rounds) -> list[str]:
    """All contenders, in the order of the first round, which no rotation has changed."""
    return list(dict.fromkeys(name for results in rounds for name in results))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _spread(values: Sequence[float]) -> str:
    return f"**{median(values):.2f}** ({min(values):.2f}…{max(values):.2f})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _mebibytes(count: int) -> str:
    return f"{count / 2**20:,.0f}"
