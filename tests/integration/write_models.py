"""Writes Keras files of every kind that people have into the folder given: `python write_models.py FOLDER`.

Their weights are random, but for those of "template" and "bytes", which have learned the known digits by heart.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from shared.manifest import Input
from worker.decode import decode
from worker.lean_keras import keras_on
from worker.normalize import normalize
from worker.pixels import feed
from worker.self_test import known_digits


def networks(keras: Any) -> dict[str, Any]:
    layers, make = keras.layers, keras.Sequential
    image, softmax = layers.Input((28, 28, 1)), layers.Dense(10, activation="softmax")
    several = layers.Input((28, 28))
    flat = layers.Flatten()(several)
    return {
        "cnn": make(
            [
                image,
                layers.Conv2D(8, 3, activation="relu"),
                layers.BatchNormalization(),
                layers.MaxPooling2D(),
                layers.DepthwiseConv2D(3, padding="same"),
                layers.Activation("swish"),
                layers.Dropout(0.5),
                layers.Flatten(),
                layers.Dense(10, activation="softmax"),
            ]
        ),
        "mlp": make([layers.Input((784,)), layers.Dense(32, activation="sigmoid"), softmax]),
        "rows": make([layers.Input((28, 28)), layers.LSTM(16), layers.Dense(10)]),
        "color": make(
            [layers.Input((32, 32, 3)), layers.Conv2D(8, 3), layers.GlobalAveragePooling2D(), layers.Dense(10)]
        ),
        "any-size": make(
            [layers.Input((None, None, 1)), layers.Conv2D(8, 3), layers.GlobalMaxPooling2D(), layers.Dense(10)]
        ),
        "preprocessing": make(
            [
                image,
                layers.RandomRotation(0.1),
                layers.RandomZoom(0.1),
                layers.Normalization(mean=0.1, variance=0.3),
                layers.Resizing(32, 32),
                layers.GaussianNoise(0.1),
                layers.Flatten(),
                layers.Dense(10),
            ]
        ),
        "residual": residual(keras),
        "functional": keras.Model(several, layers.Dense(10, activation="softmax")(flat)),
        "template": template(keras),
        "bytes": make([layers.Input((784,), dtype="uint8"), layers.Rescaling(1 / 255), template(keras)]),
        "coarse": coarse(keras),
        "coarse-weights": make([image, layers.Flatten(), layers.Dense(10, dtype="bfloat16")]),
        "own": with_own_layer(keras),
        "letters": make([image, layers.Flatten(), layers.Dense(26, activation="softmax")]),
        "two-heads": keras.Model(several, [layers.Dense(10)(flat), layers.Dense(2)(flat)]),
        "code": make([image, layers.Flatten(), layers.Lambda(lambda values: values * 2), layers.Dense(10)]),
    }


def residual(keras: Any) -> Any:
    """Convolutions with ways around them, of the same shape and of one value a filter."""
    layers = keras.layers
    image = layers.Input((28, 28, 1))
    first = layers.Conv2D(6, 3, padding="same", activation="relu6")(image)
    second = layers.LeakyReLU(0.2)(layers.Conv2D(6, 3, padding="same")(first))
    gate = layers.Dense(6, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(second))
    joined = layers.Concatenate()([layers.Add()([first, layers.Multiply()([second, gate])]), first])
    last = layers.Conv2D(4, 3, strides=2, activation="gelu")(layers.ZeroPadding2D(1)(joined))
    return keras.Model(image, layers.Dense(10)(layers.Flatten()(last)))


def template(keras: Any) -> Any:
    network = keras.Sequential([keras.layers.Input((784,)), keras.layers.Dense(10, activation="softmax")])
    pixels = np.stack([normalize(decode(data, max_pixels=784)).pixels for _, data in known_digits()])
    inputs = feed(pixels, Input((784,))).astype(np.float64)
    network.layers[-1].set_weights([np.linalg.pinv(inputs) @ (10 * np.eye(10)), np.zeros(10)])
    return network


def coarse(keras: Any) -> Any:
    """One that was trained in bfloat16."""
    layers, dtype = keras.layers, "mixed_bfloat16"
    image = layers.Input((28, 28, 1))
    convolved = layers.Conv2D(8, 3, activation="relu", dtype=dtype)(image)
    return keras.Model(image, layers.Dense(10, "softmax", dtype=dtype)(layers.Flatten(dtype=dtype)(convolved)))


def with_own_layer(keras: Any) -> Any:
    class Own(keras.layers.Layer):  # type: ignore[misc]
        pass

    return keras.Sequential([keras.layers.Input((28, 28)), keras.layers.Flatten(), Own(), keras.layers.Dense(10)])


def write_legacy(network: Any, file: Path) -> None:
    """What Keras 2 wrote: HDF5, here called .keras, with a loss whose settings Keras 3 refuses to restore."""
    network.save(file.with_suffix(".h5"))
    file.with_suffix(".h5").rename(file)
    loss = {"class_name": "SparseCategoricalCrossentropy", "config": {"reduction": "auto", "from_logits": False}}
    settings = {"loss": loss, "metrics": None, "weighted_metrics": None, "loss_weights": None}
    optimizer = {"class_name": "Custom>RMSprop", "config": {"name": "RMSprop", "is_legacy_optimizer": False}}
    with h5py.File(file, "r+") as archive:
        archive.attrs["keras_version"] = "2.12.0"
        archive.attrs["training_config"] = json.dumps({**settings, "optimizer_config": optimizer})


def main(folder: Path) -> None:
    with keras_on("openvino") as keras:
        keras.utils.set_random_seed(7)
        for name, network in networks(keras).items():
            for ending in (".keras", ".h5"):
                network.save(folder / f"{name}{ending}")
        write_legacy(template(keras), folder / "legacy.keras")
    (folder / "short.keras").write_bytes((folder / "cnn.keras").read_bytes()[:-2000])
    (folder / "short.h5").write_bytes((folder / "cnn.h5").read_bytes()[:-2000])
    with zipfile.ZipFile(folder / "photos.keras", "w") as photos:
        photos.writestr("3/a.png", b"")
    (folder / "text.keras").write_text("This is no model.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
