"""A job's life under every interleaving and every death that hypothesis finds, over the ports in memory.

Each process is a thread that halts before it touches a port, until the test lets it take one more step or kills it;
so a process can stop between any two effects. Whatever happened: once things are quiet and the sweep has gone round,
every job has ended, every image has one result and the right one, and all counts add up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shared import lifecycle
from shared.domain import (
    Chunk,
    ChunkState,
    Counts,
    Job,
    ModelRef,
    Queue,
    ReadOptions,
    Receipt,
    Requeue,
    Result,
    Status,
    Unreadable,
    Upload,
)
from shared.errors import Conflict, Unavailable
from shared.memory_book import ChunkRow, MemoryBook
from shared.packs import PackBuilder, unpack
from shared.ports import Parts, Recorded
from shared.testing import MemoryQueue, MoodyRecognizer, memory_parts, read_word

MODEL = ModelRef("digits", "1")
POISON = b"P"
LEASE = 60.0
#: Longer than every lease and every patience.
LONG = 400.0
WORKERS = ("worker-1", "worker-2")


#: What a process does, given its own gated parts.
Doings = Callable[["Parts", "Actor"], object]


class Killed(BaseException):
    """What SIGKILL looks like from inside; nothing more of a killed process happens."""


class Actor:
    """A process that takes a step when it is told to: from one call of a port to the next."""

    def __init__(self, parts: Parts, life: Doings, chunk_id: str = "", worker: str = "") -> None:
        self.chunk_id, self.worker = chunk_id, worker
        self.over = self.killed = False
        self.error: BaseException | None = None
        self._go, self._halted = threading.Semaphore(0), threading.Semaphore(0)
        gated = {name: Gated(getattr(parts, name), self) for name in ("book", "store", "queue", "notifier")}
        threading.Thread(target=self._run, args=(life, replace(parts, **gated)), daemon=True).start()
        self._halted.acquire()

    def _run(self, life: Doings, parts: Parts) -> None:
        try:
            life(parts, self)
        except (Killed, Unavailable, Conflict):
            pass
        except BaseException as error:
            self.error = error
        self.over = True
        self._halted.release()

    def halt(self) -> None:
        if not self.killed:
            self._halted.release()
            self._go.acquire()
        if self.killed:
            raise Killed

    def step(self) -> None:
        if not self.over:
            self._go.release()
            self._halted.acquire()

    def kill(self) -> None:
        self.killed = True
        self.step()

    def finish(self) -> None:
        while not self.over:
            self.step()


class Gated:
    """A port that an actor halts before."""

    def __init__(self, port: Any, actor: Actor) -> None:
        self._port, self._actor = port, actor

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._actor.halt()
            if name == "record" and hasattr(self._port, "record_in_two"):
                return self._port.record_in_two(self._actor, *args)
            return method(*args, **kwargs)

        return call


class Life(RuleBasedStateMachine):
    book_class: type[MemoryBook] = MemoryBook

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_800_000_000.0
        book = self.book_class(lambda: self.now)
        self.parts = replace(memory_parts(lambda: self.now, window=3, lease=LEASE), book=book)
        self.book = book
        self.queue: MemoryQueue = self.parts.queue  # type: ignore[assignment]
        self.actors: list[Actor] = []
        self.delivered: list[str] = []
        self.images: dict[str, list[bytes]] = {}
        self.seen: dict[tuple[str, int], Result] = {}
        self.kills = 0

    def time(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

    # --- what happens ---

    @initialize(images=st.lists(st.sampled_from([b"1", b"2"]), min_size=1, max_size=3))
    def begin(self, images: list[bytes]) -> None:
        self.submit(images, 1).finish()

    @rule(
        images=st.lists(st.sampled_from([b"1", b"2", b"x", POISON]), min_size=1, max_size=5),
        size=st.integers(1, 4),
        begun_early=st.booleans(),
    )
    def somebody_submits(self, images: list[bytes], size: int, begun_early: bool) -> None:
        if len(self.images) < 4:
            self.submit(images, size, begun_early)

    def submit(self, images: list[bytes], size: int, begun_early: bool = False) -> Actor:
        job_id = f"job_{len(self.images)}"
        self.images[job_id] = images
        builder = PackBuilder(size, 10**6)
        packs = [pack for image in images if (pack := builder.add(Upload("", image)))]
        packs += [pack for pack in [builder.rest()] if pack]
        keys = [lifecycle.pack_key(job_id, number) for number in range(len(packs))]
        chunks = [Chunk(f"{key}", job_id, key, pack.first, pack.count) for key, pack in zip(keys, packs, strict=True)]
        job = Job(
            id=job_id, owner="local", status=Status.QUEUED, queue=Queue.BULK, model=MODEL, options=ReadOptions(),
            counts=Counts(len(images)), created_at=self.time(), expires_at=self.time(), uploads_expire_at=self.time(),
        )  # fmt: skip

        def life(parts: Parts, _: Actor) -> None:
            for key, pack in zip(keys, packs, strict=True):
                parts.store.put(key, pack.data)
            if not begun_early:
                return lifecycle.submit(parts, job, chunks)
            lifecycle.begin(parts, replace(job, counts=Counts(0)), chunks[:1])
            lifecycle.extend(parts, job, chunks[1:-1])
            lifecycle.seal(parts, job, chunks[1:][-1:], self.time())

        return self.act(life)

    def act(self, life: Doings, chunk_id: str = "", worker: str = "") -> Actor:
        self.actors.append(Actor(self.parts, life, chunk_id, worker))
        return self.actors[-1]

    @rule(worker=st.sampled_from(WORKERS))
    def a_worker_takes_a_message(self, worker: str) -> None:
        if chunk_id := self.queue.take():
            self.deliver(chunk_id, worker)

    @rule(steps=st.integers(1, 4))
    def a_worker_freezes_past_its_lease_and_wakes_up(self, steps: int) -> None:
        if chunk_id := self.queue.take():
            frozen = self.deliver(chunk_id, WORKERS[0])
            for _ in range(steps):
                frozen.step()
            self.now += LEASE + 1
            self.act(lambda parts, _: lifecycle.sweep(parts, self.time())).finish()
            while other := self.queue.take():
                self.deliver(other, WORKERS[1]).finish()
            frozen.finish()

    @precondition(lambda self: self.delivered)
    @rule(data=st.data(), worker=st.sampled_from(WORKERS))
    def a_message_is_delivered_again(self, data: st.DataObject, worker: str) -> None:
        self.deliver(data.draw(st.sampled_from(sorted(set(self.delivered)))), worker)

    def deliver(self, chunk_id: str, worker: str) -> Actor:
        self.delivered.append(chunk_id)

        def life(parts: Parts, actor: Actor) -> None:
            def mood(images: Sequence[bytes]) -> None:
                if POISON in images:
                    self.kills += 1
                    actor.killed = True
                    raise Killed

            lifecycle.work(parts, chunk_id, worker, lambda ref: MoodyRecognizer(ref, mood), unpack, self.time)

        return self.act(life, chunk_id, worker)

    @precondition(lambda self: self.alive())
    @rule(data=st.data(), steps=st.integers(1, 6))
    def somebody_goes_on(self, data: st.DataObject, steps: int) -> None:
        actor = data.draw(st.sampled_from(self.alive()))
        for _ in range(steps):
            actor.step()

    @precondition(lambda self: self.alive())
    @rule(data=st.data(), parent_lives=st.booleans())
    def somebody_is_killed(self, data: st.DataObject, parent_lives: bool) -> None:
        actor = data.draw(st.sampled_from(self.alive()))
        actor.kill()
        self.kills += 1
        if actor.chunk_id and parent_lives:
            self.book.release(actor.chunk_id, actor.worker, Requeue.WORKER_LOST)

    def alive(self) -> list[Actor]:
        return [actor for actor in self.actors if not actor.over]

    @rule(worker=st.sampled_from(WORKERS))
    def a_worker_is_born_again(self, worker: str) -> None:
        for actor in self.alive():
            if actor.worker == worker:
                actor.kill()
                self.kills += 1
        self.book.release_all(worker)

    @rule()
    def the_sweep_goes_round(self) -> None:
        self.act(lambda parts, _: lifecycle.sweep(parts, self.time()))

    @rule(seconds=st.sampled_from([1.0, 11.0, LEASE + 1, LONG]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def redis_forgets_everything(self) -> None:
        self.queue.wipe()

    @rule()
    def redis_comes_and_goes(self) -> None:
        self.queue.away = not self.queue.away

    @rule(data=st.data())
    def somebody_cancels(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(self.submitted()))
        self.act(lambda parts, _: lifecycle.cancel(parts, job_id, self.time()))

    @rule(data=st.data())
    def somebody_retries(self, data: st.DataObject) -> None:
        job_id = data.draw(st.sampled_from(self.submitted()))
        if self.book.jobs[job_id].status.terminal and self.book.jobs[job_id].counts.failed:
            self.forget_failures(job_id)
            lifecycle.retry(self.parts, job_id)

    def submitted(self) -> list[str]:
        return sorted(self.book.jobs.keys() - self.book.arriving)

    def forget_failures(self, job_id: str) -> None:
        for key, result in list(self.seen.items()):
            if key[0] == job_id and isinstance(result.reading, Unreadable):
                del self.seen[key]

    # --- what is always true ---

    @invariant()
    def nobody_failed_in_an_unforeseen_way(self) -> None:
        for actor in self.actors:
            if actor.error:
                raise actor.error

    @invariant()
    def counts_add_up_and_results_are_right_and_stay(self) -> None:
        for job_id in self.submitted():
            counts, results = self.book.find(job_id).counts, self.book.results[job_id]
            assert counts.queued >= 0
            assert len(results) == counts.succeeded + counts.failed
            for index, result in results.items():
                assert self.right(result.reading, self.images[job_id][index])
                assert self.seen.setdefault((job_id, index), result) == result

    def right(self, reading: object, image: bytes) -> bool:
        crashed = isinstance(reading, Unreadable) and reading.code == "worker_crash"
        if crashed:
            return image == POISON or self.kills >= lifecycle.MAX_ATTEMPTS
        return image != POISON and reading == read_word(image)

    # --- and in the end ---

    def teardown(self) -> None:
        survivors = self.submitted()
        for actor in self.alive():
            actor.kill()
        for job_id in sorted(self.book.arriving):  # as pruning does
            self.book.abandon(job_id)
        self.kills += 1
        self.queue.away = False
        for _ in range(60):
            self.now += LONG
            lifecycle.sweep(self.parts, self.time())
            while chunk_id := self.queue.take():
                actor = self.deliver(chunk_id, WORKERS[0])
                actor.finish()
                self.book.release(chunk_id, WORKERS[0], Requeue.WORKER_LOST)
            self.counts_add_up_and_results_are_right_and_stay()
            if all(job.status.terminal for job in self.book.jobs.values()):
                break
        self.nobody_failed_in_an_unforeseen_way()
        assert set(survivors) <= set(self.book.jobs)
        for job in self.book.jobs.values():
            assert job.status.terminal
            done = set(self.book.results[job.id])
            assert job.counts.ended == job.counts.total
            assert job.status is Status.CANCELED or done == set(range(job.counts.total))


THOROUGH = settings(max_examples=60, stateful_step_count=40, database=None, deadline=None)
TestLife = Life.TestCase
TestLife.settings = THOROUGH


# --- and the machine finds the three classic faults ---


class AnnouncedBeforeCommitted(MemoryBook):
    """Counts its chunks as announced before they exist: whoever hears of them early finds nothing."""

    def add(self, job: Job, new: Sequence[Chunk], receipt: Receipt | None = None) -> None:
        super().add(job, new, receipt)
        for chunk in new:
            self.rows[chunk.id].state = ChunkState.QUEUED
            self.rows[chunk.id].announced_at = float("inf")


class Unfenced(MemoryBook):
    """Lets whoever claimed a chunk once record it, however long ago that was."""

    def _held(self, claim: Any) -> ChunkRow | None:
        return self.rows.get(claim.chunk.id)


class AcknowledgedBeforeRecorded(MemoryBook):
    """Calls a chunk done first and writes its results then."""

    def record_in_two(self, actor: Actor, claim: Any, new: Sequence[Result], now: datetime) -> Recorded:
        row = self._held(claim)
        if row is None:
            return Recorded(accepted=False)
        row.state = ChunkState.DONE
        actor.halt()
        row.state = ChunkState.RUNNING
        return self.record(claim, new, now)


@pytest.mark.parametrize("fault", [AnnouncedBeforeCommitted, Unfenced, AcknowledgedBeforeRecorded])
def test_the_machine_finds_a_planted_fault(fault: type[MemoryBook]) -> None:
    planted = type("Planted", (Life,), {"book_class": fault})
    with pytest.raises(BaseException):  # noqa: B017, PT011  # whichever of its promises breaks first
        run_state_machine_as_test(planted, settings=settings(THOROUGH, phases=[Phase.generate], max_examples=400))
