"""Fonts for figures with Korean words: Matplotlib's own has no Hangul and draws a box for each syllable."""

from typing import TYPE_CHECKING

from regimen.language import translator

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WITH_HANGUL = (
    *("Noto Sans CJK KR", "Noto Sans KR", "NanumGothic", "NanumBarunGothic", "Malgun Gothic"),
    *("Apple SD Gothic Neo", "AppleGothic", "Noto Sans CJK JP", "Noto Sans CJK SC", "Source Han Sans KR", "UnDotum"),
)


def hangul_font() -> str | None:
    """A font of this machine that has Hangul; None where there is none that is known."""
    from matplotlib.font_manager import fontManager

    installed = set(fontManager.get_font_names())
    return next((name for name in _WITH_HANGUL if name in installed), None)


def drawable(lang: str) -> str:
    """The language, or English where this machine has no font to draw it with.

    Raises:
        OptionError: there is no such language.
    """
    translator(lang)
    return "en" if lang == "ko" and hangul_font() is None else lang


def add_hangul(figure: "Figure") -> None:
    """Lets every text of a figure take from such a font the letters that its own lacks."""
    from matplotlib.text import Text

    font = hangul_font()
    if font is not None:
        for text in figure.findobj(Text):
            text.set_fontfamily([*text.get_fontfamily(), font])
