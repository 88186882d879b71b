"""Keras' progress output as it is really found."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regimen.errors import RegimenError
from regimen.histories import read
from regimen.histories.progress import read_progress

SAMPLES = Path(__file__).with_name("samples")
HISTORY = json.loads((SAMPLES / "history.json").read_text())


def only(text):
    (training,) = read_progress(text, "text")
    return training


def assert_curves(training, **expected):
    assert {name: training.curves[name].tolist() for name in expected} == expected


@pytest.mark.parametrize("name", ["keras3_bars.txt", "keras3_terminal.txt", "keras3_lines_callbacks.txt"])
def test_keras_3_prints_what_its_history_holds(name):
    training = only((SAMPLES / name).read_bytes().decode())
    assert training.epochs.tolist() == list(range(1, 13))
    for metric in ("loss", "accuracy", "val_loss", "val_accuracy"):
        np.testing.assert_allclose(training.curves[metric], HISTORY[metric], atol=6e-5)


@pytest.mark.parametrize("name", ["keras3_bars.txt", "keras3_lines_callbacks.txt"])
def test_what_editors_and_pages_do_to_it_does_not_matter(name):
    text = (SAMPLES / name).read_bytes().decode()
    expected = only(text).curves
    escaped = text.replace("\x1b", "").replace("━", "&#9473;")
    commented = "\n".join(f"#  {line}" for line in text.replace("\r", "\n#  ").split("\n"))
    garbled = text.encode().decode("ascii", errors="replace")
    windows = text.replace("\n", "\r\n")
    fenced = f"## Training\n\n```text\n{text}```\n"
    for changed in (escaped, commented, garbled, windows, fenced, text.replace("\b", "").replace("\r", "\n")):
        found = only(changed)
        assert found.curves.keys() == expected.keys()
        for metric, values in expected.items():
            assert found.curves[metric].tolist() == values.tolist()


def test_a_saved_page_with_keras_2_bars():
    (training,) = read(SAMPLES / "keras2_page.html")
    assert training.name == "keras2_page"
    assert training.validation_images == 5502
    assert "line 5" in training.source
    assert_curves(
        training,
        acc=[0.4328, 0.7797, 0.8534, 0.8895],
        val_loss=[0.506, 0.2165, 0.145, 0.11273],
        val_acc=[0.8442, 0.9338, 0.9553, 0.9656],
    )
    assert np.isnan(training.curves["loss"]).tolist() == [False, False, False, True]


LINE = "4/4 - {s}s - loss: {a} - val_loss: {b}\n"


def printed(*losses, first=1, last=None):
    last = last or len(losses)
    return "".join(
        f"Epoch {epoch}/{last}\n4/4 [====] - 1s 2ms/step - loss: {loss} - val_loss: {loss + 1}\n"
        for epoch, loss in enumerate(losses, first)
    )


def test_epochs_that_begin_again_are_another_training():
    first, second = read_progress(printed(3.0, 2.0) + "some words\n" + printed(5.0, 4.0, 3.0), "text")
    assert_curves(first, loss=[3.0, 2.0])
    assert_curves(second, loss=[5.0, 4.0, 3.0])
    assert second.source == "text, line 6"


def test_a_resumed_training_is_one_training():
    training = only(printed(3.0, 2.0) + printed(1.5, 1.2, first=3, last=4))
    assert training.epochs.tolist() == [1, 2, 3, 4]
    late = only(printed(1.5, 1.2, first=11, last=12))
    assert late.epochs.tolist() == [11, 12]
    assert "epoch 11" in late.notes[0]


def test_another_training_may_go_on_where_one_was_lost():
    first, second = read_progress(printed(3.0, 2.0) + printed(1.5, first=8, last=9), "text")
    assert second.epochs.tolist() == [8]
    assert first.epochs.tolist() == [1, 2]


def test_an_interrupted_epoch_and_validation_every_second_are_left_out_with_a_note():
    text = printed(3.0, 2.0, last=5) + "Epoch 3/5\n 1/4 [=>..] - ETA: 3s - loss: 1.0\nKeyboardInterrupt\n"
    training = only(text)
    assert_curves(training, loss=[3.0, 2.0])
    assert training.notes[0] == "1 epoch without validation metrics is left out."
    every = "".join(
        f"Epoch {epoch}/6\n4/4 - 0s - loss: {epoch}.5{f' - val_loss: {epoch}.7' if epoch % 2 == 0 else ''}\n"
        for epoch in range(1, 7)
    )
    assert only(every).epochs.tolist() == [2, 4, 6]


def test_evaluation_and_prediction_are_not_epochs():
    text = printed(3.0, 2.0) + "4/4 [====] - 0s - loss: 9.0\n7/7 [====] - 0s 1ms/step\nTest loss: 8.0 - more: 3.0\n"
    assert_curves(only(text), loss=[3.0, 2.0])
    no_validation = "Epoch 1/1\n4/4 [====] - 1s - loss: 3.0\n9/9 [====] - 0s - loss: 9.0\n"
    assert_curves(only(no_validation), loss=[3.0])


def test_a_generator_does_not_know_its_steps_in_the_first_epoch():
    text = (
        "Epoch 1/2\n      1/Unknown  1s 1s/step - loss: 9.0\n\r      7/Unknown  5s 3ms/step - loss: 3.0\n"
        "7/7 ━━━━ 6s 5ms/step - loss: 2.9 - val_loss: 2.5\nEpoch 2/2\n7/7 ━━ 1s 5ms/step - loss: 2.0 - val_loss: 2.1\n"
    )
    assert_curves(only(text), loss=[2.9, 2.0], val_loss=[2.5, 2.1])


def test_carriage_returns_that_were_lost():
    text = (
        "Epoch 1/1\n1/4 [======>.......................] - ETA: 3s - loss: 1.1170 - acc: 0.40004/4 "
        "[==============================] - 2s 194ms/step - loss: 1.0910 - acc: 0.5000 - val_loss: 1.077 - val_acc: 1\n"
    )
    assert_curves(only(text), loss=[1.091], acc=[0.5], val_loss=[1.077], val_acc=[1.0])


def test_a_loggers_prefix_lines_without_bars_and_dashes():
    text = (
        "2024-08-30 20:58:24,167 - INFO - Epoch 5/150 - loss: 0.6769 - accuracy: 0.7734 - val_loss: 0.6312\n"
        "2024-08-30 21:02:01,228 - INFO - Epoch 10/150 – loss: 0.6677 – accuracy: 0.7754 – val_loss: -6.2e-1\n"
    )
    training = only(text)
    assert training.epochs.tolist() == [5, 10]
    assert_curves(training, val_loss=[0.6312, -0.62])
    assert_curves(
        only("Epoch 1\nloss: 0.2 - acc: 0.9 - val_loss: 0.1\nEpoch 2\nloss: 0.1 - val_loss: 0.2\n"), loss=[0.2, 0.1]
    )


def test_metrics_on_the_line_after_the_bar():
    text = "Epoch 1/1\n448/448 [====] - 64s 143ms/step\n  loss: 1.5 - accuracy: 0.4 - val_loss: 1.4\n"
    assert_curves(only(text), loss=[1.5], accuracy=[0.4], val_loss=[1.4])


def test_lines_without_their_epochs_are_counted():
    text = "".join(LINE.format(s=1, a=a, b=b) for a, b in ((3.0, 3.5), (2.0, 2.5), (1.0, 2.6)))
    training = only(text)
    assert training.epochs.tolist() == [1, 2, 3]
    assert_curves(training, val_loss=[3.5, 2.5, 2.6])


def test_any_metric_names():
    text = "Epoch 1/1\n1/1 - 0s - loss: 1.0 - Top-5 Acc: 0.5 - mean_io_u_1: 0.25 - val_loss: 2.0 - val_Top-5 Acc: 0.4\n"
    assert set(only(text).curves) == {"loss", "Top-5 Acc", "mean_io_u_1", "val_loss", "val_Top-5 Acc"}


def test_prose_about_epochs_is_no_training():
    assert read_progress("After Epoch 3/10 we stop. The loss: 0.5 is low.\nEpoch 00003: early stopping\n", "text") == []


PIECES = st.sampled_from(
    [
        "Epoch 1/3",
        "Epoch 2",
        "4/4 ",
        "[===>..] ",
        "━━ ",
        "- ",
        "loss: ",
        "val_loss: ",
        "1.25",
        "nan",
        "1e999",
        "\r",
        "\n",
        "\b",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=60).map("".join)))
def test_any_text_is_read_or_refused(text):
    try:
        trainings = read(text + "\n")
    except RegimenError:
        return
    for training in trainings:
        assert {len(values) for values in training.curves.values()} == {len(training.epochs)}
        assert (np.diff(training.epochs) > 0).all()
