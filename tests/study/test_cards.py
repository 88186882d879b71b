from dataclasses import dataclass

import regimen as rg
from regimen.plan import BASELINE, Arm, Receipt
from regimen.remedies import Remedy
from regimen.report.cards import Parameter
from regimen.study.cards import card_of, cards_of, parameters_of


@dataclass(frozen=True)
class Blur(Remedy):
    """Smooths: a lot.

    Source: Nobody (2000), Nowhere.

    Args:
        width: of the kernel, in ``pixels``:
            odd, at least 1.
        edges: whether they are smoothed too.

    Raises:
        RemedyError: width: out of range.
    """

    width: int = 3
    edges: bool = True

    def apply(self, plan):
        raise NotImplementedError


def test_parameters_are_those_of_the_class_with_the_words_of_its_docstring():
    assert parameters_of(Blur) == (
        Parameter("width", "int", "3", "of the kernel, in pixels: odd, at least 1."),
        Parameter("edges", "bool", "true", "whether they are smoothed too."),
    )
    first, *_ = parameters_of(rg.EarlyStopping)
    assert first == Parameter("patience", "int", "5", "epochs without improvement, at least 1.")


def test_each_remedy_has_one_card():
    texts = ["earlystop=3", "earlystop=4 + cosine", "no longer known=2"]
    arms = [Arm(BASELINE, None), *(Arm(text, None, (Receipt(text, ()),)) for text in texts)]
    assert cards_of(arms) == (card_of(rg.EarlyStopping), card_of(rg.CosineDecay))


def test_a_result_has_the_cards_of_its_arms(make_study, executor):
    result = make_study(arms=["earlystop=1", "early: earlystop=2"], epochs=3, seeds=1).run(executor=executor)
    assert result.details.cards == (card_of(rg.EarlyStopping),)
