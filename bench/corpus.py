"""MNIST's test digits as PNG files in a ZIP, each in a folder of its label: what the benches and the demo submit.

`python -m bench.corpus --count 10000 --output mnist.zip`
"""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path

from worker.mnist import digits


def write_zip(output: Path, count: int) -> None:
    """Write `count` digits into a ZIP, stored as they are: a PNG cannot be deflated any further."""
    with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
        for name, data in digits(count):
            archive.writestr(name, data)


def read_zip(source: Path) -> tuple[list[str], list[bytes]]:
    """The labels and the bytes of the images in such a ZIP."""
    with zipfile.ZipFile(source) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        return [name.split("/")[-2] for name in names], [archive.read(name) for name in names]


def main() -> None:
    parser = argparse.ArgumentParser(description="Write MNIST's test digits as PNG files into a ZIP.")
    parser.add_argument("--count", type=int, default=10_000, help="how many digits")
    parser.add_argument("--output", type=Path, required=True, help="the ZIP to write")
    options = parser.parse_args()
    write_zip(options.output, options.count)


if __name__ == "__main__":
    main()
