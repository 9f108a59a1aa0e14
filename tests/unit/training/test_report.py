"""The report holds what was found, by source and digit, and of others' pictures none that is not ours to publish."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shared.manifest import Manifest
from training import report
from training.evaluate import means_over_kinds
from training.report import Findings, write_report
from training.suites import Suite


def found(names: tuple[str, ...]) -> Findings:
    """Three digits of each set, one of them misread, from two sources."""
    findings = Findings(Manifest(name="digits", version="9.9.9", file="model.keras", sha256=""))
    labels = np.array([1, 2, 3])
    suite = Suite(np.zeros((3, 28, 28), np.uint8), labels, ("here", "here", "there"), np.zeros(3, bool))
    scores = np.full((3, 11), 0.01)
    scores[np.arange(3), [1, 2, 7]] = 0.9
    for name in names:
        findings.suites[name] = (suite, scores)
        kinds = ("accuracy", "accuracy_mean_over_sources", "calibration_error", "accepted", "accepted_at_0.995")
        findings.metrics.update({f"{name}_{kind}": 0.6667 for kind in kinds})
    findings.suites.update(dict.fromkeys(("letters", "symbols", "twins of digits"), (suite, scores)))
    findings.negatives.update({"letters": (0.25, 0.75), "symbols": (0.5, 0.5), "twins of digits": (0.12, 0.1)})
    findings.corruptions.update({"fog": 0.5, "zigzag": 0.9})
    findings.metrics.update({"mnist_raw_accuracy": 0.4321} | means_over_kinds(findings))
    return findings


def test_the_report_holds_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PRIVATE", tmp_path / "private")

    write_report(found(("mnist", "drawn")), tmp_path / "public")

    page = (tmp_path / "public" / "report.md").read_text()
    assert "digits 9.9.9" in page
    assert "| drawings | 3 | 66.67 % |" in page
    assert "| letters | 25.00 % | 75.00 % |" in page
    assert {path.name for path in (tmp_path / "private").iterdir()} == {"errors_drawn.png"}
    assert "errors_mnist.png" in {path.name for path in (tmp_path / "public").iterdir()}


def test_every_source_is_listed_with_its_counts_by_digit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PRIVATE", tmp_path / "private")

    write_report(found(("mnist", "scenes", "photos")), tmp_path)

    page = (tmp_path / "report.md").read_text()
    assert "| photos |  | 100.0 of 1 | 100.0 of 1 | 0.0 of 1 |  |" in page
    for group in ("scenes", "photos"):
        assert f"| {group} | here | 2 | 100.00 % |  | 1/1 | 1/1 |  |" in page
        assert f"| {group} | there | 1 | 0.00 % |  |  |  | 0/1 |" in page
    assert "| MNIST test | here" not in page


def test_the_letters_that_look_like_digits_are_left_out_and_pooled_with_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "PRIVATE", tmp_path / "private")
    findings = found(("mnist",))

    write_report(findings, tmp_path)

    pooled = {"all_letters_kept_back": (46 * 0.25 + 6 * 0.12) / 52, "at_2": (46 * 0.75 + 6 * 0.1) / 52}
    assert findings.metrics["all_letters_kept_back"] == pytest.approx(pooled["all_letters_kept_back"])
    assert findings.metrics["all_letters_kept_back_at_2_percent_lost"] == pytest.approx(pooled["at_2"])
    assert findings.metrics["not_digits_kept_back_at_2_percent_lost"] == pytest.approx((0.75 + 0.5) / 2)
    with_all = findings.metrics["not_digits_kept_back_at_2_percent_lost_with_all_letters"]
    assert with_all == pytest.approx((pooled["at_2"] + 0.5) / 2)
    page = (tmp_path / "report.md").read_text()
    assert "the true digits are lost: 62.50 %." in page
    assert "All 52 letters pooled, twins and others, each letter weighing the same: 23.50 % are kept back" in page
    assert f"the mean over the kinds is {report.percent(with_all)}." in page


def test_what_is_judged_of_free_lines_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PRIVATE", tmp_path / "private")

    write_report(found(("mnist",)), tmp_path)

    said = " ".join((tmp_path / "report.md").read_text().split())
    assert "a free line that slants by 30 degrees or more, or stands upright, is mostly read as a 1." in said


def test_without_the_collected_digits_there_is_a_report_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "PRIVATE", tmp_path / "private")

    write_report(found(("mnist",)), tmp_path)

    assert "MNIST test" in (tmp_path / "report.md").read_text()
