import pytest

import regimen as rg
from regimen.errors import OptionError


def test_it_confirms_with_ten_seeds_after_steps_of_three():
    search = rg.Search(rg.Study("digits"))
    assert search.study.looks == (tuple(range(10)),)
    assert list(search.seeds_of_steps) == [1000, 1001, 1002]
    assert rg.Search(rg.Study("digits", seeds=[7, 8])).study.looks == ((7, 8),)


@pytest.mark.parametrize(
    ("study", "settings", "message"),
    [
        ("digits", {}, "takes a Study, whose arms are the candidates; received str"),
        (rg.Study("digits", until_decided=True), {}, "leave until-decided out"),
        (rg.Study("digits", seeds=1), {}, "confirming study needs at least 2 seeds"),
        (rg.Study("digits"), {"step_seeds": 1}, "step_seeds must be a whole number, at least 2.*received 1"),
        (rg.Study("digits"), {"step_seeds": "3"}, "received '3'"),
        (rg.Study("digits", seeds=[0, 1001]), {}, "confirmation needs others; received 1001"),
        (rg.Study("digits"), {"budget": "some"}, "budget must be a number of runs"),
    ],
)
def test_settings_that_make_no_sense_are_refused(study, settings, message):
    with pytest.raises(OptionError, match=message):
        rg.Search(study, **settings)
