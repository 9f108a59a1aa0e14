"""Join trained columns into the network that is published: rounded, side by side, in one packed file.

    python -m training.join build/training/column*/model.keras --run build/training/run

What each of them was trained by is noted beside it, for the manifest.
"""

from __future__ import annotations

import argparse
import json
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import keras

from training import network
from training.train import recipe_of


def join(columns: Sequence[keras.Model], run: Path) -> keras.Model:
    """The network of some columns of plain layers, as it is served; saved as model.keras in `run`.

    Raises ValueError if one of them has other layers.
    """
    joined = network.joined([network.rounded(column) for column in columns])
    _save_packed(joined, run / "model.keras")
    return joined


def _save_packed(model: keras.Model, file: Path) -> None:
    """Write a Keras file, packed: few different weights take up a third. Keras itself packs nothing, and reads all."""
    model.save(file)
    with zipfile.ZipFile(file) as loose:
        parts = {name: loose.read(name) for name in loose.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as packed:
        for name, part in parts.items():
            packed.writestr(name, part)


def main() -> None:
    """Read the command line and join."""
    parser = argparse.ArgumentParser(description="Join trained columns into the network that is published.")
    parser.add_argument("columns", type=Path, nargs="+", help="model.keras of runs or of published columns")
    parser.add_argument("--run", type=Path, default=Path("build/training/run"))
    options = parser.parse_args()
    options.run.mkdir(parents=True, exist_ok=True)
    try:
        join([keras.saving.load_model(file) for file in options.columns], options.run)
        (options.run / "recipe.json").write_text(json.dumps({"columns": [recipe_of(file) for file in options.columns]}))
    except (OSError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
