"""``regimen explain`` and ``regimen list remedies`` as a person meets them."""

import json
import sys

import pytest

from regimen.cli.main import run
from regimen.remedies import FAMILIES, REMEDIES


@pytest.fixture
def regimen(capsys, monkeypatch, tmp_path):
    """Runs a command in an empty directory; status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments, columns=100):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "argv", ["regimen", *arguments])
        return run(list(arguments)), *capsys.readouterr()

    return call


def test_a_card(regimen):
    status, out, err = regimen("explain", "earlystop")
    assert (status, err) == (0, "")
    assert out.strip().splitlines()[:2] == [
        "earlystop · rg.EarlyStopping",
        "Loss, learning rate and length of training",
    ]
    assert "patience      whole number, default 5" in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 100
    assert not [line for line in out.splitlines() if line != line.rstrip()]


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_sentences_are_wrapped_and_code_is_not(regimen, columns):
    _, out, _ = regimen("explain", "earlystop", columns=columns)
    code = REMEDIES["earlystop"].card.keras + REMEDIES["earlystop"].card.formula
    wide = [line.strip() for line in out.splitlines() if len(line) > min(columns, 100)]
    assert [line for line in wide if line not in code and not line.startswith("regimen ")] == []
    for line in REMEDIES["earlystop"].card.keras.splitlines():
        assert f"  {line}" in out.splitlines()


def test_a_card_in_korean(regimen):
    status, out, _ = regimen("explain", "earlystop", "--lang", "ko")
    assert status == 0
    assert "patience" in out


def test_all_remedies_by_family(regimen):
    status, out, _ = regimen("explain")
    assert status == 0
    listed = [line.split()[0] for line in out.splitlines() if line.startswith("  ") and line[2] != " "]
    assert listed[: len(REMEDIES)] == list(REMEDIES)
    assert "regimen explain dropout" in out
    status, out, _ = regimen("explain", "--json")
    document = json.loads(out)
    assert {family: list(members) for family, members in document.items()} == {
        family: [remedy.word for remedy in members] for family, members in FAMILIES.items()
    }
    assert document["training"]["earlystop"] == REMEDIES["earlystop"].card.what


def test_what_a_remedy_changes_in_a_users_model(regimen, tmp_path):
    (tmp_path / "mine.py").write_text(
        "import keras\n"
        "class Double(keras.layers.Layer):\n"
        "    def call(self, x):\n"
        "        return x * 2\n"
        "def build(input_shape, classes):\n"
        "    print('I am told')\n"
        "    return keras.Sequential([keras.Input(input_shape, name='i'), keras.layers.Conv2D(4, 3, name='conv'),\n"
        "        Double(name='d'), keras.layers.MaxPooling2D(name='pool'), keras.layers.Flatten(name='f'),\n"
        "        keras.layers.Dense(classes, name='o')])\n"
    )
    arguments = ("explain", "dropout=0.3 + l2", "--model", "mine.py:build", "--image-size", "16x12", "--classes", "3")
    status, out, err = regimen(*arguments)
    assert status == 0, err
    assert "I am told" in err
    assert "I am told" not in out
    assert "in a model for images of 16×12×3 and 3 classes" in out
    assert "  pool: Dropout(0.3) after it" in out
    assert "  conv: kernel_regularizer = L2(0.001)" in out
    code = out[out.index("import keras") :]
    assert "from mine import Double  # your own" in code
    exec(code, space := {})
    assert space["model"].output_shape == (None, 3)

    status, out, _ = regimen(*arguments, "--json")
    assert status == 0
    assert json.loads(out)["code"] == code.rstrip("\n")


def test_bad_input_is_one_clear_error_each(regimen, tmp_path):
    (tmp_path / "flat.py").write_text(
        "import keras\n"
        "def build():\n"
        "    return keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])\n"
    )
    for arguments, words in [
        (("dropuot",), "no remedy 'dropuot'. Did you mean 'dropout'"),
        (("--model", "digits_cnn"), "Which remedy?"),
        (("dropout", "--model", "digits_cn"), "no model 'digits_cn'"),
        (("dropout", "--model", "flat.py:build"), "dropout: "),
        (("dropout", "--image-size", "8"), "there is none"),
        (("dropout", "--model", "digits_cnn", "--image-size", "wide"), "expected pixels as H or HxW"),
        (("dropout", "--lang", "fr"), "fr"),
    ]:
        status, out, err = regimen("explain", *arguments)
        assert status == 2, err
        assert out == ""
        assert words in err
        assert "Traceback" not in err


def test_remedies_are_listed_by_family(regimen):
    status, out, _ = regimen("list", "remedies")
    assert status == 0
    blocks = [block.splitlines() for block in out.strip().split("\n\n")]
    assert [block[0] for block in blocks] == [f"{family}:" for family in FAMILIES]
    for block, members in zip(blocks, FAMILIES.values(), strict=True):
        assert [line.split()[0] for line in block[1:]] == [remedy.word for remedy in members]
    status, out, _ = regimen("list", "remedies", "--json")
    assert list(json.loads(out)) == list(REMEDIES)
