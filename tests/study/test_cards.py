import regimen as rg
from regimen.plan import BASELINE, Arm, Receipt
from regimen.report.cards import Parameter
from regimen.study.cards import card_of, cards_of, parameters_of


def test_parameters_are_those_of_the_class_with_the_words_of_its_docstring():
    first, *_, last = parameters_of(rg.EarlyStopping)
    assert first == Parameter("patience", "int", "5", "epochs without improvement, at least 1.")
    assert last == Parameter("restore_best", "bool", "true", "end with the weights of the best epoch.")
    _, where = parameters_of(rg.L2)
    assert where.meaning.startswith("all (every convolution and dense layer but the output)")
    assert where.meaning.endswith("naming one is an error.")


def test_each_remedy_has_one_card():
    texts = ["earlystop=3", "earlystop=4 + cosine", "no longer known=2"]
    arms = [Arm(BASELINE, None), *(Arm(text, None, (Receipt(text, ()),)) for text in texts)]
    assert cards_of(arms) == (card_of(rg.EarlyStopping), card_of(rg.CosineDecay))


def test_a_result_has_the_cards_of_its_arms(make_study, executor):
    result = make_study(arms=["earlystop=1", "early: earlystop=2"], epochs=3, seeds=1).run(executor=executor)
    assert result.details.cards == (card_of(rg.EarlyStopping),)
