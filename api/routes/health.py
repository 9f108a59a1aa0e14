"""/livez and /readyz: is the process alive, and can it do its work."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Response

from api.deps import House, HouseDep
from api.schemas import Health
from shared.errors import DigitqError

router = APIRouter(tags=["health"])


@router.get("/livez")
async def livez() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"model": Health}})
def readyz(response: Response, house: HouseDep) -> Health:
    """Every part answers; what does not is named, with what to do."""
    states = part_states(house)
    ready = set(states.values()) == {"ok"}
    response.status_code = 200 if ready else 503
    return Health(status="ok" if ready else "unavailable", parts=states)


def part_states(house: House) -> dict[str, str]:
    """Each part's name with "ok", or with what is wrong and what to do."""
    parts = house.desk.parts
    checks: dict[str, Callable[[], object]] = {
        "database": parts.book.ping,
        "store": parts.store.ping,
        "broker": parts.queue.ping,
        "model": lambda: house.desk.catalog.resolve(None),
    }
    return {name: _state(check) for name, check in checks.items()}


def _state(check: Callable[[], object]) -> str:
    try:
        check()
    except DigitqError as error:
        return error.message
    return "ok"
