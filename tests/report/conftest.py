import numpy as np
import pytest

from regimen.analysis.arm_errors import analyze_errors, worth_a_picture
from regimen.analysis.dose import Family, dose_response
from regimen.analysis.outcomes import RunOutcome
from regimen.analysis.summary import summarize
from regimen.language import say
from regimen.report.cards import CardPage, Parameter
from regimen.report.content import Content
from regimen.report.details import ArmCode, CodeLine, StudyDetails

IMAGES, TEST_IMAGES, EPOCHS = 1500, 200, 30


def curves(generator, epochs, skill, overfit, penalty=0.0):
    """Learning curves like those of a small network: training falls, validation turns up again."""
    t, overfit = np.arange(1, epochs + 1), overfit * generator.normal(1, 0.1)
    learned = 1 - np.exp(-t / 5)
    noise = generator.normal(0, 0.008, (6, epochs)) + generator.normal(0, 0.01, (6, 1))  # epoch by epoch, and per run
    val_acc = 0.25 + (skill - 0.25) * learned + noise[0]
    clean_acc = np.minimum(0.999, val_acc + overfit * (t / 30) ** 0.7 + 0.004 * noise[1])
    clean_val_loss = 2.0 - 1.3 * learned + overfit * 5 * np.maximum(0, t - 8) / 30 + noise[2]
    clean_loss = np.maximum(0.02, 2.0 - 1.3 * learned - overfit * 4 * (t / 30)) + 0.5 * noise[3]
    return {
        "loss": clean_loss * 1.1 + 0.1 + penalty + noise[4],
        "acc": np.clip(clean_acc - 0.04, 0, 1),
        "val_loss": clean_val_loss + penalty,
        "val_acc": val_acc,
        "clean_loss": np.maximum(0.001, clean_loss),
        "clean_acc": clean_acc,
        "clean_val_loss": clean_val_loss,
    }


def finished(arm, seed, skill=0.70, overfit=0.2, epochs=EPOCHS, penalty=0.0, test=True):
    generator = np.random.default_rng([seed, sum(map(ord, arm))])
    history = curves(generator, epochs, skill, overfit, penalty)
    difficulty = np.random.default_rng(7).random(IMAGES)  # the same images are hard for all
    correct = (difficulty + generator.normal(0, 0.03, IMAGES) < skill + generator.normal(0, 0.004)).astype(float)
    last = correct.copy()
    last[generator.integers(0, IMAGES, 12)] = 0
    tested = (generator.random(TEST_IMAGES) < skill).astype(float) if test else None
    selected = int(history["clean_val_loss"].argmin()) + 1
    return RunOutcome(arm, seed, "finished", history, selected, correct, last, tested, 11.6 + seed)


def diverged(arm, seed):
    history = {name: np.append(curve[:6], np.nan) for name, curve in finished(arm, seed).history.items()}
    chance = np.full(IMAGES, 0.1)
    return RunOutcome(arm, seed, "diverged", history, None, chance, chance, np.full(TEST_IMAGES, 0.1), 3.2)


def failed(arm, seed):
    return RunOutcome(arm, seed, "failed", {}, None, None, None, None, 0.4, "RuntimeError: <out of memory>")


def outcomes():
    """Five seeds; an arm with early stopping, one with a diverged run, one with a failed run."""
    seeds = range(5)
    return {
        "baseline": [finished("baseline", seed) for seed in seeds],
        "dropout": [finished("dropout", seed, 0.74, 0.05) for seed in seeds],
        "l2": [finished("l2", seed, 0.703, 0.14, penalty=0.3) for seed in seeds],
        "early stopping": [finished("early stopping", seed, 0.70, 0.08, epochs=12 + 2 * seed) for seed in seeds],
        "batchnorm": [*(finished("batchnorm", seed, 0.71, 0.15) for seed in range(4)), diverged("batchnorm", 4)],
        "shift": [*(finished("shift", seed, 0.72, 0.02) for seed in range(4)), failed("shift", 4)],
    }


@pytest.fixture(scope="session")
def summary():
    return summarize(outcomes(), judged_at={"early stopping": "last"})


EVIL = '<script>document.title = "taken over"</script>'
CLASSES = ("cat", EVIL, "<img src=x onerror='document.title=1'>", "{braces}", "a" * 40)


def errors(arms, seeds=3, images=300):
    """What simulated runs get wrong; each arm a little less than the one before."""
    labels = np.arange(images) % len(CLASSES)
    hard = np.random.default_rng(99).normal(0, 1.5, (images, len(CLASSES)))

    def read(arm, _):
        for seed in range(seeds):
            scores = hard + np.random.default_rng([seed, arms.index(arm)]).normal(0, 1, hard.shape)
            scores[np.arange(images), labels] += 1.5 + 0.3 * arms.index(arm)
            powers = np.exp(scores)
            yield seed, powers / powers.sum(axis=1, keepdims=True)

    return analyze_errors(read, labels, CLASSES, dict.fromkeys(arms, "selected"), left_out={"shift": 1})


def pictures(found, size=32):
    """A picture of every image that is listed."""
    generator = np.random.default_rng(0)
    return {image: generator.integers(0, 256, (size, size, 3), np.uint8) for image in worth_a_picture(found, 24, 300)}


@pytest.fixture(scope="session")
def content(summary, details):
    """A report with every section."""
    found = errors([arm.name for arm in summary.arms])
    family = Family("dropout=…", "dropout", "rate", (0.0, 0.2, 0.5), ("baseline", "dropout", "l2"))
    return Content(summary, details, [dose_response(family, summary)], found, pictures(found))


@pytest.fixture(scope="session")
def one_seed():
    return summarize({name: runs[:1] for name, runs in outcomes().items()})


@pytest.fixture(scope="session")
def details():
    return StudyDetails(
        name="digits-demo",
        command='regimen study digits --arm "dropout=0.2,where=blocks" --arm l2=0.001 --seeds 5',
        dataset=(
            ("training images", "300"),
            ("validation images", "1,500"),
            ("classes", "10: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
            ("fingerprint", "ab12cd34"),
        ),
        setup=(("model", "digits_cnn, 26,698 parameters"), ("optimizer", "Adam, learning rate 0.001")),
        receipts={
            "baseline": (),
            "dropout": ("dropout=0.2 after block1_pool", "dropout=0.2 after block2_pool", "nothing else"),
            "l2": ("l2=0.001 on block1_conv2",),
        },
        environment=(("regimen", "0.1.0"), ("torch", "2.6.0"), ("processor", "2 cores, 1 thread per run")),
        notes=("2 files could not be read: a.jpg, b.jpg",),
        best_model="Best model: best.keras (dropout, seed 3), 74.4 % of the validation images.",
        report_path="studies/digits-demo-1a2b3c4d/report.html",
        folder="studies/digits-demo-1a2b3c4d",
        code={
            "dropout": ArmCode(
                "dropout=0.2",
                "rg.Dropout(0.2)",
                (CodeLine("x = keras.layers.Dropout(0.2)(x)", say("new, after {layer}", layer="block1_pool")),),
            )
        },
        cards=(
            CardPage(
                word="dropout",
                name="Dropout",
                family="layers",
                what="Sets units to zero. It does so <b>at random</b>.",
                formula="y = m · x / (1 − p)\nm ~ Bernoulli(1 − p)",
                parameters=(Parameter("rate", "float", "0.2", "probability, 0 ≤ rate < 1."),),
                helps="Wide layers.",
                hurts="Narrow layers.",
                strengths="From 0.1 to 0.5.",
                interactions=(("l2", "Both at once need less of each."),),
                keras="x = keras.layers.Dropout(0.2)(x)",
                arm="dropout=0.2",
                python="rg.Dropout(0.2)",
                papers=("Srivastava et al. (2014), Dropout, JMLR 15.",),
            ),
        ),
    )
