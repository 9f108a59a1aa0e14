"""The network: seven convolutions, small enough to read an image in about a tenth of a millisecond on one core.

It is trained with batch normalization (S. Ioffe, C. Szegedy, 2015) in TensorFlow's fused form, twice as fast as
Keras' own on a CPU; `folded` works the normalization into the convolutions, and `rounded` brings what they multiply
into 8 bits, so that what is published is made of plain Keras layers only and opens everywhere.
"""

from __future__ import annotations

from collections import deque

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from worker.eight_bits import MOST_STEPS, MOST_WEIGHT_STEPS

LABELS = (*"0123456789", "none")
NONE = LABELS.index("none")
INPUT = (28, 28, 1)
#: Filters, kernel, stride and padding of a convolution.
Convolution = tuple[int, int, int, str]
#: 28 x 28 -> 14 -> 14 -> 7 -> 7 -> 5 -> 3 -> 1.
CONVOLUTIONS: tuple[Convolution, ...] = (
    (32, 5, 2, "same"),
    (48, 3, 1, "same"),
    (96, 3, 2, "same"),
    (128, 3, 1, "same"),
    (192, 3, 1, "valid"),
    (192, 3, 1, "valid"),
    (192, 3, 1, "valid"),
)
#: The largest value that a convolution passes on, as in other networks for few bits (MobileNets, 2017).
LIMIT = 6.0
#: In service, values are rounded to so many steps for one.
STEPS = MOST_STEPS / LIMIT
#: Kernel, stride and padding of a convolution that can change nothing.
NEUTRAL = (3, 1, "same")
DROPOUT = 0.2
OTHER_LAYERS = "This network has other layers than the one that is trained here; train without it."


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


def trainable() -> keras.Model:
    """The network as it is trained: (batch, 28, 28, 1) in 0 to 1 -> probabilities (batch, 11) of LABELS."""
    return _network(CONVOLUTIONS, normalized=True)


def folded(trained: keras.Model) -> keras.Model:
    """The same function of plain layers: each normalization worked into the convolution before it."""
    plain = _network(_convolutions_of(trained), normalized=False)
    pairs = zip(_of(trained, layers.Conv2D), _of(trained, FusedNormalization), _of(plain, layers.Conv2D), strict=True)
    for convolution, norm, target in pairs:
        factor = norm.scale / tf.sqrt(norm.variance + norm.EPSILON)
        target.set_weights([convolution.kernel * factor, norm.offset - norm.mean * factor])
    plain.layers[-1].set_weights(trained.layers[-1].get_weights())
    return plain


def rounded(plain: keras.Model) -> keras.Model:
    """Nearly the same function of what 8 bits can hold, for `worker/eight_bits.py`.

    What a convolution passes on is rounded to 255 steps, its weights to 63rds of the largest of their filter.
    """
    stepped = _network(_convolutions_of(plain), normalized=False, stepped=True)
    stepped.set_weights(plain.get_weights())
    for layer in _of(stepped, layers.Conv2D):
        kernel, bias = layer.get_weights()
        unit = np.abs(kernel).max((0, 1, 2)) / MOST_WEIGHT_STEPS
        layer.set_weights([np.round(kernel / np.where(unit, unit, 1)) * unit, bias])
    return stepped


def unfolded(plain: keras.Model, images: NDArray[np.float32]) -> keras.Model:
    """The same function as it is trained, for a course that begins where another one's published network ended.

    What each normalization subtracts and divides by is measured on images (n, 28, 28, 1), of the kind learned from.
    Raises ValueError for a network of other layers.
    """
    convolutions = _convolutions_of(plain)
    trained, exact = _network(convolutions, normalized=True), _network(convolutions, normalized=False)
    if [part.shape for part in plain.get_weights()] != [part.shape for part in exact.get_weights()]:
        raise ValueError(OTHER_LAYERS)
    # What was trained in bfloat16 computes in it, too coarsely to be measured.
    exact.set_weights(plain.get_weights())
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


def deepened(shallow: keras.Model) -> keras.Model:
    """The same function by a plain network of as many layers as are trained here (T. Chen et al., Net2Net, 2016).

    Those that it lacks pass on what they get. Raises ValueError for a network of other layers.
    """
    remaining = deque(zip(_convolutions_of(shallow), _of(shallow, layers.Conv2D), strict=True))
    convolutions: list[Convolution] = []
    weights: list[NDArray[np.float32]] = []
    for _, *kind in CONVOLUTIONS:
        if remaining and kind == [*remaining[0][0][1:]]:
            convolution, layer = remaining.popleft()
            weights += layer.get_weights()
        elif convolutions and kind == [*NEUTRAL]:
            filters = convolutions[-1][0]
            convolution = (filters, *NEUTRAL)
            weights += [_passing_on(filters), np.zeros(filters, np.float32)]
        else:
            raise ValueError(OTHER_LAYERS)
        convolutions.append(convolution)
    if remaining:
        raise ValueError(OTHER_LAYERS)
    deep = _network(tuple(convolutions), normalized=False)
    deep.set_weights([*weights, *shallow.layers[-1].get_weights()])
    return deep


def widened(narrow: keras.Model) -> keras.Model:
    """The same function by a network that can learn more (T. Chen et al., Net2Net, 2016).

    Its new filters begin at random, and what comes after them doesn't listen to them yet. Raises ValueError for a
    network that is no narrower one of the same kind.
    """
    wide = trainable()
    before, after = narrow.get_weights(), wide.get_weights()
    if _kinds(narrow) != _kinds(wide) or any(old.size > new.size for old, new in zip(before, after, strict=True)):
        raise ValueError(OTHER_LAYERS)
    for old, new in zip(before, after, strict=True):
        if new.ndim > 1:
            new[..., : old.shape[-1]] = 0
        new[tuple(map(slice, old.shape))] = old
    wide.set_weights(after)
    return wide


def _passing_on(filters: int) -> NDArray[np.float32]:
    """The kernel of a convolution that changes nothing."""
    kernel = np.zeros((3, 3, filters, filters), np.float32)
    kernel[1, 1] = np.eye(filters)
    return kernel


def _of(model: keras.Model, kind: type) -> list[keras.Layer]:
    return [layer for layer in model.layers if isinstance(layer, kind)]


def _kinds(model: keras.Model) -> list[object]:
    """What a network is made of, but for the numbers of filters."""
    return [layer[1:] for layer in _convolutions_of(model)]


def _convolutions_of(model: keras.Model) -> tuple[Convolution, ...]:
    return tuple(
        (layer.filters, layer.kernel_size[0], layer.strides[0], layer.padding) for layer in _of(model, layers.Conv2D)
    )


def _network(convolutions: tuple[Convolution, ...], *, normalized: bool, stepped: bool = False) -> keras.Model:
    # However it is trained, what is published computes in full precision.
    dtype = None if normalized else "float32"
    inputs = outputs = layers.Input(INPUT, name="image")
    for filters, kernel, stride, padding in convolutions:
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
