"""A short run of faults against a whole service: what `make chaos` does for longer, and on more stacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.chaos.faults import Kind, plan
from bench.chaos.run import run
from bench.chaos.stack import SHAPES

SEED = 7
#: Each of these once; a service that was killed whole takes longer to come back than this test may last.
KINDS = (Kind.KILL_API, Kind.KILL_WORKER, Kind.KILL_CHILD, Kind.KILL_REDIS, Kind.WIPE_REDIS, Kind.CANCEL, Kind.RETRY)


def test_a_seed_decides_what_happens() -> None:
    assert plan(SEED, KINDS, 20, 5) == plan(SEED, KINDS, 20, 5)
    assert plan(SEED, KINDS, 20, 5) != plan(SEED + 1, KINDS, 20, 5)


def test_every_kind_of_fault_has_its_turn() -> None:
    kinds = [fault.kind for fault in plan(SEED, list(Kind), 2 * len(Kind), 5)]
    assert {kind: kinds.count(kind) for kind in Kind} == dict.fromkeys(Kind, 2)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_image_has_its_one_right_result_whatever_is_killed(tmp_path: Path) -> None:
    findings = run(tmp_path, SHAPES["sqlite"], SEED, lambda _: plan(SEED, KINDS, len(KINDS), longest_pause=2))
    assert not findings.complaints
    assert (findings.lost, findings.doubled) == (0, 0)
    assert any(seen.images for seen in findings.seen), "No fault met any image in flight."
