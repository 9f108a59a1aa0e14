"""A manifest says everything about a model, or what is wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.errors import ModelBroken
from shared.manifest import Input, Thresholds, parse_manifest

FIELDS: dict[str, Any] = {
    "name": "digits",
    "version": "1.0.0",
    "file": "model.keras",
    "sha256": "0" * 64,
    "input": {"shape": [28, 28, 1], "range": [0, 1]},
    "labels": [*"0123456789", "none"],
    "outputs": "probabilities",
    "normalize": "mnist",
    "temperature": 1.2,
    "thresholds": {"review": 0.9, "reject": 0.5},
    "risk_coverage": [
        {"threshold": 0.5, "coverage": 0.99, "accuracy": 0.98},
        {"threshold": 0.9, "coverage": 0.95, "accuracy": 0.999},
        {"threshold": 0.95, "coverage": 0.93, "accuracy": 0.9995},
    ],
}


def test_everything_is_read() -> None:
    manifest = parse_manifest(json.dumps(FIELDS | {"metrics": {"mnist_test": {"error": 0.003}}, "note": "ignored"}))

    assert (manifest.name, manifest.version, manifest.file) == ("digits", "1.0.0", "model.keras")
    assert manifest.input == Input((28, 28, 1), (0.0, 1.0))
    assert manifest.labels[-1] == "none"
    assert manifest.temperature == 1.2
    assert manifest.thresholds == Thresholds(review=0.9, reject=0.5)
    assert manifest.metrics == {"mnist_test": {"error": 0.003}}


@pytest.mark.parametrize("missing", sorted(FIELDS.keys() - {"risk_coverage"}))
def test_what_is_missing_is_named(missing: str) -> None:
    with pytest.raises(ModelBroken, match=f"'{missing}' is missing"):
        parse_manifest(json.dumps({name: value for name, value in FIELDS.items() if name != missing}))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"name": ""}, "name and version must not be empty"),
        ({"input": {"shape": [28, 28]}}, "'range' is missing"),
        ({"input": {"shape": [], "range": [0, 1]}}, "input.shape must have 1 to 3 sizes"),
        ({"input": {"shape": [28, -28], "range": [0, 1]}}, "input.shape must have 1 to 3 sizes"),
        ({"labels": ["a", "b"]}, "labels must be the ten digits"),
        ({"labels": [*"00123456789"]}, "labels must differ"),
        ({"labels": [*"9876543210", "none", "none"]}, "labels must differ"),
        ({"outputs": "guesses"}, "outputs must be one of"),
        ({"normalize": "auto"}, "normalize must be one of"),
        ({"temperature": 0}, "temperature must be more than 0"),
        ({"temperature": "hot"}, "could not convert string to float: 'hot'"),
        ({"thresholds": {"review": 9}}, "thresholds.review must be from 0 to 1"),
        ({"thresholds": {"accept": 0.9}}, "accept"),
        ({"file": "../../secret.keras"}, "file must be the name of a file beside the manifest"),
        ({"file": ""}, "file must be the name of a file beside the manifest"),
    ],
)
def test_a_fault_is_told(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(ModelBroken, match=fault):
        parse_manifest(json.dumps(FIELDS | changes))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"digits"', "\x00"])
def test_what_is_no_json_object_is_no_manifest(text: str) -> None:
    with pytest.raises(ModelBroken):
        parse_manifest(text)


@pytest.mark.parametrize(("target", "threshold"), [(0.97, 0.5), (0.995, 0.9), (0.9992, 0.95)])
def test_a_target_accuracy_picks_the_threshold_that_accepts_most(target: float, threshold: float) -> None:
    assert parse_manifest(json.dumps(FIELDS)).threshold_for(target) == threshold


def test_a_promise_that_cannot_be_kept_accepts_nothing() -> None:
    assert parse_manifest(json.dumps(FIELDS)).threshold_for(0.9999) > 1
    assert parse_manifest(json.dumps(FIELDS | {"risk_coverage": []})).threshold_for(0.5) > 1
