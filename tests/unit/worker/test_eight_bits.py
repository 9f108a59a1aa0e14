"""What was made for 8 bits is computed in them, with the same answers; anything else stays as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from openvino import Core, Model, opset13

from worker.eight_bits import compute_in_eight_bits

SHAPE = (4, 8, 9, 9)
LIMIT, STEPS = 6.0, 42.5
Floats = NDArray[np.float32]


def whole_weights() -> Floats:
    """Weights (height, width, inputs, filters): whole multiples, up to 63, of a number of each filter's own."""
    rng = np.random.default_rng(1)
    steps = rng.integers(-63, 64, (3, 3, 8, 16))
    steps[0, 0, 0] = 63
    return np.asarray(steps * rng.uniform(0.001, 0.01, 16), dtype=np.float32)


def any_weights() -> Floats:
    return np.random.default_rng(1).standard_normal((3, 3, 8, 16), np.float32)


def in_steps(values: Any, steps: float = STEPS, back: float = STEPS, limits: tuple[float, float] = (0, LIMIT)) -> Any:
    """As the export writes `round(clip(values) * steps) / steps`, with a conversion that changes nothing."""
    clipped = opset13.clamp(values, *limits)
    counted = opset13.round(opset13.multiply(clipped, np.float32(steps)), "half_to_even")
    return opset13.divide(opset13.convert(counted, np.float32), np.float32(back))


def as_keras_has_them(kernel: Floats) -> Any:
    return opset13.transpose(opset13.constant(kernel), (3, 2, 0, 1))


def as_others_have_them(kernel: Floats) -> Any:
    return opset13.constant(kernel.transpose(3, 2, 0, 1).copy())


def model_of(rounded: Any, kernel: Floats, weights: Any = as_keras_has_them) -> Model:
    """A convolution of what `rounded` makes of (4, 8, 9, 9) values."""
    values = opset13.parameter(SHAPE, np.float32)
    convolved = opset13.convolution(rounded(values), weights(kernel), (1, 1), (0, 0), (0, 0), (1, 1))
    return Model([opset13.relu(convolved)], [values])


def answers(model: Model) -> tuple[Floats, str]:
    """What a model says, and in which type of numbers it convolves."""
    compiled = Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    ran = [node.get_rt_info() for node in compiled.get_runtime_model().get_ordered_ops()]
    (convolution,) = (info for info in ran if info["layerType"].astype(str) == "Convolution")
    values = np.random.default_rng(0).uniform(-2, 8, SHAPE).astype(np.float32)
    return np.asarray(compiled([values])[0]), convolution["runtimePrecision"].astype(str)


def test_whole_values_and_whole_weights_are_multiplied_in_8_bits() -> None:
    model = model_of(in_steps, whole_weights())
    before, floating = answers(model)

    compute_in_eight_bits(model)

    after, bytes_ = answers(model)
    assert (floating, bytes_) == ("f32", "u8")
    assert after == pytest.approx(before, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize(
    ("rounded", "kernel", "weights"),
    [
        (in_steps, any_weights(), as_keras_has_them),
        (lambda values: values, whole_weights(), as_keras_has_them),
        (lambda values: opset13.clamp(values, 0, LIMIT), whole_weights(), as_keras_has_them),
        (lambda values: in_steps(values, limits=(-1, LIMIT)), whole_weights(), as_keras_has_them),
        (lambda values: in_steps(values, limits=(0, LIMIT + 1)), whole_weights(), as_keras_has_them),
        (lambda values: in_steps(values, back=40), whole_weights(), as_keras_has_them),
        (lambda values: opset13.divide(values, np.float32(STEPS)), whole_weights(), as_keras_has_them),
        (in_steps, whole_weights(), as_others_have_them),
    ],
    ids=[
        "weights",
        "values",
        "not rounded",
        "below zero",
        "too many steps",
        "other steps",
        "never rounded",
        "another order",
    ],
)
def test_what_bytes_cannot_hold_is_left_alone(rounded: Any, kernel: Floats, weights: Any) -> None:
    model = model_of(rounded, kernel, weights)
    before, _ = answers(model)

    compute_in_eight_bits(model)

    after, kind = answers(model)
    assert kind == "f32"
    assert after == pytest.approx(before, rel=1e-6, abs=1e-5)
