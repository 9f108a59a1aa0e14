"""A transpose moves behind what treats all values alike, and what the model computes stays the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from openvino import Core, Model, opset13

from worker.transposes import sink_transposes

SHAPE = (2, 3, 4, 5)
FIRST_TO_LAST, LAST_TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)


def image() -> Any:
    return opset13.parameter(SHAPE, np.float32)


def constant(*shape: int) -> Any:
    return opset13.constant(np.random.default_rng(1).random(shape, np.float32))


def operations(model: Model) -> list[str]:
    """The kinds of operations that OpenVINO runs for a model."""
    ran = Core().compile_model(model, "CPU").get_runtime_model().get_ordered_ops()
    return [node.get_rt_info()["layerType"].astype(str) for node in ran]


def answers(model: Model) -> NDArray[np.float32]:
    values = np.random.default_rng(0).random(SHAPE, np.float32) - np.float32(0.5)
    return np.asarray(Core().compile_model(model, "CPU")([values])[0])


def biased(source: Any) -> Any:
    return opset13.relu(opset13.add(opset13.transpose(source, FIRST_TO_LAST), constant(1, 1, 1, 3)))


def added_to_itself(source: Any) -> Any:
    last = opset13.transpose(source, FIRST_TO_LAST)
    return opset13.add(opset13.relu(last), opset13.tanh(last))


def with_an_image_that_was_never_transposed(source: Any) -> Any:
    return opset13.subtract(constant(2, 4, 5, 3), opset13.transpose(source, FIRST_TO_LAST))


def doubled(source: Any) -> Any:
    return opset13.multiply(opset13.transpose(source, FIRST_TO_LAST), np.float32(2))


@pytest.mark.parametrize("between", [biased, added_to_itself, with_an_image_that_was_never_transposed, doubled])
def test_two_transposes_with_elementwise_operations_between_them_vanish(between: Any) -> None:
    source = image()
    model = Model([opset13.transpose(between(source), LAST_TO_FIRST)], [source])
    before = answers(model)
    assert "Transpose" in operations(model)

    sink_transposes(model)

    assert "Transpose" not in operations(model)
    assert np.array_equal(answers(model), before)


def test_a_transpose_stays_before_what_it_matters_to() -> None:
    source = image()
    last = opset13.relu(opset13.transpose(source, FIRST_TO_LAST))
    model = Model([opset13.reshape(last, np.array((2, -1)), special_zero=False)], [source])
    before = answers(model)

    sink_transposes(model)

    assert "Transpose" in operations(model)
    assert np.array_equal(answers(model), before)


def test_inputs_of_fewer_axes_keep_a_transpose_where_it_is() -> None:
    source = image()
    model = Model([opset13.add(opset13.transpose(source, FIRST_TO_LAST), constant(3))], [source])
    before = answers(model)

    sink_transposes(model)

    assert "Transpose" in operations(model)
    assert np.array_equal(answers(model), before)
