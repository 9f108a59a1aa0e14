"""The network that is published computes what the trained one does, and training can be stopped at any time."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest

from training import network, shards, train
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


def test_folding_the_normalization_changes_no_answer() -> None:
    keras.utils.set_random_seed(2)
    trained = network.trainable()
    rng = np.random.default_rng(2)
    for layer in trained.layers:
        if isinstance(layer, network.FusedNormalization):
            layer.set_weights([rng.uniform(0.5, 2, weights.shape) for weights in layer.get_weights()])
    images = rng.random((16, 28, 28, 1), np.float32)

    folded = network.folded(trained)

    assert folded(images).numpy() == pytest.approx(trained(images).numpy(), abs=1e-4)
    assert {type(layer).__module__.split(".")[0] for layer in folded.layers} == {"keras"}


def test_a_wider_network_computes_the_same_at_first_and_can_learn_with_all_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keras.utils.set_random_seed(4)
    narrow = network.trainable()
    wider = tuple((filters + 8, *rest) for filters, *rest in network.CONVOLUTIONS[:-1])
    monkeypatch.setattr(network, "CONVOLUTIONS", (*wider, network.CONVOLUTIONS[-1]))
    images = np.random.default_rng(4).random((8, 28, 28, 1), np.float32)

    wide = network.widened(narrow)

    assert wide(images).numpy() == pytest.approx(narrow(images).numpy(), abs=1e-6)
    assert np.ptp(wide.get_weights()[0][..., -8:]) > 0, "new filters differ, or they would all learn the same"


def test_a_deeper_network_computes_the_same_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    keras.utils.set_random_seed(5)
    deep = network.CONVOLUTIONS
    monkeypatch.setattr(network, "CONVOLUTIONS", tuple(layer for layer in deep if layer[1:] != (3, 1, "same")))
    shallow = network.folded(network.trainable())
    monkeypatch.setattr(network, "CONVOLUTIONS", deep)
    images = np.random.default_rng(5).random((8, 28, 28, 1), np.float32)

    deepened = network.deepened(shallow)

    assert len(deepened.get_weights()) == len(shallow.get_weights()) + 4
    assert deepened(images).numpy() == pytest.approx(shallow(images).numpy(), abs=1e-6)


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


def test_a_network_that_is_wider_already_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = network.trainable()
    monkeypatch.setattr(network, "CONVOLUTIONS", ((8, *network.CONVOLUTIONS[0][1:]), *network.CONVOLUTIONS[1:]))
    with pytest.raises(ValueError, match="other layers"):
        network.widened(wide)


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


def test_digits_are_told_apart_even_where_none_is_the_likeliest() -> None:
    probabilities = np.zeros((3, 11), np.float32)
    probabilities[:, network.NONE] = 0.8
    probabilities[:, 3], probabilities[:, 5] = 0.15, 0.05

    cross_entropy = train.cross_entropy(np.array([[3], [5], [network.NONE]]), probabilities)

    assert cross_entropy.numpy() == pytest.approx(-np.log([0.15 * 0.75, 0.05 * 0.25, 0.8]), rel=1e-5)
