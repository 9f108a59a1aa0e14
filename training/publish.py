"""Publish a trained network as models/<name>/<version>: the file, its manifest and its card.

    python -m training.publish --run build/training/run --version 1.1.0

Temperature and thresholds come from pictures made of held-back digits; then the model is examined as by
`make evaluate`, and what was found goes into the manifest and onto the card. If the run is a published folder, the same
network is measured anew and published as another version.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from shared.manifest import VERSION, Input, Manifest, Thresholds, manifest_text
from training import measure, shards
from training.data import training_digits
from training.evaluate import MODELS, REPORT, Judge, examine, load
from training.network import INPUT, LABELS
from training.origins import commit
from training.report import draw_errors, percent, table, write_report
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
    with TemporaryDirectory() as place:
        file = _copied(run, Path(place) / version)
        blank = Manifest(
            name=name,
            version=version,
            file=file.name,
            sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
            input=Input(INPUT, (0.0, 1.0)),
            labels=LABELS,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            training=recipe_of(run / file.name) | {"published_from": commit()},
        )
        _examine(blank, file.parent)
        return _put_in_place(file.parent, target)


def _examine(blank: Manifest, folder: Path) -> None:
    """Put beside a network what can be found out of it, and report on it."""
    write_manifest(blank, folder)
    judge = load(folder)
    found = examine(replace(judge, manifest=_calibrated(judge)))
    groups = {group: _rounded(kinds) for group, kinds in found.by_kind.items()}
    manifest = replace(found.manifest, metrics=_rounded(found.metrics) | groups)
    write_manifest(manifest, folder)
    (folder / "CARD.md").write_text(card(manifest))
    draw_errors(found, "mnist", folder / "errors.png")
    write_report(found, REPORT)


def _rounded(shares: Mapping[str, float]) -> dict[str, Any]:
    return {name: round(share, 5) for name, share in shares.items()}


def new_folder(name: str, version: str) -> Path:
    """Where a new version is to lie. Raises ValueError if it cannot be called so, or is there already."""
    if not VERSION.fullmatch(version):
        raise ValueError(f"{version!r} is no version; 1.0.0 would be one.")
    folder = MODELS / name / version
    if folder.exists():
        raise ValueError(f"There is a model {name} {version} already; choose another version.")
    return folder


def _copied(run: Path, folder: Path) -> Path:
    """The network of a run in a new folder, in which what is published is gathered."""
    trained = run / "model.keras"
    if not trained.is_file():
        raise FileNotFoundError(f"There is no {trained}; python -m training.join makes one.")
    folder.mkdir()
    return Path(shutil.copy(trained, folder))


def _put_in_place(folder: Path, target: Path) -> Path:
    """Copy a folder to a hidden place beside its own, and then move it there at once."""
    hidden = target.with_name(f".{target.name}")
    shutil.rmtree(hidden, ignore_errors=True)  # it may be left from a copy that broke off
    return Path(shutil.copytree(folder, hidden)).rename(target)


def write_manifest(manifest: Manifest, folder: Path) -> None:
    (folder / "manifest.json").write_text(manifest_text(manifest))


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


def card(manifest: Manifest) -> str:
    """What a manifest says, for people to read."""
    return CARD.format(
        title=f"{manifest.name} {manifest.version}",
        facts=table(("fact", "value"), [*_facts(manifest).items()]),
        metrics="\n".join(_metrics_tables(manifest.metrics)),
        risk=table(("from a confidence of", "accepted", "of these right at least"), _risk_rows(manifest)),
        corrected=_corrected(manifest.training),
        recipe=json.dumps(manifest.training, indent=2),
    )


def _facts(manifest: Manifest) -> dict[str, str]:
    black, white = manifest.input.range
    framed = ", framed in black" if manifest.input.padded else ""
    return {
        "sha256": manifest.sha256,
        "created": manifest.created_at,
        "input": f"{' x '.join(map(str, manifest.input.shape))}, black is {black:g}, white is {white:g}{framed}",
        "outputs": f"{manifest.outputs} of {', '.join(manifest.labels)}",
        "normalization": manifest.normalize,
        "temperature": f"{manifest.temperature:g}",
        "accepted": f"from a confidence of {manifest.thresholds.review:g} on",
        "rejected": f'from a probability of {manifest.thresholds.reject:g} for "none" on',
    }


def _risk_rows(manifest: Manifest) -> list[tuple[str, ...]]:
    points = manifest.risk_coverage
    return [(f"{point.threshold:.4f}", percent(point.coverage), percent(point.accuracy)) for point in points]


def _metrics_tables(metrics: Mapping[str, Any]) -> Iterator[str]:
    """A table of what is one number, and one of each group of numbers."""
    groups = {name: group for name, group in metrics.items() if isinstance(group, Mapping)}
    single = {name: share for name, share in metrics.items() if name not in groups}
    for name, shares in ({"metric": single} | groups).items():
        yield table((name, "value"), [(kind, percent(share)) for kind, share in shares.items()])


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

{facts}
## Risk and coverage

What a threshold accepts of pictures made of digits that were never learned from, and how much of it is right at least,
with a certainty of 95 %.

{risk}
## How well it reads

{metrics}
## How it was trained

```json
{recipe}
```

## What it misreads

Of MNIST's test set, each over "what it is > what it was read as", and how surely:

![errors](errors.png)
"""


def main() -> None:
    """Read the command line and publish."""
    parser = argparse.ArgumentParser(description="Publish a trained network as a model folder.")
    parser.add_argument("--run", type=Path, default=Path("build/training/run"), help="of a joined network, or a model")
    parser.add_argument("--name", default="digits")
    parser.add_argument("--version", required=True)
    options = parser.parse_args()
    try:
        print(publish(options.run, options.name, options.version))
    except (OSError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
