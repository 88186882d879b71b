import io
import warnings

import pytest
from matplotlib.figure import Figure

from regimen.errors import OptionError
from regimen.report import fonts
from regimen.report.fonts import add_hangul, drawable, hangul_font


def figure_with(words):
    figure = Figure()
    figure.subplots().set_title(words)
    return figure


@pytest.mark.skipif(hangul_font() is None, reason="needs a font with Hangul")
def test_hangul_is_drawn_where_a_font_has_it():
    figure = figure_with("dropout: 과적합")
    with pytest.warns(UserWarning, match="missing from font"):
        figure.savefig(io.BytesIO())
    add_hangul(figure)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(io.BytesIO())


def test_without_a_font_figures_are_english(monkeypatch):
    monkeypatch.setattr(fonts, "_WITH_HANGUL", ("no such font",))
    assert hangul_font() is None
    assert (drawable("ko"), drawable("en")) == ("en", "en")
    figure = figure_with("loss")
    before = figure.axes[0].title.get_fontfamily()
    add_hangul(figure)
    assert figure.axes[0].title.get_fontfamily() == before


def test_an_unknown_language_is_an_error():
    with pytest.raises(OptionError, match="There is no language 'kr'"):
        drawable("kr")
