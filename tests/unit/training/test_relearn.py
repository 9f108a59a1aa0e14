"""From an export to a new model folder: it begins as the published network ended, and tells before from after."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from training import corrections, evaluate, network, publish, relearn, shards, train
from training.data import Digits, Split, training_digits

pytestmark = [
    pytest.mark.slow,
    # Keras' own way from its variables to NumPy's arrays.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

#: The newest network that is published, which is of the kind that is trained now.
PUBLISHED = evaluate.newest(evaluate.MODELS)


@pytest.fixture(scope="module")
def digits() -> Digits:
    """Sixty of MNIST's training images that look nothing like MNIST: upside down and slanted."""
    images, labels = training_digits().training
    slant = np.array([[1, 0.5, -7], [0, 1, 0]])
    return Digits(np.stack([cv2.warpAffine(image[::-1], slant, (28, 28)) for image in images[:60]]), labels[:60])


@pytest.fixture
def export(digits: Digits, tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for number, (image, label) in enumerate(zip(*digits, strict=True)):
            archive.writestr(f"{label}/{number}.png", cv2.imencode(".png", image)[1].tobytes())
    return tmp_path / "export.zip"


@pytest.fixture(autouse=True)
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One small model, small shards, and a publishing that only puts the file where it belongs."""
    models = tmp_path / "models"
    shutil.copytree(PUBLISHED, models / "digits" / PUBLISHED.name)
    learned, validation = training_digits()
    few = Split(Digits(*(part[:500] for part in learned)), Digits(*(part[:500] for part in validation)))

    def published(run: Path, name: str, version: str) -> Path:
        folder = models / name / version
        folder.mkdir()
        return Path(shutil.copy(run / "model.keras", folder)).parent

    for module in (train, relearn, shards):
        monkeypatch.setattr(module, "training_digits", lambda: few)
    monkeypatch.setattr(shards, "SIZE", 600)
    monkeypatch.setattr(shards, "prepare", lambda stock: [stock.make(number) for number in range(stock.count)])
    monkeypatch.setattr(train, "BATCH", 32)
    monkeypatch.setattr(train, "EMA", 0.5)
    for module in (publish, relearn):
        monkeypatch.setattr(module, "MODELS", models)
    monkeypatch.setattr(relearn, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(relearn, "publish", published)


@pytest.mark.parametrize("number", [0, -1])
def test_a_published_network_goes_on_from_where_it_was(number: int) -> None:
    published = network.columns_of(keras.saving.load_model(PUBLISHED / "model.keras"))[number]
    images = train.as_input(training_digits().training.images[:512])
    # The same weights in float32, in whatever precision the published network computes.
    plain = network.folded(network.unfolded(published, images))
    plain.set_weights(published.get_weights())

    trained = network.unfolded(published, images)

    assert trained(images).numpy() == pytest.approx(plain(images).numpy(), abs=1e-4)
    # In training, too, where a batch is normalized by its own statistics; without dropout, which is drawn by lot.
    trained.layers[-2].rate = 0
    assert trained(images, training=True).numpy() == pytest.approx(plain(images).numpy(), abs=1e-3)


@pytest.mark.parametrize("widened", [False, True])
def test_a_column_may_go_on_with_a_wider_view(widened: bool) -> None:
    column = network.folded(network.trainable(widened))
    images = np.random.default_rng(3).random((4, *network.INPUT), np.float32)

    assert [layer.name for layer in network.unfolded(column, images, True).layers][1] == network.WIDENED
    assert (network.unfolded(column, images).layers[1].name == network.WIDENED) is widened


def test_another_network_is_refused() -> None:
    inputs = keras.layers.Input(network.INPUT)
    other = keras.Model(inputs, keras.layers.Conv2D(8, 3)(inputs))

    with pytest.raises(ValueError, match="other layers"):
        network.unfolded(other, np.zeros((2, *network.INPUT), np.float32))


def test_an_export_becomes_a_model_folder_with_a_report(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What counts as worse has a test of its own; a course as small as this one proves nothing.
    monkeypatch.setattr(relearn, "is_no_loss", lambda changes: True)

    folder = relearn.relearn([export], "9.0.0", train.Course(epochs=2, seed=1, rate=2e-4))

    assert folder == tmp_path / "models" / "digits" / "9.0.0"
    report = (folder / "corrections.md").read_text()
    found = corrections.parted(corrections.read([export]))
    assert f"with {len(found.learned.labels)} corrected pictures" in report
    assert f"| corrected to a digit, held back | {len(found.held_back.labels)} |" in report
    assert "| MNIST validation | 500 |" in report
    assert "no digit, held back" not in report, "there are none"
    (run,) = (tmp_path / "runs").iterdir()
    recipe = json.loads((run / "recipe.json").read_text())
    assert recipe["corrections"] == {"learned": len(found.learned.labels), "held_back": len(found.held_back.labels)}
    assert recipe["after"] == json.loads((PUBLISHED / "manifest.json").read_text())["training"]

    with pytest.raises(ValueError, match="already"):
        relearn.relearn([export], "9.0.0", train.Course(epochs=1, seed=1))
    with pytest.raises(ValueError, match="is no version"):
        relearn.relearn([export], "../../9.0.0", train.Course(epochs=1, seed=1))
    first, last = PUBLISHED.name.rsplit(".", 1)
    assert relearn.next_version() == f"{first}.{int(last) + 1}", "a folder without a manifest is no version"


def test_a_network_that_reads_worse_is_not_published(export: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"reads worse than before.*corrections\.md tells more"):
        relearn.relearn([export], "9.0.0", train.Course(epochs=1, seed=1, rate=1.0))

    assert not (tmp_path / "models" / "digits" / "9.0.0").exists()


def test_another_course_is_another_run(digits: Digits, tmp_path: Path) -> None:
    found, served = corrections.parted(digits), relearn._served()
    courses = [train.Course(6, 4), train.Course(6, 5), train.Course(6, 4, 1e-3)]

    names = [relearn._name(found, served, course) for course in courses]

    assert len(set(names)) == len(courses)
    assert relearn._name(found, served, train.Course(6, 4)) == names[0]


@pytest.mark.parametrize(("newest", "following"), [("1.9.0", "1.9.1"), ("2.0.0-rc1", "2.0.0-rc2"), ("9", "10")])
def test_the_next_version_raises_the_last_number(
    newest: str, following: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = json.loads((PUBLISHED / "manifest.json").read_text()) | {"version": newest}
    shutil.copytree(PUBLISHED, tmp_path / "others" / "digits" / newest)
    (tmp_path / "others" / "digits" / newest / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(relearn, "MODELS", tmp_path / "others")

    assert relearn.next_version() == following


def test_damaged_labels_are_said(export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models" / "digits" / "labels.json").write_text("{")
    monkeypatch.setattr("sys.argv", ["relearn", str(export), "--version", "9.0.0"])

    with pytest.raises(SystemExit, match=r"labels\.json is damaged"):
        relearn.main()


def test_nothing_to_learn_is_said(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(ValueError, match="nothing to learn"):
        relearn.relearn([tmp_path / "empty.zip"], "9.0.0", train.Course(epochs=1, seed=1))


@pytest.mark.parametrize(
    ("gains", "fine"), [((0, 0), True), ((1, -0.001), True), ((1, -0.01), False), ((-1, 0.01), False)]
)
def test_what_counts_as_worse(gains: tuple[float, float], fine: bool) -> None:
    def change(gain: float) -> relearn.Change:
        before, after = np.zeros(1000, bool), np.zeros(1000, bool)
        (after if gain > 0 else before)[: round(abs(gain) * 1000)] = True
        return relearn.Change("", before, after)

    assert relearn.is_no_loss([change(gain) for gain in gains]) is fine


def test_no_digit_is_right_only_where_none_is_the_likeliest() -> None:
    scores = np.full((3, 11), 0.01)
    scores[[0, 1, 2], [3, 10, 10]] = 0.9
    scores[1, 3] = 0.05

    assert relearn.is_right(scores, np.array([10, 10, 3])).tolist() == [False, True, False]
    assert relearn.is_right(scores, np.array([3, 3, 10])).tolist() == [True, True, True]
