"""The network: columns of six convolutions, which read an image in about a tenth of a millisecond on one core.

Each column is a network of its own, trained apart from the others; the mean of their answers is the answer. A column
may see everything as wide as everything else, which makes it err otherwise than the others do (both: D. Ciresan,
U. Meier, J. Schmidhuber, Multi-column Deep Neural Networks for Image Classification, 2012).

A column is trained with batch normalization (S. Ioffe, C. Szegedy, 2015) in TensorFlow's fused form, twice as fast as
Keras' own on a CPU; `folded` works the normalization into the convolutions, and `rounded` brings what they multiply
into 8 bits, so that what is published is made of plain Keras layers only and opens everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from numpy.typing import NDArray

from worker.eight_bits import MOST_STEPS, MOST_WEIGHT_STEPS

LABELS = (*"0123456789", "none")
NONE = LABELS.index("none")
INPUT = (28, 28, 1)
#: Filters, kernel, stride and padding of a convolution.
Convolution = tuple[int, int, int, str]
#: Those of a column: 28 x 28 -> 14 -> 14 -> 7 -> 5 -> 3 -> 1.
CONVOLUTIONS: tuple[Convolution, ...] = (
    (16, 5, 2, "same"),
    (32, 3, 1, "same"),
    (64, 3, 2, "same"),
    (128, 3, 1, "valid"),
    (128, 3, 1, "valid"),
    (128, 3, 1, "valid"),
)
#: How far ink spreads to the sides after widening, as in MNIST's widest digits: its standard deviation in pixels.
#: Nothing is widened less or more than so many times.
SPREAD, WIDENING = 5.4, (0.9, 2.0)
#: What keeps the spread of nothing, or of a line, from being zero.
HARDLY = 1e-3
#: The largest value that a convolution passes on, as in other networks for few bits (MobileNets, 2017).
LIMIT = 6.0
#: In service, values are rounded to so many steps for one.
STEPS = MOST_STEPS / LIMIT
DROPOUT = 0.2
#: What is in front of the convolutions of a widened column is called so, and so begins the name of each joined column.
WIDENED, COLUMN = "widened", "column"
OTHER_LAYERS = "This network has other layers than the columns that are trained here; choose another one."


class FusedNormalization(layers.Layer):  # type: ignore[misc]
    """Batch normalization over the last axis, in one kernel; statistics in float32."""

    EPSILON, MOMENTUM = 1e-3, 0.97

    def __init__(self, **options: object) -> None:
        super().__init__(autocast=False, **options)

    def build(self, shape: tuple[int | None, ...]) -> None:
        size = (shape[-1],)
        self.scale = self.add_weight(name="scale", shape=size, initializer="ones")
        self.offset = self.add_weight(name="offset", shape=size, initializer="zeros")
        self.mean = self.add_weight(name="mean", shape=size, initializer="zeros", trainable=False)
        self.variance = self.add_weight(name="variance", shape=size, initializer="ones", trainable=False)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Normalize by the batch's statistics in training, by their running means otherwise."""
        known = {} if training else {"mean": self.mean, "variance": self.variance}
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.scale, self.offset, epsilon=self.EPSILON, is_training=training, **known
        )
        if training:
            for running, latest in ((self.mean, mean), (self.variance, variance)):
                running.assign(self.MOMENTUM * running + (1 - self.MOMENTUM) * latest)
        return outputs


class Plan(NamedTuple):
    """What a column is made of, and whether it sees everything as wide as everything else."""

    convolutions: tuple[Convolution, ...] = CONVOLUTIONS
    widened: bool = False


def trainable(widened: bool = False) -> keras.Model:
    """A column as it is trained: (batch, 28, 28, 1) in 0 to 1 -> probabilities (batch, 11) of LABELS."""
    return _network(Plan(widened=widened), normalized=True)


def folded(trained: keras.Model) -> keras.Model:
    """The same function of plain layers: each normalization worked into the convolution before it."""
    plain = _network(_plan_of(trained), normalized=False)
    pairs = zip(_of(trained, layers.Conv2D), _of(trained, FusedNormalization), _of(plain, layers.Conv2D), strict=True)
    for convolution, norm, target in pairs:
        factor = norm.scale / tf.sqrt(norm.variance + norm.EPSILON)
        target.set_weights([convolution.kernel * factor, norm.offset - norm.mean * factor])
    plain.layers[-1].set_weights(trained.layers[-1].get_weights())
    return plain


def rounded(plain: keras.Model) -> keras.Model:
    """Nearly the same function of what 8 bits can hold, for `worker/eight_bits.py`.

    What a convolution passes on is rounded to 255 steps, its weights to 63rds of the largest of their filter. Raises
    ValueError for a network of other layers.
    """
    stepped = _with_weights_of(plain, _network(_plan_of(plain), normalized=False, stepped=True))
    for layer in _of(stepped, layers.Conv2D):
        kernel, bias = layer.get_weights()
        unit = np.abs(kernel).max((0, 1, 2)) / MOST_WEIGHT_STEPS
        layer.set_weights([np.round(kernel / np.where(unit, unit, 1)) * unit, bias])
    return stepped


def unfolded(plain: keras.Model, images: NDArray[np.float32], widened: bool = False) -> keras.Model:
    """The same function as it is trained, for a course that begins where another one's published network ended.

    What each normalization subtracts and divides by is measured on images (n, 28, 28, 1), of the kind learned from.
    From now on it may see everything `widened`, even if it did not. Raises ValueError for a network of other layers.
    """
    plan = _plan_of(plain)
    plan = plan._replace(widened=widened or plan.widened)
    trained = _network(plan, normalized=True)
    # What was trained in bfloat16 computes in it, too coarsely to be measured.
    exact = _with_weights_of(plain, _network(plan, normalized=False))
    sources = _of(exact, layers.Conv2D)
    outputs = keras.Model(exact.inputs[0], [source.output for source in sources])(images)
    parts = zip(sources, outputs, _of(trained, layers.Conv2D), _of(trained, FusedNormalization), strict=True)
    for source, output, convolution, norm in parts:
        kernel, bias = source.get_weights()
        mean, variance = tf.nn.moments(tf.cast(output, tf.float32), axes=(0, 1, 2))
        convolution.set_weights([kernel])
        norm.set_weights([tf.sqrt(variance + norm.EPSILON), mean, mean - bias, variance])
    trained.layers[-1].set_weights(plain.layers[-1].get_weights())
    return trained


def joined(columns: Sequence[keras.Model]) -> keras.Model:
    """One network of some columns: the mean of their probabilities."""
    inputs = layers.Input(INPUT, name="image")
    answers = [
        keras.Model(column.inputs[0], column.outputs[0], name=f"{COLUMN}_{number}")(inputs)
        for number, column in enumerate(columns, 1)
    ]
    outputs = layers.Average(dtype="float32", name="probabilities")(answers)
    return keras.Model(inputs, outputs, name="digits")


def columns_of(network: keras.Model) -> list[keras.Model]:
    """Those that a network was joined of; one that was not joined is a column itself."""
    return [part for part in _of(network, keras.Model) if part.name.startswith(COLUMN)] or [network]


def _with_weights_of(plain: keras.Model, target: keras.Model) -> keras.Model:
    if [part.shape for part in plain.get_weights()] != [part.shape for part in target.get_weights()]:
        raise ValueError(OTHER_LAYERS)
    target.set_weights(plain.get_weights())
    return target


def _of(model: keras.Model, kind: type) -> list[keras.Layer]:
    return [layer for layer in model.layers if isinstance(layer, kind)]


def _plan_of(column: keras.Model) -> Plan:
    convolutions = tuple(
        (layer.filters, layer.kernel_size[0], layer.strides[0], layer.padding) for layer in _of(column, layers.Conv2D)
    )
    return Plan(convolutions, any(layer.name == WIDENED for layer in column.layers))


def _network(plan: Plan, *, normalized: bool, stepped: bool = False) -> keras.Model:
    # However it is trained, what is published computes in full precision.
    dtype = None if normalized else "float32"
    inputs = layers.Input(INPUT, name="image")
    outputs = _widening()(inputs) if plan.widened else inputs
    for filters, kernel, stride, padding in plan.convolutions:
        outputs = layers.Conv2D(filters, kernel, stride, padding, use_bias=not normalized, dtype=dtype)(outputs)
        if normalized:
            outputs = FusedNormalization()(outputs)
        outputs = layers.ReLU(LIMIT, dtype=dtype)(outputs)
        if stepped:
            outputs = keras.ops.round(outputs * STEPS) / STEPS
    outputs = layers.GlobalAveragePooling2D(dtype=dtype)(outputs)
    if normalized:
        outputs = layers.Dropout(DROPOUT)(outputs)
    outputs = layers.Dense(len(LABELS), activation="softmax", dtype="float32", name="probabilities")(outputs)
    return keras.Model(inputs, outputs, name="digits")


def _widening() -> keras.Model:
    """Pictures (batch, 28, 28, 1) as wide as others: the spread of their ink to the sides is brought near SPREAD.

    The middle of the ink comes to the middle of the picture. Every row is multiplied by one matrix, whose columns hold
    the weights of linear interpolation.
    """
    images = layers.Input(INPUT)
    rows = ops.squeeze(images, -1)
    at = np.arange(INPUT[1], dtype=np.float32)
    ink = ops.sum(rows, 1)
    share = ink / (ops.sum(ink, -1, keepdims=True) + HARDLY)
    middle = ops.sum(share * at, -1, keepdims=True)
    spread = ops.sqrt(ops.sum(share * ops.square(middle - at), -1, keepdims=True) + HARDLY)
    seen_at = middle + ops.divide(at - at.mean(), ops.clip(SPREAD / spread, *WIDENING))
    weights = ops.relu(1 - ops.abs(ops.expand_dims(seen_at, 1) - at[:, None]))
    return keras.Model(images, ops.expand_dims(ops.matmul(rows, weights), -1), name=WIDENED)
