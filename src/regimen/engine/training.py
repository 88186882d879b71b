"""Trains one run.

Requirements: a pure function of (data, plan, seed); the numbers are the same whether or not it was interrupted; nothing
in a step waits for a number; metrics as Keras logs them, and clean ones beside them.
"""

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from regimen.engine.batches import Images, Scaler, inference_batch
from regimen.engine.class_weights import weights_per_class
from regimen.engine.device import use
from regimen.engine.losses import LOSSES, correct, probabilities
from regimen.engine.mixing import Mixer, Targets
from regimen.engine.precision import computing_in
from regimen.engine.program import Program
from regimen.engine.recording import CudaGraphs, RecordedStep
from regimen.engine.schedules import learning_rate
from regimen.engine.transforms import Pipeline
from regimen.engine.updates import Updates
from regimen.models.output import final_activation
from regimen.plan import Plan
from regimen.store.run_folder import RunFolder

CHECKPOINT_SECONDS = 2.0


@dataclass(frozen=True, eq=False)
class RunData:
    """The images of a run.

    Attributes:
        training: the training part.
        validation: the validation part.
        test: None where the dataset has none.
    """

    training: Images
    validation: Images
    test: Images | None

    def to(self, device: str) -> "RunData":
        """The same images on a device."""
        parts = (self.training, self.validation, self.test)
        return RunData(*(None if part is None else part.to(device) for part in parts))


@dataclass
class _Progress:
    """What a run has found so far; with the tensors beside it, all that a checkpoint holds.

    Attributes:
        history: metric → one number per epoch.
        seconds: of training, interruptions not counted.
        best_epoch: 1-based, the lowest clean_val_loss so far; 0 before the first epoch.
        best_loss: that loss.
        reference: the loss that early stopping compares with.
        waited: epochs since it fell.
    """

    history: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    best_epoch: int = 0
    best_loss: float = math.inf
    reference: float = math.inf
    waited: int = 0

    @property
    def epochs(self) -> int:
        return len(self.history.get("loss", ()))


class Run:
    """One arm trained with one seed.

    Args:
        plan: what to train.
        seed: of everything random.
        data: the images.
        folder: where checkpoints and results go; a checkpoint found there is continued.
        weights: initial weights; None draws them.
    """

    def __init__(
        self, plan: Plan, seed: int, data: RunData, folder: RunFolder, weights: Mapping[str, np.ndarray] | None = None
    ) -> None:
        use(plan.device, plan.threads)
        _, logits = final_activation(plan.graph)
        self.plan, self.seed, self.folder = plan, seed, folder
        self.data = data.to(plan.device)
        self.program = Program(logits, weights, seed=seed).to(plan.device)
        self.updates = Updates(self.program, plan)
        self.scale, self.transforms = Scaler(plan.scaling), Pipeline(plan.transforms, seed)
        # layers that Keras runs ask the host for random numbers
        recordable = plan.device == "cuda" and not self.program.fallbacks
        self.recorded = RecordedStep(self.step, CudaGraphs(self.program.generators())) if recordable else None
        self.mixer = Mixer(plan.mixing, seed)
        self.class_weights = self._class_weights(data.training) if plan.class_weights else None
        self.clean = self.data.training.sample(min(len(data.training), len(data.validation)))
        self.inference_batch = inference_batch(*data.training.pixels.shape[1:3], plan.batch_size)
        self.progress = _Progress()
        self.best: dict[str, Tensor] = {}
        self.predictions: dict[str, Tensor] = {}

    def train(self) -> Iterator[dict[str, float]]:
        """Trains to the end, or on from a checkpoint; yields each epoch's metrics, then writes the result.

        The epochs that a checkpoint holds are yielded too, so that whoever listens has the whole history.
        """
        self._restore()
        for epoch in range(self.progress.epochs):
            yield {name: values[epoch] for name, values in self.progress.history.items()}
        saved = time.monotonic()
        while not self._over():
            started = time.monotonic()
            metrics = self._epoch(self.progress.epochs + 1)
            self.progress.seconds += time.monotonic() - started
            yield metrics
            if time.monotonic() - saved > CHECKPOINT_SECONDS and not self._over():
                self._checkpoint()
                saved = time.monotonic()
        self._finish()

    def _class_weights(self, training: Images) -> Tensor:
        labels = training.labels[training.indices].numpy()
        classes = 2 if self.plan.loss == "binary" else self.plan.graph.output_shape[-1]
        return torch.as_tensor(weights_per_class(self.plan.class_weights, labels, classes))

    def _over(self) -> bool:
        stopping, progress = self.plan.stopping, self.progress
        stopped = stopping is not None and progress.waited >= stopping.patience
        return progress.epochs >= self.plan.epochs or stopped or self._diverged()

    def _diverged(self) -> bool:
        last = [values[-1] for values in self.progress.history.values()]
        return not all(map(math.isfinite, last))

    def _epoch(self, epoch: int) -> dict[str, float]:
        loss, accuracy = self._train_epoch(epoch)
        with self.updates.averaged():
            return self._evaluate_epoch(epoch, loss, accuracy)

    def _evaluate_epoch(self, epoch: int, loss: float, accuracy: float) -> dict[str, float]:
        (logits, clean_val_loss, val_accuracy), activity = self._measure(self.data.validation)
        penalty = self.program.penalty()  # of the weights alone: activities were taken batch by batch
        added = activity + (penalty.item() if penalty is not None else 0.0)
        _, clean_loss, clean_accuracy = self.evaluate(self.clean)
        metrics = {
            "loss": loss,
            "acc": accuracy,
            "val_loss": self._smoothed(logits, clean_val_loss) + added,
            "val_acc": val_accuracy,
            "clean_loss": clean_loss,
            "clean_acc": clean_accuracy,
            "clean_val_loss": clean_val_loss,
        }
        for name, value in metrics.items():
            self.progress.history.setdefault(name, []).append(value)
        self._select(epoch, clean_val_loss, probabilities(self.plan.loss, logits).cpu())
        return metrics

    def _smoothed(self, logits: Tensor, loss: float) -> float:
        """The validation loss of these logits with the plan's label smoothing, given the one without."""
        if not self.plan.label_smoothing:
            return loss
        labels = self.data.validation.labels[self.data.validation.indices]
        return LOSSES[self.plan.loss](logits, labels, self.plan.label_smoothing).double().mean().item()

    def _train_epoch(self, epoch: int) -> tuple[float, float]:
        """Training-mode running means of loss (with penalties) and accuracy, weighted by batch size, as Keras logs."""
        self.program.reseed(self.seed, epoch)
        self.transforms.reseed(epoch)
        self.mixer.reseed(epoch)
        count, size = len(self.data.training), self.plan.batch_size
        per_epoch, steps = -(-count // size), self.plan.steps(count)
        losses = self.progress.history.get("clean_val_loss", ())
        loss_sum, right = torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.int64)
        order = 1 if self.plan.shuffle == "once" else epoch
        batches = self.data.training.shuffled(size, self.seed, order)
        take_step = self.recorded or self.step
        for step, (pixels, labels) in enumerate(batches, (epoch - 1) * per_epoch):
            rate = learning_rate(self.plan, step, steps, losses)
            images, targets = self.mixer(self.transforms(pixels), labels)
            loss, logits = take_step(images, targets, rate)
            loss_sum += loss * len(labels)
            right += correct(self.plan.loss, logits, targets.likeliest).sum()
        return (loss_sum / count).item(), right.item() / count

    def step(self, pixels: Tensor, targets: Targets, rate: float | Tensor) -> tuple[Tensor, Tensor]:
        """One optimizer step.

        Args:
            pixels: uint8 or float32 (B, H, W, C), transformed and mixed.
            targets: of the B images.
            rate: the learning rate; a tensor where steps are recorded.

        Returns:
            Loss before the step, penalties included (scalar), and logits (B, outputs), both detached.
        """
        with computing_in(self.plan.precision, self.plan.device):
            logits = self.program(self.scale(pixels), training=True)
        smoothing = self.plan.label_smoothing
        loss = targets.mean(lambda labels: LOSSES[self.plan.loss](logits, labels, smoothing), self.class_weights)
        penalty = self.program.penalty()
        if penalty is not None:
            loss = loss + penalty
        self.updates.step(loss, rate)
        return loss.detach(), logits.detach()

    def evaluate(self, images: Images, precision: str | None = None) -> tuple[Tensor, float, float]:
        """In inference mode: logits float32 (N, outputs), mean cross-entropy without penalty, accuracy.

        Args:
            images: which.
            precision: other than the plan's.
        """
        return self._measure(images, precision)[0]

    def _measure(self, images: Images, precision: str | None = None) -> tuple[tuple[Tensor, float, float], float]:
        """What `evaluate` returns, and the mean over the images of what activity regularizers add to the loss."""
        # in one piece: what is kept of each batch would lie between the large arrays, and the memory grow with batches
        logits = torch.empty((len(images), *self.plan.graph.output_shape))
        activity, done = torch.zeros((), dtype=torch.float64), 0
        with torch.no_grad(), computing_in(precision or self.plan.precision, self.plan.device):
            for pixels, _ in images.in_order(self.inference_batch):
                logits[done : done + len(pixels)] = self.program(self.scale(pixels), training=False)
                activity += sum(self.program.take_activities()) * len(pixels)
                done += len(pixels)
        labels = images.labels[images.indices]
        loss = LOSSES[self.plan.loss](logits, labels).double().mean()
        accuracy = correct(self.plan.loss, logits, labels).double().mean()
        return (logits, loss.item(), accuracy.item()), activity.item() / len(labels)

    def _select(self, epoch: int, loss: float, validation: Tensor) -> None:
        """Keeps the epoch if it is the best so far, and counts for early stopping."""
        progress, stopping = self.progress, self.plan.stopping
        self.predictions["validation_last"] = validation
        if loss < progress.best_loss or not self.best:
            progress.best_epoch, progress.best_loss = epoch, loss
            self.best = self.program.weights()
            self.predictions["validation_selected"] = validation
        if loss < progress.reference - (stopping.min_delta if stopping else 0.0):
            progress.reference, progress.waited = loss, 0
        else:
            progress.waited += 1

    def _finish(self) -> None:
        progress, stopping = self.progress, self.plan.stopping
        if stopping is not None and stopping.restore_best:
            self.predictions["validation_last"] = self.predictions["validation_selected"]
        self.program.set_weights(self.best)
        if self.data.test is not None:
            logits, _, _ = self.evaluate(self.data.test)
            self.predictions["test_selected"] = probabilities(self.plan.loss, logits).cpu()
        _, _, float32_accuracy = self.evaluate(self.data.validation, "float32")
        result = {
            "status": "diverged" if self._diverged() else "finished",
            "history": progress.history,
            "selected_epoch": progress.best_epoch,
            "float32_accuracy": float32_accuracy,
            "wall_seconds": progress.seconds,
            "run_by_keras": list(self.program.fallbacks),
        }
        predictions = {name: tensor.numpy() for name, tensor in self.predictions.items()}
        self.folder.finish(self.best, predictions, result)

    def _checkpoint(self) -> None:
        tensors = {f"weights/{name}": tensor for name, tensor in self.program.weights().items()}
        tensors |= {f"best/{name}": tensor for name, tensor in self.best.items()}
        tensors |= {f"predictions/{name}": tensor.clone() for name, tensor in self.predictions.items()}
        tensors |= {f"updates/{name}": tensor for name, tensor in self.updates.state().items()}
        self.folder.save_checkpoint(tensors, vars(self.progress))

    def _restore(self) -> None:
        found = self.folder.load_checkpoint()
        if found is None:
            return
        tensors, progress = found
        groups: dict[str, dict[str, Any]] = {"weights": {}, "best": {}, "predictions": {}, "updates": {}}
        for name, tensor in tensors.items():
            group, rest = name.split("/", 1)
            groups[group][rest] = tensor
        self.progress = _Progress(**progress)
        self.program.set_weights(groups["weights"])
        self.best, self.predictions = groups["best"], groups["predictions"]
        self.updates.load_state(groups["updates"])
