"""Lets a network's convolutions compute in 8 bits where it was made for that: a third of the time, the same answers.

Such a network says so itself. What a convolution gets was clipped and rounded to whole steps, 0 to 255 of them; and
the weights of each of its filters are whole multiples, up to 63, of a number of the filter's own. Bytes hold both, and
two products together fit into 16 bits, so that processors without instructions for bytes get the same sums.
OpenVINO computes in 8 bits behind its operation FakeQuantize, which is put here where it changes no value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

#: The most steps that a value has, and a weight.
MOST_STEPS, MOST_WEIGHT_STEPS = 255, 63
#: A signed byte's most steps; OpenVINO knows weights of all of them only.
SIGNED_BYTE = 127
#: How far from a whole number of steps a weight may be.
TOLERANCE = 1e-3
#: Operations that change no value; Keras' export puts them between all others.
NEUTRAL = ("Transpose", "Convert")


def compute_in_eight_bits(model: Any) -> None:
    """Change an OpenVINO model so that what bytes can hold is held in bytes; what it computes stays the same."""
    for node in model.get_ordered_ops():
        if node.get_type_name() == "Divide":
            _quantize_values(node)
        elif node.get_type_name() == "Convolution" and _source(node, 0).get_type_name() == "FakeQuantize":
            _quantize_weights(node)
    model.validate_nodes_and_infer_types()


def _quantize_values(dividing: Any) -> None:
    """Say in one operation what Clamp, Multiply, Round and Divide say, if it comes to 255 steps at most."""
    chain = [dividing]
    for kind in ("Round", "Multiply", "Clamp"):
        chain.append(_source(chain[-1], 0))
        if chain[-1].get_type_name() != kind:
            return
    _, _, multiplying, clipping = chain
    steps, bounds = _number(multiplying, 1), clipping.get_attributes()
    if steps is None or steps != _number(dividing, 1) or bounds["min"] < 0 or bounds["max"] * steps > MOST_STEPS:
        return
    quantized = _fake_quantize(multiplying.input_value(0), 0, MOST_STEPS / steps, MOST_STEPS)
    dividing.output(0).replace(quantized.output(0))


def _quantize_weights(convolution: Any) -> None:
    """Mark a convolution's weights, transposed as Keras' are, if each filter's are whole 63rds of its largest."""
    transposing, kernel = convolution.input_value(1).get_node(), _source(convolution, 1)
    if transposing.get_type_name() != "Transpose" or kernel.get_type_name() != "Constant":
        return
    largest = np.abs(kernel.data).max((0, 1, 2), keepdims=True)
    steps = kernel.data / np.where(largest, largest, 1) * MOST_WEIGHT_STEPS
    if np.abs(steps - np.round(steps)).max() < TOLERANCE:
        bound = largest * (SIGNED_BYTE / MOST_WEIGHT_STEPS)
        transposing.set_argument(0, _fake_quantize(kernel, -bound, bound, 2 * SIGNED_BYTE).output(0))


def _fake_quantize(values: Any, low: ArrayLike, high: ArrayLike, steps: int) -> Any:
    from openvino import opset13

    bounds = np.asarray(low, np.float32), np.asarray(high, np.float32)
    return opset13.fake_quantize(values, *bounds, *bounds, steps + 1)


def _source(node: Any, place: int) -> Any:
    """Where an input comes from, but for what changes no value."""
    source = node.input_value(place).get_node()
    return _source(source, 0) if source.get_type_name() in NEUTRAL else source


def _number(node: Any, place: int) -> float | None:
    source = _source(node, place)
    return source.data.item() if source.get_type_name() == "Constant" and source.data.size == 1 else None
