"""Trains models with Keras' own ``fit``, one after the other: ``python keras_fit.py SETTINGS.json``.

Whatever settings does not mention is Keras' default: shuffling, validation batches, compilation. No seed is set: after
``keras.utils.set_random_seed`` the TensorFlow backend repeats the same order of images in every epoch. Prints one line
of JSON per finished epoch.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
Settings = dict[str, Any]


def main() -> None:
    """Reads the settings and trains."""
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if settings["core"] is not None:
        keep_to(settings["core"])

    import keras
    import numpy as np

    folder = Path(settings["folder"])
    images, labels, val_images, val_labels = (
        np.load(folder / f"{name}.npy") for name in ("x_train", "y_train", "x_val", "y_val")
    )
    images, val_images = (scaled(pixels, settings) for pixels in (images, val_images))
    for training, path in enumerate(settings["models"]):
        keras.utils.clear_session()
        model = in_precision(keras.saving.load_model(path), settings["precision"])
        model.compile(
            optimizer=keras.optimizers.Adam(settings["learning_rate"]),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        tell = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs, training=training: print(
                json.dumps({"training": training, "epoch": epoch + 1, **logs}), flush=True
            )
        )
        model.fit(
            *(images, labels),
            batch_size=settings["batch_size"],
            epochs=settings["epochs"],
            validation_data=(val_images, val_labels),
            callbacks=[tell],
            verbose=0,
        )


def keep_to(core: int) -> None:
    """One thread, on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    backend = os.environ["KERAS_BACKEND"]
    if backend == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    elif backend == "torch":
        import torch

        torch.set_num_threads(1)


def scaled(pixels: Any, settings: Settings) -> Any:
    """uint8 (N, H, W, C) → float32, ``(pixel - mean) / std`` per channel."""
    import numpy as np

    mean, std = (np.asarray(settings[name], np.float32) for name in ("mean", "std"))
    return (pixels - mean) / std


def in_precision(model: Any, precision: str) -> Any:
    """The model with another dtype policy: a file keeps that of each layer, whatever the global one.

    The last layer computes in float32, as Keras' guide to mixed precision advises.
    """
    import keras

    if precision == "float32":
        return model

    def cloned(layer: Any) -> Any:
        policy = "float32" if layer is model.layers[-1] else POLICIES[precision]
        return type(layer).from_config({**layer.get_config(), "dtype": policy})

    other = keras.models.clone_model(model, clone_function=cloned)
    other.set_weights(model.get_weights())
    return other


if __name__ == "__main__":
    main()
