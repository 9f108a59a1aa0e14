"""Opens a model as a worker does and measures it: `python -m worker.check MODEL` prints JSON.

MODEL is a name, name@version, name@label or the path of a Keras file. A model that came without a manifest is
measured in both ways of preparing images, and may be published with what was found. `digitq models check` shows it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from shared.catalog import ModelCatalog, sha256_of
from shared.endings import USAGE
from shared.errors import Conflict, DigitqError, FaultySettings, Missing, ModelMissing
from shared.litter import is_litter
from shared.manifest import DIGITS, NORMALIZATIONS, Manifest, manifest_text
from shared.settings import load_settings
from worker.measure import Labeled, Measured, measure
from worker.mnist import digits
from worker.recognizer import KerasRecognizer, load_recognizer
from worker.self_test import known_right, self_test

#: What MNIST's test set is called among the metrics.
MNIST = "mnist"


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of a model now; `measured` by the way of preparing images.

    The manifest is its own or, if it came without, the one that it would have.
    """

    manifest: Manifest
    file: str
    published: bool
    known_digits: int
    images: int
    source: str
    measured: Mapping[str, Measured]


def check(recognizer: KerasRecognizer, file: Path, images: Sequence[Labeled], source: str) -> Findings:
    """Test and measure a loaded model. Raises ModelBroken if it does not read the known digits."""
    self_test(recognizer, published=recognizer.published)
    ways = (recognizer.manifest.normalize,) if recognizer.published else NORMALIZATIONS
    measured = {way: measure(recognizer, images, way) for way in ways}
    own = replace(recognizer.manifest, sha256=sha256_of(file))
    return Findings(
        manifest=own if recognizer.published else described(own, source, measured),
        file=str(file),
        published=recognizer.published,
        known_digits=known_right(recognizer),
        images=len(images),
        source=source,
        measured=measured,
    )


def described(manifest: Manifest, source: str, measured: Mapping[str, Measured]) -> Manifest:
    """The manifest of a model that came without, with the way of preparing images that does best.

    Where they do equally well it is "mnist", which also copes with drawings and photos.
    """
    way = max(NORMALIZATIONS, key=lambda way: measured[way].accuracy)
    best = measured[way]
    metrics = {f"{source}_accuracy": best.accuracy, f"{source}_accepted": best.accepted}
    return replace(manifest, normalize=way, risk_coverage=best.risk_coverage, metrics=metrics)


def mnist_images() -> list[Labeled]:
    """MNIST's test set. Raises Missing if it is neither here nor to be downloaded."""
    try:
        return [Labeled(name[0], data) for name, data in digits()]
    except Exception as error:  # whatever Keras' download raises
        raise Missing("MNIST cannot be had here; give images with --images, in folders called 0 to 9.") from error


def labeled_images(folder: Path) -> list[Labeled]:
    """The files in the folders of a folder that are called 0 to 9, but for litter. Raises Missing if there is none."""
    found = ((digit, file) for digit in DIGITS for file in sorted((folder / digit).rglob("*")) if file.is_file())
    files = [(digit, file) for digit, file in found if not is_litter(file.relative_to(folder).as_posix())]
    if not files:
        raise Missing(f"There are no files in {folder}/0 to {folder}/9; put images into folders of their digits.")
    return [Labeled(digit, file.read_bytes()) for digit, file in files]


def publish(found: Findings, version: str, models: Path) -> None:
    """Install a checked model with its manifest as `version`, all of it at once. Raises Conflict if that cannot be."""
    if found.published:
        raise Conflict(f"{found.file} has a manifest already; only models that came without one are published here.")
    if found.known_digits < len(DIGITS):
        raise Conflict(f"{found.file} reads only {found.known_digits} of the 10 known digits; all ten are asked of it.")
    seen = found.measured[found.manifest.normalize].by_digit
    if missing := [digit for digit in DIGITS if digit not in seen]:
        raise Conflict(f"There is no image of {', '.join(missing)}; a model is published by images of all ten digits.")
    folder = models / found.manifest.name / version
    created_at = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = replace(found.manifest, version=version, created_at=created_at)
    try:
        _put_in_place(found.file, manifest_text(manifest), folder)
    except OSError as error:
        reason = error.strerror or error
        raise Conflict(f"{folder} cannot be written ({reason}); add room, or change its permissions.") from error


def _put_in_place(file: str, manifest: str, folder: Path) -> None:
    """Gather a model and its manifest in a hidden place beside their own, and then move them there at once."""
    if folder.exists():
        raise Conflict(f"{folder} is there already; choose another version.")
    hidden = folder.with_name(f".{folder.name}")
    shutil.rmtree(hidden, ignore_errors=True)  # it may be left from a copy that broke off
    try:
        hidden.mkdir(parents=True)
        shutil.copy(file, hidden)
        (hidden / "manifest.json").write_text(manifest, encoding="utf-8")
        hidden.rename(folder)
    except OSError:
        shutil.rmtree(hidden, ignore_errors=True)
        raise


def run(wanted: str, folder: Path | None, version: str | None) -> Findings:
    """Check the model that is meant and, if there is a version, publish it. Raises DigitqError."""
    settings = load_settings()
    catalog = ModelCatalog(settings.models, wanted)
    entry = catalog.entry(catalog.resolve(None))
    images, source = (labeled_images(folder), folder.resolve().name) if folder else (mnist_images(), MNIST)
    recognizer = load_recognizer(entry, engine=settings.engine, max_pixels=settings.max_image_pixels)
    found = check(recognizer, entry.file, images, source)
    if version:
        publish(found, version, settings.models)
    return found


def main() -> None:
    """Read the command line, check, print."""
    parser = argparse.ArgumentParser(description="Open a model as a worker does and measure it; prints JSON.")
    parser.add_argument("model", help="a name, name@version, name@label or the path of a Keras file")
    parser.add_argument("--images", type=Path, help="a folder with images in folders of their digit; MNIST's test set")
    parser.add_argument("--publish", metavar="VERSION", help="install it with its manifest as this version")
    options = parser.parse_args()
    try:
        print(json.dumps(asdict(run(options.model, options.images, options.publish))))
    except (FaultySettings, Missing, ModelMissing, Conflict) as error:
        print(error.message, file=sys.stderr)
        sys.exit(USAGE)
    except DigitqError as error:  # a model that cannot be served: the status is 1
        sys.exit(error.message)


if __name__ == "__main__":
    main()
