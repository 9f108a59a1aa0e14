"""What a model says about itself in its manifest.json, checked and frozen."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import PurePath
from typing import Any

from shared.errors import ModelBroken

DIGITS = tuple("0123456789")
#: The label of the class for what is not a digit.
NONE = "none"
NORMALIZATIONS = ("mnist", "plain")
#: What a version may be called: it becomes the name of a folder.
VERSION = re.compile(r"\d[\w.+-]*", re.ASCII)
OUTPUTS = ("probabilities", "logits", "independent")
#: A confidence that no reading has: everything goes to review.
UNREACHABLE = 2.0


@dataclass(frozen=True, slots=True)
class Input:
    """What the network is fed: the shape of one image, and the values of black and white.

    The 28 x 28 pixels are brought to another size or, if they are to be `padded`, framed in black up to a larger one.
    """

    shape: tuple[int, ...] = (28, 28, 1)
    range: tuple[float, float] = (0.0, 1.0)
    padded: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where a reading is accepted (confidence), and from where it is no digit (probability of "none")."""

    review: float = 0.9
    reject: float = 0.5


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """Accepting from `threshold` on accepts the share `coverage`, of which at least the share `accuracy` is right."""

    threshold: float
    coverage: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """How a model is fed and how its answers are to be understood.

    `labels` are in the order of the outputs. `outputs` are "probabilities" (softmax), "logits", or "independent"
    (one sigmoid a class).
    """

    name: str
    version: str
    file: str
    sha256: str
    input: Input = Input()
    labels: tuple[str, ...] = DIGITS
    outputs: str = "probabilities"
    normalize: str = "mnist"
    temperature: float = 1.0
    thresholds: Thresholds = Thresholds()
    risk_coverage: tuple[RiskPoint, ...] = ()
    created_at: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for holds, fault in self._rules():
            if not holds:
                raise ModelBroken(fault)

    def _rules(self) -> tuple[tuple[bool, str], ...]:
        return (
            (bool(self.name and self.version), "name and version must not be empty"),
            (PurePath(self.file).name == self.file != "", "file must be the name of a file beside the manifest"),
            (set(self.labels) in ({*DIGITS}, {*DIGITS, NONE}), 'labels must be the ten digits, and at most "none"'),
            (len(set(self.labels)) == len(self.labels), "labels must differ"),
            (self.outputs in OUTPUTS, f"outputs must be one of {', '.join(OUTPUTS)}"),
            (self.normalize in NORMALIZATIONS, f"normalize must be one of {', '.join(NORMALIZATIONS)}"),
            (self.temperature > 0, "temperature must be more than 0"),
            (0 < len(self.input.shape) <= 3 and min(self.input.shape) > 0, "input.shape must have 1 to 3 sizes"),
            (0 <= self.thresholds.review <= 1, "thresholds.review must be from 0 to 1"),
            (0 <= self.thresholds.reject <= 1, "thresholds.reject must be from 0 to 1"),
        )

    def threshold_for(self, target_accuracy: float) -> float:
        """The threshold that accepts most while the accepted are right so often; UNREACHABLE if none does."""
        enough = [point for point in self.risk_coverage if point.accuracy >= target_accuracy]
        return max(enough, key=lambda point: point.coverage).threshold if enough else UNREACHABLE


def parse_manifest(text: str) -> Manifest:
    """The manifest in a JSON text. Raises ModelBroken with what is wrong in it."""
    try:
        fields = json.loads(text)
        return Manifest(
            name=fields["name"],
            version=fields["version"],
            file=fields["file"],
            sha256=fields["sha256"],
            input=_input(fields["input"]),
            labels=tuple(fields["labels"]),
            outputs=fields["outputs"],
            normalize=fields["normalize"],
            temperature=float(fields["temperature"]),
            thresholds=Thresholds(**{key: float(value) for key, value in fields["thresholds"].items()}),
            risk_coverage=tuple(RiskPoint(**point) for point in fields.get("risk_coverage", ())),
            created_at=fields.get("created_at", ""),
            metrics=fields.get("metrics", {}),
            training=fields.get("training", {}),
        )
    except KeyError as missing:
        raise ModelBroken(f"{missing} is missing") from missing
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelBroken(str(error)) from error


def manifest_text(manifest: Manifest) -> str:
    """The manifest as its JSON text."""
    return json.dumps(asdict(manifest), indent=2) + "\n"


def _input(fields: Mapping[str, Any]) -> Input:
    black, white = fields["range"]
    shape = tuple(int(size) for size in fields["shape"])
    return Input(shape, (float(black), float(white)), bool(fields.get("padded", False)))
