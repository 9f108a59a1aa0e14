"""Judge a published model on everything that it has not learned from, and write the report.

    python -m training.evaluate [--model models/digits/1.1.0]

Reads MNIST's test set, as it is, in scenes and with fifteen kinds of damage, drawings and photos of digits (where they
are installed), and pictures of what is no digit. Writes docs/recognition/, and what it misread of others' pictures to
build/recognition/.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from shared.catalog import ModelCatalog
from shared.errors import DigitqError
from shared.manifest import Manifest, parse_manifest
from shared.settings import PROJECT
from training import measure, suites
from training.corruptions import KINDS
from training.data import test_digits
from training.report import Findings, write_report
from training.suites import Suite
from training.train import as_input

REPORT = PROJECT / "docs" / "recognition"
MODELS, NAME = PROJECT / "models", "digits"
#: The share of true digits that may be lost to tell digits from what is none.
LOST = 0.02


@dataclass(frozen=True, slots=True)
class Judge:
    """A model with its manifest: predicts, and decides as the service does."""

    model: keras.Model
    manifest: Manifest

    def scores(self, images: NDArray[np.uint8]) -> measure.Scores:
        """Calibrated probabilities (n, 11)."""
        raw = np.asarray(self.model.predict(as_input(images), batch_size=1000, verbose=0), dtype=np.float64)
        return measure.tempered(raw, self.manifest.temperature)

    def accepted(self, suite: Suite, scores: measure.Scores) -> NDArray[np.bool_]:
        """Which pictures of a suite the service would accept as digits by the manifest's thresholds."""
        limits = self.manifest.thresholds
        return (measure.best_digit(scores)[1] >= limits.review) & (scores[:, 10] < limits.reject) & ~suite.refused


def newest(models: Path) -> Path:
    """The folder of the newest version of our model. Raises NoSuchModel, ModelBroken."""
    return ModelCatalog(models, NAME).newest(NAME).file.parent


def load(folder: Path) -> Judge:
    """The model of a folder models/<name>/<version>."""
    manifest = parse_manifest((folder / "manifest.json").read_text())
    return Judge(keras.saving.load_model(folder / manifest.file), manifest)


def examine(judge: Judge) -> Findings:
    """Everything that is measured about a model."""
    found = Findings(judge.manifest)
    _examine_mnist(judge, found)
    _examine_digits(judge, found, "scenes", suites.in_scenes())
    for group in ("drawn", "photos"):
        _examine_digits(judge, found, group, suites.collected(group))
    _examine_digits(judge, found, "hwd1000", suites.hwd1000())
    for kind in sorted(KINDS):
        suite = suites.corrupted(kind)
        found.corruptions[kind] = measure.accuracy(judge.scores(suite.images), suite.labels)
    _examine_negatives(judge, found)
    found.metrics.update(means_over_kinds(found))
    return found


def _examine_mnist(judge: Judge, found: Findings) -> None:
    _examine_digits(judge, found, "mnist", suites.mnist_test())
    raw = test_digits()
    found.metrics["mnist_raw_accuracy"] = measure.accuracy(judge.scores(raw.images), raw.labels)


def _examine_digits(judge: Judge, found: Findings, name: str, suite: Suite | None) -> None:
    if suite is None:
        print(f"{name}: not installed beside the project, left out.")
        return
    scores = judge.scores(suite.images)
    digit, _ = measure.best_digit(scores)
    right = digit == suite.labels
    by_source = [right[np.array(suite.sources) == source].mean() for source in sorted(set(suite.sources))]
    found.suites[name] = (suite, scores)
    found.metrics.update(
        {
            f"{name}_accuracy": float(right.mean()),
            f"{name}_accuracy_mean_over_sources": float(np.mean(by_source)),
            f"{name}_calibration_error": measure.calibration_error(scores, suite.labels),
            f"{name}_accepted": float(judge.accepted(suite, scores).mean()),
            f"{name}_accepted_at_0.995": _coverage(scores, suite.labels, 0.995),
        }
    )


def _coverage(scores: measure.Scores, labels: NDArray[np.int64], target: float) -> float:
    points = measure.risk_coverage(scores, labels, (target,), sure=0)
    return points[0].coverage if points else 0.0


def _examine_negatives(judge: Judge, found: Findings) -> None:
    """How much of what is no digit is kept back, by the manifest's thresholds and where 2 % of digits are lost."""
    _, digit_scores = found.suites.get("drawn") or found.suites["mnist"]
    threshold = float(np.quantile(measure.best_digit(digit_scores)[1], LOST))
    for kind in suites.NOT_DIGITS:
        suite = suites.not_digits(kind)
        scores = judge.scores(suite.images)
        kept_back = suite.refused | (measure.best_digit(scores)[1] < threshold)
        found.negatives[kind] = (float(1 - judge.accepted(suite, scores).mean()), float(kept_back.mean()))
        found.suites[kind] = (suite, scores)


def means_over_kinds(found: Findings) -> dict[str, float]:
    """The means over kinds of damage, and over what is no digit: without the letters that look like one, and with them.

    Of both kinds of letters as many pictures are shown; pooled, a kind weighs as much as it has letters.
    """
    letters = [len(letters) for letters in suites.LETTERS.values()]
    pooled = np.average([found.negatives[kind] for kind in suites.LETTERS], axis=0, weights=letters)
    clear = {kind: kept for kind, (_, kept) in found.negatives.items() if kind != suites.TWINS}
    with_all = clear | {suites.CLEAR: float(pooled[1])}
    return {
        "not_digits_kept_back_at_2_percent_lost": float(np.mean([*clear.values()])),
        "not_digits_kept_back_at_2_percent_lost_with_all_letters": float(np.mean([*with_all.values()])),
        "all_letters_kept_back": float(pooled[0]),
        "all_letters_kept_back_at_2_percent_lost": float(pooled[1]),
        "corruptions_accuracy": float(np.mean([*found.corruptions.values()])),
    }


def main() -> None:
    """Read the command line, examine, report."""
    parser = argparse.ArgumentParser(description="Judge a published model and write the report.")
    parser.add_argument("--model", type=Path, help="a folder models/<name>/<version>; the newest")
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args()
    try:
        write_report(examine(load(options.model or newest(MODELS))), options.report)
    except (OSError, ValueError, DigitqError) as error:
        sys.exit(str(error))
    print(f"Written to {options.report}.")


if __name__ == "__main__":
    main()
