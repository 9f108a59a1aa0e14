"""One run from its start to its findings: read undisturbed, work under faults, come to rest, check everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench.chaos.aftermath import aftermath, come_to_rest, mended
from bench.chaos.course import Course, all_healed, loading, strike
from bench.chaos.faults import Fault, Kind
from bench.chaos.ledger import Ledger
from bench.chaos.load import Batch, corpus, submit
from bench.chaos.report import Findings, Seen
from bench.chaos.stack import Shape, Stack, running, wait_until
from bench.chaos.verify import Answer, Outcome, answers, outcome, results_of

#: Digits that every run draws its jobs from.
DIGITS = 1200
#: The share of digits that an undisturbed run must read as their label says.
RIGHT = 0.97
#: Seconds in which every digit must have been read once.
FIRST_SECONDS = 240


def run(folder: Path, shape: Shape, seed: int, plan: Callable[[Stack], list[Fault]]) -> Findings:
    """Start a service in `folder`, let the planned faults happen under load, and check what is left of it."""
    images, course = corpus(DIGITS), Course()
    with running(folder, shape) as stack:
        ledger = Ledger(stack.settings)
        expected = undisturbed(stack, ledger, images, course)
        with loading(stack, ledger, seed, images, course):
            for fault in plan(stack):
                if fault.patient:
                    all_healed(course)
                time.sleep(fault.pause)
                strike(stack, ledger, fault, course)
        come_to_rest(stack, ledger, course)
        outcomes = list(look(stack, ledger, expected, course))
        complaints = [*course.troubles, *about(outcomes), *aftermath(stack, ledger, course)]
    left = [process.pid for process in stack.members()]
    complaints += [f"processes are left: {left}"] if left else []
    return Findings(shape.name, seed, tuple(seen(course, outcomes)), course.images, tuple(complaints))


def undisturbed(stack: Stack, ledger: Ledger, images: Mapping[str, bytes], course: Course) -> dict[str, Answer]:
    """Read every image once before any fault, when nothing may need mending: what each image is read as."""
    accepted = submit(stack.url, Batch("undisturbed", tuple(images)), images)
    course.accepted.append(accepted)
    wait_until(lambda: not ledger.unfinished(), FIRST_SECONDS, "The undisturbed job has not ended")
    found = answers(results_of(stack.url, accepted.job_id))
    good = [name for name in images if not name.startswith("broken/")]
    right = sum(found[name].prediction == name[0] for name in good) / len(good)
    if right < RIGHT or len(found) != len(images):
        course.troubles.append(f"undisturbed, only {right:.1%} of the digits were read right")
    course.troubles += [f"undisturbed, something had to be mended: {line}" for line in mended(stack)]
    course.troubles += [f"undisturbed, {count} chunks were requeued: {why}" for why, count in ledger.requeues().items()]
    return found


def look(stack: Stack, ledger: Ledger, expected: Mapping[str, Answer], course: Course) -> Iterator[Outcome]:
    """What became of every job that nobody deleted."""
    there, canceled = ledger.job_ids(), course.hit(Kind.CANCEL)
    for accepted in course.accepted:
        if accepted.job_id in there:
            yield outcome(stack.url, accepted, expected, may_be_canceled=accepted.job_id in canceled)


def about(outcomes: list[Outcome]) -> list[str]:
    """The complaints about jobs, each with its job's name."""
    return [f"{outcome.job_id}: {complaint}" for outcome in outcomes for complaint in outcome.complaints]


def seen(course: Course, outcomes: list[Outcome]) -> Iterator[Seen]:
    """Each fault with what became of the images that were in flight when it came."""
    by_job = {outcome.job_id: outcome for outcome in outcomes}
    for each in course.strikes:
        lost, doubled = 0, sum(by_job[job].doubled for job in {held.job_id for held in each.held} & by_job.keys())
        for held in each.held:
            outcome = by_job.get(held.job_id)
            if outcome and outcome.status != "canceled":
                lost += len(set(range(held.first, held.first + held.count)) - outcome.indexes)
        yield Seen(each.fault.kind, sum(held.count for held in each.held), lost, doubled, each.healed)
