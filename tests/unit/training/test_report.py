"""The report holds what was found, and of others' pictures none that is not ours to publish."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.manifest import Manifest
from training import report
from training.report import Findings, write_report
from training.suites import Suite


def found(names: tuple[str, ...]) -> Findings:
    """Three digits of each set, one of them misread."""
    findings = Findings(Manifest(name="digits", version="9.9.9", file="model.keras", sha256=""))
    labels = np.array([1, 2, 3])
    suite = Suite(np.zeros((3, 28, 28), np.uint8), labels, ("here",) * 3, np.zeros(3, bool))
    scores = np.full((3, 11), 0.01)
    scores[np.arange(3), [1, 2, 7]] = 0.9
    for name in names:
        findings.suites[name] = (suite, scores)
        findings.by_digit[name] = [0.5] * 10
        findings.by_source[name] = {"here": 2 / 3}
        kinds = ("accuracy", "accuracy_mean_over_sources", "calibration_error", "accepted", "accepted_at_0.995")
        findings.metrics.update({f"{name}_{kind}": 0.6667 for kind in kinds})
    findings.suites["letters"] = (suite, scores)
    findings.negatives["letters"] = (0.25, 0.75)
    findings.corruptions["fog"] = 0.5
    known = ("mnist_raw_accuracy", "corruptions_accuracy", "not_digits_kept_back_at_2_percent_lost")
    findings.metrics.update(dict.fromkeys(known, 0.4321))
    return findings


def test_the_report_holds_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PRIVATE", tmp_path / "private")

    write_report(found(("mnist", "drawn")), tmp_path / "public")

    page = (tmp_path / "public" / "report.md").read_text()
    assert "digits 9.9.9" in page
    assert "| drawings | 66.67 % |" in page
    assert "| letters | 25.00 % | 75.00 % |" in page
    assert "| drawn | here | 66.67 % |" in page
    assert {path.name for path in (tmp_path / "private").iterdir()} == {"errors_drawn.png"}
    assert "errors_mnist.png" in {path.name for path in (tmp_path / "public").iterdir()}


def test_without_the_collected_digits_there_is_a_report_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "PRIVATE", tmp_path / "private")

    write_report(found(("mnist",)), tmp_path)

    assert "MNIST test" in (tmp_path / "report.md").read_text()
