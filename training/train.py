"""Train a column of the network on prepared shards: seeded, resumable after any epoch, with progress.

    python -m training.train --shards build/training/shards --run build/training/column1 --seed 1 --epochs 60

One epoch goes through one shard; the weights that count are an exponential moving average. Started again with
the same --run, it goes on after the last finished epoch. A new run can --start from the column of another one, with
a lower --rate: a second course on new shards. `training/join.py` makes one network of several columns.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training import network
from training.data import training_digits
from training.origins import UNKNOWN, commit, how_made

BATCH = 256
#: The share of all steps that lead up to the highest learning rate.
WARM_UP = 0.02
WEIGHT_DECAY = 1e-2
EMA = 0.998
#: Probabilities below this are as good as none.
TINY = 1e-7
#: The folder of a run in which it keeps what the last two epochs ended with, to go on from.
BACKUP = "backup"
#: What the recipe of a run lacks that was begun before such things were noted.
OLDER = {"shards": UNKNOWN, "commit": UNKNOWN}
#: Pictures that a published network is shown to find what its normalizations subtracted and divided by.
MEASURED = 2048


class Shards(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of one shard, shuffled anew each epoch: (256, 28, 28, 1) in 0 to 1, and label numbers."""

    def __init__(self, folder: Path, seed: int) -> None:
        super().__init__()
        self.folder, self.seed = folder, seed
        self.open(0)

    def open(self, epoch: int) -> None:
        """Take up the shard of this epoch; shards are gone through round and round."""
        paths = sorted(self.folder.glob("[0-9]*[0-9].npz"))
        if not paths:
            raise FileNotFoundError(f"There are no shards in {self.folder}; python -m training.shards makes them.")
        with np.load(paths[epoch % len(paths)]) as shard:
            order = np.random.default_rng((self.seed, epoch)).permutation(len(shard["labels"]))
            self.images, self.labels = shard["images"][order], shard["labels"][order]

    def __len__(self) -> int:
        return len(self.labels) // BATCH

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        batch = slice(index * BATCH, (index + 1) * BATCH)
        return as_input(self.images[batch]), self.labels[batch]


def as_input(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, 28, 28) of 0 to 255 -> what the network takes."""
    return np.asarray(images[..., None] / np.float32(255), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Course:
    """How long and how fast to train, from which seed, and whether the column is to see everything equally wide."""

    epochs: int
    seed: int
    rate: float = 3e-3
    widened: bool = False

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise ValueError("A course takes one epoch at least.")


def cross_entropy(labels: tf.Tensor, probabilities: tf.Tensor) -> tf.Tensor:
    """That of labels (n,) under probabilities (n, 11), and, where a digit is shown, that among the ten digits: (n,).

    Without the second part digits are hardly told apart where a picture hardly looks like one; people look at these,
    and want the likeliest digit all the same.
    """
    labels = tf.cast(tf.reshape(labels, (-1,)), tf.int32)
    probabilities = tf.maximum(probabilities, TINY)
    right = tf.gather(probabilities, labels, batch_dims=1)
    any_digit = tf.reduce_sum(probabilities[:, : network.NONE], axis=1)
    return -tf.math.log(right) - tf.where(labels == network.NONE, 0.0, tf.math.log(right / any_digit))


def compiled(model: keras.Model, steps: int, peak: float) -> keras.Model:
    """The model with its optimizer: AdamW, one cosine from warm-up to zero."""
    warm_up = round(steps * WARM_UP)
    rate = keras.optimizers.schedules.CosineDecay(peak / 100, steps - warm_up, warmup_target=peak, warmup_steps=warm_up)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY, use_ema=True, ema_momentum=EMA),
        cross_entropy,
        metrics=["accuracy"],
        jit_compile=False,
    )
    return model


def train(shards: Path, run: Path, course: Course, start: keras.Model | None = None) -> keras.Model:
    """Train a column for a whole course, or go on with what is in `run`; saved there, of plain layers, as model.keras.

    Raises FileNotFoundError without shards, and ValueError if it is to start from a network of other layers.
    """
    keras.utils.set_random_seed(course.seed)
    batches = Shards(shards, course.seed)
    column = compiled(_fresh(batches, course, start), course.epochs * len(batches), course.rate)
    validation = training_digits().validation
    column.fit(
        batches,
        epochs=course.epochs,
        verbose=2,
        validation_data=(as_input(validation.images), validation.labels),
        validation_batch_size=1000,
        callbacks=[
            keras.callbacks.SwapEMAWeights(swap_on_epoch=False),
            keras.callbacks.BackupAndRestore(run / BACKUP, double_checkpoint=True, delete_checkpoint=False),
            keras.callbacks.CSVLogger(run / "log.csv", append=True),
            keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: batches.open(epoch)),
        ],
    )
    plain = network.folded(column)
    plain.save(run / "model.keras")
    return plain


def _fresh(batches: Shards, course: Course, start: keras.Model | None) -> keras.Model:
    if start is None:
        return network.trainable(course.widened)
    return network.unfolded(start, as_input(batches.images[:MEASURED]), course.widened)


def write_recipe(run: Path, course: Course, start: Path | None = None, **more: object) -> None:
    """Note beside a run what makes it repeatable, with the recipe of the model file that it starts from.

    Raises ValueError if the run was begun by another recipe: only its epochs may become more or less. The commit is the
    one that it was begun by.
    """
    recipe = asdict(course) | {"after": recipe_of(start) if start else None, "batch": BATCH, **more, "commit": commit()}
    file = run / "recipe.json"
    begun = OLDER | json.loads(file.read_text()) if (run / BACKUP).exists() and file.exists() else recipe
    if others := [name for name in recipe if name not in ("epochs", "commit") and begun.get(name) != recipe[name]]:
        told = ", ".join(f"{name} {json.dumps(begun.get(name))}" for name in others)
        raise ValueError(f"{run} was begun with {told}; go on with that, or choose another --run.")
    file.write_text(json.dumps(recipe | {"commit": begun["commit"]}))


def recipe_of(model: Path) -> Any:
    """How a model file of a run, or of a published folder, was trained. Raises ValueError for any other file."""
    manifest, recipe = model.with_name("manifest.json"), model.with_name("recipe.json")
    if manifest.exists():
        return json.loads(manifest.read_text())["training"]
    if recipe.exists():
        return json.loads(recipe.read_text())
    raise ValueError(f"There is no {recipe.name} beside {model}; take the model of a run or of a published folder.")


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description="Train a column of the digit network on prepared shards.")
    parser.add_argument("--shards", type=Path, default=Path("build/training/shards"))
    parser.add_argument("--run", type=Path, default=Path("build/training/column1"))
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--widened", action="store_true", help="train a column that sees everything equally wide")
    parser.add_argument("--start", type=Path, help="model.keras of another run or of a published column")
    parser.add_argument("--precision", choices=("float32", "mixed_bfloat16"), default="float32")
    options = parser.parse_args()
    options.run.mkdir(parents=True, exist_ok=True)
    keras.config.set_dtype_policy(options.precision)
    try:
        course = Course(options.epochs, options.seed, options.rate, options.widened)
        start = keras.saving.load_model(options.start) if options.start else None
        made = how_made(options.shards)
        write_recipe(options.run, course, options.start, precision=options.precision, shards=made)
        train(options.shards, options.run, course, start)
    except (OSError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
