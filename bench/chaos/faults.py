"""Which faults there are, and which of them happen when: decided by a seed alone."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an operator, a kernel or a client may do to a service."""

    KILL_API = "SIGKILL API"
    KILL_WORKER = "SIGKILL worker, parent and children"
    KILL_PARENT = "SIGKILL worker, parent only"
    KILL_CHILD = "SIGKILL worker, child only"
    KILL_BEAT = "SIGKILL beat"
    KILL_REDIS = "SIGKILL Redis"
    KILL_ALL = "SIGKILL `digitq up`"
    END_API = "SIGTERM API"
    END_WORKER = "SIGTERM worker"
    WIPE_REDIS = "FLUSHALL"
    FREEZE_WORKER = "SIGSTOP worker past its lease"
    FREEZE_REDIS = "SIGSTOP Redis"
    FILL_DISK = "full disk"
    END_POSTGRES = "restart PostgreSQL (SIGINT)"
    KILL_POSTGRES = "SIGKILL PostgreSQL"
    CANCEL = "cancel a job"
    RETRY = "retry a job"
    DELETE = "delete a job"


#: Faults that need a part which not every stack has.
POSTGRES = frozenset({Kind.END_POSTGRES, Kind.KILL_POSTGRES})
DISK = frozenset({Kind.FILL_DISK})
#: The share of faults that find a healthy service.
PATIENT = 0.6


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: it comes `pause` seconds after the one before and lasts `seconds`.

    A `patient` one waits before that until all is well; any other meets a service that may still be healing.
    `pick`, from 0 to 1, chooses among several victims.
    """

    kind: Kind
    patient: bool
    pause: float
    seconds: float
    pick: float


def plan(seed: int, kinds: Sequence[Kind], count: int, longest_pause: float) -> list[Fault]:
    """`count` faults in which every kind has its turn as often as any other; the same seed gives the same plan."""
    chance = random.Random(seed)
    turns = _turns(chance, kinds)
    return [
        Fault(
            kind=next(turns),
            patient=chance.random() < PATIENT,
            pause=chance.uniform(0, longest_pause),
            seconds=chance.uniform(0.5, 3),
            pick=chance.random(),
        )
        for _ in range(count)
    ]


def _turns(chance: random.Random, kinds: Sequence[Kind]) -> Iterator[Kind]:
    while True:
        yield from chance.sample(kinds, len(kinds))
