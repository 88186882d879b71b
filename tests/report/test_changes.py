import io

from rich.console import Console

from regimen.language import say
from regimen.report.changes import Change, change_html, print_change
from regimen.report.details import CodeLine

CODE = (
    CodeLine("import keras"),
    CodeLine(""),
    CodeLine("x = " + "f(" * 60 + ")" * 60, say("copied")),
    CodeLine("", "b"),
)
TWO = Change("a + b", "rg.A() + rg.B()", "in a <model>", (("a", ("one", "two")), ("b", ("three",))), CODE)


def printed(change, lang="en"):
    text = io.StringIO()
    print_change(Console(file=text, width=60), change, lang)
    return text.getvalue()


def test_the_receipt_comes_first_and_the_code_can_be_copied():
    *words, last = printed(TWO).split("The changed model in plain Keras\n\n")
    expected = "\na + b\nin a <model>\n\na\n  one\n  two\n\nb\n  three\n\n"
    assert words == [expected]
    assert last == f"import keras\n\n{CODE[2].code}  # copied\n# b\n"


def test_one_remedy_is_named_once():
    one = Change("a", "rg.A()", "in a model", (("a", ("one",)),), CODE)
    assert printed(one).startswith("\na\nin a model\n\nWhat it changes\n  one\n")


def test_notes_are_said_in_the_readers_language():
    assert "  # 복사됨" in printed(TWO, "ko")


def test_html_shows_text_and_never_interprets_it():
    html = change_html(TWO)
    assert "in a &lt;model&gt;" in html
    assert "<li>three</li>" in html
    assert "import keras\n\nx = f(" in html
