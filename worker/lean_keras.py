"""Keras on a chosen backend; on OpenVINO's, without what reading digits has no use for.

Measured for one process: Keras with its OpenVINO backend is imported in 0.5 s instead of 1.9 s, in 107 MiB instead
of 248 MiB. Nothing is imported before somebody asks for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any

from shared.errors import CannotStart

#: OpenVINO's converter reports every import to its maker through this package; it is kept away for good.
TELEMETRY = "openvino_telemetry"
#: Keras and OpenVINO try these and do without: plots, the converter of other networks, and for HDF5 files TensorFlow.
OPTIONAL = ("matplotlib", "openvino.tools.ovc", "tensorflow")
#: Keras' OpenVINO backend imports SciPy for the windows of spectrograms, without declaring it; a second and 110 MB.
UNUSED = ("scipy", "scipy.signal")
#: TensorFlow reads these when it is first imported: one thread a process, and no greeting.
TENSORFLOW_ENVIRONMENT = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
}
#: What the import system takes for a module that is not installed.
_ABSENT: Any = None


@contextmanager
def keras_on(backend: str) -> Iterator[Any]:
    """Lend the module `keras` on the backend "openvino" or "tensorflow".

    Raises CannotStart if Keras runs on another one in this process already, since it cannot change, or if
    TensorFlow is wanted and not installed.
    """
    os.environ["KERAS_BACKEND"] = backend
    with _lean() if backend == "openvino" else nullcontext():
        keras = _import_keras() if backend == "openvino" else _import_keras_with_tensorflow()
        running = keras.backend.backend()
        if running != backend:
            raise CannotStart(f"Keras already runs on {running} in this process; start a new one for {backend}.")
        yield keras


def _import_keras() -> Any:
    import keras

    return keras


def _import_keras_with_tensorflow() -> Any:
    for name, value in TENSORFLOW_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        return _import_keras()
    except ImportError as error:
        raise CannotStart("TensorFlow is not installed; install it or set DIGITQ_ENGINE=openvino.") from error


@contextmanager
def _lean() -> Iterator[None]:
    """Hide the modules that are not needed; whoever wants them later gets the real ones."""
    sys.modules.setdefault(TELEMETRY, _ABSENT)
    stand_ins = {name: ModuleType(name) for name in UNUSED if name not in sys.modules}
    sys.modules.update(stand_ins)
    hiding = _Hiding()
    sys.meta_path.insert(0, hiding)
    try:
        yield
    finally:
        sys.meta_path.remove(hiding)
        for name in stand_ins:
            del sys.modules[name]


class _Hiding(MetaPathFinder):
    """Makes the optional modules look as if they were not installed."""

    def find_spec(self, name: str, path: object, target: ModuleType | None = None) -> None:
        if name in OPTIONAL:
            raise ModuleNotFoundError(f"{name} is hidden while Keras starts", name=name)
