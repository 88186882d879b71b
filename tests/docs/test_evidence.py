"""docs/evidence.py keeps what a study found, without weights."""

import numpy as np
import pytest

import regimen as rg
from regimen.errors import StoreError


@pytest.fixture(scope="module")
def script(load_script):
    return load_script("evidence")


def test_a_packed_study_says_the_same_and_trains_nothing_again(script, tutorials, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "FOLDER", tmp_path)
    archives = []
    for _ in range(2):
        script.main(["pack", str(tutorials / "fashion"), "kept"])
        archives.append((tmp_path / "kept.tar.xz").read_bytes())
    assert archives[0] == archives[1]
    script.main(["unpack", "kept", str(tmp_path / "study")])
    before, after = (rg.load_result(folder) for folder in (tutorials / "fashion", tmp_path / "study"))
    assert after.verdicts.equals(before.verdicts)
    assert after.to_frame().equals(before.to_frame())
    again = rg.Study.read(tmp_path / "study" / "study.toml")
    events = []
    again.run(events.append)
    assert [event["restored"] for event in events if event["event"] == "finished"] == [True] * 4
    with pytest.raises(StoreError, match=r"No study is kept as 'kpt'; there are kept\."):
        script.unpack("kpt", tmp_path / "other")


def test_a_study_is_kept_without_its_test_part(script, tutorials, tmp_path, monkeypatch):
    """`StudyResult` then lacks test accuracies, and says the same of validation."""
    monkeypatch.setattr(script, "FOLDER", tmp_path)
    images, labels = np.zeros((60, 8, 8, 1), np.uint8), np.arange(60) % 10
    data, study = rg.Dataset.from_arrays(images, labels, images, labels), tmp_path / "study with a test part"
    rg.Study(data, arms={}, epochs=1, seeds=1, workers=1, out=study).run()
    script.main(["pack", str(study), "kept", "--no-test"])
    script.main(["unpack", "kept", str(tmp_path / "study")])
    before, after = (rg.load_result(folder).summary.arms[0] for folder in (study, tmp_path / "study"))
    assert after.accuracy == before.accuracy
    assert before.test_accuracy is not None
    assert after.test_accuracy is None


def test_rounding_keeps_the_likeliest_class(script):
    rng = np.random.default_rng(0)
    found = rng.dirichlet(np.full(10, 0.05), 3000).astype(np.float32)
    found = np.concatenate([found, [[0.3334, 0.3333, 0.3333], [0.33329, 0.33332, 0.33339]] @ np.eye(3, 10)])
    kept = script.rounded(found.astype(np.float32))
    np.testing.assert_array_equal(kept.argmax(axis=1), found.argmax(axis=1))
    np.testing.assert_allclose(kept, found, atol=0.00151)
