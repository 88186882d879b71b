"""The errors of a study: its stored probabilities analysed, and the pictures of the images that the analysis lists."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from regimen.analysis.arm_errors import ErrorAnalysis, analyze_errors, worth_a_picture
from regimen.store import StudyStore

PICTURED = 24
"""Of each list of an arm, so many images are kept as pictures,"""
PICTURES, PICTURE_BYTES = 300, 32 * 2**20
"""but in all no more than this, nor than fit into this before compression."""


def read_errors(folder: Path, level: float = 0.95) -> ErrorAnalysis:
    """Analyses the probabilities that a study's directory holds, one run at a time.

    Args:
        folder: of a study of which some run has finished.
        level: confidence of intervals.
    """
    with StudyStore.open(folder) as store:
        spec, runs, found = store.spec(), store.runs(), store.judged_at()
        keys: Mapping[str, Mapping[str, str]] = spec["keys"]
        judged_at = {arm: found[arm] for arm in keys}
        left_out = {
            arm: sum(key in runs and runs[key].status in ("diverged", "failed") for key in seeds.values())
            for arm, seeds in keys.items()
        }

        def read(arm: str, judged: str) -> Iterator[tuple[int, np.ndarray]]:
            for seed, key in keys[arm].items():
                if key in runs and runs[key].status == "finished":
                    yield int(seed), store.run_folder(key).predictions(f"validation_{judged}")

        labels = store.split()["validation_labels"]
        looks = max(1, len(spec.get("looks", ())))
        return analyze_errors(read, labels, spec["class_names"], judged_at, left_out=left_out, looks=looks, level=level)


def keep_pictures(store: StudyStore, errors: ErrorAnalysis, images: np.ndarray, validation: np.ndarray) -> None:
    """Keeps the pictures of listed images in a study's directory, so that a report needs no data.

    Args:
        store: of the study, open for writing.
        errors: of the study.
        images: uint8 (N, H, W, C), those of ``train``.
        validation: int64, the positions of the validation part in them.
    """
    room = min(PICTURES, PICTURE_BYTES // max(1, int(np.prod(images.shape[1:]))))
    positions = np.array(sorted(worth_a_picture(errors, PICTURED, room)), dtype=np.int64)
    store.write_pictures(positions, np.asarray(images[validation[positions]]))
