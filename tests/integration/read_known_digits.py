"""Lets a dropped-in model read the known digits: `python read_known_digits.py ENGINE FILE` prints JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from shared.catalog import ModelCatalog
from shared.domain import Digit, ReadOptions
from worker.recognizer import load_recognizer
from worker.self_test import known_digits, self_test


def main(engine: str, file: str) -> None:
    catalog = ModelCatalog(Path("no-folder"), file)
    recognizer = load_recognizer(catalog.entry(catalog.resolve(None)), engine=engine, max_pixels=10_000)
    self_test(recognizer, published=False)
    readings = recognizer.read([data for _, data in known_digits()], ReadOptions())
    labels = [reading.label if isinstance(reading, Digit) else reading.code for reading in readings]
    print(json.dumps({"model": str(recognizer.ref), "labels": labels}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
