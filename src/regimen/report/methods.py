"""How a study decides, in plain words, with its sources."""

from regimen.analysis.comparison import Verdict
from regimen.analysis.diagnosis import FEWEST_ABOVE, FEWEST_EPOCHS, LARGEST_GAP, NOISES
from regimen.analysis.summary import StudySummary
from regimen.language import say
from regimen.report.wording import level_percent, points


def methods(summary: StudySummary) -> list[tuple[str, str]]:
    """Title and explanation of each step, in the order in which a study takes them."""
    return [
        (
            say("Paired runs"),
            say(
                "Every arm is trained with the same seeds. A seed gives all arms the same order of batches and the "
                "same initial weights in the layers that they share, so the difference between two arms is not the "
                "luck of one of them."
            ),
        ),
        (
            say("Clean curves"),
            say(
                "While a network trains with dropout, augmentation or penalties, the numbers that it logs mean "
                "something else in every arm. All comparisons here use cross-entropy (in nats) and accuracy in "
                "inference mode, without penalties, on a fixed sample of the training images as on the validation "
                "images."
            ),
        ),
        (
            say("Gap"),
            say("Training accuracy minus validation accuracy at the last epoch, both clean, in percentage points."),
        ),
        (
            say("Overfits"),
            say(
                "From some epoch to the end, the clean validation loss stays above its minimum by more than {noises} "
                "times its noise (the standard deviation of its residuals from a centred 3-epoch median; for at least "
                "{above} epochs), or the gap exceeds {gap} points with its interval over seeds above zero. The first "
                "such epoch is shown; “unsure” stands for a gap of more than {gap} points whose interval holds zero. "
                "Fewer than {fewest} epochs are too few to say.",
                above=FEWEST_ABOVE,
                noises=f"{NOISES:g}",
                gap=points(LARGEST_GAP, signed=False),
                fewest=FEWEST_EPOCHS,
            ),
        ),
        (
            say("Accuracy"),
            say(
                "Of the epoch that has the lowest clean validation loss, for every run by itself. An arm with early "
                "stopping is judged by what training ended with, against the baseline's last epoch. Epochs and "
                "winners are selected on the validation images, which makes their accuracies a little optimistic; "
                "test images, where there are any, are scored once at the end and select nothing."
            ),
        ),
        (
            say("Interval"),
            say(
                "Another study would have other seeds and other validation images; the interval counts both. For "
                "every seed and image the arm is right or wrong where the baseline is right or wrong; the variance "
                "of the mean difference is made of the part of the seeds and the part of the images. The interval "
                "reaches as many standard errors as Student's t where the seeds alone vary, fewer the larger the part "
                "of the images, which are many. The confidence of {level} holds for all comparisons of this study "
                "together (Bonferroni).",
                level=level_percent(summary.level),
            ),
        ),
    ]


def verdict_rules(margin: float) -> list[tuple[Verdict, str]]:
    """What each verdict means, in the order in which an interval is read."""
    shown = points(margin, signed=False)
    return [
        (
            Verdict.IDENTICAL,
            say("every seed classifies every validation image alike with and without the remedy"),
        ),
        (
            Verdict.EQUIVALENT,
            say(
                "the whole interval lies within ±{margin} points: whatever the difference is, it does not matter",
                margin=shown,
            ),
        ),
        (Verdict.HELPS, say("the whole interval lies above zero")),
        (Verdict.HURTS, say("the whole interval lies below zero")),
        (
            Verdict.CANNOT_TELL,
            say(
                "anything else: these runs neither show a difference nor exclude one. What would settle it, with a "
                "chance of 80 % if the true difference is {margin} points, is said above",
                margin=shown,
            ),
        ),
        (
            Verdict.NONE,
            say(
                "a run failed, or no seed ran in both arms. A run that diverged has not failed: it counts as it would "
                "score, at chance"
            ),
        ),
    ]


SOURCES = (
    "Student (1908), The probable error of a mean. Biometrika 6.",
    "Banerjee (1960), Approximate confidence interval for linear functions of means of k populations when the "
    "population variances are not equal. Sankhyā 22.",
    "Cornfield & Tukey (1956), Average values of mean squares in factorials. Annals of Mathematical Statistics 27.",
    "Owen (2007), The pigeonhole bootstrap. Annals of Applied Statistics 1.",
    "Dunn (1961), Multiple comparisons among means. Journal of the American Statistical Association 56.",
    "Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach for assessing the "
    "equivalence of average bioavailability. Journal of Pharmacokinetics and Biopharmaceutics 15.",
    "Bouthillier et al. (2021), Accounting for variance in machine learning benchmarks. MLSys.",
)
"""Where the statistics come from; titles are not translated."""
