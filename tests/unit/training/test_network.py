"""The network that is published computes what the trained one does, and training can be stopped at any time."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from training import join, network, shards, train
from training.data import Digits, Split

pytestmark = [
    pytest.mark.slow,
    # Keras' own way from its variables to NumPy's arrays.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def some_digits(count: int) -> Digits:
    """Bright squares on the left are zeros, on the right ones."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, count)
    images = rng.integers(0, 60, (count, 28, 28), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[8:20, 4 + 12 * label : 12 + 12 * label] += 180
    return Digits(images, labels)


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for number in range(2):
        shards.save(some_digits(640), tmp_path / "shards" / f"{number:04d}.npz")
    monkeypatch.setattr(train, "training_digits", lambda: Split(some_digits(8), some_digits(64)))
    monkeypatch.setattr(train, "EMA", 0.5)
    monkeypatch.setattr(train, "BATCH", 16)
    return tmp_path


@pytest.mark.parametrize("widened", [False, True])
def test_folding_the_normalization_changes_no_answer(widened: bool) -> None:
    keras.utils.set_random_seed(2)
    trained = network.trainable(widened)
    rng = np.random.default_rng(2)
    for layer in trained.layers:
        if isinstance(layer, network.FusedNormalization):
            layer.set_weights([rng.uniform(0.5, 2, weights.shape) for weights in layer.get_weights()])
    images = rng.random((16, 28, 28, 1), np.float32)

    folded = network.folded(trained)

    assert folded(images).numpy() == pytest.approx(trained(images).numpy(), abs=1e-4)
    assert {type(layer).__module__.split(".")[0] for layer in folded.layers} == {"keras"}


def as_a_widened_column_sees(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    widening = network.trainable(widened=True).get_layer(network.WIDENED)
    return np.asarray(widening(picture[None, ..., None]))[0, ..., 0]


def bar(left: int, width: int) -> NDArray[np.float32]:
    picture = np.zeros((28, 28), np.float32)
    picture[4:24, left : left + width] = 0.8
    return picture


@pytest.mark.parametrize("left", [0, 4, 10])
@pytest.mark.parametrize("width", [10, 14, 18])
def test_a_widened_column_sees_everything_equally_wide_and_in_the_middle(width: int, left: int) -> None:
    seen = as_a_widened_column_sees(bar(left, width))

    share, at = seen[10] / seen[10].sum(), np.arange(28)
    assert (share * at).sum() == pytest.approx(13.5, abs=0.1)
    assert np.sqrt((share * (at - 13.5) ** 2).sum()) == pytest.approx(network.SPREAD, rel=0.05)
    assert (seen.any(1) == bar(left, width).any(1)).all()


def test_a_widened_column_sees_a_line_twice_as_wide_at_most() -> None:
    line = bar(5, 2)
    assert as_a_widened_column_sees(line).sum() == pytest.approx(2 * line.sum(), rel=1e-3)


def test_a_widened_column_of_nothing_sees_nothing() -> None:
    assert not as_a_widened_column_sees(np.zeros((28, 28), np.float32)).any()


def test_what_is_published_multiplies_whole_numbers_of_8_bits() -> None:
    keras.utils.set_random_seed(6)
    exact = network.folded(network.trainable())
    images = np.random.default_rng(6).random((8, 28, 28, 1), np.float32)

    rounded = network.rounded(exact)

    convolutions = [layer for layer in rounded.layers if isinstance(layer, keras.layers.Conv2D)]
    for convolution in convolutions:
        kernel = convolution.kernel.numpy()
        steps = kernel / np.abs(kernel).max((0, 1, 2)) * network.MOST_WEIGHT_STEPS
        assert steps == pytest.approx(np.round(steps), abs=1e-4)
    passed_on = [layer.input for layer in (*convolutions[1:], rounded.layers[-2])]
    for values in keras.Model(rounded.inputs[0], passed_on)(images):
        steps = values.numpy() * network.STEPS
        assert steps == pytest.approx(np.round(steps), abs=1e-4)
        assert 0 < steps.max() <= 255
    assert rounded(images).numpy() == pytest.approx(exact(images).numpy(), abs=0.01)


@pytest.mark.parametrize("count", [1, 3])
def test_a_network_answers_the_mean_of_its_columns_and_is_parted_into_them_again(count: int, tmp_path: Path) -> None:
    keras.utils.set_random_seed(4)
    columns = [network.folded(network.trainable(widened=number == 1)) for number in range(count)]
    images = np.random.default_rng(4).random((8, 28, 28, 1), np.float32)

    network.joined(columns).save(tmp_path / "joined.keras")
    joined = keras.saving.load_model(tmp_path / "joined.keras")

    answers = [column(images).numpy() for column in columns]
    assert joined(images).numpy() == pytest.approx(np.mean(answers, axis=0), abs=1e-6)
    parted = network.columns_of(joined)
    assert [column(images).numpy().tolist() for column in parted] == [answer.tolist() for answer in answers]
    assert network.columns_of(columns[0]) == [columns[0]]


def test_what_is_published_computes_exactly_however_it_was_trained(request: pytest.FixtureRequest) -> None:
    request.addfinalizer(partial(keras.config.set_dtype_policy, keras.config.dtype_policy()))
    keras.config.set_dtype_policy("mixed_bfloat16")
    trained = network.trainable()
    folded = network.folded(trained)
    precise = [layer.compute_dtype for layer in folded.layers[1:]]
    assert "bfloat16" in {layer.compute_dtype for layer in trained.layers}
    assert set(precise) == {"float32"}
    assert {layer.output.dtype for layer in network.rounded(folded).layers} == {"float32"}


def test_training_learns_and_goes_on_where_it_stopped(prepared: Path) -> None:
    folder, run = prepared / "shards", prepared / "run"
    run.mkdir()

    train.train(folder, run, train.Course(epochs=2, seed=3))
    model = train.train(folder, run, train.Course(epochs=4, seed=3))

    assert (run / "log.csv").read_text().count("\n") == 5, "a head and one line for each epoch, none done twice"
    assert (run / "model.keras").stat().st_size < 2_000_000
    digits = some_digits(64)
    read = np.asarray(model(train.as_input(digits.images))).argmax(1)
    assert (read == digits.labels).mean() > 0.9


def test_a_run_goes_on_from_the_epoch_before_if_its_last_one_was_cut_short(prepared: Path) -> None:
    folder, run = prepared / "shards", prepared / "run"
    run.mkdir()
    train.train(folder, run, train.Course(epochs=2, seed=3))
    latest = run / train.BACKUP / "latest.weights.h5"
    latest.write_bytes(latest.read_bytes()[:-1000])

    train.train(folder, run, train.Course(epochs=2, seed=3))

    assert (run / "log.csv").read_text().count("\n") == 4, "a head, two epochs, and the second one again"


def test_a_run_goes_on_only_as_it_was_begun(tmp_path: Path) -> None:
    train.write_recipe(tmp_path, train.Course(epochs=2, seed=1), precision="float32")
    train.write_recipe(tmp_path, train.Course(epochs=2, seed=2), precision="float32")
    (tmp_path / train.BACKUP).mkdir()

    with pytest.raises(ValueError, match=r"was begun with seed 2, rate 0\.003; go on with that, or choose another"):
        train.write_recipe(tmp_path, train.Course(epochs=2, seed=9, rate=1e-5), precision="float32")
    train.write_recipe(tmp_path, train.Course(epochs=4, seed=2), precision="float32")

    assert train.recipe_of(tmp_path / "model.keras")["epochs"] == 4
    assert train.recipe_of(tmp_path / "model.keras")["seed"] == 2


def test_columns_join_in_a_small_file_that_tells_how_each_was_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / f"column{number}" / "model.keras" for number in (1, 2)]
    for seed, file in enumerate(files):
        keras.utils.set_random_seed(seed)
        file.parent.mkdir()
        network.folded(network.trainable()).save(file)
        train.write_recipe(file.parent, train.Course(epochs=2, seed=seed))
    monkeypatch.setattr("sys.argv", ["join", *map(str, files), "--run", str(tmp_path / "run")])

    join.main()

    joined = tmp_path / "run" / "model.keras"
    assert joined.stat().st_size < 0.45 * sum(file.stat().st_size for file in files)
    assert len(network.columns_of(keras.saving.load_model(joined))) == len(files)
    assert [column["seed"] for column in train.recipe_of(joined)["columns"]] == [0, 1]

    monkeypatch.setattr("sys.argv", ["join", str(joined), "--run", str(tmp_path / "run")])
    with pytest.raises(SystemExit, match="other layers than the columns that are trained here; choose another"):
        join.main()


@pytest.mark.parametrize(
    ("option", "fault"),
    [("--shards", "no shards in .*; python -m training.shards makes them"), ("--start", "File not found")],
)
def test_what_training_lacks_is_said_in_a_sentence(
    option: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = str(tmp_path / "absent.keras")
    monkeypatch.setattr("sys.argv", ["train", "--run", str(tmp_path / "run"), option, absent])
    with pytest.raises(SystemExit, match=fault):
        train.main()
    assert not (tmp_path / "run" / "model.keras").exists()


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--epochs", "0"), "one epoch at least"),
        (("--start", "mine.keras"), r"no recipe\.json beside mine\.keras; take"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_sentence(
    words: tuple[str, str], fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    network.folded(network.trainable()).save("mine.keras")
    monkeypatch.setattr("sys.argv", ["train", "--run", "run", *words])
    with pytest.raises(SystemExit, match=fault):
        train.main()


def test_digits_are_told_apart_even_where_none_is_the_likeliest() -> None:
    probabilities = np.zeros((3, 11), np.float32)
    probabilities[:, network.NONE] = 0.8
    probabilities[:, 3], probabilities[:, 5] = 0.15, 0.05

    cross_entropy = train.cross_entropy(np.array([[3], [5], [network.NONE]]), probabilities)

    assert cross_entropy.numpy() == pytest.approx(-np.log([0.15 * 0.75, 0.05 * 0.25, 0.8]), rel=1e-5)
