"""Runs every Keras file of a folder on one engine: `python run_models.py ENGINE FOLDER` prints JSON.

{"outputs": {file: rows}, "faults": {file: sentence}, "imported": [modules], "reached": [addresses]}
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from shared.errors import ModelBroken
from worker.engines import start_engine

COUNT = 19
WATCHED = ("tensorflow", "scipy", "matplotlib", "openvino.tools.ovc", "openvino_telemetry")


reached: list[str] = []


def watch_network(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}:
        reached.append(str(arguments))


def main(engine_name: str, folder: Path) -> None:
    outputs, faults = {}, {}
    for file in sorted(folder.iterdir()):
        try:
            engine = start_engine(engine_name, file)
        except ModelBroken as error:
            faults[file.name] = error.message
        else:
            images = np.random.default_rng(5).random((COUNT, *engine.input_shape), np.float32)
            outputs[file.name] = engine.predict(images).tolist()
    imported = [name for name in WATCHED if sys.modules.get(name)]
    print(json.dumps({"outputs": outputs, "faults": faults, "imported": imported, "reached": reached}))


if __name__ == "__main__":
    sys.addaudithook(watch_network)
    main(sys.argv[1], Path(sys.argv[2]))
