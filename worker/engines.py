"""What runs a network: batches of float32 in, one row of outputs an image, on one thread.

Keras loads the file once. With OpenVINO, Keras' own export hands the network over and OpenVINO compiles it; with
TensorFlow, Keras runs it. Both know a few batch sizes only, so that nothing is compiled or traced while serving.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.errors import ModelBroken
from worker.eight_bits import compute_in_eight_bits
from worker.keras_files import first_sentence, load_network
from worker.lean_keras import keras_on
from worker.transposes import sink_transposes

Floats = NDArray[np.float32]
Run = Callable[[Floats], Floats]

#: The sizes of a batch; Keras' export to OpenVINO fixes the size in layers such as Flatten.
BATCH_SIZES = (1, 16, 64, 256)
#: A batch that is so full is padded to its size; for fewer images a smaller size is taken.
FILLED = 0.6
#: How far the answers to an image may differ from one batch size to another.
TOLERANCE = 1e-3
#: Sides of a network that takes images of any size.
ANY_SIDE = 28
#: One thread a process, since there is a process a core; float32, as bfloat16 answers differ between machines;
#: and no pinning, by which all processes would end on the same core.
OPENVINO_OPTIONS = {
    "INFERENCE_NUM_THREADS": 1,
    "INFERENCE_PRECISION_HINT": "f32",
    "PERFORMANCE_HINT": "LATENCY",
    "ENABLE_CPU_PINNING": False,
}


@dataclass(frozen=True, slots=True)
class Engine:
    """A network that is ready to run: the shape of one image, how many outputs it has, and a run a batch size."""

    input_shape: tuple[int, ...]
    classes: int
    runs: Mapping[int, Run]

    def predict(self, images: Floats) -> Floats:
        """The outputs, of shape (N, classes), for images of shape (N, *input_shape)."""
        outputs = [np.empty((0, self.classes), np.float32)]
        while len(images):
            size = next(size for size in reversed(BATCH_SIZES) if len(images) >= FILLED * size)
            outputs.append(self._run(images[:size], size))
            images = images[size:]
        return np.concatenate(outputs)

    def _run(self, images: Floats, size: int) -> Floats:
        if size == len(images):
            return self.runs[size](images)
        filled = np.zeros((size, *self.input_shape), np.float32)
        filled[: len(images)] = images
        return self.runs[size](filled)[: len(images)]


def start_engine(name: str, file: Path, sha256: str | None = None) -> Engine:
    """The engine "openvino" or "tensorflow" with the network of a Keras file, warmed up.

    Raises ModelBroken if the file is no network with one image as input and one row as output; CannotStart.
    """
    with keras_on(name) as keras:
        network = load_network(keras, file, sha256)
        shape, classes = _shapes(network, file)
        make_run = _openvino_run if name == "openvino" else _tensorflow_run
        try:
            runs = {size: make_run(keras, network, (size, *shape)) for size in BATCH_SIZES}
            warm_up(runs, shape, classes)
        except Exception as error:  # what a network holds decides what its engine raises
            raise ModelBroken(f"The engine {name} cannot run {file}: {first_sentence(error)}.") from error
    return Engine(shape, classes, runs)


def warm_up(runs: Mapping[int, Run], shape: tuple[int, ...], classes: int) -> None:
    """Run every batch size once; raise ValueError if an image does not get the same answer in each of them."""
    images = np.random.default_rng(0).random((BATCH_SIZES[-1], *shape), np.float32)
    alone = runs[1](images[:1])
    for size, run in runs.items():
        outputs = run(images[:size])
        if outputs.shape != (size, classes) or not np.allclose(outputs[:1], alone, rtol=TOLERANCE, atol=TOLERANCE):
            raise ValueError(f"its answers change with the size of the batch, {size}")


def _shapes(network: Any, file: Path) -> tuple[tuple[int, ...], int]:
    """The shape of one image, and the number of outputs."""
    inputs, outputs = getattr(network, "inputs", None) or [], getattr(network, "outputs", None) or []
    if len(inputs) != 1 or len(outputs) != 1:
        raise ModelBroken(f"{file} has {len(inputs)} inputs and {len(outputs)} outputs; one of each is needed.")
    if len(outputs[0].shape) != 2 or not outputs[0].shape[1]:
        raise ModelBroken(f"{file} gives outputs of shape {tuple(outputs[0].shape)}; one row an image is needed.")
    return tuple(side or ANY_SIDE for side in inputs[0].shape[1:]), outputs[0].shape[1]


def _openvino_run(keras: Any, network: Any, shape: tuple[int, ...]) -> Run:
    import openvino

    dtype = network.inputs[0].dtype
    images = keras.Input(batch_shape=shape, dtype=dtype)
    # Without training=False the export would keep a network's random rotations and the like.
    serving = keras.Model(images, network(images, training=False))
    with tempfile.TemporaryDirectory(prefix="digitq-") as folder:
        file = Path(folder, "network.xml")
        signature = [keras.InputSpec(shape=shape, dtype=dtype)]
        serving.export(str(file), format="openvino", verbose=False, input_signature=signature)
        core = openvino.Core()
        model = core.read_model(file)
        compute_in_eight_bits(model)
        sink_transposes(model)
        compiled = core.compile_model(model, "CPU", OPENVINO_OPTIONS)

    def run(images: Floats) -> Floats:
        return np.array(compiled(images.astype(dtype, copy=False))[0], np.float32)

    return run


def _tensorflow_run(_keras: Any, network: Any, _shape: tuple[int, ...]) -> Run:
    dtype = network.inputs[0].dtype

    def run(images: Floats) -> Floats:
        return np.asarray(network.predict_on_batch(images.astype(dtype, copy=False)), np.float32)

    return run
