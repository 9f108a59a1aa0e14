"""Prints in which types of numbers OpenVINO convolves for a Keras file: `python convolved_types.py FILE`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import openvino

from worker.engines import start_engine

compiled: list[Any] = []


def watch_compiling() -> None:
    """Note each model that OpenVINO compiles."""
    compile_model = openvino.Core.compile_model

    def watched(core: openvino.Core, *arguments: Any) -> Any:
        compiled.append(compile_model(core, *arguments))
        return compiled[-1]

    openvino.Core.compile_model = watched


if __name__ == "__main__":
    watch_compiling()
    start_engine("openvino", Path(sys.argv[1]))
    for model in compiled:
        ran = [node.get_rt_info() for node in model.get_runtime_model().get_ordered_ops()]
        convolutions = (node for node in ran if node["layerType"].astype(str) == "Convolution")
        print(*(node["runtimePrecision"].astype(str) for node in convolutions))
