"""Histories: what the supervisor does when processes become ready, die, and somebody wants it all to end."""

from __future__ import annotations

from queue import Empty

import pytest

from cli.exits import Exit
from cli.service.contracts import Ended, Event, Ready, Service, Stop
from cli.service.supervisor import LONGEST_DELAY, STEADY, Supervisor, delay_after
from shared.errors import CannotStart

SERVICES = (
    Service("redis", (), ready=lambda: True),
    Service("migrate", (), once=True),
    Service("worker", (), ("migrate", "redis"), grace=60),
    Service("api", (), ("migrate",), ready=lambda: True),
)
STARTED = (Ready("redis"), Ended("migrate", 0), Ready("worker"), Ready("api"))
STOPPED = (Stop(), Ended("api", 0), Ended("worker", 0), Ended("redis", 0))


class World:
    """Plays a history of events, with pauses in seconds between them, and writes down what the supervisor does."""

    def __init__(self, *history: Event | float) -> None:
        self.deeds: list[str] = []
        self.now = 1000.0
        self._history = list(history)

    def get(self, timeout: float | None) -> Event:
        """The next event, or Empty when `timeout` seconds pass before it."""
        while self._history and isinstance(self._history[0], int | float):
            pause = self._history[0]
            if timeout is not None and timeout < pause:
                self._history[0] = pause - timeout
                self.now += timeout
                raise Empty
            self.now += pause
            self._history.pop(0)
        assert self._history, f"the supervisor waits for what does not come, after {self.deeds}"
        event = self._history.pop(0)
        assert not isinstance(event, int | float)
        return event

    def start(self, service: Service) -> None:
        self.deeds.append(f"start {service.name}")

    def terminate(self, name: str) -> None:
        self.deeds.append(f"terminate {name}")

    def kill(self, name: str) -> None:
        self.deeds.append(f"kill {name}")

    def all_ready(self) -> None:
        self.deeds.append("ready")

    def restarting(self, ended: Ended, delay: float) -> None:
        self.deeds.append(f"restart {ended.name} in {delay:g}")

    def stopping(self) -> None:
        self.deeds.append("stop")

    def killing(self, name: str) -> None:
        self.deeds.append(f"late {name}")


def play(*history: Event | float) -> list[str]:
    """What the supervisor does in a history."""
    world = World(*history)
    supervisor(world).run()
    return world.deeds


def supervisor(world: World) -> Supervisor:
    return Supervisor(SERVICES, world, world, world, lambda: world.now)  # type: ignore[arg-type]


def test_what_needs_nothing_starts_at_once_and_the_rest_when_its_needs_are_met() -> None:
    deeds = play(Ready("redis"), 1.0, Ended("migrate", 0), Ready("worker"), Ready("api"), *STOPPED)

    assert deeds[:5] == ["start redis", "start migrate", "start worker", "start api", "ready"]


def test_nothing_starts_before_the_migration_has_ended() -> None:
    assert play(Ready("redis"), 9.0, Stop(), Ended("migrate", -15), Ended("redis", 0)) == [
        "start redis",
        "start migrate",
        "stop",
        "terminate migrate",
        "terminate redis",
    ]


def test_all_end_one_by_one_in_reverse_order() -> None:
    assert play(*STARTED, *STOPPED)[5:] == ["stop", "terminate api", "terminate worker", "terminate redis"]


def test_who_does_not_end_in_its_time_is_killed_and_the_next_one_is_asked() -> None:
    deeds = play(*STARTED, Stop(), 10.5, Ended("api", -9), 59.0, Ended("worker", 0), Ended("redis", 0))

    assert deeds[5:] == ["stop", "terminate api", "late api", "kill api", "terminate worker", "terminate redis"]


def test_a_second_stop_kills_all_that_is_left() -> None:
    deeds = play(*STARTED, Stop(), Ended("api", 0), Stop(), Ended("redis", -9), Ended("worker", -9))

    assert deeds[5:] == ["stop", "terminate api", "terminate worker", "kill redis", "kill worker"]


def test_a_process_that_dies_starts_again_after_a_delay_that_grows() -> None:
    deeds = play(*STARTED, Ended("worker", -9), 0.6, Ended("worker", -9), 1.1, *STOPPED)

    assert deeds[5:9] == ["restart worker in 0.5", "start worker", "restart worker in 1", "start worker"]


def test_the_delay_grows_to_a_limit() -> None:
    assert [delay_after(failures) for failures in (1, 2, 3)] == [0.5, 1, 2]
    assert delay_after(50) == LONGEST_DELAY


def test_a_process_that_ran_well_for_a_while_has_a_clean_record() -> None:
    deeds = play(*STARTED, Ended("api", 1), 1.0, STEADY, Ended("api", 1), 1.0, *STOPPED)

    assert [deed for deed in deeds if deed.startswith("restart")] == ["restart api in 0.5"] * 2


def test_a_process_that_is_waiting_for_its_restart_is_not_waited_for_at_the_end() -> None:
    assert play(*STARTED, Ended("api", 1), Stop(), Ended("worker", 0), Ended("redis", 0))[-2:] == [
        "terminate worker",
        "terminate redis",
    ]


def test_ready_is_said_once() -> None:
    assert play(*STARTED, Ended("api", 1), 1.0, Ready("api"), *STOPPED).count("ready") == 1


@pytest.mark.parametrize(
    ("history", "sentence"),
    [
        ([Ended("migrate", 1, "The database is locked.")], "migrate ended with code 1: The database is locked."),
        ([Ended("migrate", -9)], "migrate was killed by SIGKILL"),
        ([*STARTED, Ended("worker", Exit.CANNOT_START, "There is no model.")], "There is no model."),
    ],
)
def test_a_process_that_cannot_start_ends_everything_with_its_last_words(history: list[Event], sentence: str) -> None:
    running = ["redis"] if len(history) == 1 else ["api", "redis"]
    world = World(*history, *(Ended(name, 0) for name in running))

    with pytest.raises(CannotStart, match=sentence):
        supervisor(world).run()
    assert [deed for deed in world.deeds if deed.startswith("terminate")] == [f"terminate {name}" for name in running]


def test_a_start_that_fails_again_and_again_is_given_up() -> None:
    crash = Ended("api", 1, "ImportError: no module named api")
    started = (Ready("redis"), Ended("migrate", 0), Ready("worker"))
    world = World(*started, crash, 0.5, crash, 1.0, crash, Ended("worker", 0), Ended("redis", 0))

    with pytest.raises(CannotStart, match="api ended with code 1: ImportError"):
        supervisor(world).run()
