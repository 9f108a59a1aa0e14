"""What a run saw, as a table for a person: fault by fault, what it cost."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.chaos.faults import Kind

HEADER = "| fault | times | images in flight | lost | doubled | time to heal, p50 / max, s |\n|---|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Seen:
    """One fault that happened: what was in flight, what became of it, and after how many seconds all went on."""

    kind: Kind
    images: int
    lost: int
    doubled: int
    healed: float


@dataclass(frozen=True, slots=True)
class Findings:
    """A whole run: each fault, how many images were submitted, and what is wrong, in sentences."""

    stack: str
    seed: int
    seen: tuple[Seen, ...]
    images: int
    complaints: tuple[str, ...]

    @property
    def lost(self) -> int:
        return sum(seen.lost for seen in self.seen)

    @property
    def doubled(self) -> int:
        return sum(seen.doubled for seen in self.seen)


def table(seen: Iterable[Seen]) -> str:
    """A Markdown table, one row a kind of fault."""
    faults = list(seen)
    rows = [_row(kind, [fault for fault in faults if fault.kind is kind]) for kind in Kind]
    return "\n".join([HEADER, *(row for row in rows if row), _row("all", faults)])


def _row(name: str, faults: Sequence[Seen]) -> str:
    if not faults:
        return ""
    sums = (len(faults), *(sum(getattr(f, what) for f in faults) for what in ("images", "lost", "doubled")))
    healed = [fault.healed for fault in faults]
    return f"| {name} | {' | '.join(map(str, sums))} | {statistics.median(healed):.1f} / {max(healed):.1f} |"


def text(findings: Findings) -> str:
    """The whole report."""
    title = f"{findings.stack}, seed {findings.seed}: {len(findings.seen)} faults, "
    verdict = "Nothing is wrong." if not findings.complaints else "\n".join(f"- {what}" for what in findings.complaints)
    return f"{title}{findings.images} images\n\n{table(findings.seen)}\n\n{verdict}\n"
