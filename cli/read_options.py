"""How a job is to be read, as far as the user says so; checked before anything is sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from cli.exits import UsageError
from shared.manifest import DIGITS, NORMALIZATIONS


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What is None is left to the server."""

    model: str | None = None
    threshold: float | None = None
    target_accuracy: float | None = None
    top_k: int | None = None
    normalize: str | None = None

    def fields(self) -> dict[str, str]:
        """What was given, as fields of a form. Raises UsageError if no job can be read so."""
        for holds, fault in self._rules():
            if not holds:
                raise UsageError(fault)
        return {name: str(value) for name, value in asdict(self).items() if value not in {None, ""}}

    def _rules(self) -> tuple[tuple[bool, str], ...]:
        threshold, target, top_k = self.threshold, self.target_accuracy, self.top_k
        return (
            (threshold is None or target is None, "Give --threshold or --target-accuracy, not both."),
            (
                threshold is None or 0 <= threshold <= 1,
                f"--threshold takes a confidence from 0 to 1, such as 0.9, not {threshold}.",
            ),
            (
                target is None or 0 < target < 1,
                f"--target-accuracy takes a share above 0 and below 1, such as 0.995 for 99.5 %, not {target}.",
            ),
            (
                top_k is None or 1 <= top_k <= len(DIGITS),
                f"--top-k takes a number from 1 to {len(DIGITS)}, not {top_k}.",
            ),
            (
                self.normalize in {None, "auto", *NORMALIZATIONS},
                f"--normalize takes auto, {' or '.join(NORMALIZATIONS)}, not {self.normalize}.",
            ),
        )
