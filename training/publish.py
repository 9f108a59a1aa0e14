"""Publish a trained network as models/<name>/<version>: the file, its manifest and its card.

    python -m training.publish --run build/training/run --version 1.1.0

Temperature and thresholds come from pictures made of held-back digits; then the model is examined as by
`make evaluate`, and what was found goes into the manifest and onto the card.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from shared.manifest import VERSION, Input, Manifest, Thresholds, manifest_text
from training import measure, shards
from training.data import training_digits
from training.evaluate import MODELS, REPORT, Judge, examine, load
from training.network import INPUT, LABELS
from training.report import Findings, draw_errors, percent, table, write_report
from training.train import recipe_of

#: Pictures that temperature and thresholds are fitted on, and the seed that makes them others than those learned from.
HELD_BACK, SEED = 20_000, 2
#: Accuracy wanted of accepted readings, and share of held-back digits that may be taken for none.
TARGET, LOST = 0.995, 0.005


def publish(run: Path, name: str, version: str) -> Path:
    """Write models/<name>/<version> from a finished run, all of it at once, and report on it.

    Raises ValueError if it cannot be called so or is there already, and FileNotFoundError if the run is not finished.
    """
    target = new_folder(name, version)
    file = _copied(run)
    folder = file.parent
    blank = Manifest(
        name=name,
        version=version,
        file=file.name,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        input=Input(INPUT, (0.0, 1.0)),
        labels=LABELS,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        training=recipe_of(run / file.name) | {"commit": _commit()},
    )
    write_manifest(blank, folder)
    judge = load(folder)
    calibrated = _calibrated(judge)
    found = examine(replace(judge, manifest=calibrated))
    metrics = {metric: round(value, 5) for metric, value in found.metrics.items()}
    write_manifest(replace(calibrated, metrics=metrics), folder)
    (folder / "CARD.md").write_text(_card(found))
    draw_errors(found, "mnist", folder / "errors.png")
    write_report(found, REPORT)
    return _put_in_place(folder, target)


def new_folder(name: str, version: str) -> Path:
    """Where a new version is to lie. Raises ValueError if it cannot be called so, or is there already."""
    if not VERSION.fullmatch(version):
        raise ValueError(f"{version!r} is no version; 1.0.0 would be one.")
    folder = MODELS / name / version
    if folder.exists():
        raise ValueError(f"There is a model {name} {version} already; choose another version.")
    return folder


def _copied(run: Path) -> Path:
    """The network of a run in a folder of its own, in which what is published is gathered."""
    trained = run / "model.keras"
    if not trained.is_file():
        raise FileNotFoundError(f"There is no {trained}; python -m training.join makes one.")
    folder = run / "published"
    folder.mkdir(exist_ok=True)
    return Path(shutil.copy(trained, folder))


def _put_in_place(folder: Path, target: Path) -> Path:
    """Copy a folder to a hidden place beside its own, and then move it there at once."""
    hidden = target.with_name(f".{target.name}")
    shutil.rmtree(hidden, ignore_errors=True)  # it may be left from a copy that broke off
    return Path(shutil.copytree(folder, hidden)).rename(target)


def write_manifest(manifest: Manifest, folder: Path) -> None:
    (folder / "manifest.json").write_text(manifest_text(manifest))


def _commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"


def _calibrated(judge: Judge) -> Manifest:
    """Temperature, thresholds and the table of risk and coverage, from pictures of digits never learned from."""
    held_back = shards.make_shard(training_digits().validation, (SEED, 0), HELD_BACK, shards.SENT)
    raw = judge.scores(held_back.images)
    temperature = measure.fit_temperature(raw, held_back.labels)
    scores = measure.tempered(raw, temperature)
    digits = held_back.labels < 10
    points = measure.risk_coverage(scores[digits], held_back.labels[digits])
    manifest = replace(judge.manifest, temperature=round(temperature, 4), risk_coverage=tuple(points))
    reject = float(np.clip(np.quantile(scores[digits, 10], 1 - LOST), 0.5, 0.99))
    review = min(manifest.threshold_for(TARGET), 0.99)
    return replace(manifest, thresholds=Thresholds(review=round(review, 4), reject=round(reject, 4)))


def _card(found: Findings) -> str:
    manifest = found.manifest
    known: Mapping[str, str] = {metric: percent(value) for metric, value in found.metrics.items()}
    return CARD.format(
        title=f"{manifest.name} {manifest.version}",
        metrics=table(("metric", "value"), [*known.items()]),
        temperature=manifest.temperature,
        review=manifest.thresholds.review,
        reject=manifest.thresholds.reject,
        corrected=_corrected(manifest.training),
        recipe=json.dumps(manifest.training, indent=2),
    )


def _corrected(recipe: Mapping[str, Any]) -> str:
    known = recipe.get("corrections")
    return f"; at last from {known['learned']} pictures that people corrected, too" if known else ""


CARD = """# {title}

Reads one handwritten digit in a picture of 28 x 28 under MNIST's conditions (`worker/normalize.py` brings any picture
there), and says when there is none. Columns of six convolutions, whose answers are averaged; outputs are the
probabilities of 0 to 9 and of "none".

Learned from MNIST's training images, drawn and printed digits, and letters, scribbles and other things that are no
digit, all made by `training/`{corrected}.
Not for anything that a wrong digit could harm without a person looking at it.

{metrics}
Temperature {temperature}; readings from {review} on are accepted, "none" from {reject} on is rejected.

```json
{recipe}
```

What it misreads of MNIST's test set, each over "what it is > what it was read as", and how surely:

![errors](errors.png)
"""


def main() -> None:
    """Read the command line and publish."""
    parser = argparse.ArgumentParser(description="Publish a trained network as a model folder.")
    parser.add_argument("--run", type=Path, default=Path("build/training/run"))
    parser.add_argument("--name", default="digits")
    parser.add_argument("--version", required=True)
    options = parser.parse_args()
    try:
        print(publish(options.run, options.name, options.version))
    except (OSError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
