import pytest

from regimen.analysis.roles import Roles, roles


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["acc", "loss", "val_acc", "val_loss"], Roles("loss", "val_loss", "acc", "val_acc")),
        (
            ["train_loss", "valid_loss", "train_acc", "valid_acc"],
            Roles("train_loss", "valid_loss", "train_acc", "valid_acc"),
        ),
        (["Loss", "Test Loss", "Accuracy", "Test Accuracy"], Roles("Loss", "Test Loss", "Accuracy", "Test Accuracy")),
        (
            [
                *("loss", "top_k_categorical_accuracy", "sparse_categorical_accuracy", "val_loss"),
                *("val_top_k_categorical_accuracy", "val_sparse_categorical_accuracy"),
            ],
            Roles("loss", "val_loss", "sparse_categorical_accuracy", "val_sparse_categorical_accuracy"),
        ),
        (["loss", "mae", "val_loss", "val_mae", "learning_rate"], Roles("loss", "val_loss")),
        (
            ["loss", "a_accuracy", "b_accuracy", "val_loss", "val_b_accuracy"],
            Roles("loss", "val_loss", "b_accuracy", "val_b_accuracy"),
        ),
        (
            ["loss", "acc", "val_loss", "val_acc", "clean_loss", "clean_acc", "clean_val_loss"],
            Roles("loss", "val_loss", "acc", "val_acc", "clean_loss", "clean_acc", "clean_val_loss"),
        ),
        (["val_loss", "val_accuracy"], Roles(None, "val_loss", None, "val_accuracy")),
        (["accelerator", "val_auc"], Roles()),
        ([], Roles()),
    ],
)
def test_metrics_are_known_by_their_names(names, expected):
    assert roles(names) == expected
